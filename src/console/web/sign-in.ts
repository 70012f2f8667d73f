import type { Answer } from '../../core/decision.js'
import type { GateRequest } from '../../core/request.js'
import { html } from '../kit/html.js'
import { Problem } from '../kit/problem.js'
import type { CheckedConsoleOptions } from '../options-schema.js'
import { readUser, type CheckedUser } from '../user.js'
import { withReturn } from './paths.js'
import type { Place, Respond } from './respond.js'

/** Asks the app who is signed in. @throws {Problem} 503 where it cannot tell, which is not the same as that nobody is */
export async function findUser(
  { user, onError }: CheckedConsoleOptions,
  request: GateRequest,
): Promise<CheckedUser | undefined> {
  try {
    const said: unknown = await user((request.framework?.native ?? request) as never)
    return said === undefined || said === null ? undefined : readUser(said)
  } catch (error) {
    onError(error)
    throw new Problem(503)
  }
}

/** Leads to the sign-in. A form is not sent on to another site: the policy of its page forbids it. */
export function askToSignIn(
  { signInUrl }: CheckedConsoleOptions,
  respond: Respond,
  at: Place,
  { method, url }: GateRequest,
): Answer {
  const location = signInUrl && withReturn(signInUrl, url)
  const isReading = method === 'GET' || method === 'HEAD'
  if (location !== undefined && (isReading || location.startsWith('/'))) {
    return respond.plain(at, 303, { location })
  }
  const way =
    location === undefined
      ? html`Sign in to the app first.`
      : html`<a class="btn main" href="${location}">Sign in</a>`
  return respond.problem(at, undefined, new Problem(401), way)
}
