import { isDay } from '../../lib/instants.js'
import type { AccessRequest } from '../../access/access-store.js'
import { AccessError } from '../../core/errors.js'
import { decisionForms, offeredPlans, offeredScopes } from '../access/decision-forms.js'
import {
  findManaged,
  findToDecide,
  listManaged,
  NO_DECISION,
  whyNotDecided,
} from '../access/managed.js'
import { accessOf, mistakesOf, personOf, stateOfAccess, STEPS } from '../access/words.js'
import { NO_MISTAKES, select, summary, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { environmentsOf } from '../keys/managed-keys.js'
import { card, empty, facts, table, tag } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import {
  cursorIn,
  page,
  redirect,
  type Page,
  type PageRequest,
  type Result,
} from '../web/exchange.js'
import type { Done } from '../web/done.js'
import { EMPTY_FORM, type Fields, type Form } from '../web/form.js'
import { stepUp } from '../web/step-up.js'

export const APPROVE_FIELDS: Fields = {
  ...{ environments: 'many', scopes: 'many', plan: 'one', until: 'one', conditions: 'one' },
}
export const DENY_FIELDS: Fields = { reason: 'one' }

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

function decisionOf({ format, options }: PageRequest['portal'], request: AccessRequest): Markup {
  const { state, dueAt } = request
  if (state !== 'requested') return stateOfAccess(state)
  if (dueAt.getTime() < options.clock()) return tag('bad', 'Overdue')
  return html`${tag('warn', 'Due')} ${format.day(dueAt)}`
}

/** One request. Who may decide it is asked for the second step before anything is typed. */
export async function requestPage(asked: PageRequest): Promise<Result> {
  const request = await findManaged(asked)
  const refusal = isWaiting(request) ? await whyNotDecided(asked, request) : undefined
  const isOpen = isWaiting(request) && refusal === undefined
  const first = isOpen ? await stepUp(asked, 'approve_access') : undefined
  return first ?? decisionPage(asked, request, { refusal })
}

export async function approveRequest(asked: PageRequest): Promise<Result> {
  const request = await findToDecide(asked)
  const first = await stepUp(asked, 'approve_access')
  if (first !== undefined) return first
  const { form: sent } = asked
  const until = sent.get('until')
  const known = offeredScopes(asked.portal, request)
  if (!sent.all('scopes').every((scope) => known.includes(scope))) {
    const mistakes = new Map([['scopes', 'You chose something that was not offered.']])
    return decisionPage(asked, request, { given: sent, mistakes })
  }
  const isAsked = request.plan !== undefined && offeredPlans(asked.portal).length > 0
  if (isAsked && sent.get('plan') === '') {
    // Without one, it would be the plan that was asked for, which nobody has chosen.
    const mistakes = new Map([['plan', 'Choose the plan.']])
    return decisionPage(asked, request, { given: sent, mistakes })
  }
  if (until !== '' && !isDay(until)) {
    const mistakes = new Map([['until', 'The end must be a day, such as 2031-01-31.']])
    return decisionPage(asked, request, { given: sent, mistakes })
  }
  return decide(asked, request, 'access_approved', (access, id) =>
    access.approve(id, {
      by: personOf(asked),
      environments: sent.all('environments'),
      ...(sent.all('scopes').length > 0 && { scopes: sent.all('scopes') }),
      ...(sent.get('plan') !== '' && { plan: sent.get('plan') }),
      ...(until !== '' && { until: new Date(until) }),
      ...(sent.get('conditions') !== '' && { conditions: oneLine(sent.get('conditions')) }),
    }),
  )
}

export async function denyRequest(asked: PageRequest): Promise<Result> {
  const request = await findToDecide(asked)
  const reason = oneLine(asked.form.get('reason'))
  return decide(asked, request, 'access_denied', (access, id) =>
    access.deny(id, { by: personOf(asked), reason }),
  )
}

async function decide(
  asked: PageRequest,
  request: AccessRequest,
  done: Done,
  run: (access: ReturnType<typeof accessOf>, id: string) => Promise<AccessRequest>,
): Promise<Result> {
  try {
    await run(accessOf(asked), request.id)
    // Where it is shown what became of it.
    return redirect(`requests/${request.id}`, done)
  } catch (error) {
    if (!(error instanceof AccessError)) throw error
    if (error.code === 'invalid_input') {
      return decisionPage(asked, request, { given: asked.form, mistakes: mistakesOf(error) })
    }
    const link = [`requests/${request.id}`, 'Go to the request'] as const
    const isNotAllowed = error.code === 'own_request' || error.code === 'approver_suspended'
    const status = isNotAllowed ? 403 : 409
    throw new Problem(status, { ...NO_DECISION, detail: error.message, link })
  }
}

function isWaiting({ state }: AccessRequest): boolean {
  return state === 'requested'
}

function askerOf({ steps, ownerId }: AccessRequest): string {
  const by = steps[0]?.by
  return by?.name ?? by?.id ?? ownerId
}

interface Shown {
  readonly given?: Form
  readonly mistakes?: Mistakes
  /** Why the person does not decide it. */
  readonly refusal?: string | undefined
}

function decisionPage(
  asked: PageRequest,
  request: AccessRequest,
  { given = EMPTY_FORM, mistakes = NO_MISTAKES, refusal }: Shown,
): Page {
  const { format } = asked.portal
  const isOpen = isWaiting(request) && refusal === undefined
  const body = html`<div class="stack">
    ${summary(mistakes)}
    ${card(
      'What is asked for',
      facts([
        ['Use', request.useCase],
        ['Asked by', html`${askerOf(request)}, ${format.ago(request.requestedAt)}`],
        ['Decision', isWaiting(request) && decisionOf(asked.portal, request)],
        ['Environments', request.environments.join(', ')],
        ['Scopes', request.scopes.length > 0 && request.scopes.join(', ')],
        ['Plan', request.plan],
        ['Terms accepted', request.terms.map(({ id, version }) => `${id} ${version}`).join(', ')],
        ['Until', request.until && format.time(request.until)],
        ['Conditions', request.conditions],
      ]),
    )}
    ${isOpen && decisionForms(asked, request, given, mistakes)}
    ${refusal !== undefined && html`<p class="notice">${refusal}</p>`} ${stepsCard(asked, request)}
  </div>`
  const lead = html`${stateOfAccess(request.state)}`
  const status = mistakes.size > 0 ? 422 : 200
  const trail = [['requests', 'Access requests']] as const
  return page({ status, title: `Access for ${request.ownerId}`, lead, trail, body })
}

function stepsCard({ portal }: PageRequest, { steps }: AccessRequest): Markup {
  return card(
    'History',
    html`<ol class="events">
      ${steps.map(
        ({ state, by, at, reason }) =>
          html`<li>
            ${portal.format.time(at)}<span>
              <b>${STEPS[state]}</b> by ${by.name ?? by.id}${reason !== undefined && `: ${reason}`}
            </span>
          </li>`,
      )}
    </ol>`,
  )
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}
