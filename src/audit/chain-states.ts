import { hash } from 'node:crypto'
import type { ChainedEvent } from './duplicates.js'
import type { ReadStart } from './unproven-records.js'
import type { AuditHead } from './record.js'

/** Of so many chains that no checkpoint vouches for, it is remembered how far they came. */
const MAX_LOOSE = 50_000
/** Bits in which the names of those that were forgotten leave three marks each: a million of them are told from others. */
const NAME_BITS = 67_108_864

/** How far a chain has come. */
export interface ChainPoint {
  next: number
  hash: string
}

/** A chain, as far as it was read. */
export interface ChainState extends ChainPoint {
  /** Where its last checkpoint left it, signed with a known key; without keys, any checkpoint. */
  anchor: Readonly<ChainPoint>
  /** That checkpoint said so. */
  ended: boolean
  /** Records since the last checkpoint, or the last break. */
  open: number
  readonly gone: Set<number>
  /** The hashes of those that no checkpoint vouches for: another process may have seen how the chain ended. */
  readonly tail: Map<number, string>
  /** Events since the last checkpoint, or the last break; and the start, until a checkpoint vouches for it. */
  readonly events: ChainedEvent[]
  start: ReadStart | undefined
  /** The last record that had to be placed before a checkpoint came, as there was no room for more. */
  overflow: (Pick<AuditHead, 'writer' | 'seq'> & { readonly where: string }) | undefined
}

/** The chains of a trail. Anybody can begin chains: those that no checkpoint vouches for give way to each other. */
export interface ChainStates {
  get(writer: string): ChainState | undefined
  begin(writer: string, from: ChainPoint): ChainState
  /** A checkpoint vouches for a chain, which is not forgotten from now on. */
  keep(writer: string): void
  all(): Iterable<ChainState>
  /** How many have begun. */
  count(): number
  /** It is not known any more how far a chain of this name came. */
  isForgotten(writer: string): boolean
}

/** @param leave called with a chain before it is forgotten */
export function createChainStates(leave: (chain: ChainState) => void): ChainStates {
  const chains = new Map<string, ChainState>()
  const loose = new Set<string>()
  const forgotten = createNames()
  let count = 0

  function forgetOldest(): void {
    const [oldest = ''] = loose
    const chain = chains.get(oldest)
    loose.delete(oldest)
    chains.delete(oldest)
    forgotten.add(oldest)
    if (chain !== undefined) leave(chain)
  }

  return {
    get: (writer) => chains.get(writer),
    begin(writer, { next, hash: last }) {
      const anchor = { next: 0, hash: '' }
      const sets = { gone: new Set<number>(), tail: new Map<number, string>(), events: [] }
      const rest = { ended: false, open: 0, start: undefined, overflow: undefined }
      const state = { next, hash: last, anchor, ...sets, ...rest }
      chains.set(writer, state)
      loose.add(writer)
      count += 1
      if (loose.size > MAX_LOOSE) forgetOldest()
      return state
    },
    keep: (writer) => void loose.delete(writer),
    all: () => chains.values(),
    count: () => count,
    isForgotten: (writer) => forgotten.has(writer),
  }
}

/** Names of any number, in so much room that few others are taken for one of them. */
function createNames() {
  let bits: Uint32Array | undefined

  function marksOf(name: string): readonly number[] {
    const digest = hash('sha256', name, 'buffer')
    return [0, 4, 8].map((at) => digest.readUInt32LE(at) % NAME_BITS)
  }

  return {
    add(name: string): void {
      const room = (bits ??= new Uint32Array(NAME_BITS / 32))
      for (const mark of marksOf(name))
        room[mark >> 5] = (room[mark >> 5] ?? 0) | (1 << (mark & 31))
    },
    has(name: string): boolean {
      const room = bits
      return (
        room !== undefined &&
        marksOf(name).every((mark) => ((room[mark >> 5] ?? 0) & (1 << (mark & 31))) !== 0)
      )
    },
  }
}
