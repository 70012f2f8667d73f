import { AccessError } from '../../core/errors.js'
import type { AcceptedTerms } from '../../access/input.js'
import type { OwnerAccess, OwnerTerms } from '../../access/owner-access.js'
import { checkMayAccept, manages, whyNotAccepted } from '../access/managed.js'
import { conditionsNotice } from '../access/notices.js'
import { accessOf, mistakesOf, personOf, stateOfAccess } from '../access/words.js'
import {
  button,
  choiceField,
  form,
  NO_MISTAKES,
  summary,
  textField,
  type Mistakes,
} from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, table, tag } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { page, redirect, type Page, type PageRequest, type Result } from '../web/exchange.js'
import { EMPTY_FORM, type Fields, type Form } from '../web/form.js'

export const ACCESS_FIELDS: Fields = { use_case: 'one', environments: 'many', accept: 'many' }
export const ACCEPT_FIELDS: Fields = { terms: 'one' }

/** Where the owner is: access by environment, terms, and what to do next. */
export function accessPage(asked: PageRequest): Promise<Page> {
  return statePage(asked, EMPTY_FORM)
}

/** Asks for access, and accepts the terms that were ticked. */
export async function requestAccess(asked: PageRequest): Promise<Result> {
  const { form: sent, user } = asked
  const access = accessOf(asked)
  const environments = sent.all('environments')
  const mistakes = new Map<string, string>()
  if (sent.get('use_case') === '') mistakes.set('use_case', 'Say what you want to use the API for.')
  if (environments.length === 0 || !environments.every((one) => user.environments.includes(one))) {
    mistakes.set('environments', 'Choose at least one environment.')
  }
  if (mistakes.size > 0) return statePage(asked, sent, mistakes)
  const accept = sent.all('accept').map(termsIn)
  await checkMayAccept(
    asked,
    accept.map(({ id }) => id),
  )
  try {
    const by = personOf(asked)
    const useCase = sent.get('use_case').replace(/\s*\n\s*/g, ' ')
    await access.request({ ownerId: user.ownerId, by, useCase, environments, accept })
  } catch (error) {
    if (!(error instanceof AccessError)) throw error
    return statePage(asked, sent, mistakesOf(error))
  }
  return redirect('access', 'access_asked')
}

/** Accepts terms in the version and with the text that the page has shown. */
export async function acceptTerms(asked: PageRequest): Promise<Result> {
  const { form: sent, user } = asked
  const terms = termsIn(sent.get('terms'))
  await checkMayAccept(asked, [terms.id])
  try {
    const by = personOf(asked)
    await accessOf(asked).agreements.accept({ ownerId: user.ownerId, by, terms })
  } catch (error) {
    if (!(error instanceof AccessError)) throw error
    const link = ['access', 'Read the terms again'] as const
    throw new Problem(409, { title: 'The terms have changed', detail: error.message, link })
  }
  return redirect('access', 'terms_accepted')
}

async function statePage(
  asked: PageRequest,
  given: Form,
  mistakes: Mistakes = NO_MISTAKES,
): Promise<Page> {
  const { user } = asked
  const state = await accessOf(asked).of(user.ownerId, user.environments)
  const open = state.environments.filter(({ missing }) =>
    missing.some(({ step }) => step === 'request'),
  )
  const body = html`<div class="stack">
    ${summary(mistakes)} ${environmentsCard(asked, state)} ${conditionsNotice(asked, state)}
    ${state.terms.length > 0 && termsCard(asked, state, open.length > 0)}
    ${
      open.length > 0 &&
      requestForm(
        asked,
        state,
        open.map(({ environment }) => environment),
        given,
        mistakes,
      )
    }
  </div>`
  const lead = 'Whether your organization may use this API, and what is missing.'
  const status = mistakes.size > 0 ? 422 : 200
  return page({ status, title: 'Access', lead, body })
}

function environmentsCard(asked: PageRequest, { environments }: OwnerAccess): Markup {
  const { portal, root } = asked
  const { format } = portal
  return html`<section class="card">
    <h2>Environments</h2>
    ${table({
      ...{ caption: 'Access by environment', kind: 'wide' },
      columns: ['Environment', 'State', 'What to do', 'Until'].map((title) => ({ title })),
      rows: environments.map(({ environment, state, missing, request }) => [
        environment,
        stateOfAccess(state),
        missing.length === 0
          ? html`Nothing. <a href="${root}keys/new">Create a key</a>`
          : missing.map(({ message }) => html`<p>${message}</p>`),
        request?.until && manages(asked, request) && format.time(request.until),
      ]),
    })}
  </section>`
}

/** @param isAsked whether terms are accepted with a request, further down */
function termsCard(asked: PageRequest, { terms }: OwnerAccess, isAsked: boolean): Markup {
  const { format } = asked.portal
  return html`<section class="card">
    <h2>Terms</h2>
    ${table({
      ...{ caption: 'Terms and agreements', kind: 'wide' },
      columns: ['Terms', 'Version', 'Accepted'].map((title) => ({ title })),
      rows: terms.map((one) => {
        const { acceptance: got } = one
        const accepted =
          got && html`${tag('ok', 'Accepted')} ${got.by.name ?? got.by.id}, ${format.day(got.at)}`
        return [titleOf(one), one.version, accepted ?? acceptButton(asked, one, isAsked)]
      }),
    })}
    ${terms.map(textOf)}
  </section>`
}

function acceptButton(asked: PageRequest, one: OwnerTerms, isAsked: boolean): Markup {
  const { root, token, can } = asked
  if (one.acceptedBy === 'operator')
    return html`<span class="quiet">Not yet: to be signed with the provider</span>`
  if (!can('access:request')) return html`<span class="quiet">Not yet</span>`
  const why = whyNotAccepted(asked, one)
  if (why !== undefined) return html`<span class="quiet">Not yet. ${why}</span>`
  if (isAsked && one.required) return html`<span class="quiet">Not yet: accept them below</span>`
  const hidden = { terms: shownTerms(one) }
  return button({ action: `${root}access/accept`, token, hidden }, `Accept version ${one.version}`)
}

/** What a form says of terms that it shows: a text that has changed since then is not what was accepted. */
function shownTerms({ id, digest, version }: OwnerTerms): string {
  return [id, digest, version].join(' ')
}

function termsIn(shown: string): Required<AcceptedTerms> {
  const [id = '', digest = '', ...version] = shown.split(' ')
  return { id, digest, version: version.join(' ') }
}

function titleOf({ title, id, url }: OwnerTerms): Markup {
  const words = title ?? id
  return url === undefined ? html`${words}` : html`<a href="${url}" rel="noreferrer">${words}</a>`
}

/** What is read nowhere else: nobody can accept a text that they cannot read. */
function textOf({ title, id, version, url, text }: OwnerTerms): Markup | undefined {
  if (url !== undefined || text === undefined) return undefined
  return html`<details>
    <summary>Read ${title ?? id}, version ${version}</summary>
    <div class="read">${text}</div>
  </details>`
}

function requestForm(
  asked: PageRequest,
  { terms }: OwnerAccess,
  environments: readonly string[],
  given: Form,
  mistakes: Mistakes,
): Markup | undefined {
  const { root, token, can } = asked
  if (!can('access:request')) return undefined
  const open = terms.filter(
    (one) =>
      !one.acceptance &&
      one.required &&
      one.acceptedBy !== 'operator' &&
      whyNotAccepted(asked, one) === undefined,
  )
  return card(
    'Ask for access',
    form(
      { action: `${root}access`, token },
      textField({
        ...{
          name: 'use_case',
          label: 'What will you use the API for?',
          value: given.get('use_case'),
        },
        ...{ mistakes, max: 4_000, rows: 4, isRequired: true },
        hint: 'Which product, for whom, and which data it reads or writes.',
      }),
      choiceField({
        ...{
          name: 'environments',
          label: 'Environments',
          kind: 'checkbox',
          layout: 'row',
          mistakes,
        },
        choices: environments.map((value) => ({ value, label: value })),
        chosen: given.all('environments'),
      }),
      open.length > 0 &&
        choiceField({
          ...{ name: 'accept', label: 'Terms', kind: 'checkbox', chosen: given.all('accept') },
          choices: open.map((one) => ({
            value: shownTerms(one),
            label: `I accept ${one.title ?? one.id}, version ${one.version}, for my organization`,
          })),
        }),
      html`<p class="acts"><button class="btn main" type="submit">Ask for access</button></p>`,
    ),
  )
}
