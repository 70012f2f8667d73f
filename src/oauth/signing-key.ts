import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto'
import type { JWK } from 'jose'
import { algorithmFor } from '../jwt/algorithms.js'
import { MAX_NAME } from '../jwt/bounds.js'

/** No token of a gate lives longer, whatever its options say. */
export const MAX_LIFETIME_MS = 86_400_000

/** How a gate signs: one of these, by the type of its key. */
export type SigningAlgorithm = 'RS256' | 'ES256' | 'EdDSA'

export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'ES256', 'EdDSA']

interface ReadKey {
  readonly alg: SigningAlgorithm
  /** Absent for a key that only verifies. */
  readonly privateKey: KeyObject | undefined
  readonly jwk: JWK
}

/** What is wrong with keys to sign with; `undefined`: nothing. Never with a part of a key. */
export function complaintAboutSigningKeys(given: readonly (JWK | string)[]): string | undefined {
  const keys = given.map(readSigningKey)
  if (keys.includes(undefined)) {
    return 'has one that cannot be used; give private keys for RS256 (from 2,048 bits), ES256 or EdDSA, as JWK (an object, not its text) or in PEM (PKCS #8)'
  }
  if (keys.length > 0 && keys[0]?.privateKey === undefined) {
    return 'begins with a public key; the first one signs, and must be private'
  }
  const names = keys.map((key) => key?.jwk.kid ?? key)
  return new Set(names).size < names.length ? 'has two keys with the same kid' : undefined
}

export function readSigningKey(input: JWK | string): ReadKey | undefined {
  try {
    const isPublic =
      typeof input === 'string' ? input.includes('-----BEGIN PUBLIC KEY-----') : !('d' in input)
    const form = typeof input === 'string' ? input : keyInput(input)
    const privateKey = isPublic ? undefined : createPrivateKey(form)
    const { kty, crv, n, e, x, y } = createPublicKey(privateKey ?? form).export({ format: 'jwk' })
    const { alg, kid } = typeof input === 'string' ? {} : input
    const members = Object.entries({ kty, crv, n, e, x, y, alg, kid })
    const jwk = Object.fromEntries(members.filter(([, value]) => value !== undefined)) as JWK
    const found = algorithmFor(jwk, SIGNING_ALGORITHMS)
    const algorithm = SIGNING_ALGORITHMS.find((each) => each === found)
    if (algorithm === undefined || !isName(kid)) return undefined
    return { alg: algorithm, privateKey, jwk }
  } catch {
    return undefined
  }
}

function keyInput(jwk: JWK): JsonWebKeyInput {
  return { key: { ...jwk }, format: 'jwk' }
}

function isName(kid: unknown): kid is string | undefined {
  if (kid === undefined) return true
  return typeof kid === 'string' && kid !== '' && Buffer.byteLength(kid) <= MAX_NAME
}
