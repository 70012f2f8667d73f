// token-requests.ts
import { IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import type Provider from 'oidc-provider'
import type { OIDCContext } from 'oidc-provider'
import type { AuditNote, OAuthStepName } from 'sallyport'

const MAX_BODY = 16_384
const STEPS = new Map<string, OAuthStepName>([
  ['token', 'token'],
  ['revocation', 'revocation'],
])

/** The token endpoint takes JSON as well. Returns the request with the form that RFC 6749 has. */
export async function takeJson(req: IncomingMessage): Promise<IncomingMessage> {
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) return req
  checkLength(req)
  const entries = Object.entries((await json(req)) ?? {})
  if (!entries.every(([, value]) => typeof value === 'string')) {
    throw new SyntaxError('The members of the body must be texts.')
  }
  const form = Buffer.from(String(new URLSearchParams(entries)))
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const headers = { ...req.headers, ...type, 'content-length': String(form.length) }
  const { method, url, httpVersion } = req
  const made = new IncomingMessage(req.socket)
  Object.assign(made, { method, url, httpVersion, headers, complete: true })
  made.push(form)
  made.push(null)
  return made
}

/** @throws {SyntaxError} */
export function checkLength(req: IncomingMessage): void {
  const length = Number(req.headers['content-length'] ?? NaN)
  if (!(length <= MAX_BODY)) throw new SyntaxError('The body is too long, or of unknown length.')
}

/** Tells the audit record of each request for a token, or for the end of one, what came of it. */
export function recordTokens(
  provider: Provider,
  noteOf: (req: IncomingMessage) => AuditNote | undefined,
): void {
  provider.use(async (ctx, next) => {
    await next()
    // Of a path that it does not know, it has no context.
    const oidc = ctx['oidc'] as Partial<OIDCContext> | undefined
    const step = STEPS.get(oidc?.route ?? '')
    const note = noteOf(ctx.req)
    if (step === undefined || note === undefined) return
    const { error, scope } = Object(ctx.body) as Readonly<Record<string, unknown>>
    const { Client, Account, RefreshToken, AuthorizationCode } = oidc?.entities ?? {}
    const { clientId } = Client ?? {}
    const { accountId } = Account ?? RefreshToken ?? AuthorizationCode ?? {}
    await note.oauth({
      step,
      ...(typeof error === 'string' && { error }),
      ...(accountId !== undefined && { subject: accountId }),
      ...(clientId !== undefined && { clientId }),
      ...(typeof scope === 'string' && { scopes: scope.split(' ') }),
    })
  })
}
