import type { OwnAuditEvent } from '../../audit/filter.js'
import { readMany } from '../../audit/summary.js'
import { csvOf } from '../../lib/csv.js'
import { Problem } from '../kit/problem.js'
import { createHiding, type Hide } from '../trail/hidden.js'
import {
  auditQueryOf,
  beforeIds,
  filtersIn,
  gateShown,
  noteView,
  readAudit,
  type Filters,
} from '../trail/query.js'
import { shareReading } from '../trail/share.js'
import { addressOf, requestIdOf, whatShown, whoOf } from '../trail/words.js'
import type { Download, PageRequest, Redirect } from '../web/exchange.js'

export async function auditCsv(asked: PageRequest): Promise<Download | Redirect> {
  const filters = filtersIn(asked)
  const first = await beforeIds(asked, filters)
  if (first !== undefined) return first
  const head = [
    'time',
    'kind',
    'what',
    'who',
    'outcome',
    'reason',
    'status',
    'address',
    'request_id',
  ]
  const events = await allEvents(asked, filters)
  const hide = filters.ids === '' ? createHiding(asked, events) : undefined
  const rows = events.map((event) => [
    ...[event.time, event.kind, whatShown(event, hide), whoOf(event), event.outcome],
    ...(event.kind === 'access' ? [event.reason, event.status] : [undefined, undefined]),
    ...[addressOf(event), requestIdOf(event)],
  ])
  return {
    kind: 'download',
    type: 'text/csv; charset=utf-8',
    name: 'audit.csv',
    text: csvOf([head, ...rows]),
  }
}

export async function auditLines(asked: PageRequest): Promise<Download | Redirect> {
  const filters = filtersIn(asked)
  const first = await beforeIds(asked, filters)
  if (first !== undefined) return first
  const events = await allEvents(asked, filters)
  const hide = createHiding(asked, events)
  const lines = events.map(
    (event) => `${JSON.stringify(filters.ids === '' ? withoutIds(event, hide) : event)}\n`,
  )
  return {
    kind: 'download',
    type: 'application/x-ndjson',
    name: 'audit.ndjson',
    text: lines.join(''),
  }
}

/** Whose health information it was is not shown. */
function withoutIds(event: OwnAuditEvent, hide: Hide): object {
  if (event.kind !== 'access') return event
  const { phi, furtherPhi, ...rest } = hide(event)
  const kinds = [phi, ...(furtherPhi ?? [])].flatMap((one) => (one ? [one.resource] : []))
  return { ...rest, ...(kinds.length > 0 && { phi: kinds }) }
}

function allEvents(asked: PageRequest, filters: Filters): Promise<readonly OwnAuditEvent[]> {
  const gate = gateShown(asked, filters)
  return shareReading(asked, { gate, isLarge: true }, async () => {
    const part = await readAudit(asked, gate, (audit) =>
      readMany((query) => audit.query(query), auditQueryOf(filters)),
    )
    if (part === undefined) throw new Problem(404)
    await noteView(asked, gate, filters)
    return part.items
  })
}
