import {
  MAX_AUDIT_HEADS,
  parseAuditLine,
  type AuditHead,
  type CheckpointCheck,
} from '../../src/index.js'
import { linesOf } from './lines.js'
import { codeOf, type TrailFile } from './names.js'
import { openRegular } from './regular-file.js'

/** Of a file: a checkpoint comes after at most 1,000 records. */
const MAX_LINES = 1_100
const MAX_BYTES = 4_194_304
/** Of all files together: a process waits for this before its first record. */
const MAX_FILES = 10_000
const MAX_ALL_BYTES = 134_217_728
/** And so long, as what anybody has added may be dear to read: a sink that does not answer within 5 s is asked again. */
const MAX_MS = 2_000
/** A chain that was closed ends with a checkpoint. */
const END_BYTES = 8_192
/** Starts that are read for the chains that they name, and files of a chain in which one may stand: anybody may have put others before it. */
const [MAX_STARTS, MAX_START_FILES] = [4, 3]

/** What says nothing of the file: it is tried again. */
const TRANSIENT = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ESTALE'])

export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(codeOf(error))
}

/** The files of one writer, in their order. */
export type Chain = readonly TrailFile[]

/**
 * Finds out which chains have a signed checkpoint, and where that is. One is enough: it says who wrote the chain of that name. Chains that it has no time to
 * look at count as such that have none.
 */
export interface SignedSearch {
  /** Looks at the end of the last file alone. */
  atEnd(files: Chain): Promise<AuditHead | undefined>
  /** Looks through the beginning of each file. */
  within(files: Chain): Promise<AuditHead | undefined>
  /** The chains that proven starts of these chains name: some process of the key has seen them. */
  seenBy(chains: readonly Chain[]): Promise<ReadonlySet<string>>
  /** It has no time to look at more. */
  isOver(): boolean
}

export function createSearch(check: CheckpointCheck): SignedSearch {
  const budget = createBudget()
  const { isOver } = budget

  function headIn(line: string, writer: string): AuditHead | undefined {
    const head = check(line)
    return head?.writer === writer ? head : undefined
  }

  async function beginningOf({ path, writer }: TrailFile): Promise<AuditHead | undefined> {
    let bytes = 0
    try {
      for await (const { line, number, end: read } of linesOf(path)) {
        bytes = read
        const head = headIn(line, writer)
        if (head !== undefined) return head
        if (number > MAX_LINES || bytes > Math.min(MAX_BYTES, budget.bytesLeft) || isOver()) break
      }
    } finally {
      budget.bytesLeft -= bytes
    }
    return undefined
  }

  /** The start of a file's chain, if records lead from it to a signed checkpoint. */
  async function namedIn({ path, writer }: TrailFile): Promise<readonly string[]> {
    let named: readonly string[] = []
    let before: Pick<AuditHead, 'seq' | 'hash'> = { seq: -1, hash: '' }
    for await (const { line, number } of linesOf(path)) {
      const record = parseAuditLine(line)
      const follows = record?.seq === before.seq + 1 && record.prev === before.hash
      if (!follows || record.writer !== writer || number > MAX_LINES || isOver()) break
      if (record.kind === 'start') named = record.heads.map((head) => head.writer)
      if (headIn(line, writer) !== undefined) return named
      before = record
    }
    return []
  }

  return {
    isOver,
    async atEnd(files) {
      const file = files.at(-1)
      if (file === undefined || isOver()) return undefined
      budget.filesLeft -= 1
      budget.bytesLeft -= END_BYTES
      const lines = await attempt(() => lastLinesOf(file.path))
      for (const line of lines ?? []) {
        const head = headIn(line, file.writer)
        if (head !== undefined) return head
      }
      return undefined
    },
    async within(files) {
      for (const file of files) {
        if (isOver()) return undefined
        budget.filesLeft -= 1
        const head = await attempt(() => beginningOf(file))
        if (head !== undefined) return head
      }
      return undefined
    },
    async seenBy(chains) {
      const seen = new Set<string>()
      for (const files of chains.slice(0, MAX_STARTS)) {
        for (const file of files.slice(0, MAX_START_FILES)) {
          const named = (await attempt(() => namedIn(file))) ?? []
          for (const writer of named.slice(0, MAX_AUDIT_HEADS)) seen.add(writer)
        }
      }
      return seen
    },
  }
}

/** What a search may still read. */
function createBudget() {
  const end = performance.now() + MAX_MS
  const budget = {
    filesLeft: MAX_FILES,
    bytesLeft: MAX_ALL_BYTES,
    isOver: () => budget.filesLeft <= 0 || budget.bytesLeft <= 0 || performance.now() > end,
  }
  return budget
}

/** What a file does not let be read is not in it. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isTransient(error)) throw error
    return undefined
  }
}

/** The last lines of a file, the last one first. */
async function lastLinesOf(path: string): Promise<readonly string[]> {
  const handle = await openRegular(path)
  try {
    const { size } = await handle.stat()
    const bytes = Math.min(END_BYTES, size)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, size - bytes)
    return buffer.toString('latin1', 0, bytesRead).split('\n').reverse()
  } finally {
    await handle.close()
  }
}
