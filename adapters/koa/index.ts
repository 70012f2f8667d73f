import { auditIn, authIn, checkGate, messageOf, tenantIn } from '../../src/index.js'
import type {
  AccessRequirement,
  Auth,
  AuthOptions,
  Gate,
  KeyEndpointsRequirement,
} from '../../src/index.js'
import { mountable } from './mountable.js'
import type { KoaContext, RoutedContext } from './types.js'

export { mountConsole } from './console.js'
export { descriptionEndpoint } from './description.js'
export { errors, notFound } from './errors.js'
export { guard } from './guard.js'
export { auditEndpoints, usageEndpoints } from './reading.js'
export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'

/**
 * Create, list, show, update, rotate and revoke keys over JSON.
 * @example app.use(mount('/v1/keys', keyEndpoints(gate, { scopes: ['manage:keys'] })))
 */
export function keyEndpoints<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: KeyEndpointsRequirement<NoInfer<S>, C>,
) {
  checkGate(gate, 'keyEndpoints')
  return mountable(gate, gate.endpoints.keys(requirement))
}

/**
 * Ask for access, accept terms, decide.
 * @throws {MisuseError} at start-up, also where the gate has no `access`
 * @example app.use(mount('/v1/access', accessEndpoints(gate, { scopes: ['manage:keys'], approverScopes: ['approve:access'] })))
 */
export function accessEndpoints<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: AccessRequirement<NoInfer<S>, C>,
) {
  checkGate(gate, 'accessEndpoints')
  return mountable(gate, gate.endpoints.access(requirement))
}

/**
 * Who the caller is.
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export function authOf(ctx: KoaContext): Auth
/**
 * Who the caller is, behind a guard with `optional`; `undefined` for a request without credentials.
 * @example const owner = authOf(ctx, { optional: true })?.ownerId
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export function authOf(ctx: KoaContext, options: AuthOptions): Auth | undefined
export function authOf(ctx: KoaContext, options?: AuthOptions): Auth | undefined {
  return authIn(messageOf(ctx), 'authOf(ctx)', options)
}

/**
 * What a handler adds to the audit record of its request.
 * @throws {MisuseError} `not_guarded` as above
 * @example await auditOf(ctx).phi({ resource: 'Patient', action: 'read', ids: [ctx.params.id] })
 */
export function auditOf(ctx: KoaContext) {
  return auditIn(messageOf(ctx), 'auditOf(ctx)')
}

/**
 * The tenant that a guard has verified.
 * @throws {MisuseError} `not_guarded` where no guard has asked for one.
 * @example const patients = await patientsOf(tenantOf(ctx))
 */
export function tenantOf(ctx: KoaContext): string {
  return tenantIn(messageOf(ctx), 'tenantOf(ctx)')
}
