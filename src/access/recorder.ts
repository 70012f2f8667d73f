import type { EnrollmentJournal } from '../audit/enrollment.js'
import type { KeyOutcome } from '../keys/key-change.js'
import type { AccessContext } from './context.js'
import type { OwnerCache } from './owner-cache.js'

/** Makes changes that are in the audit log, where there is one, and that the next request of this process knows of. */
export function createRecorder(
  journal: () => EnrollmentJournal | undefined,
  owners: OwnerCache,
): AccessContext['record'] {
  return async (event, change, isMade) => {
    const conclude = await journal()?.(event)
    let outcome: KeyOutcome = 'unknown'
    try {
      const result = await change()
      outcome = isMade(result) ? 'made' : 'failed'
      return result
    } finally {
      owners.forget(event.ownerId)
      await conclude?.(outcome)
    }
  }
}
