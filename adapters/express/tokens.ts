import { checkGate } from '../../src/index.js'
import type { Gate } from '../../src/index.js'
import { mountable } from './mountable.js'

/**
 * Short-lived tokens for keys.
 * @throws {MisuseError} at start-up, also where the gate issues none
 * @example app.use('/oauth/token', tokenEndpoint(gate))
 */
export function tokenEndpoint<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'tokenEndpoint')
  return mountable(gate, gate.endpoints.token())
}

/**
 * The public keys of the gate's tokens.
 * @throws {MisuseError} at start-up
 * @example app.use('/.well-known/jwks.json', jwksEndpoint(gate))
 */
export function jwksEndpoint<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'jwksEndpoint')
  return mountable(gate, gate.endpoints.jwks())
}

/**
 * Ends tokens before their time (RFC 7009).
 * @throws {MisuseError} at start-up
 * @example app.use('/oauth/revoke', revocationEndpoint(gate))
 */
export function revocationEndpoint<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'revocationEndpoint')
  return mountable(gate, gate.endpoints.revocation())
}
