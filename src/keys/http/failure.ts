import { Refusal } from '../../core/denial.js'
import { AuditError, KeyError, MisuseError, StoreError } from '../../core/errors.js'
import { invalid } from '../../http/body.js'
import { complaintIn } from '../../lib/issue.js'
import { RefusedChange } from '../refused-change.js'
import { NOT_FOUND } from './call.js'

/** Codes of a KeyError that are reasons as well. */
const OWN_REASONS = ['idempotency_key_reused', 'access_not_approved', 'terms_not_accepted'] as const

export const CHANGED_MEANWHILE = new Refusal('key_conflict', {
  detail: 'The key, or yours, was changed at the same time. Try again.',
})

/** What the client is told of what went wrong with keys. @throws the error itself where that is nothing of keys */
export function refusalFor(error: unknown, onError: (error: unknown) => void): Refusal {
  if (error instanceof RefusedChange) return error.refusal
  if (error instanceof StoreError) return new Refusal('store_unavailable')
  if (error instanceof AuditError) return new Refusal('audit_unavailable')
  if (error instanceof MisuseError && error.code !== 'invalid_key_input') {
    // The gate's own configuration is at fault, and its words are for the operator: a plan of the caller that is not there any more, for one.
    onError(error)
    return invalid('No key can be made or changed like this at the moment.')
  }
  // The part before the colon names the call inside the server: no business of the client's.
  if (error instanceof MisuseError) return invalid(complaintIn(error))
  if (!(error instanceof KeyError)) throw error
  if (error.code === 'unknown_key') return NOT_FOUND
  if (error.code === 'changed_meanwhile') return CHANGED_MEANWHILE
  const reason = OWN_REASONS.find((code) => code === error.code) ?? 'key_conflict'
  return new Refusal(reason, { detail: error.message })
}
