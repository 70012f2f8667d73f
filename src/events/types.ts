import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'

/** Something that happened to a key, or to access: for `notify`, webhooks and the channel `sallyport:keys`. It has no secret, digest or token. */
export interface GateEvent {
  /** The same with each try and for each receiver: who has seen it before can pass it over. */
  readonly id: string
  /** Such as `'key.revoked'`. Later versions may have others. */
  readonly type: string
  /** When it happened. */
  readonly timestamp: Date
  /** What JSON can say: of `key.*`, the key as the key endpoints show it, after the change. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Somebody to whom events are delivered. */
export interface EventTarget {
  /** Names it in the store: what waits for it is found by this name. 1 to 200 characters. */
  readonly name: string
  readonly wants: (type: string) => boolean
  /**
   * Delivers, or throws: then it is tried again. A `DeliveryError` says more. It must settle within `limitMs`.
   * @param isFirst whether it was never tried before
   * @param signal the gate is closing
   */
  readonly send: (event: GateEvent, isFirst: boolean, signal: AbortSignal) => Promise<void>
  /** How long a delivery may take, in milliseconds. */
  readonly limitMs: number
}

/** What a gate delivers to beside `notify`: what `createWebhooks` of `sallyport/webhooks` returns. */
export interface GateWebhooks {
  readonly targets: readonly EventTarget[]
}

/** The option `reminders`. */
export interface ReminderOptions {
  /**
   * Whether an owner wants to be reminded of its keys, as its settings in your app say: true or false, may be async. If it throws, answers something else, or takes more than 5 s, `onError` is
   * called, and the owner is asked about again in the next look; after 10 of them, the look is given up until then. Default: as the owner has chosen with `gate.events.chooseReminders`, such
   * as in the console; the key store keeps it.
   */
  readonly wants?: (ownerId: string) => MaybePromise<boolean>
  /**
   * So many days before a key is due for rotation (`keys.rotateAfter`); 0: when it is due. 1 to 8 whole numbers from 0 to 365. Owners choose among them. Default `[14, 7, 0]`.
   */
  readonly before?: readonly number[]
  /** Also of active keys without a successor that were not used for so long, once for each time of disuse. A day or more. Default: none. */
  readonly unusedFor?: Duration
  /** Also of active keys without an end and without a successor that are older than this, once for each. A day or more. Default: none. */
  readonly endlessFor?: Duration
}

/** Of which reminders an owner has chosen which. */
export interface ReminderChoice {
  /** Descending. Empty: no reminders. */
  readonly chosen: readonly number[]
  /** `before` of the option `reminders`, descending. */
  readonly offered: readonly number[]
}

/** Why there is a reminder of a key. */
export type ReminderCause = 'rotation' | 'unused' | 'endless'

/** A reminder that nobody had given before. */
export interface Reminder {
  readonly keyId: string
  readonly ownerId: string
  readonly name: string
  /** Why: it is due for rotation, nobody uses it, or it has no end. */
  readonly why: ReminderCause
  /** When it is due: when it is as old, or was unused for as long, as the options say. */
  readonly dueAt: Date
  /** The step that was reached; 0: it is due. */
  readonly daysBefore: number
}

/** Told of each event: for mail, chat, or anything that is no webhook. A promise that is rejected, or takes more than 30 s, is a delivery that failed. */
export type Notify = (event: GateEvent) => MaybePromise<unknown>

/** A delivery that was given up. */
export interface FailedDelivery {
  /** For `retry`. */
  readonly seq: string
  /** `'notify'`, or the name of the endpoint. */
  readonly target: string
  readonly event: GateEvent
  /** Tries that have failed. */
  readonly attempts: number
  readonly endedAt: Date
  /** Why the last try failed. */
  readonly error: string
}

/** What a run has done. */
export interface EventRun {
  /** Events of keys that have ended, end soon or are due, as nobody had noted before. */
  readonly found: number
  readonly delivered: number
  /** Tries that failed. */
  readonly failed: number
}

/** Events: `gate.events`. Each call throws a MisuseError `not_supported` for a gate without `notify` and `webhooks`, and what the store throws. */
export interface GateEvents {
  /**
   * Looks for keys whose time has come and delivers what waits and may be tried now. The gate does the same by itself, every second and every 5 minutes: this is for tests, and for
   * platforms that stop a process between requests.
   */
  run(): Promise<EventRun>
  /**
   * Notes `key.due` for keys that have reached a step before their rotation is due, as the option `reminders` has them, and resolves to those that are new. The gate does the same
   * every hour, where it has that option. Without it, every owner counts, and the steps are 14, 7 and 0 days. It needs an outbox, and neither `notify` nor `webhooks`.
   * @param ownerId only the keys of this owner, whether it wants to be reminded or not
   */
  remind(ownerId?: string): Promise<readonly Reminder[]>
  /**
   * What an owner has chosen of reminders: so many days before a key is due; none: it wants no reminders, which is how it is at first. And what it can choose from.
   * @throws {MisuseError} `not_supported` unless the gate has `reminders` without `wants`
   */
  reminders(ownerId: string): Promise<ReminderChoice>
  /**
   * Keeps what an owner chooses: its keys are told of from the next look on, on every instance.
   * @param daysBefore some of those that can be chosen; none: no reminders
   * @example await gate.events.chooseReminders('org_1', [14, 0])
   * @throws {MisuseError} `not_supported` as `reminders`; `invalid_key_input` for days that cannot be chosen
   */
  chooseReminders(ownerId: string, daysBefore: readonly number[]): Promise<void>
  /** Deliveries that were given up, the latest first, in pages. @param page `limit`: 1 to 200, default 50 */
  failed(page?: { readonly limit?: number; readonly cursor?: string }): Promise<{
    readonly items: readonly FailedDelivery[]
    readonly cursor?: string
  }>
  /** Tries again what was given up: one, or all. Resolves to how many. @param seq of `failed` */
  retry(seq?: string): Promise<number>
}
