import type { ChangedBy } from '../core/changed-by.js'
import { DuplicateKeyError } from '../core/errors.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyAction, KeyOutcome, KeyStanding } from './key-change.js'
import type { KeyChange, KeyStore } from './key-store.js'
import type { KeyPatch, KeyRecord } from './record.js'
import type { TimedKeyStore } from './store-timeout.js'

/** A change of a key, as it is told to whoever remembers changes. */
export interface KeyEvent {
  readonly action: KeyAction
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what changes. */
  readonly changed?: readonly string[]
  readonly successorId?: string
  /** Absent: it stays as it is. */
  readonly standing?: KeyStanding
  /** Why, as who makes it says. */
  readonly why?: string
}

/**
 * Told of changes that are about to be made, and by whom; what it answers is told how they ended. What it throws keeps them from being made.
 */
export type KeyJournal = (
  events: readonly KeyEvent[],
  by: ChangedBy | undefined,
) => MaybePromise<(outcome: KeyOutcome) => MaybePromise<void>>

/** A change of a record that was read already. */
export interface KnownChange extends KeyChange {
  readonly record?: KeyRecord
}

/** A store whose journal is told why a key is changed: of a revocation, the record itself says it. */
export interface ReasonedKeyStore extends KeyStore {
  update(
    ...change: [...Parameters<KeyStore['update']>, why?: string | undefined]
  ): ReturnType<KeyStore['update']>
}

/** The same store, each change of which is told to a journal. */
export function createAuditedKeyStore(
  store: TimedKeyStore,
  tell: (events: readonly KeyEvent[]) => ReturnType<KeyJournal>,
  inserting: 'create' | 'import' = 'create',
): TimedKeyStore & ReasonedKeyStore {
  async function recorded<T>(
    events: readonly KeyEvent[],
    change: () => MaybePromise<T>,
    isMade: (result: T) => boolean,
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

  async function patching({ id, patch, record: known }: KnownChange): Promise<KeyEvent> {
    const record = known ?? (await store.findById(id))
    const action = patch.revokedAt === undefined ? 'update' : 'revoke'
    const changed = Object.keys(patch)
    return { action, keyId: id, ...(record && whoseOf(record)), changed, ...saidOf(patch) }
  }

  return {
    ...store,
    insert: (record, provided) =>
      recorded(
        [eventOf(inserting, record)],
        () => store.insert(record, provided),
        (result) => result !== false,
      ),
    async update(id, patch, version, provided, why?: string) {
      const event = { ...(await patching({ id, patch })), ...(why !== undefined && { why }) }
      return recorded([event], () => store.update(id, patch, version, provided), Boolean)
    },
    rotate(id, version, endsAt, successor, provided) {
      const event = { ...eventOf('rotate', successor), keyId: id, successorId: successor.id }
      const change = () => store.rotate(id, version, endsAt, successor, provided)
      return recorded([event], change, Boolean)
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
        const events = await Promise.all(changes.map(patching))
        return recorded(events, () => store.updateAll?.(changes) ?? false, Boolean)
      },
    }),
  }
}

function eventOf(action: KeyEvent['action'], record: KeyRecord): KeyEvent {
  return { action, keyId: record.id, ...whoseOf(record) }
}

function saidOf({ revocationReason: why, disabledAt }: KeyPatch) {
  const standing = disabledAt === null ? ('enabled' as const) : ('disabled' as const)
  return { ...(disabledAt !== undefined && { standing }), ...(why !== undefined && { why }) }
}

function whoseOf({ ownerId, environment }: KeyRecord) {
  return { ownerId, environment }
}
