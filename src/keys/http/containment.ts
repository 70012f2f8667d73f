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

/**
 * Whether one more such request of a caller is free. Beyond that, it is charged as any other. Counted in the memory of this process.
 * @param since when its key was made by a rotation, in milliseconds since the epoch. Absent: by no rotation
 */
export function createFreeRequests(
  clock: Clock,
): (auth: Auth, since: number | undefined) => Promise<boolean> {
  const store = createMemoryLimitStore()
  const take = (auth: Auth, cost: number, at: number) =>
    store.consume({ subject: callerId(auth), limits: [FREE], cost, at })

  return async (auth, since) => {
    const at = clock()
    if (since !== undefined && at - since < FREE.windowMs) {
      // It begins with none: a rotation is free, and would make a caller with as many again. Only one that was not seen yet can have them all so soon.
      const { states } = await take(auth, 0, at)
      if (states[0]?.remaining === FREE.limit) await take(auth, FREE.limit, since)
    }
    return (await take(auth, 1, at)).allowed
  }
}
