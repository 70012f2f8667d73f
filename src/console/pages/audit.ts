import { AUDIT_OUTCOMES } from '../../audit/record.js'
import { REASON_NAMES } from '../../core/denial.js'
import { keyNames, MOST_NAMES } from '../keys/names.js'
import { select, textField } from '../kit/fields.js'
import { filterForm } from '../kit/filters.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, printed } from '../kit/parts.js'
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
import { leftOutNote, leftOutOf } from '../trail/unrecorded.js'
import { eventTable } from '../trail/event-table.js'
import { OUTCOME_WORDS } from '../trail/words.js'
import { proofNotice } from '../trail/proof.js'
import { shareReading } from '../trail/share.js'
import { cursorIn, page, type PageRequest, type Result } from '../web/exchange.js'

const PAGE = 50

type Names = Awaited<ReturnType<typeof keyNames>>

/** What happened with the keys of the owner. The look at it is recorded. */
export async function auditPage(asked: PageRequest): Promise<Result> {
  const { root } = asked
  const filters = filtersIn(asked)
  const first = await beforeIds(asked, filters)
  if (first !== undefined) return first
  const cursor = cursorIn(asked)
  const gate = gateShown(asked, filters)
  const read = await shareReading(asked, { gate, isLarge: false }, async () => {
    const found = await queryEvents(asked, gate, {
      ...{ ...auditQueryOf(filters), limit: PAGE },
      ...(cursor !== '' && { cursor }),
    })
    if (found === undefined) return undefined
    await noteView(asked, gate, filters)
    return { found, proof: await proofNotice(asked, gate, found) }
  })
  const title = 'Audit log'
  if (read === undefined) {
    const text = 'It would show each request and each change of a key.'
    return page({ title, body: card(undefined, empty('This API keeps no audit log', text)) })
  }
  const { found, proof } = read
  const { items } = found
  const names = await keyNames(asked, gate)
  const search = queryOf(filters)
  const content =
    items.length === 0
      ? empty(
          search === '' ? 'Nothing is recorded yet' : 'No event is found',
          whyEmpty(asked, search !== '', leftOutOf(asked, gate)),
        )
      : eventTable(asked, found, filters, names)
  const actions = html`<a class="btn" href="${root}audit.csv${search}">Download CSV</a>
    <a class="btn" href="${root}audit.ndjson${search}">Download NDJSON</a>`
  const body = html`<div class="stack">
    ${printed(filters)} ${proof}
    <section class="card flush">
      ${filtersOf(asked, filters, names)} ${items.length > 0 && leftOutNote(asked, gate)} ${content}
      ${pager(asked, filters, cursor, found.cursor)}
    </section>
  </div>`
  const lead =
    'Requests and changes of keys of your organization, newest first. Viewing this page is recorded, too. Days are in UTC.'
  return page({ title, lead, actions, body })
}

function whyEmpty(
  { can, portal: { options } }: PageRequest,
  isFiltered: boolean,
  leftOut = '',
): string {
  if (isFiltered) return `No event matches these filters. Choose other ones. ${leftOut}`.trim()
  const usual = 'Requests with keys of your organization, and changes of them, are listed here.'
  const decides = options.access !== undefined && can('access:decide')
  const all = `${usual} ${leftOut}`.trim()
  return decides
    ? `${all} What you decide about others is in their audit logs, and on the page of each request.`
    : all
}

function filtersOf(asked: PageRequest, filters: Filters, names: Names): Markup {
  const { root, portal, user } = asked
  const outcomes = [
    { value: '', label: 'All' },
    ...AUDIT_OUTCOMES.map((value) => ({ value, label: OUTCOME_WORDS[value] })),
  ]
  const environments = user.environments.map((value) => ({ value, label: value }))
  const text = (name: 'key' | 'person' | 'phi', label: string) =>
    textField({ name, label, value: filters[name] })
  const set = FILTERS.filter((name) => filters[name] !== '').length
  return filterForm(
    { action: `${root}audit`, label: 'Filter events', set },
    !portal.gates.isOne &&
      select({
        ...{ name: 'environment', label: 'Environment', choices: environments },
        value: filters.environment || (user.environments[0] ?? ''),
      }),
    names.size === 0 || names.size === MOST_NAMES
      ? text('key', 'Key id')
      : keyField(filters, names),
    text('person', 'Person id'),
    textField({ name: 'from', label: 'From', value: filters.from, kind: 'date' }),
    textField({ name: 'to', label: 'To', value: filters.to, kind: 'date' }),
    select({ name: 'outcome', label: 'Outcome', value: filters.outcome, choices: outcomes }),
    select({ name: 'reason', label: 'Reason of denial', value: filters.reason, choices: REASONS }),
    text('phi', 'Health record type'),
    select({ name: 'ids', label: 'Ids of health records', value: filters.ids, choices: IDS }),
  )
}

/** One of the keys that there are, by its name. */
function keyField({ key }: Filters, names: Names): Markup {
  const known = [...names].map(([value, { name, hint }]) => ({ value, label: `${name} (${hint})` }))
  const others = key !== '' && !names.has(key) ? [{ value: key, label: key }] : []
  const sorted = known.sort((a, b) => (a.label < b.label ? -1 : 1))
  const choices = [{ value: '', label: 'All' }, ...others, ...sorted]
  return select({ name: 'key', label: 'Key', value: key, choices })
}

const REASONS = [
  { value: '', label: 'All' },
  ...REASON_NAMES.map((value) => ({ value, label: value })),
]
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
