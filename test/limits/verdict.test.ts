import { describe, expect, test } from '@jest/globals'
import { createGate, type LimitStore, type LimitVerdict } from 'sallyport'
import { failuresInto } from '../failures.js'

const GOOD = { allowed: true, at: 1, states: [{ remaining: 4, resetAt: Infinity }] }

/** Whether a request comes in where a store of somebody's own answers this, and how often `onError` was told. */
async function decide(answer: unknown, later: boolean) {
  const consume: LimitStore['consume'] = () =>
    (later ? Promise.resolve(answer) : answer) as LimitVerdict
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    plans: { pro: { quota: { limit: 5, window: '1h' } } },
    limits: { defaultPlan: 'pro', store: { consume }, onStoreError: 'deny' },
    onError: failuresInto(errors),
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const decision = await gate.verify(secret)
  await gate.close()
  return { decision, errors }
}

describe.each([
  ['at once', false],
  ['later', true],
])('a limit store that answers %s', (_, later) => {
  test.each([
    [undefined],
    [null],
    [{}],
    [{ ...GOOD, allowed: 'yes' }],
    [{ ...GOOD, allowed: 1 }],
    [{ ...GOOD, at: NaN }],
    [{ ...GOOD, at: '1' }],
    [{ allowed: true, at: 1 }],
    [{ ...GOOD, states: [] }],
    [{ ...GOOD, states: 'x' }],
    [{ ...GOOD, states: [null] }],
    [{ ...GOOD, states: [{ remaining: NaN, resetAt: 1 }] }],
    [{ ...GOOD, states: [{ remaining: 1 }] }],
    [{ allowed: false, at: 1, states: [{ remaining: 0, resetAt: 1, retryAt: 'soon' }] }],
  ])('what is no verdict, has failed: %j', async (answer) => {
    const { decision, errors } = await decide(answer, later)
    expect(decision).toMatchObject({ allowed: false, reason: 'limiter_unavailable' })
    expect(errors).toMatchObject([{ name: 'LimitStoreError', outage: 'begun' }])
  })

  test('control: a verdict', async () => {
    const { decision, errors } = await decide(GOOD, later)
    expect(decision.allowed).toBe(true)
    expect(errors).toEqual([])
  })
})
