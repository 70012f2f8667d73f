import type { Reason } from '../core/denial.js'

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

const row = (status: number, message: string) => ({ status, message })

/** The code of most is their name. */
const ROWS: Readonly<Record<Reason, Partial<Pick<ReasonRow, 'code'>> & Omit<ReasonRow, 'code'>>> = {
  missing_credentials: {
    ...row(401, 'Missing credentials.'),
    challenge: null,
  },
  multiple_credentials: {
    ...row(400, 'Multiple credentials. Send exactly one, once.'),
    challenge: 'invalid_request',
  },
  malformed_request: {
    ...row(400, 'Malformed credentials. Send them as HTTP requires.'),
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
    ...row(403, 'The credentials lack a scope that this request needs.'),
    challenge: 'insufficient_scope',
  },
  https_required: row(403, 'HTTPS required. If you sent a key over HTTP, rotate it.'),
  tls_version_not_allowed: row(403, 'Use TLS 1.2 or later.'),
  unknown_host: row(421, 'This API is not served under this host name.'),
  connection_closed: row(400, 'The connection ended before the request was checked.'),
  origin_not_allowed: row(
    403,
    'A credential in a cookie is accepted from pages of this site only.',
  ),
  address_not_allowed: row(403, 'These credentials may not be used from this IP address.'),
  resource_not_allowed: row(403, 'These credentials have no access to this resource.'),
  tenant_mismatch: row(
    403,
    'These credentials have no access to the tenant in this request, or the request names no tenant.',
  ),
  phi_not_allowed: row(403, 'This environment is not for health information.'),
  policy_denied: row(403, 'This request is not allowed.'),
  access_not_approved: row(403, 'Your organization has no approved access to this API.'),
  terms_not_accepted: row(403, 'Your organization has not accepted terms that this request needs.'),
  plan_without_access: row(403, 'Your plan does not include this API.'),
  quota_exceeded: row(
    429,
    'Rate limit exceeded: the quota of your plan is used up. See Retry-After.',
  ),
  credits_exhausted: row(429, 'The credits of your plan are used up. See Retry-After.'),
  burst_exceeded: row(
    429,
    'Rate limit exceeded: too many requests in a short time. See Retry-After.',
  ),
  concurrency_exceeded: row(429, 'Too many concurrent requests. Wait for one to finish.'),
  route_limit_exceeded: row(
    429,
    'Rate limit exceeded: too many requests to this route. See Retry-After.',
  ),
  anonymous_limit_exceeded: row(
    429,
    'Too many requests without valid credentials from your IP address. Send valid ones, or retry after the seconds in Retry-After.',
  ),
  too_many_failures: row(429, 'Too many failed attempts from your IP address. See Retry-After.'),
  limiter_unavailable: {
    ...row(503, 'Rate limits are temporarily unavailable. Try again.'),
    retryAfter: 1,
  },
  audit_unavailable: {
    ...row(503, 'The audit log is temporarily unavailable. Try again.'),
    retryAfter: 1,
  },
  store_unavailable: {
    ...row(503, 'API keys cannot be verified at the moment. Try again.'),
    retryAfter: 1,
  },
  store_busy: {
    ...row(503, 'Too many API keys are being verified at the moment. Try again.'),
    retryAfter: 1,
  },
  issuer_unavailable: {
    ...row(503, 'Access tokens cannot be verified at the moment. Try again.'),
    retryAfter: 1,
  },
  issuer_busy: {
    ...row(503, 'Too many access tokens are being verified at the moment. Try again.'),
    retryAfter: 1,
  },
  policy_unavailable: {
    ...row(503, 'Authorization is temporarily unavailable. Try again.'),
    retryAfter: 1,
  },
  caller_unavailable: {
    ...row(503, 'The caller cannot be identified at the moment. Try again.'),
    retryAfter: 1,
  },
  caller_busy: {
    ...row(503, 'Too many callers are being identified at the moment. Try again.'),
    retryAfter: 1,
  },
  invalid_input: row(400, 'The request body is not valid.'),
  scope_not_grantable: row(403, 'You may not grant this scope.'),
  not_grantable: row(403, 'You may not grant or change this.'),
  not_found: row(404, 'There is no such key.'),
  method_not_allowed: row(405, 'This method is not supported here.'),
  key_conflict: row(409, 'The key is in a state that does not allow this.'),
  access_conflict: row(409, 'The request for access is in a state that does not allow this.'),
  idempotency_key_reused: row(422, 'This Idempotency-Key was used for another request.'),
  unsupported_media_type: row(415, 'Send JSON, with Content-Type: application/json.'),
  not_acceptable: row(406, 'Accept has no type that this route answers with.'),
  body_too_large: row(413, 'The request body is too large.'),
}

/** Every reason, once. docs/reasons.md has a section for each. */
export const REASONS = Object.fromEntries(
  Object.entries(ROWS).map(([reason, given]) => [reason, { code: reason, ...given }]),
) as Readonly<Record<Reason, ReasonRow>>
