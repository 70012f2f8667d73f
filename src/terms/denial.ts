import type { Auth } from './auth.js'

/** Why a request was refused: the closed list. `respond/reasons.ts` says what each means on the wire. */
export type Reason =
  | 'missing_credentials'
  | 'multiple_credentials'
  | 'malformed_request'
  | 'unknown_key'
  | 'key_expired'
  | 'key_revoked'
  | 'key_disabled'
  | 'wrong_environment'
  | 'token_malformed'
  | 'token_expired'
  | 'token_invalid'
  | 'token_revoked'
  | 'insufficient_scope'
  | 'https_required'
  | 'address_not_allowed'
  | 'resource_not_allowed'
  | 'tenant_mismatch'
  | 'policy_denied'
  | 'plan_without_access'
  | 'quota_exceeded'
  | 'credits_exhausted'
  | 'burst_exceeded'
  | 'concurrency_exceeded'
  | 'too_many_failures'
  | 'limiter_unavailable'
  | 'audit_unavailable'
  | 'store_unavailable'
  | 'issuer_unavailable'
  | 'policy_unavailable'
  | 'invalid_input'
  | 'scope_not_grantable'
  | 'not_found'
  | 'method_not_allowed'
  | 'key_conflict'
  | 'idempotency_key_reused'
  | 'unsupported_media_type'
  | 'body_too_large'

/** What a refusal may say beside its reason. */
export interface RefusalDetails {
  /** The scopes that the route demands, for the challenge. */
  readonly scopes?: readonly string[]
  /** What to tell the caller in place of the reason's own sentence. */
  readonly detail?: string
  /** When to come back at the earliest, in seconds; in the place of the reason's own. */
  readonly retryAfter?: number
  /** In the place of the reason's own status. */
  readonly status?: number
  /** Response headers beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whose credential was refused, for records alone. */
  readonly auth?: Auth
  /** Whether a token was, for all that is known, somebody's guess. */
  readonly guess?: boolean
}

/** A rule's no: a value, never thrown. A class, so that nothing a client sends can pass for one. */
export class Refusal {
  readonly reason: Reason
  readonly details: RefusalDetails

  constructor(reason: Reason, details: RefusalDetails = {}) {
    this.reason = reason
    this.details = details
    Object.freeze(this)
  }
}

export function isRefusal(value: object): value is Refusal {
  return value instanceof Refusal
}
