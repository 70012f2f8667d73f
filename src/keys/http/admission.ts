import type { Decision, Denial, Grant } from '../../core/decision.js'
import { isRefusal } from '../../core/denial.js'
import { pathOf, type GateRequest } from '../../core/request.js'
import type { CheckedRequirement } from '../../core/requirement.js'
import { readJsonObject, type EndpointRequest } from '../../http/body.js'
import type { MaybePromise } from '../../lib/maybe.js'
import type { Action } from './call.js'
import { createFreeRequests } from './containment.js'
import type { KeyEndpointsContext } from './context.js'
import { actionFor, SELF_PATH } from './routes.js'

/** How a caller is judged once more before a change. */
export type CheckAgain<S extends string> = (request: GateRequest) => MaybePromise<Decision<S>>

/** A request whose caller may manage keys, with its body, and what to do about it. */
export interface Admitted<S extends string> {
  readonly allowed: true
  /** With the decision on it. */
  readonly request: GateRequest
  readonly decision: Grant<S>
  readonly action: Action
  readonly path: string
  readonly body: object
  readonly checkAgain: CheckAgain<S>
}

/** Lets in who may manage keys, and counts the request. @param letIn told of each grant: a request that is counted later has two */
export type Admit<S extends string> = (
  call: EndpointRequest,
  letIn: (grant: Grant<S>) => void,
) => Promise<Admitted<S> | Denial>

export function createAdmission<S extends string>(
  context: KeyEndpointsContext<S>,
  asked: CheckedRequirement<S>,
): Admit<S> {
  const { check, checkAgain, checkEnd, charge, refuse, successorSince } = context
  const nothing = context.readRequirement({})
  const takeFree = createFreeRequests(context.clock)

  return async function admit(call, letIn) {
    const { request: presented, target } = call
    const path = pathOf(target).replace(/\/$/, '')
    const needed = path === SELF_PATH ? nothing : asked
    const isEnd = path === SELF_PATH && presented.method === 'DELETE'
    const action = actionFor(presented.method, path)
    const contains = isRefusal(action) ? undefined : action.contains
    const first = isEnd
      ? await checkEnd(presented)
      : await check(presented, needed, contains !== undefined)
    if (!first.allowed) return first
    letIn(first)
    const arrived = { ...presented, grant: first }
    if (isRefusal(action)) return refuse(action, arrived)
    const body = action.readsBody ? await readJsonObject(call) : {}
    const isFree =
      !isRefusal(body) &&
      contains?.(body) === true &&
      (await takeFree(first.auth, successorSince(arrived)))
    // What only looked as if it might stop a key is counted now.
    const isOwed = contains !== undefined && !isFree
    const decision = isOwed ? await charge(arrived, needed) : first
    if (!decision.allowed) return decision
    if (isOwed) letIn(decision)
    const request = { ...presented, grant: decision }
    if (isRefusal(body)) return refuse(body, request)
    return {
      ...{ allowed: true, request, decision, action, path, body },
      checkAgain: isEnd ? checkEnd : (one) => checkAgain(one, needed, isFree),
    }
  }
}
