import type { Redis } from 'ioredis'
import {
  createLeasedLimitStore,
  type Limit,
  type LimitRequest,
  type LimitStore,
  type LimitVerdict,
} from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { settle, type Counter } from '../../../src/limits/windows.js'

/** `careless` is the control: it reads, decides, and writes. */
export type Kind = 'redis' | 'leased' | 'careless'

/** What a worker is told. */
export interface Setup {
  readonly url: string
  readonly kind: Kind
  readonly clients: number
  readonly limit: Limit
  readonly subject: string
  /** Milliseconds since the epoch. */
  readonly untilMs: number
}

const STORES: Readonly<Record<Kind, (redis: Redis) => LimitStore>> = {
  redis: (redis) => createRedisLimitStore(redis, { prefix: 'contention' }),
  leased: (redis) => createLeasedLimitStore(STORES.redis(redis)),
  careless: createCarelessStore,
}

export function openStore(kind: Kind, redis: Redis): LimitStore {
  return STORES[kind](redis)
}

async function takeCarelessly(
  redis: Redis,
  { limit }: Limit,
  { subject, slot = '', at }: LimitRequest,
): Promise<LimitVerdict> {
  const held = await redis.zcard(`careless:${subject}`)
  if (held < limit) await redis.zadd(`careless:${subject}`, at, slot)
  return { allowed: held < limit, at, states: [] }
}

function createCarelessStore(redis: Redis): LimitStore {
  return {
    async consume(request) {
      const slots = request.limits.find(({ kind }) => kind === 'concurrency')
      if (slots !== undefined) return takeCarelessly(redis, slots, request)
      const kept = new Map<string, Counter>()
      for (const { name } of request.limits) {
        const text = await redis.get(`careless:${request.subject}:${name}`)
        if (text !== null) kept.set(name, JSON.parse(text) as Counter)
      }
      const counters = {
        read: ({ name }: Limit) => kept.get(name),
        write({ name, windowMs }: Limit, counter: Counter) {
          const key = `careless:${request.subject}:${name}`
          void redis.set(key, JSON.stringify(counter), 'PX', windowMs)
        },
      }
      return settle(counters, request, request.at)
    },
    release: ({ subject, slot = '' }) => redis.zrem(`careless:${subject}`, slot),
  }
}
