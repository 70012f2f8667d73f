import { z } from 'zod'
import { isDeeperThan } from '../lib/depth.js'
import { nearest } from '../lib/nearest.js'
import { MisuseError } from '../terms/misuse.js'
import { PLAN_NAME } from '../terms/names.js'
import { isResource } from '../terms/resource.js'
import { hasSecret } from '../terms/secrets.js'
import { describeIssue } from '../lib/issue.js'
import type { KeyKind } from './format.js'
import { MAX_METADATA_DEPTH } from './record.js'
import type { KeyRoom } from './room.js'

/** What the issuer of a key decides. */
export interface CreateKeyInput<S extends string = string> {
  /** What people call it: 1 to 128 characters, none of them a control character. */
  readonly name: string
  /** The organization it belongs to: 1 to 128 characters, none of them a control character. */
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

/** Whoever lists keys can read all of this, and it is kept as it is. */
const NO_SECRET = 'must not have an API key or a token in it'
const isNoSecret = (text: string) => !hasSecret(text)

/**
 * Text of 1 to `max` characters that every store keeps as it is, and every terminal shows as it is: databases disagree about NUL
 * and about halves of surrogate pairs.
 */
export function plainText(max: number) {
  const is = (text: string) => !/[\p{Cc}\p{Cs}]/u.test(text)
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine(is, 'must not have control characters')
    .refine(isNoSecret, NO_SECRET)
}

const label = plainText(128)

/** What is no instant of ISO 8601 in four digits, databases and people read in different ways. */
export const instant = z
  .date()
  .refine(
    (date) => date.getTime() >= 0 && date.getUTCFullYear() <= 9_999,
    'must lie between the years 1970 and 9999',
  )

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !/\0|\p{Cs}/u.test(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every((member) => member.every(isStorable))
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}

const resource = z
  .string()
  .refine(isResource, "must be a type and an id, such as 'records/rec_1', or 'records/*'")
  .refine(isNoSecret, NO_SECRET)

export const keyFields = {
  name: label,
  ownerId: label,
  environment: z.string(),
  scopes: z.array(z.string().max(128)).max(64).transform(distinct),
  allowedIps: z.array(z.string().max(64)).max(256),
  tenantIds: z.array(label).max(256).transform(distinct),
  resources: z.array(resource).max(256).transform(distinct),
  plan: z.string().regex(PLAN_NAME, 'must be the name of a plan'),
  limit: z.int().min(1).max(1_000_000_000),
  expiresAt: instant,
  metadata: z
    .custom(
      (value) => !isDeeperThan(value, MAX_METADATA_DEPTH),
      `must not be nested more than ${String(MAX_METADATA_DEPTH)} levels deep`,
    )
    .pipe(z.record(z.string(), z.json()))
    .refine(
      (value) => JSON.stringify(value).length <= 4_096,
      'must be at most 4,096 characters of JSON',
    )
    .refine(
      isStorable,
      'must be text that every database can keep: no NUL, no half of a surrogate pair',
    )
    .refine((value) => isNoSecret(JSON.stringify(value)), NO_SECRET),
}

const schema = z.strictObject({
  ...keyFields,
  environment: keyFields.environment.optional(),
  kind: z.enum(['sk', 'pk']).default('sk'),
  scopes: keyFields.scopes.default([]),
  allowedIps: keyFields.allowedIps.optional(),
  tenantIds: keyFields.tenantIds.optional(),
  resources: keyFields.resources.optional(),
  plan: keyFields.plan.optional(),
  limit: keyFields.limit.optional(),
  expiresAt: keyFields.expiresAt.optional(),
  metadata: keyFields.metadata.default({}),
})

/** Every name that the input for a new key can have. */
export const CREATE_NAMES = Object.keys(schema.shape)

/** Input that has the form it must have, completed with its defaults. @throws {MisuseError} `invalid_key_input` */
export function checkInput<T>(
  schema: z.ZodType<T> & z.ZodObject,
  input: unknown,
  where: string,
): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const message = describeIssue(parsed.error, Object.keys(schema.shape))
  throw new MisuseError('invalid_key_input', `${where}: ${message}`)
}

/** The fields of a new key, checked and completed. @throws {MisuseError} */
export function checkKeyInput(room: KeyRoom, input: CreateKeyInput, where: string) {
  const checked = checkInput(schema, input, where)
  const { environment: named, allowedIps, expiresAt, plan, limit, ...rest } = checked
  const { tenantIds, resources, ...fields } = rest
  const chosen = { ...(plan !== undefined && { plan }), ...(limit !== undefined && { limit }) }
  room.catalogue.check(fields.scopes, where)
  checkNetworks(room, allowedIps, where)
  room.checkPlan(chosen, where)
  return {
    ...fields,
    ...chosen,
    environment: checkEnvironment(room, named, where),
    ...(allowedIps !== undefined && { allowedIps }),
    ...(tenantIds !== undefined && { tenantIds }),
    ...(resources !== undefined && { resources }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

/** @throws {MisuseError} naming the first rule that is no address and no network. */
export function checkNetworks(
  room: KeyRoom,
  rules: readonly string[] | null | undefined,
  where: string,
): void {
  const wrong = rules?.find((rule) => !room.isNetwork(rule))
  if (wrong === undefined) return
  throw new MisuseError(
    'invalid_key_input',
    `${where}: 'allowedIps' has '${wrong}'; write an IP address or a CIDR network such as '203.0.113.0/24'`,
  )
}

function checkEnvironment(room: KeyRoom, named: string | undefined, where: string): string {
  const { environments } = room
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
