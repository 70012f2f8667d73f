import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type FindSigningKeys,
  type KeyStore,
  type Outage,
} from 'sallyport'
import { createTestClock, type TestClock } from 'sallyport/testing'
import { failuresInto } from '../failures.js'
import { createPair } from '../jwt/issuer.js'

const OLD = 'the first pepper of this API, 32 characters'
const NEW = 'the second pepper of this API, 32 characters'
const CI = { name: 'CI', ownerId: 'org_1' } as const
const ISSUER = 'https://api.example.com'
const PARTS = ['peppers', 'signing_keys']
const jwkOf = (kid: string) => ({
  ...createPair('ES256', kid).privateKey.export({ format: 'jwk' }),
  kid,
})
const [FIRST, SECOND] = [jwkOf('first'), jwkOf('second')]

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

/** A secrets manager, which can be down, and counts how often it is asked. */
function createVault<T>(first: T) {
  const vault = {
    answer: first as unknown,
    asked: 0,
    find() {
      vault.asked += 1
      if (vault.answer instanceof Error) return Promise.reject(vault.answer)
      return Promise.resolve(vault.answer as T)
    },
  }
  return vault
}

interface Around {
  readonly clock?: TestClock
  readonly store?: KeyStore
  /** Of any type: what it answers may be wrong. */
  readonly signingKeys?: () => Promise<unknown>
}

function openInstance(
  peppers: () => Promise<readonly string[]>,
  { clock = createTestClock(), store = createMemoryKeyStore(), signingKeys }: Around = {},
) {
  const errors: unknown[] = []
  const gate = createGate({
    ...{
      environment: 'live',
      scopes: [],
      clock: clock.clock,
      bruteForce: false,
      onError: failuresInto(errors),
    },
    keys: { prefix: 'acme', peppers, store },
    ...(signingKeys !== undefined && {
      tokens: { issuer: ISSUER, signingKeys: signingKeys as FindSigningKeys },
    }),
  })
  endings.push(() => gate.close())
  const verdict = async (secret: string) => {
    const decision = await gate.verify(secret)
    return decision.allowed ? 'allowed' : decision.reason
  }
  return { gate, errors, verdict, clock }
}

/** What is told of the parts of these tests. */
function listenToOutages(): string[] {
  const told: string[] = []
  const listener = (message: unknown) => {
    const { part, state } = message as Outage
    if (PARTS.includes(part)) told.push(`${part} ${state}`)
  }
  subscribe('sallyport:outages', listener)
  endings.push(() => unsubscribe('sallyport:outages', listener))
  return told
}

describe('peppers from a function', () => {
  test('are asked for at start, once for all that wait', async () => {
    const vault = createVault([OLD])
    const { gate, verdict } = openInstance(vault.find)
    const [one, other] = await Promise.all([gate.keys.create(CI), gate.keys.create(CI)])
    expect([await verdict(one.secret), await verdict(other.secret)]).toEqual(['allowed', 'allowed'])
    expect(vault.asked).toBe(1)
  })

  test('a pepper is added while instances run: none refuses a key, and none is started again', async () => {
    const [vault, clock, store] = [createVault([OLD]), createTestClock(), createMemoryKeyStore()]
    const one = openInstance(vault.find, { clock, store })
    const other = openInstance(vault.find, { clock, store })
    const before = await one.gate.keys.create(CI)
    expect(await other.verdict(before.secret)).toBe('allowed')

    vault.answer = [NEW, OLD]
    // It is the current one at once for who starts now.
    clock.advance('5s')
    const newest = openInstance(vault.find, { clock, store })
    const after = await newest.gate.keys.create(CI)
    expect(await other.verdict(after.secret)).toBe('allowed')
    expect(await one.verdict(after.secret)).toBe('allowed')
    expect(await newest.verdict(before.secret)).toBe('allowed')

    // Who has known it for half a minute stores new keys under it, and digests of older ones are renewed.
    clock.advance('31s')
    const { secret } = await one.gate.keys.create(CI)
    vault.answer = [NEW]
    const last = openInstance(vault.find, { clock, store })
    expect(await last.verdict(secret)).toBe('allowed')
    expect(await last.verdict(before.secret)).toBe('allowed')
  })

  test('who has just heard of a pepper makes no keys under it that the others cannot find', async () => {
    const [vault, clock, store] = [createVault([OLD]), createTestClock(), createMemoryKeyStore()]
    const one = openInstance(vault.find, { clock, store })
    const other = openInstance(vault.find, { clock, store })
    clock.advance('6s')
    // It may not ask again for five seconds.
    expect(await other.verdict('guess')).toBe('unknown_key')
    vault.answer = [NEW, OLD]
    expect(await one.verdict('guess')).toBe('unknown_key')
    const { secret } = await one.gate.keys.create(CI)
    expect(await other.verdict(secret)).toBe('allowed')
  })

  test('are asked for again once they are five minutes old, and not before', async () => {
    const vault = createVault([OLD])
    const { gate, clock } = openInstance(vault.find)
    for (const [passed, asked] of [
      ['0s', 1],
      ['290s', 1],
      ['10s', 2],
      ['290s', 2],
      ['10s', 3],
    ] as const) {
      clock.advance(passed)
      for (let time = 0; time < 3; time++) await gate.keys.create(CI)
      expect(vault.asked).toBe(asked)
    }
  })

  test('unknown keys ask once in five seconds, whoever brings them', async () => {
    const vault = createVault([OLD])
    const { verdict, clock } = openInstance(vault.find)
    const guess = () => verdict(`guess-${String(Math.random())}`)
    for (let more = 0; more < 20; more++) expect(await guess()).toBe('unknown_key')
    expect(vault.asked).toBe(1)
    clock.advance('6s')
    await Promise.all(Array.from({ length: 20 }, guess))
    expect(vault.asked).toBe(2)
  })

  test('an outage: known keys go on, an unknown one is 503 and not 401, and it is told once', async () => {
    const told = listenToOutages()
    const vault = createVault([OLD])
    const { gate, verdict, errors, clock } = openInstance(vault.find)
    const { secret } = await gate.keys.create(CI)
    expect(await verdict(secret)).toBe('allowed')
    vault.answer = new Error('The vault is sealed.')
    clock.advance('10m')
    expect(await verdict(secret)).toBe('allowed')
    expect(await verdict('guess')).toBe('store_unavailable')
    clock.advance('6s')
    expect(await verdict(secret)).toBe('allowed')
    expect((await gate.keys.create(CI)).secret).toMatch(/^acme_/)
    expect(await verdict('guess')).toBe('store_unavailable')
    expect(told).toEqual(['peppers failing'])
    expect(String(errors[0])).toContain("'keys.peppers' did not say the peppers")
    vault.answer = [OLD]
    clock.advance('6s')
    expect(await verdict('guess')).toBe('unknown_key')
    expect(told).toEqual(['peppers failing', 'peppers recovered'])
  })

  test.each([
    ['no list', 'no list'],
    ['none at all', []],
    ['nothing', undefined],
    ['a short one', ['short']],
  ])('%s is an outage, and not told by its value', async (_name, answer) => {
    const vault = createVault(answer)
    const { gate, verdict, errors } = openInstance(vault.find as () => Promise<[]>)
    expect(await verdict('guess')).toBe('store_unavailable')
    await expect(gate.keys.create(CI)).rejects.toMatchObject({ code: 'store_unavailable' })
    const [error] = errors as [{ cause: Error }]
    expect(error.cause.message).toBe(
      'It must answer a list of peppers, each of at least 32 characters.',
    )
  })
})

describe('signing keys from a function', () => {
  const open = (vault: { find: () => Promise<unknown> }, clock = createTestClock()) =>
    openInstance(() => Promise.resolve([OLD]), { clock, signingKeys: vault.find })

  test('another one signs while the gate runs, and tokens of the first stay good', async () => {
    const vault = createVault([FIRST])
    const { gate, verdict, clock } = open(vault)
    const { secret } = await gate.keys.create(CI)
    const before = await gate.tokens.exchange(secret)
    vault.answer = [SECOND, FIRST]
    clock.advance('6m')
    await gate.tokens.exchange(secret)
    const after = await gate.tokens.exchange(secret)
    const { kid } = JSON.parse(
      Buffer.from(after.accessToken.split('.')[0] ?? '', 'base64url').toString(),
    ) as { kid: string }
    expect(kid).toBe('second')
    expect([await verdict(before.accessToken), await verdict(after.accessToken)]).toEqual([
      ...['allowed', 'allowed'],
    ])
  })

  test('a token that names a key which is not known yet asks for it', async () => {
    const [vault, clock, store] = [createVault([FIRST]), createTestClock(), createMemoryKeyStore()]
    const peppers = () => Promise.resolve([OLD])
    const one = openInstance(peppers, { clock, store, signingKeys: vault.find })
    const { secret } = await one.gate.keys.create(CI)
    await one.gate.tokens.exchange(secret)
    vault.answer = [SECOND, FIRST]
    clock.advance('6s')
    const other = openInstance(peppers, { clock, store, signingKeys: vault.find })
    const { accessToken } = await other.gate.tokens.exchange(secret)
    expect(await one.verdict(accessToken)).toBe('allowed')
  })

  test('an outage: tokens are verified by the last good ones; before there were any, 503', async () => {
    const told = listenToOutages()
    const vault = createVault<unknown>(new Error('The vault is sealed.'))
    const { gate, verdict, clock } = open(vault)
    const { secret } = await gate.keys.create(CI)
    await expect(gate.tokens.exchange(secret)).rejects.toMatchObject({
      denial: { status: 503, reason: 'store_unavailable' },
    })
    vault.answer = [FIRST]
    clock.advance('2s')
    const { accessToken } = await gate.tokens.exchange(secret)
    vault.answer = new Error('The vault is sealed.')
    clock.advance('6m')
    expect(await verdict(accessToken)).toBe('allowed')
    expect(told.slice(0, 2)).toEqual(['signing_keys failing', 'signing_keys recovered'])
  })

  test('what is no key is an outage, and not told by its value', async () => {
    const vault = createVault([{ kty: 'oct', k: 'c2VjcmV0' }])
    const { gate, errors } = open(vault)
    const { secret } = await gate.keys.create(CI)
    await expect(gate.tokens.exchange(secret)).rejects.toMatchObject({ denial: { status: 503 } })
    expect(String((errors[0] as Error).cause)).toContain('has one that cannot be used')
    expect(String((errors[0] as Error).cause)).not.toContain('c2VjcmV0')
  })
})
