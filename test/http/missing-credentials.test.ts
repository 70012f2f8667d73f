import { describe, expect, test } from '@jest/globals'
import { createGate, type GateOptions } from 'sallyport'

const peer = { address: '127.0.0.1', encrypted: true }
const TOKENS = {
  issuers: [{ issuer: 'https://issuer.example/', audience: 'api', algorithms: ['RS256'] as const }],
}

type Options = Partial<GateOptions<'read:orders' | 'write:orders'>>

function open(options: Options) {
  return createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders', 'write:orders'],
    ...options,
  })
}

async function deny(options: Options, rawHeaders: readonly string[] = []) {
  const gate = open(options)
  const denial = await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
  if (denial.allowed) throw new Error('allowed')
  await gate.close()
  const { detail } = JSON.parse(denial.body) as { detail: string }
  return { status: denial.status, reason: denial.reason, detail }
}

describe('without credentials, a client is told what is missing and where it goes:', () => {
  test.each<[string, Options, string]>([
    ['keys', {}, 'an API key in `X-API-Key` or as `Authorization: Bearer <key>`'],
    [
      'a header of its own',
      { credentials: { header: 'acme-token' } },
      'an API key in `Acme-Token` or as `Authorization: Bearer <key>`',
    ],
    [
      'bearer alone',
      { credentials: { header: false } },
      'an API key as `Authorization: Bearer <key>`',
    ],
    ['the header alone', { credentials: { bearer: false } }, 'an API key in `X-API-Key`'],
    [
      'keys and tokens',
      TOKENS,
      'an API key in `X-API-Key` or as `Authorization: Bearer <key>`, or an access token as `Authorization: Bearer <token>`',
    ],
    [
      'both as bearer',
      { ...TOKENS, credentials: { header: false } },
      'an API key or an access token as `Authorization: Bearer <token>`',
    ],
  ])('%s', async (_, options, what) => {
    const told = { status: 401, reason: 'missing_credentials' }
    expect(await deny(options)).toEqual({ ...told, detail: `Missing credentials. Send ${what}.` })
  })
})

test.each([
  [['X-API-Key', ''], 'X-API-Key` is empty'],
  [['X-API-Key', '  '], 'X-API-Key` is empty'],
  [['Authorization', ''], 'Authorization` is empty'],
  [['Authorization', 'Bearer'], 'Authorization` has nothing after `Bearer`'],
  [['Authorization', 'bearer  '], 'Authorization` has nothing after `Bearer`'],
])('%j is missing, and the answer says that it is empty', async (headers, what) => {
  expect(await deny({}, headers)).toEqual({
    status: 401,
    reason: 'missing_credentials',
    detail: `Missing credentials: the header \`${what}.`,
  })
})

test.each([
  [['X-API-Key', 'undefined'], 'X-API-Key` says `undefined`'],
  [['Authorization', 'Bearer undefined'], 'Authorization` says `undefined`'],
  [['authorization', 'bearer null'], 'Authorization` says `null`'],
])('%j is missing as well: a client has built it of nothing', async (headers, what) => {
  const detail = `Missing credentials: the header \`${what}.`
  expect(await deny({}, headers)).toEqual({ status: 401, reason: 'missing_credentials', detail })
})

test('a cookie that says undefined is missing, and what is only like it is a guess', async () => {
  const credentials = { from: [{ cookie: 'session', accepts: 'token' as const }] }
  expect(await deny({ ...TOKENS, credentials }, ['Cookie', 'session=undefined'])).toMatchObject({
    reason: 'missing_credentials',
  })
  expect(await deny({}, ['X-API-Key', 'undefined1'])).toMatchObject({ reason: 'unknown_key' })
})

test('a client that sends undefined is not shut out: others of its address go on', async () => {
  const gate = open({ bruteForce: { attempts: 2, penalty: '1m' } })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const ask = (rawHeaders: readonly string[]) =>
    gate.check({ method: 'GET', url: '/', rawHeaders, peer: { ...peer, address: '192.0.2.7' } })
  for (let n = 0; n < 10; n++) await ask(['Authorization', 'Bearer undefined'])
  expect(await ask(['X-API-Key', secret])).toMatchObject({ allowed: true })
})

test('what is empty beside a credential is one too many', async () => {
  expect(await deny({}, ['Authorization', '', 'X-API-Key', 'a-key'])).toMatchObject({ status: 400 })
})

test('a denial for want of scopes names the missing ones', async () => {
  const gate = open({})
  const { secret } = await gate.keys.create({
    name: 'CI',
    ownerId: 'org_1',
    scopes: ['read:orders'],
  })
  const request = { method: 'GET', url: '/', rawHeaders: ['X-API-Key', secret], peer }
  const scopes = ['read:orders', 'write:orders'] as const
  const denial = await gate.check(request, gate.requirement({ scopes: [...scopes] }))
  if (denial.allowed) throw new Error('allowed')
  expect(JSON.parse(denial.body)).toMatchObject({
    code: 'insufficient_scope',
    detail: 'The API key lacks the scope write:orders.',
    missingScopes: ['write:orders'],
  })
  expect(denial.headers['www-authenticate']).toContain('scope="read:orders write:orders"')
})
