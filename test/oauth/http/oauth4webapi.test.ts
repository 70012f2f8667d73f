import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { createPair, signText } from '../../jwt/issuer.js'
import { FRAMEWORKS, ISSUER, openIssuer, serve } from './api.js'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
// Loopback, without TLS: the name is there to be seen.
// eslint-disable-next-line @typescript-eslint/no-deprecated
const plainHttp = { [oauth.allowInsecureRequests]: true }
const pair = createPair('ES256', 'importer-1')
const ACCOUNT = { id: 'svc_importer', ownerId: 'org_1', scopes: ['read:orders'] }

// By the clock of this machine: the library goes by no other.
describe.each(FRAMEWORKS)('oauth4webapi against %s', (framework) => {
  const { gate, create } = openIssuer({
    clock: Date.now,
    issuing: { serviceAccounts: [{ ...ACCOUNT, jwks: { keys: [pair.jwk] } }] },
  })
  let api: Awaited<ReturnType<typeof serve>>
  let as: oauth.AuthorizationServer
  let key: Awaited<ReturnType<typeof create>>

  beforeAll(async () => {
    api = await serve(framework, gate)
    key = await create()
    const at = `http://127.0.0.1:${String(api.port)}`
    as = {
      issuer: ISSUER,
      token_endpoint: `${at}/token`,
      revocation_endpoint: `${at}/revoke`,
      jwks_uri: `${at}/jwks`,
    }
  })
  afterAll(() => api.close())

  async function clientCredentials(auth: oauth.ClientAuth, scope: string) {
    const client = { client_id: key.id }
    const parameters = new URLSearchParams({ scope })
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      auth,
      parameters,
      plainHttp,
    )
    return oauth.processClientCredentialsResponse(as, client, response)
  }

  test.each([
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ])(
    'client_credentials with %s; the token is verified with the published keys',
    async (_, auth) => {
      const { access_token: token } = await clientCredentials(auth(key.secret), 'read:orders')
      expect(await api.get('/orders', token)).toMatchObject({ status: 200 })
      const request = new Request('https://api.example.com/orders', {
        headers: { authorization: `Bearer ${token}` },
      })
      const claims = await oauth.validateJwtAccessToken(as, request, ISSUER, plainHttp)
      expect(claims).toMatchObject({ client_id: key.id, scope: 'read:orders' })
    },
  )

  test('what it is refused, it understands', async () => {
    const basic = oauth.ClientSecretBasic
    await expect(clientCredentials(basic(key.secret), 'manage:keys')).rejects.toMatchObject({
      error: 'invalid_scope',
      status: 400,
    })
    await expect(clientCredentials(basic('acme_live_sk_x'), 'read:orders')).rejects.toMatchObject({
      cause: [{ scheme: 'basic', parameters: { realm: 'api', charset: 'UTF-8' } }],
      status: 401,
    })
  })

  async function grant(client: oauth.Client, type: string, parameters: Record<string, string>) {
    const response = await oauth.genericTokenEndpointRequest(
      ...([as, client, oauth.None(), type, new URLSearchParams(parameters), plainHttp] as const),
    )
    return oauth.processGenericTokenEndpointResponse(as, client, response)
  }

  test('jwt-bearer', async () => {
    const now = Math.floor(Date.now() / 1_000)
    const { id } = ACCOUNT
    const claims = { iss: id, sub: id, aud: ISSUER, jti: randomUUID(), iat: now, exp: now + 60 }
    const assertion = await signText(JSON.stringify(claims), pair, { typ: 'JWT' })
    const { access_token: token } = await grant({ client_id: id }, JWT_BEARER, { assertion })
    expect(await api.get('/orders', token)).toMatchObject({ status: 200, body: { text: 'org_1' } })
    await expect(grant({ client_id: id }, JWT_BEARER, { assertion })).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('token exchange, and revocation', async () => {
    const subject = { subject_token: key.secret, subject_token_type: ACCESS_TOKEN }
    const client = { client_id: key.id }
    const { access_token: token } = await grant(client, EXCHANGE, subject)
    const auth = oauth.ClientSecretBasic(key.secret)
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, auth, token, plainHttp),
    )
    expect(await api.get('/orders', token)).toMatchObject({ status: 401 })
  })
})
