import type { MaybePromise } from '../lib/maybe.js'
import type { Auth, Headers } from './auth.js'
import type { DenialCause } from './cause.js'
import type { Reason } from './denial.js'
import type { OAuthStep } from './oauth-step.js'
import type { PhiAccess } from './phi.js'

/** A whole HTTP answer: an adapter copies it and adds nothing. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Serialized; absent where the status allows none. */
  readonly body?: string
}

/** What a handler adds to the record of its request. */
export interface AuditNote {
  /**
   * It touched this health information. Where the record is `'required'`, it resolves once that is on durable storage; a handler that waits for it
   * answers nothing that is not recorded. @throws {AuditError} where it is not within 250 ms
   */
  phi(access: PhiAccess): MaybePromise<void>
  /**
   * It was a step of OAuth 2.0 at a sign-in page or an authorization server of your own. May be called for several steps. One with `error` makes the record one of a denial. Resolves as `phi`.
   * @throws {AuditError} as `phi`
   */
  oauth(step: OAuthStep): MaybePromise<void>
}

/** Let in. `A` is what is known of the caller: a guard with `optional` lets in requests without one as well. */
export interface Grant<S extends string = string, A extends Auth<S> | undefined = Auth<S>> {
  readonly allowed: true
  /** `undefined` where a guard with `optional` has found no credential. */
  readonly auth: A
  /** The tenant whose data the request touches, where a guard has asked for one: the caller may act for it. */
  readonly tenantId?: string | undefined
  /** Names this request in answers and records. */
  readonly requestId: string
  readonly audit: AuditNote
  /** To be set on the response. */
  readonly headers: Headers
  /**
   * The request is over: it is no longer one of those that its caller has under way. A gate that is given the response of a request
   * (`request.response`) calls this itself; whoever calls `gate.verify`, or `gate.check` without one, does when the work is done. Again is
   * harmless.
   */
  end(): void
}

/**
 * Turned away, with the whole answer. It is made when it is first read: a flood of refusals costs little. Logged, as JSON or by `console.log`, it shows `allowed`, `status`,
 * `code`, `reason`, `requestId` and `cause`, and never a credential.
 */
export interface Denial extends Answer {
  readonly allowed: false
  /** The true reason, for logs; the answer may be vaguer. */
  readonly reason: Reason
  /** What was checked, what was expected and what came, for logs. Absent where the reason says it all. The client is not told. */
  readonly cause?: DenialCause | undefined
  /** What the caller may know of it: one code for all credentials that do not work. */
  readonly code: string
  readonly requestId: string
  readonly body: string
}

export type Decision<S extends string = string, A extends Auth<S> | undefined = Auth<S>> =
  Grant<S, A> | Denial

/** A grant of any guard. */
export type AnyGrant = Grant<string, Auth | undefined>
