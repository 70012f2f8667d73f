import { afterAll, describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, SallyportError, type GateOptions } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { createTestGate } from 'sallyport/testing'

const access = createAccess({
  ...{ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() },
  terms: { baa: { version: '1', text: 'BAA' } },
})
const options: GateOptions = {
  ...{ environment: 'live', scopes: ['read:orders'] },
  ...{ plans: { free: { quota: { limit: 10, window: '1h' } } }, limits: { defaultPlan: 'free' } },
  keys: { prefix: 'acme', store: createMemoryKeyStore() },
  audit: { sink: Object.assign({ write: () => undefined }, { lines: () => [] }) },
  tokens: { issuer: 'https://api.example.com' },
  onError: () => undefined,
}
const gate = createGate({ ...options, access, notify: () => undefined, reminders: {} })
const bare = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
const ann = { subject: 'user_1', name: 'Ann', ownerId: 'org_1' }
const tested = createTestGate({ environment: 'live', scopes: ['read:orders'] })

afterAll(() => Promise.all([gate.close(), bare.close(), tested.close()]))

/** What adapters mount and a gate asks, and no app calls. */
const INNER = new Set(['endpoints', 'admitKey', 'changedTerms', 'unreadableTerms', 'attach'])

/** All that a caller from JavaScript may leave out, or take for something else. */
const GIVEN = [[], [undefined], [null], [42], [{}], [[]], ['x'], ['x', null], [{}, 42]]

/** What is complete without an argument, or with one alone. */
const COMPLETE = [
  ...['describe', 'requirement', 'close', 'verify', 'flush', 'query', 'run', 'remind', 'list'],
  ...['retry', 'keyFor', 'clock', 'findBySecret'],
  ...['due', 'failed', 'approved', 'accepted'],
]
const OF_TESTS = ['signInAs', 'tokenFor', 'reset', 'lastDenial']

type Call = (...given: readonly unknown[]) => unknown

/** Every method of an object, and of the objects in it, by its whole name. */
function methodsOf(name: string, object: object): [string, Call][] {
  return Object.entries(object).flatMap(([member, value]: [string, unknown]) => {
    const whole = `${name}.${member}`
    if (INNER.has(member) || member === 'close') return []
    if (typeof value === 'function') return [[whole, value as Call]]
    return typeof value === 'object' && value !== null ? methodsOf(whole, value) : []
  })
}

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    const returned = await call()
    if (typeof (Object(returned) as Partial<AsyncGenerator>)[Symbol.asyncIterator] !== 'function')
      return undefined
    await (returned as AsyncGenerator).next()
    return undefined
  } catch (error) {
    return error
  }
}

const ALL = [
  ...methodsOf('gate', gate),
  ...methodsOf('bare', bare),
  ...methodsOf('operator', gate.as(ann)),
  ...methodsOf('held', gate.as({ ...ann, scopes: ['read:orders'] })),
  ...methodsOf('access', access),
  ...methodsOf('test gate', tested),
]

describe('every method tells of a wrong argument in words:', () => {
  test('all are found', () => {
    const names = ALL.map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining(['gate.check', 'held.audit.query', 'access.of']))
    expect(names.length).toBeGreaterThan(90)
  })

  test.each(ALL)('%s', async (_name, call) => {
    for (const given of GIVEN) {
      const error = await errorOf(() => call(...given))
      if (error === undefined) continue
      expect([given, error, error instanceof SallyportError]).toEqual([given, error, true])
      expect((error as SallyportError).code).toMatch(/^[a-z_]+$/)
    }
  })

  test.each(
    ALL.filter(([name]) => ![...COMPLETE, ...OF_TESTS].includes(name.split('.').at(-1) ?? '')),
  )('%s without an argument: says what to write', async (_name, call) => {
    const error = await errorOf(() => call())
    expect(error).toBeInstanceOf(SallyportError)
    const { code, message } = error as SallyportError
    // A credential that is missing is denied: it is a client that has not sent it.
    if (!['not_supported', 'missing_credentials', 'invalid_client'].includes(code))
      expect(message).toMatch(/\bwrite |such as /)
  })
})
