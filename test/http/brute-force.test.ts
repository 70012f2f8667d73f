import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Decision,
  type Gate,
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

/** What it makes is made as in production. */
function inProduction<T>(make: () => T): T {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    return make()
  } finally {
    process.env['NODE_ENV'] = before
  }
}

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
  // What this process makes itself, it knows.
  const { create } = createGate({ environment: 'live', keys, scopes: [] }).keys
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
  return { gate, asked, come, guess, makeElsewhere: () => create(KEY) }
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

  test.each([4, 130, 500])(
    'is refused for 20 seconds, also where %i guesses were on their way when that began',
    async (guesses) => {
      const memory = createMemoryKeyStore()
      const asked: (() => void)[] = []
      const findByDigest = async (digest: string) => {
        if (asked.length < guesses) await new Promise<void>((resolve) => asked.push(resolve))
        return memory.findByDigest(digest)
      }
      const keys = { prefix: 'acme', store: { ...memory, findByDigest } }
      const { gate, come } = open({ keys })
      await gate.keys.list()
      const elsewhere = createGate({ environment: 'live', keys, scopes: [] }).keys
      const together = Array.from({ length: guesses }, (_, at) => come(`guess-${String(at)}`))
      expect(asked).toHaveLength(guesses)
      for (const answer of asked) answer()
      expect(new Set(await Promise.all(together))).toEqual(new Set(['unknown_key']))
      // A colleague behind the same address, whose key comes for the first time.
      const { secret } = await elsewhere.create(KEY)
      monotonic += 19_999
      expect(await come(secret)).toBe('too_many_failures')
      monotonic += 1
      expect(await come(secret)).toBe('allowed')
    },
  )

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

  test('is not refused with bruteForce: false', async () => {
    const { guess } = open({ bruteForce: false })
    expect(new Set(await guess(50))).toEqual(new Set(['unknown_key']))
  })
})

describe('a customer', () => {
  test('whose key has ended, or works elsewhere, has not guessed', async () => {
    const { gate, come, makeElsewhere } = open({ environment: ['live', 'test'] })
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
    const fresh = await makeElsewhere()
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
    const { come, guess, makeElsewhere } = open()
    const [known, fresh] = [await makeElsewhere(), await makeElsewhere()]
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
      const { asked, come, guess, makeElsewhere } = open({ bruteForce: penalties })
      const [known, fresh] = [await makeElsewhere(), await makeElsewhere()]
      const { secret } = fresh
      const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0')
      await come(known.secret)
      await guess(4)
      const before = asked.times
      const words = [await come(known.secret), await come(secret), await come(mistyped)]
      expect([words, asked.times - before]).toEqual([verdicts, reads])
    },
  )

  test('whose key was changed, rotated or just made is no guesser', async () => {
    const { gate, come, guess } = open()
    const { id, secret } = await gate.keys.create(KEY)
    await guess(4)
    expect(await come(secret)).toBe('allowed')
    await gate.keys.update(id, { name: 'Renamed' })
    expect(await come(secret)).toBe('allowed')
    const successor = await gate.keys.rotate(id)
    expect(await come(successor.secret)).toBe('allowed')
  })

  test('whose key is revoked is told so, and has not guessed', async () => {
    const { gate, come, guess } = open()
    const { id, secret } = await gate.keys.create(KEY)
    await come(secret)
    await guess(4)
    await gate.keys.revoke(id)
    expect(await come(secret)).toBe('key_revoked')
  })

  test('can be locked out by nobody who guesses at its key from elsewhere', async () => {
    const { gate, come } = open()
    const { secret } = await gate.keys.create(KEY)
    for (let count = 0; count < 50; count++) await come(`${secret.slice(0, -8)}AAAAAAAA`, ELSEWHERE)
    expect(await come(secret)).toBe('allowed')
  })
})

describe('a key that this process knows is let in, penalty or not:', () => {
  const OLD = 'old_client_secret_0001'
  const digest = createHash('sha256').update(OLD).digest('hex')

  test.each<[string, (gate: Gate<never>) => Promise<unknown>]>([
    ['one that it has imported by its secret', (gate) => gate.keys.import({ ...KEY, secret: OLD })],
    ['one that it has imported by its digest', (gate) => gate.keys.import({ ...KEY, digest })],
  ])('%s', async (_, learn) => {
    const { gate, come, guess } = open()
    await guess(4)
    await learn(gate)
    expect(await guess(1)).toEqual(['too_many_failures'])
    expect(await come(OLD)).toBe('allowed')
  })

  test('one that it has found by its secret', async () => {
    const { gate, come, guess, makeElsewhere } = open()
    const { secret } = await makeElsewhere()
    await guess(4)
    expect(await come(secret)).toBe('too_many_failures')
    await gate.keys.findBySecret(secret)
    expect(await come(secret)).toBe('allowed')
  })
})

describe('the machine itself', () => {
  const LOOPBACK = ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']

  test.each(LOOPBACK)('is never refused in development: %s', async (address) => {
    const { guess } = open()
    expect(new Set(await guess(20, address))).toEqual(new Set(['unknown_key']))
  })

  test.each(LOOPBACK)('is refused like others in production: %s', async (address) => {
    const { guess } = inProduction(() => open())
    expect(await guess(5, address)).toEqual([...FOUR, 'too_many_failures'])
  })

  test('does not let off the clients of a proxy on it', async () => {
    const { guess } = open({ trustProxy: ['127.0.0.1'] })
    expect(await guess(5, '127.0.0.1', HERE)).toEqual([...FOUR, 'too_many_failures'])
  })
})

describe('bruteForce says', () => {
  test.each([
    [{ attempts: 0 }, 0, 5],
    [{ attempts: 1 }, 1, 10],
    [{}, 3, 20],
    [{ attempts: 5, penalty: '1m' }, 5, 360],
    [{ attempts: 5, penalty: '1m', maxPenalty: '30s' }, 5, 30],
    [{ attempts: 0, penalty: '10s', maxPenalty: '2s' }, 0, 2],
  ] as const)(
    '%j: so many unknown keys are free after the first, and how long the address is refused',
    async (bruteForce, free, seconds) => {
      const { gate, guess } = open({ bruteForce })
      expect(new Set(await guess(free + 1))).toEqual(new Set(['unknown_key']))
      expect(await guess(1)).toEqual(['too_many_failures'])
      const denial = await gate.verify('guess', HERE)
      expect(denial).toMatchObject({ headers: { 'retry-after': String(seconds) } })
      monotonic += seconds * 1_000 - 1
      expect(await guess(1)).toEqual(['too_many_failures'])
      monotonic += 1
      expect(await guess(1)).toEqual(['unknown_key'])
    },
  )

  test('whom it is not about', async () => {
    const { guess } = open({
      bruteForce: { exempt: [ELSEWHERE, '2001:db8::/32'] },
      trustProxy: [PROXY],
    })
    expect(new Set(await guess(10, ELSEWHERE))).toEqual(new Set(['unknown_key']))
    expect(new Set(await guess(10, PROXY, '2001:db8::7'))).toEqual(new Set(['unknown_key']))
    expect(await guess(5, PROXY, HERE)).toEqual([...FOUR, 'too_many_failures'])
  })

  test.each([
    [
      'on',
      "createGate: 'bruteForce' must be true, false, or an object such as { attempts: 10, penalty: '5s' }",
    ],
    [{ attempt: 3 }, "createGate: 'bruteForce.attempt' is not known; did you mean 'attempts'?"],
    [{ attempts: 1.5 }, "createGate: 'bruteForce.attempts' must be a whole number"],
    [{ attempts: 1_001 }, "createGate: 'bruteForce.attempts' must be at most 1000"],
    [
      { penalty: '500ms' },
      "createGate: 'bruteForce.penalty' must be a duration from '1s' to '1h', such as '5s'",
    ],
    [
      { maxPenalty: '2d' },
      "createGate: 'bruteForce.maxPenalty' must be a duration from '1s' to '24h', such as '20s'",
    ],
    [
      { exempt: '10.0.0.0/8' },
      "createGate: 'bruteForce.exempt' must list addresses, such as ['10.0.0.0/8']",
    ],
    [
      { exempt: ['office'] },
      "createGate: 'bruteForce.exempt.0' must be an IP address or a CIDR network, such as '10.0.0.0/8'",
    ],
  ])('nothing that is wrong: %j', (bruteForce, message) => {
    expect(() => open({ bruteForce: bruteForce as never })).toThrow(new Error(message))
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

describe('of one IPv6 network,', () => {
  const network = (n: number) => `2001:db8:2:${n.toString(16)}::1`
  const PENALTY = { penalty: '10s' } as const

  test('256 sources have a penalty of their own, and all others one together', async () => {
    const { guess } = open()
    for (let n = 0; n < 256; n++) {
      // A second failure is of the same source.
      const times = 1 + (n % 2)
      expect(await guess(times, network(n))).toEqual(FOUR.slice(0, times))
    }
    expect(await guess(3, network(7))).toEqual(['unknown_key', 'unknown_key', 'too_many_failures'])
    for (let n = 256; n < 260; n++) expect(await guess(1, network(n))).toEqual(['unknown_key'])
    expect(await guess(1, network(260))).toEqual(['too_many_failures'])
    expect(await guess(1, network(8))).toEqual(['unknown_key'])
    expect(await guess(1, '2001:db8:3::1')).toEqual(['unknown_key'])
  })

  test('others have their own again when the penalties of those have ended', async () => {
    const { guess } = open({ bruteForce: PENALTY })
    monotonic -= 5_000
    await guess(1, '2001:db8:3::1')
    monotonic += 5_000
    for (let n = 0; n < 257; n++) await guess(1, network(n))
    monotonic += 9_999
    await guess(1, network(257))
    monotonic += 1
    expect(await guess(5, network(258))).toEqual([...FOUR, 'too_many_failures'])
    expect(await guess(4, network(259))).toEqual(FOUR)
  })
})
