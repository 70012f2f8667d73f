import type { KeyJournal, KeyOutcome } from '../keys/recorded.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AuditMode } from '../terms/demand.js'
import type { Draft } from './draft.js'
import { KeyDraft } from './key-draft.js'
import type { Cleaner } from './text.js'

export interface JournalContext {
  readonly mode: AuditMode
  readonly clock: Clock
  readonly clean: Cleaner
  readonly newId: () => string
  readonly put: (draft: Draft) => void
  readonly commit: (draft: Draft) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Changes of keys: in mode `'required'`, each intention is on durable storage before the change is made. */
export function createJournal(context: JournalContext): KeyJournal {
  const { mode, clock, clean, newId, put, commit, onError } = context
  const isRequired = mode === 'required'

  return (events, by) => {
    const drafts = events.map((event) => new KeyDraft(newId(), clock(), event, by, clean))
    const all = async () => {
      await Promise.all(drafts.map(commit))
    }
    const conclude = (outcome: KeyOutcome): MaybePromise<void> => {
      for (const draft of drafts) draft.outcome = outcome
      // It has been made: that it cannot be recorded undoes nothing.
      if (isRequired) return all().catch(onError)
      if (outcome !== 'failed') drafts.forEach(put)
      return undefined
    }
    return isRequired ? all().then(() => conclude) : conclude
  }
}
