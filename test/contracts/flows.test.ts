import type { Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  type GateRequest,
  type LimitStore,
} from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { createExpressApp } from '../../examples/reference/express.js'
import { createReferenceGate, type ReferenceGate } from '../../examples/reference/gate.js'
import { createKoaApp } from '../../examples/reference/koa.js'
import { listen } from '../adapters/servers.js'
import { describeWith, redisUrl } from '../services.js'
import { ask, type Exchanged } from './exchange.js'

const QUOTA = 1_000
const BURST = 50
const HOUR_MS = 3_600_000
const TRIES = 8
/** The gate waits for 50 ms, by a timer that may be a little early. */
const LATE_MS = 45

/** Where requests are counted, and how time passes there. */
interface Counting {
  readonly store: LimitStore
  readonly clock: () => number
  pass(ms: number): unknown
  /** Whether that takes as long as it says. */
  readonly real: boolean
  /** The longest that the store took since it was last asked for this, in milliseconds. */
  slowest(): number
  close(): unknown
}

function inMemory(): Counting {
  let now = Date.UTC(2030, 0, 1, 12)
  return {
    store: createMemoryLimitStore(),
    clock: () => now,
    pass: (ms) => (now += ms),
    real: false,
    slowest: () => 0,
    close: () => undefined,
  }
}

function inRedis(url: string): Counting {
  const redis = new Redis(url)
  const prefix = `sallyport-flows:${crypto.randomUUID()}`
  const store = createRedisLimitStore(redis, { prefix })
  let longest = 0
  return {
    store: {
      ...store,
      async consume(request) {
        const begun = performance.now()
        const verdict = await store.consume(request)
        longest = Math.max(longest, performance.now() - begun)
        return verdict
      },
    },
    clock: Date.now,
    pass: pause,
    real: true,
    slowest() {
      const was = longest
      longest = 0
      return was
    },
    async close() {
      await redis.del(...(await redis.keys(`${prefix}:*`)))
      redis.disconnect()
    },
  }
}

const FRAMEWORKS = [
  ['Express', createExpressApp],
  ['Koa', (gate: ReferenceGate) => createKoaApp(gate).callback()],
] as const

function flows(open: () => Counting): void {
  describe.each(FRAMEWORKS)('on %s', (_, createApp) => {
    const keys = createMemoryKeyStore()
    let counting: Counting
    let gate: ReferenceGate
    let server: Server
    let url: URL

    beforeAll(() => {
      counting = open()
    })
    afterAll(async () => {
      await counting.close()
    })

    async function start(): Promise<void> {
      gate = createReferenceGate({ keys, limits: counting.store, clock: () => counting.clock() })
      const listening = await listen(createApp(gate))
      server = listening.server
      url = new URL('/v1/users/me', `http://127.0.0.1:${String(listening.port)}`)
    }

    async function issue() {
      const ownerId = `org_${crypto.randomUUID()}`
      const key = { name: 'Flow', ownerId, plan: 'free', scopes: ['read'] as const }
      const { secret } = await gate.keys.create(key)
      const headers = { authorization: `Bearer ${secret}`, 'x-forwarded-proto': 'https' }
      return { secret, send: () => ask(url, 'GET', headers, '') }
    }

    /** Again, with a gate that knows of no outage, where the store took so long that the gate may have counted by itself. */
    async function calmly(flow: () => Promise<void>): Promise<void> {
      for (let left = TRIES; ; left--) {
        await start()
        counting.slowest()
        try {
          await flow()
          return
        } catch (error) {
          if (left === 1 || counting.slowest() < LATE_MS) throw error
        } finally {
          server.close()
        }
      }
    }

    /** Spends so much of the quota: as fast as bursts allow, where that takes no time. */
    async function spend(
      { secret, send }: Awaited<ReturnType<typeof issue>>,
      cost: number,
    ): Promise<void> {
      if (counting.real) {
        await spendElsewhere(secret, cost)
        return
      }
      for (let left = cost; left > 0; left -= BURST) {
        counting.pass(1_000)
        const answers = await Promise.all(Array.from({ length: Math.min(left, BURST) }, send))
        expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      }
    }

    /** By another service of the same owner, which has no bursts. */
    async function spendElsewhere(secret: string, cost: number): Promise<void> {
      const batch = createGate({
        environment: 'live',
        keys: { prefix: 'ref', store: keys },
        scopes: ['read', 'write'],
        plans: { free: { quota: { limit: QUOTA, window: '1h' } } },
        limits: { defaultPlan: 'free', store: { consume: counting.store.consume } },
        clock: () => counting.clock(),
      })
      const request: GateRequest = {
        method: 'POST',
        url: '/batches',
        rawHeaders: ['Authorization', `Bearer ${secret}`],
        peer: { address: '203.0.113.9', encrypted: true },
      }
      expect(await batch.check(request, { cost })).toMatchObject({ allowed: true })
      await batch.close()
    }

    test('burst: the surplus of a second is refused while the quota stands, and is served a second later', () =>
      calmly(async () => {
        const { send } = await issue()
        const begun = counting.clock()
        const answers = await Promise.all(Array.from({ length: 3 * BURST }, send))
        // What comes back meanwhile: nothing, where time stands still.
        const back = Math.ceil(((counting.clock() - begun) * BURST) / 1_000)
        const served = answers.filter(({ status }) => status === 200).length
        const refused = answers.filter(({ status }) => status === 429)
        expect(served + refused.length).toBe(answers.length)
        expect(served).toBeGreaterThanOrEqual(BURST)
        expect(served).toBeLessThanOrEqual(BURST + back)
        for (const { headers } of refused) {
          expect(headers['retry-after']).toBe('1')
          expect(Number(headers['x-ratelimit-remaining'])).toBeLessThanOrEqual(QUOTA - BURST)
          expect(Number(headers['x-ratelimit-remaining'])).toBeGreaterThanOrEqual(QUOTA - served)
        }
        await counting.pass(1_000)
        const again = await send()
        expect(again.status).toBe(200)
        expect(again.headers['x-ratelimit-remaining']).toBe(String(QUOTA - served - 1))
      }))

    test('quota: spent, it says when to try again', () =>
      calmly(async () => {
        const caller = await issue()
        const { send } = caller
        const left = ({ headers }: Exchanged) => Number(headers['x-ratelimit-remaining'])
        const soonest = counting.clock() + HOUR_MS
        expect(left(await send())).toBe(QUOTA - 1)
        const latest = counting.clock() + HOUR_MS
        await spend(caller, QUOTA - 2)
        expect(await send()).toMatchObject({ status: 200, headers: { 'x-ratelimit-remaining': '0' } })

        const from = counting.clock()
        const { status, headers, text } = await send()
        const seconds = Number(headers['retry-after'])
        expect(status).toBe(429)
        expect(headers).toMatchObject({
          'x-ratelimit-limit': String(QUOTA),
          'x-ratelimit-remaining': '0',
        })
        expect(seconds).toBeGreaterThanOrEqual(Math.ceil((soonest - counting.clock()) / 1_000))
        expect(seconds).toBeLessThanOrEqual(Math.ceil((latest - from) / 1_000))
        expect(JSON.parse(text)).toEqual({
          error: 'rate_limit_exceeded',
          message: `Rate limit exceeded. Try again in ${String(seconds)} seconds.`,
        })
        const reset = Number(headers['x-ratelimit-reset'])
        expect(reset).toBeGreaterThanOrEqual(Math.ceil(soonest / 1_000))
        expect(reset).toBeLessThanOrEqual(Math.ceil(latest / 1_000))
      }))
  })
}

describe('the flows of the reference API, counted in memory', () => {
  flows(inMemory)
})

describeWith(redisUrl, 'the flows of the reference API, counted in Redis', (url) => {
  flows(() => inRedis(url))
})
