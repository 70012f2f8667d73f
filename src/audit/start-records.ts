import { weightOfJson } from '../lib/weight.js'
import type { ChainState, ChainStates } from './chain-states.js'
import type { UnprovenRecord, ReadStart } from './unproven-records.js'
import type { AuditHead, TornLine } from './record.js'
import type { Tally } from './trail-report.js'

/** Starts for which no checkpoint vouches, in bytes by estimate; and one of them, which has far less where it was written by this code. */
const MAX_WEIGHT = 67_108_864
const MAX_START = 1_048_576
const NO_CLAIMS = { heads: [], torn: [], passed: [] }

/** The starts of a trail, in the order of reading. */
export interface StartRecords {
  /** Beyond the bound, what the oldest says that no checkpoint vouches for is not held against the trail. */
  readonly add: (start: ReadStart) => void
  readonly all: () => readonly ReadStart[]
}

export function createStartRecords(): StartRecords {
  const all = new Set<ReadStart>()
  const loose = new Map<ReadStart, number>()
  let weight = 0

  function makeRoom(): void {
    for (const [start, own] of loose) {
      if (weight <= MAX_WEIGHT) return
      loose.delete(start)
      weight -= own
      if (!start.isProven) leaveOut(start)
    }
  }

  function leaveOut(start: ReadStart): void {
    Object.assign(start, NO_CLAIMS)
    all.delete(start)
  }

  return {
    all: () => [...all],
    add(start) {
      const own = weightOfJson(start)
      if (own > MAX_START) leaveOut(start)
      else {
        all.add(start)
        loose.set(start, own)
        weight += own
        makeRoom()
      }
    },
  }
}

export interface ReadTrail {
  readonly chains: Pick<ChainStates, 'get' | 'isForgotten'>
  /** The digests of lines that were broken off, by their files. */
  readonly torn: ReadonlyMap<string, string>
  /** Whether a checkpoint vouches for anything. */
  readonly isVouched: boolean
  readonly isOld: (record: UnprovenRecord) => boolean
}

/**
 * What a process has seen of others when it started must still be there. Anybody can write a start: where there are checkpoints, one that none vouches for makes
 * nothing missing, and what it claims is told of once.
 */
export function checkStarts(
  starts: readonly ReadStart[],
  { chains, torn, isVouched, isOld }: ReadTrail,
  { tell, blame, miss }: Tally,
): void {
  function hold(head: AuditHead, start: ReadStart): void {
    const chain = chains.get(head.writer)
    if (chain === undefined) {
      const isUnknown = isOld(start) || chains.isForgotten(head.writer)
      if (!isUnknown) miss(start.where, head.writer, 0, head.seq + 1, start.isProven)
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

  function isClaim(start: ReadStart): boolean {
    const isAbsent = start.heads.some((head) => {
      const chain = chains.get(head.writer)
      if (chain === undefined) return !isOld(start) && !chains.isForgotten(head.writer)
      return leftOf(head, chain) > 0 || isOther(head, chain)
    })
    return isAbsent || start.torn.some(isTornOther)
  }

  const isHeld = ({ isProven }: ReadStart) => isProven || !isVouched
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
