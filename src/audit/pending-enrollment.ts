import { recordedName, type Cleaner } from '../core/redaction.js'
import { spelled } from '../lib/ip-address.js'
import type { UnchainedRecord } from './chain.js'
import type { EnrollmentEvent } from './enrollment.js'
import type { PendingRecord } from './pending-record.js'
import type { EnrollmentRecord } from './record.js'

const MAX_NAME = 256

/** A step of an organization's access, from its intention to its end. */
export class PendingEnrollment implements PendingRecord {
  readonly queue = 'keys'
  readonly weight = 0
  outcome: EnrollmentRecord['outcome'] = 'intended'
  readonly #id: string
  readonly #at: number
  readonly #event: EnrollmentEvent
  readonly #clean: Cleaner

  constructor(id: string, at: number, event: EnrollmentEvent, clean: Cleaner) {
    this.#id = id
    this.#at = at
    this.#event = event
    this.#clean = clean
  }

  get whose(): string {
    return this.#event.ownerId
  }

  compose(): UnchainedRecord {
    const { action, subjectId, ownerId, environments, terms, by } = this.#event
    const clean = (text: string) => this.#clean(text, MAX_NAME)
    return {
      kind: 'enrollment',
      id: this.#id,
      time: new Date(this.#at).toISOString(),
      action,
      outcome: this.outcome,
      subjectId,
      ownerId: recordedName(ownerId, this.#clean),
      ...(environments && { environments }),
      ...(terms && { terms: { id: terms.id, version: clean(terms.version) } }),
      by: {
        subject: clean(by.id),
        ...(by.name !== undefined && { name: clean(by.name) }),
        ...(by.ownerId !== undefined && { ownerId: recordedName(by.ownerId, this.#clean) }),
      },
      ...(by.address !== undefined && { client: spelled(by.address) }),
    }
  }
}
