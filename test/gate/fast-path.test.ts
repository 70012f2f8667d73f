import { createHook } from 'node:async_hooks'
import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  DuplicateKeyError,
  KeyError,
  MisuseError,
  StoreError,
  type GateRequest,
  type PolicyContext,
} from 'sallyport'

function requestWith(secret: string): GateRequest {
  return {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Host', 'api.example.com', 'Authorization', `Bearer ${secret}`],
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
}

const NATIVE = ['Error', 'TypeError', 'RangeError', 'SyntaxError'] as const
const OURS = [StoreError, MisuseError, KeyError, DuplicateKeyError]

/** How many promises, and errors of whatever kind, a call makes. */
function cost(call: () => unknown): { promises: number; errors: number } {
  let promises = 0
  let errors = 0
  const hook = createHook({ init: (_id, type) => (promises += type === 'PROMISE' ? 1 : 0) })
  const counted = <T extends object>(error: T): T =>
    new Proxy(error, {
      construct(target, args, newTarget) {
        errors += 1
        return Reflect.construct(target as unknown as ErrorConstructor, args, newTarget) as Error
      },
    })
  const natives = NATIVE.map((name) => globalThis[name])
  const parents = OURS.map((error) => Object.getPrototypeOf(error) as object)
  for (const name of NATIVE) Object.assign(globalThis, { [name]: counted(globalThis[name]) })
  for (const [index, error] of OURS.entries()) {
    Object.setPrototypeOf(error, counted(parents[index] ?? Error))
  }
  hook.enable()
  try {
    call()
  } finally {
    hook.disable()
    NATIVE.forEach((name, index) => Object.assign(globalThis, { [name]: natives[index] }))
    OURS.forEach((error, index) => Object.setPrototypeOf(error, parents[index] ?? null) as object)
  }
  return { promises, errors }
}

describe('deciding about what is known', () => {
  const options = {
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders'],
    plans: {
      wide: { quota: { limit: 1_000, window: '1h' }, burst: { limit: 1_000, window: '1s' } },
      spent: { quota: { limit: 1, window: '1h' } },
      free: { access: false },
    },
    limits: { defaultPlan: 'wide' },
    policies: [({ auth }: PolicyContext) => auth.ownerId !== 'org_banned'],
    bruteForce: false,
  } as const

  test('makes no promise and no error, whatever the decision', async () => {
    const gate = createGate(options)
    const scopes = ['read:orders'] as const
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', scopes },
      tenantIds: ['api.example.com'],
    })
    const stranger = await createGate(options).keys.create({ name: 'CI', ownerId: 'org_2' })
    const requirement = gate.requirement({
      scopes,
      resource: { type: 'records', id: { header: 'x-record' } },
      tenant: { header: 'host' },
      policies: [({ tenantId }) => tenantId === 'api.example.com'],
    })
    const tenantIds = ['api.example.com']
    const input = {
      name: 'CI',
      ownerId: 'org_1',
      scopes,
      tenantIds,
      allowedIps: ['203.0.113.0/24'],
    }
    const here = await gate.keys.create(input)
    const elsewhere = await gate.keys.create({ ...input, allowedIps: ['2001:db8::/32'] })
    const elsewhereToo = await gate.keys.create({ ...input, tenantIds: ['clinic_2'] })
    const narrow = await gate.keys.create({ ...input, resources: ['records/rec_1'] })
    const banned = await gate.keys.create({ ...input, ownerId: 'org_banned' })
    const without = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const spent = await gate.keys.create({ name: 'CI', ownerId: 'org_3', plan: 'spent' })
    await gate.check(requestWith(spent.secret))
    const free = await gate.keys.create({ name: 'CI', ownerId: 'org_4', plan: 'free' })
    const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0')
    for (const [shown, reason] of [
      [secret, undefined],
      [mistyped, 'unknown_key'],
      [stranger.secret, 'unknown_key'],
      ['', 'missing_credentials'],
      [without.secret, 'insufficient_scope'],
      [here.secret, undefined],
      [elsewhere.secret, 'address_not_allowed'],
      [elsewhereToo.secret, 'tenant_mismatch'],
      [narrow.secret, 'resource_not_allowed'],
      [banned.secret, 'policy_denied'],
      [spent.secret, 'quota_exceeded'],
      [free.secret, 'plan_without_access'],
    ] as const) {
      const request = requestWith(shown)
      const decide = () => gate.check(request, requirement)
      expect(decide()).toMatchObject(reason === undefined ? { allowed: true } : { reason })
      expect(cost(decide)).toEqual({ promises: 0, errors: 0 })
    }
  })

  test('makes none for whoever tries keys, and for whoever comes from the same address', async () => {
    const gate = createGate({ ...options, bruteForce: true })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.check(requestWith(secret))
    const guess = () => gate.check(requestWith('acme_guess'))
    const use = () => gate.check(requestWith(secret))
    for (let count = 0; count < 4; count++) await guess()
    expect([guess(), use()]).toMatchObject([{ reason: 'too_many_failures' }, { allowed: true }])
    for (const decide of [guess, use]) expect(cost(decide)).toEqual({ promises: 0, errors: 0 })
  })

  test('makes none where each decision is recorded as well as can be, and the channels are idle', async () => {
    const written: unknown[] = []
    const sink = { write: (entries: readonly unknown[]) => void written.push(...entries) }
    const gate = createGate({ ...options, audit: { sink, mode: 'best-effort' } })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0')
    const requirement = gate.requirement({ scopes: ['read:orders'] })
    for (const [shown, asked] of [
      [secret, undefined],
      [secret, requirement],
      [mistyped, undefined],
    ] as const) {
      const decide = () => gate.check(requestWith(shown), asked)
      await decide()
      // What is queued while nothing else is on its way begins a group: a timer, and no promise.
      await gate.audit.flush()
      expect(cost(decide)).toEqual({ promises: 0, errors: 0 })
    }
    await gate.close()
    expect(written.length).toBeGreaterThan(5)
  })

  test('control: where a record must be written first, it makes some', async () => {
    const sink = { write: () => undefined }
    const gate = createGate({ ...options, audit: { sink, mode: 'required' } })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.check(requestWith(secret))
    expect(cost(() => gate.check(requestWith(secret))).promises).toBeGreaterThan(0)
    await gate.close()
  })

  test('control: it would be found out if it made them', () => {
    expect(cost(() => Promise.resolve())).toMatchObject({ promises: 1 })
    const made = [
      () => new StoreError('found'),
      () => new MisuseError('invalid_option', 'found'),
      () => new KeyError('unknown_key', 'found'),
      () => new DuplicateKeyError('found'),
      () => new Error('found'),
      () => new TypeError('found'),
      () => new RangeError('found'),
    ]
    for (const make of made) expect(cost(make)).toEqual({ promises: 0, errors: 1 })
  })
})
