import { createPublicKey } from 'node:crypto'
import type { JWK } from 'jose'
import { isRoca } from './roca.js'

/** What each algorithm is used with: RFC 7518 section 3.1, RFC 8037, RFC 9864. */
const KEYS = {
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' },
} as const

/** Bytes that a secret must have at least: RFC 7518 section 3.2, as long as the hash. */
const SECRET_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const

export type PublicAlgorithm = keyof typeof KEYS
export type SecretAlgorithm = keyof typeof SECRET_BYTES

/** How a token may be signed: the fully specified names, and `EdDSA`. There is no `none`. */
export type Algorithm = PublicAlgorithm | SecretAlgorithm

export const PUBLIC_ALGORITHMS = Object.keys(KEYS) as readonly PublicAlgorithm[]

export const ALGORITHMS: readonly Algorithm[] = [
  ...PUBLIC_ALGORITHMS,
  ...(Object.keys(SECRET_BYTES) as SecretAlgorithm[]),
]

export function isSecretAlgorithm(algorithm: Algorithm): algorithm is SecretAlgorithm {
  return algorithm in SECRET_BYTES
}

export function secretBytesOf(algorithm: SecretAlgorithm): number {
  return SECRET_BYTES[algorithm]
}

/** RFC 7518 section 3.3. Beyond the upper bound, one signature costs too much to check. */
const RSA_BITS = { least: 2_048, most: 8_192 }

/**
 * The one algorithm that a public key is for: the one that it names, or the first of these that it fits. `undefined` for a key that no token may be
 * checked with.
 */
export function algorithmFor(
  key: JWK,
  algorithms: readonly Algorithm[],
): PublicAlgorithm | undefined {
  const algorithm = intendedAlgorithm(key, algorithms)
  return algorithm !== undefined && isSound(key) ? algorithm : undefined
}

/** The same by its kind and name alone: whether it is a sound key is not looked at. */
export function intendedAlgorithm(
  key: JWK,
  algorithms: readonly Algorithm[],
): PublicAlgorithm | undefined {
  const { alg } = key
  return algorithms.find((algorithm): algorithm is PublicAlgorithm => {
    if (isSecretAlgorithm(algorithm) || (alg !== undefined && alg !== algorithm)) return false
    return isOfKind(key, KEYS[algorithm])
  })
}

function isOfKind(key: JWK, wanted: { readonly kty: string; readonly crv?: string }): boolean {
  return key.kty === wanted.kty && (wanted.crv === undefined || key.crv === wanted.crv)
}

/** Whether it is a key at all: a point on its curve; a modulus that is long enough and of no broken generator, an exponent that is odd and not small. */
export function isSound(key: JWK): boolean {
  try {
    const { asymmetricKeyDetails: details } = createPublicKey({ key: { ...key }, format: 'jwk' })
    if (key.kty !== 'RSA') return true
    const { modulusLength = 0, publicExponent = 0n } = details ?? {}
    if (isRoca(BigInt(`0x${Buffer.from(key.n ?? '', 'base64url').toString('hex')}`))) return false
    if (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most) return false
    return publicExponent >= 65_537n && publicExponent % 2n === 1n && publicExponent < 2n ** 32n
  } catch {
    return false
  }
}
