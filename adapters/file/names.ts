import { promises as fs } from 'node:fs'
import { join } from 'node:path'
import type { TrailRange } from '../../src/index.js'

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

/** All files of a trail, those of each writer in their order. What has another name is none. */
export async function listTrailFiles(directory: string): Promise<readonly TrailFile[]> {
  const names = await fs.readdir(directory)
  const files = names.flatMap((name) => {
    const [, day = '', writer = '', number] = NAME.exec(name) ?? []
    return number === undefined
      ? []
      : [{ path: join(directory, name), name, day, writer, number: Number(number) }]
  })
  return files.sort((a, b) =>
    a.writer === b.writer ? a.number - b.number : a.writer < b.writer ? -1 : 1,
  )
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

/** The same; none where the directory is not there yet. */
export async function findTrailFiles(directory: string): Promise<readonly TrailFile[]> {
  return (await listTrailFiles(directory).catch(unlessGone)) ?? []
}

/** For what is not there; anything else is thrown on. */
export function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
