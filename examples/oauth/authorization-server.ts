import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, SignJWT, type JSONWebKeySet } from 'jose'
import { errors, Provider, type Configuration } from 'oidc-provider'
import { signInPage } from './sign-in-page.js'

/** What one is made for. */
export interface AuthorizationServerOptions {
  readonly issuer: string
  /** What the API is called in the tokens that are for it. */
  readonly audience: string
  readonly scopes: readonly string[]
}

const CLIENT_ID = 'demo-client'
export const USER = 'demo'
const MAX_BODY = 16_384

/** OAuth 2.0 beside the API: authorization code and refresh token, with one client and one user. */
export interface AuthorizationServer {
  /** What tokens are verified with. */
  readonly jwks: JSONWebKeySet
  readonly clientSecret: string
  readonly password: string
  /** Answers what is its own, and leaves the rest to `app`. */
  beside(app: (...exchange: Parameters<RequestListener>) => unknown): RequestListener
  /** A token as a client got it so many seconds ago, for an hour. */
  token(subject: string, scope: string, ageSeconds?: number): Promise<string>
}

/** All that it knows is in memory, and new at every start. */
export async function createAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const { issuer, audience } = options
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const names = { kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' }
  const clientSecret = randomBytes(24).toString('base64url')
  const password = randomBytes(12).toString('base64url')
  const signingKey = { ...(await exportJWK(privateKey)), ...names }
  const provider = new Provider(issuer, configuration(options, signingKey, clientSecret))
  // The proxy in front of the example speaks HTTPS to the world.
  provider.proxy = true
  const answer = provider.callback()

  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), ...names }] },
    clientSecret,
    password,
    beside: (app) => (req, res) => {
      const path = req.url ?? ''
      if (path.startsWith('/oauth/interaction/')) {
        signIn(provider, { audience, password }, req, res).catch((error: unknown) => {
          fail(res, error)
        })
      } else if (
        /^\/(?:oauth\/|\.well-known\/(?:openid-configuration|oauth-authorization-server))/.test(
          path,
        )
      ) {
        takeJson(req).then(
          () => void answer(req, res),
          (error: unknown) => {
            fail(res, error)
          },
        )
      } else {
        app(req, res)
      }
    },
    token: (subject, scope, ageSeconds = 0) =>
      new SignJWT({ client_id: CLIENT_ID, scope })
        .setProtectedHeader({ alg: 'RS256', kid: names.kid, typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subject)
        .setJti(randomBytes(8).toString('hex'))
        .setIssuedAt(Math.floor(Date.now() / 1_000) - ageSeconds)
        .setExpirationTime(Math.floor(Date.now() / 1_000) - ageSeconds + 3_600)
        .sign(privateKey),
  }
}

function configuration(
  { audience, scopes }: AuthorizationServerOptions,
  signingKey: Awaited<ReturnType<typeof exportJWK>>,
  clientSecret: string,
): Configuration {
  return {
    jwks: { keys: [signingKey] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
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
      ...{ AccessToken: 3_600, AuthorizationCode: 60, IdToken: 3_600, Interaction: 600 },
      ...{ Session: 86_400, Grant: 86_400, RefreshToken: 86_400 },
    },
    clientBasedCORS: () => false,
    renderError(ctx, { error, error_description: description }) {
      ctx.type = 'json'
      ctx.body = { error, error_description: description }
    },
    issueRefreshToken: () => Promise.resolve(true),
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
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

/** Shows who asks for what; with the right password, the user is signed in and has agreed. */
async function signIn(
  provider: Provider,
  { audience, password }: { readonly audience: string; readonly password: string },
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
  if (form.get('name') !== USER || !isSame(form.get('password') ?? '', password)) {
    sendPage(res, 403, signInPage({ ...asked, failed: true }))
    return
  }
  const grant = new provider.Grant({ accountId: USER, clientId: asked.client })
  grant.addResourceScope(audience, asked.scope)
  const consent = { grantId: await grant.save() }
  await provider.interactionFinished(req, res, { login: { accountId: USER }, consent })
}

/** The token endpoint takes JSON as well: it is made into the form that RFC 6749 has. */
async function takeJson(req: IncomingMessage & { body?: unknown }): Promise<void> {
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) return
  checkLength(req)
  const given: unknown = await json(req)
  const entries = Object.entries(given ?? {})
  if (!entries.every(([, value]) => typeof value === 'string')) {
    throw new SyntaxError('The members of the body must be texts.')
  }
  req.headers['content-type'] = 'application/x-www-form-urlencoded'
  req.body = Object.fromEntries(entries)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function bodyOf(req: IncomingMessage): Promise<string> {
  checkLength(req)
  return text(req)
}

function checkLength(req: IncomingMessage): void {
  const length = Number(req.headers['content-length'] ?? NaN)
  if (!(length <= MAX_BODY)) throw new SyntaxError('The body is too long, or of unknown length.')
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
