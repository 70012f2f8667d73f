import type { AppAuth, Headers, KeyAuth, TokenAuth } from '../core/auth.js'
import type { Denial } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { Gate } from '../gate/gate.js'
import type { GateOptions } from '../gate/options.js'
import type { CreateKeyInput } from '../keys/input.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'

/** What a gate for tests is made from: the options of your gate, or `scopes` alone. */
export interface TestGateOptions<S extends string = string>
  extends Partial<Omit<GateOptions<S>, 'scopes'>>, Pick<GateOptions<S>, 'scopes'> {}

/**
 * A caller that a test makes up: what `authOf` returns, or a part of it. Default: an API key of the owner `org_test`, without scopes and tenants, in the first environment of the
 * gate, with its default plan, or else the first that lets requests in.
 */
export type TestCaller<S extends string = string> =
  | Partial<KeyAuth<S>>
  | (Partial<TokenAuth<S>> & Pick<TokenAuth<S>, 'kind'>)
  | (Partial<AppAuth<S>> & Pick<AppAuth<S>, 'kind'>)

/** Claims of a token, beside those that have a default; `undefined` leaves one out. */
export type TestClaims = Readonly<Record<string, unknown>>

/** What a rejection that a test asks for says beside its reason. */
export interface TestRejection<S extends string = string> {
  /** How many requests it holds for: a whole number from 1. Default 1. */
  readonly times?: number
  /** `Retry-After`, in whole seconds from 1. Default: that of the reason; 1 with status 429. */
  readonly retryAfter?: number
  /** The scopes that the caller is said to lack, for `insufficient_scope`. Default: none. */
  readonly scopes?: readonly S[]
}

/** A gate for the tests of your routes. Give it to the function that makes your app, in the place of the real one. */
export interface TestGate<S extends string = string> extends Gate<S> {
  /**
   * The secret of a new API key. Default: without scopes, of the owner `org_test`, in the first environment of the gate.
   * @example await gate.keyFor('orders:read')
   * @example await gate.keyFor({ scopes: ['orders:read'], tenantIds: ['clinic_1'], plan: 'pro' })
   * @throws {MisuseError} for what no key can have, as `gate.keys.create`
   */
  keyFor(...scopes: readonly S[]): Promise<string>
  keyFor(key: Partial<CreateKeyInput<S>>): Promise<string>
  /**
   * A JWT access token of an issuer that this gate trusts, signed without a request. Default claims: `iss`, `aud`, `sub`, `client_id`, `jti`, `iat`, and `exp` an hour later. An `azp`, `cid` or `appid` that you give takes the place of the default `client_id`. With the `iss` of
   * one of your `issuers`, it is a token of that one, and is read by its rules.
   * @example gate.tokenFor({ sub: 'user_1', scope: 'orders:read' })
   */
  tokenFor(claims?: TestClaims): string
  /**
   * Headers for a request of a caller that you make up: there is no key and no token. `authOf` returns it, and guards check their requirements against it.
   * @example await request(app).get('/orders').set(gate.signInAs({ scopes: ['orders:read'] }))
   * @throws {MisuseError} for what no caller can be
   */
  signInAs(caller: TestCaller<S>): Headers
  /**
   * Signs in a request that no HTTP brings, as the first guard would: an Express `req`, or a Koa `ctx`, for a handler that your test calls itself. Later guards check their own requirements.
   * @example
   * await gate.signIn(req, { scopes: ['orders:read'] })
   * listOrders(req, res)
   * @throws {DeniedError} where a policy of the gate or a limit rejects the caller
   */
  signIn(request: object, caller: TestCaller<S>): Promise<void>
  /**
   * The next request that a guard looks at is rejected for this reason, with the response that it has in production.
   * @example gate.rejectNext('quota_exceeded', { retryAfter: 30 })
   * @throws {MisuseError} `unknown_reason`, `invalid_option`
   */
  rejectNext(reason: Reason, rejection?: TestRejection<S>): void
  /**
   * The denial of the last request that a guard or the gate has rejected, with its true `reason`, such as `'key_revoked'`: the response has the same code for all credentials that do not work.
   * @example expect(gate.lastDenial?.reason).toBe('key_expired')
   */
  readonly lastDenial: Denial | undefined
  /** Moves the clock of the gate forward: keys and tokens expire, and limits are refilled. @throws {MisuseError} for what is no duration */
  advance(duration: Duration): void
  /** The time by the gate, in milliseconds since the epoch: that of `Date.now`, or of the option `clock`, and all that `advance` has added. */
  readonly clock: Clock
}
