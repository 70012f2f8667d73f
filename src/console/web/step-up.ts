import { Problem } from '../kit/problem.js'
import type { StepUpAction } from '../options.js'
import type { PageRequest, Redirect } from './exchange.js'
import { withReturn } from './paths.js'
import { askApp } from './sign-in.js'

/**
 * Asks the app whether the person may go on: `undefined`. Else, where to send the person first.
 * @throws {Problem} 503 where the app cannot tell; 403 for a form, which its policy keeps from being sent on to another site
 */
export async function stepUp(
  { portal, user, request, returnTo }: PageRequest,
  action: StepUpAction,
): Promise<Redirect | undefined> {
  const { stepUp: ask, onError } = portal.options
  if (ask === undefined) return undefined
  const said = await askApp("'stepUp'", () => ask(user, action)).catch((error: unknown) => {
    onError(error)
    throw new Problem(503)
  })
  if ((said as unknown) === true) return undefined
  const location = (said as { readonly location?: unknown } | undefined)?.location
  if (typeof location !== 'string') throw new Problem(503)
  const to = withReturn(location, returnTo)
  if (request.method !== 'POST' || to.startsWith('/')) {
    return { kind: 'redirect', to, elsewhere: true }
  }
  throw new Problem(403, {
    title: 'Confirm that it is you',
    detail: 'This needs a second step of signing in. Nothing was changed.',
    link: [to, 'Confirm'],
  })
}
