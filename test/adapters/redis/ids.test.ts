import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { IdShareError } from 'sallyport'
import { createRedisReplayStore, createRedisRevocations, type RedisScripts } from 'sallyport/redis'
import { replayStoreCases, tokenRevocationsCases } from 'sallyport/testing'
import { basic, ISSUER, openIssuer, serve, SIGNER } from '../../oauth/http/api.js'
import { describeWith, redisUrl } from '../../services.js'
import { signToken } from '../../jwt/issuer.js'
import { timeUntil } from './instances.js'
import { SCRIPT_CLIENTS } from './script-clients.js'
import { redisServer, startRedis, type RedisServer } from './server.js'

const PREFIX = `sallyport-ids-test-${String(process.pid)}`

jest.setTimeout(60_000)

describeWith(redisUrl, 'ids in Redis', (url) => {
  let redis: Redis

  beforeAll(() => {
    redis = new Redis(url)
  })
  afterAll(async () => {
    const keys = await redis.keys(`${PREFIX}*`)
    if (keys.length > 0) await redis.del(...keys)
    redis.disconnect()
  })

  describe.each(Object.entries(SCRIPT_CLIENTS))('with %s', (name, open) => {
    const used = `${PREFIX}-used-${name}`
    const soon = () => Date.now() + 60_000

    const closing: (() => void)[] = []
    afterAll(() => {
      for (const close of closing) close()
    })

    const openPair = <Store>(make: (client: RedisScripts) => Store): readonly [Store, Store] => {
      const [here, there] = [open(url), open(url)]
      closing.push(here.close, there.close)
      return [make(here.client), make(there.client)]
    }
    const openClosed = async <Store>(make: (client: RedisScripts) => Store): Promise<Store> => {
      const { client, close } = open(url)
      await createRedisRevocations(client, { prefix: used }).has('tok_1')
      close()
      return make(client)
    }
    const replays = (client: RedisScripts) => createRedisReplayStore(client, { prefix: used })
    const revocations = (client: RedisScripts) => createRedisRevocations(client, { prefix: used })

    for (const { name: holds, run } of replayStoreCases(
      () => openPair(replays),
      () => openClosed(replays),
    )) {
      test(`used assertions: ${holds}`, run)
    }
    for (const { name: holds, run } of tokenRevocationsCases(
      () => openPair(revocations),
      () => openClosed(revocations),
    )) {
      test(`revoked tokens: ${holds}`, run)
    }

    test('an id is taken once, by whichever instance', async () => {
      const opened = [open(url), open(url)]
      const stores = opened.map(({ client }) => createRedisReplayStore(client, { prefix: used }))
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, n) => stores[n % 2]?.addIfAbsent('a', soon())),
      )
      expect(answers.filter((first) => first === true)).toHaveLength(1)
      expect(await stores[1]?.addIfAbsent('b', soon())).toBe(true)
      for (const { close } of opened) close()
    })

    test('a token is revoked everywhere with the answer, and kept until its end', async () => {
      const [here, there] = [open(url), open(url)]
      const prefix = `${PREFIX}-revoked-${name}`
      const ours = createRedisRevocations(here.client, { prefix })
      const theirs = createRedisRevocations(there.client, { prefix })
      expect(await theirs.has('tok_1')).toBe(false)
      await ours.add('tok_1', soon())
      expect(await theirs.has('tok_1')).toBe(true)
      // A second time, for less: it is kept as long as before.
      await theirs.add('tok_1', Date.now() + 10)
      // Until an instant that is over: nobody may think that it is kept.
      await expect(ours.add('tok_2', Date.now() - 1_000)).rejects.toThrow(RangeError)
      const ends = await Promise.all(
        (await redis.keys(`${prefix}:*`)).map((key) => redis.pttl(key)),
      )
      expect(Math.max(...ends)).toBeGreaterThan(50_000)
      expect(Math.max(...ends)).toBeLessThanOrEqual(60_000)
      expect(ends).not.toContain(-1)
      here.close()
      there.close()
    })
  })

  describe.each([0, 200, 4_000, -4_000])('with the clock of the app %i s behind', (behind) => {
    test('an assertion is taken once, and a revoked token refused', async () => {
      const prefix = `${PREFIX}-clock-${String(behind)}`
      const time = { now: Date.now() - behind * 1_000 }
      const issuing = {
        replayStore: createRedisReplayStore(redis, { prefix: `${prefix}-used` }),
        revocations: createRedisRevocations(redis, { prefix: `${prefix}-revoked` }),
        serviceAccounts: [
          { id: 'svc', ownerId: 'org_1', scopes: [], jwks: { keys: [SIGNER.jwk] } },
        ],
      }
      const { gate, create, verdict } = openIssuer({ time, issuing })
      const api = await serve('Express', gate)
      const now = Math.floor(time.now / 1_000)
      const about = { iss: 'svc', sub: 'svc', aud: ISSUER, iat: now, exp: now + 120 }
      const assertion = await signToken(
        { ...about, jti: prefix, client_id: undefined, scope: undefined },
        SIGNER,
        { typ: 'JWT' },
      )
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
      const statuses = [await api.post('/token', form), await api.post('/token', form)]
      expect(statuses.map(({ status }) => status)).toEqual([200, 400])
      const { accessToken } = await gate.tokens.exchange((await create()).secret)
      await gate.tokens.revoke(accessToken)
      expect(await verdict(accessToken)).toBe('token_revoked')
      const lives = await Promise.all(
        (await redis.keys(`${prefix}*`)).map((key) => redis.pttl(key)),
      )
      // Two ids, and their owner in both stores: none longer than the token lives.
      expect(lives).toHaveLength(4)
      expect(Math.min(...lives)).toBeGreaterThan(140_000)
      expect(Math.max(...lives)).toBeLessThanOrEqual(3_630_000)
      await api.close()
    })
  })

  test('each owner has a share of 100,000: one who has more is refused, and others are served', async () => {
    const prefix = `${PREFIX}-share`
    const store = createRedisRevocations(redis, { prefix })
    const [mine, other] = ['org_1', 'org_2'].map((ownerId) => ({ ownerId, forMs: 60_000 }))
    const until = Date.now() + 60_000
    await store.add('tok_0', until, mine)
    const [owner = ''] = await redis.keys(`${prefix}:owner:*`)
    const fill = `for n = 2, 100000 do redis.call('ZADD', KEYS[1], ARGV[1], n) end`
    await redis.eval(fill, 1, owner, String(until))
    await expect(store.add('tok_1', until, mine)).rejects.toBeInstanceOf(IdShareError)
    await store.add('tok_0', until, mine)
    await store.add('tok_2', until, other)
    expect([await store.has('tok_1'), await store.has('tok_2')]).toEqual([false, true])
    await redis.zadd(owner, 1, '2')
    await store.add('tok_1', until, mine)
    expect(await store.has('tok_1')).toBe(true)
  })

  test('ids that have ended count as nothing, and are removed part by part', async () => {
    const prefix = `${PREFIX}-ended`
    const store = createRedisRevocations(redis, { prefix })
    const mine = { ownerId: 'org_1', forMs: 60_000 }
    const until = Date.now() + 60_000
    await store.add('tok_0', until, mine)
    const [owner = ''] = await redis.keys(`${prefix}:owner:*`)
    const fill = `for n = 1, 100000 do redis.call('ZADD', KEYS[1], 1, n) end`
    await redis.eval(fill, 1, owner)
    await store.add('tok_1', until, mine)
    // All of them at once would hold up the server.
    expect(await redis.zcard(owner)).toBe(2 + 100_000 - 100)
    await redis.del(owner)
  })

  test('no id stands in Redis as it is', async () => {
    const { client, close } = SCRIPT_CLIENTS['ioredis']?.(url) ?? { client: redis, close: () => 0 }
    await createRedisRevocations(client, { prefix: `${PREFIX}-plain` }).add(
      'tok_secret',
      Date.now() + 9_000,
    )
    expect((await redis.keys(`${PREFIX}-plain*`)).join()).not.toContain('tok_secret')
    close()
  })
})

describeWith(redisServer, 'a Redis that is lost', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.kill())

  test('refuses tokens with 503 within its time, lets keys in, and serves them again when it is back', async () => {
    const client = new Redis(server.url)
    const issuing = { revocations: createRedisRevocations(client) }
    const { gate, create } = openIssuer({ issuing })
    const api = await serve('Express', gate)
    const key = await create()
    const { accessToken } = await gate.tokens.exchange(key.secret)
    const other = (await gate.tokens.exchange(key.secret)).accessToken
    expect(await api.get('/orders', accessToken)).toMatchObject({ status: 200 })
    server.freeze()
    const begun = performance.now()
    expect(await api.get('/orders', accessToken)).toMatchObject({ status: 503 })
    expect(performance.now() - begun).toBeLessThan(1_000)
    expect(await api.get('/orders', key.secret)).toMatchObject({ status: 200 })
    const ended = await api.post('/revoke', { token: other }, basic(key.id, key.secret))
    expect(ended.status).toBe(503)
    server.thaw()
    const served = async () => (await api.get('/orders', accessToken)).status === 200
    const back = await timeUntil(served, 20_000)
    expect(back).toBeDefined()
    // Whose revocation was answered with 503 may have been revoked all the same, and is as soon as that is asked for again.
    const again = await api.post('/revoke', { token: other }, basic(key.id, key.secret))
    expect(again.status).toBe(200)
    expect(await api.get('/orders', other)).toMatchObject({ status: 401 })
    client.disconnect()
    await api.close()
  })
})
