import * as v from 'valibot'
import { StoreError } from '../core/errors.js'
import type { Page } from '../keys/key-store.js'
import { storedInstant } from '../lib/instants.js'
import { told, describeIssue } from '../lib/issue.js'
import { understood } from '../lib/readable-rows.js'
import { ACCESS_STATES, type AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { plainObject } from '../lib/schema-objects.js'

const instant = storedInstant()
const text = v.string()
const texts = v.array(text)
const optional = v.exactOptional(text)
const person = plainObject({ id: text, name: optional, ownerId: optional, address: optional })
const terms = plainObject({ id: text, version: text, digest: text })

const requestSchema = plainObject({
  id: text,
  version: wholeNumber(1),
  ownerId: text,
  state: v.picklist(ACCESS_STATES),
  useCase: text,
  environments: texts,
  scopes: texts,
  plan: optional,
  terms: v.array(terms),
  requestedAt: instant,
  dueAt: instant,
  until: v.exactOptional(instant),
  conditions: optional,
  steps: v.array(
    plainObject({ state: v.picklist(ACCESS_STATES), by: person, at: instant, reason: optional }),
  ),
} satisfies { readonly [Field in keyof Required<AccessRequest>]: v.GenericSchema })

const acceptanceSchema = plainObject({
  id: text,
  ownerId: text,
  terms,
  by: person,
  at: instant,
  recordedBy: v.exactOptional(person),
  until: v.exactOptional(instant),
  end: v.exactOptional(plainObject({ by: person, at: instant, reason: optional })),
} satisfies { readonly [Field in keyof Required<Acceptance>]: v.GenericSchema })

/** The request in a JSON text, as `JSON.stringify` has written it. @throws {StoreError} for what is none: it must not open anything */
export function accessRequestFrom(json: unknown): AccessRequest {
  return recordFrom(requestSchema, json, 'request for access')
}

/** The same of an acceptance. @throws {StoreError} */
export function acceptanceFrom(json: unknown): Acceptance {
  return recordFrom(acceptanceSchema, json, 'acceptance')
}

/** What `JSON.stringify` has written, read by a schema. @throws {StoreError} for what is no `what` */
export function recordFrom<T>(schema: v.GenericSchema<unknown, T>, json: unknown, what: string): T {
  let value: unknown
  try {
    value = JSON.parse(String(json))
  } catch {
    throw new StoreError(`What is stored is no ${what}.`)
  }
  const parsed = v.safeParse(schema, value, told)
  if (parsed.success) return parsed.output
  throw new StoreError(`What is stored is no ${what}.`, {
    cause: new Error(describeIssue(parsed.issues, [])),
  })
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
