import type { Penalties } from '../admit/penalties.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Proxies } from '../net/proxies.js'
import type { Credential } from '../terms/credential.js'
import type { Answer, Decision, Denial, Grant } from '../terms/decision.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import type { GateRequest } from '../terms/request.js'
import { holderOf, type Holder, type TokenWish } from '../tokens/exchange.js'
import type { OwnIssuer } from '../tokens/own-issuer.js'
import type { EndpointRequest } from './body.js'
import { readClient } from './client.js'
import { readForm, type Form } from './form.js'
import { answerFault, answerToken, isFault, OAuthFault } from './oauth.js'

/** What of a gate the endpoints of its tokens work with. */
export interface IssuingContext {
  readonly own: OwnIssuer
  readonly realm: string
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  /** Both doors for a credential, wherever in the request it stood. */
  readonly enter: (
    presented: Pick<Credential, 'value'> & Partial<Credential>,
    request: GateRequest,
  ) => MaybePromise<Decision>
  readonly refuse: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly penalties: Penalties | undefined
  readonly proxies: Pick<Proxies, 'senderOf'>
  readonly onError: (error: unknown) => void
}

/** A request to the token endpoint, read. */
export interface TokenRequest {
  readonly context: IssuingContext
  readonly request: GateRequest
  readonly form: Form
  readonly presented: Credential | Refusal
}

/** Who gets a token, and what for. */
export interface Entitled {
  readonly holder: Holder
  readonly grant?: Grant
  readonly audience?: readonly string[] | undefined
  /** More members of the answer. */
  readonly more?: object
}

/** What a way to get a token comes to: an OAuth error, or a denial where the gate itself said no. */
export type Outcome = Entitled | OAuthFault | Denial

type GrantType = (asked: TokenRequest) => Promise<Outcome>

const POST_ONLY = new Refusal('method_not_allowed', { headers: { allow: 'POST' } })
export const NO_TOKEN_FOR_TOKEN = new Refusal('token_invalid', {
  detail: 'A token cannot be exchanged for another one; present an API key.',
})

/**
 * The token endpoint (RFC 6749 section 3.2). Without `grant_type`, the key where the gate takes keys from is exchanged; what is wrong with that key
 * is answered as by any guard.
 */
export function createTokenEndpoint(
  context: IssuingContext,
  grantTypes: ReadonlyMap<string, GrantType>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { own, realm } = context

  return async function answerTokenRequest(call) {
    const asked = await readCall(call, context)
    if (isAnswer(asked)) return asked
    const named = asked.form.get('grant_type')
    const grantType = named === undefined ? exchangeKey : grantTypes.get(named)
    const outcome =
      grantType === undefined
        ? new OAuthFault('unsupported_grant_type', 'This grant type is not supported here.')
        : await grantType(asked)
    if (isFault(outcome)) return answerFault(outcome, realm, {})
    return 'allowed' in outcome ? outcome : issue(asked, outcome)
  }

  async function issue({ form }: TokenRequest, entitled: Entitled): Promise<Answer> {
    const { holder, audience, grant, more = {} } = entitled
    const headers = grant?.headers ?? {}
    const scopes = form.get('scope')?.split(' ').filter(Boolean)
    const wish: TokenWish = { scopes, audience }
    const token = await own.issue(holder, wish)
    if (!isRefusal(token)) return answerToken(token, more, headers)
    const { reason } = token
    const fault =
      reason === 'insufficient_scope'
        ? new OAuthFault('invalid_scope', 'The key does not hold a scope that is asked for.')
        : new OAuthFault('invalid_grant', 'The key has come to its end.')
    return answerFault(fault, realm, headers)
  }
}

/** What all OAuth endpoints ask of a request before they look at what it asks. */
export async function readCall(
  call: EndpointRequest,
  context: IssuingContext,
): Promise<TokenRequest | Answer | Denial> {
  const { request } = call
  const { refuse, refuseInsecure, readCredential, realm } = context
  if (request.method !== 'POST') return refuse(POST_ONLY, request)
  const insecure = refuseInsecure(request)
  if (insecure !== undefined) return refuse(insecure, request)
  const form = await readForm(call)
  if (!isRefusal(form)) return { context, request, form, presented: readCredential(request) }
  const { reason, details } = form
  if (reason !== 'invalid_input') return refuse(form, request)
  return answerFault(new OAuthFault('invalid_request', details.detail ?? ''), realm, {})
}

export function isAnswer(value: object): value is Answer | Denial {
  return 'status' in value
}

/** The native form: a key, where the gate takes keys from. */
async function exchangeKey({ context, request, form, presented }: TokenRequest): Promise<Outcome> {
  if (isRefusal(presented)) {
    const client = readClient(request, form, presented)
    if (presented.reason !== 'missing_credentials' || client === undefined) {
      return context.refuse(presented, request)
    }
    return isFault(client) ? client : new OAuthFault('invalid_request', "'grant_type' is missing.")
  }
  const decision = await context.enter(presented, request)
  if (!decision.allowed) return decision
  if (decision.auth.kind === 'token') return context.refuse(NO_TOKEN_FOR_TOKEN, request)
  return { holder: holderOf(decision.auth), grant: decision }
}
