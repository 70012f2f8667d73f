import { createAudit } from '../audit/audit.js'
import type { AnyRequirement } from '../core/requirement.js'
import { createAnswer } from '../http/app-answer.js'
import { createKeys } from '../keys/keys.js'
import { createTokens } from '../oauth/tokens.js'
import { createActAs } from './act-as.js'
import type { CheckedOptions } from './check-options.js'
import { describeGate } from './describe.js'
import { attachAccess, createGateEndpoints } from './gate-endpoints.js'
import { createGateLimits } from './gate-limits.js'
import type { Gate } from './gate.js'
import { createInspect } from './inspect.js'
import type { GateReplacements } from './replaceable-parts.js'
import { createServices } from './services.js'

/** A gate with these options; for `createTestGate` with parts of its own. */
export function openGate<S extends string>(
  given: CheckedOptions,
  replacements?: GateReplacements,
): Gate<S> {
  const { catalogue, environments, limits, served, clock } = given
  const services = createServices<S>(given, replacements)
  const { resets, answers, proxies, keyRuntime, parts, readRequirement, onError } = services
  const { trail, events } = services.observers
  const { check, verify, verifyAnew, admit, deny } = services.pipeline
  const { contextFor, heldContextFor } = keyRuntime
  const tokens = createTokens<S>({
    ...{ own: services.own, forget: services.forget, catalogue, verify: verifyAnew, admit },
    deny: (refusal) => deny(refusal, undefined),
  })
  const { audit, querySeen } = createAudit(trail, given.audit?.sinks ?? [], given.audit?.key, clock)
  attachAccess(given, services)

  return Object.freeze<Gate<S>>({
    check,
    verify,
    inspect: createInspect({ ...parts, proxies, answers, deny }),
    requirement: (requirement?: AnyRequirement<S>) => readRequirement(requirement, true),
    answer: createAnswer,
    describe: () => describeGate<S>(given, onError, resets.timesOf),
    keys: createKeys<S>(contextFor()),
    tokens,
    audit,
    events,
    resets: Object.freeze({ run: resets.run }),
    limits: createGateLimits(services.peek, contextFor(), services.prepare),
    as: createActAs<S>({
      ...{ contextFor, heldContextFor, environments, scopes: catalogue.levels },
      ...{ defaultPlan: limits.defaultPlan, catalogue, managedBy: served.managedBy },
      ...{ tokens, audit, querySeen, view: trail?.view },
    }),
    endpoints: createGateEndpoints(given, services, querySeen),
    onDenied: given.onDenied,
    close: services.close,
  })
}
