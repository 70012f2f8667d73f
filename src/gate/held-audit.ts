import type { ActingAudit, Audit } from '../audit/audit.js'
import type { ReadOptions } from '../audit/events.js'
import type { AuditEvent, OwnAuditEvent } from '../audit/filter.js'
import type { AuditQuery } from '../audit/query.js'
import type { Trail } from '../audit/trail.js'
import type { ChangedBy } from '../core/changed-by.js'
import { MisuseError } from '../core/errors.js'
import { createOwnPages, ownIdOf } from './own-pages.js'

/** Whose records somebody may read. */
interface Reader {
  readonly ownerId: string
  /** Those that it manages. */
  readonly environments: readonly string[]
  /** Those that it acts for. Absent: it was given no list, and is not held to any. */
  readonly tenants: readonly string[] | undefined
}

/**
 * The records of the actor's own owner in the environments that it manages; where it acts for some tenants of the owner, none of other tenants. Of an operator, they say no more than keys
 * do: that it was one. And nothing tells how busy other owners are.
 */
export function heldAudit(
  audit: Audit,
  { ownerId, environments, tenants }: Reader,
): Omit<ActingAudit, 'note'> {
  const pages = createOwnPages((query, options) => audit.query(query, options), ownerId)
  const sees = (event: AuditEvent) =>
    environmentsOf(event)?.some((name) => environments.includes(name)) !== false &&
    isOfTenant(event, tenants)

  return Object.freeze({
    ...audit,
    async query(query: AuditQuery = {}, options?: ReadOptions) {
      if ((query.ownerId ?? ownerId) !== ownerId) return { items: [] }
      const { items: all, unproven, ...rest } = await pages(query, options)
      // Whom one could ask for, one would know.
      const isTold = (event: AuditEvent) =>
        query.subject === undefined || !isOfOperator(event, ownerId)
      const seen = all.filter((event) => sees(event) && isTold(event))
      const items = seen.map((event) => withoutPlace(withoutOperator(event, ownerId)))
      const counted = unproven !== undefined && {
        unproven: items.filter(({ proven }) => !proven).length,
      }
      return { ...rest, items, ...counted }
    },
  })
}

/** The same, and what the actor looks at is recorded. */
export function notedAudit(
  audit: Omit<ActingAudit, 'note'>,
  view: Trail['view'] | undefined,
  by: ChangedBy,
): ActingAudit {
  return Object.freeze<ActingAudit>({
    ...audit,
    async note(looked) {
      if (view !== undefined) return view(looked, by)
      const message = "gate.as(...).audit.note: there is no audit trail; give 'audit' to createGate"
      throw new MisuseError('not_supported', message)
    },
  })
}

/** `seq` and ids count the records of all owners, and `prev` tells whether there was one in between. */
function withoutPlace(event: AuditEvent): OwnAuditEvent {
  const { writer: _writer, seq: _seq, prev: _prev, ...rest } = event
  return { ...rest, id: ownIdOf(event) }
}

/** What is of no tenant in particular is of the owner. */
function isOfTenant(event: AuditEvent, tenants: readonly string[] | undefined): boolean {
  if (event.kind !== 'access' || event.tenantId === undefined || tenants === undefined) return true
  return tenants.includes(event.tenantId)
}

/** `undefined`: it is of none in particular. */
function environmentsOf(event: AuditEvent): readonly string[] | undefined {
  if (event.kind === 'enrollment') return event.environments
  return event.environment === undefined ? undefined : [event.environment]
}

/** Whether whoever runs the API did it. */
function isOfOperator(event: AuditEvent, ownerId: string): boolean {
  if (event.kind === 'access') return event.operator === true
  if (event.kind === 'key') return event.by?.operator === true
  return event.by.ownerId !== ownerId
}

function withoutOperator(event: AuditEvent, ownerId: string): AuditEvent {
  if (!isOfOperator(event, ownerId)) return event
  if (event.kind === 'access') {
    const { client: _, peer: _peer, userAgent: _agent, subject: _id, name: _name, ...rest } = event
    return rest
  }
  const { client: _, ...rest } = event
  return { ...rest, by: { operator: true } }
}
