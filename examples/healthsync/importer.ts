import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto'
import { SignJWT, type JWK } from 'jose'
import type { ServiceAccount } from 'sallyport'
import { ISSUER } from './gate.js'

const ID = 'svc_importer'

/** A program of a customer that imports records: it keeps its private key, and the API knows the public one. */
export function importerAccount(privateKey: string): ServiceAccount {
  const publicKey = createPublicKey(createPrivateKey(privateKey))
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'EdDSA' } as JWK
  return {
    id: ID,
    ownerId: 'org_importer',
    plan: 'premium',
    scopes: ['records:read'],
    jwks: { keys: [jwk] },
  }
}

/** What it shows to get a token (RFC 7523 section 3): good for a minute, and once. */
export function signAssertion(privateKey: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(ID)
    .setSubject(ID)
    .setAudience(ISSUER)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(createPrivateKey(privateKey))
}
