import type { Clock } from '../lib/clock.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'
import type { KeyStore, KeyUsage } from './key-store.js'

const FLUSH_MS = 10_000
/** Keys, environments and days that wait to be written while the store is away; those of owners with more than an eighth give way first. */
const MAX_WAITING = 50_000
const BATCH = 1_000

/** How often one key was used since its count was last collected. */
export interface Tally {
  readonly keyId: string
  readonly ownerId: string
  readonly environment: string
  count: number
  /** Milliseconds since the epoch. */
  lastUsedAt: number
}

/** Counts uses where they happen, and writes them where no decision reads. */
export interface UsageRecorder {
  readonly used: (tally: Tally) => void
  /** Writes what is counted so far. What fails is told to `onError` and kept for the next time. */
  readonly flush: () => Promise<void>
  /** Flushes for the last time. */
  close(): Promise<void>
}

interface Waiting extends Portion {
  readonly usage: KeyUsage
}

export function createUsageRecorder(
  store: Pick<KeyStore, 'recordUsage'>,
  clock: Clock,
  onError: (error: unknown) => void,
): UsageRecorder {
  let used: Tally[] = []
  let day = ''
  let dayEnd = -Infinity
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  /** By key, environment and day. All keys of an API may be of one owner. */
  const waiting = new FairCache<Waiting>({
    ...{ maxWeight: MAX_WAITING, maxEntries: MAX_WAITING, lendsRoom: true },
  })

  function collect(): void {
    for (const { ownerId, keyId, environment, count, lastUsedAt } of used) {
      wait(ownerId, { keyId, environment, day, count, lastUsedAt: new Date(lastUsedAt) })
    }
    for (const tally of used) tally.count = 0
    used = []
  }

  function wait(whose: string, usage: KeyUsage): void {
    const name = JSON.stringify([usage.keyId, usage.environment, usage.day])
    const before = waiting.peek(name)?.usage
    const later = before !== undefined && before.lastUsedAt > usage.lastUsedAt ? before : usage
    const count = usage.count + (before?.count ?? 0)
    waiting.set(name, { whose, weight: 1, usage: { ...later, count } })
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
        await store.recordUsage(batch.map(({ usage }) => usage))
      } catch (error) {
        for (const { whose, usage } of batch) wait(whose, usage)
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

  return {
    used(tally) {
      const now = clock()
      if (now >= dayEnd) turn(now)
      if (tally.count === 0) {
        used.push(tally)
        schedule()
      }
      tally.count += 1
      tally.lastUsedAt = now
    },
    flush,
    async close() {
      await flush()
      clearTimeout(timer)
    },
  }
}
