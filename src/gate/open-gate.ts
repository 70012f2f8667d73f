import type { OpenAudit } from '../audit/audit.js'
import type { Trail } from '../audit/trail.js'
import { withoutTrail } from '../audit/without-trail.js'
import type { EnrollmentJournal } from '../audit/enrollment.js'
import type { CheckedActor } from '../core/gate-actor.js'
import type { CheckedRequirement } from '../core/requirement.js'
import { checkedKeys } from '../keys/checked-keys.js'
import { createKeys } from '../keys/keys.js'
import { createMemoryKeyStore } from '../keys/memory-store.js'
import { createMemoryLimitStore } from '../limits/memory-store.js'
import { withoutTokens } from '../oauth/without-tokens.js'
import { createActAs, type ActingGate } from './act-as.js'
import type { CheckedOptions } from './check-options.js'
import type { Features, OpenOptions } from './features.js'
import type { Front } from './front.js'
import {
  createContainingGuards,
  createGateEndpoints,
  endsOf,
  type EndpointEnds,
  type GateEndpoints,
} from './gate-endpoints.js'
import type { EndpointGuard } from './gate-access.js'
import { createGateLimits } from './gate-limits.js'
import type { Gate } from './gate.js'
import type { Pipeline } from './pipeline.js'
import type { GateReplacements } from './replaceable-parts.js'
import { createServices } from './services.js'
import type { StepServices } from './steps.js'

/** What a gate does once all of it is loaded. */
export interface OpenGate<S extends string>
  extends
    Pick<Gate<S>, 'check' | 'verify' | 'keys' | 'tokens' | 'limits' | 'audit' | 'events'>,
    Pick<Pipeline<S>, 'checkAlone'>,
    Pick<StepServices, 'refuseInsecure'>,
    EndpointEnds {
  /** A guard of endpoints that read a body. */
  readonly guardOf: (asked: CheckedRequirement<S>) => EndpointGuard
  readonly actFor: (actor: CheckedActor) => Omit<ActingGate<S>, 'tokens'>
  readonly endpoints: GateEndpoints<S>
  /** Absent: there is no audit log. */
  readonly enrollment: EnrollmentJournal | undefined
  readonly close: () => Promise<void>
}

/** @param replacements for `createTestGate` */
export function openGate<S extends string>(
  checked: CheckedOptions,
  front: Front<S>,
  features: Features,
  replacements?: GateReplacements,
): OpenGate<S> {
  const { store = createMemoryKeyStore(), limits, ...rest } = checked
  const { store: limitStore = createMemoryLimitStore() } = limits
  const given: OpenOptions = { ...rest, store, limits: { ...limits, store: limitStore } }
  const services = createServices<S>(given, front, features, replacements)
  const { keyRuntime, parts, observers, pipeline } = services
  const { trail, events } = observers
  const { contextFor } = keyRuntime
  const { catalogue } = given
  const { own, forget } = services
  const { deny } = front
  const tokens =
    features.tokenParts?.createTokens<S>({
      ...{ own, forget, catalogue, verify: pipeline.verifyAnew, admit: pipeline.admit },
      deny: (refusal) => deny(refusal, undefined),
    }) ?? withoutTokens<S>()
  const { audit, querySeen } = openAudit(given, features, trail)

  return {
    ...{ check: pipeline.check, verify: pipeline.verify, checkAlone: pipeline.checkAlone },
    refuseInsecure: parts.refuseInsecure,
    guardOf: createContainingGuards(given, front, services),
    keys: checkedKeys(createKeys<S>(contextFor())),
    ...{ tokens, audit, events },
    limits: createGateLimits(services.peek, contextFor(), services.prepare),
    actFor: createActAs<S>({
      ...keyRuntime,
      ...{ catalogue, managedBy: given.served.managedBy },
      ...{ audit, querySeen, view: trail?.view },
    }),
    endpoints: createGateEndpoints(given, front, { ...services, ...features }, querySeen),
    ...endsOf(front, services),
    enrollment: trail?.enrollment,
    close: services.close,
  }
}

function openAudit(
  { audit, clock }: OpenOptions,
  { auditParts }: Features,
  trail: Trail | undefined,
): OpenAudit {
  if (audit === undefined || auditParts === undefined || trail === undefined) return withoutTrail()
  return auditParts.createAudit(trail, audit.sinks, audit.key, clock)
}
