import { createCredentialReader } from './admit/credential.js'
import { createPenalties } from './admit/penalties.js'
import { createTransportRule } from './admit/transport.js'
import { createLimitsRule } from './authorize/limits.js'
import { createRules } from './authorize/rules.js'
import { visitOf, type Rule } from './authorize/visit.js'
import { createKeyEndpoints, type KeyEndpoints } from './endpoints/keys.js'
import { createTokens, type TokenEndpoints, type Tokens } from './endpoints/tokens.js'
import { createKeyPreparer, type KnownKey } from './identify/api-key.js'
import type { Presented } from './identify/credential.js'
import { openIdentifier } from './identify/open.js'
import type { Keys } from './keys/keys.js'
import { openKeys } from './keys/open.js'
import { first } from './lib/first.js'
import { recover, then, type MaybePromise } from './lib/maybe.js'
import { createLimiter } from './limits/limiter.js'
import { MAX_LIMIT } from './limits/plans.js'
import { isPublic } from './net/address.js'
import { isNetwork } from './net/networks.js'
import { createProxies } from './net/proxies.js'
import { createAudit, type Audit } from './record/audit.js'
import { createTrail, type Followed } from './record/trail.js'
import { answerOptionsOf } from './options/answer-options.js'
import { checkOptions } from './options/check.js'
import { logError } from './options/log.js'
import type { GateOptions } from './options/options.js'
import { earlierEntry, LazyDenial, LazyGrant, type Entry } from './respond/answers.js'
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
  readonly audit: Audit
  /** What the adapters mount. */
  readonly endpoints: TokenEndpoints & { readonly keys: KeyEndpoints<S> }
  /** What adapters do with a denial. */
  readonly deny: 'respond' | 'next'
  /** Writes the uses and the records of the audit trail so far, gives back limits taken ahead, and stops listening for changes. Again is harmless. */
  close(): Promise<void>
}

/** One request, or one call of `verify`, on its way. */
interface Arrival extends Followed {
  readonly demand: CheckedDemand
  /** What earlier guards have found out of it. */
  readonly findings: Readonly<Findings>
  /** The client's address, for address lists. */
  readonly client: () => string | undefined
  /** The address that answers for it, for penalties. */
  readonly sender: () => string | undefined
}

const UNRECORDED = new Refusal('audit_unavailable')

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

  function check(request: GateRequest, demand?: Demand<S>): MaybePromise<Decision<S>> {
    const asked = readDemand(demand)
    const earlier = earlierEntry(request, answers)
    if (earlier === undefined) return decide(request, asked)
    const arrival = arrivalOf(request, asked, earlier.findings)
    return record(arrival, authorize(rules.ofDemand, earlier.identity, arrival))
  }

  /** Both doors, whatever an earlier guard has decided. `count` is told whose key was used. */
  function decide(
    request: GateRequest,
    asked: CheckedDemand<S>,
    count = used,
  ): MaybePromise<Decision<S>> {
    const arrival = arrivalOf(request, asked)
    const credential = refuseInsecure(request) ?? readCredential(request)
    const decided = isRefusal(credential)
      ? refuse(credential, request)
      : enter(credential, arrival, count)
    return record(arrival, decided)
  }

  /** Around all of it: what was decided is remembered, and what must be remembered first, is. */
  function record(arrival: Arrival, decided: MaybePromise<Decision<S>>): MaybePromise<Decision<S>> {
    if (trail === undefined) return decided
    return trail.settle(arrival, decided, () => refuse(UNRECORDED, arrival.request))
  }

  function verify(credential: string, address?: string): MaybePromise<Decision<S>> {
    const from = () => address
    const demand = readDemand(undefined)
    const access = trail?.begin(address)
    const arrival = { request: undefined, demand, findings: {}, client: from, sender: from, access }
    if (credential !== '') return record(arrival, enter({ value: credential }, arrival, used))
    return record(arrival, refuse(new Refusal('missing_credentials'), undefined))
  }

  function arrivalOf(request: GateRequest, demand: CheckedDemand, findings = {}): Arrival {
    const client = () => proxies.clientOf(request)
    const sender = () => proxies.senderOf(request)
    const access = trail?.follow(request, earlierEntry(request, answers)?.note)
    return { request, demand, findings, client, sender, access }
  }

  function enter(
    presented: Presented,
    arrival: Arrival,
    count: typeof used,
  ): MaybePromise<Decision<S>> {
    const { request, sender, access } = arrival
    access?.presents(presented.value)
    const barred = penalties?.barred(sender)
    // Others may share an address with whoever tries keys: a key that was there before is no guess.
    if (barred !== undefined && identify.mayBeGuess(presented)) return refuse(barred, request)
    return then(identify(presented), (known) => {
      if (!isRefusal(known)) {
        if (known.tally !== undefined) count(known.tally)
        return authorize(rules.all, known, arrival)
      }
      // Of several credentials, one that is not known does not hide whose the others are.
      if (access !== undefined) access.auth = known.details.auth ?? access.auth
      if (known.reason === 'unknown_key') penalties?.charge(sender)
      return refuse(known, request)
    })
  }

  function authorize(
    asked: readonly Rule[],
    identity: Identity,
    arrival: Arrival,
  ): MaybePromise<Decision<S>> {
    const { request, demand, access } = arrival
    if (access !== undefined) access.auth = identity.auth
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
    { identity, charge }: Pick<Entry, 'identity' | 'charge'>,
    { request, demand, client, findings, access: note }: Arrival,
  ): MaybePromise<Decision<S>> {
    const visit = visitOf(findings, identity, demand, request, client)
    return then(first(asked, visit), (refusal) => {
      if (refusal !== undefined) {
        charge?.slot?.end()
        return refuse(refusal, request, charge)
      }
      const { tenantId, resourceChecked } = visit
      const entry = { identity, charge, findings: { tenantId, resourceChecked }, note }
      // A key's scopes were checked against the catalogue when it was issued.
      return new LazyGrant(entry, request, answers) as LazyGrant & Grant<S>
    })
  }

  function refuse(
    refusal: Refusal,
    request: GateRequest | undefined,
    charge = request && earlierEntry(request, answers)?.charge,
  ): LazyDenial {
    return new LazyDenial(refusal, request, answers, charge)
  }

  const issuing = createTokens<S>({
    ...{ own, realm: given.realm, catalogue, penalties, proxies },
    ...{ verify, refuse, refuseInsecure, readCredential, onError },
    receive(request) {
      const arrival = arrivalOf(request, readDemand())
      return {
        enter: (presented) => enter(presented, arrival, request.grant ? () => undefined : used),
        admit: (identity) => authorize(rules.all, identity, arrival),
        conclude: (decided) => record(arrival, decided as Decision<S>),
      }
    },
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
        ...{ check, refuse, onError },
        checkAgain: (request, demand) => decide(request, demand, () => undefined),
      }),
    },
    deny: given.deny,
    async close() {
      await Promise.all([close(), limiter.close(), trail?.close()])
    },
  })
}
