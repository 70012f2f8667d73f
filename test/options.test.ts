import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError, nestedErrors } from 'sallyport'

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

const key = (fields: object) => ({ ...GOOD, keys: { prefix: 'acme', ...fields } })

describe('createGate says what is wrong and what to write:', () => {
  test.each<[unknown, string]>([
    [undefined, 'must be an object'],
    [{}, "'environment' must be a name such as 'live', or a list of names"],
    [{ ...GOOD, environment: [] }, "'environment' must name at least one environment"],
    [
      { ...GOOD, environment: 'Live' },
      "'environment' must be lower-case letters and digits, such as 'live'",
    ],
    [{ ...GOOD, keys: {} }, "'keys.prefix' must be given, such as 'acme'"],
    [
      { ...GOOD, keys: { prefix: 'A_' } },
      "'keys.prefix' must be 2 to 16 lower-case letters and digits, a letter first",
    ],
    [key({ peppers: ['short'] }), "'keys.peppers.0' must have at least 32 characters"],
    [key({ store: {} }), "'keys.store' must be a KeyStore, such as createMemoryKeyStore()"],
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
      "'trustProxy' must list the proxies' addresses, such as ['10.0.0.0/8']",
    ],
    [
      { ...GOOD, trustProxy: ['10.0.0.0/33'] },
      "'trustProxy.0' must be an IP address or a CIDR network, such as '10.0.0.0/8'",
    ],
    [{ ...GOOD, errors: {} }, "'errors' must be an error format, such as problemDetails()"],
    [{ ...GOOD, deny: 'throw' }, "'deny' must be 'respond' or 'next'"],
    [{ ...GOOD, realm: 'a\nb' }, "'realm' must be 1 to 64 printable ASCII characters"],
    [
      { ...GOOD, clock: 0 },
      "'clock' must be a function that returns milliseconds, such as Date.now",
    ],
    [{ ...GOOD, onError: 0 }, "'onError' must be a function"],
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
      "'keys.zzzzzzzz' is not known; known are prefix, peppers, store, changes, rotateAfter",
    ],
  ])('%j', (options, message) => {
    expect(mistake(() => createGate(options as never))).toEqual([
      'unknown_option',
      `createGate: ${message}`,
    ])
  })
})

test.each<[unknown, string, string]>([
  [null, 'invalid_option', "demand: must be an object, such as { scopes: ['read:orders'] }"],
  [
    { scopes: 'read:orders' },
    'invalid_option',
    "demand: 'scopes' must be a list, such as ['read:orders']",
  ],
  [{ scope: [] }, 'unknown_option', "demand: 'scope' is not known; did you mean 'scopes'?"],
  [
    { scopes: ['read:order'] },
    'unknown_scope',
    "demand: 'read:order' is not in the catalogue; did you mean 'read:orders'?",
  ],
])('a demand %j is refused at start-up', (demand, code, message) => {
  expect(mistake(() => createGate(GOOD).demand(demand as never))).toEqual([code, message])
})

test('an error format names the word that means nothing', () => {
  const words = { missing_credential: { code: 'x' } }
  expect(mistake(() => nestedErrors({ words: words as never }))).toEqual([
    'unknown_reason',
    "words: 'missing_credential' is no reason and no status; did you mean 'missing_credentials'?",
  ])
})

test('options are not touched, and a gate cannot be', () => {
  const options = Object.freeze({ ...GOOD, trustProxy: Object.freeze(['10.0.0.0/8']) })
  expect(Object.isFrozen(createGate(options))).toBe(true)
})

test('what is wrong is told without the value: it may be a secret', () => {
  expect(String(mistake(() => createGate(key({ peppers: ['hunter2'] }) as never)))).not.toContain(
    'hunter2',
  )
})
