import { describe, expect, test } from '@jest/globals'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AgreementStore,
} from 'sallyport/access'
import { createGate, type Policy } from 'sallyport'
import { createPostgresAgreementStore } from 'sallyport/postgres'
import { createSqliteAgreementStore, openSqliteKeyStore } from 'sallyport/sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keptSink } from '../audit/gates.js'
import { createSchema, makeTables, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const AT = Date.parse('2030-01-01T00:00:00Z')
const ANN = { id: 'user_ann', ownerId: 'org_1' }
const LEE = { id: 'user_lee', ownerId: 'staff' }
const BAA = { ownerId: 'org_1', by: ANN, recordedBy: LEE, terms: { id: 'baa', version: '3' } }
const ACCEPT = { ownerId: 'org_1', by: ANN, terms: { id: 'api', version: '1' } }

/** Two instances, whose clocks are 5 s apart. */
function twoOver(stores: readonly [AgreementStore, AgreementStore]) {
  const store = createMemoryAccessStore()
  return stores.map((agreements, at) =>
    createAccess({
      ...{ store, agreements, clock: () => AT + at * 5_000 },
      terms: {
        api: { version: '1', text: 'Be nice.' },
        baa: { version: '3', text: 'BAA', acceptedBy: 'operator', required: false },
      },
    }),
  )
}

async function checkOne(stores: readonly [AgreementStore, AgreementStore]): Promise<void> {
  const instances = twoOver(stores)
  const [here, there] = instances
  if (here === undefined || there === undefined) throw new Error('There are two.')
  for (let round = 0; round < 3; round++) {
    const all = await Promise.all(
      [...instances, ...instances].map(({ agreements }) => agreements.accept(ACCEPT)),
    )
    const ids = new Set(all.map(({ id }) => id))
    expect(ids.size).toBe(1)
    const { items } = await here.agreements.list({ ownerId: 'org_1', terms: 'api' })
    expect(items.filter(({ end }) => end === undefined)).toHaveLength(1)
    expect(items).toHaveLength(round + 1)
    // The other instance accepts it once more, before its own clock says that it has begun.
    expect((await here.agreements.accept(ACCEPT)).id).toBe(all[0]?.id)
    await there.agreements.withdraw(all[0]?.id ?? '', { by: LEE })
    const [terms] = (await there.of('org_1')).terms
    expect(terms).toMatchObject({ id: 'api' })
    expect(terms).not.toHaveProperty('acceptance')
  }
  const until = new Date('2031-01-01T00:00:00Z')
  const recorded = await Promise.all(
    [...instances, ...instances].map(({ agreements }) => agreements.record({ ...BAA, until })),
  )
  expect(new Set(recorded.map(({ id }) => id)).size).toBe(1)
  expect((await there.agreements.record({ ...BAA, until })).id).toBe(recorded[0]?.id)
  // Another end, or another beginning, is another agreement.
  await there.agreements.record(BAA)
  await there.agreements.record({ ...BAA, at: new Date('2029-12-01T00:00:00Z') })
  expect((await there.agreements.list({ ownerId: 'org_1', terms: 'baa' })).items).toHaveLength(3)
}

describe('of several who accept or record one agreement at once, one acceptance is stored', () => {
  test('in memory', async () => {
    const store = createMemoryAgreementStore()
    // Each has looked before any of them writes.
    const insert = async (acceptance: Parameters<typeof store.insert>[0]) => {
      await new Promise(setImmediate)
      return store.insert(acceptance)
    }
    await checkOne([
      { ...store, insert },
      { ...store, insert },
    ])
  })

  test('in SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
    const file = join(folder, 'keys.db')
    const keys = [await openSqliteKeyStore(file), await openSqliteKeyStore(file)] as const
    try {
      await checkOne([
        createSqliteAgreementStore(keys[0].database),
        createSqliteAgreementStore(keys[1].database),
      ])
    } finally {
      for (const store of keys) store.close()
      rmSync(folder, { recursive: true })
    }
  })

  describeWith(databaseUrl, 'in PostgreSQL', (url) => {
    test('in PostgreSQL', async () => {
      const schema = await createSchema(url)
      await makeTables(schema)
      const pools = [await openIn(schema, 4), await openIn(schema, 4)] as const
      try {
        for (const pool of pools) {
          const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()))
          for (const client of clients) client.release()
        }
        await checkOne([
          createPostgresAgreementStore(pools[0]),
          createPostgresAgreementStore(pools[1]),
        ])
      } finally {
        await Promise.all(pools.map((pool) => pool.end()))
        await schema.drop()
      }
    })
  })
})

test('a store that fails to insert, and has no such acceptance, has failed', async () => {
  const store = createMemoryAgreementStore()
  const insert = () => {
    throw new Error('The disk is full.')
  }
  const [access] = twoOver([{ ...store, insert }, store])
  await expect(access?.agreements.accept(ACCEPT)).rejects.toMatchObject({
    name: 'StoreError',
    cause: new Error('The disk is full.'),
  })
})

test('an agreement of the own organization is recorded by others; a suspended organization records and ends none of others', async () => {
  const [access] = twoOver([createMemoryAgreementStore(), createMemoryAgreementStore()])
  if (access === undefined) throw new Error('There is one.')
  const { agreements } = access
  const codeIs = (code: string) => expect.objectContaining({ name: 'AccessError', code })
  await expect(agreements.record({ ...BAA, recordedBy: ANN })).rejects.toEqual(
    codeIs('own_request'),
  )
  const { id } = await agreements.record(BAA)

  const staff = { id: 'user_kim', ownerId: 'staff' }
  const ask = { ownerId: 'staff', by: staff, useCase: 'Support.', environments: ['live'] }
  const accept = [{ id: 'api', version: '1' }]
  const request = await access.request({ ...ask, accept })
  await access.approve(request.id, { by: ANN })
  await access.suspend(request.id, { by: ANN, reason: 'Unusual.' })
  const refused = codeIs('approver_suspended')
  await expect(agreements.record({ ...BAA, ownerId: 'org_2' })).rejects.toEqual(refused)
  await expect(agreements.withdraw(id, { by: LEE })).rejects.toEqual(refused)
  expect(await agreements.get(id)).not.toHaveProperty('end')
  // An owner ends its own, and whoever has no organization is nobody's.
  const { items } = await agreements.list({ ownerId: 'staff' })
  await agreements.withdraw(items[0]?.id ?? '', { by: LEE })
  await agreements.record({ ...BAA, ownerId: 'org_2', recordedBy: { id: 'operator' } })
  await agreements.withdraw(id, { by: { id: 'operator' } })
})

test('a request has 100 steps at most: it is ended then, and access requested anew', async () => {
  const [access] = twoOver([createMemoryAgreementStore(), createMemoryAgreementStore()])
  if (access === undefined) throw new Error('There is one.')
  const ask = { ownerId: 'org_1', by: ANN, useCase: 'Lab results.', environments: ['live'] }
  const { id } = await access.request({ ...ask, accept: [ACCEPT.terms] })
  await access.approve(id, { by: LEE })
  for (let steps = 2; steps < 100; steps += 2) {
    await access.suspend(id, { by: LEE, reason: 'Unusual.' })
    await access.resume(id, { by: LEE })
  }
  // What takes access away goes on.
  const { steps } = await access.suspend(id, { by: LEE, reason: 'Unusual.' })
  expect(steps).toHaveLength(101)
  await expect(access.resume(id, { by: LEE })).rejects.toMatchObject({
    code: 'too_many_steps',
    message: expect.stringContaining('end it, and have access requested anew') as unknown as string,
  })
  expect((await access.end(id, { by: LEE })).state).toBe('ended')
  expect(await access.request(ask)).toMatchObject({ state: 'requested' })
})

describe('the record of an access to health information names the agreement', () => {
  const PHI = { resource: 'Patient', action: 'read' } as const
  const END = new Date('2030-02-01T00:00:00Z')

  async function open(more: readonly Policy[] = [], phi: 'allowed' | 'synthetic' = 'allowed') {
    let now = AT
    const clock = () => now
    const access = createAccess({
      ...{ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore(), clock },
      terms: {
        baa: {
          ...{ version: '3', text: 'BAA', alsoAccepted: ['2'] },
          ...{ acceptedBy: 'operator', required: false, phi: true },
        },
      },
    })
    const sink = keptSink()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], clock },
      ...{ audit: { sink }, phi: { live: phi } },
      policies: [access.accepted('baa'), ...more],
    })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await access.agreements.record({ ...BAA, terms: { id: 'baa', version: '2' }, until: END })
    const read = async (requirement: { readonly phi?: typeof PHI } = { phi: PHI }) => {
      const rawHeaders = ['X-API-Key', secret]
      const peer = { address: '203.0.113.9', encrypted: true }
      await gate.check({ method: 'GET', url: '/', rawHeaders, peer }, requirement)
      await gate.audit.flush()
      const last = sink.records('access').at(-1)
      return last?.kind === 'access' ? last : undefined
    }
    return { read, pass: () => void (now = END.getTime()), close: () => gate.close() }
  }

  test('with the version that was accepted, until it ends', async () => {
    const { read, pass, close } = await open()
    expect(await read()).toMatchObject({
      ...{ outcome: 'allowed', phi: PHI, agreements: [{ id: 'baa', version: '2' }] },
    })
    expect(await read({})).not.toHaveProperty('agreements')
    pass()
    const denied = await read()
    expect(denied).toMatchObject({ outcome: 'denied', reason: 'terms_not_accepted' })
    expect(denied).not.toHaveProperty('agreements')
    await close()
  })

  test('and those that a policy of the app has found; not for what is made up', async () => {
    const dua: Policy = ({ agreed }) => {
      for (const version of ['1', '1', '2']) agreed({ id: 'dua', version })
      return true
    }
    const agreements = [
      { id: 'baa', version: '2' },
      { id: 'dua', version: '1' },
      { id: 'dua', version: '2' },
    ]
    const real = await open([dua])
    expect(await real.read()).toMatchObject({ agreements })
    const made = await open([], 'synthetic')
    expect(await made.read()).not.toHaveProperty('agreements')
    for (const { close } of [real, made]) await close()
  })
})
