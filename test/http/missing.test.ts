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
      'an API key in `X-API-Key`, or an access token as `Authorization: Bearer <token>`',
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
