import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { describeIssue, telling, told } from '../lib/issue.js'
import { functionOf, objectWith } from '../lib/schema-kinds.js'
import type { AccessStore, TermsVersion } from './access-store.js'
import type { AgreementStore } from './agreement-store.js'
import type { AccessOptions, TermsOptions } from './options.js'

const TERMS_NAME = /^[a-z][a-z0-9-]{0,63}$/
const DIGEST = /^[\w-]{43}$/

const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max))
const day = z.iso.date({ error: "must be a day such as '2026-12-25'" })

const terms = z.strictObject({
  version: text(64),
  text: z.optional(z.string().check(z.minLength(1))),
  digest: z.optional(
    z.string().check(z.regex(DIGEST, 'must be SHA-256 of the text in base64url, 43 characters')),
  ),
  title: z.optional(text(256)),
  url: z.optional(text(2_048)),
  alsoAccepted: z._default(z.array(text(64)), []),
  required: z._default(z.boolean(), true),
  environments: z.optional(z.array(text(64))),
  phi: z._default(z.boolean(), false),
  acceptedBy: z._default(z.enum(['owner', 'operator']), 'owner'),
})

const schema = z.strictObject({
  store: objectWith<AccessStore>(
    ['insert', 'find', 'ofOwner', 'replace', 'list', 'changes'],
    'must be an access store, such as createMemoryAccessStore()',
  ),
  agreements: objectWith<AgreementStore>(
    ['insert', 'find', 'ofOwner', 'end', 'list', 'changes'],
    'must be an agreement store, such as createMemoryAgreementStore()',
  ),
  terms: z._default(z.record(z.string(), terms), {}),
  reviewDays: z._default(z.int().check(z.minimum(1), z.maximum(60)), 2),
  holidays: z._default(z.array(day), []),
  eligible: z.optional(
    functionOf<NonNullable<AccessOptions['eligible']>>('must be a function of an owner'),
  ),
  clock: z.optional(functionOf<Clock>('must be a function that returns milliseconds')),
})

/** Terms that were checked. */
export interface Terms extends TermsVersion, Pick<TermsOptions, 'title' | 'url' | 'environments'> {
  /** Earlier versions that still count. */
  readonly alsoAccepted: readonly string[]
  readonly required: boolean
  readonly phi: boolean
  readonly acceptedBy: 'owner' | 'operator'
}

/** Checks every option by name. @throws {MisuseError} */
export function checkAccessOptions(options: AccessOptions) {
  const parsed = schema.safeParse(options, told)
  if (!parsed.success) throw wrongOption(parsed.error)
  const { terms: given, ...rest } = parsed.data
  const all = Object.entries(given).map(([id, each]) => [id, termsOf(id, each)] as const)
  return { ...rest, terms: new Map(all) }
}

function termsOf(id: string, given: z.infer<typeof terms>): Terms {
  if (!TERMS_NAME.test(id)) {
    throw misuse(
      `'terms' has '${id}'; a name is 1 to 64 lower-case letters, digits and -, a letter first`,
    )
  }
  const { version, text: whole, digest, title, url, environments, ...rest } = given
  if ((whole === undefined) === (digest === undefined)) {
    throw misuse(`'terms.${id}' needs 'text' or 'digest', one of both`)
  }
  return Object.freeze({
    ...rest,
    ...{ id, version },
    digest:
      digest ??
      createHash('sha256')
        .update(whole ?? '')
        .digest('base64url'),
    ...(title !== undefined && { title }),
    ...(url !== undefined && { url }),
    ...(environments !== undefined && { environments }),
  })
}

function wrongOption(error: z.core.$ZodError): MisuseError {
  const issue = telling(error)
  const inTerms = issue?.path[0] === 'terms' && issue.path.length > 1
  const names = Object.keys(inTerms ? terms.shape : schema.shape)
  const isUnknown = issue?.code === 'unrecognized_keys'
  return new MisuseError(
    isUnknown ? 'unknown_option' : 'invalid_option',
    `createAccess: ${describeIssue(error, names)}`,
  )
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `createAccess: ${message}`)
}
