import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import type { Access } from '../access/access.js'
import { MisuseError } from '../core/errors.js'
import { logError } from '../gate/options-schema.js'
import type { Clock } from '../lib/clock.js'
import { isDuration, type Duration } from '../lib/duration.js'
import { describeIssue, told } from '../lib/issue.js'
import { functionOf, objectWith, shortList } from '../lib/schema-kinds.js'
import {
  checkedReplayStore,
  createMemoryReplayStore,
  type ReplayStore,
} from '../oauth/replay-store.js'
import { warnOfDevelopment } from '../telemetry/development.js'
import { checkedReviews } from './checked-reviews.js'
import type { ReviewStore } from './review-store.js'
import {
  PERMISSIONS,
  type ConsoleDescription,
  type ConsoleOptions,
  type Permission,
} from './options.js'
import { recordOf, strictObject } from '../lib/schema-objects.js'

/** Bytes of a secret, at least. */
const MIN_SECRET = 32

const MEMBER = ['keys:view', 'keys:own', 'usage:view', 'access:request'] as const
const ADMIN = [
  ...['keys:view', 'keys:all', 'usage:view', 'audit:view', 'review:sign', 'access:request'],
] as readonly Permission[]
const ROLES: Readonly<Record<string, readonly Permission[]>> = { member: MEMBER, admin: ADMIN }

const secret = v.pipe(
  v.string(),
  v.check(
    (text) => Buffer.byteLength(text) >= MIN_SECRET,
    `must have at least ${String(MIN_SECRET)} bytes, such as those of 'openssl rand -base64 32'`,
  ),
)
const duration = v.custom<Duration>(isDuration, "must be a duration such as '24h'")
const choices = <T>(one: v.GenericSchema<unknown, T>) =>
  v.pipe(shortList(one, 10), v.minLength(1, 'must offer at least one'))

const pageOfApp = v.optional(
  v.pipe(
    v.string(),
    v.check(isPageUrl, "must be a path such as '/login', or a URL that begins with https:"),
  ),
)
const schema = strictObject({
  user: functionOf<ConsoleOptions['user']>(
    'must be a function of the request that returns who is signed in, such as (req) => sessionOf(req)',
  ),
  signInUrl: pageOfApp,
  signOutUrl: pageOfApp,
  secret: v.optional(v.union([secret, v.pipe(shortList(secret, 8), v.minLength(1))])),
  roles: v.optional(recordOf(v.string(), v.array(v.picklist(PERMISSIONS))), () => ({
    ...ROLES,
  })),
  stepUp: v.optional(functionOf<NonNullable<ConsoleOptions['stepUp']>>('must be a function')),
  grace: v.optional(choices(duration), () => ['0s', '1h', '24h', '7d'] as Duration[]),
  expiry: v.optional(choices(v.union([duration, v.literal('never')])), () => [
    ...(['30d', '90d', '365d', 'never'] as const),
  ]),
  forms: v.optional(
    v.custom<ReplayStore>(
      (value) => typeof (value as ReplayStore | null)?.addIfAbsent === 'function',
      'must be a ReplayStore, such as createMemoryReplayStore()',
    ),
  ),
  reviews: v.optional(
    objectWith<ReviewStore>(
      ['insert', 'find', 'list'],
      'must be a ReviewStore, such as createMemoryReviewStore()',
    ),
  ),
  access: v.optional(
    objectWith<Access>(
      ['request', 'approve', 'deny', 'of', 'list'],
      'must be what createAccess returns',
    ),
  ),
  description: v.optional(
    objectWith<ConsoleDescription>(
      ['openApi', 'postman'],
      'must be what createDescription returns',
    ),
  ),
  brand: v.optional(
    strictObject({
      title: v.optional(v.pipe(v.string(), v.minLength(1), v.maxCodePoints(64)), 'API keys'),
      logo: v.optional(
        v.pipe(
          v.string(),
          v.maxCodePoints(32_768),
          v.check((text) => /<svg[\s>]/.test(text), 'must be the text of an SVG file'),
        ),
      ),
      css: v.optional(v.pipe(v.string(), v.maxCodePoints(32_768))),
    }),
    () => ({ title: 'API keys' }),
  ),
  locale: v.optional(
    v.pipe(v.string(), v.check(isLocale, "must be a language tag such as 'en-GB'")),
    'en',
  ),
  timeZone: v.optional(
    v.pipe(v.string(), v.check(isTimeZone, "must be a time zone such as 'Europe/Vienna'")),
    'UTC',
  ),
  clock: v.optional(functionOf<Clock>('must be a function'), () => Date.now),
  onError: v.optional(functionOf<(error: unknown) => void>('must be a function'), () => logError),
})

/** Every name that an option can have, for messages and for the documents. */
export const CONSOLE_OPTION_NAMES = Object.keys(schema.entries)

/** Options that were checked, with their defaults. */
export type CheckedConsoleOptions = ReturnType<typeof checkConsoleOptions>

/** @throws {MisuseError} `invalid_option` */
export function checkConsoleOptions(options: unknown) {
  const parsed = v.safeParse(schema, options ?? {}, told)
  if (!parsed.success) throw misuse(describeIssue(parsed.issues, CONSOLE_OPTION_NAMES))
  const { secret: given, forms, reviews, roles, ...rest } = parsed.output
  checkTerms(parsed.output)
  return {
    ...rest,
    roles: new Map(Object.entries(roles).map(([name, allowed]) => [name, new Set(allowed)])),
    secrets: given === undefined ? [madeUpSecret()] : [given].flat(),
    forms: forms === undefined ? createMemoryReplayStore(rest.clock) : checkedReplayStore(forms),
    reviews: reviews && checkedReviews(reviews),
  }
}

/** Nobody can accept what they cannot read. */
function checkTerms({ access, roles }: v.InferOutput<typeof schema>): void {
  const [unreadable] = access?.unreadableTerms ?? []
  const canAccept = Object.values(roles).some((allowed) => allowed.includes('access:request'))
  if (unreadable === undefined || !canAccept) return
  throw misuse(
    `'access' has terms '${unreadable}' that people accept and cannot read: give createAccess their 'text', or a 'url' beside the 'digest'`,
  )
}

/** Instances would refuse each other's forms, and a restart all of them. */
function madeUpSecret(): string {
  if (process.env['NODE_ENV'] !== 'production') {
    warnOfDevelopment('createConsole', "a 'secret' is made up, which no other instance knows")
    return randomBytes(MIN_SECRET).toString('base64')
  }
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
