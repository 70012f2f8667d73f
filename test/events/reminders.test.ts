import { afterEach, expect, test } from '@jest/globals'
import express from 'express'
import {
  createGate,
  createMemoryKeyStore,
  StoreError,
  type GateEvent,
  type KeyStore,
} from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { createTestClock, type TestClock } from 'sallyport/testing'
import request from 'supertest'
import { createSchema, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function open(store: KeyStore, time: TestClock, seen: GateEvent[]) {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [], clock: time.clock },
    notify: (event) => seen.push(event),
    reminders: { wants: (ownerId) => ownerId !== 'org_quiet' },
  })
  closing.push(() => gate.close())
  return gate
}

/** A busy machine may not make a change in time: then it is not made. */
async function patiently<T>(call: () => Promise<T>, tries = 20): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof StoreError) || tries === 0) throw error
    return patiently(call, tries - 1)
  }
}

/** A key turns 76, 83 and 90 days old, and older. */
async function grow(stores: readonly [KeyStore, KeyStore]): Promise<void> {
  const time = createTestClock()
  const seen: GateEvent[] = []
  const [gate, other] = [open(stores[0], time, seen), open(stores[1], time, seen)] as const
  const input = { name: 'CI', ownerId: 'org_1' }
  await patiently(() => gate.events.run())
  const key = await patiently(() => gate.keys.create(input))
  await patiently(() => gate.keys.create({ name: 'CI', ownerId: 'org_quiet' }))
  const rotated = await patiently(() => gate.keys.create(input))
  await patiently(() => gate.keys.rotate(rotated.id))
  const found: unknown[][] = []
  for (const days of ['75d', '1d', '1d', '6d', '7d', '30d'] as const) {
    time.advance(days)
    await Promise.all([gate, other].map((each) => patiently(() => each.events.run())))
    await patiently(() => other.events.run())
    const due = seen.filter(({ type, data }) => type === 'key.due' && data['id'] === key.id)
    found.push(due.map(({ data }) => data['daysBefore']))
  }
  expect(found).toEqual([[], [14], [14], [14, 7], [14, 7, 0], [14, 7, 0]])
  // Its successor is due as well; the one that was rotated is not, nor is one whose owner wants no reminders.
  const owners = seen.filter(({ type }) => type === 'key.due').map(({ data }) => data['ownerId'])
  expect(new Set(owners)).toEqual(new Set(['org_1']))
  expect(owners).toHaveLength(6)
  const [first] = seen.filter(({ type }) => type === 'key.due')
  expect(first?.data).toMatchObject({ name: 'CI', dueAt: '2030-04-01T00:00:00.000Z' })
}

test('a key turns 76, 83 and 90 days old: two instances tell each once', async () => {
  const store = createMemoryKeyStore()
  await grow([store, store])
})

test('who turns reminders on later is told of the last step alone', async () => {
  const [time, store, seen] = [createTestClock(), createMemoryKeyStore(), [] as GateEvent[]]
  const before = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [], clock: time.clock },
  })
  const { id } = await before.keys.create({ name: 'CI', ownerId: 'org_1' })
  time.advance('200d')
  const gate = open(store, time, seen)
  await gate.events.run()
  expect(seen).toMatchObject([{ type: 'key.due', data: { id, daysBefore: 0 } }])
  expect(await gate.events.remind()).toEqual([])
  await before.close()
})

test('an owner about whom the app does not say whether it wants reminders keeps back none of the others', async () => {
  const time = createTestClock()
  const seen: GateEvent[] = []
  const errors: unknown[] = []
  const asked: string[] = []
  const answers: Readonly<Record<string, () => unknown>> = {
    org_gone: () => {
      throw new Error('There is no such organization.')
    },
    org_away: () => Promise.reject(new Error('The database is away.')),
    org_text: () => 'no',
  }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], clock: time.clock },
    notify: (event) => seen.push(event),
    reminders: {
      wants: (ownerId) => {
        asked.push(ownerId)
        return (answers[ownerId]?.() ?? true) as boolean
      },
    },
    onError: (error) => void errors.push(error),
  })
  closing.push(() => gate.close())
  const owners = [...Object.keys(answers), 'org_1', 'org_2']
  for (const ownerId of owners) await gate.keys.create({ name: 'CI', ownerId })
  time.advance('90d')
  const told = await gate.events.remind()
  expect(told.map(({ ownerId }) => ownerId).sort()).toEqual(['org_1', 'org_2'])
  expect(errors.map((error) => (error as Error).message).sort()).toEqual([
    "'reminders.wants' must answer true or false.",
    'The database is away.',
    'There is no such organization.',
  ])
  // The next look asks again about them.
  asked.splice(0)
  await gate.events.remind()
  expect(asked.sort()).toEqual(owners.sort())
})

/** A gate whose `wants` fails for some owners; each has a key that is due. */
async function openFailing(ownerIds: readonly string[], fails: (ownerId: string) => boolean) {
  const [time, errors, asked] = [createTestClock(), [] as unknown[], [] as string[]]
  const seen: GateEvent[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], clock: time.clock },
    notify: (event) => seen.push(event),
    reminders: {
      wants: (ownerId) => {
        asked.push(ownerId)
        if (fails(ownerId)) throw new Error('Away.')
        return true
      },
    },
    onError: (error) => void errors.push(error),
  })
  closing.push(() => gate.close())
  for (const ownerId of ownerIds) {
    await gate.keys.create({ name: 'CI', ownerId })
    time.advance('1s')
  }
  time.advance('90d')
  /** Who was told in a look, and who was asked about. */
  const look = async () => {
    asked.splice(0)
    const told = await gate.events.remind()
    return { told: told.map(({ ownerId }) => ownerId).sort(), asked: [...asked] }
  }
  return { gate, errors, time, look, seen }
}

const named = (name: string, count: number) =>
  Array.from({ length: count }, (_none, at) => `${name}_${String(at)}`)

/*
 * Ten organizations that the app cannot speak for, such as deleted ones, once ended every look, hour after hour: whoever came behind them in the list was
 * never reminded. What an operator expects of an hourly look is that it reaches everybody, and that it leaves a database in peace that is away: so ten in
 * a row end the asking of one look only, and the next one begins with others.
 */
test('organizations about which the app can never say it keep the others from one look at most', async () => {
  const [bad, good] = [named('bad', 25), named('good', 5)]
  const { gate, look, errors, time } = await openFailing(
    [...bad.slice(0, 12), ...good, ...bad.slice(12)],
    (ownerId) => ownerId.startsWith('bad'),
  )
  const looks = [await look(), await look(), await look()]
  expect(looks.flatMap(({ told }) => told).sort()).toEqual(good)
  for (const { asked } of looks) expect(asked.length).toBeLessThanOrEqual(25)
  expect(errors.map(String)).toContain(
    "Error: 'reminders.wants' failed for 10 organizations: others are asked about in the next look.",
  )
  // From then on, others are asked about first.
  await gate.keys.create({ name: 'CI', ownerId: 'new' })
  time.advance('90d')
  const { told, asked } = await look()
  expect(told).toEqual(['new'])
  expect(asked.slice(0, 6).sort()).toEqual([...good, 'new'])
  expect(asked.length).toBeLessThanOrEqual(16)
  // Each of the bad ones has its turn again.
  const later = [await look(), await look(), await look()]
  expect(new Set(later.flatMap((one) => one.asked))).toEqual(new Set([...good, ...bad, 'new']))
})

test('while the app can say it for nobody, ten are asked about in each look, and all once it can', async () => {
  const owners = named('org', 35)
  const state = { isAway: true }
  const { look, gate, seen } = await openFailing(owners, () => state.isAway)
  const looks = [await look(), await look(), await look(), await look(), await look()]
  expect(looks.map(({ told, asked }) => [told.length, asked.length])).toEqual(
    Array(5).fill([0, 10]),
  )
  expect(new Set(looks.flatMap(({ asked }) => asked)).size).toBe(35)
  // What else there is to do goes on.
  await expect(gate.events.run()).resolves.toMatchObject({ failed: 0 })
  expect(seen.filter(({ type }) => type === 'key.due')).toEqual([])
  state.isAway = false
  expect((await look()).told).toEqual([...owners].sort())
})

test('choices that cannot be read, of however many owners, keep back none of the others', async () => {
  const [time, store, errors] = [createTestClock(), createMemoryKeyStore(), [] as unknown[]]
  const { reminders } = store
  if (reminders === undefined) throw new Error('The store keeps choices.')
  const find = (ownerId: string) => {
    if (ownerId.startsWith('odd')) throw new Error('It is damaged.')
    return reminders.find(ownerId)
  }
  const gate = createGate({
    ...{ environment: 'live', scopes: [], clock: time.clock, notify: () => undefined },
    keys: { prefix: 'acme', store: { ...store, reminders: { ...reminders, find } } },
    reminders: {},
    onError: (error) => void errors.push(error),
  })
  closing.push(() => gate.close())
  await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.events.chooseReminders('org_1', [0])
  time.advance('1d')
  for (let at = 0; at < 12; at++) {
    await gate.keys.create({ name: 'CI', ownerId: `odd_${String(at)}` })
  }
  time.advance('90d')
  expect(await gate.events.remind()).toMatchObject([{ ownerId: 'org_1' }])
  expect(errors).toHaveLength(12)
})

test('owners choose which reminders they want, and the key store keeps it for all instances', async () => {
  const [time, store, seen] = [createTestClock(), createMemoryKeyStore(), [] as GateEvent[]]
  const openChosen = () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [], clock: time.clock },
      ...{ notify: (event) => seen.push(event), reminders: { before: [14, 7, 1, 0] } },
    })
    closing.push(() => gate.close())
    return gate
  }
  const [here, there] = [openChosen(), openChosen()]
  await here.events.run()
  for (const ownerId of ['org_1', 'org_2', 'org_3']) await here.keys.create({ name: 'CI', ownerId })
  const offered = [14, 7, 1, 0]
  expect(await here.events.reminders('org_1')).toEqual({ chosen: [], offered })
  await here.events.chooseReminders('org_1', [0, 7])
  await here.events.chooseReminders('org_2', [14])
  await here.events.chooseReminders('org_2', [])
  expect(await there.events.reminders('org_1')).toEqual({ chosen: [7, 0], offered })
  for (const days of ['76d', '7d', '6d', '2d'] as const) {
    time.advance(days)
    await Promise.all([here.events.run(), there.events.run()])
  }
  await here.events.run()
  const due = seen.filter(({ type }) => type === 'key.due').map(({ data }) => data)
  expect(due).toMatchObject([
    { ownerId: 'org_1', daysBefore: 7 },
    { ownerId: 'org_1', daysBefore: 0 },
  ])
  for (const [wrong, why] of [
    [[3], /must be some of 14, 7, 1, 0/],
    ['soon' as never, /daysBefore/],
  ] as const) {
    await expect(here.events.chooseReminders('org_1', wrong)).rejects.toThrow(why)
  }
  await expect(here.events.chooseReminders('', [])).rejects.toThrow(/ownerId/)
})

test('where the app says who wants reminders, or there are none, nobody chooses', async () => {
  const options = { environment: 'live', scopes: [] }
  const [notify, reminders] = [() => undefined, { wants: () => true }]
  for (const more of [{ notify, reminders }, { notify }, {}]) {
    const gate = createGate({ ...options, ...more, keys: { prefix: 'acme' } })
    closing.push(() => gate.close())
    const refused = { code: 'not_supported' }
    await expect(gate.events.reminders('org_1')).rejects.toMatchObject(refused)
    await expect(gate.events.chooseReminders('org_1', [])).rejects.toMatchObject(refused)
  }
  const { reminders: _, ...store } = createMemoryKeyStore()
  const keys = { prefix: 'acme', store }
  expect(() => createGate({ ...options, notify, keys, reminders: {} })).toThrow(
    /'reminders.wants' must be a function/,
  )
})

test('reminders need somebody who is told, and remind an outbox alone', async () => {
  const options = { environment: 'live', scopes: [] }
  const reminders = { wants: () => true }
  expect(() => createGate({ ...options, keys: { prefix: 'acme' }, reminders })).toThrow(
    /'reminders' are events; give 'notify' or 'webhooks'/,
  )
  const { outbox: _, ...store } = createMemoryKeyStore()
  const gate = createGate({ ...options, keys: { prefix: 'acme', store } })
  await expect(gate.events.remind()).rejects.toMatchObject({ code: 'not_supported' })
  await gate.close()
})

test('GET /due has the keys of the caller that wait for their rotation', async () => {
  const time = createTestClock()
  const gate = createGate({
    ...{
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['manage:keys'],
      clock: time.clock,
    },
  })
  const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
  const input = { name: 'Old', ownerId: 'org_1' }
  const old = await gate.keys.create(input)
  await gate.keys.create({ ...input, ownerId: 'org_2' })
  time.advance('80d')
  const { secret } = await gate.keys.create({ ...input, scopes: ['manage:keys'] })
  const ask = (path: string) => request(app).get(path).auth(secret, { type: 'bearer' })
  expect((await ask('/keys/due').expect(200)).body).toEqual({ keys: [] })
  const answer = await ask('/keys/due?within=14d').expect(200)
  const body = answer.body as { keys: unknown[] }
  expect(body).toMatchObject({ keys: [{ id: old.id, dueAt: '2030-04-01T00:00:00.000Z' }] })
  expect(body.keys).toHaveLength(1)
  for (const query of ['within=soon', 'within=1d&within=2d', 'state=active']) {
    await ask(`/keys/due?${query}`).expect(400)
  }
  await request(app).post('/keys/due').auth(secret, { type: 'bearer' }).expect(405)
  await gate.close()
})

describeWith(databaseUrl, 'over PostgreSQL', (url) => {
  test('two instances tell each once', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    const pools = [await openIn(schema), await openIn(schema)] as const
    closing.push(() => Promise.all(pools.map((pool) => pool.end())))
    const [one, two] = pools.map((pool) => createPostgresKeyStore(pool, { listen: false }))
    if (one === undefined || two === undefined) throw new Error('unreachable')
    await one.migrate()
    await grow([one, two])
  })
})
