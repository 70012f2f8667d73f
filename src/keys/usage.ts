import type { Clock } from '../lib/clock.js'
import type { KeyStore, KeyUsage } from './key-store.js'

const FLUSH_MS = 10_000
/** Keys, environments and days that wait to be written while the store is away; the oldest give way. */
const MAX_WAITING = 50_000
const BATCH = 1_000

/** How often one key was used since its count was last collected. */
export interface Tally {
  readonly keyId: string
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
  /** By key, environment and day. */
  const waiting = new Map<string, KeyUsage>()

  function collect(): void {
    for (const tally of used) {
      wait({ ...tally, day, lastUsedAt: new Date(tally.lastUsedAt) })
      tally.count = 0
    }
    used = []
  }

  function wait(usage: KeyUsage): void {
    const name = JSON.stringify([usage.keyId, usage.environment, usage.day])
    const before = waiting.get(name)
    const [oldest] = waiting.keys()
    if (before === undefined && waiting.size >= MAX_WAITING && oldest !== undefined) {
      waiting.delete(oldest)
    }
    const later = before !== undefined && before.lastUsedAt > usage.lastUsedAt ? before : usage
    waiting.set(name, { ...later, count: usage.count + (before?.count ?? 0) })
  }

  async function write(): Promise<void> {
    collect()
    while (waiting.size > 0) {
      const batch = [...waiting.values()].slice(0, BATCH)
      const names = [...waiting.keys()].slice(0, BATCH)
      for (const name of names) waiting.delete(name)
      try {
        await store.recordUsage(batch)
      } catch (error) {
        batch.forEach(wait)
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
