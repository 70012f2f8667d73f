import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as pause } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import {
  createGate,
  createMemoryKeyStore,
  type AuditOutage,
  type AuditSink,
  type CacheEvent,
  type GateOptions,
  type KeyStore,
  type Outage,
} from 'sallyport'
import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'
import { createRedisLimitStore, createRedisRevocations } from 'sallyport/redis'
import { createSchema } from '../adapters/postgres/schema.js'
import { startProxy } from '../faults/proxy.js'
import { databaseUrl, describeWith, redisUrl } from '../services.js'
import { json, startIssuer, status } from '../jwt/issuer-server.js'
import { createPair, issuerWith, openGate, signToken } from '../jwt/issuer.js'

const CI = { name: 'CI', ownerId: 'org_1' }
const OUTAGES = 'sallyport:outages'
const CACHE = 'sallyport:cache'

const told: Outage[] = []
const read: CacheEvent[] = []
/** What gates of other suites in this process work with is not of interest. */
const mine = new Set<unknown>()
const hearOutage = (message: unknown) => {
  const outage = message as Outage
  if (outage.issuer !== undefined || mine.has(outage.store)) told.push(outage)
}
const hearCache = (message: unknown) => read.push(message as CacheEvent)

beforeEach(() => {
  told.length = 0
  read.length = 0
  subscribe(OUTAGES, hearOutage)
  subscribe(CACHE, hearCache)
})
afterEach(() => {
  unsubscribe(OUTAGES, hearOutage)
  unsubscribe(CACHE, hearCache)
  jest.restoreAllMocks()
})

const of = (part: Outage['part']) =>
  told.filter((one) => one.part === part).map(({ state }) => state)

/** Asks until so many messages of a part have come, and some more. */
async function until(part: Outage['part'], count: number, ask: () => unknown): Promise<void> {
  const end = performance.now() + 15_000
  while (of(part).length < count && performance.now() < end) {
    await ask()
    await pause(20)
  }
  for (let more = 0; more < 3; more++) await ask()
}

function open(options: Partial<GateOptions<never>>) {
  return createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    bruteForce: false,
    onError: () => undefined,
    ...options,
  })
}

describeWith(databaseUrl, 'a database that is away', (url) => {
  test('is told of once, and so is that it is back; and what the cache had to read', async () => {
    const schema = await createSchema(url)
    const proxy = await startProxy(schema.url)
    const pool = await openPostgres(proxy.url)
    pool.on('error', () => undefined)
    const store = createPostgresKeyStore(pool)
    await store.migrate()
    mine.add(store).add(store.changes)
    const gate = open({ keys: { prefix: 'acme', store } })
    const { secret } = await gate.keys.create(CI)
    await gate.verify(secret)
    await gate.verify('acme_nobody')
    // Nobody listens at first: what is read meanwhile is not remembered.
    await pause(300)
    await gate.verify(secret)
    const before = read.length
    await gate.verify(secret)
    expect(read).toHaveLength(before)
    expect(read.map((one) => one.event === 'read' && one.outcome)).toContain('unknown')
    expect(told).toEqual([])
    const ask = () => gate.verify(`acme_${String(Math.random())}`)
    proxy.swallow()
    await Promise.all([until('key_store', 1, ask), until('key_changes', 1, ask)])
    expect([of('key_store'), of('key_changes')]).toEqual([['failing'], ['failing']])
    expect(read.filter(({ event }) => event === 'forgotten')).toHaveLength(1)
    proxy.heal()
    await Promise.all([until('key_store', 2, ask), until('key_changes', 2, ask)])
    for (const part of ['key_store', 'key_changes'] as const) {
      const which = { part, store: part === 'key_store' ? store : store.changes }
      expect(told.filter((one) => one.part === part)).toEqual([
        { ...which, state: 'failing', error: expect.objectContaining({ name: 'StoreError' }) },
        { ...which, state: 'recovered' },
      ])
    }
    const reads = read.filter((one) => one.event === 'read')
    expect(new Set(reads.map(({ outcome }) => outcome))).toEqual(
      new Set(['found', 'unknown', 'failed']),
    )
    for (const { ms } of reads) expect(ms).toBeGreaterThan(0)
    expect(inspect([told, read], { depth: 8 })).not.toContain(secret)
    await gate.close()
    await pool.end()
    await proxy.close()
    await schema.drop()
  }, 60_000)
})

describeWith(redisUrl, 'a Redis that is away', (url) => {
  test('is told of when the local share takes over, and when that is over', async () => {
    const proxy = await startProxy(url)
    const redis = new Redis(proxy.url, { connectTimeout: 500 })
    redis.on('error', () => undefined)
    const store = createRedisLimitStore(redis, { prefix: `outage-${String(process.pid)}` })
    mine.add(store)
    const gate = open({
      plans: { pro: { quota: { limit: 1_000_000, window: '1h' } } },
      limits: {
        defaultPlan: 'pro',
        store,
      },
    })
    const { secret } = await gate.keys.create(CI)
    const ask = () => gate.verify(secret)
    await redis.ping()
    for (let count = 0; count < 3; count++) await ask()
    // A slow machine may have taken longer than the limit to connect.
    while (of('limit_store').at(-1) === 'failing') await ask()
    told.splice(0)
    proxy.swallow()
    await until('limit_store', 1, ask)
    expect(of('limit_store')).toEqual(['failing'])
    proxy.heal()
    await until('limit_store', 2, ask)
    // A slow machine may go on with an outage of its own.
    expect(told.slice(0, 2)).toMatchObject([
      { part: 'limit_store', state: 'failing', error: { name: 'LimitStoreError' } },
      { part: 'limit_store', state: 'recovered' },
    ])
    await gate.close()
    redis.disconnect()
    await proxy.close()
  }, 60_000)

  test('is told of as the store of revoked tokens as well', async () => {
    const proxy = await startProxy(url)
    const redis = new Redis(proxy.url, { connectTimeout: 500 })
    redis.on('error', () => undefined)
    const revocations = createRedisRevocations(redis, { prefix: `revoked-${String(process.pid)}` })
    mine.add(revocations)
    const { privateKey, kid } = createPair('ES256', 'signer-1')
    const gate = open({
      tokens: {
        issuer: 'https://api.example.com',
        signingKeys: [{ ...privateKey.export({ format: 'jwk' }), kid }],
        revocations,
      },
    })
    const { secret } = await gate.keys.create(CI)
    const { accessToken } = await gate.tokens.exchange(secret)
    const ask = () => gate.verify(accessToken)
    await until('token_revocations', 0, ask)
    proxy.swallow()
    await until('token_revocations', 1, ask)
    expect(await ask()).toMatchObject({ status: 503 })
    proxy.heal()
    await until('token_revocations', 2, ask)
    // A slow machine may go on with an outage of its own.
    expect(told.slice(0, 2)).toMatchObject([
      { part: 'token_revocations', state: 'failing', error: { name: 'TokenStoreError' } },
      { part: 'token_revocations', state: 'recovered' },
    ])
    expect(inspect(told, { depth: 8 })).not.toContain(accessToken)
    await gate.close()
    redis.disconnect()
    await proxy.close()
  }, 60_000)
})

describe('an issuer that is away', () => {
  test('is named, once for its keys and once when they can be had', async () => {
    let passed = 0
    const now = performance.now.bind(performance)
    jest.spyOn(performance, 'now').mockImplementation(() => now() + passed)
    const pair = createPair('ES256', 'key-1')
    const server = await startIssuer(() => status(500))
    const { jwks: _, ...rest } = issuerWith(pair)
    const jwksUri = `${server.url}/keys`
    const { verdict } = openGate([{ ...rest, jwksUri, allowPrivateAddresses: true }])
    const token = await signToken({}, pair)
    for (let count = 0; count < 3; count++) {
      expect(await verdict(token)).toBe('issuer_unavailable')
      passed += 30_000
    }
    server.answer = () => json({ keys: [pair.jwk] })
    expect(await verdict(token)).toBe('allowed')
    const { issuer } = rest
    expect(told).toMatchObject([
      { part: 'issuer', issuer, state: 'failing', error: { name: 'IssuerError' } },
      { part: 'issuer', issuer, state: 'recovered' },
    ])
    await server.close()
  })

  test('is named, once for what it says of tokens; no token is', async () => {
    const server = await startIssuer(() => status(500))
    const issuer = 'https://login.example.com'
    const gate = open({
      introspection: {
        ...{ endpoint: `${server.url}/introspect`, issuer, audience: 'https://api.example.com' },
        ...{ clientId: 'api', clientSecret: 'a-secret-of-ours', allowPrivateAddresses: true },
      },
    })
    const name = (count: number) => `opaque-token-of-somebody-${String(count)}`
    for (let count = 0; count < 5; count++) await gate.verify(name(count), '203.0.113.1')
    // What fails for one address alone may lie with its tokens.
    expect(told).toEqual([])
    await gate.verify(name(5), '203.0.113.2')
    server.answer = () => json({ active: false })
    while (told.length < 2) await gate.verify(name(6), '203.0.113.3')
    expect(told).toMatchObject([
      { part: 'issuer', issuer, state: 'failing' },
      { part: 'issuer', issuer, state: 'recovered' },
    ])
    const messages = told.map(({ error }) => (error instanceof Error ? error.stack : ''))
    expect(messages.join()).not.toMatch(/opaque-token|a-secret/)
    await server.close()
  })
})

test('a record that is spoilt, or a call that is wrong, is no outage', async () => {
  const memory = createMemoryKeyStore()
  let levels: unknown = {}
  for (let level = 0; level < 20; level++) levels = { in: levels }
  const store: KeyStore = {
    ...memory,
    async findByDigest(digest) {
      const record = await memory.findByDigest(digest)
      return record && { ...record, metadata: { levels } }
    },
  }
  mine.add(store)
  const gate = open({ keys: { prefix: 'acme', store } })
  const { secret } = await gate.keys.create(CI)
  expect(await gate.verify(secret)).toMatchObject({ reason: 'store_unavailable' })
  await gate.keys.import({ ...CI, secret: 'legacy-secret-of-ours' })
  await expect(gate.keys.import({ ...CI, secret: 'legacy-secret-of-ours' })).rejects.toThrow()
  expect(told).toEqual([])
})

test('of an audit trail that drops records, it is told how many when it is over', async () => {
  const heard: AuditOutage[] = []
  const hear = (message: unknown) => {
    const outage = message as AuditOutage
    if (outage.sink === sink) heard.push(outage)
  }
  subscribe('sallyport:audit', hear)
  let broken = true
  const sink: AuditSink = {
    write() {
      if (broken) throw new Error('full')
    },
  }
  const gate = open({ audit: { sink, instance: 'api' } })
  const { secret } = await gate.keys.create(CI)
  while (heard.length === 0) await pause(10)
  for (let count = 0; count < 10_060; count++) await gate.verify(secret)
  broken = false
  await gate.close()
  unsubscribe('sallyport:audit', hear)
  expect(heard).toMatchObject([
    { state: 'failing', sink, error: { name: 'AuditError' } },
    { state: 'failing', sink, error: { name: 'AuditError' } },
    { state: 'recovered', sink, dropped: 60 },
  ])
}, 30_000)
