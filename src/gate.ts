import { createCredentialReader } from './admit/credential.js'
import { createPenalties } from './admit/penalties.js'
import { createTransportRule } from './admit/transport.js'
import { createLimitsRule } from './authorize/limits.js'
import { createRules } from './authorize/rules.js'
import type { Rule, Visit } from './authorize/visit.js'
import { createKeyEndpoints, type KeyEndpoints } from './endpoints/keys.js'
import { createTokens, type TokenEndpoints, type Tokens } from './endpoints/tokens.js'
import { createKeyIdentifier, createKeyPreparer, type KnownKey } from './identify/api-key.js'
import { createIdentifier, type Presented } from './identify/credential.js'
import { openTokens } from './identify/open-tokens.js'
import type { Keys } from './keys/keys.js'
import { openKeys } from './keys/open.js'
import { first } from './lib/first.js'
import { recover, then, type MaybePromise } from './lib/maybe.js'
import { createLimiter } from './limits/limiter.js'
import { MAX_LIMIT } from './limits/plans.js'
import { isPublic } from './net/address.js'
import { isNetwork } from './net/networks.js'
import { createProxies } from './net/proxies.js'
import { checkOptions } from './options/check.js'
import { logError } from './options/log.js'
import type { GateOptions } from './options/options.js'
import {
  earlierEntry,
  LazyDenial,
  LazyGrant,
  type AnswerOptions,
  type Entry,
} from './respond/answers.js'
import type { Identity } from './terms/auth.js'
import type { Decision, Grant } from './terms/decision.js'
import { createDemandReader, type CheckedDemand, type Demand } from './terms/demand.js'
import { isRefusal, Refusal } from './terms/denial.js'
import type { Findings } from './terms/findings.js'
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
  /** What the adapters mount. */
  readonly endpoints: TokenEndpoints & { readonly keys: KeyEndpoints<S> }
  /** What adapters do with a denial. */
  readonly deny: 'respond' | 'next'
  /** Writes the uses counted so far, gives back limits taken ahead, and stops listening for changes. Again is harmless. */
  close(): Promise<void>
}

/** One request, or one call of `verify`, on its way. */
interface Arrival {
  readonly request: GateRequest | undefined
  readonly demand: CheckedDemand
  /** What earlier guards have found out of it. */
  readonly findings: Readonly<Findings>
  /** The client's address, for address lists. */
  readonly client: () => string | undefined
  /** The address that answers for it, for penalties. */
  readonly sender: () => string | undefined
}

/** @throws {MisuseError} by the name of the option that is wrong, with what to write instead. */
export function createGate<const S extends string>(options: GateOptions<S>): Gate<S> {
  const given = checkOptions(options)
  const { catalogue, clock, environments, limits, plans, prefix } = given
  // Whoever is told of a failure must not make it worse.
  const onError = (error: unknown): void => {
    void recover(() => given.onError(error), logError)
  }
  const answers: AnswerOptions = Object.freeze({
    format: given.errors,
    scheme: given.credentials.bearer ? 'Bearer' : 'ApiKey',
    realm: given.realm,
    incomingId: given.requestIdHeader,
    rateFields: limits.headers,
    onError,
  })
  const prepare = createKeyPreparer(environments, limits.defaultPlan)
  const { keys, createOnce, judged, cache, used, close } = openKeys<S, KnownKey>({
    ...given,
    isNetwork,
    checkPlan: (chosen, where) => plans?.check(chosen, where),
    prepare,
    onError,
  })

  const proxies = createProxies(given.trustProxy)
  const allowLoopback = process.env['NODE_ENV'] !== 'production'
  const refuseInsecure = createTransportRule(proxies, given.minTlsVersion, allowLoopback)
  const readCredential = createCredentialReader({
    bearer: given.credentials.bearer,
    header: given.credentials.header || undefined,
  })
  const identifyKey = createKeyIdentifier(cache, prefix, clock, onError)
  const tokens = openTokens({
    ...{ ...given, keys: identifyKey, isPublic, onError },
    ...{ scopes: catalogue.levels, defaultPlan: limits.defaultPlan },
  })
  const identify = createIdentifier({
    ...{ key: identifyKey, token: tokens.identify, opaque: tokens.identifyOpaque },
    ...{ keyPrefix: prefix, opaquePrefix: given.introspection?.prefix },
  })
  const readDemand = createDemandReader<S>(catalogue, plans?.smallest ?? MAX_LIMIT)
  const limiter = createLimiter({ ...limits, onError })
  const takeCharge = plans && createLimitsRule({ ...limits, plans, limiter, clock, onError })
  const penalties = given.penalties ? createPenalties() : undefined
  const rules = createRules({ ...given, onError })

  function check(request: GateRequest, demand?: Demand<S>): MaybePromise<Decision<S>> {
    const asked = readDemand(demand)
    const earlier = earlierEntry(request, answers)
    if (earlier === undefined) return decide(request, asked)
    return authorize(rules.ofDemand, earlier.identity, arrivalOf(request, asked, earlier.findings))
  }

  /** Both doors, whatever an earlier guard has decided. `count` is told whose key was used. */
  function decide(
    request: GateRequest,
    asked: CheckedDemand<S>,
    count = used,
  ): MaybePromise<Decision<S>> {
    const insecure = refuseInsecure(request)
    if (insecure !== undefined) return refuse(insecure, request)
    const credential = readCredential(request)
    if (isRefusal(credential)) return refuse(credential, request)
    return enter(credential, arrivalOf(request, asked), count)
  }

  function verify(credential: string, address?: string): MaybePromise<Decision<S>> {
    if (credential === '') return refuse(new Refusal('missing_credentials'), undefined)
    const from = () => address
    const demand = readDemand(undefined)
    const arrival = { request: undefined, demand, findings: {}, client: from, sender: from }
    return enter({ value: credential }, arrival, used)
  }

  function arrivalOf(request: GateRequest, demand: CheckedDemand, findings = {}): Arrival {
    return {
      ...{ request, demand, findings },
      client: () => proxies.clientOf(request),
      sender: () => proxies.senderOf(request),
    }
  }

  function enter(
    presented: Presented,
    arrival: Arrival,
    count: typeof used,
  ): MaybePromise<Decision<S>> {
    const { request, sender } = arrival
    const barred = penalties?.barred(sender)
    // Others may share an address with whoever tries keys: a key that was there before is no guess.
    if (barred !== undefined && identify.mayBeGuess(presented)) return refuse(barred, request)
    return then(identify(presented), (known) => {
      if (!isRefusal(known)) {
        if ('tally' in known) count(known.tally)
        return authorize(rules.all, known, arrival)
      }
      if (known.reason === 'unknown_key') penalties?.charge(sender)
      return refuse(known, request)
    })
  }

  function authorize(
    asked: readonly Rule[],
    identity: Identity,
    arrival: Arrival,
  ): MaybePromise<Decision<S>> {
    const { request, demand } = arrival
    if (takeCharge === undefined) return judge(asked, { identity, charge: undefined }, arrival)
    const earlier = request && earlierEntry(request, answers)?.charge
    return then(takeCharge(identity, demand, earlier, request?.response), (charge) =>
      charge.refusal === undefined
        ? judge(asked, { identity, charge }, arrival)
        : refuse(charge.refusal, request, charge),
    )
  }

  function judge(
    asked: readonly Rule[],
    { identity, charge }: Omit<Entry, 'findings'>,
    { request, demand, client, findings }: Arrival,
  ): MaybePromise<Decision<S>> {
    const visit: Visit = { ...findings, identity, demand, request, client }
    return then(first(asked, visit), (refusal) => {
      if (refusal !== undefined) {
        charge?.slot?.end()
        return refuse(refusal, request, charge)
      }
      const { tenantId, resourceChecked } = visit
      return grant({ identity, charge, findings: { tenantId, resourceChecked } }, request)
    })
  }

  function grant(entry: Entry, request: GateRequest | undefined): Grant<S> {
    // A key's scopes were checked against the catalogue when it was issued.
    return new LazyGrant(entry, request, answers) as LazyGrant & Grant<S>
  }

  function refuse(
    refusal: Refusal,
    request: GateRequest | undefined,
    charge = request && earlierEntry(request, answers)?.charge,
  ): LazyDenial {
    return new LazyDenial(refusal, request, answers, charge)
  }

  const issuing = createTokens<S>({
    ...{ ...tokens, realm: given.realm, catalogue, penalties, proxies },
    ...{ verify, refuse, refuseInsecure, readCredential, onError },
    enter: (presented, request) =>
      enter(presented, arrivalOf(request, readDemand()), request.grant ? () => undefined : used),
  })

  return Object.freeze<Gate<S>>({
    check,
    verify,
    demand: readDemand,
    keys,
    tokens: issuing.tokens,
    endpoints: {
      ...issuing.endpoints,
      keys: createKeyEndpoints<S>({
        ...{ keys, createOnce, judged, readCredential, catalogue, environments, readDemand },
        ...{ check, refuse, onError },
        checkAgain: (request, demand) => decide(request, demand, () => undefined),
      }),
    },
    deny: given.deny,
    async close() {
      await Promise.all([close(), limiter.close()])
    },
  })
}
