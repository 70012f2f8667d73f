import type { Headers } from '../core/auth.js'
import type { Denial } from '../core/decision.js'
import { DeniedError, MisuseError } from '../core/errors.js'
import { gateRequestOf, GRANT, type NodeMessage } from '../core/request.js'
import { checkOptions, type CheckedOptions } from '../gate/check-options.js'
import { inEnvironment } from '../gate/environment.js'
import { auditParts } from '../gate/audit-parts.js'
import { createFront } from '../gate/front.js'
import { openGate } from '../gate/open-gate.js'
import { createShell } from '../gate/shell.js'
import { tokenParts } from '../gate/token-parts.js'
import type { GateReplacements } from '../gate/replaceable-parts.js'
import type { IssuerOptions } from '../jwt/issuer-options.js'
import { checkIssuer, type CheckedIssuer } from '../jwt/issuer-schema.js'
import type { CreateKeyInput } from '../keys/input.js'
import { isDuration, milliseconds } from '../lib/duration.js'
import type { Plan } from '../limits/plans.js'
import { createTestCallers } from './test-callers.js'
import { createTestIssuer } from './test-issuer.js'
import { readTestOptions } from './test-options.js'
import { CALLER_HEADER, isProduction, replaceParts } from './test-parts.js'
import { createTestRejections } from './test-rejections.js'
import type { TestCaller, TestGate, TestGateOptions } from './types.js'

/**
 * A gate for tests, from the options of your gate or from `scopes` alone. Keys and counts are in memory, nothing is asked over the network, HTTPS is not required, and there is no
 * brute-force protection. Audit sinks are those of the option `audit`; without it, nothing is recorded, and a guard with `phi` is an error, as it is with `createGate`.
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
  let lastDenial: Denial | undefined
  const front = createFront<S>(given)
  const replacements: GateReplacements = {
    issuers: withIssuer(given, { ...issuer.options, identify: () => (plan ? { plan } : {}) }),
    parts: (own) =>
      replaceParts(own, callers, rejections, given.isWithoutPhi, (denial) => {
        lastDenial = denial
      }),
  }
  const gate = createShell(given, front, () =>
    openGate(given, front, { tokenParts, auditParts }, replacements),
  )

  const sign = (caller: TestCaller<S>, where: string): Headers => {
    refuseProduction(where)
    return { [CALLER_HEADER]: callers.add(caller) }
  }

  return Object.freeze<TestGate<S>>({
    ...gate,
    clock,
    get lastDenial() {
      return lastDenial
    },
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
  const checked = checkIssuer(options).output as CheckedIssuer
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
