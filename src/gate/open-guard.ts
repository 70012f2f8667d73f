import { callApp } from '../core/app-call.js'
import { readAppCaller, type AppCallerContext } from '../core/app-caller.js'
import { isRefusal, Refusal } from '../core/denial.js'
import type { AskedOtherwise } from '../core/otherwise.js'
import type { RequestContext, Step } from '../core/request-context.js'
import { refuseCrossSite } from '../http/same-site.js'
import { first } from '../lib/first.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import type { Steps } from './steps.js'

/** Finds the caller of a request without a credential. It may find none. */
export type AskApp = (
  context: RequestContext,
  asked: AskedOtherwise,
) => MaybePromise<Refusal | undefined>

export interface AskAppContext extends AppCallerContext {
  readonly onError: (error: unknown) => void
}

const UNAVAILABLE = new Refusal('caller_unavailable')
const CROSS_SITE = {
  fix: "Name the origin of your page in 'origins' beside 'otherwise'; for callers that no browser speaks for, say 'origins: false'.",
  detail: 'A session is accepted from pages of this site only.',
}

/** An app that fails says nothing of the caller: it is told to `onError`, and the request gets 503. */
export function createAskApp({ onError, ...context }: AskAppContext): AskApp {
  const failure = { onError, unavailable: UNAVAILABLE }
  const read = (said: unknown) => (said === undefined ? undefined : readAppCaller(said, context))

  return (asking, { find, origins }) => {
    const { request } = asking
    if (request === undefined) return undefined
    const found = callApp("'otherwise'", () => find(request), read, failure)
    return then(found, (caller) => {
      if (caller === undefined || isRefusal(caller)) return caller
      asking.auth = caller.auth
      const refused = refuseCrossSite(request, origins, CROSS_SITE)
      if (refused === undefined) asking.caller = caller
      return refused
    })
  }
}

export interface OpenGuardContext extends Pick<
  Steps,
  'requireHttps' | 'findCredential' | 'countMissing'
> {
  /** What is done with a credential, and with a caller. */
  readonly ofCredential: readonly Step[]
  readonly ofCaller: readonly Step[]
  readonly askApp: AskApp
}

/**
 * The steps of a guard that lets requests without a credential go on: `otherwise` says who asks, and without a caller, they pass where the requirement is optional. A credential that is there is all that
 * counts.
 */
export function createOpenGuard(
  context: OpenGuardContext,
): (asked: AskedOtherwise | undefined) => readonly Step[] {
  const { requireHttps, findCredential, countMissing, ofCredential, ofCaller, askApp } = context

  const countNobody = (asking: RequestContext, refusal: Refusal): ReturnType<Step> =>
    then(countMissing(asking, refusal), (counted) =>
      counted === refusal && asking.requirement.isOptional ? undefined : counted,
    )

  return (asked) => {
    const admit: Step = (asking) => {
      const refusal = findCredential(asking)
      if (refusal === undefined) return first(ofCredential, asking)
      if (refusal.details.isAbsent !== true) return countMissing(asking, refusal)
      return then(asked && askApp(asking, asked), (refused) => {
        if (refused !== undefined) return refused
        if (asking.known !== undefined) return first(ofCaller, asking)
        return countNobody(asking, refusal)
      })
    }
    return [requireHttps, admit]
  }
}
