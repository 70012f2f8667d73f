import * as v from 'valibot'
import { AccessError } from '../core/errors.js'
import { isIdentifier } from '../core/identifier.js'
import { PLAN_NAME } from '../core/names.js'
import { readInput } from '../lib/issue.js'
import { instant, keyFields, plainText } from '../keys/input.js'
import type { AccessPerson } from './person.js'
import { wholeNumber, shortList } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

/** One spelling of a name that is compared character by character. */
const identifier = (max: number) =>
  v.pipe(
    v.string(),
    v.check((text) => isIdentifier(text, max), 'must be an id'),
  )

const person = strictObject({
  id: identifier(1_024),
  name: v.exactOptional(plainText(256)),
  ownerId: v.exactOptional(identifier(1_024)),
  address: v.exactOptional(plainText(64)),
} satisfies { readonly [Field in keyof Required<AccessPerson>]: v.GenericSchema })

const environments = v.pipe(shortList(keyFields().environment, 16), v.minLength(1))
const reason = plainText(1_000)
const terms = strictObject({
  id: identifier(64),
  version: identifier(64),
  digest: v.exactOptional(identifier(64)),
})

/** Terms that somebody accepts, as they were shown. */
export interface AcceptedTerms {
  readonly id: string
  readonly version: string
  /** SHA-256 of the text that was shown, in base64url; compared where it is given. */
  readonly digest?: string
}

/** What an owner asks for. */
export interface RequestAccessInput {
  readonly ownerId: string
  /** Who asks. */
  readonly by: AccessPerson
  /** What the API is to be used for: 1 to 4,000 characters. */
  readonly useCase: string
  /** At least one. */
  readonly environments: readonly string[]
  /** Those that the keys may have. Default: none are named, and keys may have any. */
  readonly scopes?: readonly string[]
  readonly plan?: string
  /** Terms that are accepted with the request. Default: none. */
  readonly accept?: readonly AcceptedTerms[]
}

/** How an approver decides. */
export interface ApproveInput {
  /** The approver; never of the owner that asked. */
  readonly by: AccessPerson
  /** Some of those that were asked for. Default: all. */
  readonly environments?: readonly string[]
  /** Default: those that were asked for. */
  readonly scopes?: readonly string[]
  /** The plan of new keys; one of the gate's. Default: what was asked for. */
  readonly plan?: string
  /** When the approval ends. Default: it has no end. */
  readonly until?: Date
  /** What it is bound to: 1 to 4,000 characters, for the owner to read. */
  readonly conditions?: string
  /** 1 to 1,000 characters, for the owner to read. */
  readonly reason?: string
}

/** A decision with a reason: 1 to 1,000 characters, for the owner to read. */
export interface DecideInput {
  readonly by: AccessPerson
  readonly reason: string
}

/** A step that needs no reason. */
export interface StepInput {
  readonly by: AccessPerson
  readonly reason?: string
}

/** Terms that an owner accepts. */
export interface AcceptInput {
  readonly ownerId: string
  /** Who accepts, and from where. */
  readonly by: AccessPerson
  readonly terms: AcceptedTerms
}

/** An agreement that was signed elsewhere. */
export interface RecordAgreementInput extends AcceptInput {
  /** Who writes it down; `by` has signed it. */
  readonly recordedBy: AccessPerson
  /** When it was signed. Default: now. */
  readonly at?: Date
  /** When it ends. Default: it has no end. */
  readonly until?: Date
}

export const requestSchema = strictObject({
  ownerId: keyFields().ownerId,
  by: person,
  useCase: plainText(4_000),
  environments,
  scopes: v.optional(keyFields().scopes, []),
  plan: v.exactOptional(v.pipe(v.string(), v.regex(PLAN_NAME, 'must be the name of a plan'))),
  accept: v.optional(shortList(terms, 16), []),
})
export const approveSchema = strictObject({
  by: person,
  environments: v.exactOptional(environments),
  scopes: v.exactOptional(keyFields().scopes),
  plan: v.exactOptional(keyFields().plan),
  until: v.exactOptional(instant()),
  conditions: v.exactOptional(plainText(4_000)),
  reason: v.exactOptional(reason),
})
export const decideSchema = strictObject({ by: person, reason })
export const stepSchema = strictObject({ by: person, reason: v.exactOptional(reason) })
export const acceptSchema = strictObject({ ownerId: keyFields().ownerId, by: person, terms })
export const recordSchema = strictObject({
  ownerId: keyFields().ownerId,
  by: person,
  terms,
  recordedBy: person,
  at: v.exactOptional(instant()),
  until: v.exactOptional(instant()),
})
export const ofSchema = strictObject({
  ownerId: identifier(1_024),
  environments: v.exactOptional(v.array(v.string())),
})
export const pageFields = {
  ownerId: v.exactOptional(identifier(1_024)),
  limit: v.exactOptional(wholeNumber(1, 200)),
  cursor: v.exactOptional(v.pipe(v.string(), v.maxCodePoints(2_048))),
}

const BY = "by: { id: 'user_1' }"
const TERMS = "terms: { id: 'baa', version: '2030-01' }"

/** How each call is written: shown where something of it is missing. */
const EXAMPLES = {
  'access.request': `access.request({ ownerId: 'org_1', ${BY}, useCase: 'Billing', environments: ['live'], scopes: ['read:orders'] })`,
  'access.approve': `access.approve(request.id, { ${BY} })`,
  'access.deny': `access.deny(request.id, { ${BY}, reason: 'No agreement yet' })`,
  'access.suspend': `access.suspend(request.id, { ${BY}, reason: 'Key leaked' })`,
  'access.resume': `access.resume(request.id, { ${BY} })`,
  'access.end': `access.end(request.id, { ${BY} })`,
  'access.get': 'access.get(request.id)',
  'access.list': "access.list({ ownerId: 'org_1', limit: 50 })",
  'access.of': "access.of('org_1', ['live'])",
  'access.agreements.accept': `access.agreements.accept({ ownerId: 'org_1', ${BY}, ${TERMS} })`,
  'access.agreements.record': `access.agreements.record({ ownerId: 'org_1', ${BY}, ${TERMS}, recordedBy: { id: 'user_2' } })`,
  'access.agreements.withdraw': `access.agreements.withdraw(agreement.id, { ${BY} })`,
  'access.agreements.get': 'access.agreements.get(agreement.id)',
  'access.agreements.list': "access.agreements.list({ ownerId: 'org_1', limit: 50 })",
} as const

/** Input that has the form it must have, completed with its defaults. @throws {AccessError} `invalid_input` */
export function checked<T>(
  schema: v.GenericSchema<unknown, T> & { readonly entries: object },
  input: unknown,
  where: keyof typeof EXAMPLES,
): T {
  return readInput(
    schema,
    input,
    EXAMPLES[where],
    (complaint) => new AccessError('invalid_input', `${where}: ${complaint}`),
  )
}

/** The id of a request or an agreement. Refuses what is no text: a store would only say that it has no such id. @throws {AccessError} `invalid_input` */
export function checkedId(id: unknown, where: keyof typeof EXAMPLES): string {
  if (typeof id === 'string') return id
  throw new AccessError('invalid_input', `${where}: must be given an id; write ${EXAMPLES[where]}`)
}
