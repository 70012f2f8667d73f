import { isDay } from '../../lib/instants.js'
import type { AccessRequest } from '../../access/access-store.js'
import { AccessError } from '../../core/errors.js'
import { decisionForms, offeredPlans, offeredScopes } from '../access/decision-forms.js'
import { findManaged, findToDecide, NO_DECISION, whyNotDecided } from '../access/managed.js'
import { accessOf, mistakesOf, personOf, stateOfAccess, STEPS } from '../access/words.js'
import { NO_MISTAKES, summary, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, facts } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { page, redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import type { Done } from '../web/done.js'
import { EMPTY_FORM, type Fields, type Form } from '../web/form.js'
import { stepUp } from '../web/step-up.js'
import { decisionOf } from './requests.js'

export const APPROVE_FIELDS: Fields = {
  ...{ environments: 'many', scopes: 'many', plan: 'one', until: 'one', conditions: 'one' },
}
export const DENY_FIELDS: Fields = { reason: 'one' }

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
