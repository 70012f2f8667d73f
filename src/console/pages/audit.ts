import { AUDIT_OUTCOMES } from '../../audit/record.js'
import type { AuditEvent } from '../../audit/filter.js'
import { csvOf } from '../kit/csv.js'
import { select, textField } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, table, tag } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { auditQueryOf, FILTERS, filtersIn, queryEvents, type Filters } from '../trail/query.js'
import { addressOf, requestIdOf, whatOf, whoOf } from '../trail/words.js'
import { page, type Download, type Page, type PageRequest } from '../web/exchange.js'

const PAGE = 50
/** Rows of a download, and of one call of the audit log. */
const MOST = 5_000
const CALL = 200

/** What happened with the keys of the owner. */
export async function auditPage(asked: PageRequest): Promise<Page> {
  const { portal, query, root } = asked
  const filters = filtersIn(asked)
  const cursor = query.get('cursor') ?? ''
  const found = await queryEvents(asked, portal.gates.first, {
    ...{ ...auditQueryOf(filters), limit: PAGE },
    ...(cursor !== '' && { cursor }),
  })
  const title = 'Audit log'
  if (found === undefined) {
    const text = 'It would show each request and each change of a key.'
    return page({ title, body: card(undefined, empty('This API keeps no audit log', text)) })
  }
  const { items } = found
  const search = queryOf(filters)
  const content =
    items.length === 0
      ? empty('Nothing is recorded', 'No event is like this. Choose other filters.')
      : events(asked, items)
  const actions = html`<a class="btn" href="${root}audit.csv${search}">Download CSV</a>
    <a class="btn" href="${root}audit.ndjson${search}">Download NDJSON</a>`
  const body = html`<section class="card flush">
    ${filterForm(asked, filters)} ${content} ${pager(asked, filters, cursor, found.cursor)}
  </section>`
  const lead =
    'Requests and changes of keys of your organization, newest first. Days are those of UTC.'
  return page({ title, lead, actions, body })
}

export async function auditCsv(asked: PageRequest): Promise<Download> {
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
  const rows = (await allEvents(asked)).map((event) => [
    ...[event.time, event.kind, whatShown(event), whoOf(event), event.outcome],
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

export async function auditLines(asked: PageRequest): Promise<Download> {
  const lines = (await allEvents(asked)).map((event) => `${JSON.stringify(withoutIds(event))}\n`)
  return {
    kind: 'download',
    type: 'application/x-ndjson',
    name: 'audit.ndjson',
    text: lines.join(''),
  }
}

/** Whose health information it was is not shown. */
function withoutIds(event: AuditEvent): object {
  if (event.kind !== 'access') return event
  const { phi, furtherPhi, path: _path, ...rest } = event
  const kinds = [phi, ...(furtherPhi ?? [])].flatMap((one) => (one ? [one.resource] : []))
  return { ...rest, ...(kinds.length > 0 && { phi: kinds }) }
}

async function allEvents(asked: PageRequest): Promise<readonly AuditEvent[]> {
  const filter = auditQueryOf(filtersIn(asked))
  const events: AuditEvent[] = []
  let cursor: string | undefined
  do {
    const after = cursor === undefined ? {} : { cursor }
    const query = { ...filter, ...after, limit: CALL }
    const found = await queryEvents(asked, asked.portal.gates.first, query)
    if (found === undefined) throw new Problem(404)
    events.push(...found.items)
    cursor = found.cursor
  } while (cursor !== undefined && events.length < MOST)
  return events
}

function events({ portal }: PageRequest, items: readonly AuditEvent[]): Markup {
  return table({
    ...{ caption: 'Events', kind: 'wide' },
    columns: ['Time', 'What', 'Who', 'Outcome', 'Address', 'Request'].map((title) => ({ title })),
    rows: items.map((event) => [
      portal.format.time(new Date(event.time)),
      whatShown(event),
      html`<code>${whoOf(event)}</code>`,
      outcomeOf(event),
      addressOf(event) === '' ? undefined : html`<code>${addressOf(event)}</code>`,
      html`<code class="small">${requestIdOf(event)}</code>`,
    ]),
  })
}

/** Paths may have ids of health information in them: the route is shown in their place, where it is known. */
function whatShown(event: AuditEvent): string {
  if (event.kind !== 'access' || event.phi === undefined) return whatOf(event)
  const { route, path: _path, ...rest } = event
  return whatOf({ ...rest, ...(route !== undefined && { path: route }) })
}

function outcomeOf(event: AuditEvent): Markup {
  if (event.outcome === 'denied') {
    const reason = event.reason
    return html`${tag('bad', 'Denied')}
    ${reason && html`<span class="small quiet">${reason}</span>`}`
  }
  return event.outcome === 'unknown' || event.outcome === 'intended'
    ? tag('warn', event.outcome === 'unknown' ? 'May have failed' : 'Begun')
    : tag('ok', event.outcome === 'allowed' ? 'Allowed' : 'Done')
}

function filterForm({ root }: PageRequest, filters: Filters): Markup {
  const outcomes = [
    { value: '', label: 'All' },
    ...AUDIT_OUTCOMES.map((value) => ({ value, label: value })),
  ]
  const text = (name: 'key' | 'person' | 'reason' | 'phi', label: string) =>
    textField({ name, label, value: filters[name] })
  return html`<form class="filters" action="${root}audit" role="search" aria-label="Filter events">
    ${text('key', 'Key id')} ${text('person', 'Person')}
    ${select({ name: 'outcome', label: 'Outcome', value: filters.outcome, choices: outcomes })}
    ${text('reason', 'Reason')} ${text('phi', 'Health information')}
    ${textField({ name: 'from', label: 'From', value: filters.from, kind: 'date' })}
    ${textField({ name: 'to', label: 'To', value: filters.to, kind: 'date' })}
    <p class="acts">
      <button class="btn" type="submit">Apply</button>
      <a class="btn" href="${root}audit">Reset</a>
    </p>
  </form>`
}

function queryOf(filters: Filters, cursor = ''): string {
  const said = FILTERS.map((name): [string, string] => [name, filters[name]])
  const all = [...said, ['cursor', cursor] as [string, string]].filter(([, text]) => text !== '')
  return all.length === 0 ? '' : `?${new URLSearchParams(all).toString()}`
}

function pager(
  { root }: PageRequest,
  filters: Filters,
  cursor: string,
  next: string | undefined,
): Markup | undefined {
  if (cursor === '' && next === undefined) return undefined
  const first = html`<a class="btn" href="${root}audit${queryOf(filters)}">Newest</a>`
  return html`<nav class="pager" aria-label="Pages">
    ${cursor === '' ? html`<span></span>` : first}
    ${next !== undefined && html`<a class="btn" href="${root}audit${queryOf(filters, next)}">Older</a>`}
  </nav>`
}
