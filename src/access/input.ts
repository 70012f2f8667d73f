import * as z from 'zod/mini'
import { AccessError } from '../core/errors.js'
import { isIdentifier } from '../core/identifier.js'
import { PLAN_NAME } from '../core/names.js'
import { readInput } from '../lib/issue.js'
import { instant, keyFields, plainText } from '../keys/input.js'
import type { AccessPerson } from './person.js'

/** One spelling of a name that is compared character by character. */
const identifier = (max: number) =>
  z.string().check(z.refine((text) => isIdentifier(text, max), 'must be an id'))

const person = z.strictObject({
  id: identifier(1_024),
  name: z.exactOptional(plainText(256)),
  ownerId: z.exactOptional(identifier(1_024)),
  address: z.exactOptional(plainText(64)),
} satisfies { readonly [Field in keyof Required<AccessPerson>]: z.ZodMiniType })

const environments = z.array(keyFields().environment).check(z.minLength(1), z.maxLength(16))
const reason = plainText(1_000)
const terms = z.strictObject({
  id: identifier(64),
  version: identifier(64),
  digest: z.exactOptional(identifier(64)),
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

export const requestSchema = z.strictObject({
  ownerId: keyFields().ownerId,
  by: person,
  useCase: plainText(4_000),
  environments,
  scopes: z._default(keyFields().scopes, []),
  plan: z.exactOptional(z.string().check(z.regex(PLAN_NAME, 'must be the name of a plan'))),
  accept: z._default(z.array(terms).check(z.maxLength(16)), []),
})
export const approveSchema = z.strictObject({
  by: person,
  environments: z.exactOptional(environments),
  scopes: z.exactOptional(keyFields().scopes),
  plan: z.exactOptional(keyFields().plan),
  until: z.exactOptional(instant()),
  conditions: z.exactOptional(plainText(4_000)),
  reason: z.exactOptional(reason),
})
export const decideSchema = z.strictObject({ by: person, reason })
export const stepSchema = z.strictObject({ by: person, reason: z.exactOptional(reason) })
export const acceptSchema = z.strictObject({ ownerId: keyFields().ownerId, by: person, terms })
export const recordSchema = z.strictObject({
  ownerId: keyFields().ownerId,
  by: person,
  terms,
  recordedBy: person,
  at: z.exactOptional(instant()),
  until: z.exactOptional(instant()),
})
export const ofSchema = z.strictObject({
  ownerId: identifier(1_024),
  environments: z.exactOptional(z.array(z.string())),
})
export const pageFields = {
  ownerId: z.exactOptional(identifier(1_024)),
  limit: z.exactOptional(z.int().check(z.minimum(1), z.maximum(200))),
  cursor: z.exactOptional(z.string().check(z.maxLength(2_048))),
}

/** Input that has the form it must have, completed with its defaults. @throws {AccessError} `invalid_input` */
export function checked<T>(
  schema: z.ZodMiniType<T> & z.ZodMiniObject,
  input: unknown,
  where: string,
): T {
  return readInput(
    schema,
    input,
    (complaint) => new AccessError('invalid_input', `${where}: ${complaint}`),
  )
}
