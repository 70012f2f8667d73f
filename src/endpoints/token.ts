import type { Credential } from '../terms/credential.js'
import type { Answer, Denial, Grant } from '../terms/decision.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import type { GateRequest } from '../terms/request.js'
import { holderOf, type Holder, type TokenWish } from '../tokens/exchange.js'
import type { OwnIssuer } from '../tokens/own-issuer.js'
import { invalid, type EndpointRequest } from './body.js'
import { readClient } from './client.js'
import { concludedFault, recorded, type Conclusion, type Reception } from './conclude.js'
import { readForm, type Form } from './form.js'
import { answerToken, isFault, OAuthFault } from './oauth.js'
import { targetOf } from './target.js'

/** What of a gate the endpoints of its tokens work with. */
export interface IssuingContext {
  readonly own: OwnIssuer
  readonly realm: string
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly receive: (request: GateRequest) => Reception
  readonly refuse: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly onError: (error: unknown) => void
}

/** A request to the token endpoint, read. */
export interface TokenRequest {
  readonly context: IssuingContext
  readonly request: GateRequest
  readonly reception: Reception
  readonly form: Form
  readonly presented: Credential | Refusal
}

/** Who gets a token, and what for. */
export interface Entitled {
  readonly holder: Holder
  readonly grant: Grant
  readonly audience: readonly string[]
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

/** Else who writes 'scopes' would be given all of them. */
const UNKNOWN_MEMBER = invalid(
  "The body has a member that is not known: 'scope' and 'audience' are.",
)

/**
 * The token endpoint (RFC 6749 section 3.2). Without `grant_type`, the key where the gate takes keys from is exchanged; what is wrong with that key
 * is answered as by any guard.
 */
export function createTokenEndpoint(
  context: IssuingContext,
  grantTypes: ReadonlyMap<string, GrantType>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { own } = context

  async function issue({ form, request }: TokenRequest, entitled: Entitled): Promise<Conclusion> {
    const { holder, audience, grant, more = {} } = entitled
    const { headers } = grant
    const scopes = form.get('scope')?.split(' ').filter(Boolean)
    const wish: TokenWish = { scopes, audience }
    const token = await own.issue(holder, wish)
    if (!isRefusal(token)) return { answer: answerToken(token, more, headers), decision: grant }
    const { reason } = token
    const fault =
      reason === 'insufficient_scope'
        ? new OAuthFault('invalid_scope', 'A scope that is asked for is not held: ask for fewer.')
        : new OAuthFault('invalid_grant', 'The key has come to its end.', reason)
    return concludedFault(context, request, fault, headers)
  }

  return recorded(context, async (call, reception) => {
    const asked = await readCall(call, context, reception)
    if (isUnread(asked)) return asked
    const named = asked.form.get('grant_type')
    const grantType = named === undefined ? exchangeKey : grantTypes.get(named)
    if (grantType === undefined) {
      return new OAuthFault('unsupported_grant_type', 'This grant type is not supported here.')
    }
    const outcome = await grantType(asked)
    return isFault(outcome) || 'allowed' in outcome ? outcome : issue(asked, outcome)
  })
}

/** What all OAuth endpoints ask of a request before they look at what it asks. */
export async function readCall(
  call: EndpointRequest,
  context: IssuingContext,
  reception: Reception,
): Promise<TokenRequest | OAuthFault | Denial> {
  const { request } = call
  const { refuse, refuseInsecure, readCredential } = context
  if (request.method !== 'POST') return refuse(POST_ONLY, request)
  const insecure = refuseInsecure(request)
  if (insecure !== undefined) return refuse(insecure, request)
  const form = await readForm(call)
  if (!isRefusal(form)) {
    return { context, request, reception, form, presented: readCredential(request) }
  }
  const { reason, details } = form
  if (reason !== 'invalid_input') return refuse(form, request)
  return new OAuthFault('invalid_request', details.detail ?? '')
}

export function isUnread(asked: TokenRequest | OAuthFault | Denial): asked is OAuthFault | Denial {
  return !('form' in asked)
}

/** The native form: a key, where the gate takes keys from. */
async function exchangeKey(asked: TokenRequest): Promise<Outcome> {
  const { context, request, reception, form, presented } = asked
  if (isRefusal(presented)) {
    const client = readClient(request, form, presented)
    if (presented.reason !== 'missing_credentials' || client === undefined) {
      return context.refuse(presented, request)
    }
    return isFault(client) ? client : new OAuthFault('invalid_request', "'grant_type' is missing.")
  }
  const decision = await reception.enter(presented)
  if (!decision.allowed) return decision
  if (decision.auth.kind === 'token') return context.refuse(NO_TOKEN_FOR_TOKEN, request)
  if (form.hasOthers) return context.refuse(UNKNOWN_MEMBER, request)
  const audience = targetOf(form, context.own.rules.audience)
  if (isFault(audience)) return context.refuse(invalid(audience.description), request)
  return { holder: holderOf(decision.auth), grant: decision, audience }
}
