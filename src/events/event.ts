import { channel } from 'node:diagnostics_channel'
import { shownToManagers } from '../keys/http/shown.js'
import type { OutboxDelivery } from '../keys/outbox.js'
import { shown } from '../keys/record.js'

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

/** The types of this version. */
export const EVENT_TYPES = [
  ...['key.created', 'key.updated', 'key.rotated', 'key.revoked', 'key.disabled'],
  ...['key.expiring', 'key.expired', 'key.due'],
  ...['access.requested', 'access.approved', 'access.denied', 'access.suspended', 'access.ended'],
  'terms.changed',
] as const

/** Whether a type is one of those that a pattern names: `'key.revoked'`, `'key.*'` or `'*'`. */
export function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern
}

/** What a delivery says. */
export function eventOf({ id, type, subject, at, key, data }: OutboxDelivery): GateEvent {
  const view = key && shownToManagers(shown(key, at.getTime()))
  const said: unknown = JSON.parse(JSON.stringify({ ...(view ?? { id: subject }), ...data }))
  return Object.freeze({ id, type, timestamp: at, data: said as GateEvent['data'] })
}

const events = channel('sallyport:keys')

export function tellEvent(event: GateEvent): void {
  if (events.hasSubscribers) events.publish(event)
}
