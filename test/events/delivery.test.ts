import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Gate,
  type GateEvent,
  type KeyStore,
} from 'sallyport'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createTestClock } from 'sallyport/testing'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Told {
  readonly seen: GateEvent[]
  readonly errors: unknown[]
  readonly gate: Gate<'read:orders'>
  readonly time: ReturnType<typeof createTestClock>
  /** What `notify` throws now. */
  fail: Error | undefined
}

async function open(
  store: KeyStore = createMemoryKeyStore(),
  time = createTestClock(new Date()),
): Promise<Told> {
  const told: Pick<Told, 'seen' | 'errors' | 'fail'> = { seen: [], errors: [], fail: undefined }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read:orders'] },
    clock: time.clock,
    notify(event) {
      if (told.fail) throw told.fail
      told.seen.push(event)
    },
    onError: (error) => void told.errors.push(error),
  })
  closing.push(() => gate.close())
  await gate.events.run()
  return Object.assign(told, { gate, time })
}

const input = {
  name: 'CI',
  ownerId: 'org_1',
  environment: 'live',
  scopes: ['read:orders'],
} as const
/** What the channel has from now on. */
function listening(): readonly unknown[] {
  const published: unknown[] = []
  const listen = (message: unknown) => void published.push(message)
  subscribe('sallyport:keys', listen)
  closing.push(() => unsubscribe('sallyport:keys', listen))
  return published
}

const typesOf = (events: readonly GateEvent[]) => events.map(({ type }) => type)

test('each change is told once, in order, without a secret', async () => {
  const { gate, seen } = await open()
  const { secret, ...key } = await gate.keys.create(input)
  await gate.keys.update(key.id, { name: 'Build' })
  const next = await gate.keys.rotate(key.id)
  await gate.keys.revoke(next.id, { reason: 'leaked' })
  await gate.events.run()
  const ofKey = seen.filter(({ data }) => data['id'] === key.id)
  expect(typesOf(ofKey)).toEqual(['key.created', 'key.updated', 'key.rotated', 'key.revoked'])
  expect(ofKey[0]).toMatchObject({
    id: expect.stringMatching(/^msg_[\w-]{22}$/),
    timestamp: expect.any(Date),
    data: { id: key.id, name: 'CI', ownerId: 'org_1', scopes: ['read:orders'], hint: key.hint },
  })
  expect(typesOf(seen.filter(({ data }) => data['id'] === next.id))).toEqual([
    ...['key.created', 'key.revoked'],
  ])
  const text = JSON.stringify(seen)
  for (const word of [secret, next.secret, 'digest']) expect(text).not.toContain(word)
  const before = seen.length
  await gate.events.run()
  expect(seen).toHaveLength(before)
})

test('what fails is told to onError, tried again later, and holds up its key alone', async () => {
  const told = await open()
  const { gate, seen, errors, time } = told
  told.fail = new Error('The mail server is away.')
  const { id } = await gate.keys.create(input)
  await gate.keys.update(id, { name: 'Build' })
  expect(await gate.events.run()).toMatchObject({ delivered: 0, failed: 1 })
  expect(errors).toEqual([told.fail])
  told.fail = undefined
  const other = await gate.keys.create(input)
  await gate.events.run()
  expect(seen.map(({ data }) => data['id'])).toEqual([other.id])
  time.advance('6s')
  await gate.events.run()
  expect(typesOf(seen)).toEqual(['key.created', 'key.created', 'key.updated'])
})

test('after three days it is given up, seen, and can be tried again', async () => {
  const told = await open()
  const { gate, seen, time } = told
  told.fail = new Error('Still away.')
  const { id } = await gate.keys.create(input)
  const waits = ['6s', '6m', '34m', '3h', '6h', '12h', '16h', '23h', '27h', '1s'] as const
  for (const wait of waits) {
    expect(await gate.events.run()).toMatchObject({ failed: 1 })
    time.advance(wait)
  }
  expect(await gate.events.run()).toMatchObject({ failed: 0 })
  const [failure] = (await gate.events.failed()).items
  expect(failure).toMatchObject({
    ...{ target: 'notify', attempts: 10, error: 'Still away.' },
    event: { type: 'key.created', data: { id } },
  })
  told.fail = undefined
  expect(await gate.events.retry(failure?.seq)).toBe(1)
  await gate.events.run()
  expect(seen).toHaveLength(1)
  expect(seen[0]?.id).toBe(failure?.event.id)
  expect((await gate.events.failed()).items).toEqual([])
})

test('two instances share the work: each event is told by one of them', async () => {
  const store = await openSqliteKeyStore(':memory:')
  closing.push(() => {
    store.close()
  })
  const time = createTestClock(new Date())
  const [one, two] = [await open(store, time), await open(store, time)]
  for (let at = 0; at < 50; at++) await one.gate.keys.create(input)
  await Promise.all([one.gate.events.run(), two.gate.events.run()])
  const ids = [...one.seen, ...two.seen].map(({ id }) => id)
  expect(ids).toHaveLength(50)
  expect(new Set(ids).size).toBe(50)
})

test('a gate that is closed gives back what it has in progress', async () => {
  const store = createMemoryKeyStore()
  const time = createTestClock(new Date())
  let arrived: (value?: unknown) => void = () => undefined
  const waiting = new Promise((resolve) => (arrived = resolve))
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read:orders'] },
    clock: time.clock,
    notify: () => {
      arrived()
      return new Promise(() => undefined)
    },
  })
  await gate.events.run()
  await gate.keys.create(input)
  const running = gate.events.run()
  await waiting
  await gate.close()
  const { gate: next, seen } = await open(store, time)
  await next.events.run()
  expect(typesOf(seen)).toEqual(['key.created'])
  void running
})

test.each([
  ['in memory', () => createMemoryKeyStore()],
  ['in SQLite', () => openSqliteKeyStore(':memory:')],
])('a key that is made at once, %s, is told', async (_where, openStore) => {
  const store = await openStore()
  const seen: GateEvent[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read:orders'] },
    notify: (event) => void seen.push(event),
  })
  closing.push(() => gate.close())
  await gate.keys.create(input)
  await gate.events.run()
  expect(typesOf(seen)).toEqual(['key.created'])
})

test('the channel sallyport:keys has the events as well', async () => {
  const published = listening()
  const { gate, seen } = await open()
  await gate.keys.create(input)
  await gate.events.run()
  expect(published).toEqual(seen)
  expect(seen).toHaveLength(1)
})

test('the channel has an event once, however often its delivery is tried', async () => {
  const published = listening()
  const told = await open()
  told.fail = new Error('away')
  await told.gate.keys.create(input)
  await told.gate.events.run()
  told.fail = undefined
  told.time.advance('1h')
  await told.gate.events.run()
  expect([published.length, typesOf(told.seen)]).toEqual([1, ['key.created']])
})

test('a key that ends is told 7 days and 1 day before, and when it has ended: once over two instances', async () => {
  const store = createMemoryKeyStore()
  const time = createTestClock()
  const [one, two] = [await open(store, time), await open(store, time)]
  const expiresAt = new Date(time.clock() + 30 * 86_400_000)
  const { id } = await one.gate.keys.create({ ...input, expiresAt })
  await one.gate.keys.create({ ...input, expiresAt: new Date(time.clock() + 86_400_000) })
  const found: string[][] = []
  for (const days of ['22d', '1d', '3d', '3d', '1d', '5d'] as const) {
    one.seen.length = 0
    two.seen.length = 0
    time.advance(days)
    await Promise.all([one.gate.events.run(), two.gate.events.run()])
    await one.gate.events.run()
    const seen = [...one.seen, ...two.seen].filter(({ data }) => data['id'] === id)
    found.push(typesOf(seen).filter((type) => type !== 'key.created'))
  }
  expect(found).toEqual([[], ['key.expiring'], [], ['key.expiring'], ['key.expired'], []])
  // Whoever starts later finds nothing that was told.
  const third = await open(store, time)
  expect(third.seen).toEqual([])
})

describe('a gate', () => {
  test('takes no notify with a store that has no outbox', () => {
    const { outbox: _, ...store } = createMemoryKeyStore()
    const keys = { prefix: 'acme', store }
    const options = { environment: 'live', keys, scopes: ['read:orders'], notify: () => undefined }
    expect(() => createGate(options)).toThrow(/'notify' needs a key store with an outbox/)
  })

  test('without notify and webhooks writes no events, and has none', async () => {
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read:orders'],
    })
    await expect(gate.events.run()).rejects.toMatchObject({ code: 'not_supported' })
    await gate.close()
  })
})
