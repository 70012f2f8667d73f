import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type Auth, type CallerOverride } from 'sallyport'
import { createPair, issuerWith, NOW as SECONDS, signToken } from '../jwt/issuer.js'
import { ask, openGate, repeated, requestWith } from './limited.js'

const HOUR = 3_600_000

describe('a plan', () => {
  test('lets in as many as its quota, and again an hour after the first', async () => {
    const { gate, issue, time } = openGate()
    const { secret } = await issue()
    expect(await ask(gate, secret)).toEqual(['allowed'])
    time.now += 60_000
    expect(await ask(gate, secret, 3)).toEqual(['allowed', 'allowed', 'quota_exceeded'])
    time.now += HOUR - 60_001
    expect(await ask(gate, secret)).toEqual(['quota_exceeded'])
    time.now += 1
    expect(await ask(gate, secret, 4)).toEqual([...repeated('allowed', 3), 'quota_exceeded'])
  })

  test('lets in a burst, and more as room comes back, while the quota stands', async () => {
    const { gate, issue, time } = openGate()
    const { secret } = await issue({ plan: 'pro' })
    expect(await ask(gate, secret, 12)).toEqual([
      ...repeated('allowed', 10),
      ...repeated('burst_exceeded', 2),
    ])
    time.now += 100
    expect(await ask(gate, secret, 2)).toEqual(['allowed', 'burst_exceeded'])
    time.now += 1_000
    expect(await ask(gate, secret, 11)).toEqual([...repeated('allowed', 10), 'burst_exceeded'])
  })

  test('of several windows takes from all or from none', async () => {
    const { gate, issue, time } = openGate()
    const { secret } = await issue({ plan: 'both' })
    expect(await ask(gate, secret, 13)).toEqual([
      ...repeated('allowed', 3),
      ...repeated('quota_exceeded', 10),
    ])
    time.now += 60_000
    // Ten were refused: had they been taken from the day, nothing would be left of it.
    expect(await ask(gate, secret, 3)).toEqual(['allowed', 'allowed', 'quota_exceeded'])
  })

  test('without access refuses, and one without limits never does', async () => {
    const { gate, issue } = openGate()
    const free = await issue({ plan: 'free' })
    const unlimited = await issue({ plan: 'enterprise' })
    expect(await ask(gate, free.secret)).toEqual(['plan_without_access'])
    expect(await ask(gate, unlimited.secret, 200)).toEqual(repeated('allowed', 200))
  })

  test('holds for keys that exist from the moment at which it changes, and what was used stays used', async () => {
    const { gate, issue } = openGate()
    const { id, secret } = await issue()
    await ask(gate, secret, 3)
    await gate.keys.update(id, { plan: 'pro' })
    expect(await ask(gate, secret, 10)).toEqual(repeated('allowed', 10))
    await gate.keys.update(id, { plan: 'plus' })
    expect(await ask(gate, secret)).toEqual(['quota_exceeded'])
    await gate.keys.update(id, { plan: 'free' })
    expect(await ask(gate, secret)).toEqual(['plan_without_access'])
  })

  test('is that of the default where a key has none, and a key must have one where there is no default', async () => {
    const { gate } = openGate({ limits: { defaultPlan: 'plus' } })
    const key = { name: 'CI', ownerId: 'org_1' }
    const { id, secret } = await gate.keys.create(key)
    expect(await gate.keys.get(id)).not.toHaveProperty('plan')
    expect(await ask(gate, secret, 4)).toEqual([...repeated('allowed', 3), 'quota_exceeded'])
    await expect(openGate().gate.keys.create(key)).rejects.toMatchObject({
      code: 'unknown_plan',
      message:
        "gate.keys.create: say which plan: one of 'free', 'plus', 'pro', 'steady', 'both', 'enterprise'",
    })
  })

  test.each([
    [{ plan: 'prp' }, "gate.keys.create: 'prp' is not one of the plans; did you mean 'pro'?"],
    [
      { plan: 'steady', limit: 5 },
      "'limit' takes the place of a quota, and plan 'steady' has none",
    ],
    [{ plan: 'free', limit: 5 }, "'limit' takes the place of a quota, and plan 'free' has none"],
    [{ limit: 0 }, "'limit' must be at least 1"],
    [{ limit: 1.5 }, "'limit' must be a whole number"],
    [{ limit: 1_000_000_001 }, "'limit' must be at most 1000000000"],
    [{ plan: 'a b' }, "'plan' must be the name of a plan"],
  ])('that no key can have is refused: %j', async (fields, message) => {
    const { gate, issue } = openGate()
    await expect(issue(fields)).rejects.toThrow(message)
    const { id } = await issue()
    await expect(gate.keys.update(id, fields)).rejects.toMatchObject({ name: 'MisuseError' })
    const again = { name: 'CI', ownerId: 'org_1', plan: 'plus', secret: 'elsewhere', ...fields }
    await expect(gate.keys.import(again)).rejects.toMatchObject({ name: 'MisuseError' })
  })

  test('cannot be changed to one in which the limit of the key has no place', async () => {
    const { gate, issue } = openGate()
    const { id } = await issue({ limit: 5 })
    const message =
      "gate.keys.update: 'limit' takes the place of a quota, and plan 'steady' has none"
    await expect(gate.keys.update(id, { plan: 'steady' })).rejects.toThrow(message)
    await gate.keys.update(id, { plan: 'steady', limit: null })
    expect(await gate.keys.get(id)).not.toHaveProperty('limit')
  })

  test('that the gate does not know refuses its keys with 503, is told, and says nothing of credentials', async () => {
    const store = createMemoryKeyStore()
    const keys = { prefix: 'acme', store }
    const { secret } = await openGate({ keys }).issue({ plan: 'pro' })
    const plans = { plus: { quota: { limit: 3, window: '1h' } } } as const
    const { gate, told } = openGate({ keys, plans })
    const decision = await gate.check(requestWith(secret))
    expect(decision).toMatchObject({ status: 503, reason: 'limiter_unavailable' })
    expect(decision.headers).toMatchObject({ 'retry-after': '1' })
    expect(decision.headers).not.toHaveProperty('www-authenticate')
    const message =
      /^the plan of key 'key_\w+' of owner 'org_1': 'pro' is not one of the plans; use one of 'plus'$/
    expect(told).toMatchObject([
      {
        ...{ name: 'MisuseError', code: 'unknown_plan' },
        message: expect.stringMatching(message) as unknown,
      },
    ])
  })

  test.each<[CallerOverride, string, RegExp]>([
    [{ plan: 'plsu' }, 'unknown_plan', /^limits.override for key 'key_\w+' .*mean 'plus'\?$/],
    [{ plan: 'steady', limit: 5 }, 'invalid_option', /: a limit takes the place of a quota/],
    [{ credits: 5 }, 'invalid_option', /^the plan of key 'key_\w+' .*: a limit takes the place/],
    [{ limit: 0.5 }, 'invalid_option', /: a limit must be a whole number from 1/],
  ])('an override that no plan has names the caller: %j', async (own, code, message) => {
    const { gate, issue, told } = openGate({ limits: { defaultPlan: 'plus', override: () => own } })
    const { secret } = await issue()
    expect(await ask(gate, secret, 1)).toEqual(['limiter_unavailable'])
    expect(told).toMatchObject([
      { name: 'MisuseError', code, message: expect.stringMatching(message) as unknown },
    ])
  })
})

describe('a limit', () => {
  test('of its own takes the place of the first quota', async () => {
    const { gate, issue } = openGate()
    const { id, secret } = await issue({ limit: 5 })
    expect(await gate.keys.get(id)).toMatchObject({ plan: 'plus', limit: 5 })
    expect(await ask(gate, secret, 6)).toEqual([...repeated('allowed', 5), 'quota_exceeded'])
    await gate.keys.update(id, { limit: 7 })
    expect(await ask(gate, secret, 3)).toEqual(['allowed', 'allowed', 'quota_exceeded'])
  })

  test('goes on with the successor of a rotated key', async () => {
    const { gate, issue } = openGate()
    const { id, secret } = await issue({ limit: 5 })
    const successor = await gate.keys.rotate(id)
    expect(successor).toMatchObject({ plan: 'plus', limit: 5 })
    await ask(gate, secret, 4)
    expect(await ask(gate, successor.secret, 2)).toEqual(['allowed', 'quota_exceeded'])
  })

  test('is shared by all keys of an owner, each environment for itself', async () => {
    const { gate, issue } = openGate({ environment: ['live', 'test'] })
    const live = { environment: 'live' }
    const [one, two] = [await issue(live), await issue(live)]
    const [other, trial] = [
      await issue({ ...live, ownerId: 'org_2' }),
      await issue({ environment: 'test' }),
    ]
    expect(await ask(gate, one.secret, 2)).toEqual(repeated('allowed', 2))
    expect(await ask(gate, two.secret, 2)).toEqual(['allowed', 'quota_exceeded'])
    expect(await ask(gate, one.secret)).toEqual(['quota_exceeded'])
    expect(await ask(gate, other.secret)).toEqual(['allowed'])
    expect(await ask(gate, trial.secret, 3)).toEqual(repeated('allowed', 3))
  })

  test('is of each key with by: key', async () => {
    const { gate, issue } = openGate({ limits: { by: 'key' } })
    const [one, two] = [await issue(), await issue()]
    expect(await ask(gate, one.secret, 4)).toContain('quota_exceeded')
    expect(await ask(gate, two.secret, 3)).toEqual(repeated('allowed', 3))
  })

  test('is of each issuer with by: key, also where two have given a subject the same name', async () => {
    const pair = createPair('EdDSA', 'login')
    const issuers = ['https://one.example.com', 'https://two.example.com']
    const identify = () => ({ ownerId: 'org_1', environment: 'live' })
    const { gate } = openGate({
      limits: { by: 'key', defaultPlan: 'plus' },
      clock: () => SECONDS * 1_000,
      issuers: issuers.map((issuer) => issuerWith(pair, { issuer, identify })),
    })
    const [one = '', two = ''] = await Promise.all(issuers.map((iss) => signToken({ iss }, pair)))
    expect(await ask(gate, one, 4)).toEqual([...repeated('allowed', 3), 'quota_exceeded'])
    expect(await ask(gate, two, 4)).toEqual([...repeated('allowed', 3), 'quota_exceeded'])
  })

  test('is shared by those of whom a function says the same', async () => {
    const by = ({ metadata }: Auth) => String(metadata['team'])
    const { gate, issue } = openGate({ limits: { by } })
    const issueFor = (team: string) => issue({ ownerId: team + 'x', metadata: { team } })
    const [one, two, other] = [await issueFor('a'), await issueFor('a'), await issueFor('b')]
    await ask(gate, one.secret, 3)
    expect(await ask(gate, two.secret)).toEqual(['quota_exceeded'])
    expect(await ask(gate, other.secret)).toEqual(['allowed'])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['returns nothing', () => undefined as unknown as string],
    ['returns an empty text', () => ''],
    ['returns too much', () => 'x'.repeat(257)],
  ])('is not to be had where that function %s', async (_, by) => {
    const { gate, issue, told } = openGate({ limits: { by } })
    const { secret } = await issue()
    expect(await ask(gate, secret)).toEqual(['limiter_unavailable'])
    expect(told).toHaveLength(1)
  })

  test('of one owner can be said in place of what its keys say', async () => {
    const override = ({ ownerId }: Auth) => {
      if (ownerId === 'org_2') return { limit: 5 }
      return ownerId === 'org_3' ? { plan: 'free' } : undefined
    }
    const { gate, issue } = openGate({ limits: { override } })
    const counts = ['org_1', 'org_2', 'org_3'].map(async (ownerId) => {
      const { secret } = await issue({ ownerId })
      return (await ask(gate, secret, 6)).filter((verdict) => verdict === 'allowed').length
    })
    expect(await Promise.all(counts)).toEqual([3, 5, 0])
  })

  test.each([
    ['another plan that is not there', { plan: 'prp' }],
    ['a limit that none can be', { limit: NaN }],
    ['a limit where there is no quota', { plan: 'steady', limit: 5 }],
    ['another plan that is told later', Promise.resolve({ plan: 'free' }) as object],
  ])('%s lets nobody in', async (_, own) => {
    const { gate, issue, told } = openGate({ limits: { override: () => own } })
    const { secret } = await issue()
    expect(await ask(gate, secret)).toEqual(['limiter_unavailable'])
    expect(told).toHaveLength(1)
  })

  test('another plan that fails later lets nobody in, and is heard of: unheard, it would end the process', async () => {
    const failure = new Error('mine')
    const override = () => Promise.reject(failure) as object
    const { gate, issue, told } = openGate({ limits: { override } })
    const { secret } = await issue()
    expect(await ask(gate, secret)).toEqual(['limiter_unavailable'])
    expect(told).toEqual([expect.any(TypeError), failure])
  })

  test('counts gate.verify as a request', async () => {
    const { gate, issue } = openGate()
    const { secret } = await issue()
    for (let count = 0; count < 3; count++) expect(await gate.verify(secret)).toHaveProperty('auth')
    expect(await gate.verify(secret)).toMatchObject({ reason: 'quota_exceeded' })
  })

  test('is exact, however many ask at once', async () => {
    const { gate, issue } = openGate()
    const { secret } = await issue({ limit: 50 })
    const decisions = await Promise.all(
      Array.from({ length: 200 }, async () => gate.check(requestWith(secret))),
    )
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(50)
  })
})

describe.each([
  ['an hour forward', HOUR],
  ['an hour back', -HOUR],
])('a clock that jumps %s', (_, jump) => {
  test('locks nobody out for longer than a window, and gives nothing twice within one', async () => {
    const { gate, issue, time } = openGate()
    const { secret } = await issue()
    time.now += 1_000
    await ask(gate, secret, 3)
    time.now += jump
    const verdicts = await ask(gate, secret, 4)
    expect(verdicts.filter((verdict) => verdict === 'allowed')).toHaveLength(jump > 0 ? 3 : 0)
    time.now += HOUR
    expect(await ask(gate, secret, 3)).toEqual(repeated('allowed', 3))
  })
})
