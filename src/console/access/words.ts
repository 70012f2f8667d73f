import type { Access } from '../../access/access.js'
import type { AccessState } from '../../access/access-store.js'
import type { AccessPerson } from '../../access/person.js'
import { labelOf } from '../../core/display-name.js'
import type { AccessError } from '../../core/errors.js'
import type { Mistakes } from '../kit/fields.js'
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
  const { id, ownerId } = user
  const name = labelOf(user.name)
  const named = name !== undefined && { name }
  return { id, ...named, ownerId, ...(address !== undefined && { address }) }
}

const STATES = {
  none: ['off', 'Not asked for'],
  requested: ['warn', 'Waits for a decision'],
  approved: ['ok', 'Approved'],
  suspended: ['bad', 'Suspended'],
  denied: ['bad', 'Denied'],
  ended: ['off', 'Ended'],
} as const

/** What was done when a request came into a state. */
export const STEPS: Readonly<Record<AccessState, string>> = {
  requested: 'Asked for',
  approved: 'Approved',
  suspended: 'Suspended',
  denied: 'Denied',
  ended: 'Ended',
}

const LABELS: Readonly<Record<string, string>> = {
  environments: 'The environments',
  scopes: 'The scopes',
  plan: 'The plan',
  until: 'The end',
  conditions: 'The conditions',
  reason: 'The reason',
  useCase: 'The use',
}
const MISSING: Readonly<Record<string, string>> = {
  environments: 'Choose at least one environment.',
  reason: 'Say why: the organization sees it.',
}
const FIELDS: Readonly<Record<string, string>> = { useCase: 'use_case' }

/** `access.approve: 'until' must lie in the future` is about the field of that name. */
export function mistakesOf({ message }: AccessError): Mistakes {
  const [, name, text] = /^[\w.]+: '(\w+)[^']*' (.*)$/s.exec(message) ?? []
  const label = LABELS[name ?? '']
  if (name === undefined || label === undefined) return new Map([['', message]])
  const isMissing = text?.startsWith('must have at least 1 ') === true
  const words = (isMissing ? MISSING[name] : undefined) ?? `${label} ${text ?? ''}.`
  return new Map([[FIELDS[name] ?? name, words]])
}

export function stateOfAccess(state: AccessState | 'none'): Markup {
  const [tone, words] = STATES[state]
  return tag(tone, words)
}
