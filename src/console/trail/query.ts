import { isDay } from '../../lib/instants.js'
import type { ActingAudit } from '../../audit/audit.js'
import type { OwnAuditEvent } from '../../audit/filter.js'
import type { AuditQuery } from '../../audit/query.js'
import { AUDIT_OUTCOMES } from '../../audit/record.js'
import { MisuseError } from '../../core/errors.js'
import { REASON_NAMES } from '../../core/denial.js'
import { isIdentifier } from '../../core/identifier.js'
import type { Gate } from '../../gate/gate.js'
import { actingOn } from '../keys/managed-keys.js'
import type { PageRequest, Redirect } from '../web/exchange.js'
import { stepUp } from '../web/step-up.js'

/** What the address may say of which events to show, and whether ids of health information are shown. */
export const FILTERS = [
  ...(['environment', 'key', 'person', 'outcome', 'reason', 'phi', 'from', 'to', 'ids'] as const),
] as const
export type Filters = Readonly<Record<(typeof FILTERS)[number], string>>

/** Of a year that records can be of. */
const DAY = /^(?:19[7-9]\d|2\d{3})-\d{2}-\d{2}$/
const DAY_MS = 86_400_000

/** As the address has them; what is none of its kind counts as absent. */
export function filtersIn({ query, user, portal }: PageRequest): Filters {
  const day = (name: string) => {
    const text = query.get(name) ?? ''
    return DAY.test(text) && isDay(text) ? text : ''
  }
  const id = (name: string) => {
    const text = (query.get(name) ?? '').trim()
    // The look is recorded with its filters: a key that was pasted must not be.
    return isIdentifier(text, 128) && portal.wholeKeys.find(text).length === 0 ? text : ''
  }
  const oneOf = (name: string, known: readonly string[]) =>
    known.find((one) => one === query.get(name)) ?? ''
  // Of several gates, the log of one at a time is shown.
  const environment = portal.gates.isOne ? '' : oneOf('environment', user.environments)
  return {
    ...{ environment, ids: oneOf('ids', ['shown']) },
    ...{ key: id('key'), person: id('person'), phi: id('phi').slice(0, 64) },
    ...{ outcome: oneOf('outcome', AUDIT_OUTCOMES), reason: oneOf('reason', REASON_NAMES) },
    ...{ from: day('from'), to: day('to') },
  }
}

/** Whose log is shown. */
export function gateShown(
  { portal, user }: PageRequest,
  { environment }: Pick<Filters, 'environment'>,
): Gate {
  const { gates } = portal
  if (gates.isOne) return gates.first
  return gates.of(environment || (user.environments[0] ?? '')) ?? gates.first
}

/** Leaves a record of who looks, and at what. @throws {AuditError} where that cannot be recorded: nothing is shown then */
export async function noteView(
  asked: PageRequest,
  gate: Gate,
  filters: Partial<Filters>,
): Promise<void> {
  const filter = Object.fromEntries(Object.entries(filters).filter(([, text]) => text !== ''))
  await actingOn(asked, gate).audit.note({ path: asked.path, filter })
}

/** Ids of health information are shown only where they were asked for, after a second step. */
export function beforeIds(asked: PageRequest, { ids }: Filters): Promise<Redirect | undefined> {
  return ids === '' ? Promise.resolve(undefined) : stepUp(asked, 'show_phi')
}

export function auditQueryOf(filters: Filters): AuditQuery {
  const { key, person, outcome, reason, phi, from, to } = filters
  const said = {
    ...(key && { keyId: key }),
    ...(person && { subject: person }),
    ...(outcome && { outcome }),
    ...(reason && { reason }),
    ...(phi && { phi: { resource: phi } }),
    ...(from && { from: new Date(from) }),
    // The last day is among them.
    ...(to && { to: new Date(Date.parse(to) + DAY_MS) }),
  }
  return said as AuditQuery
}

export interface EventsPage {
  readonly items: readonly OwnAuditEvent[]
  readonly cursor?: string
  /** Absent where the log is not signed. */
  readonly unproven?: number
}

/** Events of the person's own owner, newest first; `undefined` where this API keeps no audit log that can be read. @throws {AuditError} */
export function queryEvents(
  asked: PageRequest,
  gate: Gate,
  query: AuditQuery,
): Promise<EventsPage | undefined> {
  return readAudit(asked, gate, (audit) => audit.query(query))
}

/** Reads the log of the person's own owner; `undefined` where this API keeps none that can be read. @throws {AuditError} */
export async function readAudit<T>(
  asked: PageRequest,
  gate: Gate,
  read: (audit: ActingAudit) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read(actingOn(asked, gate).audit)
  } catch (error) {
    if (error instanceof MisuseError && error.code === 'not_supported') return undefined
    throw error
  }
}
