import { hash } from 'node:crypto'
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
import { chosenOf } from './chain-selection.js'
import { codeOf, findTrailFiles, grouped } from './names.js'
import { openRegular } from './regular-file.js'
import { createSearch, isTransient, type Chain, type SignedSearch } from './signed.js'

/** In so many files of a chain, the end is looked for. */
const MAX_BACK = 8
/** What is torn, the line before it, and both of their ends. */
const LONGEST_TAIL = 2 * MAX_AUDIT_LINE + 2
/** Of all chains together, beyond the first bytes of each. */
const MAX_TAIL_BYTES = 33_554_432

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
  const search = check && createSearch(check)
  const chosen = await chosenOf(chains, search)
  const room: Room = { bytes: MAX_TAIL_BYTES }
  const ends: FoundEnd[] = []
  // Those of the key come first, and so does what room there is.
  for (const chain of chosen) ends.push(await endOrPassed(chain, { check, search, room }))
  const named = passed.map(({ name, why }) => `${name}: ${why}`)
  named.push(...ends.flatMap((end) => end.passed ?? []))
  return {
    heads: ends.flatMap(({ head }) => head ?? []),
    torn: ends.flatMap(({ torn }) => torn),
    ...(named.length > 0 && { passed: named.slice(0, MAX_AUDIT_HEADS) }),
  }
}

/** What is left for long tails. */
interface Room {
  bytes: number
}

interface Looking {
  readonly check: CheckpointCheck | undefined
  readonly search: SignedSearch | undefined
  readonly room: Room
}

async function endOrPassed(files: Chain, looking: Looking): Promise<FoundEnd> {
  const { search } = looking
  try {
    const { end, torn } = await endOf(files, looking)
    // Anybody may have added what seems to be the end, with any number: a signed checkpoint before it is the chain's own.
    const signed = end?.isProven === false ? await search?.within(files) : undefined
    const head = signed ?? end?.head
    return { torn, ...(head && { head }) }
  } catch (error) {
    if (isTransient(error)) throw error
    const code = codeOf(error)
    // Taken away by prune meanwhile.
    if (code === 'ENOENT') return { torn: [] }
    return { torn: [], passed: `${files.at(-1)?.name ?? ''}: ${code || String(error)}` }
  }
}

/** A process may have ended before its last file had a whole line: then its chain ends in the one before. */
async function endOf(
  files: Chain,
  { check, search, room }: Looking,
): Promise<Pick<FoundEnd, 'torn'> & { readonly end: ChainEnd | undefined }> {
  const torn: TornLine[] = []
  let end: ChainEnd | undefined
  const later: string[] = []
  // Anybody who can create files can create one that seems to continue the chain. The signed records may be in an earlier file.
  for (const file of files.slice(-MAX_BACK).reverse()) {
    let { text, size } = await tailWithin(room, file.path, TAIL_BYTES)
    const isOpen = search?.isOver() === false && room.bytes > MAX_AUDIT_LINE
    if (isOpen && text.length >= TAIL_BYTES && !hasCheckpoint(text, file.writer, check))
      ({ text, size } = await tailWithin(room, file.path, MAX_AUDIT_LINE))
    const lines = text.split('\n')
    if (lines.length < 3 && text.length < size) throw new Error('it does not end with a line')
    const rest = lines.pop() ?? ''
    if (rest !== '' && later.length === 0) {
      torn.push({ where: file.name, bytes: rest.length, hash: digestOf(rest) })
    }
    later.push(...lines.reverse())
    const found = endOfChain(later, file.writer, check)
    if (found !== undefined) end = found
    if (found?.isProven || (found && (search === undefined || search.isOver()))) break
  }
  return { torn, end }
}

async function tailWithin(room: Room, path: string, least: number) {
  const most = Math.min(LONGEST_TAIL, Math.max(TAIL_BYTES, room.bytes))
  const tail = await tailOf(path, least, most)
  room.bytes -= Math.max(0, tail.text.length - TAIL_BYTES)
  return tail
}

function hasCheckpoint(text: string, writer: string, check?: CheckpointCheck): boolean {
  return text.split('\n').some((line) => check?.(line)?.writer === writer)
}

function digestOf(bytes: string): string {
  return hash('sha256', Buffer.from(bytes, 'latin1'), 'base64url')
}

/** In so much of a file, the end of its chain is looked for; a signed checkpoint may be further back. */
const TAIL_BYTES = 65_536

/**
 * The end of a file, with at least one whole line in it, and where the file ends. Where no line of a trail can be that long, there may be
 * none.
 */
export async function tailOf(
  path: string,
  least = TAIL_BYTES,
  most = LONGEST_TAIL,
): Promise<{ readonly text: string; readonly size: number }> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    for (let length = least; ; length *= 4) {
      const bytes = Math.min(length, most, size)
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, size - bytes)
      const text = buffer.toString('latin1', 0, bytesRead)
      if (bytes === size || bytes >= most || text.split('\n').length > 2)
        return { text, size: size - bytes + bytesRead }
    }
  } finally {
    await handle.close()
  }
}
