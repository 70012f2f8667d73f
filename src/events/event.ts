import { channel } from 'node:diagnostics_channel'
import { shownToManagers } from '../keys/http/shown.js'
import type { OutboxDelivery } from '../keys/outbox.js'
import { shown } from '../keys/record.js'
import type { GateEvent } from './types.js'

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
