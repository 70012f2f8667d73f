import { randomUUID } from 'node:crypto'
import { expect, test } from '@jest/globals'
import {
  createMemoryReplayStore,
  DiagnosisError,
  type ReplayStore,
  type ServiceAccount,
} from 'sallyport'
import { keptSink } from '../audit/gates.js'
import { createPair, NOW, signText, type Pair } from '../jwt/issuer.js'
import { ISSUER, openIssuer, type OpenOptions } from './http/api.js'

const pair = createPair('ES256', 'importer-1')
const ACCOUNT: ServiceAccount = {
  ...{ id: 'svc_importer', ownerId: 'org_1', scopes: ['read:orders'] },
  jwks: { keys: [pair.jwk] },
}
const OTHERS = 'https://other.example.com'

/** A token endpoint, which accounts it has looked for, and with what status and reason it has answered. */
function openEndpoint(
  replayStore: ReplayStore = createMemoryReplayStore(() => NOW * 1_000),
  options: Partial<OpenOptions> = {},
) {
  const asked: string[] = []
  const sink = keptSink()
  const { gate, time } = openIssuer({
    ...options,
    audit: { sink },
    issuing: {
      serviceAccounts: (id) => {
        asked.push(id)
        return id === ACCOUNT.id ? ACCOUNT : undefined
      },
      replayStore,
    },
  })
  const present = async (assertion: string, more: object = {}) => {
    const { status } = await gate.endpoints.token()({
      ...{ target: '', stream: [] as never },
      parsed: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion, ...more },
      request: {
        ...{ method: 'POST', url: '/token', rawHeaders: [] },
        peer: { encrypted: true, address: '203.0.113.1' },
      },
    })
    await gate.audit.flush()
    const record = sink.records('access').at(-1)
    return [status, record !== undefined && 'reason' in record ? record.reason : undefined]
  }
  return { asked, present, time }
}

function assertionOf(claims: object = {}, header: object = {}, by: Pair = pair): Promise<string> {
  const { id } = ACCOUNT
  const own = { iss: id, sub: id, aud: ISSUER, jti: randomUUID(), iat: NOW, exp: NOW + 300 }
  return signText(JSON.stringify({ ...own, ...claims }), by, { typ: undefined, ...header })
}

test.each<[string, object, object]>([
  ['without a type', {}, {}],
  ['of type JWT', {}, { typ: 'JWT' }],
  ['of the full type', {}, { typ: 'application/JWT' }],
  ['for one in a list', { aud: [ISSUER] }, {}],
  ['without iat, of 5 minutes', { iat: undefined }, {}],
  ['with an id of 256 bytes', { jti: 'x'.repeat(256) }, {}],
  ['as late as clocks may be apart', { iat: NOW - 300, exp: NOW - 29 }, {}],
  ['as early as clocks may be apart', { iat: NOW + 30, nbf: NOW + 30, exp: NOW + 330 }, {}],
])('RFC 7523 section 3: an assertion %s is taken, once', async (_, claims, header) => {
  const { present } = openEndpoint()
  const assertion = await assertionOf(claims, header)
  expect(await present(assertion)).toEqual([200, undefined])
  expect(await present(assertion)).toEqual([400, 'token_invalid'])
})

test.each<[string, object, object, string]>([
  ['of another type', {}, { typ: 'at+jwt' }, 'token_invalid'],
  ['of an empty type', {}, { typ: '' }, 'token_invalid'],
  ['of an id that no account has', { iss: '../svc', sub: '../svc' }, {}, 'token_invalid'],
  ['about somebody else', { sub: 'svc_other' }, {}, 'token_invalid'],
  ['for somebody else', { aud: OTHERS }, {}, 'token_invalid'],
  ['for several', { aud: [ISSUER, OTHERS] }, {}, 'token_invalid'],
  ['that has ended', { iat: NOW - 300, exp: NOW - 30 }, {}, 'token_expired'],
  ['of more than 5 minutes', { exp: NOW + 301 }, {}, 'token_invalid'],
  ['that begins later', { nbf: NOW + 31 }, {}, 'token_invalid'],
  ['that could be used again', { jti: undefined }, {}, 'token_invalid'],
  ['with an id of 257 bytes', { jti: 'x'.repeat(257) }, {}, 'token_invalid'],
  ['signed with a secret', {}, { alg: 'HS256' }, 'token_invalid'],
])(
  'RFC 7523 section 3: nobody is asked about an assertion %s',
  async (_, claims, header, reason) => {
    const { asked, present } = openEndpoint()
    const by = 'alg' in header ? { ...pair, privateKey: Buffer.alloc(32) as never } : pair
    expect(await present(await assertionOf(claims, header, by))).toEqual([400, reason])
    expect(asked).toEqual([])
  },
)

test.each(['assertion', 'a.b.c', '..'])('what is no assertion is malformed: %s', async (text) => {
  const { asked, present } = openEndpoint()
  expect(await present(text)).toEqual([400, 'token_malformed'])
  expect(asked).toEqual([])
})

test('an account that is not there, and a key that is not its own', async () => {
  const { asked, present } = openEndpoint()
  const other = await assertionOf({ iss: 'svc_other', sub: 'svc_other' })
  expect(await present(other)).toEqual([400, 'unknown_key'])
  const stranger = createPair('ES256', 'importer-1')
  const jti = randomUUID()
  const forged = await assertionOf({ jti }, {}, stranger)
  expect(await present(forged)).toEqual([400, 'token_invalid'])
  expect(asked).toEqual(['svc_other', ACCOUNT.id])
  // It has not used up the id.
  expect(await present(await assertionOf({ jti }))).toEqual([200, undefined])
})

test('a store of used assertions is told of one that is good, whose it is, and for how long', async () => {
  const told: unknown[][] = []
  const { present, time } = openEndpoint({
    addIfAbsent: (...given) => {
      told.push(given.slice(1))
      return true
    },
  })
  await present(await assertionOf({ aud: OTHERS }))
  time.now += 10_000
  await present(await assertionOf())
  const until = (NOW + 330) * 1_000
  expect(told).toEqual([[until, { forMs: 320_000, ownerId: 'org_1' }]])
})

test('used assertions are told apart by what they are called', async () => {
  const names: string[] = []
  const { present } = openEndpoint({ addIfAbsent: (name) => names.push(name) > 0 })
  for (const jti of ['a', 'b', 'a']) await present(await assertionOf({ jti }))
  const [first, second, third] = names
  expect([second === first, third === first]).toEqual([false, true])
})

test('nobody is asked about the fifth id that a source may have guessed', async () => {
  const { asked, present } = openEndpoint(undefined, { bruteForce: true })
  const statuses: unknown[] = []
  for (const id of ['svc_1', 'svc_2', 'svc_3', 'svc_4', 'svc_5']) {
    statuses.push((await present(await assertionOf({ iss: id, sub: id })))[0])
  }
  expect(statuses).toEqual([400, 400, 400, 400, 429])
  expect(asked).toEqual(['svc_1', 'svc_2', 'svc_3', 'svc_4'])
})

const OWN = `'${ACCOUNT.id}'`
const GUESSED = '(signature not verified)'

test.each<[string, object, object, string]>([
  [
    'an id that no account has',
    { iss: '../svc', sub: '../svc' },
    {},
    `iss is '../svc' ${GUESSED}; expected the id of a service account`,
  ],
  [
    'another type',
    {},
    { typ: 'at+jwt' },
    `typ is 'at+jwt' ${GUESSED}; expected 'jwt' or 'application/jwt' or nothing`,
  ],
  [
    'an algorithm with a secret',
    {},
    { alg: 'HS256' },
    `alg is 'HS256' ${GUESSED}; expected 'RS256' or`,
  ],
  [
    'about somebody else',
    { sub: 'svc_other' },
    {},
    `sub is 'svc_other' ${GUESSED}; expected ${OWN}.`,
  ],
  ['no id', { jti: undefined }, {}, `jti is nothing ${GUESSED}; expected a text`],
  [
    'for several',
    { aud: [ISSUER, OTHERS] },
    {},
    `aud is ["${ISSUER}","${OTHERS}"] ${GUESSED}; expected '${ISSUER}'`,
  ],
  ['for somebody else', { aud: OTHERS }, {}, `aud is '${OTHERS}' ${GUESSED}; expected '${ISSUER}'`],
  [
    'of no account',
    { iss: 'svc_other', sub: 'svc_other' },
    {},
    `account is 'svc_other' ${GUESSED}; expected a service account of this gate`,
  ],
  [
    'signed by somebody else',
    {},
    {},
    `signature is one that none of them has made, by alg ES256 ${GUESSED}; expected a signature by one of 1 keys`,
  ],
])(
  'the operator is told what is wrong with an assertion, and of no option: %s',
  async (name, claims, header, cause) => {
    const told: unknown[] = []
    const { present } = openEndpoint(undefined, { onError: (error) => told.push(error) })
    const keys = 'alg' in header ? { ...pair, privateKey: Buffer.alloc(32) as never } : pair
    const by = name.startsWith('signed') ? createPair('ES256', pair.kid) : keys
    await present(await assertionOf(claims, header, by))
    expect(told).toEqual([expect.any(DiagnosisError)])
    const { message } = told[0] as DiagnosisError
    expect(message).toContain(`: ${cause}`)
    // One sentence, and no advice after it.
    expect(message).toMatch(/; expected [^.]*(?:api\.example\.com'|[^.])\.$/)
  },
)

test('the operator is told that an assertion was used before', async () => {
  const told: unknown[] = []
  const { present } = openEndpoint(undefined, { onError: (error) => told.push(error) })
  const assertion = await assertionOf({ jti: 'one' })
  await present(assertion)
  expect(told).toEqual([])
  await present(assertion)
  expect(told).toMatchObject([
    { cause: { check: 'replay', expected: "a 'jti' that was not used before", got: "'one'" } },
  ])
})

test.each<[string, object, Partial<OpenOptions>, unknown[]]>([
  ['a scope that the account lacks', { scope: 'write:orders' }, {}, [400, 'insufficient_scope']],
  [
    'a limit',
    {},
    {
      plans: { narrow: { quota: { limit: 1, window: '1h' } } },
      limits: { defaultPlan: 'narrow' },
    },
    [429, 'quota_exceeded'],
  ],
])('an assertion that is refused for %s can be sent again', async (_, more, options, refused) => {
  const names: string[] = []
  const { present, time } = openEndpoint(
    {
      addIfAbsent: (name) => {
        names.push(name)
        return true
      },
    },
    options,
  )
  if ('plans' in options) await present(await assertionOf())
  const before = names.length
  const claims = { iat: NOW, exp: NOW + 300 }
  const assertion = await assertionOf(claims)
  expect(await present(assertion, more)).toEqual(refused)
  expect(names).toHaveLength(before)
  if ('plans' in options) return
  time.now += 1_000
  expect(await present(assertion)).toEqual([200, undefined])
})

test('an assertion that was used counts once more against the limits of its account, and not again', async () => {
  const { present } = openEndpoint(undefined, {
    plans: { narrow: { quota: { limit: 3, window: '1h' } } },
    limits: { defaultPlan: 'narrow' },
  })
  const assertion = await assertionOf()
  expect(await present(assertion)).toEqual([200, undefined])
  for (let n = 0; n < 3; n += 1) expect(await present(assertion)).toEqual([400, 'token_invalid'])
  expect(await present(await assertionOf())).toEqual([200, undefined])
})
