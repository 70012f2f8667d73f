import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateActor, type GateOptions } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { keptSink, SIGNING } from '../audit/gates.js'

type Scope = 'read' | 'write' | 'admin' | 'root'

const NOW = Date.parse('2030-01-01T00:00:00Z')

function open(more: Partial<GateOptions<Scope>> = {}) {
  const sink = keptSink()
  const gate = createGate<Scope>({
    environment: ['live', 'test'],
    keys: { prefix: 'acme', store: createMemoryKeyStore() },
    scopes: { read: 1, write: 2, admin: 3, root: 4 },
    bruteForce: false,
    audit: { sink, key: SIGNING.key },
    clock: () => NOW,
    onError: () => undefined,
    ...more,
  })
  const changes = async () => {
    await gate.audit.flush()
    return sink.records('key').filter((one) => 'outcome' in one && one.outcome === 'made')
  }
  return { gate, changes }
}

function openFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'act-as-'))
  return {
    sink: createAuditFiles(folder),
    clean: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

const ANN = {
  ...{ subject: 'user_ann', name: 'Ann Lee', ownerId: 'org_1', scopes: ['admin'] },
  ...{ address: '203.0.113.7', requestId: 'req_1' },
} as const satisfies GateActor<Scope>
const KEY = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const

describe('an operator', () => {
  test('is named by keys and by records of every change, and held back by nothing', async () => {
    const { gate, changes } = open()
    const staff = gate.as({
      subject: 'sam',
      name: 'Sam',
      address: '::ffff:192.0.2.1',
      requestId: 'r',
    })
    const made = await staff.keys.create({
      ...KEY,
      ownerId: 'org_9',
      scopes: ['root'],
      metadata: { a: 1 },
    })
    const createdBy = { operator: true, subject: 'sam', name: 'Sam' }
    expect(made.createdBy).toEqual(createdBy)
    expect(made).not.toHaveProperty('metadataOverHttp')
    await staff.keys.update(made.id, { disabled: true })
    await staff.keys.update(made.id, { disabled: false })
    const next = await staff.keys.rotate(made.id)
    expect(next.createdBy).toEqual(createdBy)
    await staff.keys.revoke(next.id)
    await staff.keys.import({ ...KEY, secret: 'an-old-secret' })
    const records = await changes()
    expect(records.length).toBeGreaterThanOrEqual(6)
    for (const record of records) {
      expect(record).toMatchObject({ by: createdBy, requestId: 'r', client: '192.0.2.1' })
    }
  })

  test('that works by plain gate.keys is nobody', async () => {
    const { gate, changes } = open()
    expect(await gate.keys.create(KEY)).not.toHaveProperty('createdBy')
    expect(await changes()).toMatchObject([{ action: 'create' }])
    expect((await changes())[0]).not.toHaveProperty('by')
  })
})

describe('a person with scopes', () => {
  test('makes, sees and ends keys of its owner, under its name', async () => {
    const { gate, changes } = open()
    const { keys } = gate.as(ANN)
    const made = await keys.create({ ...KEY, scopes: ['write'], metadata: { team: 'a' } })
    const createdBy = { app: true, subject: 'user_ann', name: 'Ann Lee' }
    expect(made).toMatchObject({ createdBy, ownerId: 'org_1', metadataOverHttp: ['team'] })
    expect(await gate.verify(made.secret)).toMatchObject({ allowed: true })
    expect((await keys.list()).items.map(({ id }) => id)).toEqual([made.id])
    expect(await keys.findBySecret(made.secret)).toMatchObject({ id: made.id })
    expect(await keys.update(made.id, { name: 'Deploy' })).toMatchObject({ name: 'Deploy' })
    const next = await keys.rotate(made.id)
    expect(await keys.revoke(next.id, { reason: 'left' })).toMatchObject({ state: 'revoked' })
    for (const record of await changes()) {
      expect(record).toMatchObject({
        by: { ...createdBy, ownerId: 'org_1' },
        ...{ requestId: 'req_1', client: '203.0.113.7' },
      })
    }
  })

  test('hands out no more than it holds', async () => {
    const { gate } = open()
    const { keys } = gate.as({ ...ANN, tenantIds: ['t1'], environments: ['test'] })
    const root = await gate.keys.create({ ...KEY, environment: 'test', scopes: ['root'] })
    const mine = { ...KEY, environment: 'test' }
    const refused = { name: 'KeyError', code: 'not_grantable' }
    for (const call of [
      () => keys.create({ ...mine, scopes: ['root'] }),
      () => keys.create({ ...mine, tenantIds: ['t2'] }),
      () => keys.create({ ...mine, environment: 'live' }),
      () => keys.create({ ...mine, ownerId: 'org_2' }),
      () => keys.create({ ...mine, limit: 1_000 }),
      () => keys.rotate(root.id),
      () => keys.update(root.id, { name: 'x' }),
      () => keys.update(root.id, { plan: 'pro' }),
      () => keys.list({ ownerId: 'org_2' }),
      () => keys.list({ environment: 'live' }),
      () => keys.revokeAll({ ownerId: 'org_2' }),
      () => keys.usageOfOwner('org_2'),
      () => keys.usageOfOwner('org_1', { environment: 'live' }),
    ]) {
      await expect(call()).rejects.toMatchObject(refused)
    }
    expect(
      await keys.create({ ...mine, scopes: ['admin', 'read'], tenantIds: ['t1'] }),
    ).toMatchObject({ environment: 'test', tenantIds: ['t1'] })
    // Nor does it take from another key what it has itself not.
    const mighty = await gate.keys.create({ ...mine, scopes: ['root', 'read'] })
    const foreign = await gate.keys.create({ ...mine, tenantIds: ['t1', 't2'] })
    for (const call of [
      () => keys.update(mighty.id, { scopes: ['read'] }),
      () => keys.update(foreign.id, { tenantIds: ['t1'] }),
    ]) {
      await expect(call()).rejects.toMatchObject(refused)
    }
    // It can end what it cannot have, as over HTTP.
    expect(await keys.update(root.id, { disabled: true })).toMatchObject({ state: 'disabled' })
    expect(await keys.revoke(root.id)).toMatchObject({ state: 'revoked' })
  })

  test('makes keys for its own tenants where none are named', async () => {
    const { gate } = open()
    const { keys } = gate.as({ ...ANN, tenantIds: ['t1', 't2'], environments: ['test'] })
    const mine = { ...KEY, environment: 'test' }
    expect((await keys.create(mine)).tenantIds).toEqual(['t1', 't2'])
    expect((await keys.create({ ...mine, tenantIds: ['t2'] })).tenantIds).toEqual(['t2'])
  })

  test('is told what of a key is more than it may hand out', async () => {
    const { gate } = open()
    const { keys } = gate.as({ ...ANN, tenantIds: ['t1'], environments: ['test'] })
    const mine = { ...KEY, environment: 'test' }
    const { id } = await gate.keys.create({ ...mine, tenantIds: ['t1', 't2'], scopes: ['read'] })
    const locked = await keys.create({ ...mine, tenantIds: ['t1'] })
    await gate.keys.update(locked.id, { disabled: true })
    for (const [call, detail] of [
      [() => keys.create({ ...mine, scopes: ['read', 'root'] }), "You may not hand out 'root'."],
      [() => keys.create({ ...mine, tenantIds: ['t1', 'T1'] }), "You may not hand out 'T1'."],
      [
        () => keys.create({ ...mine, tenantIds: [] }),
        "You may not hand out 'a key without a tenant'.",
      ],
      [() => keys.update(id, { name: 'x' }), "You may not hand out 't2'."],
      [() => keys.create({ ...mine, ownerId: 'org_2' }), 'You manage the keys of one owner.'],
      [() => keys.create({ ...mine, limit: 1 }), "You may not hand out a 'plan' or a 'limit'."],
      [
        () => keys.update(locked.id, { plan: 'pro' }),
        "You may not hand out a 'plan' or a 'limit'.",
      ],
      [() => keys.list({ environment: 'live' }), "'environment' must be 'test'"],
      [
        () => keys.update(locked.id, { disabled: false }),
        'This key can only be enabled by the API itself.',
      ],
      [
        () => keys.update(locked.id, { scopes: ['nope' as Scope] }),
        "There is no scope 'nope'. You can hand out read, write, admin.",
      ],
    ] as const) {
      await expect(call()).rejects.toMatchObject({ message: expect.stringContaining(detail) })
    }
    const none = gate.as({ ...ANN, scopes: [], environments: ['test'] })
    const asked = none.keys.create({ ...mine, scopes: ['y'.repeat(200) as Scope] })
    await expect(asked).rejects.toThrow(new RegExp(`There is no scope 'y{128}'\\.$`))
  })

  test('makes keys where it manages keys, sees all of them, and in one environment those alone', async () => {
    const { gate } = open({ environment: ['live', 'test', 'ci'] })
    const { keys } = gate.as({ ...ANN, environments: ['live', 'test'] })
    const made = async (environment: string) => (await keys.create({ ...KEY, environment })).id
    const [live, testing] = [await made('live'), await made('test')]
    const ci = await gate.keys.create({ ...KEY, environment: 'ci' })
    const idsOf = async (...filter: Parameters<typeof keys.list>) =>
      (await keys.list(...filter)).items.map(({ id }) => id).sort()
    expect(await idsOf()).toEqual([live, testing].sort())
    expect(await idsOf({ ownerId: 'org_1', environment: 'test' })).toEqual([testing])
    await expect(made('ci')).rejects.toThrow("'environment' must be 'live' or 'test'")
    expect(await keys.get(ci.id)).toBeUndefined()
    const one = gate.as({ ...ANN, environments: ['test'] }).keys
    expect((await one.list()).items.map(({ id }) => id)).toEqual([testing])
    expect((await one.list({ limit: 1 })).items).toHaveLength(1)
    expect(await one.usage(testing)).toEqual(await gate.keys.usage(testing))
    await expect(one.usage(live)).rejects.toMatchObject({ code: 'unknown_key' })
  })

  test('says nothing new by the plan, the limit and the state that a key has', async () => {
    const plans = { pro: { quota: { limit: 9, window: '1h' } }, free: { concurrency: 1 } } as const
    const { gate } = open({ plans, limits: { defaultPlan: 'free' } })
    const { keys } = gate.as({ ...ANN, environments: ['live'] })
    const { id } = await gate.keys.create({ ...KEY, plan: 'pro', limit: 5 })
    const same = { plan: 'pro', limit: 5 } as const
    const renamed = await keys.update(id, { ...same, name: 'x', disabled: false })
    expect(renamed).toMatchObject({ ...same, name: 'x', state: 'active' })
    const plain = await keys.create(KEY)
    const kept = await keys.update(plain.id, { plan: 'free', limit: null })
    expect([kept.plan, kept.limit]).toEqual(['free', undefined])
    for (const [which, patch] of [
      [id, { plan: 'free' }],
      [id, { plan: null }],
      [id, { limit: null }],
      [id, { plan: 'pro', limit: 6 }],
      [plain.id, { plan: 'pro' }],
      [plain.id, { limit: 5 }],
    ] as const) {
      await expect(keys.update(which, patch)).rejects.toMatchObject({ code: 'not_grantable' })
    }
  })

  test('knows of no other keys', async () => {
    const { gate } = open()
    const { keys } = gate.as({ ...ANN, environments: ['test'] })
    const foreign = await gate.keys.create({ ...KEY, ownerId: 'org_2', environment: 'test' })
    const live = await gate.keys.create(KEY)
    for (const { id, secret } of [foreign, live]) {
      expect(await keys.get(id)).toBeUndefined()
      expect(await keys.findBySecret(secret)).toBeUndefined()
      for (const call of [
        () => keys.update(id, { name: 'x' }),
        () => keys.update(id, { disabled: true }),
        () => keys.rotate(id),
        () => keys.revoke(id),
        () => keys.usage(id),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'unknown_key' })
      }
    }
    expect((await keys.list()).items).toEqual([])
    expect((await keys.due({ within: '365d' })).items).toEqual([])
    expect(await keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 0 })
    expect(await gate.keys.get(live.id)).toMatchObject({ state: 'active' })
  })

  test('reads of its own environments in the audit log, and not who an operator is', async () => {
    const { sink, clean } = openFiles()
    const { gate } = open({ audit: { sink, key: SIGNING.key } })
    const staff = gate.as({ subject: 'sam', name: 'Sam Staff', address: '192.0.2.1' })
    await staff.keys.create({ ...KEY, name: 'of live' })
    const test = await staff.keys.create({ ...KEY, environment: 'test' })
    await gate.as(ANN).keys.update(test.id, { name: 'Deploy' })
    await gate.audit.flush()
    const { audit } = gate.as({ ...ANN, environments: ['test'] })
    const { items, unproven } = await audit.query({ ownerId: 'org_1', kind: 'key' })
    expect(items).toMatchObject([
      { action: 'update', environment: 'test', by: { subject: 'user_ann' }, client: ANN.address },
      { action: 'create', environment: 'test', by: { operator: true } },
    ])
    expect(unproven).toBe(items.filter(({ proven }) => !proven).length)
    expect(JSON.stringify(items)).not.toMatch(/"sam"|Sam Staff|192\.0\.2\.1/)
    expect((await gate.audit.query({ kind: 'key' })).items).toHaveLength(3)
    expect((await audit.query({ ownerId: 'org_2' })).items).toEqual([])
    await gate.close()
    clean()
  })

  test('imports nothing, forgets nobody, and ends no token by its id', async () => {
    const { gate } = open()
    const { keys, tokens } = gate.as(ANN)
    const refused = { code: 'not_supported' }
    await expect(keys.import({ ...KEY, secret: 'an-old-secret' })).rejects.toMatchObject(refused)
    expect(() => keys.importLines([])).toThrow('keys are imported by code')
    expect(() => {
      tokens.forget({ issuer: 'https://issuer.example' })
    }).toThrow('tokens.forget')
    await expect(tokens.revoke(`tok_${'a'.repeat(22)}`)).rejects.toMatchObject(refused)
  })

  test('while all keys of its owner are being revoked, makes none', async () => {
    const store = createMemoryKeyStore()
    const { gate } = open({ keys: { prefix: 'acme', store } })
    await store.suspendCreation?.('org_1', 'a revocation', 30_000)
    await expect(gate.as(ANN).keys.create(KEY)).rejects.toMatchObject({ code: 'changed_meanwhile' })
    expect(await gate.keys.create(KEY)).toMatchObject({ state: 'active' })
  })
})

test.each<[string, unknown]>([
  ['an object', undefined],
  ['gate.as', { subject: '' }],
  ['gate.as', { subject: ' ann' }],
  ["'role' is not known", { subject: 'ann', role: 'admin' }],
  ["'scopes' is undefined", { subject: 'ann', ownerId: 'org_1', scopes: undefined }],
  ["'environments' goes with 'scopes'", { subject: 'ann', environments: ['test'] }],
  ["'tenantIds' goes with 'scopes'", { subject: 'ann', tenantIds: [] }],
  ['ownerId', { subject: 'ann', scopes: [] }],
  ['environments', { subject: 'ann', ownerId: 'org_1', scopes: [], environments: ['prod'] }],
  ['environments', { subject: 'ann', ownerId: 'org_1', scopes: [], environments: [] }],
  ["'address'", { subject: 'ann', address: 'localhost' }],
  ["'requestId'", { subject: 'ann', requestId: '' }],
])('no actor: %s %j', (message, actor) => {
  const { gate } = open()
  expect(() => gate.as(actor as GateActor<Scope>)).toThrow(message)
})

test('a scope that the gate does not know is an error that names the nearest', () => {
  const { gate } = open()
  const scopes = ['admin', 'raed'] as unknown as readonly Scope[]
  const code = 'unknown_scope'
  expect(() => gate.as({ ...ANN, scopes })).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(/gate\.as: 'raed'.*'read'/) }),
  )
})

test('who is held to resources does not read the audit log, as a key that is', async () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read'] })
  const ann = { subject: 'ann', ownerId: 'org_1', scopes: ['read' as const] }
  const { audit } = gate.as({ ...ann, resources: ['records/rec_1'] })
  await expect(audit.query()).rejects.toThrow("who is held to 'resources' does not read")
})
