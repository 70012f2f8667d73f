import { createAudit } from '../audit/audit.js'
import { createTrail, type Trail } from '../audit/trail.js'
import { Endings } from '../core/endings.js'
import { createRequirementReader } from '../core/requirement-reader.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import { createGateEvents } from '../events/gate-events.js'
import { createAnswer } from '../http/app-answer.js'
import { createBruteForce } from '../http/brute-force.js'
import { createProxies } from '../http/client-address.js'
import { createCredentialReader } from '../http/credential.js'
import { createHosts } from '../http/hosts.js'
import { createTransportRule } from '../http/transport.js'
import { createKeyPreparer, type KnownKey } from '../keys/authenticate.js'
import { createKeyEndpoints } from '../keys/http/endpoints.js'
import { createKeys } from '../keys/keys.js'
import { createKeyRuntime } from '../keys/runtime.js'
import { createUseCounter } from '../keys/usage.js'
import { recover } from '../lib/maybe.js'
import { createAnonymousRule } from '../limits/anonymous.js'
import { createLimiter } from '../limits/limiter.js'
import { createPeek } from '../limits/peek.js'
import { MAX_LIMIT } from '../limits/plans.js'
import { createRouteLimitReader } from '../limits/route-limit.js'
import { createLimitsRule } from '../limits/rule.js'
import { createTokenEndpoints } from '../oauth/http/endpoints.js'
import { createTokens } from '../oauth/tokens.js'
import { createRules } from '../rules/rules.js'
import { createDiagnosis } from '../telemetry/diagnosis.js'
import { createActAs } from './act-as.js'
import { answerOptionsOf } from './answer-options.js'
import { createAuthenticators } from './authenticators.js'
import type { checkOptions } from './check-options.js'
import { createAccessMount } from './gate-access.js'
import { describeGate } from './describe.js'
import { createGateLimits } from './gate-limits.js'
import type { Gate } from './gate.js'
import { createInspect } from './inspect.js'
import { logError, OPTION_NAMES } from './options-schema.js'
import { createAskApp } from './open-guard.js'
import { createOwnerServices } from './owner-services.js'
import { createPipeline } from './pipeline.js'
import { createResets } from './resets.js'
import type { StepServices } from './steps.js'

/** Options that were checked, with their defaults. */
export type CheckedOptions = ReturnType<typeof checkOptions>

/** Parts of a gate that a gate for tests replaces. */
export interface ReplaceableParts extends Omit<
  StepServices,
  'used' | 'takeCharge' | 'takeAnonymous'
> {
  /** Absent: nothing is recorded. */
  readonly trail: Pick<Trail, 'begin' | 'decided'> | undefined
}

/** What a gate for tests does in another way. No option reaches it. */
export interface GateReplacements {
  /** Whose tokens are accepted. */
  readonly issuers: CheckedOptions['issuers']
  readonly parts: (own: ReplaceableParts) => ReplaceableParts
}

/** A gate with these options; for `createTestGate` with parts of its own. */
export function openGate<S extends string>(
  given: CheckedOptions,
  replacements?: GateReplacements,
): Gate<S> {
  const { catalogue, clock, environments, served, phiIn, limits, plans, prefix } = given
  // Whoever is told of a failure must not make it worse.
  const onError = (error: unknown): void => {
    void recover(() => given.onError(error), logError)
  }
  const { resets: asked } = served
  const { jobs } = given.store
  const resets = createResets({ resets: asked, jobs, prefix, clock, onError })
  const answers = answerOptionsOf(given, onError, resets.headersOf)
  const proxies = createProxies(given.trustProxy, given.proxyHeaders)
  const endings = new Endings()
  const isWatched = given.audit?.unusual === true
  const {
    close: closeEvents,
    tellUnusual,
    ...events
  } = createGateEvents({
    ...{ ...given, isWatched, onError },
  })
  const trail =
    given.audit &&
    createTrail({
      ...{ ...given.audit, prefix, phiIn, clock, proxies, endings, onError },
      ...(isWatched && { tellUnusual }),
    })
  const prepare = createKeyPreparer(environments, limits.defaultPlan)
  const keyRuntime = createKeyRuntime<KnownKey>({
    ...{ ...given, prepare, onError },
    checkPlan: (chosen, where) => plans?.check(chosen, where),
    journal: trail?.journal,
    admitKey: given.access?.admitKey,
  })
  const { contextFor, importLegacy, cache } = keyRuntime
  const keys = createKeys<S>(contextFor())
  const { managedBy } = served

  const isDevelopment = process.env['NODE_ENV'] !== 'production'
  const { own, forget, ...authenticators } = createAuthenticators({
    ...{ ...given, cache, importLegacy, onError },
    issuers: replacements?.issuers ?? given.issuers,
    ...{ scopes: catalogue.levels, defaultPlan: limits.defaultPlan },
  })
  const ownParts: ReplaceableParts = {
    ...{ ...authenticators, trail },
    refuseInsecure: createTransportRule(proxies, given.minTlsVersion, isDevelopment),
    hosts: served.hosts.size === 0 ? undefined : createHosts(proxies, served.hosts, served.default),
    readCredential: createCredentialReader(given.credentials.from),
  }
  const parts = replacements?.parts(ownParts) ?? ownParts
  const { hosts, readCredential } = parts
  const readRequirement = createRequirementReader<S>({
    ...{ catalogue, smallest: plans?.smallest ?? MAX_LIMIT, audited: !!parts.trail },
    isWithoutPhi: given.isWithoutPhi,
    readLimit: createRouteLimitReader(),
    givesBack: limits.store.release !== undefined,
    isGateOption: (name) => OPTION_NAMES().includes(name),
  })
  const limiter = createLimiter({ ...limits, onError })
  const { anonymous, ...limitRules } = { ...limits, limiter, clock, onError }
  const takeCharge = createLimitsRule({ ...limitRules, plans, endings })
  const takeAnonymous = anonymous && createAnonymousRule({ ...limitRules, anonymous })
  const bruteForce = given.bruteForce && createBruteForce(given.bruteForce, isDevelopment)
  const rules = createRules({ ...given, onError })
  const { defaultPlan } = limits
  const appCallers = { environments, scopes: catalogue.levels, defaultPlan }
  const askApp = createAskApp({ ...appCallers, hosts, onError })

  const pipeline = createPipeline<S>({
    ...{ ...parts, readRequirement, askApp, proxies, bruteForce, takeCharge },
    countUse: createUseCounter(keyRuntime.usage),
    ...{ takeAnonymous, rules, answers },
    diagnose: isDevelopment ? createDiagnosis(clock, onError) : undefined,
  })
  const { check, checkAlone, checkAgain, checkEnd, verify, verifyAnew, admit, deny } = pipeline
  const tokens = createTokens<S>({
    ...{ own, forget, catalogue, verify: verifyAnew, admit },
    deny: (refusal) => deny(refusal, undefined),
  })
  const audit = createAudit(trail, given.audit?.sinks ?? [], given.audit?.key, clock)
  const tokenEndpoints = createTokenEndpoints({
    ...{ own, realm: given.realm, pipeline: pipeline.forEndpoints },
    ...{ deny, refuseInsecure: pipeline.refuseUnread, readCredential, onError },
  })

  const guardWith = (requirement: Requirement) => {
    const asked = readRequirement(requirement as AnyRequirement<S>, true)
    return (request: GateRequest) => checkAlone(request, asked)
  }

  given.access?.attach({
    ...{ clock, environments, scopes: catalogue.levels, onError, refuse: deny },
    ...{ plans: plans?.names, journal: trail?.enrollment },
    guardWith(requirement) {
      const asked = readRequirement(requirement as AnyRequirement<S>, true)
      return {
        check: (request) => checkAlone(request, asked),
        async checkAnew(request, { auth }) {
          await keyRuntime.lookAgain(auth)
          return checkAgain(request, asked)
        },
      }
    },
    clientOf: (request) => proxies.clientOf(request),
  })

  return Object.freeze<Gate<S>>({
    check,
    verify,
    inspect: createInspect({ ...parts, proxies, answers, deny }),
    requirement: (requirement?: AnyRequirement<S>) => readRequirement(requirement, true),
    answer: createAnswer,
    describe: () => describeGate<S>(given, onError, resets.timesOf),
    keys,
    tokens,
    audit,
    events,
    resets: Object.freeze({ run: resets.run }),
    limits: createGateLimits(createPeek({ ...limitRules, plans, endings }), contextFor(), prepare),
    as: createActAs<S>({
      ...{ ...keyRuntime, ...appCallers, catalogue, managedBy, tokens, audit },
      view: trail?.view,
    }),
    endpoints: {
      ...tokenEndpoints,
      answers,
      owner: createOwnerServices({
        ...{ guardWith, audit, catalogue, managedBy, contextFor, onError, clock },
        ...{ refuse: deny, noteReading: trail?.noteReading },
      }),
      keys: createKeyEndpoints<S>({
        ...{ ...keyRuntime, readCredential, catalogue, environments, managedBy, readRequirement },
        ...{ check: checkAlone, checkAgain, checkEnd, refuse: deny, onError },
      }),
      access: createAccessMount(given.access),
    },
    onDenied: given.onDenied,
    async close() {
      endings.close()
      // What fails to close keeps none of the others from it, and nobody goes on before all of them are done.
      const closing = [
        closeEvents,
        resets.close,
        keyRuntime.close,
        () => limiter.close(),
        () => trail?.close(),
      ]
      const done = await Promise.allSettled(closing.map(async (each) => await each()))
      for (const one of done) if (one.status === 'rejected') throw one.reason
    },
  })
}
