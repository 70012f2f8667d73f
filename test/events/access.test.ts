import { afterEach, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  StoreError,
  type GateEvent,
  type KeyStore,
} from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessStore,
  type AgreementStore,
} from 'sallyport/access'
import {
  createPostgresAccessStore,
  createPostgresAgreementStore,
  createPostgresKeyStore,
} from 'sallyport/postgres'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  openSqliteKeyStore,
} from 'sallyport/sqlite'
import { createTestClock } from 'sallyport/testing'
import { createSchema, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Stores {
  readonly keys: KeyStore
  readonly store: AccessStore
  readonly agreements: AgreementStore
}

const ANN = { id: 'user_ann', ownerId: 'org_1' }
const LEE = { id: 'user_lee', ownerId: 'staff' }
const FIRST = { version: '1', text: 'Be nice.' }
const SECOND = { version: '2', text: 'Be very nice.', title: 'Terms', alsoAccepted: ['1'] }

/** A busy machine may not answer in time. */
async function patiently<T>(call: () => Promise<T>, tries = 20): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof StoreError) || tries === 0) throw error
    return patiently(call, tries - 1)
  }
}

function open({ keys, ...stores }: Stores, terms: typeof FIRST) {
  const seen: GateEvent[] = []
  const time = createTestClock()
  const access = createAccess({ ...stores, terms: { 'api-terms': terms } })
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store: keys }, scopes: [] },
    ...{ access, clock: time.clock, notify: (event: GateEvent) => seen.push(event) },
  })
  closing.push(() => gate.close())
  const told = async () => {
    await patiently(() => gate.events.run())
    return seen.splice(0)
  }
  return { access, told, close: () => gate.close() }
}

/** Two requests from their first step to their last, and terms that change. */
async function enroll(stores: Stores): Promise<void> {
  const { access, told, close } = open(stores, FIRST)
  expect(await told()).toEqual([])
  const terms = { id: 'api-terms', version: '1' }
  const input = {
    ...{ ownerId: 'org_1', by: ANN, environments: ['live'], useCase: 'We sync records.' },
    accept: [terms],
  }
  const first = await patiently(() => access.request(input))
  await patiently(() => access.deny(first.id, { by: LEE, reason: 'No company.' }))
  const second = await patiently(() => access.request({ ...input, useCase: 'We sync.' }))
  await patiently(() => access.approve(second.id, { by: LEE }))
  await patiently(() => access.suspend(second.id, { by: LEE, reason: 'Unpaid.' }))
  await patiently(() => access.resume(second.id, { by: LEE }))
  await patiently(() => access.end(second.id, { by: LEE }))
  const events = await told()
  const stepsOf = (id: string) =>
    events.filter(({ data }) => data['id'] === id).map(({ type }) => type)
  expect(stepsOf(first.id)).toEqual(['access.requested', 'access.denied'])
  expect(stepsOf(second.id)).toEqual([
    ...['access.requested', 'access.approved', 'access.suspended', 'access.approved'],
    'access.ended',
  ])
  expect(events).toHaveLength(7)
  expect(events[0]?.data).toMatchObject({ ownerId: 'org_1', environments: ['live'] })
  expect(await told()).toEqual([])
  await close()

  // The app is deployed with other terms, on two instances.
  const instances = [open(stores, SECOND), open(stores, SECOND)]
  const changed = (await Promise.all(instances.map((each) => each.told()))).flat()
  expect(changed).toMatchObject([
    {
      type: 'terms.changed',
      data: { id: 'api-terms', version: '2', previous: '1', title: 'Terms' },
    },
  ])
  for (const each of instances) await each.close()
  expect(await open(stores, SECOND).told()).toEqual([])
}

test('steps of access and terms that change are told once, from memory', async () => {
  const keys = createMemoryKeyStore()
  await enroll({
    keys,
    store: createMemoryAccessStore({ outbox: keys.outbox }),
    agreements: createMemoryAgreementStore(),
  })
})

test('steps of access and terms that change are told once, from SQLite', async () => {
  const keys = await openSqliteKeyStore(':memory:')
  closing.push(() => {
    keys.close()
  })
  const { database } = keys
  await enroll({
    keys,
    store: createSqliteAccessStore(database),
    agreements: createSqliteAgreementStore(database),
  })
})

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  test('steps of access and terms that change are told once', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    const pool = await openIn(schema)
    closing.push(() => pool.end())
    const keys = createPostgresKeyStore(pool)
    await keys.migrate()
    await enroll({
      keys,
      store: createPostgresAccessStore(pool),
      agreements: createPostgresAgreementStore(pool),
    })
  })
})
