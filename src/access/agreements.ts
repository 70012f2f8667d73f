import * as z from 'zod/mini'
import { AccessError } from '../core/errors.js'
import type { Page } from '../keys/key-store.js'
import { randomBase62 } from '../lib/base62.js'
import type { Acceptance, AcceptanceFilter } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import {
  acceptSchema,
  checked,
  pageFields,
  recordSchema,
  stepSchema,
  type AcceptedTerms,
  type AcceptInput,
  type RecordAgreementInput,
  type StepInput,
} from './input.js'
import { acceptanceOf } from './status.js'

const ID_LENGTH = 22

/** Acceptances of terms: `access.agreements`. Every call throws a StoreError when a store fails. */
export interface Agreements {
  /**
   * An owner accepts terms in the version that holds now. Accepted already: the acceptance that there is.
   * @throws {AccessError} `invalid_input`, `unknown_agreement`; `terms_not_accepted` for another version or text, and for terms that only the operator records
   */
  accept(input: AcceptInput): Promise<Acceptance>
  /** Records an agreement that was signed elsewhere, of any version that counts. @throws {AccessError} `invalid_input`, `unknown_agreement` */
  record(input: RecordAgreementInput): Promise<Acceptance>
  /** Ends an acceptance before its time. @throws {AccessError} `invalid_input`, `unknown_acceptance`, `wrong_state` where it was ended before */
  withdraw(id: string, input: StepInput): Promise<Acceptance>
  get(id: string): Promise<Acceptance | undefined>
  /** Newest first, in pages. @throws {AccessError} `invalid_input` */
  list(filter?: AcceptanceFilter): Promise<Page<Acceptance>>
}

const listSchema = z.strictObject({
  terms: z.exactOptional(z.string()),
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
      const known = termsNamed(context, terms.id)
      checkAccepted(known, terms)
      const facts = await context.owners.find(ownerId)
      const earlier = acceptanceOf(facts, known, clock())
      if (earlier?.terms.version === known.version) return earlier
      return insert(context, { ownerId, by, terms: versionOf(known), at: new Date(clock()) })
    },
    async record(input) {
      const given = checked(recordSchema, input, 'access.agreements.record')
      const { terms, at = new Date(clock()), ...rest } = given
      const known = termsNamed(context, terms.id)
      const { version, digest = version === known.version ? known.digest : '' } = terms
      if (version !== known.version && !known.alsoAccepted.includes(version)) {
        throw otherVersion(known)
      }
      return insert(context, { ...rest, terms: { id: known.id, version, digest }, at })
    },
    async withdraw(id, input) {
      const step = checked(stepSchema, input, 'access.agreements.withdraw')
      const { ownerId, terms } = await find(id)
      const end = { ...step, at: new Date(clock()) }
      const event = { action: 'withdraw', subjectId: id, ownerId, terms, by: step.by } as const
      const done = await context.record(event, () => stores.agreements.end(id, end), Boolean)
      if (!done) throw new AccessError('wrong_state', `The acceptance '${id}' was ended before.`)
      return find(id)
    },
    get: async (id) => stores.agreements.find(id),
    list: async (filter = {}) =>
      stores.agreements.list(checked(listSchema, filter, 'access.agreements.list')),
  })
}

async function insert(context: AccessContext, fields: Omit<Acceptance, 'id'>): Promise<Acceptance> {
  const acceptance = { id: `agr_${randomBase62(ID_LENGTH)}`, ...fields }
  const { id: subjectId, ownerId, terms } = acceptance
  const by = acceptance.recordedBy ?? acceptance.by
  await context.record(
    { action: 'accept', subjectId, ownerId, terms, by },
    () => context.stores.agreements.insert(acceptance),
    () => true,
  )
  return acceptance
}

/** @throws {AccessError} `unknown_agreement` */
function termsNamed({ terms }: AccessContext, id: string): Terms {
  const known = terms.get(id)
  if (known !== undefined) return known
  const names = [...terms.keys()].join(', ') || 'none'
  throw new AccessError('unknown_agreement', `There are no terms '${id}'; known are: ${names}.`)
}

/** What is accepted is the text that holds now. @throws {AccessError} */
function checkAccepted(known: Terms, { version, digest }: AcceptedTerms): void {
  if (known.acceptedBy === 'operator') {
    const message = `'${known.id}' is signed elsewhere, and recorded by the provider of this API.`
    throw new AccessError('terms_not_accepted', message)
  }
  if (version !== known.version) throw otherVersion(known)
  if (digest !== undefined && digest !== known.digest) {
    const message = `The text of '${known.id}' has changed. Read it again before you accept it.`
    throw new AccessError('terms_not_accepted', message)
  }
}

function otherVersion({ id, version }: Terms): AccessError {
  return new AccessError('terms_not_accepted', `The version of '${id}' that holds is ${version}.`)
}

function versionOf({ id, version, digest }: Terms) {
  return { id, version, digest }
}
