import type { Answer } from '../../core/decision.js'
import type { GateRequest } from '../../core/request.js'
import { html, type Markup } from '../kit/html.js'
import { Problem } from '../kit/problem.js'
import type { CheckedConsoleOptions } from '../options-schema.js'
import { readUser, type CheckedUser } from '../user.js'
import { askApp } from './ask-app.js'
import { withReturn } from './paths.js'
import type { Place, Respond } from './respond.js'

/** Asks the app who is signed in. @throws {Problem} 503 where it cannot tell, which is not the same as that nobody is */
export async function findUser(
  { user, onError }: CheckedConsoleOptions,
  request: GateRequest,
): Promise<CheckedUser | undefined> {
  try {
    const said: unknown = await askApp("'user'", () =>
      user((request.framework?.native ?? request) as never),
    )
    return said === undefined || said === null ? undefined : readUser(said)
  } catch (error) {
    onError(error)
    throw new Problem(503)
  }
}

/**
 * Leads to the sign-in. A form is not sent on to another site: the policy of its page forbids it. One with text stays on a page, and is sent again after the sign-in.
 * @param returnTo where to go on after it @param kept what was typed
 */
export function askToSignIn(
  { signInUrl }: CheckedConsoleOptions,
  respond: Respond,
  at: Place,
  { method }: GateRequest,
  returnTo: string,
  kept?: Markup,
): Answer {
  const location = signInUrl && withReturn(signInUrl, returnTo)
  const isReading = method === 'GET' || method === 'HEAD'
  if (location !== undefined && !kept && (isReading || location.startsWith('/'))) {
    return respond.plain(at, 303, { location })
  }
  if (kept !== undefined) return respond.problem(at, undefined, keptProblem(location, kept))
  const way =
    location === undefined
      ? html`<p>Sign in to the app first.</p>`
      : html`<p><a class="btn main" href="${location}">Sign in</a></p>`
  return respond.problem(at, undefined, new Problem(401, { way }))
}

/** The sign-in is opened beside the page that has the text. */
function keptProblem(location: string | undefined, kept: Markup): Problem {
  const link =
    location === undefined
      ? 'Sign in to the app in another tab'
      : html`<a href="${location}" target="_blank" rel="noopener">Sign in in another tab</a>`
  return new Problem(401, {
    title: 'You are not signed in any more',
    detail: 'Nothing was changed, and nothing that you have typed is lost.',
    way: html`<p class="note">${link}, come back to this page, and send the form again.</p>
      ${kept}`,
  })
}
