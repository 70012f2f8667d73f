import type { Tally } from '../core/tally.js'
import type { KeyStore } from './key-store.js'
import { UsageBatches } from './usage-batches.js'

const FLUSH_MS = 10_000

/** Writes what requests came to, in batches. */
export interface UsageWriter {
  /** Takes what a tally has counted, and begins it anew. */
  readonly add: (tally: Tally, day: string) => void
  /** Writes in 10 s, unless it will already. */
  readonly schedule: () => void
  /** Writes what is counted so far. What fails is told to `onError` and kept for the next time. */
  readonly flush: () => Promise<void>
  /** Flushes for the last time, and goes past what the store refuses. */
  readonly close: () => Promise<void>
}

/**
 * What fails again in the writing of every 10 s is divided: what the store refuses of it is set apart, told once, and tried alone from then on. All else is
 * written.
 * @param collect adds what is counted so far; called before each writing
 */
export function createUsageWriter(
  store: Pick<KeyStore, 'recordUsage'>,
  collect: () => void,
  onError: (error: unknown) => void,
): UsageWriter {
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  let hasFailed = false
  const batches = new UsageBatches(store, onError)

  async function write(how: 'now' | 'in time' | 'last'): Promise<void> {
    collect()
    const isDivided = how === 'last' || (how === 'in time' && (hasFailed || batches.hasApart))
    try {
      await (isDivided ? batches.writeDivided(how === 'last') : batches.write())
      hasFailed = false
    } catch (error) {
      hasFailed = true
      onError(error)
    }
    if (hasFailed || batches.hasApart) schedule()
  }

  function flush(how: 'now' | 'in time' | 'last'): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(() => write(how))
    return writing
  }

  function schedule(): void {
    timer ??= setTimeout(() => void flush('in time'), FLUSH_MS).unref()
  }

  async function close(): Promise<void> {
    await flush('last')
    clearTimeout(timer)
  }

  return {
    add: (tally, day) => {
      batches.add(tally, day)
    },
    flush: () => flush('now'),
    ...{ schedule, close },
  }
}
