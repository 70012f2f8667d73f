import type { Limit } from '../core/limit.js'
import type { Clock } from '../lib/clock.js'
import { createMemoryLimitStore } from './memory-store.js'

/** Takes one of a burst. @returns how many whole seconds to wait for the next one; 0: it was taken */
export type TakeOne = (subject: string, limit: Limit) => Promise<number>

/** Bursts that are counted in the memory of this process. */
export function createLocalBursts(clock: Clock): TakeOne {
  const store = createMemoryLimitStore()
  return async (subject, limit) => {
    const { allowed, states, at } = await store.consume({
      ...{ subject, limits: [limit], cost: 1, at: clock() },
    })
    return allowed ? 0 : Math.max(1, Math.ceil(((states[0]?.retryAt ?? at) - at) / 1_000))
  }
}
