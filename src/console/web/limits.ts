import type { Limit } from '../../core/limit.js'
import { createLocalBursts } from '../../limits/local-bursts.js'
import { spokenDuration } from '../kit/format.js'
import { Problem } from '../kit/problem.js'
import type { CheckedUser } from '../user.js'

/** Forms of one person, of all persons at one address, and of all visitors there: each a burst that is refilled over a minute. */
const OF_PERSON: Limit = { name: 'person', kind: 'burst', limit: 60, windowMs: 60_000 }
const OF_ADDRESS: Limit = { name: 'address', kind: 'burst', limit: 300, windowMs: 60_000 }
const OF_VISITORS: Limit = { ...OF_ADDRESS, name: 'visitors' }

/**
 * @param user absent: nobody is signed in
 * @param stops whether the form stops a key: others at the address do not hold it up
 * @throws {Problem} 429, with the wait
 */
export type TakeForm = (
  user: CheckedUser | undefined,
  address: string | undefined,
  stops?: boolean,
) => Promise<void>

/** Counts forms, in the memory of this process. */
export function createFormLimits(clock: () => number): TakeForm {
  const takeOne = createLocalBursts(clock)
  const take = async (subject: string, limit: Limit): Promise<void> => {
    const wait = await takeOne(subject, limit)
    if (wait > 0) throw tooMany(wait)
  }
  return async (user, address, stops = false) => {
    if (user !== undefined) await take(personOf(user), OF_PERSON)
    if (address === undefined || stops) return
    await take(address, user === undefined ? OF_VISITORS : OF_ADDRESS)
  }
}

function personOf({ ownerId, id }: CheckedUser): string {
  return JSON.stringify([ownerId, id])
}

function tooMany(wait: number): Problem {
  return new Problem(429, {
    detail: `Wait ${spokenDuration(`${String(wait)}s`)}, and send the form again. Nothing was changed.`,
    headers: { 'retry-after': String(wait) },
  })
}
