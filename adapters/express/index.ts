import { auditIn, authIn, checkGate, tenantIn } from '../../src/index.js'
import type {
  AccessRequirement,
  Auth,
  AuthOptions,
  Gate,
  KeyEndpointsRequirement,
} from '../../src/index.js'
import { mountable } from './mountable.js'
import type { ExpressRequest, RoutedRequest } from './types.js'

export { mountConsole } from './console.js'
export { descriptionEndpoint } from './description.js'
export { errors, notFound } from './errors.js'
export { guard } from './guard.js'
export { auditEndpoints, usageEndpoints } from './reading.js'
export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'

/**
 * Create, list, show, update, rotate and revoke keys over JSON.
 * @example app.use('/v1/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
 */
export function keyEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement: KeyEndpointsRequirement<NoInfer<S>, R>,
) {
  checkGate(gate, 'keyEndpoints')
  return mountable(gate, gate.endpoints.keys(requirement))
}

/**
 * Ask for access, accept terms, decide.
 * @throws {MisuseError} at start-up, also where the gate has no `access`
 * @example app.use('/v1/access', accessEndpoints(gate, { scopes: ['manage:keys'], approverScopes: ['approve:access'] }))
 */
export function accessEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement: AccessRequirement<NoInfer<S>, R>,
) {
  checkGate(gate, 'accessEndpoints')
  return mountable(gate, gate.endpoints.access(requirement))
}

/**
 * Who the caller is.
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export function authOf(req: ExpressRequest): Auth
/**
 * Who the caller is, behind a guard with `optional`; `undefined` for a request without credentials.
 * @example const owner = authOf(req, { optional: true })?.ownerId
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export function authOf(req: ExpressRequest, options: AuthOptions): Auth | undefined
export function authOf(req: ExpressRequest, options?: AuthOptions): Auth | undefined {
  return authIn(req, 'authOf(req)', options)
}

/**
 * What a handler adds to the audit record of its request.
 * @throws {MisuseError} `not_guarded` as above
 * @example await auditOf(req).phi({ resource: 'Patient', action: 'read', ids: [req.params.id] })
 */
export function auditOf(req: ExpressRequest) {
  return auditIn(req, 'auditOf(req)')
}

/**
 * The tenant that a guard has verified.
 * @throws {MisuseError} `not_guarded` where no guard has asked for one.
 * @example const patients = await patientsOf(tenantOf(req))
 */
export function tenantOf(req: ExpressRequest): string {
  return tenantIn(req, 'tenantOf(req)')
}
