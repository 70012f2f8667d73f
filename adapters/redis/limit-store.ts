import { hash } from 'node:crypto'
import type { Limit, LimitStore, LimitVerdict, LimitState } from '../../src/index.js'
import type { RedisScripts } from './clients.js'
import { numberIn } from './reply.js'
import { createScript } from './run.js'
import { CONSUME, RELEASE } from './script.js'

export interface RedisLimitStoreOptions {
  /** How the keys of this store begin. Default `'sallyport:limits'`. */
  readonly prefix?: string
}

/**
 * Counts in Redis or Valkey, for all instances of an API: one script and one round trip for each request, by the server's own clock. All
 * counters of a subject are one key, which expires. The client stays yours: close it after the gate.
 */
export function createRedisLimitStore(
  client: RedisScripts,
  options: RedisLimitStoreOptions = {},
): LimitStore {
  const { prefix = 'sallyport:limits' } = options
  const consume = createScript(client, CONSUME)
  const release = createScript(client, RELEASE)

  /** The counters, and the slots of each limit that has such. */
  function keysOf(subject: string, limits: readonly Limit[]): string[] {
    const key = `${prefix}:{${plainOf(subject)}}`
    const slots = limits.filter(({ kind }) => kind === 'concurrency')
    return [key, ...slots.map(({ name }) => `${key}:${plainOf(name)}`)]
  }

  return {
    async consume({ subject, limits, cost, slot = '' }) {
      if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError('A cost is a whole number.')
      const keys = keysOf(subject, limits)
      if (keys.length > 1 && slot === '') {
        throw new RangeError('A request that takes a slot has to be named.')
      }
      const values = limits.flatMap((limit) => [fieldOf(limit), limit.kind, ...sizesOf(limit)])
      return verdictOf(await consume(keys, [String(cost), slot, ...values]), limits)
    },
    release({ subject, limits, cost, slot = '' }, { states }) {
      const quotas = limits.flatMap((limit, index) =>
        limit.kind === 'quota' && cost > 0 ? [fieldOf(limit), String(states[index]?.resetAt)] : [],
      )
      return release(keysOf(subject, limits), [slot, String(cost), ...quotas])
    },
  }
}

/** A name as part of a key: as it is where that can do no harm, and readable; else its digest. */
function plainOf(name: string): string {
  return /^[\w.:@-]{1,128}$/.test(name) ? name : `#${hash('sha256', name, 'base64url')}`
}

function fieldOf({ kind, name }: Limit): string {
  return `${kind} ${name}`
}

function sizesOf({ limit, windowMs, calendar, refill = limit }: Limit): string[] {
  return [String(limit), calendar ?? String(windowMs), String(refill)]
}

function verdictOf(reply: unknown, limits: readonly Limit[]): LimitVerdict {
  const numbers = Array.isArray(reply) ? reply.map(numberIn) : []
  const [allowed, at, ...rest] = numbers
  if (at === undefined || rest.length !== limits.length * 3 || numbers.some(Number.isNaN)) {
    throw new Error('Redis answered something that is no verdict.')
  }
  const states = limits.map((_, index): LimitState => {
    const [remaining = 0, resetAt = 0, retryAt = 0] = rest.slice(index * 3, index * 3 + 3)
    return { remaining, resetAt, ...(retryAt !== 0 && { retryAt }) }
  })
  return { allowed: allowed === 1, at, states }
}
