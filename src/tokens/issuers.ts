import { createPublicKey } from 'node:crypto'
import { milliseconds, type Duration } from '../lib/duration.js'
import { OutageReporter } from '../terms/outages.js'
import { isSecretAlgorithm, type Algorithm } from './algorithms.js'
import type { ClaimRules, TokenProfile } from './claims.js'
import { discoverKeys } from './discovery.js'
import { fetchJson, type AddressCheck } from './fetch-json.js'
import { createKeySet, createSecretKeySet, type KeySet } from './key-set.js'
import { createFixedKeySource, createRemoteKeySource, type KeySource } from './key-source.js'
import type { JsonObject } from './strict-json.js'

/** An issuer as the option says it, with every default. */
export interface IssuerDescription {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithms: readonly Algorithm[]
  readonly profile: TokenProfile
  readonly clockTolerance: Duration
  readonly maxLifetime: Duration
  readonly jwksUri?: string | undefined
  readonly jwks?: JsonObject | undefined
  readonly publicKey?: string | undefined
  readonly secret?: string | Uint8Array | undefined
  readonly allowPrivateAddresses: boolean
}

/** Whose tokens are taken, and by which rules. */
export interface Issuer extends ClaimRules {
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeySource
}

export interface IssuerContext {
  /** Whether an address is one of the public Internet. */
  readonly isPublic: AddressCheck
  readonly onError: (error: unknown) => void
}

/** Something of an issuer could not be had, or is nothing that may be trusted: its keys, of which the last good ones count for an hour, or what it says of a token. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError'
  /** As the option has it. */
  readonly issuer: string

  constructor(what: string, issuer: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${what} of issuer '${issuer}' cannot be had: ${why}.`, { cause })
    this.issuer = issuer
  }
}

/** @throws {KeySetError} for inline keys that no token may be checked with. */
export function createIssuer(description: IssuerDescription, context: IssuerContext): Issuer {
  const { issuer, audience, algorithms, profile, clockTolerance, maxLifetime } = description
  return {
    ...{ issuer, audience, algorithms, profile },
    toleranceMs: milliseconds(clockTolerance),
    maxLifetimeMs: milliseconds(maxLifetime),
    keys: keySourceOf(description, context),
  }
}

/** Keys that are given with the option; `undefined` where they are to be asked for. @throws {KeySetError} */
export function inlineKeys(
  description: Pick<IssuerDescription, 'algorithms' | 'jwks' | 'publicKey' | 'secret'>,
): KeySet | undefined {
  const { algorithms, jwks, publicKey, secret } = description
  if (secret !== undefined) return createSecretKeySet(Buffer.from(secret))
  if (publicKey !== undefined) {
    const key = createPublicKey(publicKey).export({ format: 'jwk' })
    return createKeySet({ keys: [key] }, algorithms)
  }
  return jwks && createKeySet(jwks, algorithms)
}

function keySourceOf(description: IssuerDescription, context: IssuerContext): KeySource {
  const { issuer, algorithms, jwksUri } = description
  const fixed = inlineKeys(description)
  if (fixed !== undefined) return createFixedKeySource(fixed)
  const allows = description.allowPrivateAddresses ? () => true : context.isPublic
  const locate = async () =>
    jwksUri === undefined ? discoverKeys(issuer, allows) : new URL(jwksUri)
  const outage = new OutageReporter('issuer', { issuer })
  const load = async () => {
    const set = createKeySet(await fetchJson(await locate(), allows), algorithms)
    outage.over()
    return set
  }
  return createRemoteKeySource(load, (cause) => {
    const error = new IssuerError('The keys', issuer, cause)
    context.onError(error)
    outage.begun(error)
  })
}

/** Whether these algorithms are all for a secret, or all for public keys; `undefined`: some of each. */
export function secrecyOf(algorithms: readonly Algorithm[]): boolean | undefined {
  const secret = algorithms.filter(isSecretAlgorithm).length
  if (secret === 0) return false
  return secret === algorithms.length ? true : undefined
}
