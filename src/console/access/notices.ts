import type { OwnerAccess } from '../../access/owner-access.js'
import { manages } from './managed.js'
import { html, type Markup } from '../kit/html.js'
import { facts, notice } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'

/** On which conditions the access that there is was approved: of requests that the person sees at the access endpoints, too. `undefined` where it has none. */
export function conditionsNotice(
  asked: PageRequest,
  { environments }: OwnerAccess,
): Markup | undefined {
  const said = environments.flatMap(({ environment, state, request }) =>
    state === 'approved' && request?.conditions !== undefined && manages(asked, request)
      ? [[environment, request.conditions] as const]
      : [],
  )
  if (said.length === 0) return undefined
  return notice('warn', 'Your access has conditions', facts(said))
}

/** What keeps the owner from making keys, before a form is filled in. `undefined`: nothing does. */
export async function accessNotice({
  user,
  root,
  portal,
}: PageRequest): Promise<Markup | undefined> {
  const { access } = portal.options
  if (access === undefined) return undefined
  const { environments } = await access.of(user.ownerId, user.environments)
  const lacking = environments.filter(({ missing }) => missing.length > 0)
  if (lacking.length === 0) return undefined
  const messages = lacking.flatMap(({ missing }) => missing.map(({ message }) => message))
  return html`<section class="notice warn">
    <h2>Keys cannot be made in ${lacking.map(({ environment }) => environment).join(', ')} yet</h2>
    ${[...new Set(messages)].map((message) => html`<p>${message}</p>`)}
    <p class="acts"><a class="btn" href="${root}access">Go to access</a></p>
  </section>`
}

/** Whether a key can be made in one environment at least. */
export async function mayHaveKeys({ user, portal }: PageRequest): Promise<boolean> {
  const { access } = portal.options
  if (access === undefined) return true
  const { environments } = await access.of(user.ownerId, user.environments)
  return environments.some(({ missing }) => missing.length === 0)
}
