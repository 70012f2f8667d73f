import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryLimitStore, MisuseError } from 'sallyport'

const GOOD = { environment: 'live', keys: { prefix: 'acme' }, scopes: [] } as const
const PLANS = { pro: { quota: { limit: 1_000, window: '1h' } } } as const

/** What a gate with these options says; 'accepted' if nothing. */
function complaint(options: object): unknown {
  try {
    createGate({ ...GOOD, ...options })
  } catch (error) {
    if (error instanceof MisuseError) return [error.code, error.message.replace('createGate: ', '')]
    throw error
  }
  return 'accepted'
}

const STORE = { limits: { store: createMemoryLimitStore() } }
const plan = (pro: unknown) => ({ plans: { pro } })
const credits = (amounts: object) => ({ ...plan({ credits: amounts }), ...STORE })
const quota = (allowance: unknown) => plan({ quota: allowance })
const burst = (allowance: unknown) => plan({ burst: allowance })
const limits = (fields: object) => ({ plans: PLANS, limits: fields })
const invalid = (message: string) => ['invalid_option', message]
const SUCH = "must be such as { limit: 1000, window: '1h' }, or a list of such"

describe('what is wrong with a plan is said by name:', () => {
  test.each<[object, unknown]>([
    [{ plans: {} }, invalid("'plans' must have at least one plan")],
    [
      { plans: { 'pro plan': { access: false } } },
      invalid("'plans' has 'pro plan'; a name is 1 to 64 letters, digits, _ and -, a letter first"),
    ],
    [
      plan({}),
      invalid(
        "'plans.pro' says nothing; write { quota: { limit: 1000, window: '1h' } }, { quota: 'unlimited' } or { access: false }",
      ),
    ],
    [
      plan({ access: false, quota: 'unlimited' }),
      invalid("'plans.pro' is without access: it allows nothing else"),
    ],
    [
      plan({ quotas: 'unlimited' }),
      ['unknown_option', "'plans.pro.quotas' is not known; did you mean 'quota'?"],
    ],
    [
      quota({ limit: 5, windw: '1h' }),
      ['unknown_option', "'plans.pro.quota.windw' is not known; did you mean 'window'?"],
    ],
    [quota('limitless'), invalid(`'plans.pro.quota' ${SUCH}, or 'unlimited'`)],
    [burst('unlimited'), invalid(`'plans.pro.burst' ${SUCH}`)],
    [
      quota({ limit: 0, window: '1h' }),
      invalid(
        "'plans.pro.quota.limit' must be at least 1; a plan that allows nothing is { access: false }",
      ),
    ],
    [
      quota({ limit: 1.5, window: '1h' }),
      invalid("'plans.pro.quota.limit' must be a whole number"),
    ],
    [
      quota([
        { limit: 5, window: '1h' },
        { limit: 9, window: 3_600 },
      ]),
      invalid(
        "'plans.pro.quota.1.window' must be 'day', 'month', or a duration from '1s' to '366d', such as '1h'",
      ),
    ],
    [
      quota([
        { limit: 5, window: '1h' },
        { limit: 9, window: '60m' },
      ]),
      invalid("'plans.pro.quota' has one window twice"),
    ],
    [
      burst({ limit: 1_000_000_000, window: '30d' }),
      invalid(
        "'plans.pro.burst' is more than can be counted exactly: limit times window in milliseconds must be below 2^53",
      ),
    ],
    [
      burst({ limit: 5, window: 'day' }),
      invalid("'plans.pro.burst.window' must be a duration from '1s' to '30d', such as '1h'"),
    ],
    [
      plan({ credits: 1_000 }),
      invalid("'plans.pro.credits' must be such as { amount: 10000, refill: { every: 'month' } }"),
    ],
    [
      plan({ credits: { amount: 5, refil: {} } }),
      ['unknown_option', "'plans.pro.credits.refil' is not known; did you mean 'refill'?"],
    ],
    [
      plan({ credits: { amount: 5, refill: { every: 'week' } } }),
      invalid(
        "'plans.pro.credits.refill.every' must be 'day', 'month', or a duration from '1s' to '366d', such as '1h'",
      ),
    ],
    [
      plan({ credits: { amount: 5, refill: { every: 'day', amout: 3 } } }),
      ['unknown_option', "'plans.pro.credits.refill.amout' is not known; did you mean 'amount'?"],
    ],
    [
      plan({ concurrency: '10' }),
      invalid("'plans.pro.concurrency' must be such as 10, or { limit: 10, lease: '60s' }"),
    ],
    [
      plan({ concurrency: { limit: 10, leas: '60s' } }),
      ['unknown_option', "'plans.pro.concurrency.leas' is not known; did you mean 'lease'?"],
    ],
    [
      { ...plan({ concurrency: 10 }), limits: { store: { consume: () => undefined } } },
      invalid(
        "'plans' have a concurrency, and 'limits.store' has no release: it cannot count that",
      ),
    ],
    [
      { limits: { defaultPlan: 'plus' } },
      invalid("'limits.defaultPlan' applies to plans, and there are none; give plans as well"),
    ],
    [
      limits({ defaultPlan: 'prp' }),
      ['unknown_plan', "'prp' is not one of the plans; did you mean 'pro'?"],
    ],
    [
      limits({ by: 'tenant' }),
      invalid("'limits.by' must be 'owner', 'key', or a function that returns a text"),
    ],
    [limits({ override: {} }), invalid("'limits.override' must be a function")],
    [
      limits({ store: {} }),
      invalid("'limits.store' must be a LimitStore, such as createMemoryLimitStore()"),
    ],
    [
      limits({ onStoreError: 'open' }),
      invalid("'limits.onStoreError' must be 'local', 'deny' or 'allow'"),
    ],
    [
      limits({ headers: ['X'] }),
      invalid("'limits.headers.0' must be 'x-ratelimit' or 'ratelimit'"),
    ],
    [
      limits({ dryRn: true }),
      ['unknown_option', "'limits.dryRn' is not known; did you mean 'dryRun'?"],
    ],
  ])('%j', (options, said) => {
    expect(complaint(options)).toEqual(said)
  })
})

describe('a plan reaches from one end of its bounds to the other, and not beyond', () => {
  const several = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ limit: 1, window: `${String(at + 1)}s` }))

  test.each<[string, object, object]>([
    [
      'limit',
      quota({ limit: 1_000_000_000, window: '1h' }),
      quota({ limit: 1_000_000_001, window: '1h' }),
    ],
    ['shortest window', quota({ limit: 1, window: '1s' }), quota({ limit: 1, window: '999ms' })],
    ['longest quota', quota({ limit: 1, window: '366d' }), quota({ limit: 1, window: '367d' })],
    ['longest burst', burst({ limit: 1, window: '30d' }), burst({ limit: 1, window: '31d' })],
    [
      'largest burst',
      burst({ limit: 104_249, window: '1d' }),
      burst({ limit: 104_249_992, window: '1d' }),
    ],
    [
      'credits',
      credits({ amount: 1_000_000_000, refill: { every: '1s', amount: 1 } }),
      credits({ amount: 1_000_000_001 }),
    ],
    [
      'concurrency',
      plan({ concurrency: { limit: 10_000, lease: '1d' } }),
      plan({ concurrency: 10_001 }),
    ],
    [
      'lease',
      plan({ concurrency: { limit: 1, lease: '1s' } }),
      plan({ concurrency: { limit: 1, lease: '999ms' } }),
    ],
    [
      'refill',
      credits({ amount: 1, refill: { every: '366d', amount: 1_000_000_000 } }),
      credits({ amount: 1, refill: { every: 'day', amount: 0 } }),
    ],
    ['windows', quota(several(8)), quota(several(9))],
    ['no window', quota('unlimited'), quota([])],
    [
      'name',
      { plans: { ['p'.repeat(64)]: { access: false } } },
      { plans: { ['p'.repeat(65)]: { access: false } } },
    ],
    ['instances', limits({ instances: 10_000 }), limits({ instances: 10_001 })],
    ['one instance', limits({ instances: 1 }), limits({ instances: 0 })],
  ])('%s', (_, inside, outside) => {
    expect(complaint(inside)).toBe('accepted')
    expect(complaint(outside)).toEqual(['invalid_option', expect.any(String)])
  })
})

test('what is given can change, and the gate does not', async () => {
  const pro = { quota: { limit: 1, window: '1h' as const } }
  const gate = createGate({ ...GOOD, plans: { pro }, limits: { defaultPlan: 'pro' } })
  pro.quota.limit = 100
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  expect(await gate.verify(secret)).toMatchObject({ allowed: true })
  expect(await gate.verify(secret)).toMatchObject({ reason: 'quota_exceeded' })
})
