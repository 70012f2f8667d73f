import { z } from 'zod'
import type { KeyChangeFeed } from '../keys/feed.js'
import type { KeyStore } from '../keys/store.js'
import type { Clock } from '../lib/clock.js'
import { isDuration, type Duration } from '../lib/duration.js'
import type { CallerOverride } from '../limits/plans.js'
import type { LimitStore } from '../limits/store.js'
import { isNetwork } from '../net/networks.js'
import { problemDetails, type ErrorFormat } from '../respond/error-formats.js'
import type { Auth } from '../terms/auth.js'
import { SCOPE } from '../terms/catalogue.js'
import type { Policy } from '../terms/policy.js'
import { audit, AUDIT_NAMES } from './audit-schema.js'
import { introspection, INTROSPECTION_NAMES } from './introspection-schema.js'
import { ISSUER_NAMES, issuers } from './issuer-schema.js'
import { functionOf, objectWith } from './kinds.js'
import { logError } from './log.js'
import { plans } from './plan-schema.js'
import { TOKEN_NAMES, tokens } from './token-schema.js'

const fieldName = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/i, "must be a header name such as 'x-api-key'")
  .transform((name) => name.toLowerCase())
  .refine(
    (name) => !['authorization', 'cookie', 'host'].includes(name),
    'is taken by HTTP itself; choose another',
  )
const environment = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,31}$/, "must be lower-case letters and digits, such as 'live'")
const scope = z.string().max(128).regex(SCOPE, 'must be visible ASCII without quote or backslash')
const level = z.int().min(1).max(9)
const STORE_METHODS = [
  'findByDigest',
  'findById',
  'insert',
  'update',
  'rotate',
  'list',
  'recordUsage',
]

const limits = z.strictObject({
  by: z
    .union([z.enum(['owner', 'key']), functionOf<(auth: Auth) => string>('')], {
      error: "must be 'owner', 'key', or a function that returns a text",
    })
    .default('owner'),
  defaultPlan: z.string().optional(),
  override: functionOf<(auth: Auth) => CallerOverride | undefined>('must be a function').optional(),
  store: objectWith<LimitStore>(
    ['consume'],
    'must be a LimitStore, such as createMemoryLimitStore()',
  ).optional(),
  onStoreError: z
    .enum(['local', 'deny', 'allow'], { error: "must be 'local', 'deny' or 'allow'" })
    .default('local'),
  instances: z.int().min(1).max(10_000).default(1),
  headers: z
    .array(z.enum(['x-ratelimit', 'ratelimit'], { error: "must be 'x-ratelimit' or 'ratelimit'" }))
    .default(['x-ratelimit']),
  shadow: z.boolean().default(false),
})

export const schema = z.strictObject({
  environment: z.union(
    [environment, z.array(environment).min(1, 'must name at least one environment')],
    {
      error: "must be a name such as 'live', or a list of names",
    },
  ),
  keys: z.strictObject({
    prefix: z
      .string({ error: "must be given, such as 'acme'" })
      .regex(
        /^[a-z][a-z0-9]{1,15}$/,
        'must be 2 to 16 lower-case letters and digits, a letter first',
      ),
    peppers: z.array(z.string().min(32)).default([]),
    store: objectWith<KeyStore>(
      STORE_METHODS,
      'must be a KeyStore, such as createMemoryKeyStore()',
    ).optional(),
    changes: objectWith<KeyChangeFeed>(['listen'], 'must be a KeyChangeFeed').optional(),
    rotateAfter: z.custom<Duration>(isDuration, "must be a duration such as '90d'").default('90d'),
  }),
  scopes: z.union([z.array(scope), z.record(scope, level)], {
    error:
      "must be a list of names, or names with levels from 1 to 9, such as { 'read:orders': 1 }",
  }),
  issuers,
  introspection: introspection.optional(),
  tokens: tokens.optional(),
  credentials: z
    .strictObject({
      bearer: z.boolean().default(true),
      header: z
        .union([z.literal(false), fieldName], {
          error: "must be a header name such as 'x-api-key', or false",
        })
        .default('x-api-key'),
    })
    .refine(
      ({ bearer, header }) => bearer || header !== false,
      'leaves no place for a key; allow bearer or name a header',
    )
    .prefault({}),
  minTlsVersion: z
    .enum(['TLSv1.2', 'TLSv1.3'], { error: "must be 'TLSv1.2' or 'TLSv1.3'" })
    .default('TLSv1.2'),
  trustProxy: z
    .array(
      z.string().refine(isNetwork, "must be an IP address or a CIDR network, such as '10.0.0.0/8'"),
      { error: "must list the proxies' addresses, such as ['10.0.0.0/8']" },
    )
    .default([]),
  plans: plans.optional(),
  limits: limits.prefault({}),
  policies: z
    .array(functionOf<Policy>('must be a function'), { error: 'must be a list of functions' })
    .default([]),
  tenantMismatch: z
    .union([z.literal(400), z.literal(403), z.literal(404)], { error: 'must be 400, 403 or 404' })
    .default(403),
  audit: audit.optional(),
  penalties: z.boolean().default(true),
  errors: objectWith<ErrorFormat>(
    ['body'],
    'must be an error format, such as problemDetails()',
  ).default(problemDetails),
  deny: z.enum(['respond', 'next'], { error: "must be 'respond' or 'next'" }).default('respond'),
  realm: z
    .string()
    .regex(/^[\x20-\x7E]{1,64}$/, 'must be 1 to 64 printable ASCII characters')
    .default('api'),
  requestIdHeader: fieldName.optional(),
  clock: functionOf<Clock>(
    'must be a function that returns milliseconds, such as Date.now',
  ).default(() => Date.now),
  onError: functionOf<(error: unknown) => unknown>('must be a function').default(() => logError),
})

/** Every name that an option can have, for messages and for the documents. */
export const OPTION_NAMES = [
  ...Object.keys(schema.shape),
  ...['prefix', 'peppers', 'store', 'changes', 'rotateAfter'].map((name) => `keys.${name}`),
  ...['bearer', 'header'].map((name) => `credentials.${name}`),
  ...Object.keys(limits.shape).map((name) => `limits.${name}`),
  ...AUDIT_NAMES.map((name) => `audit.${name}`),
  ...ISSUER_NAMES.map((name) => `issuers.${name}`),
  ...INTROSPECTION_NAMES.map((name) => `introspection.${name}`),
  ...TOKEN_NAMES.map((name) => `tokens.${name}`),
]
