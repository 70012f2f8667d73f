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

/** Whether the owner may have keys. */
export interface KeyAccess {
  /** In one environment at least. */
  readonly isPossible: boolean
  /** What keeps it from making keys, before a form is filled in. Absent: nothing does. */
  readonly missing?: Markup
}

export async function keyAccessOf({ user, root, portal }: PageRequest): Promise<KeyAccess> {
  const { access } = portal.options
  if (access === undefined) return { isPossible: true }
  const { environments } = await access.of(user.ownerId, user.environments)
  const lacking = environments.filter(({ missing }) => missing.length > 0)
  const isPossible = lacking.length < environments.length
  if (lacking.length === 0) return { isPossible }
  const messages = lacking.flatMap(({ missing }) => missing.map(({ message }) => message))
  const missing = html`<section class="notice warn">
    <h2>Keys cannot be made in ${lacking.map(({ environment }) => environment).join(', ')} yet</h2>
    ${[...new Set(messages)].map((message) => html`<p>${message}</p>`)}
    <p class="acts"><a class="btn" href="${root}access">Go to access</a></p>
  </section>`
  return { isPossible, missing }
}
