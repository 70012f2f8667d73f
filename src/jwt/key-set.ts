import { createPublicKey } from 'node:crypto'
import type { CompactVerifyGetKey, JWK } from 'jose'
import { algorithmFor, intendedAlgorithm, isSound, type Algorithm } from './algorithms.js'
import { loadJose } from './jose.js'
import type { TokenHeader } from './parse.js'
import { isJsonObject, type JsonObject } from './strict-json.js'

export const MAX_KEYS = 64

/** Keys that tokens are checked with; another object when they are others. */
export interface KeySet {
  /** Whether a token with this header can be checked at all. */
  knows(header: TokenHeader): boolean
  /** Tried one after the other; each finds the key for a token, or is a key. */
  readonly keys: readonly CompactVerifyGetKey[]
  /** How many keys it has. */
  readonly size: number
  /** What its keys are called in tokens, for people. */
  readonly kids: readonly string[]
  /** The same for sets of the same keys. */
  readonly name: string
}

/** A set that nobody should trust; the message begins with what is wrong, and never has a key in it. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError'
}

/** The members that make a key secret: RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * The keys of a JWK Set (RFC 7517 section 5) that tokens may be checked with, each pinned to one algorithm (RFC 8725 section 3.1). A key that is for
 * something else, or is not understood, is left out; one that is meant for tokens and cannot be used is told of.
 * @param onUnusable called with what is wrong with a key, after "A key of issuer 'x' cannot be used:"
 * @throws {KeySetError} for what is no JWK Set, and for one with a secret in it: who publishes that has lost it.
 */
export function createKeySet(
  document: JsonObject,
  algorithms: readonly Algorithm[],
  onUnusable: (why: string) => void = () => undefined,
): KeySet {
  const { keys: entries } = document
  if (!Array.isArray(entries)) throw new KeySetError("has no list 'keys' of keys")
  if (entries.length > MAX_KEYS) throw new KeySetError(`has more than ${String(MAX_KEYS)} keys`)
  const keys = entries.filter(isJsonObject)
  if (keys.length === 0 && entries.length > 0) throw new KeySetError("has no list 'keys' of keys")
  if (keys.some((key) => SECRET_MEMBERS.some((name) => Object.hasOwn(key, name)))) {
    throw new KeySetError('has a private or symmetric key in it; publish public keys only')
  }
  const usable = distinct(
    entries.flatMap((entry: unknown, index) => {
      const left = (why: string) => {
        onUnusable(`keys[${String(index)}] ${why}`)
      }
      if (isJsonObject(entry)) return pinned(entry, algorithms, left) ?? []
      left('is no JSON object')
      return []
    }),
  )
  return {
    keys: [finderOf(usable)],
    size: usable.length,
    kids: usable.flatMap(({ kid }) => kid ?? []),
    name: JSON.stringify(usable),
    knows: ({ alg, kid }) =>
      usable.some((key) => key.alg === alg && (kid === undefined || key.kid === kid)),
  }
}

function finderOf(keys: JWK[]): CompactVerifyGetKey {
  let find: CompactVerifyGetKey | undefined
  return async (header, token) => {
    find ??= (await loadJose()).createLocalJWKSet({ keys })
    return find(header, token)
  }
}

/** Secrets, for one algorithm. A token may say what it likes about which key that is. */
export function createSecretKeySet(secrets: readonly Uint8Array[]): KeySet {
  const keys = secrets.map((secret) => () => secret)
  return { keys, size: keys.length, kids: [], knows: () => true, name: '' }
}

/** Public keys in PEM, for one algorithm. They have no names, so a token may say what it likes about which one it is. */
export function createPemKeySet(pems: readonly string[], algorithm: Algorithm): KeySet {
  const all = pems.map((pem) => createPublicKey(pem))
  const usable = all.filter((key) =>
    algorithmFor(key.export({ format: 'jwk' }) as JWK, [algorithm]),
  )
  const keys = usable.map((key) => () => key)
  // Each of them must be of use: nobody would find out about one that is not.
  const size = usable.length === all.length ? keys.length : 0
  return { keys, size, kids: [], knows: ({ alg }) => alg === algorithm, name: '' }
}

/** Two equal keys would be ambiguous to jose. */
function distinct(keys: readonly JWK[]): JWK[] {
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()]
}

function pinned(
  key: JsonObject,
  algorithms: readonly Algorithm[],
  onUnusable: (why: string) => void,
): JWK | undefined {
  const { kty, kid, use, alg, key_ops: operations, crv, n, e, x, y } = key
  if (use !== undefined && use !== 'sig') return undefined
  if (operations !== undefined && !isFor('verify', operations)) return undefined
  if (kid !== undefined && typeof kid !== 'string') {
    onUnusable("has a 'kid' that is no string")
    return undefined
  }
  const material = { kty, crv, n, e, x, y, alg, kid }
  const given = Object.entries(material).filter(([, value]) => value !== undefined)
  const jwk = Object.fromEntries(given) as unknown as JWK
  const algorithm = intendedAlgorithm(jwk, algorithms)
  if (algorithm === undefined) return undefined
  if (isSound(jwk)) return { ...jwk, alg: algorithm }
  onUnusable(`is no sound key for ${algorithm}`)
  return undefined
}

function isFor(operation: string, operations: unknown): boolean {
  return Array.isArray(operations) && operations.includes(operation)
}
