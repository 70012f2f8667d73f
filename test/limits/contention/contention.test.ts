import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { startProxy } from '../../adapters/redis/proxy.js'
import { redisServer, startRedis, type RedisServer } from '../../adapters/redis/server.js'
import { dose } from '../../dose.js'
import { describeWith } from '../../services.js'
import { dueOf, excessOf, windowsOf } from './log.js'
import { BURST, contend, CREDITS, QUOTA, SLOTS } from './trial.js'

jest.setTimeout(300_000)

const DOSE = dose(
  { processes: 2, clients: 20, forMs: 1_000 },
  { processes: 8, clients: 50, forMs: 12_000 },
)

describeWith(redisServer, 'when all ask at once', () => {
  let server: RedisServer
  let redis: Redis
  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis(server.url)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.kill()
  })

  test('a quota admits its limit in each window, exactly', async () => {
    const { admitted, failed } = await contend({
      ...DOSE,
      url: server.url,
      kind: 'redis',
      limit: QUOTA,
    })
    const windows = windowsOf(QUOTA, admitted)
    expect(failed).toBe(0)
    expect(windows.length).toBeGreaterThan(DOSE.forMs / QUOTA.windowMs / 2)
    // The last one may not be used up.
    expect(windows.slice(0, -1).map((window) => window.admitted)).toEqual(
      windows.slice(1).map(() => QUOTA.limit),
    )
    expect(windows.at(-1)?.admitted).toBeLessThanOrEqual(QUOTA.limit)
  })

  test('a burst never admits more than its limit and what comes back, in any stretch of time', async () => {
    const { admitted, failed } = await contend({
      ...DOSE,
      url: server.url,
      kind: 'redis',
      limit: BURST,
    })
    expect(failed).toBe(0)
    expect(excessOf(BURST, admitted)).toBeLessThanOrEqual(0)
    // And not much less: at first, not all have begun to ask.
    expect(admitted.length).toBeGreaterThan(dueOf(BURST, admitted) * 0.8)
  })

  test('credits that are never refilled are let in once, exactly', async () => {
    const trial = { ...DOSE, url: server.url, kind: 'redis', limit: CREDITS } as const
    const { admitted, failed, asked } = await contend(trial)
    expect(failed).toBe(0)
    expect(asked).toBeGreaterThan(CREDITS.limit)
    expect(admitted).toHaveLength(CREDITS.limit)
  })

  test.each([
    ['never are more under way than may be', 'redis', SLOTS.limit, SLOTS.limit],
    ['red control: who looks and then takes has more under way', 'careless', 8, Infinity],
  ] as const)('%s', async (_, kind, least, atMost) => {
    const { admitted, failed, most } = await contend({
      ...DOSE,
      url: server.url,
      kind,
      limit: SLOTS,
    })
    expect(failed).toBe(0)
    // Many more than at once: they were given back.
    expect(admitted.length).toBeGreaterThan(SLOTS.limit * 10)
    expect(most).toBeGreaterThanOrEqual(least)
    expect(most).toBeLessThanOrEqual(atMost)
  })

  test.each([
    ['nothing', QUOTA],
    ['nothing of a burst', BURST],
  ])('%s is admitted twice or lost when the server forgets the script', async (_, limit) => {
    const flush = async () => {
      for (let n = 0; n < 20; n++) await redis.script('FLUSH')
    }
    const trial = { ...DOSE, url: server.url, kind: 'redis', limit, event: flush } as const
    const { admitted, failed } = await contend(trial)
    expect(failed).toBe(0)
    if (limit.kind === 'burst') {
      expect(excessOf(limit, admitted)).toBeLessThanOrEqual(0)
      expect(admitted.length).toBeGreaterThan(dueOf(limit, admitted) * 0.8)
    } else {
      const windows = windowsOf(limit, admitted)
      expect(windows.slice(0, -1).map((window) => window.admitted)).toEqual(
        windows.slice(1).map(() => limit.limit),
      )
    }
  })

  test('permits that are taken ahead admit no more than the limits', async () => {
    const burst = { ...BURST, limit: 400, windowMs: 2_000 }
    const trial = { ...DOSE, url: server.url, kind: 'leased' } as const
    const quotas = await contend({ ...trial, limit: QUOTA })
    const bursts = await contend({ ...trial, limit: burst })
    const windows = windowsOf(QUOTA, quotas.admitted).map(({ admitted }) => admitted)
    expect(Math.max(...windows)).toBeLessThanOrEqual(QUOTA.limit)
    expect(quotas.admitted.length).toBeGreaterThan((windows.length - 1) * QUOTA.limit * 0.8)
    expect(excessOf(burst, bursts.admitted)).toBeLessThanOrEqual(0)
    expect(bursts.admitted.length).toBeGreaterThan((burst.limit * DOSE.forMs) / burst.windowMs / 2)
  })

  test.each([
    ['a quota', { ...QUOTA, windowMs: 600_000 }],
    ['a burst', BURST],
  ])('a failover that loses what was written admits %s once more at most', async (_, limit) => {
    const [primary, replica] = [await startRedis(), await startRedis()]
    const proxy = await startProxy(primary.port)
    const control = new Redis(replica.url)
    let lostAt = Infinity
    try {
      await control.replicaof('127.0.0.1', primary.port)
      const fail = async () => {
        await primary.kill()
        await control.replicaof('NO', 'ONE')
        // What the replica had not received.
        await control.flushall()
        lostAt = Date.now()
        proxy.redirect(replica.port)
      }
      const url = `redis://127.0.0.1:${String(proxy.port)}`
      const { admitted } = await contend({ ...DOSE, url, kind: 'redis', limit, event: fail })
      const [before, after] = [
        admitted.filter((at) => at < lostAt),
        admitted.filter((at) => at >= lostAt),
      ]
      expect(Math.min(before.length, after.length)).toBeGreaterThanOrEqual(limit.limit)
      if (limit.kind === 'burst') {
        for (const some of [before, after]) expect(excessOf(limit, some)).toBeLessThanOrEqual(0)
        expect(excessOf(limit, admitted)).toBeLessThanOrEqual(limit.limit)
      } else {
        expect([before.length, after.length]).toEqual([limit.limit, limit.limit])
      }
    } finally {
      control.disconnect()
      proxy.close()
      await primary.kill()
      await replica.kill()
    }
  })

  test('no key stays for ever', async () => {
    const keys = await redis.keys('contention:*')
    const ttls = await Promise.all(keys.map((key) => redis.pttl(key)))
    expect(ttls.filter((ttl) => ttl === -1)).toEqual([])
  })

  test('red control: who reads and then writes admits too much', async () => {
    const trials = [QUOTA, BURST].map(async (limit) =>
      contend({ ...DOSE, forMs: 1_500, url: server.url, kind: 'careless', limit }),
    )
    const [quota, burst] = await Promise.all(trials)
    const most = Math.max(
      ...windowsOf(QUOTA, quota?.admitted ?? []).map(({ admitted }) => admitted),
    )
    expect(most).toBeGreaterThan(QUOTA.limit)
    expect(excessOf(BURST, burst?.admitted ?? [])).toBeGreaterThan(0)
  })
})
