import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT, type JWK } from 'jose'
import type { IssuerOptions } from 'sallyport'
import { ISSUER } from './gate.js'

/** The authorization server where users sign in. What it gives to apps is made here without it. */
export function createLogin() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'login-1' } as JWK
  const name = 'https://auth.healthsync.example'
  const issuer: IssuerOptions = {
    issuer: name,
    audience: ISSUER,
    algorithms: ['RS256'],
    jwks: { keys: [jwk] },
    // Each user is a customer with a plan of its own.
    identify: ({ sub }) =>
      typeof sub === 'string' ? { ownerId: `user:${sub}`, plan: 'plus' } : undefined,
  }

  /** An access token as RFC 9068 has it, for an hour. */
  const token = (subject: string, scope: string) =>
    new SignJWT({ client_id: 'health-app', scope })
      .setProtectedHeader({ alg: 'RS256', kid: 'login-1', typ: 'at+jwt' })
      .setIssuer(name)
      .setAudience(ISSUER)
      .setSubject(subject)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(privateKey)

  return { issuer, token }
}
