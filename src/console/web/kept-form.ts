import type { EndpointRequest } from '../../http/body.js'
import { isDuration } from '../../lib/duration.js'
import { form } from '../kit/fields.js'
import { spokenDuration } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { facts } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import type { Portal } from '../portal.js'
import { AGAIN_FIELD, readForm, TOKEN_FIELD, type Fields, type Form } from './form.js'
import { checkOrigin } from './origin.js'
import type { Place } from './respond.js'
import { SEEN_FIELD } from './seen.js'

/** What people type and choose, in words. What is not named here is not kept: nobody sends again what they do not see. Terms are not, so that they are accepted where they are read. */
const LABELS: Readonly<Record<string, string>> = {
  ...{ name: 'Name', description: 'Description', stored_in: 'Where it is stored' },
  ...{ environment: 'Environment', environments: 'Environments', kind: 'Kind', scopes: 'Scopes' },
  ...{ tenantIds: 'Tenants', resources: 'Resources', allowedIps: 'Allowed addresses' },
  ...{ expiry: 'Expiry', grace: 'When the old key stops working', days: 'Days before' },
  ...{ reason: 'Reason', person: 'Person', note: 'Note', plan: 'Plan', until: 'Until' },
  ...{ use_case: 'Use', conditions: 'Conditions', without_scopes: 'Without scopes' },
  ...{ to: 'Last day of the week', [SEEN_FIELD]: 'Based on' },
  [AGAIN_FIELD]: 'Sent before',
}

/**
 * What was typed into a form that is not taken as it was sent: shown, and sent again by one press. `undefined` where nothing was.
 * @param token of the session that there is now; where there is none yet, the one that was sent. Absent: it is not sent again
 * @param from the page that has the form, below the mount
 */
export function keptForm(
  { root, path }: Pick<Place, 'root' | 'path'>,
  fields: Fields,
  sent: Form,
  token: string | undefined,
  from = '',
): Markup | undefined {
  const kept = Object.keys(fields).flatMap((name) => {
    const [label, values] = [LABELS[name], sent.all(name)]
    return label === undefined || values.length === 0 ? [] : [{ name, label, values }]
  })
  // What a page has shown is nothing that somebody has typed; to choose none of several is a choice.
  const isOnlySeen = kept.every(({ name }) => name === SEEN_FIELD)
  const none = isOnlySeen ? Object.keys(fields).filter((name) => fields[name] === 'many') : []
  if (kept.length === 0 || (isOnlySeen && none.length === 0)) return undefined
  const shown = [
    ...none.map((name) => [LABELS[name] ?? name, 'None'] as const),
    ...kept.map(
      ({ name, label, values }) =>
        [label, values.map((value) => wordsOf(name, value)).join(', ')] as const,
    ),
  ]
  if (token === undefined) {
    return html`<h2>What you have typed</h2>
      ${facts(shown)}
      <p class="acts"><a class="btn main" href="${root}${from}">Open the form again</a></p>`
  }
  const hidden = kept.flatMap(({ name, values }) =>
    values.map((value) => html`<input type="hidden" name="${name}" value="${value}" />`),
  )
  return html`<h2>What you have typed</h2>
    ${facts(shown)}
    ${form(
      { action: `${root}${path.slice(1)}`, token },
      hidden,
      html`<p class="acts"><button class="btn main" type="submit">Send it again</button></p>`,
    )}`
}

/** What was chosen, as the form has said it. */
function wordsOf(name: string, value: string): string {
  if (name === SEEN_FIELD) return 'What the page showed when you opened it'
  if (name === AGAIN_FIELD)
    return 'Yes, and no answer came: what it may have made is looked for first'
  if (name === 'kind') return KINDS[value] ?? value
  if (name !== 'expiry' && name !== 'grace') return value
  if (value === '0s') return 'At once'
  return value === 'never' || isDuration(value) ? spokenDuration(value) : value
}

const KINDS: Readonly<Record<string, string>> = { sk: 'Secret key', pk: 'Publishable key' }

/** The same end of a request, with what was typed. @param error anything else than a problem stays as it is @param more a sentence on what to do first */
export function withKept(error: unknown, kept: Markup | undefined, more = ''): unknown {
  if (!(error instanceof Problem) || (kept === undefined && more === '')) return error
  const { status, text, headers } = error
  const detail = `${text.detail} ${more}`.trim()
  return new Problem(status, { title: text.title, detail, headers, ...(kept && { way: kept }) })
}

/** The same of a form that comes without a session, from a page of this origin. Anything else is no form to keep: `undefined`. @throws {Problem} 429 */
export async function keptBefore(
  portal: Portal,
  at: Place & { readonly call: EndpointRequest },
  fields: Fields,
  address: string | undefined,
): Promise<Markup | undefined> {
  try {
    checkOrigin(at.call.request)
    await portal.takeForm(undefined, address)
    const sent = await readForm(at.call, fields)
    // Opens nothing for another session, and says which form this is: one that was acted on already is not acted on again.
    return keptForm(at, fields, sent, sent.get(TOKEN_FIELD))
  } catch (error) {
    if (error instanceof Problem && error.status !== 429) return undefined
    throw error
  }
}
