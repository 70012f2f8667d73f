import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  flatErrors,
  MisuseError,
  nestedErrors,
  problemDetails,
} from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { checkOptions } from '../../src/gate/check-options.js'

const GOOD = { environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] } as const

/** The mistake that a call makes known. */
function mistake(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    if (error instanceof MisuseError) return [error.code, error.message]
    throw error
  }
  return 'accepted'
}

const WHOLE =
  "must be given an object, such as { environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] }"

const key = (fields: object) => ({ ...GOOD, keys: { prefix: 'acme', ...fields } })

describe('createGate says what is wrong and what to write:', () => {
  test.each<[unknown, string]>([
    [undefined, WHOLE],
    [null, WHOLE],
    [[], WHOLE],
    [{ ...GOOD, keys: undefined }, "'keys' must be given, such as { prefix: 'acme' }"],
    [
      {},
      "'environment' must be a name such as 'live', a list of names, or an object of names with options",
    ],
    [{ ...GOOD, environment: [] }, "'environment' must name at least one environment"],
    [
      { ...GOOD, environment: 'Live' },
      "'environment' must be lower-case letters and digits, such as 'live'",
    ],
    [{ ...GOOD, limits: [] }, "'limits' must be an object, such as { defaultPlan: 'free' }"],
    [{ ...GOOD, keys: {} }, "'keys.prefix' must be given, such as 'acme'"],
    [
      { ...GOOD, keys: { prefix: 'A_' } },
      "'keys.prefix' must be 2 to 16 lower-case letters and digits, a letter first, such as 'acme'",
    ],
    [key({ peppers: ['short'] }), "'keys.peppers.0' must have at least 32 characters"],
    [key({ store: {} }), "'keys.store' must be a KeyStore, such as createMemoryKeyStore()"],
    [
      key({ store: Promise.resolve(createMemoryKeyStore()) }),
      "'keys.store' must be a KeyStore, such as createMemoryKeyStore(); it is a promise: await it",
    ],
    [{ ...GOOD, scopes: ['a b'] }, "'scopes.0' must be visible ASCII without quote or backslash"],
    [{ ...GOOD, scopes: { a: 10 } }, "'scopes.a' must be at most 9"],
    [
      { ...GOOD, credentials: { header: 'authorization' } },
      "'credentials.header' is taken by HTTP itself; choose another",
    ],
    [
      { ...GOOD, credentials: { bearer: false, header: false } },
      "'credentials' leaves no place for a key; allow bearer or name a header",
    ],
    [{ ...GOOD, minTlsVersion: 'TLSv1' }, "'minTlsVersion' must be 'TLSv1.2' or 'TLSv1.3'"],
    [
      { ...GOOD, trustProxy: true },
      "'trustProxy' must list your proxies, such as ['10.0.0.0/8'], ['loopback'], ['uniquelocal'] or ['unix'], or count them, such as { hops: 1 }: see docs/proxies.md. Who is trusted here can write any client address",
    ],
    [
      { ...GOOD, trustProxy: ['10.0.0.0/33'] },
      "'trustProxy.0' must be an IP address, a CIDR network such as '10.0.0.0/8', 'loopback', 'linklocal', 'uniquelocal' or 'unix'",
    ],
    [
      { ...GOOD, errorFormat: {} },
      "'errorFormat' must be an error format, such as problemDetails()",
    ],
    [{ ...GOOD, onDenied: 'throw' }, "'onDenied' must be 'respond' or 'next'"],
    [{ ...GOOD, realm: 'a\nb' }, "'realm' must be 1 to 64 printable ASCII characters"],
    [
      { ...GOOD, clock: 0 },
      "'clock' must be a function that returns milliseconds, such as Date.now",
    ],
    [{ ...GOOD, onError: 0 }, "'onError' must be a function"],
    [
      { ...GOOD, audit: '/var/log/api/audit' },
      "'audit' must be an object, such as { sink: createAuditFiles('/var/log/api/audit') }",
    ],
    [
      { ...GOOD, audit: { sink: '/var/log/api/audit' } },
      "'audit.sink' must be an AuditSink, such as createAuditFiles('/var/log/api/audit') of 'sallyport/file', or an object that has 'write'",
    ],
    [{ ...GOOD, keys: 'acme' }, "'keys' must be an object, such as { prefix: 'acme' }"],
    [{ ...GOOD, limits: 'free' }, "'limits' must be an object, such as { defaultPlan: 'free' }"],
    [
      { ...GOOD, plans: ['free'] },
      "'plans' must be an object, such as { free: { quota: { limit: 1000, window: '1h' } } }",
    ],
    [
      { ...GOOD, credentials: 'x' },
      "'credentials' must be an object, such as { header: 'acme-token' }",
    ],
    [{ ...GOOD, reminders: true }, "'reminders' must be an object, such as {}"],
    [{ ...GOOD, phi: 'synthetic' }, "'phi' must be an object, such as { sandbox: 'synthetic' }"],
    [
      { ...GOOD, tokens: 'x' },
      "'tokens' must be an object, such as { issuer: 'https://api.example.com', signingKeys: [...] }",
    ],
  ])('%j', (options, message) => {
    expect(mistake(() => createGate(options as never))).toEqual([
      'invalid_option',
      `createGate: ${message}`,
    ])
  })

  test.each<[unknown, string]>([
    [{ ...GOOD, enviroment: 'live' }, "'enviroment' is not known; did you mean 'environment'?"],
    [key({ peper: [] }), "'keys.peper' is not known; did you mean 'peppers'?"],
    [
      { ...GOOD, credentials: { headers: 'x' } },
      "'credentials.headers' is not known; did you mean 'header'?",
    ],
    [
      key({ zzzzzzzz: 1 }),
      "'keys.zzzzzzzz' is not known; known are prefix, peppers, store, changes, rotateAfter, legacy",
    ],
    [{ enviroment: 'live' }, "'enviroment' is not known; did you mean 'environment'?"],
    [
      key({ constructor: 'acme' }),
      "'keys.constructor' is not known; known are prefix, peppers, store, changes, rotateAfter, legacy",
    ],
    [{ ...GOOD, keys: { prefx: 'acme' } }, "'keys.prefx' is not known; did you mean 'prefix'?"],
  ])('%j', (options, message) => {
    expect(mistake(() => createGate(options as never))).toEqual([
      'unknown_option',
      `createGate: ${message}`,
    ])
  })
})

test.each<[unknown, string, string]>([
  [null, 'invalid_option', "requirement: must be an object, such as { scopes: ['read:orders'] }"],
  [
    { scopes: 'read:orders' },
    'invalid_option',
    "requirement: 'scopes' must be a list, such as ['read:orders']",
  ],
  [
    ['read:orders'],
    'invalid_option',
    "requirement: must be an object, such as { scopes: ['read:orders'] }",
  ],
  [{ scope: [] }, 'unknown_option', "requirement: 'scope' is not known; did you mean 'scopes'?"],
  [
    { zzzzzz: 1 },
    'unknown_option',
    "requirement: 'zzzzzz' is not known; known are scopes, anyScope, cost, limit, count, resource, tenant, policies, accepts, phi, audit, optional, otherwise, origins, under",
  ],
  [{ undr: '/' }, 'unknown_option', "requirement: 'undr' is not known; did you mean 'under'?"],
  [
    { under: '/v1' },
    'unknown_option',
    "requirement: 'under' is for guards only: guard(gate, { under: '/v1' })",
  ],
  [
    { onDenied: 'next' },
    'unknown_option',
    "requirement: 'onDenied' is an option of createGate, not of a guard",
  ],
  [{ limits: {} }, 'unknown_option', "requirement: 'limits' is not known; did you mean 'limit'?"],
  [
    { scopes: ['read:order'] },
    'unknown_scope',
    "requirement: 'read:order' is not one of the scopes; did you mean 'read:orders'?",
  ],
])('a requirement %j is refused at start-up', (requirement, code, message) => {
  expect(mistake(() => createGate(GOOD).requirement(requirement as never))).toEqual([code, message])
})

describe.each([
  ['nestedErrors', nestedErrors],
  ['flatErrors', flatErrors],
])('%s names what means nothing:', (name, format) => {
  test.each<[unknown, string, string]>([
    [
      { words: { missing_credential: { code: 'x' } } },
      'unknown_reason',
      "words: 'missing_credential' is no reason and no status; did you mean 'missing_credentials'?",
    ],
    [
      { words: { 401: { cod: 'x' } } },
      'unknown_option',
      "words.401: 'cod' is not known; did you mean 'code'?",
    ],
    [
      { docUrl: 'https://acme.example' },
      'unknown_option',
      `${name}: 'docUrl' is not known; did you mean 'docsUrl'?`,
    ],
  ])('%j', (options, code, message) => {
    expect(mistake(() => format(options as never))).toEqual([code, message])
  })
})

test('problemDetails name what means nothing', () => {
  expect(mistake(() => problemDetails({ typebase: 'x' } as never))).toEqual([
    'unknown_option',
    "problemDetails: 'typebase' is not known; did you mean 'typeBase'?",
  ])
})

test.each([
  ['express', onExpress],
  ['koa', onKoa],
] as const)('the adapter for %s says what it must be given', (_, adapter) => {
  const gate = createGate(GOOD)
  const guard: (gate: never, requirement?: never) => unknown = adapter.guard
  const keyEndpoints: (gate: never, requirement: never) => unknown = adapter.keyEndpoints
  const noGate = (name: string) => [
    'invalid_option',
    `${name}: must be given a gate first, as createGate returns it`,
  ]
  for (const given of [undefined, null, GOOD]) {
    expect(mistake(() => guard(given as never))).toEqual(noGate('guard'))
    expect(mistake(() => keyEndpoints(given as never, GOOD as never))).toEqual(
      noGate('keyEndpoints'),
    )
  }
  expect(mistake(() => guard(gate as never, ['read:orders'] as never))).toEqual([
    'invalid_option',
    "requirement: must be an object, such as { scopes: ['read:orders'] }",
  ])
  for (const given of [undefined, {}, { scopes: [] }]) {
    expect(mistake(() => keyEndpoints(gate as never, given as never))).toEqual([
      'invalid_option',
      "keyEndpoints: 'scopes' must name who may manage keys, such as ['manage:keys']; else, every key could",
    ])
  }
  expect(mistake(() => keyEndpoints(gate as never, { scopes: ['read:orders'] } as never))).toBe(
    'accepted',
  )
})

test('scopes have 1 to 128 characters', () => {
  const named = (length: number) =>
    mistake(() => createGate({ ...GOOD, scopes: ['x'.repeat(length)] }))
  const levelled = (length: number) =>
    mistake(() => createGate({ ...GOOD, scopes: { ['x'.repeat(length)]: 1 } }))
  for (const open of [named, levelled]) {
    expect([open(1), open(128)]).toEqual(['accepted', 'accepted'])
    expect([open(0), open(129)]).toEqual(Array(2).fill(['invalid_option', expect.any(String)]))
  }
})

test('the list of environments that is given can change, and the gate does not', async () => {
  const environments = ['live']
  const gate = createGate({ ...GOOD, environment: environments })
  environments.push('test')
  const input = { name: 'CI', ownerId: 'org_1' }
  expect(await gate.keys.create(input)).toMatchObject({ environment: 'live' })
  await expect(gate.keys.create({ ...input, environment: 'test' })).rejects.toThrow(MisuseError)
  expect(Object.isFrozen(checkOptions({ ...GOOD, environment: environments }).environments)).toBe(
    true,
  )
})

test('options are not touched, and a gate cannot be once it is open', async () => {
  const options = Object.freeze({ ...GOOD, trustProxy: Object.freeze(['10.0.0.0/8']) })
  const gate = createGate(options)
  await gate.keys.list()
  expect(Object.isFrozen(gate)).toBe(true)
})

test('what is wrong is told without the value: it may be a secret', () => {
  expect(String(mistake(() => createGate(key({ peppers: ['hunter2'] }) as never)))).not.toContain(
    'hunter2',
  )
})
