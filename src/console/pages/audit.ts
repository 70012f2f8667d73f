import { AUDIT_OUTCOMES } from '../../audit/record.js'
import type { AuditEvent } from '../../audit/filter.js'
import { select, textField } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, table, tag } from '../kit/parts.js'
import {
  auditQueryOf,
  beforeIds,
  FILTERS,
  filtersIn,
  gateShown,
  noteView,
  queryEvents,
  type Filters,
} from '../trail/query.js'
import { proofNotice } from '../trail/proof.js'
import { addressOf, requestIdOf, whatShown, whoOf } from '../trail/words.js'
import { page, type PageRequest, type Result } from '../web/exchange.js'

const PAGE = 50

/** What happened with the keys of the owner. The look at it is recorded. */
export async function auditPage(asked: PageRequest): Promise<Result> {
  const { query, root } = asked
  const filters = filtersIn(asked)
  const first = await beforeIds(asked, filters)
  if (first !== undefined) return first
  const cursor = query.get('cursor') ?? ''
  const gate = gateShown(asked, filters)
  const found = await queryEvents(asked, gate, {
    ...{ ...auditQueryOf(filters), limit: PAGE },
    ...(cursor !== '' && { cursor }),
  })
  const title = 'Audit log'
  if (found === undefined) {
    const text = 'It would show each request and each change of a key.'
    return page({ title, body: card(undefined, empty('This API keeps no audit log', text)) })
  }
  await noteView(asked, gate, filters)
  const { items } = found
  const search = queryOf(filters)
  const content =
    items.length === 0
      ? empty('Nothing is recorded', 'No event is like this. Choose other filters.')
      : events(asked, items, filters)
  const actions = html`<a class="btn" href="${root}audit.csv${search}">Download CSV</a>
    <a class="btn" href="${root}audit.ndjson${search}">Download NDJSON</a>`
  const body = html`<div class="stack">
    ${await proofNotice(asked, gate, found)}
    <section class="card flush">
      ${filterForm(asked, filters)} ${content} ${pager(asked, filters, cursor, found.cursor)}
    </section>
  </div>`
  const lead =
    'Requests and changes of keys of your organization, newest first. That you look is recorded, too. Days are those of UTC.'
  return page({ title, lead, actions, body })
}

function events({ portal }: PageRequest, items: readonly AuditEvent[], filters: Filters): Markup {
  return table({
    ...{ caption: 'Events', kind: 'wide' },
    columns: ['Time', 'What', 'Who', 'Outcome', 'Address', 'Request'].map((title) => ({ title })),
    rows: items.map((event) => [
      portal.format.time(new Date(event.time)),
      whatShown(event, filters),
      html`<code>${whoOf(event)}</code>`,
      outcomeOf(event),
      addressOf(event) === '' ? undefined : html`<code class="nowrap">${addressOf(event)}</code>`,
      html`<code class="small">${requestIdOf(event)}</code>`,
    ]),
  })
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

function filterForm({ root, portal, user }: PageRequest, filters: Filters): Markup {
  const outcomes = [
    { value: '', label: 'All' },
    ...AUDIT_OUTCOMES.map((value) => ({ value, label: value })),
  ]
  const environments = user.environments.map((value) => ({ value, label: value }))
  const text = (name: 'key' | 'person' | 'reason' | 'phi', label: string) =>
    textField({ name, label, value: filters[name] })
  return html`<form class="filters" action="${root}audit" role="search" aria-label="Filter events">
    ${
      !portal.gates.isOne &&
      select({
        ...{ name: 'environment', label: 'Environment', choices: environments },
        value: filters.environment || (user.environments[0] ?? ''),
      })
    }
    ${text('key', 'Key id')} ${text('person', 'Person')}
    ${select({ name: 'outcome', label: 'Outcome', value: filters.outcome, choices: outcomes })}
    ${text('reason', 'Reason')} ${text('phi', 'Health information')}
    ${textField({ name: 'from', label: 'From', value: filters.from, kind: 'date' })}
    ${textField({ name: 'to', label: 'To', value: filters.to, kind: 'date' })}
    ${select({ name: 'ids', label: 'Ids of records', value: filters.ids, choices: IDS })}
    <p class="acts">
      <button class="btn" type="submit">Apply</button>
      <a class="btn" href="${root}audit">Reset</a>
    </p>
  </form>`
}

const IDS = [
  { value: '', label: 'Hidden' },
  { value: 'shown', label: 'Shown' },
]

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
