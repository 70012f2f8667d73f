import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { CompactSign, type JWK } from 'jose'
import { createGate, type FindIssuer, type GateOptions, type IssuerOptions } from 'sallyport'
import { failuresInto } from '../failures.js'

export const ISSUER = 'https://login.example.com'
export const AUDIENCE = 'https://api.example.com'
/** The clock of all gates here, in seconds. */
export const NOW = 1_900_000_000

/** What tokens are signed with. */
interface Signer {
  readonly alg: string
  readonly kid: string
  readonly privateKey: KeyObject | Uint8Array
}

/** A key pair of an issuer, and the public key as it publishes it. */
export interface Pair extends Signer {
  readonly privateKey: KeyObject
  readonly jwk: JWK
}

export function createPair(alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA', kid: string): Pair {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } as JWK
  return { alg, kid, privateKey: pair.privateKey, jwk }
}

/** What RFC 9068 asks for, and a scope. */
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  client_id: 'app-1',
  iat: NOW - 10,
  exp: NOW + 300,
  jti: 'token-1',
  scope: 'read:orders',
}

/** A token of this text, whatever it says. */
export function signText(
  payload: string | Uint8Array,
  { privateKey, alg, kid }: Signer,
  header: object = {},
): Promise<string> {
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
  return new CompactSign(bytes)
    .setProtectedHeader({ typ: 'at+jwt', alg, kid, ...header })
    .sign(privateKey)
}

export function signToken(claims: object, pair: Signer, header: object = {}): Promise<string> {
  return signText(JSON.stringify({ ...CLAIMS, ...claims }), pair, header)
}

/** Options of an issuer with this key. */
export function issuerWith(pair: Pair, options: Partial<IssuerOptions> = {}): IssuerOptions {
  return {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: [pair.alg as 'RS256'],
    jwks: { keys: [pair.jwk] },
    ...options,
  }
}

const SCOPES = ['read:orders', 'write:orders'] as const

/** A gate with these issuers, and what it told `onError`. */
export function openGate(
  issuers: readonly IssuerOptions[] | FindIssuer,
  options: Partial<GateOptions<(typeof SCOPES)[number]>> = {},
) {
  const errors: unknown[] = []
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: SCOPES,
    clock: () => NOW * 1_000,
    onError: failuresInto(errors),
    ...options,
    issuers,
  })
  const verdict = async (token: string) => {
    const decision = await gate.verify(token)
    return decision.allowed ? 'allowed' : decision.reason
  }
  return { gate, errors, verdict }
}
