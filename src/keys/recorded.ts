import type { MaybePromise } from '../lib/maybe.js'
import type { Grant } from '../terms/decision.js'
import type { BoundedKeyStore } from './bounded.js'
import type { KeyPatch, KeyRecord } from './record.js'
import { DuplicateKeyError } from './store.js'

/** A change of a key, as it is told to whoever remembers changes. */
export interface KeyEvent {
  readonly action: 'create' | 'import' | 'update' | 'rotate' | 'revoke'
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what changes. */
  readonly changed?: readonly string[]
  readonly successorId?: string
}

/** How a change ended. `unknown`: the store failed, and may have made it all the same. */
export type KeyOutcome = 'made' | 'failed' | 'unknown'

/**
 * Told of changes that are about to be made, and by whom; what it answers is told how they ended. What it throws keeps them from being made.
 */
export type KeyJournal = (
  events: readonly KeyEvent[],
  by: Grant | undefined,
) => MaybePromise<(outcome: KeyOutcome) => MaybePromise<void>>

/** The same store, each change of which is told to a journal. */
export function createRecordedStore(
  store: BoundedKeyStore,
  tell: (events: readonly KeyEvent[]) => ReturnType<KeyJournal>,
  inserting: 'create' | 'import' = 'create',
): BoundedKeyStore {
  async function recorded<T>(
    events: readonly KeyEvent[],
    change: () => MaybePromise<T>,
    isMade: (result: T) => boolean = () => true,
  ): Promise<T> {
    const conclude = await tell(events)
    let outcome: KeyOutcome = 'unknown'
    try {
      const result = await change()
      outcome = isMade(result) ? 'made' : 'failed'
      return result
    } catch (error) {
      if (error instanceof DuplicateKeyError) outcome = 'failed'
      throw error
    } finally {
      await conclude(outcome)
    }
  }

  async function patching(id: string, patch: KeyPatch): Promise<KeyEvent> {
    const record = await store.findById(id)
    const action = patch.revokedAt === undefined ? 'update' : 'revoke'
    const changed = Object.keys(patch)
    return { action, keyId: id, ...(record && whoseOf(record)), changed }
  }

  return {
    ...store,
    insert: (record) => recorded([eventOf(inserting, record)], () => store.insert(record)),
    async update(id, patch, version) {
      return recorded([await patching(id, patch)], () => store.update(id, patch, version), Boolean)
    },
    rotate(id, version, endsAt, successor) {
      const event = { ...eventOf('rotate', successor), keyId: id, successorId: successor.id }
      return recorded([event], () => store.rotate(id, version, endsAt, successor), Boolean)
    },
    ...(store.insertAll && {
      insertAll: (records) =>
        recorded(
          records.map((record) => eventOf(inserting, record)),
          () => store.insertAll?.(records) ?? [],
          (inserted) => inserted.some(Boolean),
        ),
    }),
    ...(store.updateAll && {
      async updateAll(changes) {
        const events = await Promise.all(changes.map(({ id, patch }) => patching(id, patch)))
        return recorded(events, () => store.updateAll?.(changes) ?? false, Boolean)
      },
    }),
  }
}

function eventOf(action: KeyEvent['action'], record: KeyRecord): KeyEvent {
  return { action, keyId: record.id, ...whoseOf(record) }
}

function whoseOf({ ownerId, environment }: KeyRecord) {
  return { ownerId, environment }
}
