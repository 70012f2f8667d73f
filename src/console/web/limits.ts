import { createReadingShares } from '../../audit/reading-shares.js'
import type { Limit } from '../../core/limit.js'
import { createLocalBursts } from '../../limits/local-bursts.js'
import { Problem } from '../kit/problem.js'
import type { CheckedUser } from '../user.js'

/** Forms of one person, and of all persons at one address: each a burst that is refilled over a minute. */
const OF_PERSON: Limit = { name: 'person', kind: 'burst', limit: 60, windowMs: 60_000 }
const OF_ADDRESS: Limit = { name: 'address', kind: 'burst', limit: 300, windowMs: 60_000 }

/** @param user absent: nobody is signed in @throws {Problem} 429, with the wait */
export type TakeForm = (user: CheckedUser | undefined, address: string | undefined) => Promise<void>

/** Reads thousands of records, if the person and the organization have room for one more. @throws {Problem} 429, with the wait */
export type MakeFile = <T>(user: CheckedUser, make: () => Promise<T>) => Promise<T>

/** Counts forms, in the memory of this process. */
export function createFormLimits(clock: () => number): TakeForm {
  const takeOne = createLocalBursts(clock)
  const take = async (subject: string, limit: Limit): Promise<void> => {
    const wait = await takeOne(subject, limit)
    if (wait > 0) throw tooMany(wait, 'send the form again. Nothing was changed.')
  }
  return async (user, address) => {
    if (user !== undefined) await take(personOf(user), OF_PERSON)
    if (address !== undefined) await take(address, OF_ADDRESS)
  }
}

/** Counts files and weeks of the audit log, in the memory of this process. */
export function createFileLimits(clock: () => number): MakeFile {
  const share = createReadingShares(clock)
  return (user, make) =>
    share({ id: user.id, ownerId: user.ownerId, isLarge: true }, make, (seconds): never => {
      throw tooMany(seconds, 'try again.')
    })
}

function personOf({ ownerId, id }: CheckedUser): string {
  return JSON.stringify([ownerId, id])
}

function tooMany(wait: number, then: string): Problem {
  return new Problem(429, {
    detail: `Wait ${String(wait)} second${wait === 1 ? '' : 's'}, and ${then}`,
    headers: { 'retry-after': String(wait) },
  })
}
