import type { Cleaner } from '../core/redaction.js'
import type { AuditMode } from '../core/requirement.js'
import type { KeyJournal } from '../keys/audited-key-store.js'
import type { KeyOutcome } from '../keys/key-change.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { PendingKeyChange } from './pending-key-change.js'
import type { PendingRecord } from './pending-record.js'

export interface JournalContext {
  readonly mode: AuditMode
  readonly clock: Clock
  readonly clean: Cleaner
  readonly newId: () => string
  readonly put: (pending: PendingRecord) => void
  readonly commit: (pending: PendingRecord) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Changes of keys: in mode `'required'`, each intention is on durable storage before the change is made. */
export function createJournal(context: JournalContext): KeyJournal {
  const { mode, clock, clean, newId, put, commit, onError } = context
  const isRequired = mode === 'required'

  return (events, by) => {
    const records = events.map((event) => new PendingKeyChange(newId(), clock(), event, by, clean))
    const all = async () => {
      await Promise.all(records.map(commit))
    }
    const conclude = (outcome: KeyOutcome): MaybePromise<void> => {
      for (const pending of records) pending.outcome = outcome
      // It has been made: that it cannot be recorded undoes nothing.
      if (isRequired) return all().catch(onError)
      if (outcome !== 'failed') records.forEach(put)
      return undefined
    }
    return isRequired ? all().then(() => conclude) : conclude
  }
}
