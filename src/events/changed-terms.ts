import type { Clock } from '../lib/clock.js'
import type { KeyOutbox } from '../keys/outbox.js'

/** Terms in another version than somebody has accepted. */
export interface TermsVersionFound {
  readonly id: string
  readonly version: string
  readonly digest: string
}

export interface TermsScanContext {
  readonly find: () => Promise<readonly TermsVersionFound[]>
  readonly outbox: KeyOutbox
  readonly clock: Clock
}

/** Adds `terms.changed` once for each version, over all instances: terms change where an app starts with others, so one look that succeeds is enough. */
export function createTermsScan({ find, outbox, clock }: TermsScanContext): () => Promise<number> {
  let isDone = false
  return async () => {
    if (isDone) return 0
    const events = (await find()).map((terms) => ({
      ...{ type: 'terms.changed', subject: `terms ${terms.id}`, at: new Date(clock()) },
      data: { ...terms },
      once: ['terms.changed', terms.id, terms.version, terms.digest].join(' '),
    }))
    const added = events.length === 0 ? [] : [...(await outbox.add(events))]
    isDone = true
    return added.filter(Boolean).length
  }
}
