/**
 * Every code of every error, by its class. docs/errors.md says what each means and what to do.
 * @example
 * ```ts
 * ERROR_CODES.KeyError.includes('unknown_key') // true
 * ```
 */
export const ERROR_CODES = {
  MisuseError: [
    'unknown_option',
    'invalid_option',
    'unknown_scope',
    'unknown_environment',
    'unknown_plan',
    'unknown_reason',
    'invalid_key_input',
    'not_guarded',
    'not_supported',
  ],
  StoreError: ['store_unavailable'],
  TablesError: ['tables_version'],
  ImportStoppedError: ['import_stopped'],
  DuplicateKeyError: ['duplicate_key'],
  KeyError: [
    'unknown_key',
    'not_active',
    'already_rotated',
    'changed_meanwhile',
    'already_issued',
    'idempotency_key_reused',
    'not_grantable',
    'access_not_approved',
    'terms_not_accepted',
  ],
  AccessError: [
    'invalid_input',
    'unknown_request',
    'unknown_agreement',
    'unknown_acceptance',
    'not_eligible',
    'terms_not_accepted',
    'already_requested',
    'wrong_state',
    'own_request',
    'approver_suspended',
    'too_many_steps',
    'changed_meanwhile',
  ],
  LimitStoreError: ['limit_store_unavailable'],
  AuditError: ['audit_unavailable'],
  TokenStoreError: ['token_store_unavailable'],
  IdShareError: ['share_exceeded'],
  IssuerError: ['issuer_unavailable', 'key_unusable'],
  DiagnosisError: ['request_rejected'],
} as const

/** The codes of a class. */
export type CodeOf<Name extends keyof typeof ERROR_CODES> = (typeof ERROR_CODES)[Name][number]

/** What an app can get wrong; each has a section in docs/misuse.md. */
export type MisuseCode = CodeOf<'MisuseError'>

/** What stands in the way of a change to a key. */
export type KeyErrorCode = CodeOf<'KeyError'>

/** What stands in the way of a request for access, a decision or an acceptance. */
export type AccessErrorCode = CodeOf<'AccessError'>
