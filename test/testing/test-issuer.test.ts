import { describe, expect, test } from '@jest/globals'
import type { GateOptions, IssuerOptions } from 'sallyport'
import { auth0, cognito, entra, keycloak } from 'sallyport/providers'
import { createTestGate } from 'sallyport/testing'

const OPTIONS = {
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['orders:read', 'orders:write'],
  // Nobody is asked, whatever the options are.
  fetch: () => Promise.reject(new Error('a request')),
  onError: () => undefined,
} satisfies GateOptions

const AUTH0: IssuerOptions = {
  ...auth0({ domain: 'acme.eu.auth0.com', audience: 'https://api.acme.example' }),
  identify: ({ org_id: organization }) =>
    typeof organization === 'string' ? { ownerId: organization } : undefined,
}

function gateWith(...issuers: IssuerOptions[]) {
  return createTestGate({ ...OPTIONS, issuers })
}

test('a token is that of an issuer of the tests, as its claims say', async () => {
  const gate = createTestGate(OPTIONS)
  const token = gate.tokenFor({ sub: 'user_1', scope: 'orders:read unknown', role: 'nurse' })
  const decision = await gate.verify(token)
  expect(decision).toMatchObject({
    allowed: true,
    auth: {
      ...{ kind: 'token', issuer: 'https://issuer.test', subject: 'user_1' },
      ...{ ownerId: 'https://issuer.test#user_1', scopes: ['orders:read'] },
      claims: { role: 'nurse' },
    },
  })
  gate.advance('2h')
  expect(await gate.verify(token)).toMatchObject({ reason: 'token_expired' })
  expect(await gate.verify(gate.tokenFor())).toMatchObject({ allowed: true })
})

test('each gate has keys of its own', async () => {
  const [gate, other] = [createTestGate(OPTIONS), createTestGate(OPTIONS)]
  expect(await other.verify(gate.tokenFor())).toMatchObject({ reason: 'token_invalid' })
})

test('a claim that is left out is missing', async () => {
  const gate = createTestGate(OPTIONS)
  expect(await gate.verify(gate.tokenFor({ aud: undefined }))).toMatchObject({
    ...{ reason: 'token_invalid', cause: { check: 'aud' } },
  })
})

describe("a token with the iss of one of the app's issuers is read by its rules", () => {
  test('with permissions and an owner', async () => {
    const gate = gateWith(AUTH0)
    const claims = { iss: 'https://acme.eu.auth0.com/', permissions: ['orders:write'] }
    const auth = { ownerId: 'org_1', scopes: ['orders:write'] }
    const token = gate.tokenFor({ ...claims, org_id: 'org_1' })
    expect(await gate.verify(token)).toMatchObject({ allowed: true, auth })
    expect(await gate.verify(gate.tokenFor(claims))).toMatchObject({
      ...{ reason: 'token_invalid', cause: { check: 'identify' } },
    })
    const foreign = gate.tokenFor({ ...claims, org_id: 'org_1', aud: 'https://other.example' })
    expect(await gate.verify(foreign)).toMatchObject({ cause: { check: 'aud' } })
  })

  test('with required claims, clients and no aud', async () => {
    const iss = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf'
    const gate = gateWith(cognito({ userPool: 'eu-west-1_AbCdEf', clients: ['web-app'] }))
    expect(await gate.verify(gate.tokenFor({ iss }))).toMatchObject({
      ...{ allowed: true, auth: { clientId: 'web-app' } },
    })
    expect(await gate.verify(gate.tokenFor({ iss, client_id: 'other' }))).toMatchObject({
      cause: { check: 'client_id' },
    })
  })

  test.each(['client_id', 'azp', 'cid', 'appid'])('of the client that %s names', async (name) => {
    const iss = 'https://id.acme.example/realms/shop'
    const realm = { url: 'https://id.acme.example', realm: 'shop', clients: ['web-app'] }
    const strict = { audience: 'https://api.acme.example', profile: 'rfc9068' } as const
    for (const issuer of [keycloak(realm), { ...keycloak(realm), ...strict }]) {
      const gate = gateWith(issuer)
      expect(await gate.verify(gate.tokenFor({ iss }))).toMatchObject({ allowed: true })
      expect(await gate.verify(gate.tokenFor({ iss, [name]: 'web-app' }))).toMatchObject({
        ...{ allowed: true, auth: { clientId: 'web-app' } },
      })
      expect(await gate.verify(gate.tokenFor({ iss, [name]: 'other' }))).toMatchObject({
        cause: { check: 'client_id', got: "'other'" },
      })
    }
  })

  test('of one of several tenants', async () => {
    const tenant = '7f3c0a52-5d4b-4c63-9a39-0f0a5d7d5a11'
    const gate = gateWith(entra({ tenants: [tenant], audience: 'api://orders' }))
    const iss = `https://login.microsoftonline.com/${tenant}/v2.0`
    const token = gate.tokenFor({ iss, tid: tenant, ver: '2.0' })
    expect(await gate.verify(token)).toMatchObject({ allowed: true })
  })

  test('that a function finds', async () => {
    const find = (iss: string) => (iss === AUTH0.issuer ? AUTH0 : undefined)
    const gate = createTestGate({ ...OPTIONS, issuers: find })
    const claims = { iss: 'https://acme.eu.auth0.com/', aud: 'https://api.acme.example' }
    const token = gate.tokenFor({ ...claims, org_id: 'org_1' })
    expect(await gate.verify(token)).toMatchObject({ allowed: true, auth: { ownerId: 'org_1' } })
    expect(await gate.verify(gate.tokenFor())).toMatchObject({ allowed: true })
    const unknown = gate.tokenFor({ iss: 'https://other.example' })
    expect(await gate.verify(unknown)).toMatchObject({ cause: { check: 'iss' } })
  })

  test.each(['HS256', 'HS512'] as const)('and signed with its secret: %s', async (algorithm) => {
    const secret = 'a secret of the app, which is long enough for every algorithm of them'
    const rules = { algorithms: [algorithm], secret, profile: 'any' } as const
    const iss = 'https://login.acme.example'
    const named = gateWith({ ...rules, issuer: iss, audience: 'orders' })
    expect(await named.verify(named.tokenFor({ iss }))).toMatchObject({ allowed: true })
    const unnamed = gateWith({ ...rules, issuer: false, audience: false })
    const token = unnamed.tokenFor({ iss: undefined, aud: undefined })
    expect(await unnamed.verify(token)).toMatchObject({ allowed: true })
  })
})

test('opaque tokens are rejected, and nobody is asked', async () => {
  const gate = createTestGate({
    ...OPTIONS,
    introspection: {
      ...{
        issuer: 'https://login.acme.example',
        endpoint: 'https://login.acme.example/introspect',
      },
      ...{ audience: 'orders', clientId: 'api', clientSecret: 'secret' },
    },
  })
  const decision = await gate.verify('an-opaque-token')
  expect(decision).toMatchObject({ allowed: false, status: 401 })
})
