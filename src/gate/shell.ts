import type { Decision } from '../core/decision.js'
import { readActor } from '../core/gate-actor.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import { createAnswer } from '../http/app-answer.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { doAll } from '../lib/do-all.js'
import type { Tokens } from '../oauth/tokens.js'
import { readForgotten } from '../oauth/forgotten.js'
import type { ActingGate } from './act-as.js'
import type { CheckedOptions } from './check-options.js'
import type { CheckRequest } from './check-request.js'
import { describeGate } from './describe.js'
import type { Front } from './front.js'
import type { Gate } from './gate.js'
import { heldTokens } from './held-tokens.js'
import { createInspect } from './inspect.js'
import { attachAccess, createLateEndpoints } from './late-endpoints.js'
import {
  lateActing,
  lateAudit,
  lateEvents,
  lateKeys,
  lateLimits,
  lateTokens,
} from './late-parts.js'
import type { OpenGate } from './open-gate.js'
import { createOpening } from './opening.js'
import { createWaiting, type Waiting } from './waiting.js'

/**
 * The gate as the app has it: it checks what it is given from the first moment on, and what takes the rest of it waits until that is loaded.
 * @param open loads it
 * @throws {MisuseError} where `access` belongs to another gate
 */
export function createShell<S extends string>(
  given: CheckedOptions,
  front: Front<S>,
  open: () => MaybePromise<OpenGate<S>>,
): Gate<S> {
  const { answers, deny, proxies, resets, readRequirement, onError } = front
  const waiting = createWaiting(createOpening(open, onError), front)
  const find =
    <T>(part: (open: OpenGate<S>) => T) =>
    () =>
      then(waiting.get(), part)
  attachAccess(given, front, waiting)
  const tokens = lateTokens(
    find(({ tokens }) => tokens),
    (whose) => {
      const read = readForgotten(whose)
      // Before, no token was seen.
      waiting.opened?.tokens.forget(read)
    },
  )
  const closeLater = async () => {
    await waiting.settled()
    await waiting.opened?.close()
  }
  const gate: Gate<S> = {
    check: createLateCheck(front, waiting),
    verify: (...args) => waiting.decide(undefined, ({ verify }) => verify(...args)),
    inspect: createInspect({
      ...{ proxies, answers, deny },
      refuseInsecure: (request) => (waiting.opened ?? front).refuseInsecure(request),
    }),
    requirement: (requirement?: AnyRequirement<S>) => readRequirement(requirement, true),
    answer: createAnswer,
    describe: () => describeGate<S>(given, onError, resets.timesOf),
    keys: lateKeys(find(({ keys }) => keys)),
    as: createLateActAs(given, waiting, tokens),
    tokens,
    limits: lateLimits(find(({ limits }) => limits)),
    audit: lateAudit(find(({ audit }) => audit)),
    events: lateEvents(find(({ events }) => events)),
    resets: Object.freeze({ run: resets.run }),
    endpoints: createLateEndpoints(given, front, waiting),
    onDenied: given.onDenied,
    close: () => doAll([resets.close, waiting.opened?.close ?? closeLater]),
  }
  // From then on, a request goes straight to its steps.
  waiting.begin(({ check, verify }) => Object.freeze(Object.assign(gate, { check, verify })))
  return gate
}

/** A requirement that is wrong is told of at once. */
function createLateCheck<S extends string>(
  { readRequirement }: Front<S>,
  { decide }: Waiting<S>,
): CheckRequest<S> {
  return (request: GateRequest, requirement?: AnyRequirement<S>): MaybePromise<Decision<S>> => {
    const asked = readRequirement(requirement)
    return decide(request, ({ check }) => check(request, asked as Requirement<S>))
  }
}

function createLateActAs<S extends string>(
  { environments, catalogue, limits }: CheckedOptions,
  { get }: Waiting<S>,
  tokens: Tokens<S>,
): Gate<S>['as'] {
  const { levels: scopes } = catalogue
  const { defaultPlan } = limits
  return (actor) => {
    const checked = readActor(actor, { environments, scopes, defaultPlan })
    // Left out, it would show in what cannot be handed out only.
    catalogue.check(actor.scopes ?? [], 'gate.as')
    let acting: Omit<ActingGate<S>, 'tokens'> | undefined
    const find = () => then(get(), ({ actFor }) => (acting ??= actFor(checked)))
    return lateActing(find, checked.held === undefined ? tokens : heldTokens(tokens))
  }
}
