import type { ActingAudit, QuerySeen } from '../audit/audit.js'
import { recordedName } from '../core/redaction.js'
import type { AuditEvent, OwnAuditEvent } from '../audit/filter.js'
import { checkArguments, type AuditQuery } from '../audit/query.js'
import { sightOf, type Reader } from '../audit/visible-records.js'
import type { Trail } from '../audit/trail.js'
import type { EventRecord } from '../audit/words.js'
import type { ChangedBy } from '../core/changed-by.js'
import { MisuseError } from '../core/errors.js'
import { isObject } from '../lib/is-object.js'
import { createOwnPages, ownIdOf } from './owner-pages.js'

/**
 * The records of the reader's own owner in the environments that it manages; where it acts for some tenants of the owner, none of other tenants. Of an operator, they say no more than keys
 * do: that it was one. And nothing tells how busy others are.
 */
export function heldQuery(querySeen: QuerySeen, reader: Reader): ActingAudit['query'] {
  const { ownerId } = reader
  // Whom one could ask for, one would know.
  const sightFor = ({ subject }: AuditQuery) =>
    sightOf(reader, (event) => subject === undefined || !isOfOperator(event, ownerId))
  const pages = createOwnPages(
    (query = {}, options) => querySeen(query, options, sightFor(query)),
    ownerId,
  )
  return async (query = {}, options) => {
    checkArguments(query, options === undefined ? {} : options)
    if ((query.ownerId ?? ownerId) !== ownerId) return { items: [] }
    const { items, ...rest } = await pages(query, options)
    return { ...rest, items: items.map((event) => withoutPlace(withoutOperator(event, ownerId))) }
  }
}

const NOTED =
  "gate.as(...).audit.note: must be given an object, such as { path: '/admin/audit', filter: { outcome: 'denied' } }"

/** The same, and what the actor looks at is recorded. */
export function notedAudit(
  audit: Omit<ActingAudit, 'note'>,
  view: Trail['view'] | undefined,
  by: ChangedBy,
): ActingAudit {
  return Object.freeze<ActingAudit>({
    ...audit,
    async note(looked) {
      if (!isObject(looked)) throw new MisuseError('invalid_option', NOTED)
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

/** Whether whoever runs the API did it. */
function isOfOperator(event: EventRecord, ownerId: string): boolean {
  if (event.kind === 'access') return event.operator === true
  if (event.kind === 'key') return event.by?.operator === true
  return event.by.ownerId !== recordedName(ownerId)
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
