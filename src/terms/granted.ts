import type { Auth } from './auth.js'
import type { AuditNote, Grant } from './decision.js'
import { GRANT, type NodeMessage } from './message.js'
import { MisuseError } from './misuse.js'

/** For adapters: whose request this is. `where` names the call. @throws {MisuseError} `not_guarded` where no guard let it in. */
export function authIn(message: Pick<NodeMessage, typeof GRANT>, where: string): Auth {
  return grantIn(message, where).auth
}

/** For adapters: what a handler adds to the record of its request. @throws {MisuseError} `not_guarded` where no guard let it in. */
export function auditIn(message: Pick<NodeMessage, typeof GRANT>, where: string): AuditNote {
  return grantIn(message, where).audit
}

/** For adapters: the tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export function tenantIn(message: Pick<NodeMessage, typeof GRANT>, where: string): string {
  const { tenantId } = grantIn(message, where)
  if (tenantId !== undefined) return tenantId
  throw new MisuseError(
    'not_guarded',
    `${where}: no guard has asked for a tenant; put guard(gate, { tenant: { param: 'tenantId' } }) before this handler`,
  )
}

function grantIn({ [GRANT]: grant }: Pick<NodeMessage, typeof GRANT>, where: string): Grant {
  if (grant !== undefined) return grant
  throw new MisuseError(
    'not_guarded',
    `${where}: no guard let this request in; put guard(gate) before this handler`,
  )
}
