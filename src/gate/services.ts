import { Endings } from '../core/endings.js'
import { createRequirementReader, type RequirementReader } from '../core/requirement-reader.js'
import type { AnswerOptions } from '../http/answers.js'
import { createBruteForce } from '../http/brute-force.js'
import { createProxies, type Proxies } from '../http/client-address.js'
import { createKeyPreparer, type KnownKey } from '../keys/authenticate.js'
import type { KeyRecord } from '../keys/record.js'
import { createKeyRuntime, type KeyRuntime } from '../keys/runtime.js'
import { createUseCounter } from '../keys/usage.js'
import { doAll } from '../lib/do-all.js'
import { recover } from '../lib/maybe.js'
import { createAnonymousRule } from '../limits/anonymous.js'
import { createLimiter } from '../limits/limiter.js'
import { createPeek, type PeekLimits } from '../limits/peek.js'
import { MAX_LIMIT } from '../limits/plans.js'
import { createRouteLimitReader } from '../limits/route-limit.js'
import { createLimitsRule } from '../limits/rule.js'
import { createRules } from '../rules/rules.js'
import { createDiagnosis } from '../telemetry/diagnosis.js'
import { createUnknownScopes } from '../telemetry/unknown-scopes.js'
import { answerOptionsOf } from './answer-options.js'
import { createAuthenticators } from './authenticators.js'
import type { CheckedOptions } from './check-options.js'
import { createObservers, type Observers } from './observers.js'
import { createAskApp } from './open-guard.js'
import { logError, OPTION_NAMES } from './options-schema.js'
import { createPipeline, type Pipeline } from './pipeline.js'
import { createReaders, type GateReplacements, type ReplaceableParts } from './replaceable-parts.js'
import { createResets, type Resets } from './resets.js'

type OnError = (error: unknown) => void

/** What a gate works with. */
export interface GateServices<S extends string> extends Pick<
  ReturnType<typeof createAuthenticators>,
  'own' | 'forget'
> {
  readonly resets: Resets
  readonly answers: AnswerOptions
  readonly proxies: Proxies
  readonly observers: Observers
  /** What is known of whoever presents this key. */
  readonly prepare: (record: KeyRecord) => KnownKey
  readonly keyRuntime: KeyRuntime<KnownKey>
  readonly parts: ReplaceableParts
  readonly readRequirement: RequirementReader<S>
  readonly peek: PeekLimits
  readonly pipeline: Pipeline<S>
  readonly onError: OnError
  /** @throws as `doAll` does */
  readonly close: () => Promise<void>
}

export function createServices<S extends string>(
  given: CheckedOptions,
  replacements: GateReplacements | undefined,
): GateServices<S> {
  const { catalogue, clock, environments, limits, prefix } = given
  const { defaultPlan } = limits
  const { levels: scopes } = catalogue
  // Whoever is told of a failure must not make it worse.
  const onError = (error: unknown): void => {
    void recover(() => given.onError(error), logError)
  }
  const { resets: asked } = given.served
  const { jobs } = given.store
  const resets = createResets({ resets: asked, jobs, prefix, clock, onError })
  const answers = answerOptionsOf(given, onError, resets.headersOf)
  const proxies = createProxies(given.trustProxy, given.proxyHeaders)
  const endings = new Endings()
  const observers = createObservers(given, { proxies, endings, onError })
  const { trail, beginEvents, closeEvents } = observers
  const prepare = createKeyPreparer(environments, defaultPlan)
  const keyRuntime = createKeyRuntime<KnownKey>({
    ...{ ...given, prepare, onError },
    checkPlan: (chosen, where) => given.plans?.check(chosen, where),
    journal: trail?.journal,
    beforeChange: beginEvents,
    admitKey: given.access?.admitKey,
  })

  const { cache, importLegacy } = keyRuntime
  const isDevelopment = process.env['NODE_ENV'] !== 'production'
  const tellUnknown = isDevelopment ? createUnknownScopes(scopes) : undefined
  const { own, forget, ...authenticators } = createAuthenticators({
    ...{ ...given, cache, importLegacy, scopes, defaultPlan, onError, tellUnknown },
    issuers: replacements?.issuers ?? given.issuers,
  })
  const readers = createReaders(given, proxies, isDevelopment)
  const ownParts = { ...authenticators, ...readers, trail }
  const parts = replacements?.parts(ownParts) ?? ownParts
  const readRequirement = requirementReaderOf<S>(given)
  const { limiter, peek, ...limitRules } = createLimitRules(given, endings, onError)
  const { hosts } = parts
  const pipeline = createPipeline<S>({
    ...{ ...parts, ...limitRules, readRequirement, proxies, answers },
    askApp: createAskApp({
      ...{ environments, scopes, defaultPlan, hosts, onError },
      tellUnknown:
        tellUnknown &&
        ((scope) => {
          tellUnknown(scope, 'otherwise', "A caller of 'otherwise'")
        }),
    }),
    bruteForce: given.bruteForce && createBruteForce(given.bruteForce, isDevelopment),
    countUse: createUseCounter(keyRuntime.usage),
    rules: createRules({ ...given, onError }),
    diagnose: isDevelopment ? createDiagnosis(clock, onError) : undefined,
  })
  return {
    ...{ resets, answers, proxies, observers, prepare, keyRuntime, own, forget },
    ...{ parts, readRequirement, peek, pipeline, onError },
    close: () =>
      doAll([
        () => {
          endings.close()
        },
        ...[closeEvents, resets.close, keyRuntime.close],
        () => limiter.close(),
        () => trail?.close(),
      ]),
  }
}

function requirementReaderOf<S extends string>(given: CheckedOptions): RequirementReader<S> {
  const { catalogue, plans, isWithoutPhi, limits } = given
  return createRequirementReader<S>({
    ...{ catalogue, smallest: plans?.smallest ?? MAX_LIMIT, audited: !!given.audit, isWithoutPhi },
    readLimit: createRouteLimitReader(),
    givesBack: limits.store.release !== undefined,
    isGateOption: (name) => OPTION_NAMES().includes(name),
  })
}

function createLimitRules(
  { limits, plans, clock }: CheckedOptions,
  endings: Endings,
  onError: OnError,
) {
  const limiter = createLimiter({ ...limits, onError })
  const { anonymous, ...around } = { ...limits, limiter, clock, onError }
  return {
    limiter,
    takeCharge: createLimitsRule({ ...around, plans, endings }),
    takeAnonymous: anonymous && createAnonymousRule({ ...around, anonymous }),
    peek: createPeek({ ...around, plans, endings }),
  }
}
