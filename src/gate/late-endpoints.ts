import type { Answer, Denial } from '../core/decision.js'
import type { AnyRequirement } from '../core/requirement.js'
import type { EndpointRequest } from '../http/body.js'
import { environmentsOf } from '../keys/authority.js'
import { readManagingRequirement } from '../keys/http/settings.js'
import { late } from '../lib/late.js'
import { lazily } from '../lib/lazily.js'
import { then } from '../lib/maybe.js'
import type { TokenEndpoints } from '../oauth/http/endpoints.js'
import { issuesNone } from '../oauth/forgotten.js'
import type { CheckedOptions } from './check-options.js'
import type { Front } from './front.js'
import { createAccessMount, type EndpointGuard } from './gate-access.js'
import type { GateEndpoints } from './gate-endpoints.js'
import type { Gate } from './gate.js'
import { createInForce } from './in-force.js'
import type { OpenGate } from './open-gate.js'
import type { OwnerServices } from './owner-endpoint.js'
import type { Waiting } from './waiting.js'

type Answerer = (call: EndpointRequest) => Promise<Answer | Denial>

/** What the adapters mount: requirements are checked when it is mounted, and requests wait until the gate is open. */
export function createLateEndpoints<S extends string>(
  given: CheckedOptions,
  front: Front<S>,
  waiting: Waiting<S>,
): Gate<S>['endpoints'] {
  const { answers, readRequirement } = front

  function answering(make: (endpoints: GateEndpoints<S>) => Answerer): Answerer {
    let made: Answerer | undefined
    return async (call) =>
      waiting.decide(call.request, ({ endpoints }) => (made ??= make(endpoints))(call))
  }

  function issuing(name: keyof TokenEndpoints): () => Answerer {
    return () => {
      if (given.tokens === undefined) throw issuesNone(`${name}Endpoint`)
      return answering(({ tokens }) => tokens(name))
    }
  }

  return {
    ...{ token: issuing('token'), jwks: issuing('jwks'), revocation: issuing('revocation') },
    answers,
    owner: lateOwner(given, front, waiting),
    keys(requirement) {
      const asked = readManagingRequirement(readRequirement, requirement, given.environments)
      return answering(({ keys }) => keys(asked))
    },
    access: createAccessMount(given.access),
  }
}

function lateOwner<S extends string>(
  given: CheckedOptions,
  { readRequirement, onError }: Front<S>,
  { get, decide, refuse, done }: Waiting<S>,
): OwnerServices {
  const endpointsOf = () => then(get(), ({ endpoints }) => endpoints)
  return {
    guardWith(requirement) {
      const asked = readRequirement(requirement as AnyRequirement<S>, true)
      return (request) => decide(request, (open) => open.checkAlone(request, asked))
    },
    ...{ refuse, done },
    keysOf: (auth) =>
      late({ usageOfOwner: true }, () => then(endpointsOf(), ({ keysOf }) => keysOf(auth))),
    auditOf(auth) {
      // One for all pages: it knows where the last one ended, and need not look in the trail.
      const audit = lazily(() => then(endpointsOf(), ({ auditOf }) => auditOf(auth)))
      return late({ query: true }, audit)
    },
    async shareReading(reader, read, refuse) {
      const { shareReading } = await endpointsOf()
      return shareReading(reader, read, refuse)
    },
    noteReading:
      given.audit &&
      (async (note) => {
        const { noteReading } = await endpointsOf()
        await noteReading?.(note)
      }),
    inForce: createInForce(given, onError),
    ...{ clock: given.clock, onError },
  }
}

/** Lends a gate to what decides about access to it. @throws {MisuseError} where that belongs to another gate already */
export function attachAccess<S extends string>(
  given: CheckedOptions,
  { readRequirement, proxies, onError }: Front<S>,
  { get, decide, refuse, done }: Waiting<S>,
): void {
  const { clock, environments, catalogue, plans, served } = given
  given.access?.attach({
    ...{ clock, environments, scopes: catalogue.levels, onError, refuse, done },
    plans: plans?.names,
    managedBy: (auth) => environmentsOf(auth, served.managedBy),
    journal:
      given.audit &&
      ((event) => then(get(), ({ enrollment }) => enrollment?.(event) ?? (() => undefined))),
    guardWith(requirement) {
      const asked = readRequirement(requirement as AnyRequirement<S>, true)
      let made: EndpointGuard | undefined
      const guardOf = (open: OpenGate<S>) => (made ??= open.guardOf(asked))
      return {
        check: async (request, contains) =>
          decide(request, (open) => guardOf(open).check(request, contains)),
        checkAnew: async (request, grant) =>
          decide(request, (open) => guardOf(open).checkAnew(request, grant)),
      }
    },
    clientOf: (request) => proxies.clientOf(request),
  })
}
