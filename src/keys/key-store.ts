import type { UsageOutcome } from '../core/tally.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyJobs } from './jobs.js'
import type { KeyOutbox } from './outbox.js'
import type { KeyPatch, KeyRecord, KeyState } from './record.js'
import type { ReminderChoices } from './reminder-choices.js'

/** Who made a key, as `createdBy` has it: all members that are given. `subject` or `keyId` is among them. */
export interface KeyMaker {
  /** A person, or an operator; with `issuer`, the subject of its tokens alone. */
  readonly subject?: string
  readonly issuer?: string
  /** The API key, or the one that the maker's token was made from. */
  readonly keyId?: string
  /** Whom the app has named alone, by `gate.as` or `otherwise`: the subject of a token may have the same id, and is somebody else. */
  readonly app?: true
}

/** Which keys to list, in pages. */
export interface KeyFilter {
  readonly ownerId?: string
  readonly environment?: string
  readonly state?: KeyState
  readonly createdBy?: KeyMaker
  /** Text in the name or in the hint, of 1 to 128 characters; letter case of A to Z does not matter. */
  readonly search?: string
  /** Keys made before this instant and not used since. Uses of the last 10 s may be missing. */
  readonly unusedSince?: Date
  /** Active keys without a successor that are due for rotation, or will be within this time: see `rotateAfter`. */
  readonly dueWithin?: Duration
  /** By the time of creation. Default `'newest'`: newest first. */
  readonly order?: 'newest' | 'oldest'
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

/** What a store is asked to list. */
export interface KeyQuery extends Omit<KeyFilter, 'state' | 'dueWithin'> {
  /** Only keys that are in this state at this instant. */
  readonly standing?: { readonly state: KeyState; readonly at: Date }
  /** Only keys without a successor that were made at this instant or before. */
  readonly unrotatedSince?: Date
  /** Only keys that are not revoked and end after the one instant, and at the other or before; or those that never end. */
  readonly ending?: { readonly after: Date; readonly until: Date } | 'never'
}

/** How often a key was used on one day in one environment. */
export interface KeyUsage {
  readonly keyId: string
  readonly environment: string
  /** Of UTC, such as `'2030-01-31'`. */
  readonly day: string
  readonly count: number
  readonly lastUsedAt: Date
}

/** What a store may answer that has added to counts. */
export interface UsageAdded {
  /** How many of the counts are at their end, and stay there. */
  readonly full: number
}

/** How many requests of one day came to one outcome. */
export interface OutcomeCount {
  readonly ownerId: string
  readonly environment: string
  /** The key that was presented, or that the token was made from. Absent: the caller has presented neither. */
  readonly keyId?: string
  /** Of UTC, such as `'2030-01-31'`. */
  readonly day: string
  readonly outcome: UsageOutcome
  readonly count: number
}

/** What a store is asked to add up for an owner. */
export interface OwnerUsageQuery {
  /** The first and the last day, of UTC. */
  readonly from: string
  readonly to: string
  /** Default: all, each for itself. */
  readonly environment?: string
  /** What has sums of its own in each environment. */
  readonly by: 'day' | 'key'
}

/** How many requests of an owner in one environment came to one outcome. */
export interface UsageSum {
  readonly environment: string
  /** Where the sums are by day. */
  readonly day?: string
  /** Where they are by key. Absent: of callers without one. */
  readonly keyId?: string
  /** `'unclassified'`: uses of its keys that are in none of the other outcomes, except for `'unauthenticated'`, which is no use. An older version counted them. */
  readonly outcome: string
  readonly count: number
}

/** One of several changes that a store makes together. */
export interface KeyChange {
  readonly id: string
  readonly patch: KeyPatch
  /** Absent: whatever the version is, as for a revocation. A store that cannot do that answers false. */
  readonly expectedVersion?: number
}

/**
 * What must still hold of who asks for a change when the change is made: the store checks it in the same statement or transaction. Where it does not
 * hold, the store changes nothing and answers false.
 */
export interface CallerCondition {
  /** While the making of keys is suspended for this owner, none is made. */
  readonly ownerId: string
  /** The key that asks, by itself or by a token, and the version on which its rights were judged. Absent: the caller has no key. */
  readonly key?: { readonly id: string; readonly version: number }
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly cursor?: string
}

/**
 * Where keys live. Every method may answer at once or with a promise. What a store throws is an outage to the gate
 * (503), never a bad credential.
 */
export interface KeyStore {
  findByDigest(digest: string): MaybePromise<KeyRecord | undefined>
  /** With `lastUsedAt`, as in `list`, where usage is recorded. */
  findById(id: string): MaybePromise<KeyRecord | undefined>
  /** `false`, and nothing else: the condition does not hold. @throws {DuplicateKeyError} when the id or the digest is taken. */
  insert(record: KeyRecord, provided?: CallerCondition): MaybePromise<unknown>
  /**
   * Inserts those of several new records whose id and digest are free, also among themselves; says of each whether it was. Without
   * it, an import inserts them one by one.
   */
  insertAll?(records: readonly KeyRecord[]): MaybePromise<readonly boolean[]>
  /**
   * Applies the patch and adds one to the version. False: the version is no longer this, there is no such key, or the condition does not hold.
   */
  update(
    id: string,
    patch: KeyPatch,
    expectedVersion: number,
    provided?: CallerCondition,
  ): MaybePromise<boolean>
  /**
   * Several updates at once, all or none; false as in `update`. Without it, the gate makes them one after the other, and a
   * process that dies in between leaves the rest to whoever tries again.
   */
  updateAll?(changes: readonly KeyChange[]): MaybePromise<boolean>
  /**
   * Ends the key at `endsAt`, links it to its successor (`rotatedTo`, and `rotatedAt` from the successor's `createdAt`) and inserts
   * that, both or neither; false as in `update`.
   */
  rotate(
    id: string,
    expectedVersion: number,
    endsAt: Date,
    successor: KeyRecord,
    provided?: CallerCondition,
  ): MaybePromise<boolean>
  /**
   * For so many milliseconds from now, `insert` and `rotate` with a condition of this owner answer false. Each call that asks for it has an id of its own: with
   * the same id it asks for longer, and with 0 it lifts what it has asked for itself, while that of others stands. What was begun before may still be made, where
   * the store answers with a promise. Without it, `revokeAll` may have to be called again while others make keys.
   */
  suspendCreation?(ownerId: string, id: string, durationMs: number): MaybePromise<unknown>
  /**
   * A page of keys, each once over all pages. A record that cannot be understood is left out, so that the others can be managed; its key
   * does not work. A cursor that is not of this store leads to an empty page.
   */
  list(query: KeyQuery): MaybePromise<Page<KeyRecord>>
  /**
   * Adds counts to those of the same key, environment and day, and keeps the later `lastUsedAt`; in a place of its own, so that a use
   * never changes a record. What it is told of keys that it does not have is dropped. In the same transaction, it adds `outcomes` to those of the same owner,
   * environment, key, day and outcome, whether it has that key or not; a store without `usageOfOwner` leaves them.
   * A count that is at its end stays there, and all others are written; a store may answer `UsageAdded`: how many are at their end.
   */
  recordUsage(usage: readonly KeyUsage[], outcomes?: readonly OutcomeCount[]): MaybePromise<unknown>
  /** The days on which a key was used, latest first, from a day on. Without it, `gate.keys.usage` throws `not_supported`. */
  usageOf?(keyId: string, sinceDay: string): MaybePromise<readonly KeyUsage[]>
  /**
   * The sums of an owner: by day, the latest first, or by key; each once, none of 0. Those of environments are apart. Without it,
   * `gate.keys.usageOfOwner` throws `not_supported`.
   */
  usageOfOwner?(ownerId: string, query: OwnerUsageQuery): MaybePromise<readonly UsageSum[]>
  /** How other instances learn of a change. Without it, they do when what they remember of a key ends, after 30 s. */
  readonly changes?: KeyChangeFeed
  /** Where the event of each change waits for its delivery. Without it, a gate takes neither `notify` nor `webhooks`. */
  readonly outbox?: KeyOutbox
  /** Where instances agree on who does what is done once over all of them. Without it, no environment has a `reset`. */
  readonly jobs?: KeyJobs
  /** Which owners want reminders. Without it, `reminders.wants` must be a function. */
  readonly reminders?: ReminderChoices
  /**
   * How many calls the store works on at once, such as the connections of its pool. Looking for keys that were not seen lately takes half of
   * it at most, so that no flood of them keeps other calls from the store. Default: there is no such bound.
   */
  readonly concurrency?: number
}
