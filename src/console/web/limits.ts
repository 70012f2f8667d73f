import type { Limit } from '../../core/limit.js'
import { createMemoryLimitStore } from '../../limits/memory-store.js'
import { Problem } from '../kit/problem.js'
import type { CheckedUser } from '../user.js'

/** Forms of one person, and of all persons at one address: each a burst that is refilled over a minute. */
const OF_PERSON: Limit = { name: 'person', kind: 'burst', limit: 60, windowMs: 60_000 }
const OF_ADDRESS: Limit = { name: 'address', kind: 'burst', limit: 300, windowMs: 60_000 }

/** @param user absent: nobody is signed in @throws {Problem} 429, with the wait */
export type TakeForm = (user: CheckedUser | undefined, address: string | undefined) => Promise<void>

/** Counts forms, in the memory of this process. */
export function createFormLimits(clock: () => number): TakeForm {
  const store = createMemoryLimitStore()

  async function take(subject: string, limit: Limit): Promise<void> {
    const { allowed, states, at } = await store.consume({
      ...{ subject, limits: [limit], cost: 1, at: clock() },
    })
    if (allowed) return
    const wait = Math.max(1, Math.ceil(((states[0]?.retryAt ?? at) - at) / 1_000))
    throw new Problem(429, {
      detail: `Wait ${String(wait)} second${wait === 1 ? '' : 's'}, and send the form again. Nothing was changed.`,
      headers: { 'retry-after': String(wait) },
    })
  }

  return async (user, address) => {
    if (user !== undefined) await take(JSON.stringify([user.ownerId, user.id]), OF_PERSON)
    if (address !== undefined) await take(address, OF_ADDRESS)
  }
}
