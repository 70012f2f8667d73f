import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateOptions } from 'sallyport'
import { createTestClock } from 'sallyport/testing'

type Scope = 'read:orders' | 'write:orders'

function open(options: Partial<GateOptions<Scope>> = {}) {
  const time = createTestClock()
  const store = createMemoryKeyStore()
  const gate = createGate<Scope>({
    environment: 'live',
    keys: { prefix: 'acme', store },
    scopes: ['read:orders', 'write:orders'],
    clock: time.clock,
    ...options,
  })
  return { gate, time, store }
}

const CI = { name: 'CI', ownerId: 'org_1' } as const

async function verdict({ gate }: ReturnType<typeof open>, secret: string, address?: string) {
  const decision = await gate.verify(secret, address)
  return decision.allowed ? 'allowed' : decision.reason
}

test('an issued key opens, and says whose it is', async () => {
  const { gate } = open()
  const metadata = { team: 'billing' }
  const issued = await gate.keys.create({ ...CI, scopes: ['read:orders'], metadata })
  expect(issued).toMatchObject({
    ...CI,
    environment: 'live',
    kind: 'sk',
    state: 'active',
    metadata,
  })
  expect(await gate.verify(issued.secret)).toMatchObject({
    allowed: true,
    auth: {
      kind: 'key',
      keyId: issued.id,
      ...CI,
      environment: 'live',
      scopes: ['read:orders'],
      metadata,
    },
  })
})

test('its secret is shown once and stored nowhere', async () => {
  const { gate, store } = open()
  const { id, secret } = await gate.keys.create(CI)
  const everything = [await gate.keys.get(id), await gate.keys.list(), await store.list({})]
  expect(JSON.stringify(everything)).not.toContain(secret.slice(-33))
})

describe('a key is found by its secret', () => {
  const PEPPERS = [
    'a new pepper with more than 32 characters',
    'an old pepper of more than 32 characters',
  ]

  test('in every state, under every pepper of the gate, and is not used by that', async () => {
    const { gate, store } = open()
    const { id, secret } = await gate.keys.create(CI)
    const [newest = '', old = ''] = PEPPERS
    const before = open({ keys: { prefix: 'acme', store, peppers: [old] } }).gate
    const older = await before.keys.create(CI)
    const now = open({ keys: { prefix: 'acme', store, peppers: PEPPERS } }).gate
    expect(await now.keys.findBySecret(older.secret)).toMatchObject({ id: older.id })
    await gate.keys.update(id, { disabled: true })
    expect(await gate.keys.findBySecret(secret)).toMatchObject({ id, state: 'disabled' })
    await gate.keys.revoke(id)
    const found = await now.keys.findBySecret(secret)
    expect(found).toMatchObject({ id, state: 'revoked' })
    expect(found).not.toHaveProperty('digest')
    expect(found?.lastUsedAt).toBeUndefined()
    const other = open({ keys: { prefix: 'acme', store, peppers: [newest] } }).gate
    expect(await other.keys.findBySecret(older.secret)).toBeUndefined()
  })

  test('and what is no secret finds nothing', async () => {
    const { gate } = open()
    const { id, secret } = await gate.keys.create(CI)
    const others = ['', id, `${secret}x`, secret.slice(1), 'a'.repeat(10_000), 7, null, undefined]
    for (const other of others) {
      expect(await gate.keys.findBySecret(other as string)).toBeUndefined()
    }
  })
})

test('it ends at its end, not after it', async () => {
  const house = open()
  const expiresAt = new Date(house.time.clock() + 1_000)
  const { id, secret } = await house.gate.keys.create({ ...CI, expiresAt })
  house.time.advance('999ms')
  expect(await verdict(house, secret)).toBe('allowed')
  house.time.advance('1ms')
  expect(await verdict(house, secret)).toBe('key_expired')
  expect(await house.gate.keys.get(id)).toMatchObject({ state: 'expired' })
})

test('what changes of it holds at the next request', async () => {
  const house = open()
  const { keys } = house.gate
  const { id, secret } = await keys.create({ ...CI, scopes: ['read:orders'] })
  const asked = {
    method: 'GET',
    url: '/',
    rawHeaders: ['X-Api-Key', secret],
    peer: { address: '203.0.113.9', encrypted: true },
  }
  const decide = async () => house.gate.check(asked, { scopes: ['read:orders'] })
  expect(await decide()).toMatchObject({ allowed: true })
  await keys.update(id, { scopes: ['write:orders'] })
  expect(await decide()).toMatchObject({ reason: 'insufficient_scope' })
  await keys.update(id, { scopes: ['read:orders'], allowedIps: ['198.51.100.0/24'] })
  expect(await decide()).toMatchObject({ reason: 'address_not_allowed' })
  await keys.update(id, { allowedIps: null, disabled: true })
  expect(await decide()).toMatchObject({ reason: 'key_disabled' })
  await keys.update(id, { disabled: false })
  expect(await decide()).toMatchObject({ allowed: true })
  await keys.revoke(id)
  expect(await decide()).toMatchObject({ reason: 'key_revoked' })
})

test('revoking it again is harmless, and what has ended stays ended', async () => {
  const { gate, time } = open()
  const { id } = await gate.keys.create(CI)
  const { revokedAt } = await gate.keys.revoke(id)
  time.advance('1h')
  expect(await gate.keys.revoke(id)).toMatchObject({ state: 'revoked', revokedAt })
  await expect(gate.keys.update(id, { disabled: false })).rejects.toMatchObject({
    code: 'not_active',
  })
  await expect(gate.keys.revoke('key_none')).rejects.toMatchObject({ code: 'unknown_key' })
})

test('a key of another environment is refused, though the store has it', async () => {
  const live = open()
  const sandbox = open({ environment: 'sandbox', keys: { prefix: 'acme', store: live.store } })
  const { secret } = await sandbox.gate.keys.create(CI)
  expect(await verdict(live, secret)).toBe('wrong_environment')
  expect(await verdict(sandbox, secret)).toBe('allowed')
})

test('a key with an address list needs an address', async () => {
  const house = open()
  const { secret } = await house.gate.keys.create({ ...CI, allowedIps: ['203.0.113.0/24'] })
  expect(await verdict(house, secret)).toBe('address_not_allowed')
  expect(await verdict(house, secret, '203.0.113.9')).toBe('allowed')
})

test('what was handed out can be changed without changing the key', async () => {
  const house = open()
  const scopes: Scope[] = ['read:orders']
  const expiresAt = new Date(house.time.clock() + 1_000)
  const input = { ...CI, scopes, expiresAt, metadata: { plan: { seats: 1 } } }
  const { id, secret } = await house.gate.keys.create(input)
  scopes.push('write:orders')
  expiresAt.setTime(0)
  input.metadata.plan.seats = 2
  const shown = await house.gate.keys.get(id)
  shown?.expiresAt?.setTime(0)
  expect(await house.gate.verify(secret)).toMatchObject({
    auth: { scopes: ['read:orders'], metadata: { plan: { seats: 1 } } },
  })
  const decision = await house.gate.verify(secret)
  const metadata = decision.allowed ? decision.auth.metadata : {}
  expect(Object.isFrozen(metadata['plan'])).toBe(true)
})

describe('a list', () => {
  test('has the keys of an owner or an environment, newest first, in pages', async () => {
    const { gate } = open({ environment: ['live', 'test'] })
    const create = (name: string, environment = 'live') =>
      gate.keys.create({ name, ownerId: 'org_1', environment })
    for (const name of ['a', 'b', 'c']) await create(name)
    await create('d', 'test')
    await gate.keys.create({ name: 'e', ownerId: 'org_2', environment: 'live' })
    const first = await gate.keys.list({ ownerId: 'org_1', environment: 'live', limit: 2 })
    const second = await gate.keys.list({
      ownerId: 'org_1',
      environment: 'live',
      limit: 2,
      cursor: first.cursor ?? '',
    })
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['c', 'b', 'a'])
    expect(second.cursor).toBeUndefined()
    expect((await gate.keys.list({ cursor: 'key_none' })).items).toEqual([])
  })
})

describe('input that no key can have:', () => {
  test.each([
    [{}, "'name' must be given"],
    [{ ...CI, name: ' ' }, "'name' must have at least 1 characters"],
    [{ ...CI, scope: [] }, "'scope' is not known; did you mean 'scopes'?"],
    [
      { ...CI, scopes: ['read:order'] },
      "'read:order' is not one of the scopes; did you mean 'read:orders'?",
    ],
    [
      { ...CI, environment: 'liv' },
      "'liv' is not an environment of this gate; did you mean 'live'?",
    ],
    [{ ...CI, kind: 'zz' }, "'kind' must be 'sk' or 'pk'"],
    [{ ...CI, expiresAt: '2030-01-01' }, "'expiresAt' must be a valid Date"],
    [{ ...CI, expiresAt: new Date(0) }, "'expiresAt' must lie in the future"],
    [{ ...CI, allowedIps: ['10.0.0'] }, "'allowedIps' has '10.0.0'; write an IP address"],
    [{ ...CI, allowedIps: Array<string>(257).fill('10.0.0.1') }, 'at most 256 entries'],
    [{ ...CI, tenantIds: Array<string>(257).fill('clinic') }, 'at most 256 entries'],
    [{ ...CI, tenantIds: [''] }, "'tenantIds.0'"],
    [{ ...CI, tenantIds: ['x'.repeat(129)] }, 'at most 128 characters'],
    [{ ...CI, tenantIds: ['a\nb'] }, 'must not have control characters'],
    [{ ...CI, resources: Array<string>(257).fill('records/rec_1') }, 'at most 256 entries'],
    ...[
      ...['records', 'records/', '/rec_1', 'records/a/b', 'records/..', 'records/.', '*/*', '*'],
      ...['records/rec_*', 'records/**', 'records/a b', 'records/%2e', '1records/a', 'records/*/a'],
      ...['records/a\n', `records/${'x'.repeat(129)}`, `${'x'.repeat(65)}/a`, 'rec.ords/a'],
    ].map((held) => [{ ...CI, resources: [held] }, 'must be a type and an id'] as const),
    [{ ...CI, scopes: Array<string>(65).fill('read:orders') }, 'at most 64 entries'],
    [
      { ...CI, metadata: JSON.parse(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`) as object },
      '16 levels',
    ],
    [{ ...CI, metadata: { a: 'x'.repeat(4_096) } }, 'at most 4,096 characters of JSON'],
  ])('%j', async (input, message) => {
    const create = async () => open().gate.keys.create(input as never)
    await expect(create()).rejects.toThrow(message)
    await expect(create()).rejects.toMatchObject({ name: 'MisuseError' })
  })

  test('limits are reached without harm', async () => {
    const { gate } = open()
    const allowedIps = Array<string>(256).fill('10.0.0.1')
    const scopes = Array<Scope>(64).fill('read:orders')
    const tenantIds = Array.from({ length: 256 }, (_, at) => String(at).padStart(128, 'x'))
    const resources = Array.from({ length: 255 }, (_, at) => {
      return `${'t'.repeat(64)}/${String(at).padStart(128, '.')}`
    })
    resources.push('Patient/A.z_0~-:@...')
    const metadata = JSON.parse(`${'{"a":'.repeat(16)}1${'}'.repeat(16)}`) as Record<
      string,
      unknown
    >
    const issued = await gate.keys.create({
      ...CI,
      allowedIps,
      tenantIds,
      resources,
      scopes,
      metadata,
    })
    expect(issued).toMatchObject({ metadata, tenantIds, resources })
    expect(issued.scopes).toEqual(['read:orders'])
  })

  test('a character is one, however many units it takes', async () => {
    const name = '\u{1f511}'.repeat(128)
    expect(await open().gate.keys.create({ ...CI, name })).toMatchObject({ name })
    const longer = open().gate.keys.create({ ...CI, name: `${name}x` })
    await expect(longer).rejects.toThrow("'name' must have at most 128 characters")
  })

  test('metadata may have a name that each object has', async () => {
    const metadata = { constructor: 'Acme', prototype: { toString: 1 } }
    const issued = await open().gate.keys.create({ ...CI, metadata })
    expect(JSON.stringify(issued.metadata)).toBe(JSON.stringify(metadata))
  })
})

test.each(['a\0b', 'a\nb', '\u001b[31m', '\ud800'])(
  'text that not every store or terminal takes as it is, is refused: %j',
  async (text) => {
    const { keys } = open().gate
    const { id } = await keys.create({ name: 'Caf\u00e9 \ud83c\udf6b', ownerId: 'org_1' })
    for (const attempt of [
      () => keys.create({ ...CI, name: text }),
      () => keys.create({ ...CI, ownerId: text }),
      () => keys.update(id, { name: text }),
      () => keys.revoke(id, { reason: text }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'invalid_key_input' })
    }
  },
)
