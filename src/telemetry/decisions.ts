import { channel } from 'node:diagnostics_channel'
import { isIP } from 'node:net'
import type { Auth } from '../core/auth.js'
import type { Decision } from '../core/decision.js'
import { discreet } from '../core/redaction.js'
import type { RequestContext } from '../core/request-context.js'
import { pathOf, routeOf } from '../core/request.js'

/** What is published on the channel `sallyport:decisions` of `node:diagnostics_channel` for each decision of a guard. */
export interface DecisionMade {
  /** Its `auth` is `undefined` where a guard with `optional` let in a request without a caller. */
  readonly decision: Decision<string, Auth | undefined>
  /** Whose credential it was; absent where that is not known. */
  readonly auth?: Auth | undefined
  /** The client's address, past the proxies of `trustProxy`. Absent where it is not known. */
  readonly client?: string | undefined
  /** Absent, as all that follows, where it did not come over HTTP. */
  readonly method?: string | undefined
  /** Without its query, and without what looks like a secret. */
  readonly path?: string | undefined
  /** The pattern of its path, where the framework tells. */
  readonly route?: string | undefined
}

type Told = DecisionMade['decision']

export const decisions = channel('sallyport:decisions')

/** Tells observers of a decision. What an endpoint of the gate goes on with is told when that is done, with what it has come to: `endpointDone`. */
export function tellDecision(decision: Decision, context: RequestContext): void {
  if (!decision.allowed || !context.isPart) publish(decision, context)
}

/** An endpoint of the gate is done with what its guard has let in: it is told once, as refused where it was. */
export function endpointDone(decision: Told, context: RequestContext | undefined): void {
  if (context?.isTold === false && decisions.hasSubscribers) publish(decision, context)
}

function publish(decision: Told, context: RequestContext): void {
  let part: RequestContext | undefined = context
  for (; part?.isPart === true; part = part.earlier) part.isTold = true
  decisions.publish(decisionMade(decision, context))
}

/** No header of the request: a credential stands there. */
function decisionMade(decision: Told, context: RequestContext): DecisionMade {
  const { auth, request, credential } = context
  const client = addressOf(context)
  if (request === undefined) return { decision, auth, client }
  const { method, url } = request
  const presented = credential?.value
  const path = discreet(pathOf(url), presented)
  return {
    ...{ decision, auth, client, path },
    ...{ method: discreet(method, presented), route: routeOf(request) },
  }
}

/** An app may have given `gate.verify` a text that is none, and that nobody may see. */
function addressOf(context: RequestContext): string | undefined {
  const client = context.client()
  return client !== undefined && isIP(client) !== 0 ? client : undefined
}
