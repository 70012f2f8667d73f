import type { ActingAudit, Audit, QuerySeen } from '../audit/audit.js'
import type { Trail } from '../audit/trail.js'
import type { Reader } from '../audit/visible-records.js'
import { tenantsHeldTo, type AppAuth } from '../core/auth.js'
import type { Catalogue } from '../core/catalogue.js'
import type { CheckedActor } from '../core/gate-actor.js'
import { authorityOf } from '../keys/authority.js'
import type { KeyEndpointsContext } from '../keys/http/context.js'
import { checkedKeys } from '../keys/checked-keys.js'
import { createHeldKeys } from '../keys/held-keys.js'
import { createKeys, type Keys } from '../keys/keys.js'
import type { KeyRuntime } from '../keys/runtime.js'
import type { Tokens } from '../oauth/tokens.js'
import { heldQuery, notedAudit } from './held-audit.js'
import { notSupported } from './held-tokens.js'

/** What a person or a service does with a gate: `gate.as(actor)`. */
export interface ActingGate<S extends string = string> {
  /** As `gate.keys`; records of changes say who made them, and so do new keys (`createdBy`). */
  readonly keys: Keys<S>
  readonly tokens: Tokens<S>
  readonly audit: ActingAudit
}

export interface ActAsContext<S extends string> extends Pick<
  KeyRuntime<object>,
  'contextFor' | 'heldContextFor'
> {
  readonly catalogue: Catalogue
  readonly managedBy: KeyEndpointsContext<S>['managedBy']
  readonly audit: Audit
  readonly querySeen: QuerySeen
  readonly view: Trail['view'] | undefined
}

const HELD_TO_RESOURCES = "audit.query: who is held to 'resources' does not read the audit log"

export function createActAs<S extends string>(
  context: ActAsContext<S>,
): (actor: CheckedActor) => Omit<ActingGate<S>, 'tokens'> {
  const { audit, querySeen, view } = context

  function queryOf(held: AppAuth): ActingAudit['query'] {
    if (held.resources === undefined) return heldQuery(querySeen, readerOf(held))
    // A key with resources gets 403: a record may be about any resource.
    return () => Promise.reject(notSupported(HELD_TO_RESOURCES))
  }

  return ({ held, ...by }) => {
    if (held === undefined) {
      const noted = notedAudit(audit, view, by)
      return Object.freeze({
        keys: checkedKeys(createKeys<S>(context.contextFor(by))),
        audit: noted,
      })
    }
    const authority = authorityOf(held, {}, context.catalogue, context.managedBy)
    const holder = { auth: held, authority, environments: authority.environments }
    const own = context.heldContextFor(by, { ownerId: held.ownerId })
    return Object.freeze({
      keys: checkedKeys(createHeldKeys<S>(own, holder)),
      audit: notedAudit({ ...audit, query: queryOf(held) }, view, by),
    })
  }
}

function readerOf(held: AppAuth): Reader {
  const { ownerId, environments = [held.environment] } = held
  return { ownerId, environments, tenants: tenantsHeldTo(held) }
}
