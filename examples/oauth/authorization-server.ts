import { createPrivateKey, createPublicKey, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import { errors, Provider, type AdapterFactory, type Configuration } from 'oidc-provider'
import type { AuditNote, IssuerOptions } from 'sallyport'
import type { Place } from '../place.js'
import { createGrantStore } from './grants.js'
import type { OAuthServer } from './mount-oauth.js'
import { createRevokedGrants, GRANT_CLAIM } from './revoked-grants.js'
import { signInPage } from './sign-in-page.js'
import { checkLength, recordTokens, takeJson } from './token-requests.js'

interface HasClient {
  readonly clientId?: string | undefined
}

/** What one is made for. */
export interface AuthorizationServerOptions {
  readonly issuer: string
  /** What the API is called in the tokens that are for it. */
  readonly audience: string
  readonly scopes: readonly string[]
}

const CLIENT_ID = 'demo-client'
export const USER = 'demo'
/** How long an access token lives. */
const TOKEN_SECONDS = 3_600
const OWN_TOKENS = {
  allowedPolicy: (_ctx: unknown, client: HasClient, token: HasClient) =>
    token.clientId === client.clientId,
}
const OWN = /^\/(?:oauth\/|\.well-known\/(?:openid-configuration|oauth-authorization-server))/

/** OAuth 2.0 beside the API: authorization code and refresh token, with one client and one user. */
export interface AuthorizationServer extends OAuthServer {
  /** What a gate takes of its tokens: options of an issuer. */
  readonly trusted: IssuerOptions
  readonly clientSecret: string
  readonly password: string
  /** A token as a client got it so many seconds ago, for an hour. */
  token(subject: string, scope: string, ageSeconds?: number): Promise<string>
}

/** What it knows is in the place of the example; the secrets of the client and of the user are new at every start. */
export async function createAuthorizationServer(
  place: Pick<Place, 'privateKey' | 'runSql'>,
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { issuer, audience } = options
  const privateKey = createPrivateKey(place.privateKey('oauth', 'rsa'))
  const publicKey = await exportJWK(createPublicKey(privateKey))
  const names = { kid: await calculateJwkThumbprint(publicKey), alg: 'RS256', use: 'sig' }
  const clientSecret = randomBytes(24).toString('base64url')
  const password = randomBytes(12).toString('base64url')
  const provider = new Provider(
    issuer,
    configuration(options, {
      signingKey: { ...(await exportJWK(privateKey)), ...names },
      cookieKey: place.privateKey('oauth-cookies'),
      ...{ clientSecret, adapter: await createGrantStore(place.runSql) },
    }),
  )
  // The proxy in front of the example speaks HTTPS to the world.
  provider.proxy = true
  const notes = new WeakMap<IncomingMessage, AuditNote>()
  recordTokens(provider, (req) => notes.get(req))
  // A path or a method that it does not know is answered by the API, in its own format.
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.status !== 404) return
    ctx.body = null
    ctx.respond = false
  })
  const answer = provider.callback()
  const jwks = { keys: [{ ...publicKey, ...names }] }

  return {
    trusted: { issuer, audience, algorithms: ['RS256'], jwks, ...createRevokedGrants(provider) },
    clientSecret,
    password,
    owns: (path) => OWN.test(path),
    async answer(req, res, note) {
      try {
        if (req.url?.startsWith('/oauth/interaction/')) {
          await signIn(provider, { audience, password, note: note() }, req, res)
          return true
        }
        const asked = await takeJson(req)
        if (req.url?.startsWith('/oauth/')) notes.set(asked, note())
        await answer(asked, res)
      } catch (error) {
        fail(res, error)
      }
      return res.headersSent
    },
    token: (subject, scope, ageSeconds = 0) =>
      new SignJWT({ client_id: CLIENT_ID, scope })
        .setProtectedHeader({ alg: 'RS256', kid: names.kid, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subject)
        .setJti(randomBytes(8).toString('hex'))
        .setIssuedAt(Math.floor(Date.now() / 1_000) - ageSeconds)
        .setExpirationTime(Math.floor(Date.now() / 1_000) - ageSeconds + TOKEN_SECONDS)
        .sign(privateKey),
  }
}

interface Kept {
  readonly signingKey: Awaited<ReturnType<typeof exportJWK>>
  readonly cookieKey: string
  readonly clientSecret: string
  readonly adapter: AdapterFactory
}

function configuration(
  { audience, scopes }: AuthorizationServerOptions,
  { signingKey, cookieKey, clientSecret, adapter }: Kept,
): Configuration {
  return {
    adapter,
    jwks: { keys: [signingKey] },
    cookies: { keys: [cookieKey] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: clientSecret,
        redirect_uris: ['https://client.example/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      jwks: '/oauth/jwks',
      revocation: '/oauth/revoke',
    },
    interactions: { url: (_ctx, { uid }) => `/oauth/interaction/${uid}` },
    // Each that it uses: it tells of its defaults on stdout.
    ttl: {
      ...{ AccessToken: TOKEN_SECONDS, AuthorizationCode: 60, IdToken: 3_600, Interaction: 600 },
      ...{ Session: 86_400, RefreshToken: 86_400 },
      // The last access token of a grant does not outlive it.
      Grant: 86_400 + TOKEN_SECONDS,
    },
    // A client with a secret may leave it out.
    pkce: { required: () => false },
    clientBasedCORS: () => false,
    renderError(ctx, { error, error_description: description }) {
      ctx.type = 'json'
      ctx.body = { error, error_description: description }
    },
    extraTokenClaims: (_ctx, token) =>
      'grantId' in token ? { [GRANT_CLAIM]: token.grantId } : undefined,
    issueRefreshToken: () => Promise.resolve(true),
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      // A client may end its own tokens alone: version 8 sees to that by itself, and version 9 asks.
      revocation: { enabled: true, ...OWN_TOKENS },
      resourceIndicators: {
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo(_ctx, resource) {
          if (resource !== audience) throw new errors.InvalidTarget()
          return {
            scope: scopes.join(' '),
            audience,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }
        },
      },
    },
  }
}

interface Asked {
  readonly audience: string
  readonly password: string
  readonly note: AuditNote
}

/** Shows who asks for what; with the right password, the user is signed in and has agreed. Both are in the audit log, and so is a wrong password. */
async function signIn(
  provider: Provider,
  { audience, password, note }: Asked,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { params } = await provider.interactionDetails(req, res)
  const asked = { client: textOf(params['client_id']), scope: textOf(params['scope']) }
  if (req.method !== 'POST') {
    sendPage(res, 200, signInPage(asked))
    return
  }
  const form = new URLSearchParams(await bodyOf(req))
  const step = { clientId: asked.client, scopes: asked.scope.split(' ') }
  if (form.get('name') !== USER || !isSame(form.get('password') ?? '', password)) {
    await note.oauth({ ...step, step: 'sign_in', error: 'access_denied' })
    sendPage(res, 403, signInPage({ ...asked, failed: true }))
    return
  }
  await note.oauth({ ...step, step: 'sign_in', subject: USER })
  await note.oauth({ ...step, step: 'consent' })
  const grant = new provider.Grant({ accountId: USER, clientId: asked.client })
  grant.addResourceScope(audience, asked.scope)
  const consent = { grantId: await grant.save() }
  await provider.interactionFinished(req, res, { login: { accountId: USER }, consent })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function bodyOf(req: IncomingMessage): Promise<string> {
  checkLength(req)
  return text(req)
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function sendPage(res: ServerResponse, status: number, page: string): void {
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-frame-options': 'DENY',
  })
  res.end(page)
}

/** What goes wrong here is the client's doing: an interaction that is over, a body that is none. */
function fail(res: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  res.writeHead(400, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  res.end(JSON.stringify({ error: 'invalid_request', error_description: message }))
}
