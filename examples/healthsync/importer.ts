import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT, type JWK } from 'jose'
import type { ServiceAccount } from 'sallyport'
import { ISSUER } from './gate.js'

/** A program of a customer that imports records: it keeps its private key, and the API knows the public one. */
export function createImporter() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'ES256' } as JWK
  const account: ServiceAccount = {
    id: 'svc_importer',
    ownerId: 'org_importer',
    plan: 'premium',
    scopes: ['records:read'],
    jwks: { keys: [jwk] },
  }

  /** What it shows to get a token (RFC 7523 section 3): good for a minute, and once. */
  const assertion = () =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(account.id)
      .setSubject(account.id)
      .setAudience(ISSUER)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey)

  return { account, assertion }
}
