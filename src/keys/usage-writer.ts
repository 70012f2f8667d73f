import { collectInto, createTally, noCounts, USAGE_OUTCOMES, type Tally } from '../core/tally.js'
import { StoreError } from '../core/errors.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'
import type { KeyStore, KeyUsage, OutcomeCount, UsageAdded } from './key-store.js'

const FLUSH_MS = 10_000
/** Callers, environments and days that wait to be written while the store is away; those of owners with more than an eighth give way first. */
const MAX_WAITING = 50_000
const BATCH = 1_000

/** What waits of one caller for one day. */
interface Waiting extends Portion {
  readonly tally: Tally
  readonly day: string
}

/** Writes what requests came to, in batches. */
export interface UsageWriter {
  /** Takes what a tally has counted, and begins it anew. */
  readonly add: (tally: Tally, day: string) => void
  /** Writes in 10 s, unless it will already. */
  readonly schedule: () => void
  /** Writes what is counted so far. What fails is told to `onError` and kept for the next time. */
  readonly flush: () => Promise<void>
  /** Flushes for the last time. */
  readonly close: () => Promise<void>
}

/** @param collect adds what is counted so far; called before each writing */
export function createUsageWriter(
  store: Pick<KeyStore, 'recordUsage'>,
  collect: () => void,
  onError: (error: unknown) => void,
): UsageWriter {
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  /** By caller, environment and day. All keys of an API may be of one owner. */
  const waiting = new FairCache<Waiting>({
    ...{ maxWeight: MAX_WAITING, maxEntries: MAX_WAITING, lendsRoom: true },
  })

  function add(tally: Tally, day: string): void {
    const { ownerId, environment, keyId, uses, lastUsedAt } = tally
    const name = JSON.stringify([keyId, environment, day, keyId === undefined && ownerId])
    const before = waiting.peek(name)?.tally
    const counts = { ...(before?.counts ?? noCounts()) }
    collectInto(counts, tally)
    const after = {
      ...{ ...createTally(tally), counts },
      uses: uses + (before?.uses ?? 0),
      lastUsedAt: Math.max(lastUsedAt, before?.lastUsedAt ?? 0),
    }
    waiting.set(name, { whose: ownerId, weight: 1, tally: after, day })
  }

  /** So many of those that wait, which wait no more. */
  function take(most: number): readonly Waiting[] {
    const taken: Waiting[] = []
    waiting.deleteWhere((one) => taken.length < most && taken.push(one) > 0)
    return taken.reverse()
  }

  function tellFull(told: unknown): void {
    const full = Number(Reflect.get(Object(told) as Partial<UsageAdded>, 'full'))
    if (full > 0) onError(new StoreError(`Counts of usage at their end: ${String(full)}.`))
  }

  async function write(): Promise<void> {
    collect()
    for (let batch = take(BATCH); batch.length > 0; batch = take(BATCH)) {
      try {
        const told = await store.recordUsage(batch.flatMap(usageIn), batch.flatMap(outcomesIn))
        tellFull(told)
      } catch (error) {
        for (const { tally, day } of batch) add(tally, day)
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

  async function close(): Promise<void> {
    await flush()
    clearTimeout(timer)
  }

  return { add, schedule, flush, close }
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
