import * as z from 'zod/mini'
import { StoreError } from '../core/errors.js'
import type { Page } from '../keys/key-store.js'
import { understood } from '../lib/understood.js'
import { ACCESS_STATES, type AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'

const instant = z.pipe(
  z.iso.datetime(),
  z.transform((text) => new Date(text)),
)
const text = z.string()
const texts = z.array(text)
const optional = z.exactOptional(text)
const person = z.object({ id: text, name: optional, ownerId: optional, address: optional })
const terms = z.object({ id: text, version: text, digest: text })

const requestSchema = z.object({
  id: text,
  version: z.int().check(z.minimum(1)),
  ownerId: text,
  state: z.enum(ACCESS_STATES),
  useCase: text,
  environments: texts,
  scopes: texts,
  plan: optional,
  terms: z.array(terms),
  requestedAt: instant,
  dueAt: instant,
  until: z.exactOptional(instant),
  conditions: optional,
  steps: z.array(
    z.object({ state: z.enum(ACCESS_STATES), by: person, at: instant, reason: optional }),
  ),
} satisfies { readonly [Field in keyof Required<AccessRequest>]: z.ZodMiniType })

const acceptanceSchema = z.object({
  id: text,
  ownerId: text,
  terms,
  by: person,
  at: instant,
  recordedBy: z.exactOptional(person),
  until: z.exactOptional(instant),
  end: z.exactOptional(z.object({ by: person, at: instant, reason: optional })),
} satisfies { readonly [Field in keyof Required<Acceptance>]: z.ZodMiniType })

/** The request in a JSON text, as `JSON.stringify` has written it. @throws {StoreError} for what is none: it must not open anything */
export function accessRequestFrom(json: unknown): AccessRequest {
  return recordFrom(requestSchema, json, 'request for access')
}

/** The same of an acceptance. @throws {StoreError} */
export function acceptanceFrom(json: unknown): Acceptance {
  return recordFrom(acceptanceSchema, json, 'acceptance')
}

/** What `JSON.stringify` has written, read by a schema. @throws {StoreError} for what is no `what` */
export function recordFrom<T>(schema: z.ZodMiniType<T>, json: unknown, what: string): T {
  let value: unknown
  try {
    value = JSON.parse(String(json))
  } catch {
    throw new StoreError(`What is stored is no ${what}.`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new StoreError(`What is stored is no ${what}.`, { cause: parsed.error })
}

/** A place in a list, by a time in milliseconds and an id. */
export interface ListPlace {
  readonly at: number
  readonly id: string
}

/** How a row is read. */
export interface RowReader<Row, T> {
  /** The record in it. @throws {Error} for one that cannot be understood */
  readonly recordOf: (row: Row) => T
  readonly placeOf: (row: Row) => ListPlace
}

/**
 * A page of rows that were read up to one more than the page has: that one says whether there are more. A row that cannot be understood is left out:
 * the others are none the worse for it.
 * @param limit how many a page has
 */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  { recordOf, placeOf }: RowReader<Row, T>,
): Page<T> {
  const shown = rows.slice(0, limit)
  const items = understood(shown, recordOf)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, ...(more && { cursor: cursorFor(placeOf(last)) }) }
}

/** A place as a cursor. */
function cursorFor({ at, id }: ListPlace): string {
  return Buffer.from(`${String(at)} ${id}`).toString('base64url')
}

/** The place that a cursor of `pageOf` stands for; `undefined` for any other. */
export function placeIn(cursor: string): ListPlace | undefined {
  const [, at, id] = /^(-?\d{1,16}) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (at === undefined || id === undefined || /\0|\p{Cs}/u.test(id)) return undefined
  return { at: Number(at), id }
}

/** Which page of a list that is in memory. */
export interface PageOptions {
  readonly limit: number
  readonly cursor: string | undefined
  readonly order: 'newest' | 'oldest'
}

export function inOrder<T>(
  all: readonly T[],
  order: PageOptions['order'],
  placeOf: (one: T) => ListPlace,
): T[] {
  const sign = signOf(order)
  return [...all].sort((one, other) => sign * compare(placeOf(one), placeOf(other)))
}

/** @param all in order */
export function pageFrom<T>(
  all: readonly T[],
  { limit, cursor, order }: PageOptions,
  placeOf: (one: T) => ListPlace,
): Page<T> {
  const after = cursor === undefined ? undefined : placeIn(cursor)
  if (cursor !== undefined && after === undefined) return { items: [] }
  const sign = signOf(order)
  const rest = after ? all.filter((one) => sign * compare(placeOf(one), after) > 0) : all
  return pageOf(rest, limit, { recordOf: (record) => record, placeOf })
}

function signOf(order: PageOptions['order']): 1 | -1 {
  return order === 'newest' ? -1 : 1
}

function compare(one: ListPlace, other: ListPlace): number {
  if (one.at !== other.at) return one.at - other.at
  return one.id < other.id ? -1 : Number(one.id > other.id)
}
