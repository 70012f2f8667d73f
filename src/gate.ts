import { createCredentialReader } from './admit/credential.js'
import { createPenalties } from './admit/penalties.js'
import { createTransportRule } from './admit/transport.js'
import { createLimitsRule } from './authorize/limits.js'
import { createRules } from './authorize/rules.js'
import { createCorridor } from './corridor.js'
import { createKeyEndpoints, type KeyEndpoints } from './endpoints/keys.js'
import { createTokens, type TokenEndpoints, type Tokens } from './endpoints/tokens.js'
import { createKeyPreparer, type KnownKey } from './identify/api-key.js'
import { openIdentifier } from './identify/open.js'
import type { Keys } from './keys/keys.js'
import { openKeys } from './keys/open.js'
import { recover, type MaybePromise } from './lib/maybe.js'
import { createLimiter } from './limits/limiter.js'
import { MAX_LIMIT } from './limits/plans.js'
import { isPublic } from './net/address.js'
import { isNetwork } from './net/networks.js'
import { createProxies } from './net/proxies.js'
import { createAudit, type Audit } from './record/audit.js'
import { createTrail } from './record/trail.js'
import { answerOptionsOf } from './options/answer-options.js'
import { checkOptions } from './options/check.js'
import { logError } from './options/log.js'
import type { GateOptions } from './options/options.js'
import type { Decision } from './terms/decision.js'
import { createDemandReader, type Demand } from './terms/demand.js'
import type { GateRequest } from './terms/request.js'

/** The guarded entrance of an API: everything hangs from it. */
export interface Gate<S extends string = string> {
  /**
   * Both doors: who is it, and may they. Answers at once where the key is known already. A failing store is a denial with
   * status 503.
   * @throws {MisuseError} for a demand that is wrong in itself
   */
  check<R = GateRequest>(request: GateRequest, demand?: Demand<S, R>): MaybePromise<Decision<S>>
  /**
   * The first door without HTTP, for a socket upgrade or a worker, the address list of the key, and the policies of every request. `address` is the
   * client's; a key with a list is refused without it. It is counted as a request. An empty credential is `missing_credentials`.
   */
  verify(credential: string, address?: string): MaybePromise<Decision<S>>
  /** A demand checked once, at start-up, for use with every request. @throws {MisuseError} */
  demand(demand?: Demand<S>): Demand<S>
  readonly keys: Keys<S>
  readonly tokens: Tokens<S>
  readonly audit: Audit
  /** What the adapters mount. */
  readonly endpoints: TokenEndpoints & { readonly keys: KeyEndpoints<S> }
  /** What adapters do with a denial. */
  readonly deny: 'respond' | 'next'
  /** Writes the uses and the records of the audit trail so far, gives back limits taken ahead, and stops listening for changes. Again is harmless. */
  close(): Promise<void>
}

/** @throws {MisuseError} by the name of the option that is wrong, with what to write instead. */
export function createGate<const S extends string>(options: GateOptions<S>): Gate<S> {
  const given = checkOptions(options)
  const { catalogue, clock, environments, limits, plans, prefix } = given
  // Whoever is told of a failure must not make it worse.
  const onError = (error: unknown): void => {
    void recover(() => given.onError(error), logError)
  }
  const answers = answerOptionsOf(given, onError)
  const proxies = createProxies(given.trustProxy)
  const trail = given.audit && createTrail({ ...given.audit, prefix, clock, proxies, onError })
  const prepare = createKeyPreparer(environments, limits.defaultPlan)
  const { acting, cache, used, close } = openKeys<S, KnownKey>({
    ...{ ...given, isNetwork, prepare, onError },
    checkPlan: (chosen, where) => plans?.check(chosen, where),
    journal: trail?.journal,
  })
  const { keys } = acting()

  const allowLoopback = process.env['NODE_ENV'] !== 'production'
  const refuseInsecure = createTransportRule(proxies, given.minTlsVersion, allowLoopback)
  const readCredential = createCredentialReader({
    bearer: given.credentials.bearer,
    header: given.credentials.header || undefined,
  })
  const { identify, own } = openIdentifier({
    ...{ ...given, cache, isPublic, onError },
    ...{ scopes: catalogue.levels, defaultPlan: limits.defaultPlan },
  })
  const readDemand = createDemandReader<S>(catalogue, plans?.smallest ?? MAX_LIMIT, !!trail)
  const limiter = createLimiter({ ...limits, onError })
  const takeCharge = plans && createLimitsRule({ ...limits, plans, limiter, clock, onError })
  const penalties = given.penalties ? createPenalties() : undefined
  const rules = createRules({ ...given, onError })

  const { check, checkAgain, verify, receive, refuse } = createCorridor<S>({
    ...{ readDemand, refuseInsecure, readCredential, proxies, penalties },
    ...{ identify, used, takeCharge, rules, answers, trail },
  })
  const issuing = createTokens<S>({
    ...{ own, realm: given.realm, catalogue },
    ...{ verify, receive, refuse, refuseInsecure, readCredential, onError },
  })

  return Object.freeze<Gate<S>>({
    check,
    verify,
    demand: readDemand,
    keys,
    tokens: issuing.tokens,
    audit: createAudit(trail, given.audit?.sinks),
    endpoints: {
      ...issuing.endpoints,
      keys: createKeyEndpoints<S>({
        ...{ keys, acting, readCredential, catalogue, environments, readDemand },
        ...{ check, checkAgain, refuse, onError },
      }),
    },
    deny: given.deny,
    async close() {
      await Promise.all([close(), limiter.close(), trail?.close()])
    },
  })
}
