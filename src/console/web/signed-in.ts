import type { GateRequest } from '../../core/request.js'
import { lazily } from '../../lib/lazily.js'
import { createUnknownScopes } from '../../telemetry/unknown-scopes.js'
import type { Permission } from '../options.js'
import type { Portal } from '../portal.js'
import type { CheckedUser } from '../user.js'
import type { SignedIn } from './respond.js'
import { findUser } from './sign-in.js'
import { staleForm } from './take-form.js'

const OF_LOG: ReadonlySet<Permission> = new Set(['audit:view', 'review:sign'])

/** What people who have signed in may do. */
export interface SignIns {
  readonly signedAs: (user: CheckedUser) => SignedIn
  /** A form may take its time to come: meanwhile, the person may have signed out, or may do less. @throws {Problem} 403 */
  readonly signedNow: (request: GateRequest, before: SignedIn) => Promise<SignedIn>
}

export function createSignIns({ options, gates }: Portal): SignIns {
  const isDevelopment = process.env['NODE_ENV'] !== 'production'
  const tellUnknown = isDevelopment ? lazily(() => createUnknownScopes(gates.scopes())) : undefined

  function signedAs(user: CheckedUser): SignedIn {
    const allowed = options.roles.get(user.role)
    for (const scope of gates.unknownScopes(user.scopes)) {
      tellUnknown?.()(scope, 'console', "What 'user' of the console returns")
    }
    // As of a key that is held to resources, no page of the log says which of them a record is about.
    const isKept = (permission: Permission) =>
      user.resources !== undefined && OF_LOG.has(permission)
    return { user, can: (permission) => allowed?.has(permission) === true && !isKept(permission) }
  }

  return {
    signedAs,
    async signedNow(request, { user: before }) {
      const user = await findUser(options, request)
      const isSame =
        user !== undefined &&
        (['id', 'ownerId', 'sessionId'] as const).every((name) => user[name] === before[name])
      if (!isSame) throw staleForm()
      return signedAs(user)
    },
  }
}
