import type { Decision } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import { createTally, type Counted, type Tally, type UsageOutcome } from '../core/tally.js'
import { REASONS } from '../http/reasons.js'
import type { Clock } from '../lib/clock.js'
import type { KeyStore } from './key-store.js'
import { createUsageWriter, type UsageWriter } from './usage-writer.js'

/** A caller of the app may be another object with each request. */
const MAX_TOUCHED = 10_000
const BY_STATUS: Readonly<Record<number, UsageOutcome>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'limited',
  503: 'unavailable',
}

/** Counts requests where they are decided, and writes the counts where no decision reads. */
export interface UsageRecorder extends Pick<UsageWriter, 'flush' | 'close'> {
  /** @param before what the same request was counted as by an earlier guard */
  readonly used: (tally: Tally, outcome: UsageOutcome, before?: UsageOutcome) => void
  /** The same for a caller whose credential did not work: no use. */
  readonly turnedAway: (caller: Counted, outcome: UsageOutcome, before?: UsageOutcome) => void
  /** The tally of callers that have none prepared: one for each object. */
  readonly tallyOf: (caller: Counted) => Tally
}

export function createUsageRecorder(
  store: Pick<KeyStore, 'recordUsage'>,
  clock: Clock,
  onError: (error: unknown) => void,
): UsageRecorder {
  let touched: Tally[] = []
  let day = ''
  let dayEnd = -Infinity
  const tallies = new WeakMap<Counted, Tally>()
  const { add, schedule, flush, close } = createUsageWriter(store, collect, onError)

  function collect(): void {
    for (const tally of touched) add(tally, day)
    touched = []
  }

  /** Counts of one day are not mixed with those of the next. */
  function turn(now: number): void {
    collect()
    day = new Date(now).toISOString().slice(0, 10)
    dayEnd = Date.parse(day) + 86_400_000
  }

  function count(tally: Tally, outcome: UsageOutcome, before?: UsageOutcome): number {
    const now = clock()
    if (now >= dayEnd) turn(now)
    if (!tally.isTouched) {
      if (touched.length >= MAX_TOUCHED) collect()
      touched.push(tally)
      tally.isTouched = true
      schedule()
    }
    tally.counts[outcome] += 1
    if (before !== undefined) tally.counts[before] -= 1
    return now
  }

  function tallyOf(caller: Counted): Tally {
    const known = tallies.get(caller)
    if (known !== undefined) return known
    const made = createTally(caller)
    tallies.set(caller, made)
    return made
  }

  return {
    used(tally, outcome, before) {
      const now = count(tally, outcome, before)
      if (before !== undefined) return
      tally.uses += 1
      tally.lastUsedAt = now
    },
    turnedAway(caller, outcome, before) {
      count(tallyOf(caller), outcome, before)
    },
    ...{ tallyOf, flush, close },
  }
}

/** Counts what a request has come to, and returns that. Of several guards on one request, the last one says. */
export type CountUse = <D extends Decision>(context: RequestContext, decision: D) => D

export function createUseCounter({ used, turnedAway, tallyOf }: UsageRecorder): CountUse {
  return (context, decision) => {
    const { known, auth, earlier, counted: before } = context
    if (auth === undefined) return decision
    const outcome = outcomeOf(context, decision)
    if (outcome === before) return decision
    // An endpoint may be given credentials of others than of whom a guard before it has let in.
    if (before !== undefined && !isSame(auth, earlier?.auth)) return decision
    context.counted = outcome
    if (known === undefined) turnedAway(auth, outcome, before)
    else used(known.tally ?? tallyOf(auth), outcome, before)
    return decision
  }
}

function outcomeOf({ known }: RequestContext, decision: Decision): UsageOutcome {
  if (known === undefined) return 'unauthenticated'
  return decision.allowed ? 'allowed' : classOf(decision.reason)
}

function classOf(reason: Reason): UsageOutcome {
  return BY_STATUS[REASONS[reason].status] ?? 'invalid'
}

function isSame(one: Counted, other: Counted | undefined): boolean {
  const isSameKey = one.keyId === other?.keyId
  return isSameKey && one.ownerId === other?.ownerId && one.environment === other.environment
}
