import { hash } from 'node:crypto'
import { promises as fs } from 'node:fs'
import {
  endOfChain,
  MAX_AUDIT_HEADS,
  MAX_AUDIT_LINE,
  type AuditHead,
  type SinkState,
  type ChainEnd,
  type CheckpointCheck,
  type TornLine,
} from '../../src/index.js'
import { codeOf, findTrailFiles, grouped, type TrailFile } from './names.js'
import { openRegular } from './regular.js'
import { createSearch, isTransient } from './signed.js'

/** In so many files of a chain, the end is looked for. */
const MAX_BACK = 8
/** What is torn, the line before it, and both of their ends. */
const LONGEST_TAIL = 2 * MAX_AUDIT_LINE + 2

/** The files of one writer, in their order. */
type Chain = readonly TrailFile[]

interface FoundEnd {
  readonly head?: AuditHead
  readonly torn: readonly TornLine[]
  readonly passed?: string
}

/**
 * How the chains of a directory end: those of the key that were written last, and then others. What cannot be read is named, and does not hold up the rest.
 */
export async function stateOf(directory: string, check?: CheckpointCheck): Promise<SinkState> {
  const { files, passed } = await findTrailFiles(directory)
  const chains = [...grouped(files, ({ writer }) => writer).values()]
  const ends = await Promise.all(
    (await chosenOf(chains, check)).map((chain) => endOrPassed(chain, check)),
  )
  const named = passed.map(({ name, why }) => `${name}: ${why}`)
  named.push(...ends.flatMap((end) => end.passed ?? []))
  return {
    heads: ends.flatMap(({ head }) => head ?? []),
    torn: ends.flatMap(({ torn }) => torn),
    ...(named.length > 0 && { passed: named.slice(0, MAX_AUDIT_HEADS) }),
  }
}

async function endOrPassed(files: Chain, check?: CheckpointCheck): Promise<FoundEnd> {
  try {
    return await endOf(files, check)
  } catch (error) {
    if (isTransient(error)) throw error
    const code = codeOf(error)
    // Taken away by prune meanwhile.
    if (code === 'ENOENT') return { torn: [] }
    return { torn: [], passed: `${files.at(-1)?.name ?? ''}: ${code || String(error)}` }
  }
}

/** By the day of their last file, and by when it was written. Anybody who can create files can give them later days. */
async function chosenOf(
  chains: readonly Chain[],
  check: CheckpointCheck | undefined,
): Promise<readonly Chain[]> {
  if (chains.length <= MAX_AUDIT_HEADS) return chains
  const isSigned = check && createSearch(check)
  const dated = chains.map((files) => ({ files, day: files.at(-1)?.day ?? '' }))
  dated.sort((a, b) => (a.day < b.day ? 1 : -1))
  const proven: Chain[] = []
  const others: Chain[] = []
  for (const ofDay of grouped(dated, ({ day }) => day).values()) {
    for (const files of await latestFirst(ofDay.map(({ files }) => files))) {
      if (await isSigned?.(files)) proven.push(files)
      else if (others.length < MAX_AUDIT_HEADS) others.push(files)
      if ((isSigned ? proven : others).length >= MAX_AUDIT_HEADS) break
    }
    if ((isSigned ? proven : others).length >= MAX_AUDIT_HEADS) break
  }
  return [...proven, ...others].slice(0, MAX_AUDIT_HEADS)
}

async function latestFirst(chains: readonly Chain[]): Promise<readonly Chain[]> {
  const timed = await Promise.all(
    chains.map(async (files) => ({ files, at: await writtenAt(files.at(-1)) })),
  )
  return timed.sort((a, b) => b.at - a.at).map(({ files }) => files)
}

async function writtenAt(file: TrailFile | undefined): Promise<number> {
  try {
    return (await fs.stat(file?.path ?? '')).mtimeMs
  } catch {
    // It is gone: there is nothing to be told of it.
    return 0
  }
}

/** A process may have ended before its last file had a whole line: then its chain ends in the one before. */
async function endOf(files: Chain, check?: CheckpointCheck): Promise<FoundEnd> {
  const torn: TornLine[] = []
  let end: ChainEnd | undefined
  const later: string[] = []
  // Anybody who can create files can create one that seems to continue the chain. The signed records may be in an earlier file.
  for (const file of files.slice(-MAX_BACK).reverse()) {
    const { text, size } = await tailOf(file.path)
    const lines = text.split('\n')
    if (lines.length < 3 && text.length < size) throw new Error('it does not end with a line')
    const rest = lines.pop() ?? ''
    if (rest !== '' && later.length === 0) {
      torn.push({ where: file.name, bytes: rest.length, hash: digestOf(rest) })
    }
    later.push(...lines.reverse())
    const found = endOfChain(later, file.writer, check)
    if (found !== undefined) end = found
    if (found?.isProven || (found && check === undefined)) break
  }
  return { torn, ...(end && { head: end.head }) }
}

function digestOf(bytes: string): string {
  return hash('sha256', Buffer.from(bytes, 'latin1'), 'base64url')
}

/**
 * The end of a file, with at least one whole line in it, and where the file ends. Where no line of a trail can be that long, there may be
 * none.
 */
export async function tailOf(
  path: string,
): Promise<{ readonly text: string; readonly size: number }> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    for (let length = 65_536; ; length *= 4) {
      const bytes = Math.min(length, size)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, size - bytes)
      const text = buffer.toString('latin1', 0, bytesRead)
      if (bytes === size || bytes > LONGEST_TAIL || text.split('\n').length > 2)
        return { text, size: size - bytes + bytesRead }
    }
  } finally {
    await handle.close()
  }
}
