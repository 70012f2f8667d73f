import { html, type Markup } from '../kit/html.js'
import { Problem } from '../kit/problem.js'
import type { StepUpAction } from '../options.js'
import type { PageRequest, Redirect } from './exchange.js'
import { withReturn } from './paths.js'
import { askApp } from './ask-app.js'

/**
 * Asks the app whether the person may go on: `undefined`. Else, where to send the person first.
 * @throws {Problem} 503 where the app cannot tell; 403 for a form with text, which stays on a page beside the second step, and for one that its policy keeps from being sent on to another site
 */
export async function stepUp(
  { portal, user, request, returnTo, kept }: PageRequest,
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
  const typed = kept?.()
  if (typed !== undefined) throw keptProblem(to, typed)
  if (request.method !== 'POST' || to.startsWith('/')) {
    return { kind: 'redirect', to, elsewhere: true }
  }
  throw new Problem(403, {
    title: 'Confirm that it is you',
    detail: 'This needs a second step of signing in. Nothing was changed.',
    link: [to, 'Confirm'],
  })
}

/** The second step is opened beside the page that has the text, as the sign-in is. */
function keptProblem(to: string, kept: Markup): Problem {
  return new Problem(403, {
    title: 'Confirm that it is you',
    detail:
      'This needs a second step of signing in. Nothing was changed, and nothing that you have typed is lost.',
    way: html`<p class="note">
        <a href="${to}" target="_blank" rel="noopener">Confirm in another tab</a>, come back to this
        page, and send the form again.
      </p>
      ${kept}`,
  })
}
