import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Decision,
  type GateOptions,
  type GateRequest,
} from 'sallyport'

const HERE = '203.0.113.9'
const ELSEWHERE = '198.51.100.7'
const PROXY = '10.0.0.1'
const KEY = { name: 'CI', ownerId: 'org_1' }

let monotonic = 0
beforeEach(() => {
  monotonic = 1_000_000
  jest.spyOn(performance, 'now').mockImplementation(() => monotonic)
})
afterEach(() => {
  jest.restoreAllMocks()
})

/** A gate, and how often its store was asked for a secret. */
function open(options: Partial<GateOptions<never>> = {}) {
  const memory = createMemoryKeyStore()
  const asked = { times: 0 }
  const findByDigest = (digest: string) => {
    asked.times += 1
    return memory.findByDigest(digest)
  }
  const keys = { prefix: 'acme', store: { ...memory, findByDigest } }
  const gate = createGate({ environment: 'live', keys, scopes: [], ...options })
  const come = async (secret: string, address = HERE, ...forwarded: string[]) => {
    const request: GateRequest = {
      method: 'GET',
      url: '/',
      rawHeaders: [
        ...['Authorization', `Bearer ${secret}`],
        ...forwarded.flatMap((line) => ['X-Forwarded-For', line]),
      ],
      peer: { address, encrypted: true },
    }
    return wordFor(await gate.check(request))
  }
  const guess = async (times: number, address = HERE, ...forwarded: string[]) => {
    const words: string[] = []
    for (let count = 0; count < times; count++) {
      words.push(await come(`guess-${String(Math.random())}`, address, ...forwarded))
    }
    return words
  }
  return { gate, asked, come, guess }
}

function wordFor(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.reason
}

const FOUR = ['unknown_key', 'unknown_key', 'unknown_key', 'unknown_key']

describe('whoever tries keys', () => {
  test('is refused after the fourth, before the store is asked, and told when to come back', async () => {
    const { gate, asked, guess } = open()
    expect(await guess(6)).toEqual([...FOUR, 'too_many_failures', 'too_many_failures'])
    expect(asked.times).toBe(4)
    monotonic += 1_500
    const denial = await gate.verify('guess', HERE)
    expect(denial).toMatchObject({ status: 429, reason: 'too_many_failures' })
    expect(denial.headers).toMatchObject({ 'retry-after': '19' })
  })

  test('is listened to again when the time is over, and not before', async () => {
    const { guess } = open()
    await guess(4)
    monotonic += 19_999
    expect(await guess(1)).toEqual(['too_many_failures'])
    monotonic += 1
    expect(await guess(5)).toEqual([...FOUR, 'too_many_failures'])
  })

  test('is not refused for a few failures now and then', async () => {
    const { guess } = open()
    for (let time = 0; time < 20; time++) {
      expect(await guess(1)).toEqual(['unknown_key'])
      monotonic += 5_000
    }
  })

  test('is refused for ten minutes at most, however many were on their way', async () => {
    const { gate, guess } = open()
    const store = createMemoryKeyStore()
    const slow = createGate({
      environment: 'live',
      keys: { prefix: 'acme', store: { ...store, findByDigest: () => Promise.resolve(undefined) } },
      scopes: [],
    })
    await Promise.all(
      Array.from({ length: 500 }, async (_, at) => slow.verify(`guess-${String(at)}`, HERE)),
    )
    const denial = await slow.verify('guess', HERE)
    expect(denial.headers).toMatchObject({ 'retry-after': '600' })
    await gate.close()
    expect(await guess(1)).toEqual(['unknown_key'])
  })

  test('is refused with keys that are mistyped, too, and on any address of its network', async () => {
    const { gate, come } = open()
    const { secret } = await gate.keys.create(KEY)
    const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0')
    for (let host = 1; host <= 4; host++) {
      expect(await come(mistyped, `2001:db8::${String(host)}`)).toBe('unknown_key')
    }
    expect(await come(mistyped, '2001:db8::5')).toBe('too_many_failures')
    expect(await come(mistyped, '2001:db8:0:1::1')).toBe('unknown_key')
  })

  test('is not let off by writing its IPv4 address as one of IPv6', async () => {
    const { guess } = open()
    await guess(2)
    await guess(2, `::ffff:${HERE}`)
    expect(await guess(1, '::ffff:cb00:7109')).toEqual(['too_many_failures'])
    expect(await guess(1, ELSEWHERE)).toEqual(['unknown_key'])
  })

  test('is not refused with penalties: false', async () => {
    const { guess } = open({ penalties: false })
    expect(new Set(await guess(50))).toEqual(new Set(['unknown_key']))
  })
})

describe('a customer', () => {
  test('whose key has ended, or works elsewhere, has not guessed', async () => {
    const { gate, come } = open({ environment: ['live', 'test'] })
    const live = { ...KEY, environment: 'live' }
    const [revoked, disabled, there] = [
      await gate.keys.create(live),
      await gate.keys.create(live),
      await gate.keys.create({ ...live, allowedIps: [ELSEWHERE] }),
    ]
    await gate.keys.revoke(revoked.id)
    await gate.keys.update(disabled.id, { disabled: true })
    for (let count = 0; count < 10; count++) {
      expect(await come(revoked.secret)).toBe('key_revoked')
      expect(await come(disabled.secret)).toBe('key_disabled')
      expect(await come(there.secret)).toBe('address_not_allowed')
    }
    // One that nobody has seen yet would be refused, had anything been charged.
    const fresh = await gate.keys.create(live)
    expect(await come(fresh.secret)).toBe('allowed')
  })

  test('has not guessed while the store is away', async () => {
    const memory = createMemoryKeyStore()
    const outage = { on: true }
    const findByDigest = (digest: string) => {
      if (outage.on) throw new Error('gone')
      return memory.findByDigest(digest)
    }
    const keys = { prefix: 'acme', store: { ...memory, findByDigest } }
    const { gate, come } = open({ keys, onError: () => undefined })
    const { secret } = await gate.keys.create(KEY)
    for (let count = 0; count < 10; count++) expect(await come(secret)).toBe('store_unavailable')
    outage.on = false
    expect(await come(secret)).toBe('allowed')
  })

  test('is not locked out by whoever guesses at the same address, if its key was there before', async () => {
    const { gate, come, guess } = open()
    const [known, fresh] = [await gate.keys.create(KEY), await gate.keys.create(KEY)]
    expect(await come(known.secret)).toBe('allowed')
    await guess(4)
    expect(await come(known.secret)).toBe('allowed')
    expect(await come(fresh.secret)).toBe('too_many_failures')
    expect(await come(fresh.secret, ELSEWHERE)).toBe('allowed')
    // Longer than a key is remembered, while somebody goes on guessing.
    for (let time = 0; time < 30; time++) {
      monotonic += 3_000
      await guess(5)
      expect(await come(known.secret)).toBe('allowed')
    }
    expect(await come(fresh.secret)).toBe('allowed')
  })

  test.each([
    [true, ['allowed', 'too_many_failures', 'too_many_failures'], 0],
    // Control: without penalties, whose key is not known yet is looked up.
    [false, ['allowed', 'allowed', 'unknown_key'], 1],
  ])(
    'is asked about at the store only where its key may be a guess (penalties: %j)',
    async (penalties, verdicts, reads) => {
      const { gate, asked, come, guess } = open({ penalties })
      const [known, fresh] = [await gate.keys.create(KEY), await gate.keys.create(KEY)]
      const { secret } = fresh
      const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0')
      await come(known.secret)
      await guess(4)
      const before = asked.times
      const words = [await come(known.secret), await come(secret), await come(mistyped)]
      expect([words, asked.times - before]).toEqual([verdicts, reads])
    },
  )

  test('whose key is revoked gets no better answer for having been there', async () => {
    const { gate, come, guess } = open()
    const { id, secret } = await gate.keys.create(KEY)
    await come(secret)
    await guess(4)
    await gate.keys.revoke(id)
    expect(await come(secret)).toBe('too_many_failures')
  })

  test('can be locked out by nobody who guesses at its key from elsewhere', async () => {
    const { gate, come } = open()
    const { secret } = await gate.keys.create(KEY)
    for (let count = 0; count < 50; count++) await come(`${secret.slice(0, -8)}AAAAAAAA`, ELSEWHERE)
    expect(await come(secret)).toBe('allowed')
  })
})

describe('behind a proxy', () => {
  const trustProxy = [`${PROXY}/32`]

  test('the client is charged, and no other client of the proxy', async () => {
    const { guess } = open({ trustProxy })
    expect(await guess(5, PROXY, HERE)).toEqual([...FOUR, 'too_many_failures'])
    expect(await guess(1, PROXY, ELSEWHERE)).toEqual(['unknown_key'])
  })

  test.each([
    ['who writes addresses itself', [`${ELSEWHERE}, 192.0.2.1, ${HERE}`]],
    ['who writes them in lines of its own', [ELSEWHERE, HERE]],
    ['who writes more than is read', [`${Array(40).fill(ELSEWHERE).join(',')}, ${HERE}`]],
    ['who writes longer than is read', [`${'x'.repeat(3_000)}, ${HERE}`]],
    ['who writes none', [HERE]],
  ])('it is the one %s', async (_, lines) => {
    const { guess } = open({ trustProxy })
    await guess(4, PROXY, ...lines)
    expect(await guess(1, PROXY, HERE)).toEqual(['too_many_failures'])
    expect(await guess(1, PROXY, ELSEWHERE)).toEqual(['unknown_key'])
    expect(await guess(1, PROXY)).toEqual(['unknown_key'])
  })

  test('that is none of ours, nobody can charge somebody else', async () => {
    const { guess } = open({ trustProxy })
    await guess(5, ELSEWHERE, HERE)
    expect(await guess(1, HERE)).toEqual(['unknown_key'])
    expect(await guess(1, ELSEWHERE)).toEqual(['too_many_failures'])
  })

  test('that does not tell who it was, nobody is charged', async () => {
    const { guess } = open({ trustProxy })
    expect(new Set(await guess(20, PROXY))).toEqual(new Set(['unknown_key']))
    expect(new Set(await guess(20, PROXY, 'unknown'))).toEqual(new Set(['unknown_key']))
  })
})

test('so many sources as there are in a network drive out none of the other family', async () => {
  const { gate } = open()
  for (let count = 0; count < 100_000; count++) {
    const [high, low] = [count >> 8, count & 255]
    await gate.verify('guess', `10.${String(high >> 8)}.${String(high & 255)}.${String(low)}`)
  }
  // Those of IPv6 have a table of their own: nobody drives out the others by having many networks.
  for (let count = 0; count < 4; count++) await gate.verify('guess', '2001:db8::1')
  for (let count = 0; count < 4; count++) await gate.verify('guess', HERE)
  expect(await gate.verify('guess', HERE)).toMatchObject({ reason: 'too_many_failures' })
  expect(await gate.verify('guess', '2001:db8::2')).toMatchObject({ reason: 'too_many_failures' })
})
