import type { Auth } from '../../core/auth.js'
import { callerId } from '../../core/caller.js'
import type { Limit } from '../../core/limit.js'
import type { Clock } from '../../lib/clock.js'
import { isDuration, milliseconds } from '../../lib/duration.js'
import { createMemoryLimitStore } from '../../limits/memory-store.js'

/**
 * Requests of one caller that stop a key, or show which: a burst that is refilled over a minute. By caller, and not by owner: a leaked key that floods
 * takes nothing from whoever stops it.
 */
const FREE: Limit = { name: 'containment', kind: 'burst', limit: 300, windowMs: 60_000 }

export const always = (): boolean => true

/** A change that pauses a key, and changes nothing else. */
export function isPause(body: object): boolean {
  const { disabled, reason: _, ...others } = body as { disabled?: unknown; reason?: unknown }
  return disabled === true && Object.keys(others).length === 0
}

/** A rotation that ends the old key at once. */
export function isWithoutGrace(body: object): boolean {
  const { gracePeriod } = body as { gracePeriod?: unknown }
  return isDuration(gracePeriod) && milliseconds(gracePeriod) === 0
}

/** Whether one more such request of a caller is free. Beyond that, it is charged as any other. Counted in the memory of this process. */
export function createFreeRequests(clock: Clock): (auth: Auth) => Promise<boolean> {
  const store = createMemoryLimitStore()
  return async (auth) => {
    const request = { subject: callerId(auth), limits: [FREE], cost: 1, at: clock() }
    return (await store.consume(request)).allowed
  }
}
