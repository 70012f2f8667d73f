import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { Redis } from 'ioredis'
import {
  createGate,
  createLeasedLimitStore,
  createMemoryKeyStore,
  createMemoryLimitStore,
  type Gate,
  type GateOptions,
  type LimitRefusal,
  type LimitStore,
} from 'sallyport'
import { authOf, guard, keyEndpoints } from 'sallyport/express'
import { createRedisLimitStore } from 'sallyport/redis'
import { listen } from '../adapters/servers.js'
import { describeWith, redisUrl } from '../services.js'
import { NOON, openGate, requestWith } from './limited.js'

const HERE = '203.0.113.9'
const ANONYMOUS = { anonymous: { limit: 3, window: '1h' } } as const
const LIMITED = 'anonymous_limit_exceeded'
const MISSING = 'missing_credentials'

type AnyGate = Gate

/** A gate without plans. */
function open(options: Partial<GateOptions> = {}) {
  const time = { now: NOON }
  const errors: unknown[] = []
  const gate = createGate<string>({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    limits: ANONYMOUS,
    clock: () => time.now,
    onError: (error) => errors.push(error),
    ...options,
  })
  return { gate, time, errors }
}

/** A request without credentials. */
function from(address: string | undefined = HERE, rawHeaders: readonly string[] = []) {
  const peer = { encrypted: true, ...(address !== '' && { address }) }
  return { method: 'GET', url: '/', rawHeaders, peer }
}

async function come(gate: AnyGate, address?: string, rawHeaders?: readonly string[]) {
  const decision = await gate.check(from(address, rawHeaders))
  return decision.allowed ? 'allowed' : decision.reason
}

async function comeOften(gate: AnyGate, times: number, address?: string) {
  const reasons: string[] = []
  for (let time = 0; time < times; time++) reasons.push(await come(gate, address))
  return reasons
}

const heard: LimitRefusal[] = []
const hear = (message: unknown) => {
  heard.push(message as LimitRefusal)
}
afterEach(() => {
  heard.length = 0
  unsubscribe('sallyport:limits', hear)
})

describe('requests without credentials', () => {
  test('are 401 up to the limit of their address, and 429 beyond it, until its window ends', async () => {
    const { gate, time } = open()
    expect(await comeOften(gate, 5)).toEqual([MISSING, MISSING, MISSING, LIMITED, LIMITED])
    expect(await come(gate, '203.0.113.10')).toBe(MISSING)
    time.now += 3_600_000
    expect(await comeOften(gate, 4)).toEqual([MISSING, MISSING, MISSING, LIMITED])
  })

  test('are told how their limit stands', async () => {
    const headers = ['x-ratelimit', 'ratelimit'] as const
    const { gate } = open({ limits: { ...ANONYMOUS, headers } })
    const reset = String(NOON / 1_000 + 3_600)
    const first = await gate.check(from())
    expect(first).toMatchObject({ status: 401 })
    expect(first.headers).toMatchObject({
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '2',
      'x-ratelimit-reset': reset,
      'ratelimit-policy': '"anonymous-1h";q=3;w=3600',
      ratelimit: '"anonymous-1h";r=2;t=3600',
      'www-authenticate': expect.any(String),
    })
    await comeOften(gate, 2)
    const denial = await gate.check(from())
    expect(denial).toMatchObject({ status: 429, code: LIMITED })
    expect(denial.headers).toMatchObject({ 'retry-after': '3600', 'x-ratelimit-remaining': '0' })
    expect(denial.headers).not.toHaveProperty('www-authenticate')
  })

  test.each([
    ['an IPv6 network of 64 bits', '2001:db8:1:2::1', '2001:0DB8:1:2:ffff::9'],
    ['an IPv4 address, however it is written', HERE, `::ffff:${HERE}`],
    ['an IPv4 address in hexadecimal', HERE, '::ffff:cb00:7109'],
    ['an address that is not known', '', ''],
  ])('share the limit of %s', async (_, one, other) => {
    const { gate } = open()
    expect(await comeOften(gate, 2, one)).toEqual([MISSING, MISSING])
    expect(await comeOften(gate, 2, other)).toEqual([MISSING, LIMITED])
    expect(await come(gate, '2001:db8:1:3::1')).toBe(MISSING)
  })

  test('of one IPv6 network of 48 bits have 256 times the limit together, and take nothing from others', async () => {
    const { gate, time } = open()
    const inside = (at: number) => `2001:db8:1:${at.toString(16)}::1`
    const first = Array.from({ length: 256 }, (_, at) => comeOften(gate, 3, inside(at)))
    expect(new Set((await Promise.all(first)).flat())).toEqual(new Set([MISSING]))
    // One of them that is over its own limit takes nothing from its network.
    expect(await comeOften(gate, 2, inside(0))).toEqual([LIMITED, LIMITED])
    const denial = await gate.check(from(inside(256)))
    expect(denial).toMatchObject({ status: 429, reason: LIMITED })
    expect(denial.headers).toMatchObject({ 'retry-after': '3600' })
    expect(await come(gate, '2001:db8:2::1')).toBe(MISSING)
    expect(await come(gate, HERE)).toBe(MISSING)
    time.now += 3_600_000
    expect(await comeOften(gate, 4, inside(256))).toEqual([MISSING, MISSING, MISSING, LIMITED])
  })

  test('that the network has no more room for are given back to the host', async () => {
    const released: string[] = []
    const memory = createMemoryLimitStore()
    const store: LimitStore = {
      ...memory,
      async consume(request) {
        const verdict = await memory.consume(request)
        const isNetwork = request.limits.some(({ limit }) => limit === 768)
        const states = verdict.states.map((state) => ({ ...state, retryAt: state.resetAt }))
        return isNetwork ? { ...verdict, states, allowed: false } : verdict
      },
      release: ({ subject }) => void released.push(subject),
    }
    const { gate } = open({ limits: { ...ANONYMOUS, store } })
    expect(await come(gate, '2001:db8::1')).toBe(LIMITED)
    expect(released).toEqual(['anonymous:32.1.13.184.0.0.0.0'])
  })

  test('are counted against the client behind a trusted proxy, whatever it writes itself', async () => {
    const { gate } = open({ trustProxy: ['10.0.0.1'] })
    const behind = (client: string) => come(gate, '10.0.0.1', ['X-Forwarded-For', client])
    const seen = []
    for (const forged of ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4']) {
      seen.push(await behind(`${forged}, ${HERE}`))
    }
    expect(seen).toEqual([MISSING, MISSING, MISSING, LIMITED])
    expect(await behind('203.0.113.10')).toBe(MISSING)
  })

  test('are those whose credential is empty, too', async () => {
    const { gate } = open()
    const empty = ['X-API-Key', '']
    expect(await come(gate, HERE, empty)).toBe(MISSING)
    expect(await come(gate, HERE, empty)).toBe(MISSING)
    const verdicts = [await gate.verify('', HERE), await gate.verify('', HERE)]
    expect(verdicts).toMatchObject([{ reason: MISSING }, { reason: LIMITED }])
  })

  test('and those whose credential is not valid: the 401 tells of the limit, and looks the same for each', async () => {
    const { gate } = open({ environment: ['live', 'test'], bruteForce: false })
    const revoked = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'live' })
    await gate.keys.revoke(revoked.id)
    const credentials = ['wrong', revoked.secret, 'acme_other_sk_1']
    for (const [used, credential] of credentials.entries()) {
      const denial = await gate.check(from(HERE, ['X-API-Key', credential]))
      expect(denial).toMatchObject({ status: 401, code: 'invalid_credentials' })
      expect(denial.headers).toMatchObject({
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': String(2 - used),
      })
    }
    expect(await come(gate, HERE, ['X-API-Key', 'wrong'])).toBe(LIMITED)
    expect(await come(gate, HERE)).toBe(LIMITED)
    expect(await come(gate, '198.51.100.1', ['X-API-Key', 'wrong'])).toBe('unknown_key')
  })

  test.each([
    ['over plain HTTP', 403, { peer: { encrypted: false, address: '198.51.100.7' } }],
    ['on a host that no environment is served on', 421, { host: 'elsewhere.example' }],
    ['with two credentials', 400, { rawHeaders: ['x-api-key', 'a', 'authorization', 'Bearer b'] }],
  ] as const)('and those that come %s: the %d tells of the limit', async (_, status, sent) => {
    const { gate } = open({ environment: { live: { hosts: ['api.example'] } } })
    const {
      host = 'api.example',
      rawHeaders = [],
      peer = {},
    } = { ...sent } as {
      readonly host?: string
      readonly rawHeaders?: readonly string[]
      readonly peer?: object
    }
    const request = from(HERE, ['host', host, ...rawHeaders])
    const ask = () => gate.check({ ...request, peer: { ...request.peer, ...peer } })
    const first = await ask()
    expect(first).toMatchObject({ status })
    expect(first.headers).toMatchObject({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '2' })
    await ask()
    await ask()
    expect(await ask()).toMatchObject({ status: 429, reason: LIMITED })
  })

  test('what is to be tried again anyway takes nothing, and tells of nothing', async () => {
    const keys = createMemoryKeyStore()
    const { secret } = await open({ keys: { prefix: 'acme', store: keys } }).gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1' },
    })
    const store = { ...keys, findByDigest: () => Promise.reject(new Error('away')) }
    const away = open({ keys: { prefix: 'acme', store } })
    const denial = await away.gate.check(from(HERE, ['authorization', `Bearer ${secret}`]))
    expect(denial).toMatchObject({ status: 503 })
    expect(denial.headers).not.toHaveProperty('x-ratelimit-limit')
    expect(await comeOften(away.gate, 4)).toEqual([MISSING, MISSING, MISSING, LIMITED])
  })

  test('what brute-force protection refuses takes nothing either', async () => {
    const { gate } = open({ limits: { anonymous: { limit: 6, window: '1h' } } })
    const guesses: string[] = []
    for (let guess = 0; guess < 9; guess++) {
      guesses.push(await come(gate, HERE, ['X-API-Key', `guess-${String(guess)}`]))
    }
    expect(guesses.slice(4)).toEqual(Array(5).fill('too_many_failures'))
    expect(await comeOften(gate, 3)).toEqual([MISSING, MISSING, LIMITED])
  })

  test('of whom a guard has let in before the key was revoked, take from the address, and tell of its limit', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['manage'] },
      ...{ plans: { one: { quota: { limit: 100, window: '1h' } } } },
      limits: { ...ANONYMOUS, defaultPlan: 'one' },
    })
    const app = express()
      .use(guard(gate), (req, _res, next) => {
        void gate.keys.revoke(authOf(req).keyId ?? '').then(() => {
          next()
        }, next)
      })
      .use('/keys', keyEndpoints(gate, { scopes: ['manage'] }))
    const { server, port } = await listen(app)
    const left: unknown[] = []
    for (const name of ['one', 'two']) {
      const { secret } = await gate.keys.create({ name, ownerId: 'org_1', scopes: ['manage'] })
      const { status, headers } = await fetch(`http://127.0.0.1:${String(port)}/keys/self`, {
        method: 'DELETE',
        headers: { 'x-api-key': secret },
      })
      left.push([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')])
    }
    server.close()
    expect(left).toEqual([
      [401, '3', '2'],
      [401, '3', '1'],
    ])
  })

  test('a thousand wrong keys from one address are stopped', async () => {
    const { gate } = open({
      limits: { anonymous: { limit: 100, window: '1h' } },
      bruteForce: false,
    })
    const outcomes: unknown[] = []
    for (let tried = 0; tried < 1_000; tried++)
      outcomes.push(await come(gate, HERE, ['X-API-Key', `wrong-${String(tried)}`]))
    expect(outcomes.slice(0, 100)).toEqual(Array(100).fill('unknown_key'))
    expect(outcomes.slice(100)).toEqual(Array(900).fill(LIMITED))
  })

  test('of another environment, on a host of this one, are counted like any other', async () => {
    const { gate } = open({
      environment: {
        live: { hosts: ['api.acme.example'] },
        test: { hosts: ['test.acme.example'] },
      },
    })
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', environment: 'test' },
    })
    const fields = ['Host', 'api.acme.example', 'X-API-Key', secret]
    const denial = await gate.check(from(HERE, fields))
    expect(denial).toMatchObject({ reason: 'wrong_environment', status: 401 })
    expect(denial.headers).toMatchObject({ 'x-ratelimit-remaining': '2' })
  })

  test('take nothing from anybody with a key, who is let in all the same', async () => {
    const limits = { ...ANONYMOUS, defaultPlan: 'plus' }
    const { gate, issue } = openGate({ limits })
    const { secret } = await issue()
    await comeOften(gate, 9)
    const decision = await gate.check(requestWith(secret))
    expect(decision).toMatchObject({ allowed: true })
    expect(decision.headers).toMatchObject({ 'x-ratelimit-remaining': '2' })
  })

  test('in a dry run are counted, and told to observers alone', async () => {
    subscribe('sallyport:limits', hear)
    const { gate } = open({ limits: { ...ANONYMOUS, dryRun: true } })
    expect(await comeOften(gate, 4)).toEqual([MISSING, MISSING, MISSING, MISSING])
    const [first] = heard
    expect(first).toMatchObject({ reason: LIMITED, address: HERE, dryRun: true })
    expect(first).not.toHaveProperty('auth')
  })

  test('while the store fails, are counted by the process, or refused, as the option says', async () => {
    const store: LimitStore = { consume: () => Promise.reject(new Error('away')) }
    const local = open({ limits: { ...ANONYMOUS, store } }).gate
    expect(await comeOften(local, 4)).toEqual([MISSING, MISSING, MISSING, LIMITED])
    const denied = open({ limits: { ...ANONYMOUS, store, onStoreError: 'deny' } }).gate
    expect(await come(denied)).toBe('limiter_unavailable')
  })

  test('while the store fails and they are refused, the outage is told once, and each of them to observers', async () => {
    subscribe('sallyport:limits', hear)
    const store: LimitStore = { consume: () => Promise.reject(new Error('away')) }
    const { gate, errors } = open({ limits: { ...ANONYMOUS, store, onStoreError: 'deny' } })
    await comeOften(gate, 3)
    expect(errors).toEqual([expect.objectContaining({ name: 'LimitStoreError' })])
    const refusal = { reason: 'limiter_unavailable', address: HERE, cost: 1, limits: [] }
    expect(heard).toEqual(Array(3).fill(expect.objectContaining(refusal)))
  })

  test('push out no owner, however many addresses there are', async () => {
    const store = createMemoryLimitStore()
    const quota = { name: 'quota-1h', kind: 'quota', limit: 9, windowMs: 3_600_000 } as const
    const short = { ...quota, name: 'anonymous-366d', windowMs: 366 * 86_400_000 }
    const owners = Array.from({ length: 100 }, (_, at) => ({
      ...{ subject: `live:owner:org_${String(at)}`, limits: [quota], cost: 9, at: NOON },
    }))
    for (const owner of owners) await store.consume(owner)
    for (let count = 0; count < 1_003_000; count++) {
      const subject = `anonymous:${String(count)}`
      void store.consume({ subject, limits: [short], cost: 1, at: NOON, anonymous: true })
    }
    for (const owner of owners) expect(await store.consume(owner)).toMatchObject({ allowed: false })
  }, 120_000)
})

describe.each<[string, () => LimitStore]>([
  ['memory', createMemoryLimitStore],
  ['leases on memory', () => createLeasedLimitStore(createMemoryLimitStore())],
])('in %s', (_, createStore) => {
  test('exactly as many as the limit are let on, however many come at once', async () => {
    const { gate } = open({ limits: { ...ANONYMOUS, store: createStore() } })
    const reasons = await Promise.all(Array.from({ length: 50 }, () => come(gate)))
    expect(reasons.filter((reason) => reason === MISSING)).toHaveLength(3)
  })
})

describeWith(redisUrl, 'in Redis', (url) => {
  let client: Redis
  beforeAll(async () => {
    client = new Redis(url)
    await client.ping()
  })
  afterAll(async () => {
    await client.quit()
  })

  test.each([false, true])('instances share the limit, with leases: %p', async (leased) => {
    const prefix = `sallyport:test:${randomUUID()}`
    const gates = [1, 2].map(() => {
      const store = createRedisLimitStore(client, { prefix })
      return open({
        limits: { ...ANONYMOUS, store: leased ? createLeasedLimitStore(store) : store },
      }).gate
    })
    const coming = gates.flatMap((gate) => Array.from({ length: 9 }, () => come(gate)))
    const reasons = await Promise.all(coming)
    expect(reasons.filter((reason) => reason === MISSING)).toHaveLength(3)
    await Promise.all(gates.map((gate) => gate.close()))
  })
})

test.each<[unknown, string]>([
  [60, "'limits.anonymous' must be such as { limit: 60, window: '1m' }"],
  [{ limit: 60 }, "'limits.anonymous.window' must be 'day', 'month', or a duration"],
  [{ limit: 0, window: '1m' }, "'limits.anonymous.limit'"],
  [{ limit: 6, windw: '1m', window: '1m' }, "did you mean 'window'?"],
])('limits.anonymous may not be %j', (anonymous, message) => {
  expect(() => open({ limits: { anonymous } as never })).toThrow(message)
})
