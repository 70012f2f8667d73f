import type { Limit } from '../../core/limit.js'
import { createMemoryLimitStore } from '../../limits/memory-store.js'
import { Problem } from '../kit/problem.js'
import type { CheckedUser } from '../user.js'

/** Forms of one person, and of all persons at one address: each a burst that is refilled over a minute. */
const OF_PERSON: Limit = { name: 'person', kind: 'burst', limit: 60, windowMs: 60_000 }
const OF_ADDRESS: Limit = { name: 'address', kind: 'burst', limit: 300, windowMs: 60_000 }
/** Files of the audit log, and weeks of it, each of thousands of records: a burst of one person, and those in progress of one person and of one organization. */
const FILES: Limit = { name: 'files', kind: 'burst', limit: 30, windowMs: 60_000 }
const MOST_OF_PERSON = 2
const MOST_OF_OWNER = 4
/** When to ask again, where others are in progress. */
const BUSY_SECONDS = 5

const SEND_AGAIN = 'send the form again. Nothing was changed.'
const LOAD_AGAIN = 'try again.'

/** @param user absent: nobody is signed in @throws {Problem} 429, with the wait */
export type TakeForm = (user: CheckedUser | undefined, address: string | undefined) => Promise<void>

/** Reads thousands of records, if the person and the organization have room for one more. @throws {Problem} 429, with the wait */
export type MakeFile = <T>(user: CheckedUser, make: () => Promise<T>) => Promise<T>

/** Counts forms, in the memory of this process. */
export function createFormLimits(clock: () => number): TakeForm {
  const take = createTake(clock, SEND_AGAIN)
  return async (user, address) => {
    if (user !== undefined) await take(personOf(user), OF_PERSON)
    if (address !== undefined) await take(address, OF_ADDRESS)
  }
}

/** Counts files and weeks of the audit log, in the memory of this process. */
export function createFileLimits(clock: () => number): MakeFile {
  const take = createTake(clock, LOAD_AGAIN)
  const inProgress = new Map<string, number>()
  const count = (name: string, more: 1 | -1) => {
    const left = (inProgress.get(name) ?? 0) + more
    if (left > 0) inProgress.set(name, left)
    else inProgress.delete(name)
  }

  return async (user, make) => {
    const shares: readonly (readonly [name: string, most: number])[] = [
      [`person ${personOf(user)}`, MOST_OF_PERSON],
      [`owner ${user.ownerId}`, MOST_OF_OWNER],
    ]
    if (shares.some(([name, most]) => (inProgress.get(name) ?? 0) >= most)) {
      throw tooMany(BUSY_SECONDS, LOAD_AGAIN)
    }
    for (const [name] of shares) count(name, 1)
    try {
      await take(personOf(user), FILES)
      return await make()
    } finally {
      for (const [name] of shares) count(name, -1)
    }
  }
}

function createTake(clock: () => number, then: string) {
  const store = createMemoryLimitStore()
  return async (subject: string, limit: Limit): Promise<void> => {
    const { allowed, states, at } = await store.consume({
      ...{ subject, limits: [limit], cost: 1, at: clock() },
    })
    if (allowed) return
    throw tooMany(Math.max(1, Math.ceil(((states[0]?.retryAt ?? at) - at) / 1_000)), then)
  }
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
