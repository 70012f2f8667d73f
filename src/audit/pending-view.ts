import type { ChangedBy } from '../core/changed-by.js'
import type { Cleaner } from '../core/redaction.js'
import { spelled } from '../lib/ip-address.js'
import { actorOf } from './actor.js'
import type { UnchainedRecord } from './chain.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditView } from './query.js'

const MAX_NAME = 256

/** Somebody looked at the audit log. */
export class PendingView implements PendingRecord {
  readonly queue = 'allowed'
  readonly weight = 0
  readonly #id: string
  readonly #at: number
  readonly #view: AuditView
  readonly #by: ChangedBy
  readonly #clean: Cleaner

  constructor(id: string, at: number, view: AuditView, by: ChangedBy, clean: Cleaner) {
    this.#id = id
    this.#at = at
    this.#view = view
    this.#by = by
    this.#clean = clean
  }

  get whose(): string | undefined {
    return this.#by.auth.ownerId
  }

  compose(): UnchainedRecord {
    const { auth, address, requestId = this.#id } = this.#by
    const clean = (text: string) => this.#clean(text, MAX_NAME)
    // It is of no environment: the log is of all.
    const { environment: _, ...actor } = actorOf(auth, this.#clean)
    const { path, filter } = this.#view
    return {
      kind: 'access',
      id: this.#id,
      time: new Date(this.#at).toISOString(),
      ...{ outcome: 'allowed', method: 'GET', path: clean(path), requestId: clean(requestId) },
      auditFilter: Object.fromEntries(
        Object.entries(filter).map(([name, text]) => [clean(name), clean(text)]),
      ),
      ...actor,
      ...(address !== undefined && { client: spelled(address) }),
    }
  }
}
