import type { MaybePromise } from '../lib/maybe.js'

/** Which owners want to be reminded of their keys, and when, in the store of the keys. */
export interface ReminderChoices {
  /** So many days before a key is due, as the owner has chosen last. Empty: it wants no reminders. `undefined`: it has chosen nothing yet. */
  find(ownerId: string): MaybePromise<readonly number[] | undefined>
  /** Keeps what the owner chooses: whole numbers from 0 to 365, at most 8. */
  choose(ownerId: string, daysBefore: readonly number[]): MaybePromise<unknown>
}
