import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
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

/** No time passes by itself. */
function stopTime() {
  let now = 1_000_000
  jest.spyOn(performance, 'now').mockImplementation(() => now)
  endings.push(() => {
    jest.restoreAllMocks()
  })
  return (ms: number) => {
    now += ms
  }
}

/** A store that counts how often it is asked for a digest. */
function countingStore() {
  const memory = createMemoryKeyStore()
  const asked = { digests: 0 }
  const findByDigest = (digest: string) => {
    asked.digests += 1
    return memory.findByDigest(digest)
  }
  return { store: { ...memory, findByDigest }, asked }
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

    // Who has known it for half a minute stores new keys under it, and digests of older ones are renewed. That it was asked for again meanwhile changes nothing.
    clock.advance('20s')
    expect(await one.verdict('guess')).toBe('unknown_key')
    clock.advance('11s')
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
    const pass = stopTime()
    const { gate } = openInstance(vault.find)
    for (const [passed, asked] of [
      [0, 1],
      [299_999, 1],
      [1, 2],
      [299_999, 2],
      [1, 3],
    ] as const) {
      pass(passed)
      for (let time = 0; time < 3; time++) await gate.keys.create(CI)
      expect(vault.asked).toBe(asked)
    }
  })

  test('unknown keys ask once in five seconds, whoever brings them', async () => {
    const pass = stopTime()
    const vault = createVault([OLD])
    const { store, asked } = countingStore()
    const { verdict } = openInstance(vault.find, { store })
    const guess = () => verdict(`guess-${String(Math.random())}`)
    for (let more = 0; more < 20; more++) expect(await guess()).toBe('unknown_key')
    expect(vault.asked).toBe(1)
    pass(4_999)
    expect(await guess()).toBe('unknown_key')
    expect(vault.asked).toBe(1)
    pass(1)
    await Promise.all(Array.from({ length: 20 }, guess))
    expect(vault.asked).toBe(2)
    // Each is looked for once: by the pepper, without one, and by the pepper once more.
    expect(asked.digests).toBe(3 * 41)
  })

  test('an answer that takes its time is asked for once meanwhile, and from its question on, five seconds are counted', async () => {
    const pass = stopTime()
    const vault = createVault([OLD])
    const { gate, verdict } = openInstance(vault.find)
    await gate.keys.create(CI)
    let answer: (peppers: readonly string[]) => void = () => undefined
    vault.answer = new Promise((resolve) => {
      answer = resolve
    })
    pass(5_000)
    const guesses = [verdict('guess-1')]
    await new Promise(setImmediate)
    pass(4_000)
    guesses.push(verdict('guess-2'))
    await new Promise(setImmediate)
    answer([OLD])
    expect(await Promise.all(guesses)).toEqual(['unknown_key', 'unknown_key'])
    expect(vault.asked).toBe(2)
    pass(1_000)
    expect(await verdict('guess-3')).toBe('unknown_key')
    expect(vault.asked).toBe(3)
  })

  test('no answer within 5 seconds is an outage, told with the function that gives none', async () => {
    const vault = createVault([OLD])
    vault.answer = new Promise(() => undefined)
    const told: unknown[] = []
    const listener = (message: unknown) => void told.push(message)
    subscribe('sallyport:outages', listener)
    endings.push(() => unsubscribe('sallyport:outages', listener))
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
    endings.push(() => {
      jest.useRealTimers()
    })
    const { gate, verdict, errors } = openInstance(vault.find)
    await gate.keys.list()
    const guess = verdict('guess')
    await jest.advanceTimersByTimeAsync(4_999)
    expect(errors).toEqual([])
    await jest.advanceTimersByTimeAsync(1)
    expect(await guess).toBe('store_unavailable')
    expect(told).toEqual([
      expect.objectContaining({ part: 'peppers', state: 'failing', store: vault.find }),
    ])
    expect(errors[0]).toMatchObject({ cause: { message: 'It did not answer within 5000 ms.' } })
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
