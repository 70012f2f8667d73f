import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateOptions, type KeyRecord } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { keptSink } from '../audit/gates.js'

type Scope = 'read:orders'
const CI = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const
const plans = {
  free: { quota: { limit: 5, window: '1h' } },
  team: { quota: { limit: 50, window: '1h' } },
} as const

function open(options: Partial<GateOptions<Scope>> = {}) {
  const time = createTestClock(new Date('2030-01-31T10:00:00Z'))
  const errors: unknown[] = []
  const words: string[] = []
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    clock: time.clock,
    onError: (error) => {
      words.push(String(error))
      if ((error as Error).name !== 'DiagnosisError') errors.push(error)
    },
    ...options,
  })
  const authOf = async (secret: string) => {
    const decision = await gate.verify(secret)
    return decision.allowed ? decision.auth : decision.reason
  }
  return { gate, time, errors, words, authOf }
}

describe('the auth of a key', () => {
  test('has what the key has, and nothing else', async () => {
    const { gate, authOf } = open()
    const { id, secret } = await gate.keys.create(CI)
    expect(await authOf(secret)).toStrictEqual({
      ...{ kind: 'key', keyId: id, ...CI, scopes: [], tenantIds: [], metadata: {} },
    })
  })

  test('has all that the key can have', async () => {
    const { gate, authOf } = open({ plans })
    const scopes: readonly Scope[] = ['read:orders']
    const whole = {
      ...{ ...CI, scopes, tenantIds: ['clinic_1'], resources: ['orders/1'] },
      ...{ plan: 'team', limit: 7, metadata: { team: 'a' } },
      expiresAt: new Date('2031-01-01T00:00:00Z'),
    } as const
    const { secret } = await gate.keys.create(whole)
    const auth = await authOf(secret)
    expect(auth).toMatchObject(whole)
    expect(Object.isFrozen(auth)).toBe(true)
  })

  test('has the plan of the gate where the key has none', async () => {
    const { gate, authOf } = open({ plans, limits: { defaultPlan: 'free' } })
    const [one, other] = [
      await gate.keys.create(CI),
      await gate.keys.create({ ...CI, plan: 'team' }),
    ]
    expect(await authOf(one.secret)).toMatchObject({ plan: 'free' })
    expect(await authOf(other.secret)).toMatchObject({ plan: 'team' })
  })
})

describe('a key is refused', () => {
  test('and the record of it says whose it was', async () => {
    const sink = keptSink()
    const store = createMemoryKeyStore()
    const both = open({ keys: { prefix: 'acme', store } })
    const { gate, authOf } = open({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, audit: { sink } },
    })
    const [revoked, other] = [
      await both.gate.keys.create(CI),
      await both.gate.keys.create({ ...CI, environment: 'test' }),
    ]
    await both.gate.keys.revoke(revoked.id)
    expect(await authOf(revoked.secret)).toBe('key_revoked')
    expect(await authOf(other.secret)).toBe('wrong_environment')
    await gate.close()
    expect(sink.records('access')).toMatchObject([
      { reason: 'key_revoked', keyId: revoked.id, ownerId: 'org_1' },
      { reason: 'wrong_environment', keyId: other.id, ownerId: 'org_1' },
    ])
  })

  test('from its very end on, and the record of it says whose it was', async () => {
    const sink = keptSink()
    const { gate, time, authOf } = open({ audit: { sink } })
    const expiresAt = new Date(time.clock() + 1_000)
    const { id, secret } = await gate.keys.create({ ...CI, expiresAt })
    time.advance('999ms')
    expect(await authOf(secret)).toMatchObject({ keyId: id })
    time.advance('1ms')
    expect(await authOf(secret)).toBe('key_expired')
    await gate.close()
    expect(sink.records('access').at(-1)).toMatchObject({
      ...{ reason: 'key_expired', keyId: id, ownerId: 'org_1' },
    })
  })

  test('for the first reason of several', async () => {
    const { gate, authOf } = open()
    const store = createMemoryKeyStore()
    const other = open({ environment: 'live', keys: { prefix: 'acme', store } })
    const both = open({ keys: { prefix: 'acme', store } })
    const { id, secret } = await both.gate.keys.create({ ...CI, environment: 'test' })
    await both.gate.keys.update(id, { disabled: true })
    expect(await both.authOf(secret)).toBe('key_disabled')
    expect(await other.authOf(secret)).toBe('wrong_environment')
    await both.gate.keys.revoke(id)
    const third = open({ environment: 'live', keys: { prefix: 'acme', store } })
    expect(await third.authOf(secret)).toBe('key_revoked')
    const fourth = await gate.keys.create({ ...CI, expiresAt: new Date('2030-02-01T00:00:00Z') })
    await gate.keys.revoke(fourth.id)
    expect(await authOf(fourth.secret)).toBe('key_revoked')
  })

  test('with what was expected of its environment, and by no words for what needs none', async () => {
    const store = createMemoryKeyStore()
    const { gate } = open({ keys: { prefix: 'acme', store } })
    const { id, secret } = await gate.keys.create({ ...CI, environment: 'test' })
    const live = open({ environment: 'live', keys: { prefix: 'acme', store } })
    expect(await live.gate.verify(secret)).toMatchObject({
      reason: 'wrong_environment',
      cause: { check: 'environment', expected: "'live'", got: "'test'" },
    })
    await gate.keys.revoke(id)
    const revoked = await gate.verify(secret)
    expect(revoked).toMatchObject({ reason: 'key_revoked' })
    expect('cause' in revoked && revoked.cause).toBeFalsy()
  })

  test.each([
    ['of another form', 'old-secret', 'prefix', "verified by 'keys.legacy'"],
    ['of the own form', `acme_live_sk_${'0'.repeat(49)}`, 'length', 'Was the whole key copied?'],
    ['of 257 characters', 'x'.repeat(257), 'length', '256 characters at most'],
  ])('that nobody has issued, %s, where no app is asked', async (_what, secret, check, said) => {
    const { gate, errors, words } = open()
    const decision = await gate.verify(secret)
    expect(decision).toMatchObject({ reason: 'unknown_key', status: 401, cause: { check } })
    expect(errors).toEqual([])
    expect(words.join()).toContain(said)
  })

  test('that the app does not know, with other words', async () => {
    const { gate, words } = open({ keys: { prefix: 'acme', legacy: () => undefined } })
    expect(await gate.verify('old-secret')).toMatchObject({ reason: 'unknown_key' })
    expect(words.join()).toContain("'keys.legacy' does not know it")
  })
})

test('a record that cannot be understood is an error with its cause', async () => {
  const memory = createMemoryKeyStore()
  const spoil = (record: KeyRecord | undefined) =>
    record && { ...record, allowedIps: ['203.0.113.0/40'] }
  const store = {
    ...memory,
    findByDigest: async (digest: string) => spoil(await memory.findByDigest(digest)),
  }
  const { gate, authOf, errors } = open({ keys: { prefix: 'acme', store } })
  const { id, secret } = await gate.keys.create(CI)
  expect(await authOf(secret)).toBe('store_unavailable')
  expect(errors).toMatchObject([
    { name: 'StoreError', message: expect.stringContaining(id), cause: expect.any(Error) },
  ])
})
