import type { QuerySeen } from '../audit/audit.js'
import type { Denial, Grant } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import { earlierContext, type AnswerOptions } from '../http/answers.js'
import { authOfKey } from '../keys/auth-of-key.js'
import { environmentsOf } from '../keys/authority.js'
import { createFreeRequests } from '../keys/http/containment.js'
import { createKeyEndpoints } from '../keys/http/endpoints.js'
import type { ApiKey } from '../keys/record.js'
import { createLimitsInForce } from '../limits/in-force.js'
import { createTokenEndpoints } from '../oauth/http/endpoints.js'
import { endpointDone } from '../telemetry/decisions.js'
import type { CheckedOptions } from './check-options.js'
import { createAccessMount, type EndpointGuard } from './gate-access.js'
import type { Gate } from './gate.js'
import { createOwnerServices } from './owner-services.js'
import type { GateServices } from './services.js'

/** What the adapters mount. */
export function createGateEndpoints<S extends string>(
  given: CheckedOptions,
  services: GateServices<S>,
  querySeen: QuerySeen,
): Gate<S>['endpoints'] {
  const { catalogue, environments, clock } = given
  const { managedBy } = given.served
  const { pipeline, keyRuntime, parts, own, answers, readRequirement, onError } = services
  const { checkAlone, checkAgain, checkEnd, charge, deny } = pipeline
  const ends = endsOf(services)
  const { contextFor } = keyRuntime
  const { readCredential } = parts
  const { defaultPlan, override } = given.limits
  const limitsInForce = createLimitsInForce({ override, onError })
  const inForce = (key: ApiKey) => limitsInForce(authOfKey(key, defaultPlan))

  return {
    ...createTokenEndpoints({
      ...{ own, realm: given.realm, pipeline: pipeline.forEndpoints },
      ...{ deny, refuseInsecure: pipeline.refuseUnread, readCredential, onError },
    }),
    answers,
    owner: createOwnerServices({
      ...{ guardWith, querySeen, catalogue, managedBy, contextFor, onError, clock },
      ...{ ...ends, noteReading: services.observers.trail?.noteReading, inForce },
    }),
    keys: createKeyEndpoints<S>({
      ...{ ...keyRuntime, readCredential, catalogue, environments, managedBy, readRequirement },
      ...{ check: checkAlone, checkAgain, checkEnd, charge, ...ends, onError, clock },
      ...{ clientOf: (request) => services.proxies.clientOf(request), inForce },
      successorSince: (request) => successorSince(request, answers),
    }),
    access: createAccessMount(given.access),
  }

  function guardWith(requirement: Requirement) {
    const asked = readRequirement(requirement as AnyRequirement<S>, true)
    return (request: GateRequest) => checkAlone(request, asked)
  }
}

/** How an endpoint ends what its guard has let in: the record of the request says why it was refused, and observers are told. */
function endsOf<S extends string>({ pipeline, observers, answers }: GateServices<S>) {
  return {
    refuse(refusal: Refusal, request: GateRequest): Denial {
      const denial = pipeline.deny(refusal, request)
      observers.trail?.refused(request.grant?.audit, denial.reason)
      endpointDone(denial, earlierContext(request, answers))
      return denial
    },
    done(request: GateRequest): void {
      if (request.grant) endpointDone(request.grant, earlierContext(request, answers))
    },
  }
}

/** Lends a gate to what decides about access to it. @throws {MisuseError} where that belongs to another gate already */
export function attachAccess<S extends string>(
  given: CheckedOptions,
  services: GateServices<S>,
): void {
  const { clock, environments, catalogue, plans, served } = given
  const { proxies, observers, onError } = services
  const takeFree = createFreeRequests(clock)
  given.access?.attach({
    ...{ clock, environments, scopes: catalogue.levels, onError, ...endsOf(services) },
    ...{ plans: plans?.names, journal: observers.trail?.enrollment },
    managedBy: (auth) => environmentsOf(auth, served.managedBy),
    guardWith: (requirement) => containingGuard(services, takeFree, requirement),
    clientOf: (request) => proxies.clientOf(request),
  })
}

/** A guard of endpoints at which access is stopped, among others. */
function containingGuard<S extends string>(
  { pipeline, keyRuntime, readRequirement, answers }: GateServices<S>,
  takeFree: ReturnType<typeof createFreeRequests>,
  requirement: Requirement,
): EndpointGuard {
  const asked = readRequirement(requirement as AnyRequirement<S>, true)
  const free = new WeakSet<Grant>()
  return {
    async check(request, contains) {
      const first = await pipeline.checkAlone(request, asked, contains)
      if (!contains || !first.allowed) return first
      const arrived = { ...request, grant: first }
      if (!(await takeFree(first.auth, successorSince(arrived, answers)))) {
        return pipeline.charge(arrived, asked)
      }
      free.add(first)
      return first
    },
    async checkAnew(request, grant) {
      await keyRuntime.lookAgain(grant.auth)
      return pipeline.checkAgain(request, asked, free.has(grant))
    },
  }
}

/** When the key of a caller was made by a rotation. */
function successorSince(request: GateRequest, answers: AnswerOptions): number | undefined {
  return earlierContext(request, answers)?.known?.successorSince
}
