import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { AuditEntry, AuditSink } from 'sallyport'
import { createPair, NOW, signText } from '../../jwt/issuer.js'
import { basic, bearer, FRAMEWORKS, ISSUER, openIssuer, serve } from './api.js'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const pair = createPair('ES256', 'importer-1')
const ACCOUNT = {
  ...{ id: 'svc_importer', ownerId: 'org_7', scopes: ['read:orders'] },
  jwks: { keys: [pair.jwk] },
}

function assertionOf(iss = ACCOUNT.id): Promise<string> {
  const claims = { iss, sub: iss, aud: ISSUER, jti: randomUUID(), iat: NOW, exp: NOW + 300 }
  return signText(JSON.stringify(claims), pair, { typ: undefined })
}

const entries: AuditEntry[] = []
let broken = false
const sink: AuditSink = {
  write(more) {
    if (broken) throw new Error('full')
    entries.push(...more)
  },
}

describe.each(FRAMEWORKS)('the audit trail of the endpoints of tokens on %s', (framework) => {
  const { gate, create } = openIssuer({
    issuing: { serviceAccounts: [ACCOUNT] },
    audit: { sink, mode: 'required', instance: 'api-1' },
  })
  let api: Awaited<ReturnType<typeof serve>>
  let key: Awaited<ReturnType<typeof create>>
  beforeAll(async () => {
    api = await serve(framework, gate)
    key = await create()
  })
  afterAll(async () => {
    await api.close()
    await gate.close()
  })
  beforeEach(async () => {
    await gate.audit.flush()
    entries.length = 0
  })

  /** What was written of the accesses; of each, the last word. */
  async function told() {
    await gate.audit.flush()
    const accesses = entries.map(({ record }) => record).filter(({ kind }) => kind === 'access')
    return [...new Map(accesses.map((one) => ['id' in one ? one.id : '', one])).values()]
  }
  const tokenOf = async () => (await gate.tokens.exchange(key.secret)).accessToken
  const withBasic = (form: Readonly<Record<string, string>>, path = '/token') =>
    api.post(path, form, basic(key.id, key.secret))
  const revoke = async () => withBasic({ token: await tokenOf() }, '/revoke')
  const exchange = (subject: string) => ({
    ...{ grant_type: TOKEN_EXCHANGE, subject_token: subject },
    subject_token_type: ACCESS_TOKEN,
  })

  test.each<[string, () => Promise<{ headers: Headers; status: number }>, object]>([
    [
      'a key in its own way',
      () => api.post('/token', {}, bearer(key.secret)),
      { outcome: 'allowed', status: 200, ownerId: 'org_1' },
    ],
    [
      'client credentials',
      () => withBasic({ grant_type: 'client_credentials' }),
      { outcome: 'allowed', status: 200, ownerId: 'org_1' },
    ],
    [
      'an exchange with a client and a subject',
      () => withBasic(exchange(key.secret)),
      { outcome: 'allowed', status: 200, ownerId: 'org_1' },
    ],
    [
      'an assertion',
      async () => api.post('/token', { grant_type: JWT_BEARER, assertion: await assertionOf() }),
      { outcome: 'allowed', status: 200, ownerId: 'org_7', clientId: ACCOUNT.id },
    ],
    [
      'an assertion of nobody',
      async () =>
        api.post('/token', { grant_type: JWT_BEARER, assertion: await assertionOf('svc_x') }),
      { outcome: 'denied', status: 400, reason: 'unknown_key' },
    ],
    [
      'an assertion that is none',
      () => api.post('/token', { grant_type: JWT_BEARER, assertion: 'x' }),
      { outcome: 'denied', status: 400, reason: 'token_malformed' },
    ],
    [
      'a scope that the key lacks',
      () => withBasic({ grant_type: 'client_credentials', scope: 'manage:keys' }),
      { outcome: 'denied', status: 400, reason: 'insufficient_scope', ownerId: 'org_1' },
    ],
    [
      'a wrong secret',
      () => api.post('/token', { grant_type: 'client_credentials' }, basic(key.id, 'wrong')),
      { outcome: 'denied', status: 401, reason: 'unknown_key' },
    ],
    [
      'a subject that is nothing, of a client that is known',
      () => withBasic(exchange('nothing')),
      { outcome: 'denied', status: 400, reason: 'unknown_key', ownerId: 'org_1' },
    ],
    [
      'no client',
      () => api.post('/token', { grant_type: 'client_credentials' }),
      { outcome: 'denied', status: 401, reason: 'missing_credentials' },
    ],
    [
      'an unknown grant type',
      () => withBasic({ grant_type: 'password' }),
      { outcome: 'denied', status: 400, reason: 'invalid_input' },
    ],
    [
      'a form that is none',
      () => api.post('/token', 'a=1&a=2'),
      { outcome: 'denied', status: 400, reason: 'invalid_input' },
    ],
    [
      'another method',
      () => api.ask('/token'),
      { outcome: 'denied', status: 405, reason: 'method_not_allowed' },
    ],
    ['a revocation', revoke, { outcome: 'allowed', status: 200, ownerId: 'org_1' }],
    [
      'a revocation of what is no token',
      () => withBasic({ token: 'x' }, '/revoke'),
      { outcome: 'denied', status: 400, reason: 'invalid_input', ownerId: 'org_1' },
    ],
    [
      'a revocation by nobody',
      () => api.post('/revoke', { token: 'x' }),
      { outcome: 'denied', status: 401, reason: 'missing_credentials' },
    ],
  ])('has one record of %s', async (_, call, expected) => {
    const { status, headers } = await call()
    const mine = (await told()).filter((one) => 'path' in one)
    expect(mine).toMatchObject([{ ...expected, requestId: headers.get('x-request-id') }])
    expect(mine).toMatchObject([{ status }])
    expect(JSON.stringify(mine)).not.toContain(key.secret)
  })

  test('what must be recorded and cannot be is no token', async () => {
    broken = true
    try {
      const assertion = await assertionOf()
      const answers = [
        await withBasic({ grant_type: 'client_credentials' }),
        await api.post('/token', { grant_type: JWT_BEARER, assertion }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([503, 503])
      for (const { body } of answers) expect(body).not.toHaveProperty('access_token')
    } finally {
      broken = false
    }
  })
})
