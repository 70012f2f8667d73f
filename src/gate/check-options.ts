import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { PLAN_NAME } from '../core/names.js'
import type { Place } from '../http/places.js'
import { BOUNDS } from '../jwt/bounds.js'
import { describeIssue, telling, told, type Issues } from '../lib/issue.js'
import { isObject } from '../lib/is-object.js'
import { planNames } from '../limits/plan-schema.js'
import { createPlans, unknownPlan, type Plan, type Plans } from '../limits/plans.js'
import { checkTokens } from '../oauth/check-options.js'
import { checkIssuers } from './check-issuers.js'
import { warnOfAsked } from './asked-nearby.js'
import { inEnvironment } from './environment.js'
import { readEnvironments } from './environments.js'
import { OPTION_NAMES, schema } from './options-schema.js'
import type { GateOptions } from './options.js'
import { readScopes } from './scopes.js'

/** Options, each of which is right by itself. */
type Options = v.InferOutput<ReturnType<typeof schema>>

/** Options that were checked, with their defaults. */
export type CheckedOptions = ReturnType<typeof checkOptions>

/** Checks every option by name and completes it with its default. @throws {MisuseError} */
export function checkOptions(options: GateOptions) {
  if (!isObject(options)) {
    const example = "{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] }"
    throw misuse(`must be given an object, such as ${example}`)
  }
  const parsed = v.safeParse(schema(), options, told)
  if (!parsed.success) throw wrongOption(parsed.issues)
  const { environment, keys, scopes, levels, plans, limits, issuers, introspection, ...more } =
    parsed.output
  const { tokens, phi, ...rest } = more
  const known = plansFrom(plans, limits.defaultPlan)
  checkLimits(limits, known)
  const served = readEnvironments(environment)
  const { names: environments } = served
  checkPhi(phi, environments)
  const phiIn = (name: string) => phi[name] ?? 'allowed'
  const listed = typeof issuers === 'function' ? [] : issuers
  const takers = { issuers: listed !== issuers || listed.length > 0, introspection, tokens }
  const [taker] = Object.entries(takers).find(([, given]) => Boolean(given)) ?? []
  checkPlaces(rest.credentials.from, taker)
  if (introspection?.prefix?.startsWith(`${keys.prefix}_`)) {
    throw misuse("'introspection.prefix' is how keys begin; tokens must begin in another way")
  }
  const { catalogue, ...ofScopes } = readScopes(scopes, levels as GateOptions['levels'])
  if (introspection !== undefined) {
    const { endpoint: url, allowPrivateAddresses } = introspection
    warnOfAsked([{ what: `introspection at ${new URL(url).origin}`, url, allowPrivateAddresses }])
  }
  const others = [...listed, ...(introspection ? [introspection] : [])]
  const around = { environments, catalogue, clock: rest.clock, issuers: others }
  return Object.freeze({
    ...rest,
    ...{ environments, served, phiIn },
    isWithoutPhi: environments.every((name) => phiIn(name) !== 'allowed'),
    tokens: tokens && checkTokens(tokens, around),
    issuers: checkIssuers(issuers, environments),
    introspection: introspection && inEnvironment(introspection, environments, 'introspection'),
    prefix: keys.prefix,
    peppers: keys.peppers,
    rotateAfter: keys.rotateAfter,
    legacy: keys.legacy,
    plans: known,
    limits: Object.freeze(limits),
    /** Absent: one in memory. */
    store: keys.store,
    changes: keys.changes,
    catalogue,
    described: { ...ofScopes, plans: plans ?? {} },
  })
}

function checkLimits(limits: Options['limits'], plans: Plans | undefined): void {
  const { store } = limits
  const ofPlans = (['defaultPlan', 'override'] as const).find((name) => limits[name] !== undefined)
  if (plans === undefined && ofPlans !== undefined) {
    throw misuse(`'limits.${ofPlans}' applies to plans, and there are none; give plans as well`)
  }
  if (store === undefined && plans?.kinds.has('credit') === true) warnOfCredits()
  if (store !== undefined && store.release === undefined && plans?.kinds.has('concurrency')) {
    throw misuse(
      "'plans' have a concurrency, and 'limits.store' has no release: it cannot count that",
    )
  }
}

function checkPhi(phi: Options['phi'], environments: readonly string[]): void {
  const foreign = Object.keys(phi).find((name) => !environments.includes(name))
  if (foreign !== undefined) {
    throw misuse(`'phi' has '${foreign}', which is not in 'environment'`)
  }
}

/** Tokens need a place, and a place for tokens needs somebody who makes them. */
function checkPlaces(from: readonly Place[], taker: string | undefined): void {
  if (taker !== undefined && from.every(({ accepts }) => accepts === 'key')) {
    throw misuse(
      `'${taker}' needs a place for tokens: allow 'credentials.bearer', or name one in 'credentials.from'`,
    )
  }
  if (taker === undefined && from.some(({ accepts }) => accepts === 'token')) {
    throw misuse(
      "'credentials.from' has a place for tokens; give 'issuers', 'introspection' or 'tokens'",
    )
  }
}

function warnOfCredits(): void {
  const warning =
    "createGate: 'plans' have credits, and without 'limits.store' what was used of them is forgotten when this process ends"
  process.emitWarning(warning, { code: 'SALLYPORT_CREDITS_IN_MEMORY' })
}

function plansFrom(
  plans: Readonly<Record<string, Plan>> | undefined,
  defaultPlan: string | undefined,
): Plans | undefined {
  if (plans === undefined) return undefined
  const known = Object.keys(plans)
  if (known.length === 0) throw misuse("'plans' must have at least one plan")
  const wrong = known.find((name) => !PLAN_NAME.test(name))
  if (wrong !== undefined) {
    throw misuse(
      `'plans' has '${wrong}'; a name is 1 to 64 letters, digits, _ and -, a letter first`,
    )
  }
  if (defaultPlan !== undefined && !known.includes(defaultPlan)) {
    throw new MisuseError('unknown_plan', unknownPlan(defaultPlan, known, 'createGate'))
  }
  return createPlans(plans, defaultPlan)
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `createGate: ${message}`)
}

/** What to write where something else than an object is given, such as the path of a directory. */
const EXAMPLES: Readonly<Record<string, string>> = {
  audit: "{ sink: createAuditFiles('/var/log/api/audit') }",
  credentials: "{ header: 'acme-token' }",
  keys: "{ prefix: 'acme' }",
  limits: "{ defaultPlan: 'free' }",
  phi: "{ sandbox: 'synthetic' }",
  plans: "{ free: { quota: { limit: 1000, window: '1h' } } }",
  reminders: '{}',
  tokens: "{ issuer: 'https://api.example.com', signingKeys: [...] }",
}

function wrongOption(issues: Issues): MisuseError {
  const issue = telling(issues)
  const unknown = issue?.unknown !== undefined
  const group = `${issue?.path[0] ?? ''}.`
  const inPlan = issue?.path[0] === 'plans' && issue.path.length > 1
  const inBounds = issue?.path.at(-1) === 'bounds'
  const inAnonymous = issue?.path[1] === 'anonymous'
  const names = inPlan
    ? planNames(issue.path)
    : inBounds
      ? Object.keys(BOUNDS)
      : group === 'trustProxy.'
        ? ['hops']
        : inAnonymous
          ? ['limit', 'window']
          : OPTION_NAMES().flatMap((name) => {
              if (group === '.') return name.includes('.') ? [] : [name]
              return name.startsWith(group) ? [name.slice(group.length)] : []
            })
  const isNoObject =
    issue?.path.length === 1 && ['must be an object', 'must be given'].includes(issue.message)
  const example = isNoObject ? EXAMPLES[issue.path[0] ?? ''] : undefined
  return new MisuseError(
    unknown ? 'unknown_option' : 'invalid_option',
    `createGate: ${describeIssue(issues, names)}${example === undefined ? '' : `, such as ${example}`}`,
  )
}
