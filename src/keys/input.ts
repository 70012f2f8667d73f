import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import { PLAN_NAME } from '../core/names.js'
import { isResource } from '../core/resource.js'
import { hasSecret } from '../core/secrets.js'
import { isNetwork } from '../http/networks.js'
import { isDeeperThan } from '../lib/copy.js'
import { nearest } from '../lib/nearest.js'
import { checkInput, type CheckedCall } from './calls.js'
import type { KeyKind } from './format.js'
import type { KeyContext } from './key-context.js'
import { MAX_METADATA_DEPTH } from './record.js'
import { lazily } from '../lib/lazily.js'
import { finiteNumber, wholeNumber, shortList } from '../lib/schema-kinds.js'
import { recordOf, strictObject } from '../lib/schema-objects.js'

/** What the issuer of a key decides. */
export interface CreateKeyInput<S extends string = string> {
  /** What people call it: 1 to 128 characters, none of them a control character. */
  readonly name: string
  /** The organization it belongs to: 1 to 128 characters, no control character, no white space at either end. */
  readonly ownerId: string
  /** Default: the gate's environment, where it has just one. */
  readonly environment?: string
  /** Default `'sk'`. */
  readonly kind?: KeyKind
  /** At most 64. Default: none. */
  readonly scopes?: readonly S[]
  /** Addresses and CIDR networks it works from, at most 256. Default: anywhere. An empty list: nowhere. */
  readonly allowedIps?: readonly string[]
  /** The tenants it may act for, where a route asks for one: at most 256, as `ownerId`. Compared character by character. Default: none. */
  readonly tenantIds?: readonly string[]
  /**
   * Single resources that it is held to, at most 256: `'records/rec_1'`, or `'records/*'` for all of a type. A type is 1 to 64 letters, digits, `_`
   * and `-`, a letter first; an id 1 to 128 of `A-Z a-z 0-9 . _ ~ : @ -`. Default: it is not held to any. An empty list: nothing.
   */
  readonly resources?: readonly string[]
  /** The name of its plan, of those given to `createGate`. Default: the gate's own default. */
  readonly plan?: string
  /** A limit of its own in the place of the plan's first quota: a whole number from 1 to 1,000,000,000. */
  readonly limit?: number
  /** When it ends. Default: never. */
  readonly expiresAt?: Date
  /** JSON values for the app's own use, at most 4,096 characters and 16 levels deep. Not for secrets: it is stored as it is. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The longest owner, tenant, scope or environment of a key, in characters. */
const MAX_IDENTIFIER = 128

/** Whoever lists keys can read all of this, and it is kept as it is. */
const NO_SECRET = 'must not have an API key or a token in it'
const isNoSecret = (text: string) => !hasSecret(text)

/**
 * Text for people, of 1 to `max` characters after white space around it is cut, that every store keeps as it is, and every terminal shows as it is: databases disagree about NUL
 * and about halves of surrogate pairs.
 */
export function plainText(max: number) {
  const is = (text: string) => !/[\p{Cc}\p{Cs}]/u.test(text)
  return v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1),
    v.maxCodePoints(max),
    v.check(is, 'must not have control characters'),
    v.check(isNoSecret, NO_SECRET),
  )
}

/** See `isIdentifier`. */
const identifier = lazily(() =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxCodePoints(MAX_IDENTIFIER),
    v.check((text) => isIdentifier(text), IDENTIFIER_RULE),
    v.check(isNoSecret, NO_SECRET),
  ),
)

/**
 * What is no instant of ISO 8601 in four digits, databases and people read in different ways. A copy: whoever gave the date can change it while the change
 * that it is part of waits for a store.
 */
export const instant = lazily(() =>
  v.pipe(
    v.date(),
    v.transform((date) => new Date(date.getTime())),
    v.check(
      (date) => date.getTime() >= 0 && date.getUTCFullYear() <= 9_999,
      'must lie between the years 1970 and 9999',
    ),
  ),
)

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !/\0|\p{Cs}/u.test(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every((member) => member.every(isStorable))
}

function distinct(texts: string[]): string[] {
  return [...new Set(texts)]
}

const resource = lazily(() =>
  v.pipe(
    v.string(),
    v.check(
      (text) => isResource(text),
      "must be a type and an id, such as 'records/rec_1', or 'records/*'",
    ),
    v.check(isNoSecret, NO_SECRET),
  ),
)

/** What JSON can say. */
const json = lazily((): v.GenericSchema =>
  v.union([
    v.string(),
    finiteNumber(),
    v.boolean(),
    v.null(),
    v.array(v.lazy(json)),
    recordOf(v.string(), v.lazy(json)),
  ]),
)

export const keyFields = lazily(() => ({
  name: plainText(128),
  ownerId: identifier(),
  environment: identifier(),
  scopes: v.pipe(
    shortList(identifier(), 64, "must be a list, such as ['read:orders']"),
    v.transform(distinct),
  ),
  allowedIps: shortList(
    v.pipe(v.string(), v.maxCodePoints(64)),
    256,
    "must be a list, such as ['203.0.113.0/24']",
  ),
  tenantIds: v.pipe(
    shortList(identifier(), 256, "must be a list, such as ['clinic_1']"),
    v.transform(distinct),
  ),
  resources: v.pipe(
    shortList(resource(), 256, "must be a list, such as ['records/rec_1']"),
    v.transform(distinct),
  ),
  plan: v.pipe(v.string(), v.regex(PLAN_NAME, 'must be the name of a plan')),
  limit: wholeNumber(1, 1_000_000_000),
  expiresAt: instant(),
  metadata: v.pipe(
    v.custom(
      (value) => !isDeeperThan(value, MAX_METADATA_DEPTH),
      `must not be nested more than ${String(MAX_METADATA_DEPTH)} levels deep`,
    ),
    recordOf(v.string(), json(), "must be an object of JSON, such as { team: 'billing' }"),
    v.check(
      (value) => JSON.stringify(value).length <= 4_096,
      'must be at most 4,096 characters of JSON',
    ),
    v.check(
      (value) => isStorable(value),
      'must be text that every database can keep: no NUL, no half of a surrogate pair',
    ),
    v.check((value) => isNoSecret(JSON.stringify(value)), NO_SECRET),
  ),
}))

const schema = lazily(() =>
  strictObject({
    ...keyFields(),
    environment: v.optional(keyFields().environment),
    kind: v.optional(v.picklist(['sk', 'pk']), 'sk'),
    scopes: v.optional(keyFields().scopes, []),
    allowedIps: v.optional(keyFields().allowedIps),
    tenantIds: v.optional(keyFields().tenantIds),
    resources: v.optional(keyFields().resources),
    plan: v.optional(keyFields().plan),
    limit: v.optional(keyFields().limit),
    expiresAt: v.optional(keyFields().expiresAt),
    metadata: v.optional(keyFields().metadata, {}),
  }),
)

/** Every name that the input for a new key can have. */
export const CREATE_NAMES = lazily(() => Object.keys(schema().entries))

/** An id that no key can have finds nothing, which says nothing of the key that was meant. @throws {MisuseError} */
export function checkKeyId(id: unknown, where: string): void {
  if (isIdentifier(id, MAX_IDENTIFIER)) return
  throw new MisuseError('invalid_key_input', `${where}: the id of a key ${IDENTIFIER_RULE}`)
}

/** The fields of a new key, checked and completed. @throws {MisuseError} */
export function checkKeyInput(context: KeyContext, input: CreateKeyInput, where: CheckedCall) {
  const checked = checkInput(schema(), input, where)
  const { environment: named, allowedIps, expiresAt, plan, limit, ...rest } = checked
  const { tenantIds, resources, ...fields } = rest
  const chosen = { ...(plan !== undefined && { plan }), ...(limit !== undefined && { limit }) }
  context.catalogue.check(fields.scopes, where)
  checkNetworks(allowedIps, where)
  context.checkPlan(chosen, where)
  return {
    ...fields,
    ...chosen,
    environment: checkEnvironment(context, named, where),
    ...(allowedIps !== undefined && { allowedIps }),
    ...(tenantIds !== undefined && { tenantIds }),
    ...(resources !== undefined && { resources }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

/** @throws {MisuseError} naming the first rule that is no address and no network. */
export function checkNetworks(rules: readonly string[] | null | undefined, where: string): void {
  const wrong = rules?.find((rule) => !isNetwork(rule))
  if (wrong === undefined) return
  throw new MisuseError(
    'invalid_key_input',
    `${where}: 'allowedIps' has '${wrong}'; write an IP address or a CIDR network such as '203.0.113.0/24'`,
  )
}

function checkEnvironment(context: KeyContext, named: string | undefined, where: string): string {
  const { environments } = context
  const known = environments.map((name) => `'${name}'`).join(', ')
  const only = environments.length === 1 ? environments[0] : undefined
  const environment = named ?? only
  if (environment === undefined) {
    throw new MisuseError('unknown_environment', `${where}: say which environment: one of ${known}`)
  }
  if (!environments.includes(environment)) {
    const meant = nearest(environment, environments)
    const advice = meant === undefined ? `use one of ${known}` : `did you mean '${meant}'?`
    throw new MisuseError(
      'unknown_environment',
      `${where}: '${environment}' is not an environment of this gate; ${advice}`,
    )
  }
  return environment
}
