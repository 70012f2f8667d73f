import type { AccessRequest } from '../../access/access-store.js'
import { listManaged } from '../access/managed.js'
import { stateOfAccess } from '../access/words.js'
import { select } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { environmentsOf } from '../keys/managed-keys.js'
import { empty, table, tag } from '../kit/parts.js'
import { cursorIn, page, type Page, type PageRequest } from '../web/exchange.js'

/** The queue of an approver, what waits longest first; or what was decided, the newest first. Only what asks for nothing but environments of the person. */
export async function requestsPage(asked: PageRequest): Promise<Page> {
  const { root, query } = asked
  const cursor = cursorIn(asked)
  const shown = VIEWS.find(({ value }) => value === query.get('state')) ?? WAITING
  const { items, cursor: next } = await listManaged(asked, {
    ...(shown.value !== 'all' && { state: shown.value }),
    order: shown === WAITING ? 'oldest' : 'newest',
    ...(cursor !== '' && { cursor }),
  })
  const more = next !== undefined && new URLSearchParams({ state: shown.value, cursor: next })
  const [title, text] = next === undefined ? shown.nothing : NONE_YET
  const body = html`<section class="card flush">
    <form
      class="filters"
      action="${root}requests"
      role="search"
      aria-label="Filter access requests"
    >
      ${select({ name: 'state', label: 'State', value: shown.value, choices: VIEWS })}
      <p class="acts"><button class="btn" type="submit">Apply</button></p>
    </form>
    ${items.length === 0 ? empty(title, text) : requestTable(asked, items)}
    ${more && html`<nav class="pager" aria-label="Pages"><span></span><a class="btn" href="${root}requests?${more.toString()}">Next page</a></nav>`}
  </section>`
  const lead =
    `Organizations that ask for access, and what was decided. ${hiddenNote(asked)}`.trim()
  return page({ title: 'Access requests', lead, body })
}

/** Which requests are not shown; `''` for who sees all. */
function hiddenNote({ portal: { gates }, user: { environments: own } }: PageRequest): string {
  if (gates.all.flatMap(environmentsOf).every((name) => own.includes(name))) return ''
  if (own.length === 0) return 'You manage no environment: no request is shown.'
  return `Requests that ask for more than ${own.join(', ')} are not shown: you do not manage the rest.`
}

/** Only so many are read for one page. */
const NONE_YET = [
  'No request so far is yours to see',
  'The requests that were read ask for environments which you do not manage. There are more: go on to the next page.',
] as const
const NONE = ['No request is like this', 'Choose another state.'] as const
const WAITING = {
  ...({ value: 'requested', label: 'Waiting' } as const),
  nothing: [
    'Nothing waits for a decision',
    'Requests for access are shown here, the oldest first. Choose another state to see what was decided.',
  ],
} as const
const VIEWS = [
  WAITING,
  { value: 'approved', label: 'Approved', nothing: NONE },
  { value: 'denied', label: 'Denied', nothing: NONE },
  { value: 'suspended', label: 'Suspended', nothing: NONE },
  { value: 'ended', label: 'Ended', nothing: NONE },
  { value: 'all', label: 'All', nothing: NONE },
] as const

function requestTable({ root, portal }: PageRequest, items: readonly AccessRequest[]): Markup {
  const { format } = portal
  const columns = ['Organization', 'Environments', 'Use', 'Asked', 'Decision']
  return table({
    ...{ caption: 'Requests for access', kind: 'wide' },
    columns: columns.map((title) => ({ title })),
    rows: items.map((request) => [
      html`<a href="${root}requests/${request.id}">${request.ownerId}</a>`,
      ...[request.environments.join(', '), request.useCase.slice(0, 160)],
      ...[format.ago(request.requestedAt), decisionOf(portal, request)],
    ]),
  })
}

/** When it is due, or what was decided. */
export function decisionOf(
  { format, options }: PageRequest['portal'],
  request: AccessRequest,
): Markup {
  const { state, dueAt } = request
  if (state !== 'requested') return stateOfAccess(state)
  if (dueAt.getTime() < options.clock()) return tag('bad', 'Overdue')
  return html`${tag('warn', 'Due')} ${format.day(dueAt)}`
}
