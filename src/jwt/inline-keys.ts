import { isSecretAlgorithm, type Algorithm } from './algorithms.js'
import { createKeySet, createPemKeySet, createSecretKeySet, type KeySet } from './key-set.js'
import type { JsonObject } from './strict-json.js'

/** Keys as the option says them. */
export interface InlineKeys {
  readonly algorithms: readonly Algorithm[]
  readonly jwks?: JsonObject | undefined
  readonly publicKey?: readonly string[] | undefined
  readonly secret?: readonly (string | Uint8Array)[] | undefined
}

/** Keys that are given with the option; `undefined` where they are to be asked for. @throws {KeySetError} */
export function inlineKeys(given: InlineKeys): KeySet | undefined {
  const { algorithms, jwks, publicKey, secret } = given
  if (secret !== undefined) return createSecretKeySet(secret.map((each) => Buffer.from(each)))
  const [algorithm] = algorithms
  if (publicKey !== undefined && algorithm) return createPemKeySet(publicKey, algorithm)
  return jwks && createKeySet(jwks, algorithms)
}

/** Whether these algorithms are all for a secret, or all for public keys; `undefined`: some of each. */
export function secrecyOf(algorithms: readonly Algorithm[]): boolean | undefined {
  const secret = algorithms.filter(isSecretAlgorithm).length
  if (secret === 0) return false
  return secret === algorithms.length ? true : undefined
}
