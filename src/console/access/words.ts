import type { Access } from '../../access/access.js'
import type { AccessState } from '../../access/access-store.js'
import type { AccessPerson } from '../../access/person.js'
import type { Markup } from '../kit/html.js'
import { tag } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import type { PageRequest } from '../web/exchange.js'

/** @throws {Problem} 404 where the app has no `access`: its pages are not there then */
export function accessOf({ portal }: PageRequest): Access {
  const { access } = portal.options
  if (access === undefined) throw new Problem(404)
  return access
}

/** Who acts, for records of access. */
export function personOf({ user, address }: PageRequest): AccessPerson {
  const { id, name, ownerId } = user
  return { id, name: name.slice(0, 256), ownerId, ...(address !== undefined && { address }) }
}

const STATES = {
  none: ['off', 'Not asked for'],
  requested: ['warn', 'Waits for a decision'],
  approved: ['ok', 'Approved'],
  suspended: ['bad', 'Suspended'],
  denied: ['bad', 'Denied'],
  ended: ['off', 'Ended'],
} as const

export function stateOfAccess(state: AccessState | 'none'): Markup {
  const [tone, words] = STATES[state]
  return tag(tone, words)
}
