import type { Denial } from '../core/decision.js'
import { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import type { Front } from './front.js'
import type { EndpointEnds } from './gate-endpoints.js'
import type { OpenGate } from './open-gate.js'
import type { Opening } from './opening.js'

const UNAVAILABLE = new Refusal('store_unavailable')

/** How requests wait for a gate that is not open yet. */
export interface Waiting<S extends string> extends Opening<OpenGate<S>>, EndpointEnds {
  /** Asks the open gate; where it cannot be loaded, that is an outage. Nothing happens with the request before. */
  readonly decide: <T>(
    request: GateRequest | undefined,
    ask: (open: OpenGate<S>) => MaybePromise<T>,
  ) => MaybePromise<T | Denial>
}

export function createWaiting<S extends string>(
  opening: Opening<OpenGate<S>>,
  { deny }: Pick<Front<S>, 'deny'>,
): Waiting<S> {
  return {
    ...opening,
    get opened() {
      return opening.opened
    },
    decide(request, ask) {
      const open = recover(opening.get, () => undefined)
      return then(open, (gate) => (gate === undefined ? deny(UNAVAILABLE, request) : ask(gate)))
    },
    refuse: (refusal, request) =>
      opening.opened?.refuse(refusal, request) ?? deny(refusal, request),
    done(request) {
      opening.opened?.done(request)
    },
  }
}
