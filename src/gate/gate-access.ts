import type { EnrollmentJournal } from '../audit/enrollment.js'
import type { Auth } from '../core/auth.js'
import type { Answer, Decision, Denial, Grant } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import type { Requirement } from '../core/requirement.js'
import type { EndpointRequest } from '../http/body.js'
import { MisuseError } from '../core/errors.js'
import type { AdmitKey } from '../keys/access-rule.js'
import type { Clock } from '../lib/clock.js'

/** A guard of endpoints that read a body. */
export interface EndpointGuard {
  /** @param contains whether it stops something, or shows what to stop: a share of those takes nothing of any limit */
  readonly check: (request: GateRequest, contains: boolean) => Promise<Decision>
  /** Judges the caller of a request with a grant by what is stored now: a change lasts longer than what is remembered. @throws {StoreError} */
  readonly checkAnew: (request: GateRequest, grant: Grant) => Promise<Decision>
}

/** What a gate lends to what decides about access to it. */
export interface LentByGate {
  readonly clock: Clock
  readonly environments: readonly string[]
  /** The environments that a caller manages, its own among them: as for keys, its word counts in no other. */
  readonly managedBy: (auth: Auth) => readonly string[]
  /** The scopes, by name. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** The names of the plans. Absent: there are none, and a key may name any. */
  readonly plans: readonly string[] | undefined
  /** Absent: there is no audit log. */
  readonly journal: EnrollmentJournal | undefined
  /** A guard with this requirement. @throws {MisuseError} */
  readonly guardWith: (requirement: Requirement) => EndpointGuard
  /** The address of the client, as far as it is known. */
  readonly clientOf: (request: GateRequest) => string | undefined
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  /** A request with a grant is answered. */
  readonly done: (request: GateRequest) => void
  readonly onError: (error: unknown) => void
}

/** What the access endpoints ask of their callers. */
export type AccessRequirement<S extends string = string, R = never> = Requirement<S, R> & {
  /** What a caller needs to ask for access and to accept terms for its owner: at least one, or every key could. */
  readonly scopes: readonly S[]
  /** What an approver needs, in the place of `scopes`: at least one. Nobody decides a request of their own owner. */
  readonly approverScopes: readonly S[]
}

/** Terms in another version than somebody has accepted. */
export interface ChangedTerms {
  readonly id: string
  /** That holds now. */
  readonly version: string
  /** SHA-256 of the text, in base64url. */
  readonly digest: string
  /** That was accepted. */
  readonly previous: string
  readonly title?: string
  readonly url?: string
}

/** What decides about access to a gate: what `createAccess` of `sallyport/access` returns. */
export interface GateAccess {
  /** Told once, by the gate. @throws {MisuseError} where it belongs to another gate already */
  attach(gate: LentByGate): void
  readonly admitKey: AdmitKey
  /** Terms of which somebody has accepted another version: for events `terms.changed`. */
  changedTerms?(): Promise<readonly ChangedTerms[]>
  /** Ids of terms that owners accept and that a page can neither show nor link to: they have a digest alone. */
  readonly unreadableTerms?: readonly string[]
  /** What the adapters mount. @throws {MisuseError} for a requirement that is wrong in itself */
  endpoints(requirement: AccessRequirement): (call: EndpointRequest) => Promise<Answer | Denial>
}

/**
 * Access over HTTP, under the path where it is mounted: for owners `GET /`, `POST /requests` and `POST /agreements`; for approvers `GET /requests` and
 * `POST /requests/:id/approve`, `deny`, `suspend`, `resume`; for both `GET /requests/:id` and `POST /requests/:id/end`.
 * @throws {MisuseError} at start-up, also where the gate has no option `access`
 */
export type AccessEndpoints<S extends string = string> = (
  requirement: AccessRequirement<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>

export function createAccessMount<S extends string>(
  access: GateAccess | undefined,
): AccessEndpoints<S> {
  return (requirement) => {
    if (access !== undefined) return access.endpoints(requirement)
    throw new MisuseError('not_supported', "accessEndpoints: give 'access' to createGate")
  }
}
