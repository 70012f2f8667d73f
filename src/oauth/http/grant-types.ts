import type { CredentialAuth } from '../../core/auth.js'
import type { Denial, Grant } from '../../core/decision.js'
import { isRefusal, type Refusal } from '../../core/denial.js'
import { holderOf } from '../issue.js'
import { OAuthFault, isFault } from './answers.js'
import { readClient, type ClientCredentials } from './client.js'
import { targetOf } from './target.js'
import type { Outcome, TokenRequest } from './token.js'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** RFC 8693 section 3. A key is a token of ours as well: one that is not a JWT. */
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

type Authenticated = Grant<string, CredentialAuth>

/** By `grant_type`. */
export const GRANT_TYPES: ReadonlyMap<string, (asked: TokenRequest) => Promise<Outcome>> = new Map([
  ['client_credentials', clientCredentials],
  [TOKEN_EXCHANGE, tokenExchange],
  [JWT_BEARER, jwtBearer],
])

/** RFC 6749 section 4.4: the client is the key. */
async function clientCredentials(asked: TokenRequest): Promise<Outcome> {
  const client = await authenticateClient(asked)
  if (client === undefined) return new OAuthFault('invalid_client', 'Say which client this is.')
  if (isFault(client) || !client.allowed) return client
  const audience = targetOf(asked.form, asked.context.own.audience)
  if (isFault(audience)) return audience
  return { holder: holderOf(client.auth), grant: client, audience }
}

/** RFC 8693: a key, or a token of this gate, for a token that can do less. Whoever holds it may, with a client of its own or without. */
async function tokenExchange(asked: TokenRequest): Promise<Outcome> {
  const { context, form, call } = asked
  const client = await authenticateClient(asked)
  if (client !== undefined && (isFault(client) || !client.allowed)) return client
  const wrong = complaintAbout(asked)
  if (wrong !== undefined) return wrong
  // One request: the subject takes the place of the client among those under way.
  client?.end()
  const subject = form.get('subject_token') ?? ''
  const decision = await call.authenticate({ value: subject })
  if (!decision.allowed) {
    if (decision.status >= 429) return decision
    return invalid("'subject_token' is not valid here.", decision)
  }
  const { auth } = decision
  const isOwn = auth.kind === 'key' || auth.issuer === context.own.rules.issuer
  const isJwt = auth.kind === 'token'
  if (!isOwn || (form.get('subject_token_type') === JWT && !isJwt)) {
    return invalid("'subject_token' is none of its type.", { reason: 'token_invalid' })
  }
  const audience = targetOf(form, audienceOf(auth, context.own.audience))
  if (isFault(audience)) return audience
  return {
    holder: holderOf(auth),
    grant: decision,
    audience,
    more: { issued_token_type: form.get('requested_token_type') ?? ACCESS_TOKEN },
  }
}

/** RFC 7523 section 2.1: who signs with a key of a service account is that account. */
async function jwtBearer(asked: TokenRequest): Promise<Outcome> {
  const { context, form, request, call } = asked
  const { own, deny } = context
  const assertion = form.get('assertion')
  if (assertion === undefined) return invalid("'assertion' is missing.")
  const audience = targetOf(form, own.audience)
  if (isFault(audience)) return audience
  const client = await authenticateClient(asked)
  if (client !== undefined && (isFault(client) || !client.allowed)) return client
  const found = await own.accountOf(assertion, call.context)
  if (isRefusal(found)) {
    const { reason } = found
    if (reason === 'store_unavailable' || reason === 'too_many_failures') {
      return deny(found, request)
    }
    if (reason === 'unknown_key') call.context.recordFailure()
    return notValid(found, assertion)
  }
  const { account } = found
  const named = form.get('client_id')
  if (client === undefined && named !== undefined && named !== account.id) {
    return new OAuthFault('invalid_grant', 'The assertion is of another client.')
  }
  const grant = await call.authorize(own.identityOf(account))
  if (!grant.allowed) return grant
  const use = async () => {
    const refusal = await found.use()
    if (refusal?.reason === 'store_unavailable') return deny(refusal, request)
    return refusal && notValid(refusal, assertion)
  }
  return { holder: { ...account, clientId: account.id }, grant, audience, use }
}

function notValid({ reason, diagnose }: Refusal, assertion: string): OAuthFault {
  const cause = diagnose?.(assertion).cause
  return new OAuthFault('invalid_grant', 'The assertion is not valid here.', { reason, cause })
}

function complaintAbout({ context, form }: TokenRequest): OAuthFault | undefined {
  if (form.get('subject_token') === undefined) return invalid("'subject_token' is missing.")
  const { get } = form
  const type = get('subject_token_type')
  if (type === undefined) return invalid("'subject_token_type' is missing.")
  if (type !== ACCESS_TOKEN && type !== JWT) return invalid("'subject_token_type' is not known.")
  const wanted = get('requested_token_type') ?? ACCESS_TOKEN
  if (wanted !== ACCESS_TOKEN && wanted !== JWT) {
    return invalid("'requested_token_type' cannot be issued.")
  }
  if (get('actor_token') !== undefined || get('actor_token_type') !== undefined) {
    return invalid('Nobody can act for somebody else here.')
  }
  const target = targetOf(form, context.own.audience)
  return isFault(target) ? target : undefined
}

/** Whom it may speak to: a token none but those that it is for. */
function audienceOf(auth: CredentialAuth, all: readonly string[]): readonly string[] {
  if (auth.kind === 'key') return all
  const own = [auth.claims['aud']].flat()
  return all.filter((name) => own.includes(name))
}

/** `undefined` where the client does not say who it is. */
export async function authenticateClient(
  { form, presented, call, request }: TokenRequest,
  authenticate = call.authenticate,
): Promise<Authenticated | Denial | OAuthFault | undefined> {
  const client = readClient(request, form, presented)
  return client === undefined || isFault(client) ? client : admit(client, authenticate)
}

async function admit(
  { id, secret }: ClientCredentials,
  authenticate: TokenRequest['call']['authenticateToRevoke'],
): Promise<Authenticated | Denial | OAuthFault> {
  const decision = await authenticate({ value: secret })
  if (decision.allowed) {
    const { auth } = decision
    return auth.kind === 'key' && auth.keyId === id
      ? decision
      : unknownClient({ reason: 'unknown_key' })
  }
  const { status } = decision
  if (status === 401) return unknownClient(decision)
  if (status !== 403) return decision
  return new OAuthFault('unauthorized_client', 'The client may not be used in this way.', decision)
}

type Why = Pick<Denial, 'reason' | 'cause'>

function unknownClient(why: Why): OAuthFault {
  const description = 'The client is not known, or its secret is wrong.'
  return new OAuthFault('invalid_client', description, why)
}

function invalid(description: string, why?: Why): OAuthFault {
  return new OAuthFault('invalid_request', description, why)
}
