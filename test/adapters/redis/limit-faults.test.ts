import { expect, jest, test } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import type { Limit, LimitStore, LimitStoreError } from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { createLimiter } from '../../../src/limits/limiter.js'
import { dose } from '../../dose.js'
import { describeWith } from '../../services.js'
import { timeUntil } from './instances.js'
import { SCRIPT_CLIENTS } from './script-clients.js'
import { redisServer, startRedis } from './server.js'
import { openSite, type Site } from './site.js'

jest.setTimeout(120_000)

const HOURLY: Limit = { name: 'hourly', kind: 'quota', limit: 40, windowMs: 3_600_000 }
/** That of the limiter, and what a busy machine adds. */
const BOUND_MS = 50 + 200
const RECOVERY_MS = 20_000
const TRIES = 10

interface Fault {
  strike(site: Site): unknown
  mend(site: Site): unknown
  /** Whether the counters outlive it. */
  readonly keeps: boolean
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'is killed': {
    strike: ({ server }) => server.kill(),
    mend: ({ server }) => server.restart(),
    keeps: false,
  },
  'is suspended': {
    strike: ({ server }) => {
      server.freeze()
    },
    mend: ({ server }) => {
      server.thaw()
    },
    keeps: true,
  },
  'is behind a network that swallows packets': {
    strike: ({ proxy }) => {
      proxy.swallow()
    },
    mend: ({ proxy }) => {
      proxy.mend()
    },
    keeps: true,
  },
}

function openLimiter(store: LimitStore, subject = 'org_1') {
  const told: LimitStoreError[] = []
  const onError = (error: LimitStoreError) => told.push(error)
  const limiter = createLimiter({ store, onStoreError: 'local', instances: 4, onError })
  const asked = async (cost: number) =>
    limiter.consume({ subject, limits: [HOURLY], cost, at: Date.now() })
  return {
    outages: () => told.map(({ outage }) => outage),
    remaining: async () => (await asked(0)).states[0]?.remaining,
    /** How many of several requests, at once or one after the other, are let in, and what the slowest took. */
    async ask(count: number, atOnce = false) {
      let slowest = 0
      let allowed = 0
      const one = async () => {
        const start = performance.now()
        const verdict = await asked(1)
        allowed += Number(verdict.allowed)
        slowest = Math.max(slowest, performance.now() - start)
      }
      if (atOnce) await Promise.all(Array.from({ length: count }, one))
      else for (let n = 0; n < count; n++) await one()
      return { allowed, slowest }
    },
  }
}

/** One of whose 40 permits 15 are taken, in Redis: on a busy machine, some of the first requests take longer than 50 ms. */
async function openCalm(store: LimitStore) {
  for (let at = 0; at < TRIES; at++) {
    const limiter = openLimiter(store, `org_${String(at)}`)
    const { allowed } = await limiter.ask(15)
    if (allowed === 15 && limiter.outages().length === 0) return limiter
    await pause(500)
  }
  throw new Error('Redis was never asked in peace.')
}

/** Each fault with each client; or each of them once. */
const CASES = Object.keys(FAULTS).flatMap((fault, at) =>
  Object.keys(SCRIPT_CLIENTS)
    .filter((_, other) => dose(other === at, true))
    .map((client) => [fault, client] as const),
)

describeWith(redisServer, 'limits when Redis', () => {
  test.each(CASES)('%s, they are counted here until it is back: %s', async (fault, client) => {
    const site = await openSite()
    const opened = SCRIPT_CLIENTS[client]?.(site.url)
    if (opened === undefined) throw new Error(`no such client: ${client}`)
    const store = createRedisLimitStore(opened.client)
    const { strike, mend, keeps } = FAULTS[fault] as Fault
    try {
      const limiter = await openCalm(store)
      await strike(site)
      const first = await limiter.ask(30, true)
      expect(first.allowed).toBe(10)
      expect(first.slowest).toBeLessThan(BOUND_MS)
      await pause(600)
      const later = await limiter.ask(200)
      expect(later.allowed).toBe(0)
      expect(later.slowest).toBeLessThan(BOUND_MS)
      expect(limiter.outages()).toEqual(['begun'])

      await mend(site)
      const back = async () => {
        await limiter.remaining()
        return limiter.outages().length === 2
      }
      expect(await timeUntil(back, RECOVERY_MS)).toBeDefined()
      expect(limiter.outages()).toEqual(['begun', 'over'])
      const { allowed } = await limiter.ask(60)
      // The 30 that were under way when it struck may have been counted there as well, or are by now; so are those that tried meanwhile whether it is back.
      expect(allowed).toBeGreaterThanOrEqual(keeps ? 0 : 1)
      expect(allowed).toBeLessThanOrEqual(keeps ? 25 : 40)
    } finally {
      opened.close()
      site.proxy.close()
      await site.server.kill()
    }
  })

  test.each(Object.keys(SCRIPT_CLIENTS))(
    'is not there at the start, they are counted here until it is: %s',
    async (client) => {
      const server = await startRedis()
      await server.kill()
      const opened = SCRIPT_CLIENTS[client]?.(server.url)
      if (opened === undefined) throw new Error(`no such client: ${client}`)
      const limiter = openLimiter(createRedisLimitStore(opened.client))
      try {
        const first = await limiter.ask(30, true)
        expect(first.allowed).toBe(10)
        expect(first.slowest).toBeLessThan(BOUND_MS)
        await server.restart()
        const back = async () => {
          await limiter.remaining()
          return limiter.outages().length === 2
        }
        expect(await timeUntil(back, RECOVERY_MS)).toBeDefined()
        expect(limiter.outages()).toEqual(['begun', 'over'])
      } finally {
        opened.close()
        await server.kill()
      }
    },
  )

  test('answers while this process is busy, nothing has failed', async () => {
    const server = await startRedis()
    const opened = SCRIPT_CLIENTS['ioredis']?.(server.url)
    if (opened === undefined) throw new Error('no such client')
    const limiter = openLimiter(createRedisLimitStore(opened.client))
    try {
      const warm = async () =>
        (await limiter.remaining()) === 40 && limiter.outages().length % 2 === 0
      expect(await timeUntil(warm, RECOVERY_MS)).toBeDefined()
      const before = limiter.outages().length
      for (let n = 0; n < 5; n++) {
        const asked = limiter.ask(1)
        await new Promise((resolve) => setImmediate(resolve))
        for (const end = performance.now() + 250; performance.now() < end;);
        expect(await asked).toMatchObject({ allowed: 1 })
      }
      expect(limiter.outages().slice(before)).toEqual([])
    } finally {
      opened.close()
      await server.kill()
    }
  })

  test('is suspended, requests wait without the limiter (red control)', async () => {
    const site = await openSite()
    const opened = SCRIPT_CLIENTS['ioredis']?.(site.url)
    if (opened === undefined) throw new Error('no such client')
    const store = createRedisLimitStore(opened.client)
    const ask = async () => store.consume({ subject: 'org_1', limits: [HOURLY], cost: 1, at: 0 })
    try {
      await ask()
      site.server.freeze()
      const answered = await Promise.race([ask().then(() => true), pause(1_000, false)])
      expect(answered).toBe(false)
    } finally {
      site.server.thaw()
      opened.close()
      site.proxy.close()
      await site.server.kill()
    }
  })
})
