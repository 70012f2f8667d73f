import { IssuerError } from '../core/errors.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { isSame } from '../lib/is-same.js'
import type { Elapsed } from '../lib/elapsed.js'
import { OutageReporter } from '../telemetry/outages.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { Algorithm } from './algorithms.js'
import type { TokenBounds } from './bounds.js'
import type { ClaimRules, ClaimValue, TokenProfile } from './claim-rules.js'
import { discoverKeys } from './discovery.js'
import { createFetchJson } from './fetch-json.js'
import { inlineKeys, type InlineKeys } from './inline-keys.js'
import { createKeySet, KeySetError, type KeySet } from './key-set.js'
import { createFixedKeySource, createRemoteKeySource, type KeySource } from './key-source.js'
import {
  addressesFor,
  isPlainAllowed,
  type OutboundFetch,
  type OutboundHeaders,
} from './outbound.js'

/** An issuer as the option says it, with every default. */
export interface IssuerDescription extends InlineKeys {
  /** `false`: tokens without `iss`. */
  readonly issuer: string | false
  readonly aliases: readonly string[]
  readonly audience: readonly string[] | false
  readonly clients?: readonly string[] | 'named' | false | undefined
  readonly idTokens: boolean
  readonly subjectClaim: string
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>> | undefined
  readonly scopes?: readonly string[] | undefined
  readonly bounds: TokenBounds
  readonly profile: TokenProfile
  readonly clockTolerance: Duration
  readonly maxLifetime: Duration
  readonly jwksUri?: string | undefined
  readonly allowPrivateAddresses: boolean
  readonly allowHttp: boolean
  readonly headers?: OutboundHeaders | undefined
  readonly fetch?: OutboundFetch | undefined
}

/** Whose tokens are taken, and by which rules. */
export interface Issuer extends ClaimRules {
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeySource
}

export interface IssuerContext {
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** Told of others that come. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
  /** What fetches keys, where the issuer has nothing of its own. Absent: our own client. */
  readonly fetch?: OutboundFetch | undefined
  /** By which keys grow old. */
  readonly elapsed: Elapsed
  readonly onError: (error: unknown) => void
}

/** What the issuer of tokens is called that name none. With its space, it is nothing that an issuer can be called. */
export const NO_ISSUER = '(no issuer)'

/**
 * @param keys where they come from, if that is known already
 * @throws {KeySetError} for inline keys that no token may be checked with.
 */
export function createIssuer(
  description: IssuerDescription,
  context: IssuerContext,
  keys: KeySource = keySourceOf(description, context),
): Issuer {
  const { audience, algorithms, profile, clockTolerance, maxLifetime, aliases } = description
  const { clients, claims, scopes, bounds, idTokens, subjectClaim } = description
  const names = description.issuer === false ? [undefined] : [description.issuer, ...aliases]
  return {
    ...{ audience, clients, claims, scopes, algorithms, profile, bounds, idTokens, subjectClaim },
    names,
    issuer: description.issuer === false ? NO_ISSUER : description.issuer,
    known: context.scopes,
    tellUnknown: context.tellUnknown,
    toleranceMs: milliseconds(clockTolerance),
    maxLifetimeMs: milliseconds(maxLifetime),
    needsExpiry: description.issuer !== false,
    keys,
  }
}

const OF_KEYS = [
  ...(['issuer', 'algorithms', 'jwks', 'publicKey', 'secret', 'jwksUri'] as const),
  ...(['allowPrivateAddresses', 'allowHttp', 'headers', 'fetch'] as const),
] as const satisfies readonly (keyof IssuerDescription)[]

/** Whether the keys of both come from the same place. Functions of the app's, which may be made for each answer, are taken for the same. */
export function hasSameKeys(one: IssuerDescription, other: IssuerDescription): boolean {
  return OF_KEYS.every((name) => {
    const [first, second] = [one[name], other[name]]
    return (typeof first === 'function' && typeof second === 'function') || isSame(first, second)
  })
}

/** @throws {Error} whose message has a subject: it goes on after that of an IssuerError. */
function readKeySet(...given: Parameters<typeof createKeySet>): KeySet {
  try {
    return createKeySet(...given)
  } catch (cause) {
    if (!(cause instanceof KeySetError)) throw cause
    throw new Error(`the answer ${cause.message}`, { cause })
  }
}

function keySourceOf(description: IssuerDescription, context: IssuerContext): KeySource {
  const { issuer, algorithms, jwksUri } = description
  const fixed = inlineKeys(description)
  if (fixed !== undefined) return createFixedKeySource(fixed)
  const { allowPrivateAddresses, allowHttp, headers, fetch = context.fetch } = description
  const name = issuer === false ? NO_ISSUER : issuer
  const start = new URL(jwksUri ?? name)
  // An issuer with TLS leads to keys with TLS only.
  const isPlain = start.protocol === 'http:'
  const fetchJson = createFetchJson({
    ...{ allows: addressesFor(start, allowPrivateAddresses), headers, fetch },
    allowsPlain: (url) => isPlain && isPlainAllowed(url, allowHttp),
  })
  const locate = async () =>
    jwksUri === undefined ? discoverKeys(name, fetchJson) : new URL(jwksUri)
  const outage = new OutageReporter('issuer', { issuer: name })
  let toldOf = ''
  const load = async () => {
    const unusable: string[] = []
    const set = readKeySet(await fetchJson(await locate()), algorithms, (why) => {
      unusable.push(why)
    })
    outage.over()
    // Once for each set, and not each time that it is fetched.
    if (unusable.join() !== toldOf) {
      toldOf = unusable.join()
      for (const why of unusable)
        context.onError(new IssuerError('A key', name, why, 'key_unusable'))
    }
    return set
  }
  return createRemoteKeySource(load, context.elapsed, (cause) => {
    const error = new IssuerError('The keys', name, cause)
    context.onError(error)
    outage.begun(error)
  })
}
