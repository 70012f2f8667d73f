import type { Reason } from '../terms/denial.js'

/** What a reason is on the wire. */
export interface ReasonRow {
  readonly status: number
  /** What the caller is told; reasons that must look the same share it. */
  readonly code: string
  /** One sentence for people. */
  readonly message: string
  /** `error` of RFC 6750 section 3.1; `null`: a challenge without it; absent: no challenge. */
  readonly challenge?: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | null
  /** Seconds. */
  readonly retryAfter?: number
}

const BAD_CREDENTIALS = {
  status: 401,
  code: 'invalid_credentials',
  message: 'The credentials are not valid.',
  challenge: 'invalid_token',
} as const

const row = (status: number, code: string, message: string): ReasonRow => ({
  status,
  code,
  message,
})

/** Every reason, once. docs/reasons.md has a section for each. */
export const REASONS: Readonly<Record<Reason, ReasonRow>> = {
  missing_credentials: {
    ...row(401, 'missing_credentials', 'This request needs an API key.'),
    challenge: null,
  },
  multiple_credentials: {
    ...row(400, 'multiple_credentials', 'Present exactly one credential, once.'),
    challenge: 'invalid_request',
  },
  malformed_request: {
    ...row(400, 'malformed_request', 'The credential is not written as HTTP requires.'),
    challenge: 'invalid_request',
  },
  unknown_key: BAD_CREDENTIALS,
  key_expired: BAD_CREDENTIALS,
  key_revoked: BAD_CREDENTIALS,
  key_disabled: BAD_CREDENTIALS,
  wrong_environment: BAD_CREDENTIALS,
  token_malformed: BAD_CREDENTIALS,
  token_expired: BAD_CREDENTIALS,
  token_invalid: BAD_CREDENTIALS,
  token_revoked: BAD_CREDENTIALS,
  insufficient_scope: {
    ...row(403, 'insufficient_scope', 'The API key lacks a scope that this request needs.'),
    challenge: 'insufficient_scope',
  },
  https_required: row(
    403,
    'https_required',
    'Use HTTPS. Consider a key sent over plain HTTP as lost.',
  ),
  address_not_allowed: row(
    403,
    'address_not_allowed',
    'The API key may not be used from this address.',
  ),
  resource_not_allowed: row(
    403,
    'resource_not_allowed',
    'The API key may not be used for this resource.',
  ),
  tenant_mismatch: row(
    403,
    'tenant_mismatch',
    'The API key does not act for the tenant of this request, or the request names none.',
  ),
  policy_denied: row(403, 'policy_denied', 'This request is not allowed.'),
  plan_without_access: row(
    403,
    'plan_without_access',
    'The plan of this API key does not include the API.',
  ),
  quota_exceeded: row(
    429,
    'quota_exceeded',
    'The quota of your plan is used up. Come back when Retry-After says.',
  ),
  credits_exhausted: row(
    429,
    'credits_exhausted',
    'The credits of your plan are used up. Come back when Retry-After says.',
  ),
  burst_exceeded: row(
    429,
    'burst_exceeded',
    'Too many requests at once. Come back when Retry-After says.',
  ),
  concurrency_exceeded: row(
    429,
    'concurrency_exceeded',
    'Too many of your requests are under way. Come back when one of them is over.',
  ),
  too_many_failures: row(
    429,
    'too_many_failures',
    'Too many keys that do not exist came from your address. Come back when Retry-After says.',
  ),
  limiter_unavailable: {
    ...row(503, 'limiter_unavailable', 'Requests cannot be counted at the moment.'),
    retryAfter: 1,
  },
  audit_unavailable: {
    ...row(503, 'audit_unavailable', 'The request cannot be recorded at the moment.'),
    retryAfter: 1,
  },
  store_unavailable: {
    ...row(503, 'store_unavailable', 'The API key cannot be checked at the moment.'),
    retryAfter: 1,
  },
  issuer_unavailable: {
    ...row(503, 'issuer_unavailable', 'The token cannot be checked at the moment.'),
    retryAfter: 1,
  },
  policy_unavailable: {
    ...row(
      503,
      'policy_unavailable',
      'Whether this request is allowed cannot be said at the moment.',
    ),
    retryAfter: 1,
  },
  invalid_input: row(400, 'invalid_input', 'The request body is not valid.'),
  scope_not_grantable: row(403, 'scope_not_grantable', 'Your API key may not hand out this scope.'),
  not_found: row(404, 'not_found', 'There is no such key.'),
  method_not_allowed: row(405, 'method_not_allowed', 'This method is not supported here.'),
  key_conflict: row(409, 'key_conflict', 'The key is in a state that does not allow this.'),
  idempotency_key_reused: row(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request.',
  ),
  unsupported_media_type: row(
    415,
    'unsupported_media_type',
    'Send JSON, with Content-Type: application/json.',
  ),
  body_too_large: row(413, 'body_too_large', 'The request body is too large.'),
}
