import type { Auth } from './auth.js'
import type { DenialCause } from './cause.js'

/** Why a request was refused: the closed list. `http/reasons.ts` says what each means on the wire. */
export const REASON_NAMES = [
  'missing_credentials',
  'multiple_credentials',
  'malformed_request',
  'unknown_key',
  'key_expired',
  'key_revoked',
  'key_disabled',
  'wrong_environment',
  'token_malformed',
  'token_expired',
  'token_invalid',
  'token_revoked',
  'insufficient_scope',
  'https_required',
  'tls_version_not_allowed',
  'unknown_host',
  'connection_closed',
  'origin_not_allowed',
  'address_not_allowed',
  'resource_not_allowed',
  'tenant_mismatch',
  'phi_not_allowed',
  'policy_denied',
  'access_not_approved',
  'terms_not_accepted',
  'plan_without_access',
  'quota_exceeded',
  'credits_exhausted',
  'burst_exceeded',
  'concurrency_exceeded',
  'route_limit_exceeded',
  'anonymous_limit_exceeded',
  'too_many_failures',
  'limiter_unavailable',
  'audit_unavailable',
  'store_unavailable',
  'store_busy',
  'issuer_unavailable',
  'issuer_busy',
  'policy_unavailable',
  'caller_unavailable',
  'caller_busy',
  'invalid_input',
  'scope_not_grantable',
  'not_grantable',
  'not_found',
  'method_not_allowed',
  'key_conflict',
  'access_conflict',
  'idempotency_key_reused',
  'unsupported_media_type',
  'not_acceptable',
  'body_too_large',
] as const

export type Reason = (typeof REASON_NAMES)[number]

/** What a refusal may say beside its reason. */
export interface RefusalDetails {
  /** The scopes that the route requires, for the challenge. */
  readonly scopes?: readonly string[]
  /** Those of them that the caller does not have, for the body. */
  readonly missing?: readonly string[]
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
  /** There is no credential where one is read, not even something empty: a guard may let that in. */
  readonly isAbsent?: true
}

/** What the operator is told of a refusal. */
export interface Diagnosis {
  /** What was checked. */
  readonly cause: DenialCause
  /** What the operator can do about it. */
  readonly fix?: string | undefined
  /** Whose token it is, by the option. */
  readonly issuer?: string | undefined
  /** Whether it is a mistake of the app, which no client can change. */
  readonly isMistake?: true
  /** Whether it is business as usual, which is in the denial alone: nobody has to do anything. */
  readonly isOrdinary?: true
}

/** Copies of this package in one process, such as its two builds, know each other's refusals by it. */
const MARK = Symbol.for('sallyport.Refusal')

/** A rule's no: a value, never thrown. A class, so that nothing a client sends can pass for one. */
export class Refusal {
  static {
    Object.defineProperty(this.prototype, MARK, { value: true })
  }

  readonly reason: Reason
  readonly details: RefusalDetails
  /** Asked with the credential of the request, which is never in what it returns. Absent: the reason says it all. */
  readonly diagnose: ((presented: string | undefined) => Diagnosis) | undefined

  /** @param diagnose asked when the diagnosis is read: a flood of refusals costs little */
  constructor(
    reason: Reason,
    details: RefusalDetails = {},
    diagnose?: (presented: string | undefined) => Diagnosis,
  ) {
    this.reason = reason
    this.details = details
    this.diagnose = diagnose
    Object.freeze(this)
  }
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && MARK in value
}
