import type { Credential } from '../../core/credential.js'
import type { Answer, Denial, Grant } from '../../core/decision.js'
import { isRefusal, Refusal } from '../../core/denial.js'
import type { GateRequest } from '../../core/request.js'
import { invalid, type EndpointRequest } from '../../http/body.js'
import { holderOf, NO_TOKEN_FOR_TOKEN, type Holder, type TokenWish } from '../issue.js'
import type { TokenService } from '../token-service.js'
import { answerToken, isFault, OAuthFault } from './answers.js'
import { readClient } from './client.js'
import {
  concludedFault,
  recorded,
  type Conclusion,
  type EndpointCall,
  type EndpointPipeline,
} from './conclude.js'
import { readForm, type Form } from './form.js'
import { targetOf } from './target.js'

/** What of a gate the endpoints of its tokens work with. */
export interface IssuingContext {
  readonly own: TokenService
  readonly realm: string
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly pipeline: EndpointPipeline
  readonly deny: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly onError: (error: unknown) => void
}

/** A request to the token endpoint, read. */
export interface TokenRequest {
  readonly context: IssuingContext
  readonly request: GateRequest
  readonly call: EndpointCall
  readonly form: Form
  readonly presented: Credential | Refusal
}

/** Who gets a token, and what for. */
export interface Entitled {
  readonly holder: Holder
  readonly grant: Grant
  readonly audience: readonly string[]
  /** Uses up what a token is made for once, when it is made: why not, where that was done before. */
  readonly use?: () => Promise<OAuthFault | Denial | undefined>
  /** More members of the answer. */
  readonly more?: object
}

/** What a way to get a token comes to: an OAuth error, or a denial where the gate itself said no. */
export type Outcome = Entitled | OAuthFault | Denial

type GrantType = (asked: TokenRequest) => Promise<Outcome>

const POST_ONLY = new Refusal('method_not_allowed', { headers: { allow: 'POST' } })

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
    const { holder, audience, grant, use, more = {} } = entitled
    const { headers } = grant
    const scopes = form.get('scope')?.split(' ').filter(Boolean)
    const wish: TokenWish = { scopes, audience }
    const token = await own.issue(holder, wish)
    if (!isRefusal(token)) {
      const used = await use?.()
      if (used === undefined) return { answer: answerToken(token, more, headers), decision: grant }
      return isFault(used) ? concludedFault(context, request, used, headers) : used
    }
    const { reason } = token
    if (reason === 'store_unavailable') return context.deny(token, request)
    const fault =
      reason === 'insufficient_scope'
        ? new OAuthFault('invalid_scope', 'A scope that is asked for is not held: ask for fewer.')
        : new OAuthFault('invalid_grant', 'The key has come to its end.', { reason })
    return concludedFault(context, request, fault, headers)
  }

  return recorded(context, async (endpointRequest, call) => {
    const asked = await readCall(endpointRequest, context, call)
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
  endpointRequest: EndpointRequest,
  context: IssuingContext,
  call: EndpointCall,
): Promise<TokenRequest | OAuthFault | Denial> {
  const { request } = endpointRequest
  const { deny, refuseInsecure, readCredential } = context
  if (request.method !== 'POST') return deny(POST_ONLY, request)
  const insecure = refuseInsecure(request)
  if (insecure !== undefined) return deny(insecure, request)
  const form = await readForm(endpointRequest)
  if (!isRefusal(form)) {
    return { context, request, call, form, presented: readCredential(request) }
  }
  const { reason, details } = form
  if (reason !== 'invalid_input') return deny(form, request)
  return new OAuthFault('invalid_request', details.detail ?? '')
}

export function isUnread(asked: TokenRequest | OAuthFault | Denial): asked is OAuthFault | Denial {
  return !('form' in asked)
}

/** The native form: a key, where the gate takes keys from. */
async function exchangeKey(asked: TokenRequest): Promise<Outcome> {
  const { context, request, call, form, presented } = asked
  if (isRefusal(presented)) {
    const client = readClient(request, form, presented)
    if (presented.reason !== 'missing_credentials' || client === undefined) {
      return context.deny(presented, request)
    }
    return isFault(client) ? client : new OAuthFault('invalid_request', "'grant_type' is missing.")
  }
  const decision = await call.authenticate(presented)
  if (!decision.allowed) return decision
  if (decision.auth.kind === 'token') return context.deny(NO_TOKEN_FOR_TOKEN, request)
  if (form.hasOthers) return context.deny(UNKNOWN_MEMBER, request)
  const audience = targetOf(form, context.own.audience)
  if (isFault(audience)) return context.deny(invalid(audience.description), request)
  return { holder: holderOf(decision.auth), grant: decision, audience }
}
