import * as z from 'zod/mini'
import { MisuseError } from '../core/errors.js'
import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import { PLAN_NAME } from '../core/names.js'
import { isResource } from '../core/resource.js'
import { hasSecret } from '../core/secrets.js'
import { isNetwork } from '../http/networks.js'
import { isDeeperThan } from '../lib/copy.js'
import { readInput } from '../lib/issue.js'
import { nearest } from '../lib/nearest.js'
import type { KeyKind } from './format.js'
import type { KeyContext } from './key-context.js'
import { MAX_METADATA_DEPTH } from './record.js'
import { lazily } from '../lib/lazily.js'

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
  return z
    .string()
    .check(
      z.trim(),
      z.minLength(1),
      z.maxLength(max),
      z.refine(is, 'must not have control characters'),
      z.refine(isNoSecret, NO_SECRET),
    )
}

/** See `isIdentifier`. */
const identifier = lazily(() =>
  z.string().check(
    z.minLength(1),
    z.maxLength(MAX_IDENTIFIER),
    z.refine((text) => isIdentifier(text), IDENTIFIER_RULE),
    z.refine(isNoSecret, NO_SECRET),
  ),
)

/**
 * What is no instant of ISO 8601 in four digits, databases and people read in different ways. A copy: whoever gave the date can change it while the change
 * that it is part of waits for a store.
 */
export const instant = lazily(() =>
  z
    .pipe(
      z.date(),
      z.transform((date) => new Date(date.getTime())),
    )
    .check(
      z.refine(
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
  z
    .string()
    .check(
      z.refine(isResource, "must be a type and an id, such as 'records/rec_1', or 'records/*'"),
      z.refine(isNoSecret, NO_SECRET),
    ),
)

export const keyFields = lazily(() => ({
  name: plainText(128),
  ownerId: identifier(),
  environment: identifier(),
  scopes: z.pipe(z.array(identifier()).check(z.maxLength(64)), z.transform(distinct)),
  allowedIps: z.array(z.string().check(z.maxLength(64))).check(z.maxLength(256)),
  tenantIds: z.pipe(z.array(identifier()).check(z.maxLength(256)), z.transform(distinct)),
  resources: z.pipe(z.array(resource()).check(z.maxLength(256)), z.transform(distinct)),
  plan: z.string().check(z.regex(PLAN_NAME, 'must be the name of a plan')),
  limit: z.int().check(z.minimum(1), z.maximum(1_000_000_000)),
  expiresAt: instant(),
  metadata: z
    .pipe(
      z.custom(
        (value) => !isDeeperThan(value, MAX_METADATA_DEPTH),
        `must not be nested more than ${String(MAX_METADATA_DEPTH)} levels deep`,
      ),
      z.record(z.string(), z.json()),
    )
    .check(
      z.refine(
        (value) => JSON.stringify(value).length <= 4_096,
        'must be at most 4,096 characters of JSON',
      ),
      z.refine(
        isStorable,
        'must be text that every database can keep: no NUL, no half of a surrogate pair',
      ),
      z.refine((value) => isNoSecret(JSON.stringify(value)), NO_SECRET),
    ),
}))

const schema = lazily(() =>
  z.strictObject({
    ...keyFields(),
    environment: z.optional(keyFields().environment),
    kind: z._default(z.enum(['sk', 'pk']), 'sk'),
    scopes: z._default(keyFields().scopes, []),
    allowedIps: z.optional(keyFields().allowedIps),
    tenantIds: z.optional(keyFields().tenantIds),
    resources: z.optional(keyFields().resources),
    plan: z.optional(keyFields().plan),
    limit: z.optional(keyFields().limit),
    expiresAt: z.optional(keyFields().expiresAt),
    metadata: z._default(keyFields().metadata, {}),
  }),
)

/** Every name that the input for a new key can have. */
export const CREATE_NAMES = lazily(() => Object.keys(schema().shape))

/** Input that has the form it must have, completed with its defaults. @throws {MisuseError} `invalid_key_input` */
export function checkInput<T>(
  schema: z.ZodMiniType<T> & z.ZodMiniObject,
  input: unknown,
  where: string,
): T {
  return readInput(
    schema,
    input,
    (complaint) => new MisuseError('invalid_key_input', `${where}: ${complaint}`),
  )
}

/** An id that no key can have finds nothing, which says nothing of the key that was meant. @throws {MisuseError} */
export function checkKeyId(id: unknown, where: string): void {
  if (isIdentifier(id, MAX_IDENTIFIER)) return
  throw new MisuseError('invalid_key_input', `${where}: the id of a key ${IDENTIFIER_RULE}`)
}

/** The fields of a new key, checked and completed. @throws {MisuseError} */
export function checkKeyInput(context: KeyContext, input: CreateKeyInput, where: string) {
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
