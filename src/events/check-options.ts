import { MisuseError } from '../core/errors.js'
import type { KeyStore } from '../keys/key-store.js'
import type { GateWebhooks, Notify, ReminderOptions } from './types.js'

/** The options of events. */
export interface EventOptions {
  readonly notify?: Notify | undefined
  readonly webhooks?: GateWebhooks | undefined
  readonly reminders?: ReminderOptions | undefined
  /** Whether findings of the audit log are told. */
  readonly isWatched: boolean
  /** Absent: one in memory, which keeps all of them. */
  readonly store: Pick<KeyStore, 'outbox' | 'reminders'> | undefined
}

/** @throws {MisuseError} for events that nobody is told of, and for a store that cannot keep them */
export function checkEvents(options: EventOptions): void {
  const { notify, webhooks, reminders, isWatched, store } = options
  const keeps = (part: 'outbox' | 'reminders') => store === undefined || store[part] !== undefined
  if (reminders !== undefined && reminders.wants === undefined && !keeps('reminders')) {
    throw misuse(
      "'reminders.wants' must be a function, as 'keys.store' does not keep what owners choose",
    )
  }
  if (notify === undefined && webhooks === undefined) {
    if (reminders === undefined && !isWatched) return
    const given = reminders === undefined ? "'audit.unusual' makes" : "'reminders' are"
    throw misuse(`${given} events; give 'notify' or 'webhooks' as well`)
  }
  if (keeps('outbox')) return
  const given = notify === undefined ? 'webhooks' : 'notify'
  throw misuse(
    `'${given}' needs a key store with an outbox, such as those of this package; 'keys.store' has none`,
  )
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `createGate: ${message}`)
}
