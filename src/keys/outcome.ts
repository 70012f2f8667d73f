import type { Reason } from '../core/denial.js'
import type { UsageOutcome } from '../core/tally.js'
import { REASONS } from '../http/reasons.js'

const BY_STATUS: Readonly<Record<number, UsageOutcome>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'limited',
  503: 'unavailable',
}

/** The class of a reason. */
export function outcomeOf(reason: Reason): UsageOutcome {
  return BY_STATUS[REASONS[reason].status] ?? 'invalid'
}
