import { weightOfJson } from '../lib/weight.js'
import type { ChainedEvent } from './doubles.js'
import type { HeldRecord } from './held.js'
import type { AuditHead, ChainPlace, StartRecord, TornLine } from './record.js'
import type { Tally } from './trail-report.js'

/** The start of a chain, where it was read. */
export type HeldStart = StartRecord &
  ChainPlace & { readonly where: string; /** A checkpoint vouches for it. */ isProven: boolean }

/** A chain, as far as it was read. */
export interface ChainState {
  next: number
  hash: string
  /** Its last checkpoint said so, signed with a known key; without keys, any checkpoint. */
  ended: boolean
  /** Records since the last checkpoint, or the last break. */
  open: number
  readonly gone: Set<number>
  /** The hashes of those that no checkpoint vouches for: another process may have seen how the chain ended. */
  readonly tail: Map<number, string>
  /** Events since the last checkpoint, or the last break; and the start, until a checkpoint vouches for it. */
  readonly events: ChainedEvent[]
  start: HeldStart | undefined
}

/** Starts for which no checkpoint vouches, in bytes by estimate; and one of them, which has far less where it was written by this code. */
const MAX_WEIGHT = 67_108_864
const MAX_START = 1_048_576
const NO_CLAIMS = { heads: [], torn: [], passed: [] }

/** The starts of a trail, in the order of reading. */
export interface Starts {
  /** Beyond the bound, what the oldest says that no checkpoint vouches for is not held against the trail. */
  readonly add: (start: HeldStart) => void
  readonly all: readonly HeldStart[]
}

export function createStarts(): Starts {
  const all: HeldStart[] = []
  const loose = new Map<HeldStart, number>()
  let weight = 0

  function makeRoom(): void {
    for (const [start, own] of loose) {
      if (weight <= MAX_WEIGHT) return
      loose.delete(start)
      weight -= own
      if (!start.isProven) Object.assign(start, NO_CLAIMS)
    }
  }

  return {
    all,
    add(start) {
      all.push(start)
      const own = weightOfJson(start)
      if (own > MAX_START) Object.assign(start, NO_CLAIMS)
      else {
        loose.set(start, own)
        weight += own
        makeRoom()
      }
    },
  }
}

export interface ReadTrail {
  readonly chains: ReadonlyMap<string, ChainState>
  /** The digests of lines that were broken off, by their files. */
  readonly torn: ReadonlyMap<string, string>
  /** Whether a checkpoint vouches for anything. */
  readonly isVouched: boolean
  readonly isOld: (record: HeldRecord) => boolean
}

/**
 * What a process has seen of others when it started must still be there. Anybody can write a start: where there are checkpoints, one that none vouches for makes
 * nothing missing, and what it claims is told of once.
 */
export function holdStarts(
  starts: readonly HeldStart[],
  { chains, torn, isVouched, isOld }: ReadTrail,
  { tell, blame, miss }: Tally,
): void {
  function hold(head: AuditHead, start: HeldStart): void {
    const chain = chains.get(head.writer)
    if (chain === undefined) {
      if (!isOld(start)) miss(start.where, head.writer, 0, head.seq + 1, start.isProven)
      return
    }
    const left = leftOf(head, chain)
    miss(start.where, head.writer, chain.next, left, start.isProven)
    if (isOther(head, chain)) blame('changed', start.where, head, start.isProven)
    // Others may have seen it too.
    if (left > 0) chain.next = head.seq + 1
    chain.tail.set(head.seq, head.hash)
  }

  function isTornOther({ where, hash }: TornLine): boolean {
    return (torn.get(where) ?? hash) !== hash
  }

  function isClaim(start: HeldStart): boolean {
    const isAbsent = start.heads.some((head) => {
      const chain = chains.get(head.writer)
      if (chain === undefined) return !isOld(start)
      return leftOf(head, chain) > 0 || isOther(head, chain)
    })
    return isAbsent || start.torn.some(isTornOther)
  }

  const isHeld = ({ isProven }: HeldStart) => isProven || !isVouched
  for (const start of starts.filter(isHeld)) {
    for (const head of start.heads) hold(head, start)
    for (const one of start.torn) {
      if (isTornOther(one)) blame('changed', one.where, undefined, start.isProven)
    }
  }
  for (const start of starts.filter((one) => !isHeld(one) && isClaim(one))) {
    const { where, writer, seq } = start
    tell({ fault: 'unproven_claim', where, writer, seq })
  }
}

/** What stands behind the end of a chain is not of its writer: it may go. */
function leftOf({ seq }: AuditHead, chain: ChainState): number {
  return chain.ended ? 0 : seq + 1 - chain.next
}

function isOther({ seq, hash }: AuditHead, chain: ChainState): boolean {
  const left = seq + 1 - chain.next
  const there = chain.tail.get(seq) ?? (left === 0 ? chain.hash : hash)
  return left <= 0 && there !== hash
}
