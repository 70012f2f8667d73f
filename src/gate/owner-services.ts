import type { QuerySeen } from '../audit/audit.js'
import { createReadingShares } from '../audit/reading-shares.js'
import { tenantsHeldTo, type Auth } from '../core/auth.js'
import type { Catalogue } from '../core/catalogue.js'
import type { Endings } from '../core/request-end.js'
import { authorityOf } from '../keys/authority.js'
import { createHeldKeys } from '../keys/held-keys.js'
import type { KeyContext } from '../keys/key-context.js'
import type { Clock } from '../lib/clock.js'
import { lazily } from '../lib/lazily.js'
import { heldQuery } from './held-audit.js'
import type { OwnerServices } from './owner-endpoint.js'

interface OwnerContext {
  readonly querySeen: QuerySeen
  readonly catalogue: Catalogue
  readonly managedBy: (environment: string) => readonly string[]
  readonly contextFor: () => KeyContext
  readonly clock: Clock
  readonly endings: Endings
}

/** A caller reads what is of its own owner, in the environments whose keys it manages. */
export function createOwnerServices(
  context: OwnerContext,
): Pick<OwnerServices, 'keysOf' | 'auditOf' | 'shareReading'> {
  const { querySeen, catalogue, managedBy, contextFor, clock, endings } = context
  const authorityFor = (auth: Auth) => authorityOf(auth, {}, catalogue, managedBy)
  const shares = lazily(() => createReadingShares(clock, endings))
  return {
    shareReading: (reader, read, refuse) => shares()(reader, read, refuse),
    keysOf: (auth) => createHeldKeys(contextFor(), { auth, authority: authorityFor(auth) }),
    auditOf: (auth) => {
      const { environments } = authorityFor(auth)
      const reader = { ownerId: auth.ownerId, environments, tenants: tenantsHeldTo(auth) }
      return { query: heldQuery(querySeen, reader) }
    },
  }
}
