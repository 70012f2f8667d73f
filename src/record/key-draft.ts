import type { KeyEvent } from '../keys/recorded.js'
import type { Grant } from '../terms/decision.js'
import type { UnchainedRecord } from './chain.js'
import type { Draft } from './draft.js'
import { recognised } from './recognised.js'
import type { KeyChangeRecord } from './record.js'
import type { Cleaner } from './text.js'

const MAX_NAME = 256

/** A change of a key, from its intention to its end. */
export class KeyDraft implements Draft {
  readonly lane = 'keys'
  outcome: KeyChangeRecord['outcome'] = 'intended'
  readonly #id: string
  readonly #at: number
  readonly #event: KeyEvent
  readonly #by: Grant | undefined
  readonly #clean: Cleaner

  constructor(id: string, at: number, event: KeyEvent, by: Grant | undefined, clean: Cleaner) {
    this.#id = id
    this.#at = at
    this.#event = event
    this.#by = by
    this.#clean = clean
  }

  compose(): UnchainedRecord {
    const { action, keyId, ownerId, environment, changed, successorId } = this.#event
    return {
      kind: 'key',
      id: this.#id,
      time: new Date(this.#at).toISOString(),
      action,
      outcome: this.outcome,
      keyId,
      ...(ownerId !== undefined && { ownerId: this.#clean(ownerId, MAX_NAME) }),
      ...(environment !== undefined && { environment }),
      ...(changed && { changed }),
      ...(successorId !== undefined && { successorId }),
      ...(this.#by && {
        by: recognised(this.#by.auth, this.#clean),
        requestId: this.#clean(this.#by.requestId, MAX_NAME),
      }),
    }
  }
}
