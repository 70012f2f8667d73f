import { APP_CALL_MS, callApp } from '../core/app-call.js'
import { readOtherwise, type AppCallerContext } from '../core/app-caller.js'
import { isRefusal, Refusal } from '../core/denial.js'
import type { AskedOtherwise } from '../core/otherwise.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { Hosts } from '../http/hosts.js'
import { refuseCrossSite } from '../http/same-site.js'
import { first, holding, then, type MaybePromise } from '../lib/maybe.js'
import { Shares } from '../lib/shares.js'
import type { Steps } from './steps.js'

/** Finds the caller of a request without a credential. It may find none. */
export type AskApp = (
  context: RequestContext,
  asked: AskedOtherwise,
) => MaybePromise<Refusal | undefined>

export interface AskAppContext extends AppCallerContext {
  /** Absent: all environments are served on every host. */
  readonly hosts: Hosts | undefined
  readonly onError: (error: unknown) => void
}

const UNAVAILABLE = new Refusal('caller_unavailable')
/** Nobody was asked, so nothing has failed. */
const BUSY = new Refusal('caller_busy')
/** Calls of the app under way at once. */
const MAX_ASKED = 256
/** A call that is given up goes on: its place is free when it ends, or when nobody can believe any more that it will. */
const HELD_MS = 4 * APP_CALL_MS
const CROSS_SITE = {
  fix: "Name the origin of your page in 'origins' beside 'otherwise'; for callers that no browser speaks for, say 'origins: false'.",
  detail: 'A session is accepted from pages of this site only.',
}

/** An app that fails says nothing of the caller: it is told to `onError`, and the request gets 503. */
export function createAskApp({ onError, hosts, ...context }: AskAppContext): AskApp {
  const failure = { onError, unavailable: UNAVAILABLE }
  const read = (said: unknown, request: GateRequest) => {
    const own = hosts?.environmentOf(request)
    const environment = typeof own === 'string' ? own : undefined
    return said === undefined ? undefined : readOtherwise(said, context, environment)
  }

  /** Calls under way, by who sends the requests: a flood of made-up sessions leaves room for those of others. */
  const asked = new Shares(MAX_ASKED)

  function ask(find: () => unknown, source: string): unknown {
    asked.take(source)
    return holding(find, HELD_MS, () => {
      asked.leave(source)
    })
  }

  return (asking, { find, origins }) => {
    const { request } = asking
    if (request === undefined) return undefined
    const source = asking.network() ?? ''
    if (!asked.hasRoom(source)) return BUSY
    const found = callApp(
      "'otherwise'",
      () => ask(() => find(request), source),
      (said) => read(said, request),
      failure,
    )
    return then(found, (caller) => {
      if (caller === undefined || isRefusal(caller)) return caller
      asking.caller = caller
      return refuseCrossSite(request, origins, CROSS_SITE)
    })
  }
}

/**
 * A later guard on a request whose caller a cookie or the app has named. The method may be another by now: what an earlier guard has taken from other pages, or for a method that changes
 * nothing, is held to the origins once more.
 */
export const checkOrigin: Step = ({ request, caller, credential, askedOtherwise }) => {
  if (request === undefined) return undefined
  if (caller.auth.kind === 'app') {
    return askedOtherwise && refuseCrossSite(request, askedOtherwise.origins, CROSS_SITE)
  }
  const { origins = false } = credential ?? {}
  return refuseCrossSite(request, origins)
}

export interface OpenGuardContext extends Pick<Steps, 'findCredential' | 'countUnknown'> {
  /** What comes before any look at a credential. */
  readonly beforeAll: readonly Step[]
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
  const { beforeAll, findCredential, countUnknown, ofCredential, ofCaller, askApp } = context

  const countNobody = (asking: RequestContext, refusal: Refusal): ReturnType<Step> =>
    then(countUnknown(asking, refusal), (counted) =>
      counted === refusal && asking.requirement.isOptional ? undefined : counted,
    )

  return (asked) => {
    const admit: Step = (asking) => {
      const refusal = findCredential(asking)
      if (refusal === undefined) return first(ofCredential, asking)
      if (refusal.details.isAbsent !== true) return countUnknown(asking, refusal)
      return then(asked && askApp(asking, asked), (refused) => {
        if (refused !== undefined) return refused
        if (asking.known !== undefined) return first(ofCaller, asking)
        return countNobody(asking, refusal)
      })
    }
    return [...beforeAll, admit]
  }
}
