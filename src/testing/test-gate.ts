import type { Headers } from '../core/auth.js'
import type { Reason } from '../core/denial.js'
import { DeniedError, MisuseError } from '../core/errors.js'
import { gateRequestOf, GRANT, type NodeMessage } from '../core/message.js'
import { checkOptions } from '../gate/check-options.js'
import { inEnvironment } from '../gate/environment.js'
import { openGate, type CheckedOptions, type Gate } from '../gate/gate.js'
import type { IssuerOptions } from '../jwt/issuer-options.js'
import { checkIssuer, type CheckedIssuer } from '../jwt/issuer-schema.js'
import type { CreateKeyInput } from '../keys/input.js'
import type { Clock } from '../lib/clock.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import type { Plan } from '../limits/plans.js'
import { createTestCallers, type TestCaller } from './test-callers.js'
import { createTestIssuer, type TestClaims } from './test-issuer.js'
import { readTestOptions, type TestGateOptions } from './test-options.js'
import { CALLER_HEADER, isProduction, replaceParts } from './test-parts.js'
import { createTestRejections, type TestRejection } from './test-rejections.js'

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
   * A JWT access token of an issuer that this gate trusts, signed without a request. Default claims: `iss`, `aud`, `sub`, `client_id`, `jti`, `iat`, and `exp` an hour later. With the `iss` of
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
  /** Moves the clock of the gate forward: keys and tokens expire, and limits are refilled. @throws {MisuseError} for what is no duration */
  advance(duration: Duration): void
  /** The time by the gate, in milliseconds since the epoch: that of `Date.now`, or of the option `clock`, and all that `advance` has added. */
  readonly clock: Clock
}

/**
 * A gate for tests, from the options of your gate or from `scopes` alone. Keys and counts are in memory, nothing is asked over the network, HTTPS is not required, and there is no
 * brute-force protection. Audit sinks are those of the option `audit`; without it, nothing is recorded.
 * @example
 * const gate = createTestGate({ scopes: ['orders:read', 'orders:write'] })
 * const app = makeApp(gate)
 * @throws {MisuseError} for a wrong option, and `not_supported` while `NODE_ENV` is `production`
 */
export function createTestGate<const S extends string>(options: TestGateOptions<S>): TestGate<S> {
  refuseProduction('createTestGate')
  checkGiven(options)
  let ahead = 0
  // Fake timers of a test runner replace Date.now.
  const clock = () => (options.clock?.() ?? Date.now()) + ahead
  const issuer = createTestIssuer(options.issuers, clock)
  const given = checkOptions(readTestOptions(options, clock, issuer.keys))
  const plan = given.limits.defaultPlan ?? firstPlan(options.plans ?? {})
  const callers = createTestCallers<S>({ ...given, plan, issuer: issuer.name })
  const rejections = createTestRejections<S>({ ...given, plan })
  const gate = openGate<S>(given, {
    issuers: withIssuer(given, { ...issuer.options, identify: () => (plan ? { plan } : {}) }),
    parts: (own) => replaceParts(own, callers, rejections),
  })

  const sign = (caller: TestCaller<S>, where: string): Headers => {
    refuseProduction(where)
    return { [CALLER_HEADER]: callers.add(caller) }
  }

  return Object.freeze<TestGate<S>>({
    ...gate,
    clock,
    async keyFor(first?: S | Partial<CreateKeyInput<S>>, ...others: S[]) {
      refuseProduction('keyFor')
      const input =
        typeof first === 'object'
          ? first
          : { scopes: first === undefined ? [] : [first, ...others] }
      const common = { name: 'test', ownerId: 'org_test', environment: given.environments[0] ?? '' }
      const { secret } = await gate.keys.create({ ...common, ...(plan && { plan }), ...input })
      return secret
    },
    tokenFor(claims = {}) {
      refuseProduction('tokenFor')
      return issuer.tokenFor(claims)
    },
    signInAs: (caller) => sign(caller, 'signInAs'),
    async signIn(target, caller) {
      const headers = sign(caller, 'signIn')
      const { message, holder } = partsOf(target)
      const request = gateRequestOf(message)
      const decision = await gate.check({
        ...request,
        rawHeaders: [...request.rawHeaders, ...Object.entries(headers).flat()],
        headers: request.headers && { ...request.headers, ...headers },
      })
      if (!decision.allowed) throw new DeniedError(decision)
      // Nobody tells when such a request is over.
      decision.end()
      message[GRANT] = decision
      holder.auth = decision.auth
    },
    rejectNext(reason, rejection = {}) {
      refuseProduction('rejectNext')
      rejections.add(reason, rejection)
    },
    advance(duration) {
      if (!isDuration(duration)) {
        throw new MisuseError('invalid_option', "advance: must be a duration, such as '1h'")
      }
      ahead += milliseconds(duration)
    },
  })
}

/** A caller without a key must never come into being there. */
function refuseProduction(where: string): void {
  if (!isProduction()) return
  throw new MisuseError(
    'not_supported',
    `${where}: is for tests, and refused with NODE_ENV=production; use createGate of 'sallyport'`,
  )
}

function checkGiven(options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw new MisuseError(
    'invalid_option',
    "createTestGate: must be given the options of your gate, or { scopes: ['read:orders'] }",
  )
}

function firstPlan(plans: Readonly<Record<string, Plan>>): string | undefined {
  return Object.entries(plans).find(([, { access }]) => access !== false)?.[0]
}

/** Beside those of the app, that of the tests: the app's responses do not speak of it. */
function withIssuer(
  { issuers, environments }: CheckedOptions,
  options: IssuerOptions,
): CheckedOptions['issuers'] {
  const checked = checkIssuer(options).data as CheckedIssuer
  const own = inEnvironment(checked, environments, 'issuers')
  if (typeof issuers !== 'function') return [...issuers, own]
  return (iss) => (iss === options.issuer ? own : issuers(iss))
}

/** Where a guard leaves what it has found: on a request of Express, and in a context of Koa. */
function partsOf(target: object): {
  readonly message: NodeMessage
  readonly holder: { auth?: unknown }
} {
  const { req, state } = target as { req?: NodeMessage; state?: { auth?: unknown } }
  if (req === undefined) return { message: target as NodeMessage, holder: target }
  return { message: req, holder: state ?? {} }
}
