import { checkGate } from '../../src/index.js'
import type { Gate } from '../../src/index.js'
import { mountable } from './mountable.js'

/** Short-lived tokens for keys: `app.use('/v1/auth/token', tokenEndpoint(gate))`. @throws {MisuseError} at start-up, also where the gate issues none */
export function tokenEndpoint<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'tokenEndpoint')
  return mountable(gate, gate.endpoints.token())
}

/** The public keys of the gate's tokens: `app.use('/.well-known/jwks.json', jwksEndpoint(gate))`. @throws {MisuseError} at start-up */
export function jwksEndpoint<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'jwksEndpoint')
  return mountable(gate, gate.endpoints.jwks())
}

/** Ends tokens before their time (RFC 7009): `app.use('/v1/auth/revoke', revocationEndpoint(gate))`. @throws {MisuseError} at start-up */
export function revocationEndpoint<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'revocationEndpoint')
  return mountable(gate, gate.endpoints.revocation())
}
