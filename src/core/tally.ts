/**
 * What became of a request of a known caller: let in, or the class of the reason. `'unauthenticated'`: its credential does not work any more, or not here; `'forbidden'`: it may not do
 * this; `'limited'`: a limit was reached; `'invalid'`: the request is wrong in itself; `'unavailable'`: something that the gate needs did not answer.
 */
export const USAGE_OUTCOMES = [
  'allowed',
  'unauthenticated',
  'forbidden',
  'limited',
  'invalid',
  'unavailable',
] as const

export type UsageOutcome = (typeof USAGE_OUTCOMES)[number]

/** Whose requests are counted. */
export interface Counted {
  readonly ownerId: string
  readonly environment: string
  /** Absent: the caller has presented neither a key nor a token that was made from one. */
  readonly keyId?: string | undefined
}

export type OutcomeCounts = Record<UsageOutcome, number>

/** How often somebody has called since this was last collected. */
export interface Tally extends Counted {
  /** Below zero where a request that was counted elsewhere turned out to be something else. */
  readonly counts: OutcomeCounts
  /** Requests for which the caller was in force. */
  uses: number
  /** Milliseconds since the epoch. */
  lastUsedAt: number
  /** Whether it is to be collected. */
  isTouched: boolean
}

export function createTally({ ownerId, environment, keyId }: Counted): Tally {
  return {
    ...{ ownerId, environment, keyId },
    ...{ counts: noCounts(), uses: 0, lastUsedAt: 0, isTouched: false },
  }
}

export function noCounts(): OutcomeCounts {
  const [allowed, unauthenticated, forbidden] = [0, 0, 0]
  return { allowed, unauthenticated, forbidden, limited: 0, invalid: 0, unavailable: 0 }
}

/** Moves what is counted into `waiting`, and begins anew. */
export function collectInto(waiting: OutcomeCounts, tally: Tally): void {
  for (const outcome of USAGE_OUTCOMES) {
    waiting[outcome] += tally.counts[outcome]
    tally.counts[outcome] = 0
  }
  tally.uses = 0
  tally.isTouched = false
}
