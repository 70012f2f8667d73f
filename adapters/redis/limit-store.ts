import { hash } from 'node:crypto'
import type { Limit, LimitStore, LimitVerdict, Standing } from '../../src/index.js'
import type { RedisScripts } from './clients.js'
import { createScript } from './run.js'
import { CONSUME } from './script.js'

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
  const run = createScript(client, CONSUME)

  return {
    async consume({ subject, limits, cost }) {
      if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError('A cost is a whole number.')
      const values = limits.flatMap((limit) => [fieldOf(limit), limit.kind, ...sizesOf(limit)])
      const key = `${prefix}:{${plainOf(subject)}}`
      return verdictOf(await run(key, [String(cost), ...values]), limits)
    },
  }
}

/** A subject as part of a key: as it is where that can do no harm, and readable; else its digest. */
function plainOf(subject: string): string {
  return /^[\w.:@-]{1,128}$/.test(subject) ? subject : `#${hash('sha256', subject, 'base64url')}`
}

function fieldOf({ kind, name }: Limit): string {
  return `${kind} ${name}`
}

function sizesOf({ limit, windowMs, calendar, refill = limit }: Limit): string[] {
  return [String(limit), calendar ?? String(windowMs), String(refill)]
}

function verdictOf(reply: unknown, limits: readonly Limit[]): LimitVerdict {
  const numbers = Array.isArray(reply) ? reply.map(Number) : []
  const [allowed, at, ...rest] = numbers
  if (at === undefined || rest.length !== limits.length * 3 || numbers.some(Number.isNaN)) {
    throw new Error('Redis answered something that is no verdict.')
  }
  const standings = limits.map((_, index): Standing => {
    const [remaining = 0, resetAt = 0, retryAt = 0] = rest.slice(index * 3, index * 3 + 3)
    return { remaining, resetAt, ...(retryAt !== 0 && { retryAt }) }
  })
  return { allowed: allowed === 1, at, standings }
}
