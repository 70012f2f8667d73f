import { hash, randomUUID } from 'node:crypto'
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
 * @example limits: { store: createRedisLimitStore(new Redis(redisUrl)), defaultPlan: 'free' }
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
    release({ subject, limits, cost, slot = '' }, { at, states }) {
      const keys = keysOf(subject, limits)
      // A name for this call, which a client may send twice.
      const call = `${String(keys[0])}:given:${cost > 0 ? randomUUID() : ''}`
      const values = limits.flatMap((limit, index) => {
        const state = states[index]
        if (cost === 0 || state === undefined || limit.kind === 'concurrency') return []
        return [fieldOf(limit), limit.kind, ...takenFrom(limit, state, at).map(String)]
      })
      return release([...keys, call], [slot, String(cost), String(at), ...values])
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

/** Of a limit from which something was taken: its size, between which instants its window ends, if it is still the same, and how little may be taken of it at least. */
function takenFrom(given: Limit, { resetAt }: LimitState, at: number): readonly number[] {
  const { kind, limit, windowMs, calendar, refill = limit } = given
  const sizes = [limit, windowMs]
  if (kind !== 'credit') return [...sizes, resetAt, resetAt, 0]
  const least = Math.min(0, limit - refill)
  if (windowMs === 0) return [...sizes, 0, Number.MAX_SAFE_INTEGER, least]
  if (calendar === undefined) return [...sizes, at + 1, at + windowMs, least]
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const end =
    calendar === 'day' ? Date.UTC(year, month, date.getUTCDate() + 1) : Date.UTC(year, month + 1)
  return [...sizes, end, end, least]
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
