import type { MaybePromise } from '../lib/maybe.js'

/** Which owners want to be reminded of their keys, in the store of the keys. */
export interface ReminderChoices {
  /** What the owner has chosen last; `undefined`: nothing yet. */
  find(ownerId: string): MaybePromise<boolean | undefined>
  /** Keeps what the owner chooses. */
  choose(ownerId: string, wanted: boolean): MaybePromise<unknown>
}
