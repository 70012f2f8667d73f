import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { AccessError, StoreError } from '../core/errors.js'
import type { Page } from '../keys/key-store.js'
import { base62Of } from '../lib/base62.js'
import type { Acceptance, AcceptanceFilter } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import {
  acceptSchema,
  checked,
  checkedId,
  pageFields,
  recordSchema,
  stepSchema,
  type AcceptedTerms,
  type AcceptInput,
  type RecordAgreementInput,
  type StepInput,
} from './input.js'
import { checkApprover } from './approver.js'
import { acceptanceOf } from './status.js'
import { strictObject } from '../lib/schema-objects.js'

const ID_LENGTH = 22
/** Acceptances of one owner and terms that are looked through for one that says the same. */
const LOOKED_THROUGH = 200

/** Acceptances of terms: `access.agreements`. Every call throws a StoreError when a store fails. */
export interface Agreements {
  /**
   * An owner accepts terms in the version that holds now. Accepted already: the acceptance that there is.
   * @throws {AccessError} `invalid_input`, `unknown_agreement`; `terms_not_accepted` for another version or text, and for terms that only the operator records
   */
  accept(input: AcceptInput): Promise<Acceptance>
  /**
   * Records an agreement that was signed elsewhere, of any version that counts. Recorded already, with the same beginning and end: the acceptance that there is.
   * @throws {AccessError} `invalid_input`, `unknown_agreement`; `terms_not_accepted` for a version that does not count; `own_request`, `approver_suspended` by the organization of `recordedBy`
   */
  record(input: RecordAgreementInput): Promise<Acceptance>
  /**
   * Ends an acceptance before its time. An owner may end its own.
   * @throws {AccessError} `invalid_input`, `unknown_acceptance`; `approver_suspended` by the organization of `by`; `wrong_state` where it was ended before
   */
  withdraw(id: string, input: StepInput): Promise<Acceptance>
  get(id: string): Promise<Acceptance | undefined>
  /** Newest first, in pages. @throws {AccessError} `invalid_input` */
  list(filter?: AcceptanceFilter): Promise<Page<Acceptance>>
}

const listSchema = strictObject({
  terms: v.exactOptional(v.string()),
  ...pageFields,
})

export function createAgreements(context: AccessContext): Agreements {
  const { stores, clock } = context

  async function find(id: string): Promise<Acceptance> {
    const found = await stores.agreements.find(id)
    if (found !== undefined) return found
    throw new AccessError('unknown_acceptance', `There is no acceptance '${id.slice(0, 64)}'.`)
  }

  return Object.freeze<Agreements>({
    async accept(input) {
      const { ownerId, by, terms } = checked(acceptSchema, input, 'access.agreements.accept')
      const known = acceptableTerms(context, terms)
      // Another instance may have ended it a moment ago.
      const facts = await context.owners.findNow(ownerId)
      const earlier = acceptanceOf(facts, known, clock())
      if (earlier?.terms.version === known.version) return earlier
      return insertOnce(context, { ownerId, by, terms: versionOf(known), at: new Date(clock()) })
    },
    async record(input) {
      const given = checked(recordSchema, input, 'access.agreements.record')
      const { terms, at = new Date(clock()), ...rest } = given
      const { ownerId, recordedBy } = rest
      const known = termsNamed(context, terms.id)
      const { version, digest = version === known.version ? known.digest : '' } = terms
      if (version !== known.version && !known.alsoAccepted.includes(version)) {
        throw otherVersion(known)
      }
      if (recordedBy.ownerId === ownerId) {
        const message = 'Nobody records an agreement of their own organization.'
        throw new AccessError('own_request', message)
      }
      await checkApprover(context, recordedBy)
      const fields = { ...rest, terms: { id: known.id, version, digest }, at }
      return insertOnce(context, fields, given.at)
    },
    async withdraw(id, input) {
      checkedId(id, 'access.agreements.withdraw')
      const step = checked(stepSchema, input, 'access.agreements.withdraw')
      const { ownerId, terms } = await find(id)
      if (step.by.ownerId !== ownerId) await checkApprover(context, step.by)
      const end = { ...step, at: new Date(clock()) }
      const event = { action: 'withdraw', subjectId: id, ownerId, terms, by: step.by } as const
      const done = await context.record(event, () => stores.agreements.end(id, end), Boolean)
      if (!done) throw new AccessError('wrong_state', `The acceptance '${id}' was ended before.`)
      return find(id)
    },
    get: async (id) => stores.agreements.find(checkedId(id, 'access.agreements.get')),
    list: async (filter = {}) =>
      stores.agreements.list(checked(listSchema, filter, 'access.agreements.list')),
  })
}

/**
 * Stores an acceptance, unless there is one that says the same. Those who come at one moment find the same id for it, in any instance and any store: one of them stores it.
 * @param said when it began, where that was said
 * @throws {StoreError}
 */
async function insertOnce(
  context: AccessContext,
  fields: Omit<Acceptance, 'id'>,
  said?: Date,
): Promise<Acceptance> {
  const { ownerId, terms, until } = fields
  const filter = { ownerId, terms: terms.id, limit: LOOKED_THROUGH }
  const { items } = await context.stores.agreements.list(filter)
  const same = items.find((one) => saysTheSame(one, fields, said))
  if (same !== undefined) {
    // Another instance may have stored it a moment ago.
    context.owners.forget(ownerId)
    return same
  }
  let before = items[0]?.id
  for (let attempt = 0; attempt < LOOKED_THROUGH; attempt++) {
    const { version, digest } = terms
    const times = [until, said].map((date) => date?.getTime())
    const name = JSON.stringify([ownerId, terms.id, version, digest, times, before])
    const hash = createHash('sha256').update(name).digest()
    const acceptance = { id: `agr_${base62Of(hash, ID_LENGTH)}`, ...fields }
    if (await insert(context, acceptance)) return acceptance
    const present = await context.stores.agreements.find(acceptance.id)
    if (present !== undefined && present.end === undefined) return present
    before = acceptance.id
  }
  throw new StoreError('No place was found for an acceptance.')
}

/** Of two who accept at once, the clocks may differ: what began a moment later says the same. */
function saysTheSame(one: Acceptance, fields: Omit<Acceptance, 'id'>, said?: Date): boolean {
  const { terms, until, end, recordedBy, at } = one
  return (
    end === undefined &&
    (recordedBy === undefined) === (fields.recordedBy === undefined) &&
    terms.version === fields.terms.version &&
    terms.digest === fields.terms.digest &&
    until?.getTime() === fields.until?.getTime() &&
    (said === undefined || said.getTime() === at.getTime())
  )
}

function insert(context: AccessContext, acceptance: Acceptance): Promise<boolean> {
  const { id: subjectId, ownerId, terms } = acceptance
  const by = acceptance.recordedBy ?? acceptance.by
  return context.record(
    { action: 'accept', subjectId, ownerId, terms, by },
    () => context.stores.agreements.insert(acceptance),
    Boolean,
  )
}

/** @throws {AccessError} `unknown_agreement` */
function termsNamed({ terms }: AccessContext, id: string): Terms {
  const known = terms.get(id)
  if (known !== undefined) return known
  const names = [...terms.keys()].join(', ') || 'none'
  throw new AccessError('unknown_agreement', `There are no terms '${id}'; known are: ${names}.`)
}

/** The terms that an owner may accept so: what is accepted is the text that holds now. @throws {AccessError} `unknown_agreement`, `terms_not_accepted` */
export function acceptableTerms(
  context: AccessContext,
  { id, version, digest }: AcceptedTerms,
): Terms {
  const known = termsNamed(context, id)
  if (known.acceptedBy === 'operator') {
    const message = `'${known.id}' is signed elsewhere, and recorded by the provider of this API.`
    throw new AccessError('terms_not_accepted', message)
  }
  if (version !== known.version) throw otherVersion(known)
  if (digest !== undefined && digest !== known.digest) {
    const message = `The text of '${known.id}' has changed. Read it again before you accept it.`
    throw new AccessError('terms_not_accepted', message)
  }
  return known
}

function otherVersion({ id, version }: Terms): AccessError {
  return new AccessError('terms_not_accepted', `The version of '${id}' that holds is ${version}.`)
}

function versionOf({ id, version, digest }: Terms) {
  return { id, version, digest }
}
