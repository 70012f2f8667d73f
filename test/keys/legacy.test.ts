import { scryptSync, timingSafeEqual } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  DuplicateKeyError,
  MisuseError,
  type CreateKeyInput,
  type Gate,
  type GateOptions,
  type KeyStore,
  type LegacyKeys,
} from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createAuditStream } from 'sallyport/file'
import { PassThrough } from 'node:stream'

const HERE = '203.0.113.9'
const ELSEWHERE = '198.51.100.7'
const OLD_SERVER: CreateKeyInput<'read:orders'> = {
  name: 'Old server',
  ownerId: 'org_1',
  scopes: ['read:orders'],
}

interface Setup {
  readonly store?: KeyStore
  readonly peppers?: readonly string[]
  readonly options?: Partial<GateOptions<'read:orders'>>
}

/** A gate with a function of the app, and what was said of it. */
function open(answer: LegacyKeys, { store, peppers = [], options = {} }: Setup = {}) {
  const time = createTestClock()
  const errors: unknown[] = []
  const asked: string[] = []
  const gate = createGate({
    environment: 'live',
    keys: {
      prefix: 'acme',
      peppers,
      ...(store && { store }),
      legacy(secret) {
        asked.push(secret)
        return answer(secret)
      },
    },
    scopes: ['read:orders'],
    clock: time.clock,
    onError: (error) => errors.push(error),
    ...options,
  })
  return { gate, asked, errors, time }
}

/** What `keys.legacy` answers, when it is told to. */
function pending() {
  const waiting: (() => void)[] = []
  return {
    waiting,
    answer: (secret: string) =>
      new Promise<CreateKeyInput>((resolve) => {
        waiting.push(() => {
          resolve({ ...OLD_SERVER, name: secret })
        })
      }),
  }
}

async function wordOf(gate: Gate<'read:orders'>, secret: string, address = HERE) {
  const decision = await gate.verify(secret, address)
  return decision.allowed ? 'allowed' : decision.reason
}

/** Until all that could be called has been called. */
async function settled() {
  for (let round = 0; round < 20; round++) await new Promise(setImmediate)
}

function times(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at)
}

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

describe('a secret that the app verifies', () => {
  test.each(['legacy-8c1f0a7be2d94f55', 'a1b2c', 'acme_live_sk_tooshort', '$', 'x'.repeat(256)])(
    'such as %p is let in, and stored as a key of the gate, at its first use',
    async (secret) => {
      const { gate, asked, errors } = open((given) => (given === secret ? OLD_SERVER : undefined))
      const decision = await gate.verify(secret, HERE)
      expect(decision).toMatchObject({ allowed: true, auth: { kind: 'key', ...OLD_SERVER } })
      expect(await wordOf(gate, secret)).toBe('allowed')
      expect(asked).toEqual([secret])
      const { items } = await gate.keys.list()
      expect(items).toHaveLength(1)
      expect(await gate.keys.findBySecret(secret)).toMatchObject({ id: items[0]?.id })
      expect(errors).toEqual([])
    },
  )

  test('may be a hash of scrypt', async () => {
    // Of a low cost: a busy machine must make it in time.
    const derive = (secret: string) => scryptSync(secret, 'salt', 32, { N: 16 })
    const hash = derive('the old secret')
    const { gate } = open((secret) =>
      Promise.resolve(timingSafeEqual(derive(secret), hash) ? OLD_SERVER : undefined),
    )
    expect(await wordOf(gate, 'another secret')).toBe('unknown_key')
    expect(await wordOf(gate, 'the old secret')).toBe('allowed')
  })

  test('is what was returned: it may have ended', async () => {
    const expiresAt = new Date('2020-01-01T00:00:00Z')
    const { gate } = open(() => ({ ...OLD_SERVER, expiresAt }))
    for (const _ of times(9)) expect(await wordOf(gate, 'old secret')).toBe('key_expired')
  })

  test('is not made while all keys of its owner are being revoked', async () => {
    const store = createMemoryKeyStore()
    const { gate, errors } = open(() => OLD_SERVER, { store })
    await store.suspendCreation?.('org_1', 'revocation', 60_000)
    for (const _ of times(9)) expect(await wordOf(gate, 'old secret')).toBe('store_unavailable')
    expect((await store.list({})).items).toEqual([])
    expect(errors[0]).toMatchObject({ name: 'StoreError' })
    await store.suspendCreation?.('org_1', 'revocation', 0)
    expect(await wordOf(gate, 'old secret')).toBe('allowed')
  })

  test('is recorded in the audit log as an import', async () => {
    const out = new PassThrough()
    const audit = { sink: createAuditStream(out), when: [] }
    const { gate } = open(() => OLD_SERVER, { options: { audit } })
    expect(await wordOf(gate, 'old secret')).toBe('allowed')
    await gate.close()
    expect(String(out.read())).toContain('"action":"import"')
  })

  const { changes: _changes, ...deaf } = createMemoryKeyStore()
  test.each([
    ['hear of each other', createMemoryKeyStore()],
    ['do not', deaf],
  ])(
    'is one key, however many requests bring it at once to instances that %s',
    async (_, store) => {
      const { waiting, answer } = pending()
      const instances = [open(answer, { store }), open(answer, { store })]
      const decisions = instances.flatMap(({ gate }) =>
        times(30).map((at) => wordOf(gate, 'old secret', `198.51.100.${String(at)}`)),
      )
      await settled()
      expect(waiting).toHaveLength(2)
      for (const go of waiting) go()
      expect(new Set(await Promise.all(decisions))).toEqual(new Set(['allowed']))
      expect((await store.list({ limit: 9 })).items).toHaveLength(1)
      for (const { errors } of instances) expect(errors).toEqual([])
    },
  )

  test('is unavailable, and no guess, where another instance has stored it and it cannot be read yet', async () => {
    const memory = createMemoryKeyStore()
    const insert = () => {
      throw new DuplicateKeyError()
    }
    const { gate, asked } = open(() => OLD_SERVER, { store: { ...memory, insert } })
    for (const _ of times(9)) expect(await wordOf(gate, 'old secret')).toBe('store_unavailable')
    expect(asked).toHaveLength(9)
  })

  test('is not asked about once its key is revoked, under an older pepper too', async () => {
    const store = createMemoryKeyStore()
    const OLD = 'an old pepper of thirty-two characters'
    const NEW = 'a new pepper of thirty-two characters'
    const before = open(() => OLD_SERVER, { store, peppers: [OLD] })
    const decision = await before.gate.verify('old secret', HERE)
    await before.gate.keys.revoke((decision.allowed && decision.auth.keyId) || '')
    for (const peppers of [[OLD], [NEW, OLD]]) {
      const { gate, asked } = open(() => OLD_SERVER, { store, peppers })
      for (const _ of times(9)) expect(await wordOf(gate, 'old secret')).toBe('key_revoked')
      expect(asked).toEqual([])
    }
  })
})

describe('the app is not asked about', () => {
  test('what has the format of the gate, mistyped or not', async () => {
    const { secret } = await open(() => OLD_SERVER).gate.keys.create(OLD_SERVER)
    const { gate, asked } = open(() => OLD_SERVER)
    expect(await wordOf(gate, secret)).toBe('unknown_key')
    expect(await wordOf(gate, `${secret.slice(0, -1)}!`)).toBe('unknown_key')
    expect(await wordOf(gate, 'x'.repeat(257))).toBe('unknown_key')
    expect(asked).toEqual([])
  })

  test('a key that is stored', async () => {
    const { gate, asked } = open(() => undefined)
    await gate.keys.import({ ...OLD_SERVER, secret: 'an imported secret'.replaceAll(' ', '-') })
    expect(await wordOf(gate, 'an-imported-secret')).toBe('allowed')
    expect(asked).toEqual([])
  })

  test('what it did not know a moment ago', async () => {
    const { gate, asked, time } = open(() => undefined, { options: { bruteForce: false } })
    for (const _ of times(5)) expect(await wordOf(gate, 'wrong secret')).toBe('unknown_key')
    expect(asked).toHaveLength(1)
    // What is stored meanwhile changes nothing of that.
    await gate.keys.create(OLD_SERVER)
    expect(await wordOf(gate, 'wrong secret')).toBe('unknown_key')
    expect(asked).toHaveLength(1)
    time.advance('6s')
    expect(await wordOf(gate, 'wrong secret')).toBe('unknown_key')
    expect(asked).toHaveLength(2)
  })
})

describe('only a no of the app is a failed guess', () => {
  test('after four of them, its address is refused before the app is asked', async () => {
    const { gate, asked } = open((secret) => (secret === 'good secret' ? OLD_SERVER : undefined))
    for (const at of times(4)) expect(await wordOf(gate, `guess ${String(at)}`)).toBe('unknown_key')
    expect(await wordOf(gate, 'guess 5')).toBe('too_many_failures')
    expect(await wordOf(gate, 'good secret')).toBe('too_many_failures')
    expect(await wordOf(gate, 'good secret', ELSEWHERE)).toBe('allowed')
    // A key that is known passes in spite of the penalty.
    expect(await wordOf(gate, 'good secret')).toBe('allowed')
    expect(asked).toHaveLength(5)
  })

  test.each<[string, LegacyKeys]>([
    ['an error', () => Promise.reject(new Error('database away'))],
    [
      'what it throws',
      () => {
        throw new Error('database away')
      },
    ],
    ['null', () => null as unknown as undefined],
    ['false', () => false as unknown as undefined],
    ['a key with a scope that there is not', () => ({ ...OLD_SERVER, scopes: ['read:order'] })],
    ['a key with a member that there is not', () => ({ ...OLD_SERVER, secret: 'x' })],
    ['a key of another environment', () => ({ ...OLD_SERVER, environment: 'test' })],
  ])('%s is not: the request is 503, and onError is told', async (_, answer) => {
    const { gate, errors } = open(answer)
    for (const at of times(9)) {
      const denial = await gate.verify(`secret ${String(at)}`, HERE)
      expect(denial).toMatchObject({ status: 503, reason: 'store_unavailable' })
      expect(denial.headers).toMatchObject({ 'retry-after': '1' })
    }
    expect(errors).toHaveLength(9)
    expect((await gate.keys.list()).items).toEqual([])
  })

  test('a wrong answer of the app is told by the name of the option, without the secret', async () => {
    const { gate, errors } = open(() => ({ ...OLD_SERVER, scopes: ['read:order'] }))
    await gate.verify('the old secret', HERE)
    const [error] = errors
    expect(error).toBeInstanceOf(MisuseError)
    expect(String(error)).toContain("'keys.legacy'")
    expect(String(error)).not.toContain('the old secret')
  })

  test('nor is an answer that comes too late, which is there for the next request', async () => {
    const { waiting, answer } = pending()
    const { gate, asked, errors } = open(answer)
    expect(await wordOf(gate, 'slow secret')).toBe('store_unavailable')
    expect(String(errors)).toContain("'keys.legacy' did not answer within 250 ms")
    const again = wordOf(gate, 'slow secret')
    await settled()
    for (const go of waiting) go()
    expect(await again).toBe('allowed')
    expect(asked).toEqual(['slow secret'])
  })

  test('nor is a key that cannot be stored', async () => {
    const memory = createMemoryKeyStore()
    let full = true
    const insert: KeyStore['insert'] = (record) => {
      if (full) throw new Error('disk full')
      return memory.insert(record)
    }
    const { gate, errors } = open(() => OLD_SERVER, { store: { ...memory, insert } })
    for (const _ of times(9)) expect(await wordOf(gate, 'old secret')).toBe('store_unavailable')
    expect(errors).toHaveLength(9)
    full = false
    expect(await wordOf(gate, 'old secret')).toBe('allowed')
  })
})

describe('another spelling of a secret that the app accepts, too', () => {
  const legacyId = 'row 17'
  const anyCase = (id?: string) => (secret: string) =>
    secret.toLowerCase() === 'old secret'
      ? { ...OLD_SERVER, ...(id !== undefined && { legacyId: id }) }
      : undefined

  test('is no key of its own where the app says which row it is, on no instance', async () => {
    const store = createMemoryKeyStore()
    const [first, second] = [1, 2].map(() => open(anyCase(legacyId), { store }).gate)
    if (first === undefined || second === undefined) throw new Error('No gates.')
    expect(await wordOf(first, 'old secret')).toBe('allowed')
    expect(await wordOf(first, 'OLD SECRET')).toBe('unknown_key')
    expect(await wordOf(second, 'Old Secret')).toBe('unknown_key')
    expect(await wordOf(second, 'old secret')).toBe('allowed')
    const { items } = await first.keys.list()
    expect(items).toHaveLength(1)
    await first.keys.revoke(items[0]?.id ?? '')
    expect(await wordOf(first, 'old SECRET')).toBe('unknown_key')
    expect(await wordOf(first, 'old secret')).toBe('key_revoked')
  })

  test('is none either where both come at once, and it counts as a guess', async () => {
    const { gate } = open(anyCase(legacyId))
    const words = await Promise.all(['old secret', 'OLD SECRET'].map((one) => wordOf(gate, one)))
    expect(words.sort()).toEqual(['allowed', 'unknown_key'])
    expect((await gate.keys.list()).items).toHaveLength(1)
    for (const letter of 'abcd') await wordOf(gate, `old ${letter}`)
    expect(await wordOf(gate, 'old SECRET')).toBe('too_many_failures')
  })

  test('is told apart from the same spelling that another instance has stored just now', async () => {
    const store = createMemoryKeyStore()
    const gates = [1, 2].map(() => open(anyCase(legacyId), { store }).gate)
    const words = await Promise.all(gates.map((gate) => wordOf(gate, 'old secret')))
    expect(words).toEqual(['allowed', 'allowed'])
    expect((await store.list({})).items).toHaveLength(1)
  })

  test('and so are the keys of two rows', async () => {
    const { gate } = open((secret) => ({ ...OLD_SERVER, legacyId: `of ${secret}` }))
    expect([await wordOf(gate, 'secret a'), await wordOf(gate, 'secret b')]).toEqual([
      ...['allowed', 'allowed'],
    ])
    expect((await gate.keys.list()).items).toHaveLength(2)
  })

  test('is a key where the app does not say: the control', async () => {
    const { gate } = open(anyCase())
    expect(await wordOf(gate, 'old secret')).toBe('allowed')
    expect(await wordOf(gate, 'OLD SECRET')).toBe('allowed')
  })

  test.each(['', ' 17', 'x'.repeat(129), 17 as unknown as string])(
    'cannot be told by %p, which is an outage and told to onError',
    async (id) => {
      const { gate, errors } = open(anyCase(id))
      expect(await wordOf(gate, 'old secret')).toBe('store_unavailable')
      expect(String(errors)).toContain("'legacyId'")
      expect(errors).toEqual([expect.objectContaining({ code: 'invalid_key_input' })])
    },
  )
})

describe('a few secrets are asked about at once', () => {
  test('eight, and four for one address; who waits has its turn', async () => {
    const { waiting, answer } = pending()
    const { gate } = open(answer)
    const mine = times(6).map((at) => wordOf(gate, `mine ${String(at)}`))
    await settled()
    expect(waiting).toHaveLength(4)
    const others = times(9).map((at) =>
      wordOf(gate, `of ${String(at)}`, `198.51.100.${String(at)}`),
    )
    await settled()
    expect(waiting).toHaveLength(8)
    while (waiting.length > 0) {
      for (const go of waiting.splice(0)) go()
      await settled()
    }
    expect(new Set(await Promise.all([...mine, ...others]))).toEqual(new Set(['allowed']))
  })

  test('those beyond get no turn, and one address leaves room for others', async () => {
    const { waiting, answer } = pending()
    const { gate, errors } = open(answer)
    const flood = times(200).map((at) => wordOf(gate, `flood ${String(at)}`))
    await settled()
    const other = wordOf(gate, 'old secret', ELSEWHERE)
    await settled()
    expect(waiting).toHaveLength(5)
    waiting[4]?.()
    expect(await other).toBe('allowed')
    const words = await Promise.all(flood)
    const count = (word: string) => words.filter((one) => one === word).length
    // Those that were asked about, and the others: nobody was asked about these, and nothing has failed.
    expect([count('store_unavailable'), count('store_busy')]).toEqual([4, 196])
    expect(errors).toHaveLength(4)
    for (const go of waiting) go()
  })

  test('callers whose address is not known leave room for those whose address is', async () => {
    const { waiting, answer } = pending()
    const { gate } = open(answer)
    const wordOfNobody = async (secret: string) => {
      const decision = await gate.verify(secret)
      return decision.allowed ? 'allowed' : decision.reason
    }
    const flood = times(200).map((at) => wordOfNobody(`flood ${String(at)}`))
    await settled()
    expect(waiting).toHaveLength(4)
    const other = wordOf(gate, 'old secret', ELSEWHERE)
    await settled()
    waiting[4]?.()
    expect(await other).toBe('allowed')
    for (const go of waiting) go()
    await Promise.all(flood)
  })

  test('who waits for a turn has the whole time for an answer when it comes', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
    const { waiting, answer } = pending()
    const { gate, errors } = open(answer)
    const first = times(4).map((at) => wordOf(gate, `first ${String(at)}`))
    await settled()
    const second = wordOf(gate, 'second')
    await jest.advanceTimersByTimeAsync(200)
    for (const go of waiting.splice(0)) go()
    await settled()
    expect(waiting).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(200)
    waiting[0]?.()
    expect(await second).toBe('allowed')
    expect(new Set(await Promise.all(first))).toEqual(new Set(['allowed']))
    expect(errors).toEqual([])
  })
})

test('a secret of which the app says nothing for 5 s is asked about anew, and that is told', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  const { gate, asked, errors } = open(() => new Promise(() => undefined))
  const first = wordOf(gate, 'old secret')
  await settled()
  await jest.advanceTimersByTimeAsync(4_999)
  expect(await first).toBe('store_unavailable')
  const second = wordOf(gate, 'old secret')
  await settled()
  expect(asked).toHaveLength(1)
  await jest.advanceTimersByTimeAsync(1)
  expect(await second).toBe('store_unavailable')
  void wordOf(gate, 'old secret')
  await settled()
  expect(asked).toHaveLength(2)
  expect(errors.map(String)).toContain("Error: 'keys.legacy' did not answer within 5000 ms.")
})

test('a gate says what it takes for keys.legacy', () => {
  const keys = { prefix: 'acme', legacy: 'bcrypt' as unknown as LegacyKeys }
  expect(() => createGate({ environment: 'live', keys, scopes: [] })).toThrow(
    "createGate: 'keys.legacy' must be a function of the secret",
  )
})
