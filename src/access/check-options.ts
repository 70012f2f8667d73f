import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { isDay } from '../lib/instants.js'
import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { describeIssue, telling, told, type Issues } from '../lib/issue.js'
import { functionOf, objectWith, wholeNumber } from '../lib/schema-kinds.js'
import type { AccessStore, TermsVersion } from './access-store.js'
import type { AgreementStore } from './agreement-store.js'
import type { AccessOptions, TermsOptions } from './options.js'
import { recordOf, strictObject } from '../lib/schema-objects.js'

const TERMS_NAME = /^[a-z][a-z0-9-]{0,63}$/
const DIGEST = /^[\w-]{43}$/

const text = (max: number) => v.pipe(v.string(), v.minLength(1), v.maxCodePoints(max))
const wrongDay = "must be a day such as '2026-12-25'"
const day = v.pipe(v.string(wrongDay), v.check(isDay, wrongDay))

const terms = strictObject({
  version: text(64),
  text: v.optional(v.pipe(v.string(), v.minLength(1))),
  digest: v.optional(
    v.pipe(v.string(), v.regex(DIGEST, 'must be SHA-256 of the text in base64url, 43 characters')),
  ),
  title: v.optional(text(256)),
  url: v.optional(text(2_048)),
  alsoAccepted: v.optional(v.array(text(64)), []),
  required: v.optional(v.boolean(), true),
  environments: v.optional(v.array(text(64))),
  phi: v.optional(v.boolean(), false),
  acceptedBy: v.optional(v.picklist(['owner', 'operator']), 'owner'),
})

const schema = strictObject({
  store: objectWith<AccessStore>(
    ['insert', 'find', 'ofOwner', 'replace', 'list', 'changes'],
    'must be an access store, such as createMemoryAccessStore()',
  ),
  agreements: objectWith<AgreementStore>(
    ['insert', 'find', 'ofOwner', 'end', 'list', 'changes'],
    'must be an agreement store, such as createMemoryAgreementStore()',
  ),
  terms: v.optional(recordOf(v.string(), terms), {}),
  reviewDays: v.optional(wholeNumber(1, 60), 2),
  holidays: v.optional(v.array(day), []),
  eligible: v.optional(
    functionOf<NonNullable<AccessOptions['eligible']>>('must be a function of an owner'),
  ),
  clock: v.optional(functionOf<Clock>('must be a function that returns milliseconds')),
})

/** Terms that were checked. */
export interface Terms
  extends TermsVersion, Pick<TermsOptions, 'text' | 'title' | 'url' | 'environments'> {
  /** Earlier versions that still count. */
  readonly alsoAccepted: readonly string[]
  readonly required: boolean
  readonly phi: boolean
  readonly acceptedBy: 'owner' | 'operator'
}

/** Checks every option by name. @throws {MisuseError} */
export function checkAccessOptions(options: AccessOptions) {
  const parsed = v.safeParse(schema, options, told)
  if (!parsed.success) throw wrongOption(parsed.issues)
  const { terms: given, ...rest } = parsed.output
  const all = Object.entries(given).map(([id, each]) => [id, termsOf(id, each)] as const)
  return { ...rest, terms: new Map(all) }
}

function termsOf(id: string, given: v.InferOutput<typeof terms>): Terms {
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
    ...(whole !== undefined && { text: whole }),
    ...(title !== undefined && { title }),
    ...(url !== undefined && { url }),
    ...(environments !== undefined && { environments }),
  })
}

function wrongOption(issues: Issues): MisuseError {
  const issue = telling(issues)
  const inTerms = issue?.path[0] === 'terms' && issue.path.length > 1
  const names = Object.keys(inTerms ? terms.entries : schema.entries)
  const isUnknown = issue?.unknown !== undefined
  return new MisuseError(
    isUnknown ? 'unknown_option' : 'invalid_option',
    `createAccess: ${describeIssue(issues, names)}`,
  )
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `createAccess: ${message}`)
}
