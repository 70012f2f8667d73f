import { MisuseError } from '../core/errors.js'
import { PHI_ACTIONS, type PhiAccess } from '../core/phi.js'
import type { AgreementNote } from '../core/policy.js'
import type { Cleaner } from '../core/redaction.js'
import type { GateRequest } from '../core/request.js'
import { asciiJson } from './chain.js'
import type { AccessRecord } from './record.js'

const MAX_RESOURCE = 64
const MAX_KINDS = 8
const MAX_IDS = 1_000
const MAX_ID = 128
const MAX_NAME = 256
/** As written: half of what the longest line has, so that all else has room in it. */
const MAX_BYTES = 2_097_152

/** Health information that a request touches. */
export interface PhiAccesses {
  readonly kinds: readonly PhiAccess[]
  /** What its ids take in a record. */
  readonly bytes: number
}

export const NOTHING: PhiAccesses = { kinds: [], bytes: 0 }

/** With what is told of it now; what is told again of one kind is put together. */
export function withAccess(accesses: PhiAccesses, access: PhiAccess, clean: Cleaner): PhiAccesses {
  const { kinds } = accesses
  const resource = clean(access.resource, MAX_RESOURCE)
  const { action } = access
  const same = kinds.findIndex((one) => one.resource === resource && one.action === action)
  const ids = new Set(kinds[same]?.ids)
  let { bytes } = accesses
  for (const given of access.ids ?? []) {
    const id = clean(given, MAX_ID)
    if (ids.has(id)) continue
    ids.add(id)
    bytes += asciiJson(id).length + 1
  }
  const entry = { resource, action, ...(ids.size > 0 && { ids: [...ids] }) }
  return { kinds: same === -1 ? [...kinds, entry] : kinds.with(same, entry), bytes }
}

/** What a record has of them. */
export function membersOf(
  [phi, ...furtherPhi]: readonly PhiAccess[],
  isSynthetic: boolean,
): Pick<AccessRecord, 'phi' | 'furtherPhi' | 'synthetic'> {
  return {
    ...(phi !== undefined && { phi }),
    ...(furtherPhi.length > 0 && { furtherPhi }),
    ...(isSynthetic && { synthetic: true }),
  }
}

/** The agreements on which it was let in, as a record has them. */
export function shownAgreements(
  agreements: readonly AgreementNote[],
  clean: Cleaner,
): readonly AgreementNote[] {
  return agreements.map(({ id, version }) => ({
    ...{ id: clean(id, MAX_NAME), version: clean(version, MAX_NAME) },
  }))
}

/** What a handler tells, checked before any of it is looked at. @throws {MisuseError} */
export function checkPhi(access: PhiAccess): void {
  const given = Object(access) as Partial<Record<keyof PhiAccess, unknown>>
  const { resource, action, ids = [] } = given
  if (typeof resource !== 'string') refuse("'resource' must be a text, such as 'Patient'")
  if (!PHI_ACTIONS.some((known) => known === action)) {
    refuse(`'action' must be one of ${PHI_ACTIONS.map((known) => `'${known}'`).join(', ')}`)
  }
  if (!Array.isArray(ids)) refuse("'ids' must be a list of texts")
  const list: readonly unknown[] = ids
  if (list.length > MAX_IDS) refuse(`'ids' must be at most ${String(MAX_IDS)}`)
  if (!list.every((id) => typeof id === 'string')) refuse("'ids' must be a list of texts")
}

/** What one record has room for: more would be acknowledged and not be there. @throws {MisuseError} */
export function checkAccesses({ kinds, bytes }: PhiAccesses): void {
  if (kinds.length > MAX_KINDS) {
    refuse(`a request may tell of at most ${String(MAX_KINDS)} kinds of health information`)
  }
  if (kinds.some(({ ids = [] }) => ids.length > MAX_IDS)) {
    refuse(`a request may tell of at most ${String(MAX_IDS)} ids of one kind`)
  }
  if (bytes > MAX_BYTES) {
    const bound = `at most ${String(MAX_BYTES)} bytes`
    refuse(`the ids of a request may take ${bound}, of which one that is not ASCII takes 6`)
  }
}

function refuse(what: string): never {
  throw new MisuseError('invalid_option', `auditOf().phi: ${what}`)
}

/** What the path of a request names, where the parameter is there. */
export function idsIn(request: GateRequest | undefined, param: string): readonly string[] {
  const params = request?.framework?.params()
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, param)) return []
  const id = (params as Record<string, unknown>)[param]
  return typeof id === 'string' ? [id] : []
}
