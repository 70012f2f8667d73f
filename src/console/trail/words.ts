import type { OwnAuditEvent } from '../../audit/filter.js'
import type { Hide } from './hidden.js'

type KeyEvent = Extract<OwnAuditEvent, { kind: 'key' }>
type AccessEvent = Extract<OwnAuditEvent, { kind: 'access' }>

const ACTIONS: Readonly<Record<string, string>> = {
  create: 'Created',
  update: 'Changed',
  rotate: 'Rotated',
  revoke: 'Revoked',
  import: 'Imported',
}
const STEPS: ReadonlyMap<string, string> = new Map([
  ['request', 'Access requested'],
  ['approve', 'Access approved'],
  ['deny', 'Access denied'],
  ['suspend', 'Access suspended'],
  ['resume', 'Access resumed'],
  ['end', 'Access ended'],
  ['accept', 'Terms accepted'],
  ['withdraw', 'Agreement ended'],
])
const STANDINGS = { disabled: 'Paused', enabled: 'Resumed' } as const
/** What is kept of a pause with the key. */
const OF_STANDING = new Set(['disabledAt', 'disabledOverHttpAt', 'metadata', 'metadataOverHttp'])
/** Told apart by the gate alone: who may change what. */
const INTERNAL = new Set(['disabledOverHttpAt', 'metadataOverHttp', 'digest'])
const FIELDS: Readonly<Record<string, string>> = {
  allowedIps: 'addresses',
  disabledAt: 'paused or resumed',
  expiresAt: 'expiry',
  metadata: 'description',
  tenantIds: 'tenants',
}

/** What the record of a choice of reminders has where there are to be none. */
export const NO_REMINDERS = 'off'

/** Who it was is not told to customers. */
export const OPERATOR = 'an operator'

/** `Changed (name, expiry)`, or `Paused`. */
export function changeOf({ action, changed = [], standing }: KeyEvent): string {
  const what = standing === undefined ? (ACTIONS[action] ?? action) : STANDINGS[standing]
  const hidden = standing === undefined ? INTERNAL : OF_STANDING
  const others = changed.filter((name) => !hidden.has(name))
  if (action !== 'update' || others.length === 0) return what
  return `${what} (${others.map((name) => FIELDS[name] ?? name).join(', ')})`
}

/** `, because it was seen in a log`. */
export function whyOf({ why }: KeyEvent): string {
  return why === undefined ? '' : `, because: ${why}`
}

/** Who changed a key. */
export function changerOf({ by }: KeyEvent): string {
  if (by?.operator) return OPERATOR
  return by?.subject ?? by?.keyId ?? by?.clientId ?? 'the API itself'
}

/** Who sent a request. */
export function callerOf({ operator, keyId, subject, clientId }: AccessEvent): string {
  if (operator) return OPERATOR
  return keyId ?? subject ?? clientId ?? 'unknown'
}

function whatOf(event: OwnAuditEvent): string {
  if (event.kind === 'key') return `${changeOf(event)}: key ${event.keyId}${whyOf(event)}`
  if (event.kind === 'enrollment')
    return `${STEPS.get(event.action) ?? event.action}: ${event.subjectId}`
  const { method = '', path = '', phi, auditFilter, count = 1 } = event
  if (auditFilter !== undefined) return noteOf(auditFilter)
  const request = `${method} ${path}`.trim() || 'A check without HTTP'
  return `${request}${phi ? `, ${phi.resource}` : ''}${count > 1 ? `, ${String(count)} times` : ''}`
}

/** What came of a request or of a change. */
export const OUTCOME_WORDS: Readonly<Record<OwnAuditEvent['outcome'], string>> = {
  allowed: 'Allowed',
  denied: 'Denied',
  intended: 'Begun',
  made: 'Done',
  failed: 'Failed',
  unknown: 'May have failed',
}

/** What was done on the console, as it was recorded: most of it are looks at the audit log. */
function noteOf(filter: Readonly<Record<string, string>>): string {
  const { reminders, ...rest } = filter
  if (reminders === NO_REMINDERS) return 'Turned reminders off'
  if (reminders !== undefined) return `Turned reminders on: ${reminders} days before a key is due`
  const what =
    filter['signed'] !== undefined
      ? 'Signed a review'
      : filter['review'] === undefined
        ? 'Looked at the audit log'
        : 'Looked at a signed review'
  return `${what}${filterOf(rest)}`
}

/** ` (outcome denied)`. */
function filterOf(filter: Readonly<Record<string, string>>): string {
  const said = Object.entries(filter).map((pair) => pair.join(' '))
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

/** @param hide of an event that ids of records are hidden in; `undefined`: they are shown */
export function whatShown(event: OwnAuditEvent, hide: Hide | undefined): string {
  if (event.kind !== 'access') return whatOf(event)
  return hide === undefined ? `${whatOf(event)}${idsOf(event)}` : whatOf(hide(event))
}

/** `: pat_1, pat_2`. */
function idsOf({ phi, furtherPhi = [] }: Extract<OwnAuditEvent, { kind: 'access' }>): string {
  const ids = [phi, ...furtherPhi].flatMap((one) => one?.ids ?? [])
  return ids.length === 0 ? '' : `: ${ids.join(', ')}`
}

export function whoOf(event: OwnAuditEvent): string {
  if (event.kind === 'enrollment') {
    return event.by.operator ? OPERATOR : (event.by.name ?? event.by.subject ?? 'unknown')
  }
  return event.kind === 'key' ? changerOf(event) : callerOf(event)
}

/** Of a request or of a change: where it came from. */
export function addressOf(event: OwnAuditEvent): string {
  return event.client ?? ''
}

export function requestIdOf(event: OwnAuditEvent): string | undefined {
  return event.kind === 'enrollment' ? undefined : event.requestId
}
