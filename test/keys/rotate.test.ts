import { expect, test } from '@jest/globals'
import { createGate, KeyError } from 'sallyport'
import { createTestClock } from 'sallyport/testing'

function open() {
  const time = createTestClock()
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders'],
    clock: time.clock,
  })
  const verdict = async (secret: string) => {
    const decision = await gate.verify(secret, '10.0.0.1')
    return decision.allowed ? 'allowed' : decision.reason
  }
  const create = (fields = {}) => gate.keys.create({ name: 'CI', ownerId: 'org_1', ...fields })
  return { keys: gate.keys, time, verdict, create }
}

test('the successor has the same rights, and both work through the grace, exactly', async () => {
  const { keys, time, verdict, create } = open()
  const rights = {
    scopes: ['read:orders'],
    allowedIps: ['10.0.0.0/8'],
    tenantIds: ['clinic_1'],
    resources: ['orders/o_1'],
    metadata: { a: 1 },
    kind: 'pk',
  }
  const old = await create(rights)
  const next = await keys.rotate(old.id)
  expect(next).toMatchObject({ ...rights, rotatedFrom: old.id, state: 'active' })
  expect(next.previous).toMatchObject({ id: old.id, rotatedTo: next.id })
  expect(next.previous.expiresAt).toEqual(new Date(time.clock() + 86_400_000))
  time.advance('86399999ms')
  expect([await verdict(old.secret), await verdict(next.secret)]).toEqual(['allowed', 'allowed'])
  time.advance('1ms')
  expect([await verdict(old.secret), await verdict(next.secret)]).toEqual([
    'key_expired',
    'allowed',
  ])
})

test("'0s' means now", async () => {
  const { keys, verdict, create } = open()
  const old = await create()
  await keys.rotate(old.id, { gracePeriod: '0s' })
  expect(await verdict(old.secret)).toBe('key_expired')
})

test('a grace does not outlive the key', async () => {
  const { keys, time, create } = open()
  const expiresAt = new Date(time.clock() + 60_000)
  const old = await create({ expiresAt })
  const next = await keys.rotate(old.id)
  expect([next.previous.expiresAt, next.expiresAt]).toEqual([expiresAt, expiresAt])
})

test('at most two secrets live: a second rotation ends the first grace', async () => {
  const { keys, verdict, create } = open()
  const first = await create()
  const second = await keys.rotate(first.id)
  const third = await keys.rotate(second.id)
  expect(await verdict(first.secret)).toBe('key_expired')
  expect([await verdict(second.secret), await verdict(third.secret)]).toEqual([
    'allowed',
    'allowed',
  ])
})

test.each(['old', 'next'] as const)('revoking the %s key in a grace kills both', async (which) => {
  const { keys, verdict, create } = open()
  const old = await create()
  const next = await keys.rotate(old.id)
  await keys.revoke({ old, next }[which].id)
  expect([await verdict(old.secret), await verdict(next.secret)]).toEqual([
    'key_revoked',
    'key_revoked',
  ])
})

test('after the grace, revoking the old key leaves its successor alone', async () => {
  const { keys, time, verdict, create } = open()
  const old = await create()
  const next = await keys.rotate(old.id)
  time.advance('24h')
  await keys.revoke(old.id)
  expect(await verdict(next.secret)).toBe('allowed')
})

test('only a key that is active and has no successor is rotated', async () => {
  const { keys, time, create } = open()
  const codeOf = async (id: string) =>
    keys.rotate(id).then(
      () => 'rotated',
      (error: unknown) => (error instanceof KeyError ? error.code : error),
    )
  const [rotated, revoked, disabled, expired] = [
    await create(),
    await create(),
    await create(),
    await create(),
  ]
  await keys.rotate(rotated.id)
  await keys.revoke(revoked.id)
  await keys.update(disabled.id, { disabled: true })
  await keys.update(expired.id, { expiresAt: new Date(time.clock()) })
  expect(await codeOf(rotated.id)).toBe('already_rotated')
  for (const { id } of [revoked, disabled, expired]) expect(await codeOf(id)).toBe('not_active')
  expect(await codeOf('key_none')).toBe('unknown_key')
})

test('of two rotations at once, one wins', async () => {
  const { keys, create } = open()
  const { id } = await create()
  const outcomes = await Promise.allSettled([keys.rotate(id), keys.rotate(id), keys.rotate(id)])
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect((await keys.list()).items).toHaveLength(2)
})

test.each([{ gracePeriod: 'soon' }, { gracePeriod: '36501d' }, { grace: '0s' }])(
  '%j is refused and changes nothing',
  async (options) => {
    const { keys, verdict, create } = open()
    const { id, secret } = await create()
    await expect(keys.rotate(id, options as never)).rejects.toMatchObject({
      code: 'invalid_key_input',
    })
    expect(await verdict(secret)).toBe('allowed')
  },
)
