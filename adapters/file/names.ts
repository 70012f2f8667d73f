import { promises as fs, type Dirent } from 'node:fs'
import { join } from 'node:path'
import type { TrailRange } from '../../src/index.js'
import { kindOf } from './regular-file.js'

/** A file of a trail: that of one writer, begun on one day. */
export interface TrailFile {
  readonly path: string
  readonly name: string
  /** `2030-01-31`, in UTC. */
  readonly day: string
  readonly writer: string
  /** 1 at first, one more with each file of the writer. */
  readonly number: number
}

const NAME = /^(\d{4}-\d\d-\d\d)\.([\w.-]+)\.(\d{4,9})\.jsonl$/

export function trailFile(
  directory: string,
  day: string,
  writer: string,
  number: number,
): TrailFile {
  const name = `${day}.${writer}.${String(number).padStart(4, '0')}.jsonl`
  return { path: join(directory, name), name, day, writer, number }
}

/** The day of an instant, in UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** A directory, a FIFO or a broken link with the name of a trail file. It is not opened. */
export interface PassedEntry extends TrailFile {
  /** What it is, such as `a FIFO`. */
  readonly why: string
}

/** What a directory has under the names of a trail, each in the order of its writer. */
export interface TrailListing {
  readonly files: readonly TrailFile[]
  readonly passed: readonly PassedEntry[]
}

/**
 * All files of a trail. Only regular files are, and links that lead to one; other names are ignored.
 * @throws {Error} where the directory cannot be read
 */
export async function listTrailFiles(directory: string): Promise<TrailListing> {
  const files: TrailFile[] = []
  const passed: PassedEntry[] = []
  for (const entry of await fs.readdir(directory, { withFileTypes: true })) {
    const file = fileNamed(directory, entry.name)
    const why = file && (await whyPassed(entry, file.path))
    if (file === undefined) continue
    if (why === undefined) files.push(file)
    else passed.push({ ...file, why })
  }
  return { files: files.sort(inOrder), passed: passed.sort(inOrder) }
}

function fileNamed(directory: string, name: string): TrailFile | undefined {
  const [, day = '', writer = '', number] = NAME.exec(name) ?? []
  if (number === undefined) return undefined
  return { path: join(directory, name), name, day, writer, number: Number(number) }
}

/** Why an entry is no file of a trail. */
async function whyPassed(entry: Dirent, path: string): Promise<string | undefined> {
  if (entry.isFile()) return undefined
  if (!entry.isSymbolicLink()) return kindOf(entry)
  try {
    const target = await fs.stat(path)
    return target.isFile() ? undefined : `a link to ${kindOf(target)}`
  } catch (error) {
    return `a link that leads nowhere: ${String(error)}`
  }
}

function inOrder(a: TrailFile, b: TrailFile): number {
  if (a.writer !== b.writer) return a.writer < b.writer ? -1 : 1
  return a.number - b.number
}

const DAY_MS = 86_400_000

/**
 * A file may be of several days only if a clock is wrong. There is no telling how old the records in it are: of a request that is answered after
 * days, and of one that waited while the disk was full, the time is when it came.
 */
export function isOutside({ day }: TrailFile, { since }: TrailRange): boolean {
  return since !== undefined && Date.parse(day) + 2 * DAY_MS < since.getTime()
}

/** `Map.groupBy`, which Node 20 does not have. */
export function grouped<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = nameOf(item)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [item])
    else group.push(item)
  }
  return groups
}

/** The same; nothing where the directory is not there yet. */
export async function findTrailFiles(directory: string): Promise<TrailListing> {
  return (await listTrailFiles(directory).catch(unlessGone)) ?? { files: [], passed: [] }
}

/** For what is not there; anything else is thrown on. */
export function unlessGone(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw error
}

/** The error code of Node, such as `ENOENT`. Empty if the error has no code. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
