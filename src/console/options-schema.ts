import { randomBytes } from 'node:crypto'
import * as z from 'zod/mini'
import type { Access } from '../access/access.js'
import { MisuseError } from '../core/errors.js'
import { logError } from '../gate/options-schema.js'
import type { Clock } from '../lib/clock.js'
import { isDuration, type Duration } from '../lib/duration.js'
import { describeIssue, told } from '../lib/issue.js'
import { functionOf, objectWith } from '../lib/schema-kinds.js'
import { createMemoryReplayStore, type ReplayStore } from '../oauth/replay-store.js'
import type { ReviewStore } from './review-store.js'
import {
  PERMISSIONS,
  type ConsoleDescription,
  type ConsoleOptions,
  type Permission,
} from './options.js'

/** Bytes of a secret, at least. */
const MIN_SECRET = 32

const MEMBER = ['keys:view', 'keys:own', 'usage:view', 'access:request'] as const
const ADMIN = [
  ...['keys:view', 'keys:all', 'usage:view', 'audit:view', 'review:sign', 'access:request'],
] as readonly Permission[]
const ROLES: Readonly<Record<string, readonly Permission[]>> = { member: MEMBER, admin: ADMIN }

const secret = z
  .string()
  .check(
    z.refine(
      (text) => Buffer.byteLength(text) >= MIN_SECRET,
      `must have at least ${String(MIN_SECRET)} bytes, such as those of 'openssl rand -base64 32'`,
    ),
  )
const duration = z.custom<Duration>(isDuration, "must be a duration such as '24h'")
const choices = <T>(one: z.ZodMiniType<T>) =>
  z.array(one).check(z.minLength(1, 'must offer at least one'), z.maxLength(10))

const pageOfApp = z.optional(
  z
    .string()
    .check(
      z.refine(isPageUrl, "must be a path such as '/login', or a URL that begins with https:"),
    ),
)
const schema = z.strictObject({
  user: functionOf<ConsoleOptions['user']>(
    'must be a function of the request that returns who is signed in, such as (req) => sessionOf(req)',
  ),
  signInUrl: pageOfApp,
  signOutUrl: pageOfApp,
  secret: z.optional(z.union([secret, z.array(secret).check(z.minLength(1), z.maxLength(8))])),
  roles: z._default(z.record(z.string(), z.readonly(z.array(z.enum(PERMISSIONS)))), () => ({
    ...ROLES,
  })),
  stepUp: z.optional(functionOf<NonNullable<ConsoleOptions['stepUp']>>('must be a function')),
  grace: z._default(choices(duration), () => ['0s', '1h', '24h', '7d'] as Duration[]),
  expiry: z._default(choices(z.union([duration, z.literal('never')])), () => [
    ...(['30d', '90d', '365d', 'never'] as const),
  ]),
  forms: z.optional(
    z.custom<ReplayStore>(
      (value) => typeof (value as ReplayStore | null)?.addIfAbsent === 'function',
      'must be a ReplayStore, such as createMemoryReplayStore()',
    ),
  ),
  reviews: z.optional(
    objectWith<ReviewStore>(
      ['insert', 'find', 'list'],
      'must be a ReviewStore, such as createMemoryReviewStore()',
    ),
  ),
  access: z.optional(
    objectWith<Access>(
      ['request', 'approve', 'deny', 'of', 'list'],
      'must be what createAccess returns',
    ),
  ),
  description: z.optional(
    objectWith<ConsoleDescription>(
      ['openApi', 'postman'],
      'must be what createDescription returns',
    ),
  ),
  brand: z._default(
    z.strictObject({
      title: z._default(z.string().check(z.minLength(1), z.maxLength(64)), 'API keys'),
      logo: z.optional(
        z.string().check(
          z.maxLength(32_768),
          z.refine((text) => /<svg[\s>]/.test(text), 'must be the text of an SVG file'),
        ),
      ),
      css: z.optional(z.string().check(z.maxLength(32_768))),
    }),
    () => ({ title: 'API keys' }),
  ),
  locale: z._default(
    z.string().check(z.refine(isLocale, "must be a language tag such as 'en-GB'")),
    'en',
  ),
  timeZone: z._default(
    z.string().check(z.refine(isTimeZone, "must be a time zone such as 'Europe/Vienna'")),
    'UTC',
  ),
  clock: z._default(functionOf<Clock>('must be a function'), () => Date.now),
  onError: z._default(functionOf<(error: unknown) => void>('must be a function'), () => logError),
})

/** Every name that an option can have, for messages and for the documents. */
export const CONSOLE_OPTION_NAMES = Object.keys(schema.shape)

/** Options that were checked, with their defaults. */
export type CheckedConsoleOptions = ReturnType<typeof checkConsoleOptions>

/** @throws {MisuseError} `invalid_option` */
export function checkConsoleOptions(options: unknown) {
  const parsed = schema.safeParse(options ?? {}, told)
  if (!parsed.success) throw misuse(describeIssue(parsed.error, CONSOLE_OPTION_NAMES))
  const { secret: given, forms, roles, ...rest } = parsed.data
  return {
    ...rest,
    roles: new Map(Object.entries(roles).map(([name, allowed]) => [name, new Set(allowed)])),
    secrets: given === undefined ? [madeUpSecret()] : [given].flat(),
    forms: forms ?? createMemoryReplayStore(rest.clock),
  }
}

/** Instances would refuse each other's forms, and a restart all of them. */
function madeUpSecret(): string {
  if (process.env['NODE_ENV'] !== 'production') return randomBytes(MIN_SECRET).toString('base64')
  throw misuse(
    "'secret' must be given in production: at least 32 bytes, the same in all instances, such as process.env.CONSOLE_SECRET",
  )
}

function isPageUrl(text: string): boolean {
  if (/^\/(?![/\\])[!-~]*$/.test(text)) return true
  return URL.canParse(text) && new URL(text).protocol === 'https:'
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `createConsole: ${message}`)
}
