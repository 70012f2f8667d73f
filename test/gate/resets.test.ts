import { afterEach, describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  MisuseError,
  StoreError,
  type KeyStore,
  type ResetOptions,
  type ResetRun,
} from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createTestClock, type TestClock } from 'sallyport/testing'
import { createSchema, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Given {
  readonly store?: KeyStore
  readonly time?: TestClock
  readonly reset?: Partial<ResetOptions>
  readonly errors?: unknown[]
}

function open(run: ResetOptions['run'], given: Given = {}) {
  const { store = createMemoryKeyStore(), time = createTestClock(), reset, errors = [] } = given
  const gate = createGate({
    environment: {
      live: { hosts: ['api.acme.example'] },
      sandbox: {
        hosts: ['api-sandbox.acme.example'],
        reset: { every: 'day', at: '03:00Z', run, ...reset },
      },
    },
    keys: { prefix: 'acme', store },
    scopes: [],
    clock: time.clock,
    onError: (error) => errors.push(error),
  })
  closing.push(() => gate.close())
  return gate
}

/** The sandbox of an app: one for all its instances. */
function sandbox() {
  const records = new Set(['rec_1'])
  const runs: ResetRun[] = []
  const run = (asked: ResetRun) => {
    runs.push(asked)
    records.clear()
    records.add('rec_1')
  }
  return { records, runs, run }
}

/** A busy machine may not answer in time. */
async function patiently<T>(call: () => Promise<T>, tries = 20): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof StoreError) || tries === 0) throw error
    return patiently(call, tries - 1)
  }
}

/** Two instances from one midnight on: 3 o'clock comes, and comes again. */
async function live(stores: readonly [KeyStore, KeyStore]): Promise<void> {
  const time = createTestClock()
  const { records, runs, run } = sandbox()
  const gates = stores.map((store) => open(run, { store, time }))
  const [gate] = gates
  if (gate === undefined) throw new Error('no gate')
  const key = await patiently(() =>
    gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'sandbox' }),
  )
  // It may be the timer of an instance that has done it by now.
  const look = async () => {
    await Promise.all(gates.map((each) => patiently(() => each.resets.run())))
    return runs.length
  }
  records.add('rec_2')
  expect(await look()).toBe(0)
  time.advance('2h')
  expect(await look()).toBe(0)
  expect([...records]).toEqual(['rec_1', 'rec_2'])
  time.advance('1h')
  expect(await look()).toBe(1)
  expect([...records]).toEqual(['rec_1'])
  expect(runs.map(({ environment, dueAt }) => [environment, dueAt.toISOString()])).toEqual([
    ['sandbox', '2030-01-01T03:00:00.000Z'],
  ])
  // All day, however often they look.
  for (let hour = 0; hour < 23; hour++) {
    time.advance('1h')
    expect(await look()).toBe(1)
  }
  time.advance('1h')
  expect(await look()).toBe(2)
  expect(await look()).toBe(2)
  // Keys stay, and an instance that has not done it knows when it was done.
  expect((await patiently(() => gate.keys.get(key.id)))?.state).toBe('active')
  for (const each of gates) {
    const [ofLive, ofSandbox] = each.describe().environments
    expect(ofLive?.reset).toBeUndefined()
    expect(ofSandbox?.reset).toEqual({
      ...{ every: 'day', at: '03:00Z' },
      ...{ last: new Date('2030-01-02T03:00Z'), next: new Date('2030-01-03T03:00Z') },
    })
  }
}

test('the data of a sandbox is reset once a day by one of two instances, and its keys stay', async () => {
  const store = createMemoryKeyStore()
  await live([store, store])
})

test('in SQLite, too', async () => {
  const store = await openSqliteKeyStore(':memory:')
  closing.push(() => {
    store.close()
  })
  await live([store, store])
})

describeWith(databaseUrl, 'in PostgreSQL', (url) => {
  test('two instances reset once a day', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    const pool = await openIn(schema)
    closing.push(() => pool.end())
    const stores = [createPostgresKeyStore(pool), createPostgresKeyStore(pool)] as const
    await stores[0].migrate()
    await live(stores)
  })
})

test('what nobody was there for is done later, once', async () => {
  const [time, store] = [createTestClock(), createMemoryKeyStore()]
  const { runs, run } = sandbox()
  await open(run, { store, time }).resets.run()
  time.advance('100h')
  const next = open(run, { store, time })
  expect(await next.resets.run()).toEqual(['sandbox'])
  expect(await next.resets.run()).toEqual([])
  expect(runs).toHaveLength(1)
})

test('a reset that fails is tried again after a minute, and nobody else tries before', async () => {
  const [time, store, errors] = [createTestClock(), createMemoryKeyStore(), [] as unknown[]]
  let failures = 2
  const run = () => {
    if (failures-- > 0) throw new Error('The sandbox is busy.')
  }
  const [gate, other] = [open(run, { store, time, errors }), open(run, { store, time, errors })]
  await gate.resets.run()
  time.advance('1d')
  expect(await gate.resets.run()).toEqual([])
  expect(errors).toEqual([new Error('The sandbox is busy.')])
  time.advance('59s')
  expect([await gate.resets.run(), await other.resets.run()]).toEqual([[], []])
  expect(failures).toBe(1)
  time.advance('1s')
  expect(await other.resets.run()).toEqual([])
  time.advance('1m')
  expect(await gate.resets.run()).toEqual(['sandbox'])
})

test('a gate that is closed tells the reset to stop, and another does it', async () => {
  const [time, store] = [createTestClock(), createMemoryKeyStore()]
  let isRunning: (() => void) | undefined
  const begun = new Promise<void>((resolve) => (isRunning = resolve))
  const stuck = open(
    ({ signal }) =>
      new Promise((_, reject) => {
        isRunning?.()
        signal.addEventListener('abort', () => {
          reject(new Error('stopped'))
        })
      }),
    { store, time },
  )
  await stuck.resets.run()
  time.advance('1d')
  const running = stuck.resets.run()
  await begun
  await stuck.close()
  expect(await running).toEqual([])
  const { runs, run } = sandbox()
  time.advance('1m')
  expect(await open(run, { store, time }).resets.run()).toEqual(['sandbox'])
  expect(runs).toHaveLength(1)
})

describe('looks by itself', () => {
  afterEach(() => {
    jest.useRealTimers()
  })

  /** Two environments that are reset at one time, each by its own function. */
  function openTwo(runs: Readonly<Record<'demo' | 'sandbox', ResetOptions['run']>>, given: Given) {
    const { time = createTestClock(), store = createMemoryKeyStore(), errors = [] } = given
    const environmentOf = (name: 'demo' | 'sandbox') => ({
      hosts: [`${name}.acme.example`],
      reset: { every: 'day', at: '03:00Z', run: runs[name] } as const,
    })
    const gate = createGate({
      environment: { demo: environmentOf('demo'), sandbox: environmentOf('sandbox') },
      keys: { prefix: 'acme', store },
      scopes: [],
      clock: time.clock,
      onError: (error) => errors.push(error),
    })
    closing.push(() => gate.close())
  }

  test('one that goes on for long holds up no other', async () => {
    jest.useFakeTimers()
    const time = createTestClock()
    const done: string[] = []
    let isBusy = false
    const end = { of: () => undefined as unknown }
    const demo = () =>
      new Promise<void>((resolve) => {
        isBusy = true
        end.of = resolve
      })
    let failures = 1
    const run = () => {
      if (failures-- > 0) throw new Error('The sandbox is busy.')
      done.push('sandbox')
    }
    openTwo({ demo, sandbox: run }, { time })
    await jest.advanceTimersByTimeAsync(1_000)
    time.advance('1d')
    await jest.advanceTimersByTimeAsync(15_000)
    expect([isBusy, done]).toEqual([true, []])
    time.advance('1m')
    await jest.advanceTimersByTimeAsync(15_000)
    expect(done).toEqual(['sandbox'])
    end.of()
  })

  test('a store that did not answer once is asked again', async () => {
    jest.useFakeTimers()
    const [time, errors, store] = [createTestClock(), [] as unknown[], createMemoryKeyStore()]
    const { jobs } = store
    if (jobs === undefined) throw new Error('It has jobs.')
    let calls = 0
    const claim: typeof jobs.claim = (asked) =>
      asked.name.endsWith('demo') && ++calls === 2
        ? new Promise(() => undefined)
        : jobs.claim(asked)
    const done: string[] = []
    openTwo(
      { demo: () => done.push('demo'), sandbox: () => done.push('sandbox') },
      { time, errors, store: { ...store, jobs: { ...jobs, claim } } },
    )
    await jest.advanceTimersByTimeAsync(1_000)
    time.advance('1d')
    await jest.advanceTimersByTimeAsync(15_000)
    expect(done).toEqual(['sandbox'])
    await jest.advanceTimersByTimeAsync(25_000)
    expect([done, errors]).toEqual([['sandbox', 'demo'], [expect.any(StoreError)]])
  })
})

test('two APIs with one store reset their own', async () => {
  const [time, store] = [createTestClock(), createMemoryKeyStore()]
  const { runs, run } = sandbox()
  const reset = { every: 'day', at: '03:00Z', run } as const
  const gates = ['acme', 'other'].map((prefix) =>
    createGate({
      ...{ environment: { test: { reset } }, keys: { prefix, store }, scopes: [] },
      clock: time.clock,
    }),
  )
  for (const gate of gates) await gate.resets.run()
  time.advance('1d')
  for (const gate of gates) expect(await gate.resets.run()).toEqual(['test'])
  expect(runs).toHaveLength(2)
  for (const gate of gates) await gate.close()
})

describe('the header', () => {
  async function headersOf(environment: string, host: string, reset?: Partial<ResetOptions>) {
    const gate = open(() => undefined, { reset: reset ?? {} })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment })
    const rawHeaders = ['Authorization', `Bearer ${secret}`, 'Host', host]
    const peer = { address: '203.0.113.9', encrypted: true }
    const decision = await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
    expect(decision.allowed).toBe(true)
    return decision.headers
  }
  const header = 'X-Sandbox-Reset'

  test('tells callers of the environment when the next reset is', async () => {
    const headers = await headersOf('sandbox', 'api-sandbox.acme.example', { header })
    expect(headers['x-sandbox-reset']).toBe('2030-01-01T03:00:00.000Z')
  })
  test('is the one that was judged, also where the option answers otherwise later', async () => {
    let reads = 0
    const reset = {
      get header() {
        return reads++ === 0 ? header : 'Set-Cookie'
      },
    }
    const run = () => undefined
    const gate = createGate({
      environment: {
        test: { reset: Object.assign(reset, { every: 'day', at: '03:00Z', run } as const) },
      },
      ...{ keys: { prefix: 'acme' }, scopes: [] },
    })
    closing.push(() => gate.close())
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const rawHeaders = ['Authorization', `Bearer ${secret}`]
    const peer = { address: '203.0.113.9', encrypted: true }
    const { headers } = await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
    expect(Object.keys(headers)).toContain('x-sandbox-reset')
    expect(headers).not.toHaveProperty('set-cookie')
  })
  test('tells nobody else, and nobody without the option', async () => {
    const live = await headersOf('live', 'api.acme.example', { header })
    const without = await headersOf('sandbox', 'api-sandbox.acme.example')
    expect([live, without].map((one) => 'x-sandbox-reset' in one)).toEqual([false, false])
  })
})

describe('what is wrong is refused at start-up', () => {
  test.each<[object, string]>([
    [{ at: '3:00' }, "'environment.sandbox.reset.at' must be a time in UTC such as '03:00Z'"],
    [{ at: '24:00Z' }, "'environment.sandbox.reset.at' must be a time in UTC such as '03:00Z'"],
    [{ every: 'hour' }, "'environment.sandbox.reset.every' must be 'day'"],
    [{ run: 'wipe' }, "'environment.sandbox.reset.run' must be a function"],
    [
      { header: 'Set-Cookie' },
      "'environment.sandbox.reset.header' must be a header name that begins with x-, such as 'x-sandbox-reset'",
    ],
    [
      { when: 1 },
      "'environment.sandbox.reset': 'when' is not known; known are every, at, run, header",
    ],
  ])('%j', (reset, message) => {
    const make = () => open(() => undefined, { reset })
    expect(make).toThrow(MisuseError)
    expect(make).toThrow(`createGate: ${message}`)
  })

  test('a store without jobs', () => {
    const { jobs: _, ...store } = createMemoryKeyStore()
    expect(() => open(() => undefined, { store })).toThrow(
      "createGate: 'environment.sandbox.reset' needs a key store with jobs",
    )
  })
})
