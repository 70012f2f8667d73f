import type { Auth } from './auth.js'
import type { AnyGrant, AuditNote } from './decision.js'
import { MisuseError } from './errors.js'
import { GRANT, type NodeMessage } from './request.js'

/** What a guard leaves on a message. */
export type Granted = Pick<NodeMessage, typeof GRANT>

/** For adapters: the message of a context such as Koa's; nothing where the app gave no context, which `authIn` then says. */
export function messageOf<T>(context: { readonly req: T } | undefined): T | undefined {
  return context?.req
}

/** What `authOf` can be asked for. */
export interface AuthOptions {
  /** `true`: `undefined` for a request that a guard with `optional` let in without a caller. Default: `false`, such a request is an error. */
  readonly optional: boolean
}

/**
 * For adapters: whose request this is. `where` names the call.
 * @throws {MisuseError} `not_guarded` where no guard let it in, or one let it in without a caller and the call does not say `optional`
 */
export function authIn(message: Granted | undefined, where: string): Auth
export function authIn(
  message: Granted | undefined,
  where: string,
  options: AuthOptions | undefined,
): Auth | undefined
export function authIn(
  message: Granted | undefined,
  where: string,
  options?: AuthOptions,
): Auth | undefined {
  const { auth } = grantIn(message, where)
  if (auth !== undefined || options?.optional === true) return auth
  throw new MisuseError(
    'not_guarded',
    `${where}: a guard with 'optional' let this request in without a caller; write ${where.replace(')', ', { optional: true })')}, or put guard(gate) before this handler`,
  )
}

/** For adapters: what a handler adds to the record of its request. @throws {MisuseError} `not_guarded` where no guard let it in. */
export function auditIn(message: Granted | undefined, where: string): AuditNote {
  return grantIn(message, where).audit
}

/** For adapters: the tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export function tenantIn(message: Granted | undefined, where: string): string {
  const { tenantId } = grantIn(message, where)
  if (tenantId !== undefined) return tenantId
  throw new MisuseError(
    'not_guarded',
    `${where}: no guard has asked for a tenant; put guard(gate, { tenant: { param: 'tenantId' } }) before this handler`,
  )
}

function grantIn(message: Granted | undefined, where: string): AnyGrant {
  const grant = message?.[GRANT]
  if (grant !== undefined) return grant
  throw new MisuseError(
    'not_guarded',
    `${where}: no guard let this request in; put guard(gate) before this handler`,
  )
}
