import type { Catalogue } from '../../core/catalogue.js'
import type { Credential } from '../../core/credential.js'
import type { Decision, Denial } from '../../core/decision.js'
import type { Refusal } from '../../core/denial.js'
import type { GateRequest } from '../../core/request.js'
import type { RequirementReader } from '../../core/requirement-reader.js'
import type { CheckedRequirement } from '../../core/requirement.js'
import type { Clock } from '../../lib/clock.js'
import type { MaybePromise } from '../../lib/maybe.js'
import type { ApiKey } from '../record.js'
import type { KeyRuntime } from '../runtime.js'

type Decide<S extends string> = (
  request: GateRequest,
  requirement: CheckedRequirement<S>,
  isFree?: boolean,
) => MaybePromise<Decision<S>>

/** What the key endpoints of a gate work with. */
export interface KeyEndpointsContext<S extends string> extends Pick<
  KeyRuntime<object>,
  'heldContextFor' | 'lookAgain'
> {
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly catalogue: Catalogue
  /** Those whose keys a caller of this environment manages. */
  readonly managedBy: (environment: string) => readonly string[]
  readonly readRequirement: RequirementReader<S>
  readonly check: Decide<S>
  /** The same anew, whatever was decided before, without counting the request twice. */
  readonly checkAgain: Decide<S>
  /** For a caller that ends its own credential: it is neither charged nor held to its address list. */
  readonly checkEnd: (request: GateRequest) => MaybePromise<Decision<S>>
  /** Counts a request that was let in for free. */
  readonly charge: Decide<S>
  /** The client's address, as far as it is known. */
  readonly clientOf: (request: GateRequest) => string | undefined
  /** When the key of a caller that was let in was made by a rotation, in milliseconds since the epoch. */
  readonly successorSince: (request: GateRequest) => number | undefined
  /** The plan and the limit of a key that are in force, where they are others than those of the key. */
  readonly inForce: (key: ApiKey) => Pick<ApiKey, 'plan' | 'limit'>
  readonly clock: Clock
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  /** A request with a grant is answered. */
  readonly done: (request: GateRequest) => void
  readonly onError: (error: unknown) => void
}
