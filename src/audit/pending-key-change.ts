import type { ChangedBy } from '../core/changed-by.js'
import { recordedName, type Cleaner } from '../core/redaction.js'
import type { KeyEvent } from '../keys/audited-key-store.js'
import { spelled } from '../lib/ip-address.js'
import { actorOf } from './actor.js'
import type { UnchainedRecord } from './chain.js'
import type { PendingRecord } from './pending-record.js'
import type { KeyChangeRecord } from './record.js'

const MAX_NAME = 256

type Told = 'by' | 'requestId' | 'client'

/** A change of a key, from its intention to its end. */
export class PendingKeyChange implements PendingRecord {
  readonly queue = 'keys'
  readonly weight = 0
  outcome: KeyChangeRecord['outcome'] = 'intended'
  readonly #id: string
  readonly #at: number
  readonly #event: KeyEvent
  readonly #by: ChangedBy | undefined
  readonly #clean: Cleaner

  constructor(id: string, at: number, event: KeyEvent, by: ChangedBy | undefined, clean: Cleaner) {
    this.#id = id
    this.#at = at
    this.#event = event
    this.#by = by
    this.#clean = clean
  }

  get whose(): string | undefined {
    return this.#by?.auth.ownerId
  }

  compose(): UnchainedRecord {
    const { action, keyId, ownerId, environment, changed, successorId, standing, why } = this.#event
    return {
      kind: 'key',
      id: this.#id,
      time: new Date(this.#at).toISOString(),
      action,
      outcome: this.outcome,
      keyId,
      ...(ownerId !== undefined && { ownerId: recordedName(ownerId, this.#clean) }),
      ...(environment !== undefined && { environment }),
      ...(changed && { changed }),
      ...(successorId !== undefined && { successorId }),
      ...(standing && { standing }),
      ...(why !== undefined && { why: this.#clean(why, MAX_NAME) }),
      ...(this.#by && this.#tell(this.#by)),
    }
  }

  #tell({ auth, requestId, address }: ChangedBy): Pick<KeyChangeRecord, Told> {
    return {
      by: actorOf(auth, this.#clean),
      ...(requestId !== undefined && { requestId: this.#clean(requestId, MAX_NAME) }),
      ...(address !== undefined && { client: spelled(address) }),
    }
  }
}
