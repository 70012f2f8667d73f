import type { MaybePromise } from '../lib/maybe.js'
import type { KeyRecord } from './record.js'

/** Something that happened, and is not a change of a key: those are noted by the store itself. */
export interface OutboxEvent {
  /** Such as `'key.expired'`. */
  readonly type: string
  /** What it is about, such as the id of a key: events of one subject are delivered in order. */
  readonly subject: string
  /** When it happened. */
  readonly at: Date
  /** What JSON can say. */
  readonly data: Readonly<Record<string, unknown>>
  /** An event with a mark that was added before is not added again, by whichever instance. A store may forget marks after 400 days. */
  readonly once?: string
}

/** An event on its way to one target. */
export interface OutboxDelivery {
  /** Names the delivery in its store. */
  readonly seq: string
  /** Of the event, for all its targets and tries: `msg_` and 22 characters of base64url. */
  readonly id: string
  readonly target: string
  readonly type: string
  readonly subject: string
  readonly at: Date
  /** After a change of a key: the key as it was then, with an empty text in the place of its digest. */
  readonly key?: KeyRecord
  /** Of an event that was added. */
  readonly data?: Readonly<Record<string, unknown>>
  /** Tries that have failed. */
  readonly attempts: number
}

/** A delivery that was given up. */
export interface OutboxFailure extends OutboxDelivery {
  readonly endedAt: Date
  /** Why the last try failed. */
  readonly error: string
}

/** Failures of one page. */
export interface OutboxFailures {
  readonly items: readonly OutboxFailure[]
  /** Absent on the last page. */
  readonly cursor?: string
}

/** What an instance asks for. */
export interface OutboxClaim {
  readonly target: string
  /** Names this very claim: what it has is told by the same name how it ended. */
  readonly holder: string
  readonly now: Date
  /** Nobody else gets them from `now` until then. A store that several machines use counts that time by its own clock: theirs may differ. */
  readonly until: Date
  readonly limit: number
}

/** How a try failed. */
export interface OutboxFault {
  readonly at: Date
  readonly error: string
  /** When it may be tried again. Absent: never, it is given up. */
  readonly nextAt?: Date
}

/**
 * Events that wait for their delivery, in the store of the keys. The event of a change is written in the transaction of the change: `key.created`, `key.rotated` (of the key
 * that has a successor now), `key.revoked`, `key.disabled`, and `key.updated` for any other change that can be seen. A new digest alone is none.
 */
export interface KeyOutbox {
  /**
   * From now on, each event is kept for these targets too. Idempotent. Targets that nobody has named for 30 days are forgotten, with what waits for them.
   */
  subscribe(targets: readonly string[]): MaybePromise<unknown>
  /** Adds events for all targets; says of each whether it is new. */
  add(events: readonly OutboxEvent[]): MaybePromise<readonly boolean[]>
  /**
   * Those that may be tried now and that nobody holds: at most one for each subject, and none before an older one of its subject. Of more than are asked for, the oldest and any others: who has
   * many keys with many events is not before all others.
   */
  claim(claim: OutboxClaim): MaybePromise<readonly OutboxDelivery[]>
  /** It has arrived. What somebody else holds by now stays. */
  delivered(seq: string, holder: string): MaybePromise<unknown>
  /** It has not. What somebody else holds by now stays as it is. */
  failed(seq: string, holder: string, fault: OutboxFault): MaybePromise<unknown>
  /** Gives back what a claim has, as if it had not been tried. */
  release(holder: string): MaybePromise<unknown>
  /** What was given up, the latest first, in pages of 1 to 200. */
  failures(page: { readonly limit: number; readonly cursor?: string }): MaybePromise<OutboxFailures>
  /** Tries again what was given up: one, or all that there is. Resolves to how many. */
  retry(seq?: string): MaybePromise<number>
}

/** The id of a message, of 16 random bytes as hex digits and dashes. */
export function messageId(uuid: string): string {
  return `msg_${Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url')}`
}
