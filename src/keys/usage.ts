import {
  collectInto,
  createTally,
  noCounts,
  USAGE_OUTCOMES,
  type Counted,
  type Tally,
  type UsageOutcome,
} from '../core/tally.js'
import type { Clock } from '../lib/clock.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'
import type { KeyStore, KeyUsage, OutcomeCount } from './key-store.js'

const FLUSH_MS = 10_000
/** Callers, environments and days that wait to be written while the store is away; those of owners with more than an eighth give way first. */
const MAX_WAITING = 50_000
const BATCH = 1_000
/** A caller of the app may be another object with each request. */
const MAX_TOUCHED = 10_000

/** Counts requests where they are decided, and writes the counts where no decision reads. */
export interface UsageRecorder {
  /** @param before what the same request was counted as by an earlier guard */
  readonly used: (tally: Tally, outcome: UsageOutcome, before?: UsageOutcome) => void
  /** The same for a caller whose credential did not work: no use. */
  readonly turnedAway: (caller: Counted, outcome: UsageOutcome, before?: UsageOutcome) => void
  /** The tally of callers that have none prepared: one for each object. */
  readonly tallyOf: (caller: Counted) => Tally
  /** Writes what is counted so far. What fails is told to `onError` and kept for the next time. */
  readonly flush: () => Promise<void>
  /** Flushes for the last time. */
  close(): Promise<void>
}

/** What waits of one caller for one day. */
interface Waiting extends Portion {
  readonly tally: Tally
  readonly day: string
}

export function createUsageRecorder(
  store: Pick<KeyStore, 'recordUsage'>,
  clock: Clock,
  onError: (error: unknown) => void,
): UsageRecorder {
  let touched: Tally[] = []
  let day = ''
  let dayEnd = -Infinity
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  const tallies = new WeakMap<Counted, Tally>()
  /** By caller, environment and day. All keys of an API may be of one owner. */
  const waiting = new FairCache<Waiting>({
    ...{ maxWeight: MAX_WAITING, maxEntries: MAX_WAITING, lendsRoom: true },
  })

  function collect(): void {
    for (const tally of touched) wait(tally, day)
    touched = []
  }

  function wait(tally: Tally, itsDay: string): void {
    const { ownerId, environment, keyId, uses, lastUsedAt } = tally
    const name = JSON.stringify([keyId, environment, itsDay, keyId === undefined && ownerId])
    const before = waiting.peek(name)?.tally
    const counts = { ...(before?.counts ?? noCounts()) }
    collectInto(counts, tally)
    const after = {
      ...{ ...createTally(tally), counts },
      uses: uses + (before?.uses ?? 0),
      lastUsedAt: Math.max(lastUsedAt, before?.lastUsedAt ?? 0),
    }
    waiting.set(name, { whose: ownerId, weight: 1, tally: after, day: itsDay })
  }

  /** So many of those that wait, which wait no more. */
  function take(most: number): readonly Waiting[] {
    const taken: Waiting[] = []
    waiting.deleteWhere((one) => taken.length < most && taken.push(one) > 0)
    return taken.reverse()
  }

  async function write(): Promise<void> {
    collect()
    for (let batch = take(BATCH); batch.length > 0; batch = take(BATCH)) {
      try {
        await store.recordUsage(batch.flatMap(usageIn), batch.flatMap(outcomesIn))
      } catch (error) {
        for (const { tally, day: itsDay } of batch) wait(tally, itsDay)
        throw error
      }
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(write).catch((error: unknown) => {
      onError(error)
      schedule()
    })
    return writing
  }

  function schedule(): void {
    timer ??= setTimeout(() => void flush(), FLUSH_MS).unref()
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
    tallyOf,
    flush,
    async close() {
      await flush()
      clearTimeout(timer)
    },
  }
}

/** Of nobody without a key: uses are those of keys. */
function usageIn({ tally, day }: Waiting): KeyUsage[] {
  const { keyId, environment, uses, lastUsedAt } = tally
  if (keyId === undefined || uses === 0) return []
  return [{ keyId, environment, day, count: uses, lastUsedAt: new Date(lastUsedAt) }]
}

function outcomesIn({ tally, day }: Waiting): OutcomeCount[] {
  const { ownerId, environment, keyId, counts } = tally
  return USAGE_OUTCOMES.filter((outcome) => counts[outcome] > 0).map((outcome) => ({
    ...{ ownerId, environment, day, outcome, count: counts[outcome] },
    ...(keyId !== undefined && { keyId }),
  }))
}
