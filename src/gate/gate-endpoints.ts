import type { QuerySeen } from '../audit/audit.js'
import type { Answer, Denial, Grant } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import type { CheckedRequirement } from '../core/requirement.js'
import { earlierContext, type AnswerOptions } from '../http/answers.js'
import type { EndpointRequest } from '../http/body.js'
import { createKeyAnswer } from '../keys/http/answer.js'
import { createFreeRequests } from '../keys/http/containment.js'
import type { ManagingRequirement } from '../keys/http/settings.js'
import type { TokenEndpoints } from '../oauth/http/endpoints.js'
import { issuesNone } from '../oauth/forgotten.js'
import { endpointDone } from '../telemetry/decisions.js'
import type { Features, OpenOptions } from './features.js'
import type { Front } from './front.js'
import type { EndpointGuard } from './gate-access.js'
import type { OwnerServices } from './owner-endpoint.js'
import { createInForce } from './in-force.js'
import { createOwnerServices } from './owner-services.js'
import type { GateServices } from './services.js'

/** What the endpoints of a gate work with once it is open. */
export interface GateEndpoints<S extends string> extends Pick<
  OwnerServices,
  'keysOf' | 'auditOf' | 'shareReading' | 'noteReading'
> {
  readonly keys: (
    asked: ManagingRequirement<S>,
  ) => (call: EndpointRequest) => Promise<Answer | Denial>
  /** @throws {MisuseError} `not_supported` where the gate issues no tokens */
  readonly tokens: (
    name: keyof TokenEndpoints,
  ) => (call: EndpointRequest) => Promise<Answer | Denial>
}

export function createGateEndpoints<S extends string>(
  given: OpenOptions,
  front: Front<S>,
  services: GateServices<S> & Features,
  querySeen: QuerySeen,
): GateEndpoints<S> {
  const { catalogue, clock, realm } = given
  const { managedBy } = given.served
  const { answers, proxies, deny, readRequirement, onError } = front
  const { pipeline, keyRuntime, parts, own, observers, endings } = services
  const { checkAlone, checkAgain, checkEnd, charge, refuseUnread } = pipeline
  const { readCredential } = parts
  const { contextFor } = keyRuntime
  const tokens =
    own &&
    services.tokenParts?.createTokenEndpoints({
      ...{ own, realm, pipeline: pipeline.forEndpoints, deny, readCredential, onError },
      refuseInsecure: refuseUnread,
    })

  return {
    ...createOwnerServices({ querySeen, catalogue, managedBy, contextFor, clock, endings }),
    noteReading: observers.trail?.noteReading,
    keys: (asked) =>
      createKeyAnswer<S>(
        {
          ...{ ...keyRuntime, readCredential, catalogue, managedBy, readRequirement },
          ...{ check: checkAlone, checkAgain, checkEnd, charge, onError, clock },
          ...endsOf(front, services),
          inForce: createInForce(given, onError),
          clientOf: (request) => proxies.clientOf(request),
          successorSince: (request) => successorSince(request, answers),
        },
        asked,
      ),
    tokens(name) {
      if (tokens === undefined) throw issuesNone(`${name}Endpoint`)
      return tokens[name]()
    },
  }
}

/** How endpoints end what their guards have let in. */
export interface EndpointEnds {
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  readonly done: (request: GateRequest) => void
}

/** The record of the request says why it was refused, and observers are told. */
export function endsOf<S extends string>(
  { deny, answers }: Front<S>,
  { observers }: Pick<GateServices<S>, 'observers'>,
): EndpointEnds {
  return {
    refuse(refusal, request) {
      const denial = deny(refusal, request)
      observers.trail?.refused(request.grant?.audit, denial.reason)
      endpointDone(denial, earlierContext(request, answers))
      return denial
    },
    done(request) {
      if (request.grant) endpointDone(request.grant, earlierContext(request, answers))
    },
  }
}

/** Guards of endpoints at which access is stopped, among others. */
export function createContainingGuards<S extends string>(
  { clock }: OpenOptions,
  { answers }: Front<S>,
  { pipeline, keyRuntime }: GateServices<S>,
): (asked: CheckedRequirement<S>) => EndpointGuard {
  const takeFree = createFreeRequests(clock)
  return (asked) => {
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
}

/** When the key of a caller was made by a rotation. */
function successorSince(request: GateRequest, answers: AnswerOptions): number | undefined {
  return earlierContext(request, answers)?.known?.successorSince
}
