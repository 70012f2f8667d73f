import type { Reason } from '../core/denial.js'
import { recordedName } from '../core/redaction.js'
import type { EventRecord } from './words.js'

/** What happened, as an audit trail tells it: an access, or a change of a key. */
export type AuditEvent = EventRecord & {
  /**
   * Whether a checkpoint vouches for this record, signed with one of the public keys that the reader was given. Without keys, nothing is proven. Anybody who
   * can write to the trail may have made a record that is not proven.
   */
  readonly proven: boolean
}

/**
 * An event as its owner reads it, with `gate.as(actor)` or over HTTP: without its place among the records of all owners, and with an id that counts nothing. `hash` is that of the
 * line in the trail, by which those who run the API find it and can prove it.
 */
export type OwnAuditEvent = AuditEvent extends infer Event
  ? Event extends AuditEvent
    ? Omit<Event, 'writer' | 'seq' | 'prev'>
    : never
  : never

/** Which events. What is left out does not matter; of what is given, all must hold. */
export interface AuditFilter {
  readonly kind?: AuditEvent['kind']
  readonly ownerId?: string
  readonly tenantId?: string
  readonly keyId?: string
  /** `iss`, `client_id` and `sub` of a token, or the id of a person: with the owner, who has called. Of a change of a key and of a step of access: who has made it. */
  readonly issuer?: string
  readonly clientId?: string
  readonly subject?: string
  /** The `x-request-id` of an answer. */
  readonly requestId?: string
  readonly outcome?: AuditEvent['outcome']
  /** Why it was denied. */
  readonly reason?: Reason
  /** Accesses that touched health information of this kind; with `id`, those that named this very record. */
  readonly phi?: { readonly resource: string; readonly id?: string }
  /**
   * `true`: only events that a checkpoint vouches for, which nobody without the gate's key can have added. `false`: only the others. Needs a public key. The
   * events of the last minute have no checkpoint yet.
   */
  readonly proven?: boolean
  /** At this instant or later. */
  readonly from?: Date
  /** Before this instant. */
  readonly to?: Date
}

/**
 * Whether an event is one of those that a filter asks for: `for await (const event of readEvents(reader)) if (matchesFilter(event, { tenantId }))`.
 * @param event from `readEvents`, `queryTrail` or `gate.audit.query`
 */
export function matchesFilter(
  event: EventRecord & Partial<Pick<AuditEvent, 'proven'>>,
  filter: AuditFilter,
): boolean {
  const { phi, from, to, issuer, clientId, subject, ...wanted } = recordedFilter(filter)
  if (from !== undefined && event.time < from.toISOString()) return false
  if (to !== undefined && event.time >= to.toISOString()) return false
  const who = event.kind === 'access' ? event : (event.by ?? {})
  const has = tells({ ...event }, wanted) && tells({ ...who }, { issuer, clientId, subject })
  return has && (phi === undefined || touches(event, phi))
}

/** The same filter, with the names of owner and tenant as records have them. */
export function recordedFilter<F extends AuditFilter>(filter: F): F {
  const { ownerId, tenantId } = filter
  return {
    ...filter,
    ...(ownerId !== undefined && { ownerId: recordedName(ownerId) }),
    ...(tenantId !== undefined && { tenantId: recordedName(tenantId) }),
  }
}

function tells(told: Readonly<Record<string, unknown>>, wanted: object): boolean {
  return (Object.entries(wanted) as [string, unknown][]).every(
    ([member, value]) => value === undefined || told[member] === value,
  )
}

function touches(event: EventRecord, phi: NonNullable<AuditFilter['phi']>): boolean {
  if (event.kind !== 'access') return false
  const { phi: first, furtherPhi = [] } = event
  return [...(first ? [first] : []), ...furtherPhi].some(
    ({ resource, ids = [] }) =>
      resource === phi.resource && (phi.id === undefined || ids.includes(phi.id)),
  )
}
