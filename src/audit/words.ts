import type { PhiAccess } from '../core/phi.js'
import type { AgreementNote } from '../core/policy.js'
import {
  AUDIT_KINDS,
  type AccessRecord,
  type ChainedRecord,
  type EnrollmentRecord,
  type KeyChangeRecord,
} from './record.js'

/** A record that tells of an event: an access, a change of a key, or a step of an organization's access. */
export type EventRecord = Extract<ChainedRecord, AccessRecord | KeyChangeRecord | EnrollmentRecord>

export function isEvent(record: ChainedRecord | undefined): record is EventRecord {
  return AUDIT_KINDS.some((kind) => kind === record?.kind)
}

type Access = Extract<EventRecord, AccessRecord>
type KeyChange = Extract<EventRecord, KeyChangeRecord>
type Enrollment = Extract<EventRecord, EnrollmentRecord>

/** What each word of an access says alike. The rest is known later, or grows: see `growsFrom`. */
const SAME_OF_ACCESS = [
  ...['id', 'time', 'method', 'path', 'client', 'peer', 'userAgent', 'count', 'until'],
] as readonly (keyof Access)[]

/** Who asked: alike as well, unless nobody was known. */
const CALLER = [
  ...['environment', 'ownerId', 'keyId', 'issuer', 'tokenId', 'clientId', 'subject', 'app'],
] as readonly (keyof Access)[]

/** How it ended: alike once its client has gone. */
const END = ['status', 'aborted', 'latencyMs'] as readonly (keyof Access)[]

/** What a word has that is told after the answer, and its place in the chain. */
const GROWS: ReadonlySet<string> = new Set([
  ...([
    'phi',
    'furtherPhi',
    'synthetic',
    'agreements',
    'seq',
    'prev',
    'hash',
  ] satisfies (keyof Access)[]),
])

/** What both words of a change of a key say alike: all but its outcome. */
const SAME_OF_CHANGE = [
  ...['id', 'time', 'action', 'keyId', 'ownerId', 'environment', 'changed', 'successorId'],
  ...['standing', 'why', 'by', 'requestId'],
] as readonly (keyof KeyChange)[]

const SAME_OF_ENROLLMENT = [
  ...['id', 'time', 'action', 'subjectId', 'ownerId', 'environments', 'terms', 'by', 'client'],
] as readonly (keyof Enrollment)[]

/** Whether the client has gone: all is said of the event, unless its handler has more to tell. */
export function isAborted(event: EventRecord): boolean {
  return event.kind === 'access' && event.aborted === true
}

/** Whether it was let in and has been answered: all is said of it, unless its handler tells of health information after that. */
export function isAnswered(event: EventRecord): boolean {
  return event.kind === 'access' && event.outcome === 'allowed' && isComplete(event)
}

/** Whether all is said of an event: no later word of it holds but of health information. Of a request whose client has gone, a handler that goes on may have more to tell. */
export function isComplete(event: EventRecord): boolean {
  if (event.kind !== 'access') return event.outcome !== 'intended'
  return event.status !== undefined && !isAborted(event)
}

/**
 * Whether a record is a later word of an event: of one that is not complete, and without taking back anything that was said; of one that was answered, with
 * further health information and nothing else. That it is of the same chain is for the caller to see.
 */
export function isLaterWord(event: EventRecord, later: EventRecord): boolean {
  if (event.writer !== later.writer || event.seq >= later.seq) return false
  if (isComplete(event)) return isAnswered(event) && isAnswered(later) && addsTouched(event, later)
  if (event.kind === 'access' && later.kind === 'access') {
    return SAME_OF_ACCESS.every((name) => event[name] === later[name]) && growsFrom(event, later)
  }
  if (event.kind === 'key' && later.kind === 'key') {
    return SAME_OF_CHANGE.every((name) => isAlike(event[name], later[name]))
  }
  if (event.kind !== 'enrollment' || later.kind !== 'enrollment') return false
  return SAME_OF_ENROLLMENT.every((name) => isAlike(event[name], later[name]))
}

/** Both were written by the same code: their members have one order. */
function isAlike(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A later guard may find the caller or the tenant, ask for further scopes, or refuse; a handler may tell of further health information. */
function growsFrom(event: Access, later: Access): boolean {
  return (
    // A refusal after all may be another answer, with an id of its own.
    (later.outcome === 'denied' || event.requestId === later.requestId) &&
    (event.outcome === later.outcome || event.outcome === 'allowed') &&
    (event.environment === undefined || CALLER.every((name) => event[name] === later[name])) &&
    (event.tenantId === undefined || event.tenantId === later.tenantId) &&
    (event.aborted === undefined || END.every((name) => event[name] === later[name])) &&
    includesAll(later.scopesAsked, event.scopesAsked) &&
    includesAll(later.oauthSteps, event.oauthSteps) &&
    includesAll(later.agreements?.map(spelled), event.agreements?.map(spelled)) &&
    touchedIn(event).every((one) => touchedIn(later).some((other) => isWithin(one, other)))
  )
}

/** What is told after an answer: nothing of the answer, and nothing of who asked, is said anew. */
function addsTouched(event: EventRecord, later: EventRecord): boolean {
  if (event.kind !== 'access' || later.kind !== 'access') return false
  const [one, other] = [event, later].map((word) =>
    Object.entries(word).filter(([name]) => !GROWS.has(name)),
  )
  return isAlike(one, other) && growsFrom(event, later)
}

function spelled({ id, version }: AgreementNote): string {
  return JSON.stringify([id, version])
}

function touchedIn({ phi, furtherPhi = [] }: Access): readonly PhiAccess[] {
  return phi === undefined ? furtherPhi : [phi, ...furtherPhi]
}

function isWithin(one: PhiAccess, other: PhiAccess): boolean {
  const isSame = one.resource === other.resource && one.action === other.action
  return isSame && includesAll(other.ids, one.ids)
}

function includesAll(all: readonly string[] = [], some: readonly string[] = []): boolean {
  const known = new Set(all)
  return some.every((text) => known.has(text))
}
