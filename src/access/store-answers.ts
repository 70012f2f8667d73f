import * as z from 'zod/mini'
import { StoreError } from '../core/errors.js'
import type { Page } from '../keys/key-store.js'
import { ACCESS_STATES, type AccessChanges, type AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'

/*
 * A store of an app's own may answer with anything, and one that compares texts loosely with what belongs to another owner. An answer counts where it is one, to this very
 * question: what a decision rests on is looked at here, once for all stores.
 */

const text = z.string()
const texts = z.array(text)
const optionalDate = z.optional(z.date())
const step = z.looseObject({
  state: z.enum(ACCESS_STATES),
  by: z.looseObject({ id: text }),
  at: z.date(),
})

const request = z.looseObject({
  ...{ id: text, version: z.int(), ownerId: text, state: z.enum(ACCESS_STATES) },
  ...{ environments: texts, scopes: texts, plan: z.optional(text), steps: z.array(step) },
  ...{ requestedAt: z.date(), dueAt: z.date(), until: optionalDate },
})
const acceptance = z.looseObject({
  ...{ id: text, ownerId: text, at: z.date(), until: optionalDate },
  terms: z.looseObject({ id: text, version: text, digest: text }),
})
const changes = z.object({ revision: text, ownerIds: z.exactOptional(texts) })
const lasting = z.extend(acceptance, { end: z.optional(z.undefined()) })

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
  const parsed = changes.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new StoreError("The store answered 'changes' with no revision.")
}

function listOf(schema: z.ZodMiniType, ownerId: string, answer: unknown): unknown {
  const isOwn = (one: unknown) =>
    schema.safeParse(one).success && (one as { ownerId: unknown }).ownerId === ownerId
  if (Array.isArray(answer) && answer.every(isOwn)) return answer
  throw new StoreError('The store answered with what is no record of this owner.')
}

function pageOf(schema: z.ZodMiniType, ownerId: string | undefined, answer: unknown): unknown {
  const page = z.object({ items: z.array(schema), cursor: z.optional(text) }).safeParse(answer)
  const isOwn = (one: unknown) =>
    ownerId === undefined || (one as { ownerId: unknown }).ownerId === ownerId
  if (page.success && page.data.items.every(isOwn)) return answer
  throw new StoreError('The store answered with what is no page of these records.')
}

function oneOf(schema: z.ZodMiniType, id: string, answer: unknown): unknown {
  if (answer === undefined) return undefined
  if (schema.safeParse(answer).success && (answer as { id: unknown }).id === id) return answer
  throw new StoreError('The store answered with another record than the one that was asked for.')
}
