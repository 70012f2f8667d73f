import type { Audit } from '../audit/audit.js'
import type { Denial } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import { earlierContext } from '../http/answers.js'
import { authOfKey } from '../keys/auth-of-key.js'
import { createKeyEndpoints } from '../keys/http/endpoints.js'
import type { ApiKey } from '../keys/record.js'
import { createLimitsInForce } from '../limits/in-force.js'
import { createTokenEndpoints } from '../oauth/http/endpoints.js'
import { endpointDone } from '../telemetry/decisions.js'
import type { CheckedOptions } from './check-options.js'
import { createAccessMount } from './gate-access.js'
import type { Gate } from './gate.js'
import { createOwnerServices } from './owner-services.js'
import type { GateServices } from './services.js'

/** What the adapters mount. */
export function createGateEndpoints<S extends string>(
  given: CheckedOptions,
  services: GateServices<S>,
  audit: Audit,
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
      ...{ guardWith, audit, catalogue, managedBy, contextFor, onError, clock },
      ...{ ...ends, noteReading: services.observers.trail?.noteReading, inForce },
    }),
    keys: createKeyEndpoints<S>({
      ...{ ...keyRuntime, readCredential, catalogue, environments, managedBy, readRequirement },
      ...{ check: checkAlone, checkAgain, checkEnd, charge, ...ends, onError, clock },
      ...{ clientOf: (request) => services.proxies.clientOf(request), inForce },
      successorSince: (request) => earlierContext(request, answers)?.known?.successorSince,
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
  const { clock, environments, catalogue, plans } = given
  const { pipeline, keyRuntime, proxies, readRequirement, observers, onError } = services
  given.access?.attach({
    ...{ clock, environments, scopes: catalogue.levels, onError, ...endsOf(services) },
    ...{ plans: plans?.names, journal: observers.trail?.enrollment },
    guardWith(requirement) {
      const asked = readRequirement(requirement as AnyRequirement<S>, true)
      return {
        check: (request) => pipeline.checkAlone(request, asked),
        async checkAnew(request, { auth }) {
          await keyRuntime.lookAgain(auth)
          return pipeline.checkAgain(request, asked)
        },
      }
    },
    clientOf: (request) => proxies.clientOf(request),
  })
}
