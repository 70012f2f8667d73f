import { createCredentialReader } from './admit/credential.js'
import { createTransportRule } from './admit/transport.js'
import { checkAddress } from './authorize/address.js'
import { checkScopes } from './authorize/scopes.js'
import type { Rule, Visit } from './authorize/visit.js'
import { createKeyEndpoints, type KeyEndpoints } from './endpoints/keys.js'
import { createKeyIdentifier, createKeyPreparer, type KnownKey } from './identify/api-key.js'
import type { Keys } from './keys/keys.js'
import { openKeys } from './keys/open.js'
import { first } from './lib/first.js'
import { recover, then, type MaybePromise } from './lib/maybe.js'
import { isNetwork } from './net/networks.js'
import { createProxies } from './net/proxies.js'
import { checkOptions, logError, type GateOptions } from './options.js'
import { earlierIdentity, LazyDenial, LazyGrant, type AnswerOptions } from './respond/answers.js'
import type { Identity } from './terms/auth.js'
import type { Decision, Grant } from './terms/decision.js'
import { createDemandReader, type Demand } from './terms/demand.js'
import { isRefusal, Refusal } from './terms/denial.js'
import type { GateRequest } from './terms/request.js'

/** The guarded entrance of an API: everything hangs from it. */
export interface Gate<S extends string = string> {
  /**
   * Both doors: who is it, and may they. Answers at once where the key is known already. A failing store is a denial with
   * status 503.
   * @throws {MisuseError} for a demand that is wrong in itself
   */
  check(request: GateRequest, demand?: Demand<S>): MaybePromise<Decision<S>>
  /**
   * The first door without HTTP, for a socket upgrade or a worker, and the address list of the key. `address` is the
   * client's; a key with a list is refused without it. An empty credential is `missing_credentials`.
   */
  verify(credential: string, address?: string): MaybePromise<Decision<S>>
  /** A demand checked once, at start-up, for use with every request. @throws {MisuseError} */
  demand(demand?: Demand<S>): Demand<S>
  readonly keys: Keys<S>
  /** What `keyEndpoints` of the adapters calls. */
  readonly endpoints: { readonly keys: KeyEndpoints<S> }
  /** What adapters do with a denial. */
  readonly deny: 'respond' | 'next'
  /** Writes the uses counted so far and stops listening for changes. Again is harmless. */
  close(): Promise<void>
}

/** @throws {MisuseError} by the name of the option that is wrong, with what to write instead. */
export function createGate<const S extends string>(options: GateOptions<S>): Gate<S> {
  const given = checkOptions(options)
  const { catalogue, clock, environments, prefix } = given
  // Whoever is told of a failure must not make it worse.
  const onError = (error: unknown): void => {
    void recover(() => given.onError(error), logError)
  }
  const answers: AnswerOptions = Object.freeze({
    format: given.errors,
    scheme: given.credentials.bearer ? 'Bearer' : 'ApiKey',
    realm: given.realm,
    incomingId: given.requestIdHeader,
    onError,
  })
  const prepare = createKeyPreparer(environments)
  const { keys, createOnce, judged, cache, used, close } = openKeys<S, KnownKey>({
    ...given,
    isNetwork,
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
  const identify = createKeyIdentifier(cache, prefix, clock, onError)
  const readDemand = createDemandReader<S>(catalogue)
  /** What a later guard on the same request asks again: only what its own demand can change. */
  const demandRules: readonly Rule[] = [checkScopes]
  const allRules: readonly Rule[] = [checkScopes, checkAddress]

  function check(request: GateRequest, demand?: Demand<S>): MaybePromise<Decision<S>> {
    const asked = readDemand(demand)
    const earlier = earlierIdentity(request, answers)
    if (earlier !== undefined) return authorize(demandRules, request, earlier, asked)
    return decide(request, asked)
  }

  /** Both doors, whatever an earlier guard has decided. `count` is told whose key was used. */
  function decide(request: GateRequest, asked: Demand<S>, count = used): MaybePromise<Decision<S>> {
    const insecure = refuseInsecure(request)
    if (insecure !== undefined) return refuse(insecure, request)
    const credential = readCredential(request)
    if (isRefusal(credential)) return refuse(credential, request)
    return enter(credential.value, request, asked, () => proxies.clientOf(request), count)
  }

  function verify(credential: string, address?: string): MaybePromise<Decision<S>> {
    if (credential === '') return refuse(new Refusal('missing_credentials'), undefined)
    return enter(credential, undefined, readDemand(undefined), () => address, used)
  }

  function enter(
    secret: string,
    request: GateRequest | undefined,
    demand: Demand,
    client: () => string | undefined,
    count: typeof used,
  ): MaybePromise<Decision<S>> {
    return then(identify(secret), (known) => {
      if (isRefusal(known)) return refuse(known, request)
      count(known.tally)
      return authorize(allRules, request, known, demand, client)
    })
  }

  function authorize(
    rules: readonly Rule[],
    request: GateRequest | undefined,
    identity: Identity,
    demand: Demand,
    client: () => string | undefined = () => undefined,
  ): MaybePromise<Decision<S>> {
    const visit: Visit = { identity, demand, client }
    return then(first(rules, visit), (refusal) =>
      refusal === undefined ? grant(identity, request) : refuse(refusal, request),
    )
  }

  function grant(identity: Identity, request: GateRequest | undefined): Grant<S> {
    // A key's scopes were checked against the catalogue when it was issued.
    return new LazyGrant(identity, request, answers) as LazyGrant & Grant<S>
  }

  function refuse(refusal: Refusal, request: GateRequest | undefined): LazyDenial {
    return new LazyDenial(refusal, request, answers)
  }

  return Object.freeze<Gate<S>>({
    check,
    verify,
    demand: readDemand,
    keys,
    endpoints: {
      keys: createKeyEndpoints<S>({
        ...{ keys, createOnce, judged, readCredential, catalogue, environments, readDemand },
        ...{ check, refuse, onError },
        checkAgain: (request, demand) => decide(request, demand, () => undefined),
      }),
    },
    deny: given.deny,
    close,
  })
}
