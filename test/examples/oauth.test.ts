import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { readEvents, type AuditEvent } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { startExample, type RunningExample } from '../contracts/server.js'
import { CLIENT, openBrowser, throughProxy } from './browser.js'

const REDIRECT_URI = 'https://client.example/callback'
const client: oauth.Client = { client_id: 'demo-client' }

interface Case {
  readonly issuer: string
  readonly audience: string
  readonly scopes: readonly [string, string]
  readonly path: string
  /** What the API answers to who has signed in. */
  readonly answer: object
}

const CASES: Readonly<Record<string, Case>> = {
  reference: {
    issuer: 'https://api.reference.example',
    audience: 'https://api.reference.example/v1',
    scopes: ['read', 'write'],
    path: '/v1/users',
    answer: { users: [{ id: 'https://api.reference.example#demo' }] },
  },
  healthsync: {
    issuer: 'https://auth.healthsync.example',
    audience: 'https://api.healthsync.example',
    scopes: ['records:read', 'records:write'],
    path: '/v1/records',
    answer: { records: expect.any(Array) },
  },
}
const RUNS = Object.keys(CASES).flatMap((system) =>
  ['express', 'koa'].map((framework) => [system, framework] as const),
)

describe.each(RUNS)('OAuth 2.0 of %s on %s', (system, framework) => {
  const { issuer, audience, scopes, path, answer: body } = CASES[system] as Case
  const scope = scopes.join(' ')
  const trail = mkdtempSync(join(tmpdir(), 'sallyport-oauth-'))
  let example: RunningExample
  let send: ReturnType<typeof throughProxy>
  let server: oauth.AuthorizationServer
  let secret: string
  let options: { [oauth.customFetch]: typeof send }

  beforeAll(async () => {
    const places = ['--database', ':memory:', '--audit', trail]
    example = await startExample(system, framework, {}, ...places)
    send = throughProxy(example.url, issuer)
    secret = example.credentials['oauthClient'] ?? ''
    options = { [oauth.customFetch]: send }
    const found = await oauth.discoveryRequest(new URL(issuer), options)
    server = await oauth.processDiscoveryResponse(new URL(issuer), found)
  }, 30_000)
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= example.stop())
  afterAll(async () => {
    await stop()
    rmSync(trail, { recursive: true })
  })

  /** What the client is called back with, when the user has signed in. */
  async function authorize(more: Readonly<Record<string, string>> = {}): Promise<URL> {
    const asked = new URL(server.authorization_endpoint ?? '')
    const wanted = { client_id: 'demo-client', redirect_uri: REDIRECT_URI, scope }
    asked.search = String(new URLSearchParams({ ...wanted, response_type: 'code', ...more }))
    const browser = openBrowser(send)
    const page = await browser.open(asked)
    const text = await page.response.text()
    expect(text).toContain('<strong>demo-client</strong>')
    expect(text).toContain(`<code>${scopes[0]}</code>`)
    const wrong = await browser.submit(page.at, { name: 'demo', password: 'guessed' })
    expect(wrong.response.status).toBe(403)
    const password = example.credentials['password'] ?? ''
    const { at } = await browser.submit(page.at, { name: 'demo', password })
    return at
  }

  function use(token: string, method = 'GET'): Promise<Response> {
    return send(path, { method, headers: { authorization: `Bearer ${token}` } })
  }

  function post(endpoint: string, fields: Readonly<Record<string, string>>): Promise<Response> {
    const login = { client_id: 'demo-client', client_secret: secret }
    const sent = new URLSearchParams({ ...login, ...fields })
    return send(endpoint, { method: 'POST', body: sent })
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
    expect((await use(token.access_token)).status).toBe(200)

    const renewed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(
        ...([server, client, authentication, token.refresh_token ?? '', options] as const),
      ),
    )
    expect(renewed.access_token).not.toBe(token.access_token)
    const answer = await use(renewed.access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual(body)

    // A code that is used twice was stolen: it is refused.
    const again = oauth.processAuthorizationCodeResponse(server, client, await ask())
    await expect(again).rejects.toMatchObject({ error: 'invalid_grant' })
    // So is what it was exchanged for: the end of the grant reaches the gate.
    expect((await use(renewed.access_token)).status).toBe(401)
  })

  test('the token endpoint takes JSON as well', async () => {
    const code = (await authorize()).searchParams.get('code')
    const asked = {
      client_id: 'demo-client',
      client_secret: secret,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT_URI,
    }
    const postJson = (body: unknown) =>
      send('/oauth/token', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const answer = await postJson({ ...asked, code })
    const token = (await answer.json()) as Record<string, string>
    expect(answer.status).toBe(200)
    expect(token).toMatchObject({ token_type: 'Bearer', expires_in: 3_600, scope })
    expect(token['refresh_token']).toEqual(expect.any(String))
    expect((await use(token['access_token'] ?? '')).status).toBe(200)

    expect((await postJson({ ...asked, code })).status).toBe(400)
    expect((await postJson('{"code":')).status).toBe(400)
    expect((await postJson({ ...asked, code: [code] })).status).toBe(400)
    expect((await postJson({ ...asked, code: 'x'.repeat(20_000) })).status).toBe(400)
  })

  test('control: a token for another audience opens nothing', async () => {
    const asked = { resource: `${audience}/other` }
    const refused = openBrowser(send).open(
      new URL(
        `${String(server.authorization_endpoint)}?${String(
          new URLSearchParams({
            ...{ client_id: 'demo-client', redirect_uri: REDIRECT_URI },
            ...{ scope, response_type: 'code', ...asked },
          }),
        )}`,
      ),
    )
    expect((await refused).at.searchParams.get('error')).toBe('invalid_target')
  })

  test('a client that revokes its refresh token ends its access token, too', async () => {
    const code = (await authorize({ scope: scopes[0] })).searchParams.get('code') ?? ''
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI }
    const answer = await post('/oauth/token', exchange)
    expect(answer.headers.get('x-ratelimit-limit')).toBe('1000')
    const token = (await answer.json()) as Record<'access_token' | 'refresh_token', string>
    expect((await use(token.access_token)).status).toBe(200)
    const lacking = await use(token.access_token, 'POST')
    expect(lacking.status).toBe(system === 'healthsync' ? 403 : 404)
    const ended = await post('/oauth/revoke', { token: token.refresh_token })
    expect(ended.status).toBe(200)
    expect((await use(token.access_token)).status).toBe(401)
  })

  test.each([
    ['GET', '/oauth/nothing'],
    ['GET', '/oauth/token'],
  ])('%s %s is answered in the format of the API', async (method, path) => {
    const answer = await send(path, { method })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('x-ratelimit-limit')).toBe('1000')
    expect(await answer.json()).toMatchObject(
      system === 'reference'
        ? { error: 'not_found', message: 'Not Found' }
        : { code: 'not_found', status: 404 },
    )
  })

  test('each request without a key is counted for its address', async () => {
    const left = async () => {
      const { status, headers } = await post('/oauth/token', { grant_type: 'authorization_code' })
      expect(status).toBe(400)
      return Number(headers.get('x-ratelimit-remaining'))
    }
    const before = await left()
    expect(await left()).toBe(before - 1)
    const plain = await fetch(`${example.url}/oauth/token`, {
      ...{ method: 'POST', headers: { 'x-forwarded-proto': 'http' } },
    })
    expect(plain.status).toBe(403)
  })

  test('the authorization server has nothing to complain of', () => {
    expect(example.complaints()).not.toContain('oidc-provider')
  })

  test('sign-ins, consents, tokens and refused codes are in the audit log', async () => {
    await stop()
    const events: AuditEvent[] = []
    for await (const event of readEvents(createAuditFiles(trail))) events.push(event)
    const told = events.filter((event) => event.kind === 'access' && event.oauthSteps)
    const person = { app: true, subject: 'demo', clientId: 'demo-client', client: CLIENT }
    expect(told).toContainEqual(
      expect.objectContaining({
        ...{ ...person, outcome: 'allowed', method: 'POST', status: 303 },
        ...{ oauthSteps: ['sign_in', 'consent'], scopesGranted: [...scopes] },
      }),
    )
    expect(told).toContainEqual(
      expect.objectContaining({
        ...{ outcome: 'denied', oauthSteps: ['sign_in'], oauthError: 'access_denied', status: 403 },
        clientId: 'demo-client',
      }),
    )
    expect(told).toContainEqual(
      expect.objectContaining({
        ...{ ...person, outcome: 'allowed', path: '/oauth/token', status: 200 },
        ...{ oauthSteps: ['token'], scopesGranted: [...scopes] },
      }),
    )
    expect(told).toContainEqual(
      expect.objectContaining({
        ...{ outcome: 'denied', path: '/oauth/token', status: 400, clientId: 'demo-client' },
        ...{ oauthSteps: ['token'], oauthError: 'invalid_grant' },
      }),
    )
    expect(told).toContainEqual(
      expect.objectContaining({ ...person, path: '/oauth/revoke', oauthSteps: ['revocation'] }),
    )
    expect(JSON.stringify(told)).not.toContain(String(example.credentials['password']))
  })
})
