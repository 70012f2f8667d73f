import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, createMemoryLimitStore, type AuditSink } from 'sallyport'

/** As in src/audit and src/events: for a sink to answer, and for deliveries in progress. */
const LONGEST_MS = 5_000

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] })
})
afterEach(() => {
  jest.useRealTimers()
})

type Fail = () => never

function failing(message: string): Fail {
  return () => {
    throw new Error(message)
  }
}

/** A gate whose parts fail to close, each with what it is given. */
async function open(parts: {
  readonly limits?: () => void
  readonly feed?: () => void
  readonly sinks?: readonly AuditSink[]
}) {
  const { limits = () => undefined, feed = () => undefined, sinks = [] } = parts
  const gate = createGate({
    ...{ environment: 'live', scopes: [], onError: () => undefined },
    keys: {
      prefix: 'acme',
      changes: { listen: () => ({ close: feed, catchUp: () => undefined }) },
    },
    plans: { pro: { quota: { limit: 10, window: '1h' } } },
    limits: { defaultPlan: 'pro', store: { ...createMemoryLimitStore(), close: limits } },
    ...(sinks.length > 0 && { audit: { sink: sinks } }),
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.verify(secret)
  return gate
}

async function failureOf(closing: Promise<void>): Promise<unknown> {
  const failure = closing.then(
    () => undefined,
    (error: unknown) => error,
  )
  await jest.advanceTimersByTimeAsync(LONGEST_MS)
  return failure
}

function messagesOf(error: unknown): string[] {
  if (!(error instanceof AggregateError)) throw new TypeError('It is no AggregateError.')
  return error.errors.map((one) => (one instanceof Error ? one.message : String(one)))
}

test('closing tells every failure, of whichever part', async () => {
  const closed: string[] = []
  const sink: AuditSink = { write: () => undefined, close: () => void closed.push('sink') }
  const broken: AuditSink = { write: () => undefined, close: failing('the sink') }
  const gate = await open({
    limits: failing('the limits'),
    feed: failing('the feed'),
    sinks: [broken, sink, { ...broken, close: failing('another sink') }],
  })
  const error = await failureOf(gate.close())
  expect(messagesOf(error).sort()).toEqual(['another sink', 'the feed', 'the limits', 'the sink'])
  expect(String(error)).toContain('the limits')
  expect(closed).toEqual(['sink'])
})

test('closing tells one failure as it is, also where it has several causes itself', async () => {
  const one = new AggregateError([new Error('::1'), new Error('127.0.0.1')], 'no connection')
  const throwing = () => {
    throw one
  }
  await expect(failureOf((await open({ limits: throwing })).close())).resolves.toBe(one)
  const both = await failureOf(
    (await open({ limits: throwing, feed: failing('the feed') })).close(),
  )
  expect(messagesOf(both).sort()).toEqual(['no connection', 'the feed'])
})

test('a sink that cannot be closed does not hide why records were not written', async () => {
  const sink: AuditSink = {
    state: () => ({ heads: [], torn: [] }),
    write: () => new Promise(() => undefined),
    close: failing('cannot be closed'),
  }
  const gate = await open({ sinks: [sink] })
  const messages = messagesOf(await failureOf(gate.close()))
  expect(messages).toHaveLength(2)
  expect(messages).toContain('cannot be closed')
})

test('deliveries in progress are all let go of when the gate is closed', async () => {
  const { outbox, ...store } = createMemoryKeyStore()
  if (outbox === undefined) throw new TypeError('It keeps no events.')
  const claimed: string[] = []
  const released: string[] = []
  const claim: typeof outbox.claim = (asked) => {
    claimed.push(asked.holder)
    return outbox.claim(asked)
  }
  const release: typeof outbox.release = (holder) => {
    released.push(holder)
    throw new Error(`not ${String(released.length)}`)
  }
  const never = () => new Promise<never>(() => undefined)
  const gate = createGate({
    ...{ environment: 'live', scopes: [], onError: () => undefined },
    keys: { prefix: 'acme', store: { ...store, outbox: { ...outbox, claim, release } } },
    notify: never,
    webhooks: { targets: [{ name: 'hook', wants: () => true, limitMs: 1_000, send: never }] },
  })
  await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  void gate.events.run().catch(() => undefined)
  await jest.advanceTimersByTimeAsync(0)
  expect(messagesOf(await failureOf(gate.close()))).toEqual(['not 1', 'not 2'])
  expect(released).toEqual(claimed)
})
