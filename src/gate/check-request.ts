import type { Auth } from '../core/auth.js'
import type { Decision } from '../core/decision.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import type { MaybePromise } from '../lib/maybe.js'

/** `gate.check`, as a function. */
export interface CheckRequest<S extends string> {
  (request: GateRequest, requirement?: Requirement<S>): MaybePromise<Decision<S>>
  /** One with an optional requirement lets in requests without a caller. */
  (
    request: GateRequest,
    requirement: AnyRequirement<S> | undefined,
  ): MaybePromise<Decision<S, Auth<S> | undefined>>
}
