import type { ChangedBy } from '../core/changed-by.js'
import type { Cleaner } from '../core/redaction.js'
import type { AuditMode } from '../core/requirement.js'
import type { KeyJournal } from '../keys/audited-key-store.js'
import type { KeyOutcome } from '../keys/key-change.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { EnrollmentJournal } from './enrollment.js'
import { PendingEnrollment } from './pending-enrollment.js'
import { PendingKeyChange } from './pending-key-change.js'
import type { PendingRecord } from './pending-record.js'
import { PendingView } from './pending-view.js'
import type { AuditView } from './query.js'

export interface JournalContext {
  readonly mode: AuditMode
  readonly clock: Clock
  readonly clean: Cleaner
  readonly newId: () => string
  readonly put: (pending: PendingRecord) => void
  readonly commit: (pending: PendingRecord) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** What is told of changes of keys, of steps of access, and of looks at the trail itself. */
export interface Journals {
  readonly journal: KeyJournal
  readonly enrollment: EnrollmentJournal
  /** In mode `'required'`, it resolves once the look is on durable storage. */
  readonly view: (view: AuditView, by: ChangedBy) => MaybePromise<void>
}

/** In mode `'required'`, each intention is on durable storage before the change is made. */
export function createJournals(context: JournalContext): Journals {
  const { mode, clock, clean, newId, put, commit, onError } = context
  const isRequired = mode === 'required'

  function begin(records: readonly (PendingRecord & { outcome: KeyOutcome | 'intended' })[]) {
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

  return {
    journal: (events, by) =>
      begin(events.map((event) => new PendingKeyChange(newId(), clock(), event, by, clean))),
    enrollment: (event) => begin([new PendingEnrollment(newId(), clock(), event, clean)]),
    view(view, by) {
      const pending = new PendingView(newId(), clock(), view, by, clean)
      if (isRequired) return commit(pending)
      put(pending)
      return undefined
    },
  }
}
