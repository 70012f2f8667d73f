import type { Auth } from './auth.js'
import type { Reason } from './denial.js'
import type { Headers } from './headers.js'

/** A whole HTTP answer: an adapter copies it and adds nothing. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Serialized; absent where the status allows none. */
  readonly body?: string
}

/** Let in. */
export interface Grant<S extends string = string> {
  readonly allowed: true
  readonly auth: Auth<S>
  /** The tenant whose data the request touches, where a guard has asked for one: the caller may act for it. */
  readonly tenantId?: string | undefined
  /** Names this request in answers and records. */
  readonly requestId: string
  /** To be set on the response. */
  readonly headers: Headers
  /**
   * The request is over: it is no longer one of those that its caller has under way. A gate that is given the response of a request
   * (`request.response`) calls this itself; whoever calls `gate.verify`, or `gate.check` without one, does when the work is done. Again is
   * harmless.
   */
  end(): void
}

/** Turned away, with the whole answer. It is made when it is first read: a flood of refusals costs little. */
export interface Denial extends Answer {
  readonly allowed: false
  /** The true reason, for logs; the answer may be vaguer. */
  readonly reason: Reason
  /** What the caller may know of it: one code for all credentials that do not work. */
  readonly code: string
  readonly requestId: string
  readonly body: string
}

export type Decision<S extends string = string> = Grant<S> | Denial
