import * as v from 'valibot'
import { StoreError } from '../core/errors.js'
import type { Page } from '../keys/key-store.js'
import { ACCESS_STATES, type AccessChanges, type AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { looseObject, plainObject } from '../lib/schema-objects.js'

/*
 * A store of an app's own may answer with anything, and one that compares texts loosely with what belongs to another owner. An answer counts where it is one, to this very
 * question: what a decision rests on is looked at here, once for all stores.
 */

const text = v.string()
const texts = v.array(text)
const optionalDate = v.optional(v.date())
const step = looseObject({
  state: v.picklist(ACCESS_STATES),
  by: looseObject({ id: text }),
  at: v.date(),
})

const request = looseObject({
  ...{ id: text, version: wholeNumber(), ownerId: text, state: v.picklist(ACCESS_STATES) },
  ...{ environments: texts, scopes: texts, plan: v.optional(text), steps: v.array(step) },
  ...{ requestedAt: v.date(), dueAt: v.date(), until: optionalDate },
})
const accepted = {
  ...{ id: text, ownerId: text, at: v.date(), until: optionalDate },
  terms: looseObject({ id: text, version: text, digest: text }),
}
const acceptance = looseObject(accepted)
const changes = plainObject({ revision: text, ownerIds: v.exactOptional(texts) })
const lasting = looseObject({ ...accepted, end: v.optional(v.undefined()) })

/** The requests of this owner. @throws {StoreError} for what is no request, or another owner's */
export function requestsOf(ownerId: string): (answer: unknown) => readonly AccessRequest[] {
  return (answer) => listOf(request, ownerId, answer) as readonly AccessRequest[]
}

/** The acceptances of this owner that were not ended. @throws {StoreError} as `requestsOf` */
export function acceptancesOf(ownerId: string): (answer: unknown) => readonly Acceptance[] {
  return (answer) => listOf(lasting, ownerId, answer) as readonly Acceptance[]
}

/** The request that was asked for. @throws {StoreError} for another one, and for what is none */
export function requestWith(id: string): (answer: unknown) => AccessRequest | undefined {
  return (answer) => oneOf(request, id, answer) as AccessRequest | undefined
}

/** A page of requests, of the owner that was asked for. @throws {StoreError} as `requestsOf` */
export function requestPage(ownerId: string | undefined): (answer: unknown) => Page<AccessRequest> {
  return (answer) => pageOf(request, ownerId, answer) as Page<AccessRequest>
}

/** The same of acceptances. @throws {StoreError} */
export function acceptancePage(ownerId: string | undefined): (answer: unknown) => Page<Acceptance> {
  return (answer) => pageOf(acceptance, ownerId, answer) as Page<Acceptance>
}

/** The acceptance that was asked for. @throws {StoreError} as `requestWith` */
export function acceptanceWith(id: string): (answer: unknown) => Acceptance | undefined {
  return (answer) => oneOf(acceptance, id, answer) as Acceptance | undefined
}

/** Whether a change was made. @throws {StoreError} for what is neither yes nor no */
export function verdictOf(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new StoreError('The store answered a change with neither true nor false.')
}

/** @throws {StoreError} for what would stay the same whatever changes */
export function changesOf(answer: unknown): AccessChanges {
  const parsed = v.safeParse(changes, answer)
  if (parsed.success) return parsed.output
  throw new StoreError("The store answered 'changes' with no revision.")
}

function listOf(schema: v.GenericSchema, ownerId: string, answer: unknown): unknown {
  const isOwn = (one: unknown) =>
    v.safeParse(schema, one).success && (one as { ownerId: unknown }).ownerId === ownerId
  if (Array.isArray(answer) && answer.every(isOwn)) return answer
  throw new StoreError('The store answered with what is no record of this owner.')
}

function pageOf(schema: v.GenericSchema, ownerId: string | undefined, answer: unknown): unknown {
  const page = v.safeParse(
    plainObject({ items: v.array(schema), cursor: v.optional(text) }),
    answer,
  )
  const isOwn = (one: unknown) =>
    ownerId === undefined || (one as { ownerId: unknown }).ownerId === ownerId
  if (page.success && page.output.items.every(isOwn)) return answer
  throw new StoreError('The store answered with what is no page of these records.')
}

function oneOf(schema: v.GenericSchema, id: string, answer: unknown): unknown {
  if (answer === undefined) return undefined
  if (v.safeParse(schema, answer).success && (answer as { id: unknown }).id === id) return answer
  throw new StoreError('The store answered with another record than the one that was asked for.')
}
