import { Endings } from '../core/request-end.js'
import { createBruteForce } from '../http/brute-force.js'
import { createKeyPreparer, type KnownKey } from '../keys/authenticate.js'
import type { KeyRecord } from '../keys/record.js'
import { createKeyRuntime, type KeyRuntime } from '../keys/runtime.js'
import { createUseCounter } from '../keys/usage.js'
import { createAnonymousRule } from '../limits/anonymous.js'
import { createLimiter } from '../limits/limiter.js'
import { createPeek, type PeekLimits } from '../limits/peek.js'
import { createLimitsRule } from '../limits/rule.js'
import { createRules } from '../rules/rules.js'
import { createUnknownScopes } from '../telemetry/unknown-scopes.js'
import { createAuthenticators } from './authenticators.js'
import { doAll } from '../lib/do-all.js'
import type { ForgottenTokens } from '../oauth/forgotten.js'
import type { Features, OpenOptions } from './features.js'
import type { Front } from './front.js'
import { createObservers, type Observers } from './observers.js'
import { createAskApp } from './open-guard.js'
import { createPipeline, type Pipeline } from './pipeline.js'
import { createReaders, type GateReplacements, type ReplaceableParts } from './replaceable-parts.js'

/** What a gate works with. */
export interface GateServices<S extends string> extends Pick<
  ReturnType<typeof createAuthenticators>,
  'own'
> {
  /** Forgets what tokens stand for. */
  readonly forget: (whose: ForgottenTokens) => void
  readonly observers: Observers
  /** Knows when requests are over. */
  readonly endings: Endings
  /** What is known of whoever presents this key. */
  readonly prepare: (record: KeyRecord) => KnownKey
  readonly keyRuntime: KeyRuntime<KnownKey>
  readonly parts: ReplaceableParts
  readonly peek: PeekLimits
  readonly pipeline: Pipeline<S>
  /** @throws as `doAll` does */
  readonly close: () => Promise<void>
}

export function createServices<S extends string>(
  given: OpenOptions,
  front: Front<S>,
  features: Features,
  replacements: GateReplacements | undefined,
): GateServices<S> {
  const { catalogue, environments } = given
  const { defaultPlan } = given.limits
  const { levels: scopes } = catalogue
  const { answers, proxies, deny, readRequirement, isDevelopment, onError } = front
  const endings = new Endings()
  const observers = createObservers(given, features, { proxies, endings, onError })
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
  const tellUnknown = isDevelopment ? createUnknownScopes(scopes) : undefined
  const { own, forget, ...authenticators } = createAuthenticators({
    ...{ ...given, cache, importLegacy, scopes, defaultPlan, onError, tellUnknown },
    issuers: replacements?.issuers ?? given.issuers,
    tokenParts: features.tokenParts,
  })
  const readers = createReaders(given, proxies)
  const ownParts = { ...authenticators, ...readers, refuseInsecure: front.refuseInsecure, trail }
  const parts = replacements?.parts(ownParts) ?? ownParts
  const { limiter, peek, ...limitRules } = createLimitRules(given, endings, onError)
  const { hosts } = parts
  const pipeline = createPipeline<S>({
    ...{ ...parts, ...limitRules, readRequirement, proxies, answers, deny },
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
  })
  return {
    ...{ observers, endings, prepare, keyRuntime, own, parts, peek, pipeline },
    forget(whose) {
      forget?.(whose)
    },
    close: () =>
      doAll([
        () => {
          endings.close()
        },
        ...[closeEvents, keyRuntime.close],
        () => limiter.close(),
        () => trail?.close(),
      ]),
  }
}

function createLimitRules(
  { limits, plans, clock }: OpenOptions,
  endings: Endings,
  onError: (error: unknown) => void,
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
