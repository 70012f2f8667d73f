import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { API, ISSUER } from '../../examples/reference/gate.js'
import { startExample, type RunningExample } from '../contracts/server.js'
import { openBrowser, throughProxy } from './browser.js'

const REDIRECT_URI = 'https://client.example/callback'
const client: oauth.Client = { client_id: 'demo-client' }

describe.each(['express', 'koa'])('OAuth 2.0 of the reference API on %s', (framework) => {
  let example: RunningExample
  let send: ReturnType<typeof throughProxy>
  let server: oauth.AuthorizationServer
  let secret: string
  let options: { [oauth.customFetch]: typeof send }

  beforeAll(async () => {
    example = await startExample('reference', framework)
    send = throughProxy(example.url)
    secret = example.credentials['oauthClient'] ?? ''
    options = { [oauth.customFetch]: send }
    const issuer = new URL(ISSUER)
    const found = await oauth.discoveryRequest(issuer, options)
    server = await oauth.processDiscoveryResponse(issuer, found)
  }, 30_000)
  afterAll(() => example.stop())

  /** What the client is called back with, when the user has signed in. */
  async function authorize(more: Readonly<Record<string, string>> = {}): Promise<URL> {
    const asked = new URL(server.authorization_endpoint ?? '')
    const wanted = { client_id: 'demo-client', redirect_uri: REDIRECT_URI, scope: 'read write' }
    asked.search = String(new URLSearchParams({ ...wanted, response_type: 'code', ...more }))
    const browser = openBrowser(send)
    const page = await browser.open(asked)
    const text = await page.response.text()
    expect(text).toContain('<strong>demo-client</strong>')
    expect(text).toContain('<code>write</code>')
    const wrong = await browser.submit(page.at, { name: 'demo', password: 'guessed' })
    expect(wrong.response.status).toBe(403)
    const password = example.credentials['password'] ?? ''
    const { at } = await browser.submit(page.at, { name: 'demo', password })
    return at
  }

  function users(token: string): Promise<Response> {
    return send('/v1/users', { headers: { authorization: `Bearer ${token}` } })
  }

  test('a client library gets a token by authorization code, and a new one by its refresh token', async () => {
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const challenge = await oauth.calculatePKCECodeChallenge(verifier)
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256', state }
    const back = oauth.validateAuthResponse(server, client, await authorize(pkce), state)
    const authentication = oauth.ClientSecretPost(secret)
    const ask = () =>
      oauth.authorizationCodeGrantRequest(
        ...([server, client, authentication, back, REDIRECT_URI, verifier, options] as const),
      )
    const token = await oauth.processAuthorizationCodeResponse(server, client, await ask())
    expect((await users(token.access_token)).status).toBe(200)

    const renewed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(
        ...([server, client, authentication, token.refresh_token ?? '', options] as const),
      ),
    )
    expect(renewed.access_token).not.toBe(token.access_token)
    const answer = await users(renewed.access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ users: [{ id: `${ISSUER}#demo` }] })

    // A code that is used twice was stolen: it is refused.
    const again = oauth.processAuthorizationCodeResponse(server, client, await ask())
    await expect(again).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('the token endpoint takes JSON as well', async () => {
    const code = (await authorize()).searchParams.get('code')
    const asked = {
      client_id: 'demo-client',
      client_secret: secret,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT_URI,
    }
    const post = (body: unknown) =>
      send('/oauth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const answer = await post({ ...asked, code })
    const token = (await answer.json()) as Record<string, string>
    expect(answer.status).toBe(200)
    expect(token).toMatchObject({ token_type: 'Bearer', expires_in: 3_600, scope: 'read write' })
    expect(token['refresh_token']).toEqual(expect.any(String))
    expect((await users(token['access_token'] ?? '')).status).toBe(200)

    expect((await post({ ...asked, code })).status).toBe(400)
    expect((await post('{"code":')).status).toBe(400)
    expect((await post({ ...asked, code: [code] })).status).toBe(400)
    expect((await post({ ...asked, code: 'x'.repeat(20_000) })).status).toBe(400)
  })

  test('control: a token for another audience opens nothing', async () => {
    const asked = { resource: `${API}/other` }
    const refused = openBrowser(send).open(
      new URL(
        `${String(server.authorization_endpoint)}?${String(
          new URLSearchParams({
            ...{ client_id: 'demo-client', redirect_uri: REDIRECT_URI },
            ...{ scope: 'read', response_type: 'code', ...asked },
          }),
        )}`,
      ),
    )
    expect((await refused).at.searchParams.get('error')).toBe('invalid_target')
  })
})
