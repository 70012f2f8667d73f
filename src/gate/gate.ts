import type { Audit } from '../audit/audit.js'
import type { Auth, CredentialAuth } from '../core/auth.js'
import type { Decision, Denial } from '../core/decision.js'
import type { GateActor } from '../core/gate-actor.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import type { AnswerOptions } from '../http/answers.js'
import type { AnswerError } from '../http/app-answer.js'
import type { AnswerWords } from '../http/error-formats.js'
import type { KeyEndpoints } from '../keys/http/endpoints.js'
import type { Keys } from '../keys/keys.js'
import type { GateEvents } from '../events/types.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { TokenEndpoints } from '../oauth/http/endpoints.js'
import type { Tokens } from '../oauth/tokens.js'
import type { ActingGate } from './act-as.js'
import type { AccessEndpoints } from './gate-access.js'
import type { GateLimits } from './gate-limits.js'
import type { OwnerServices } from './owner-endpoint.js'
import type { GateDescription } from './description.js'

/** What a gate makes of a request before it asks who calls. */
export interface Inspection {
  /** Names this request in responses and logs. */
  readonly requestId: string
  /** The client's address, past the proxies that the gate trusts. Absent: it cannot be known. */
  readonly address?: string
  /** The request did not come over HTTPS as the gate requires it. Absent: it did. */
  readonly denial?: Denial
}

/** Resets of environments, as their option `reset` has them. */
export interface GateResets {
  /**
   * Resets the environments that are due and that no other instance resets, and resolves to their names. The gate does the same by itself, four times a minute: this is for tests, and for
   * platforms that stop a process between requests. What `run` throws is told to `onError`.
   */
  run(): Promise<readonly string[]>
}

/** The guarded entrance of an API: everything hangs from it. */
export interface Gate<S extends string = string> {
  /**
   * Authenticates and authorizes a request. Synchronous once the gate is open, if the key is cached. A failing store is a denial with status 503.
   * @throws {MisuseError} for a requirement that is wrong in itself, or a request that `gateRequestOf` has not made
   */
  check<R = GateRequest>(
    request: GateRequest,
    requirement?: Requirement<S, R>,
  ): MaybePromise<Decision<S>>
  /** The same with a requirement that may be optional: a request without a caller is let in with `auth: undefined`. */
  check<R = GateRequest>(
    request: GateRequest,
    requirement: AnyRequirement<S, R> | undefined,
  ): MaybePromise<Decision<S, Auth<S> | undefined>>
  /**
   * Authenticates a credential without HTTP, for a socket upgrade or a worker. Checks the key's IP allowlist and the policies of every request. `address` is the
   * client's; a key with an allowlist is rejected without it. It is counted as a request. An empty credential, or one that is no string, is `missing_credentials`.
   */
  verify(credential: string, address?: string): MaybePromise<Decision<S, CredentialAuth<S>>>
  /**
   * Checks the transport of a request, and finds its client's address: for pages of your own that are no part of the API. It asks for no credential, charges no limit and records nothing.
   * @example const { denial, address } = gate.inspect(gateRequestOf(req))
   */
  inspect(request: GateRequest): Inspection
  /** A requirement checked once, at start-up, for use with every request. @throws {MisuseError} */
  requirement(requirement?: Requirement<S>): Requirement<S>
  requirement(requirement: AnyRequirement<S> | undefined): AnyRequirement<S>
  /**
   * An error answer of your app: throw it in a handler, and `errors(gate)` sends it in the format of the gate's own errors. `status` is 400 to 599. What you state comes before
   * the format's `words`; what you leave out is theirs, or the name of the status.
   * @example if (order === undefined) throw gate.answer(404, { message: 'There is no such order.' })
   * @throws {MisuseError} `invalid_option`, `unknown_option`
   */
  answer(status: number, words?: AnswerWords): AnswerError
  /**
   * What it is made from, for documentation and tools: environments, scopes, plans, places of credentials, errors. It has no secret.
   * @example const { scopes } = gate.describe()
   */
  describe(): GateDescription<S>
  readonly keys: Keys<S>
  /**
   * The same as a person or a service: the audit log and new keys (`createdBy`) name it. With `scopes`, it is held to what a key with these rights may do at the key
   * endpoints: the keys of its owner, in its environments, with scopes that it can hand out. Without `scopes`, it is an operator, whom no rule holds back: your own staff or program.
   * @example
   * const ann = gate.as({ subject: 'user_1', name: 'Ann', ownerId: 'org_1', scopes: ['read:orders'] })
   * await ann.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] })
   * @throws {MisuseError} for what is no actor
   */
  as(actor: GateActor<S>): ActingGate<S>
  readonly tokens: Tokens<S>
  readonly limits: GateLimits
  readonly audit: Audit
  /** What `notify` and `webhooks` are told of. */
  readonly events: GateEvents
  readonly resets: GateResets
  /** What the adapters mount. */
  readonly endpoints: TokenEndpoints & {
    readonly keys: KeyEndpoints<S>
    readonly access: AccessEndpoints<S>
    /** For endpoints where owners read what is theirs. */
    readonly owner: OwnerServices
    /** For `failureAnswer`. */
    readonly answers: AnswerOptions
  }
  /** What adapters do with a denial. */
  readonly onDenied: 'respond' | 'next'
  /**
   * Writes the uses and the records of the audit trail so far, gives back limits taken ahead, and stops listening for changes and delivering events. Requests that are still
   * in progress count as over: their records say `aborted`, and their places are given back. Safe to call repeatedly.
   * @throws {AuditError} where the audit trail could not be written within 5 s; what a limit store or a feed fails with. Where several fail, an `AggregateError` with the `errors` of all. All else is closed by then.
   * @example await gate.close().catch(console.error)
   */
  close(): Promise<void>
}
