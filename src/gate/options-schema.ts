import * as z from 'zod/mini'
import { audit, AUDIT_NAMES } from '../audit/options-schema.js'
import { SCOPE } from '../core/catalogue.js'
import { DiagnosisError } from '../core/errors.js'
import { PHI_HANDLINGS } from '../core/phi.js'
import type { ScopeOptions } from '../core/catalogue-options.js'
import type { Policy } from '../core/policy.js'
import { problemDetails, type ErrorFormat } from '../http/error-formats.js'
import { BRUTE_FORCE_NAMES, bruteForce } from '../http/options-schema.js'
import { CREDENTIAL_NAMES, credentials, fieldName, placesFrom } from '../http/places-schema.js'
import { proxyHeaders, trustProxy } from '../http/proxy-schema.js'
import { introspection, INTROSPECTION_NAMES } from '../jwt/introspection-schema.js'
import { ISSUER_NAMES, issuers } from '../jwt/issuer-schema.js'
import type { OutboundFetch } from '../jwt/outbound.js'
import { KEY_NAMES, keys } from '../keys/options-schema.js'
import type { Clock } from '../lib/clock.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { functionOf, later, objectWith } from '../lib/schema-kinds.js'
import { LIMIT_NAMES, limits } from '../limits/options-schema.js'
import { plans } from '../limits/plan-schema.js'
import type { GateWebhooks, Notify, ReminderOptions } from '../events/types.js'
import type { GateAccess } from './gate-access.js'
import { TOKEN_NAMES, tokens } from '../oauth/options-schema.js'
import type { EnvironmentMap } from './environment-options.js'
import { ENVIRONMENT_NAMES } from './environments.js'
import { lazily } from '../lib/lazily.js'

const environment = lazily(() =>
  z
    .string()
    .check(
      z.regex(/^[a-z][a-z0-9]{0,31}$/, "must be lower-case letters and digits, such as 'live'"),
    ),
)
const scope = lazily(() =>
  z
    .string()
    .check(z.maxLength(128), z.regex(SCOPE, 'must be visible ASCII without quote or backslash')),
)
const level = lazily(() => z.int().check(z.minimum(1), z.maximum(9)))
const given = lazily(() =>
  z.custom<string | ScopeOptions>((value) => typeof value === 'string' || isMap(value)),
)
const words = lazily(() => z.optional(z.string().check(z.minLength(1))))
const namedLevel = lazily(() =>
  z.strictObject({
    name: z.string(),
    ...{ title: words(), description: words() },
    above: z.optional(z.array(z.string())),
  }),
)
const days = lazily(() =>
  z.custom<Duration>(
    (value) => isDuration(value) && milliseconds(value) >= 86_400_000,
    "must be a duration of a day or more, such as '90d'",
  ),
)
const reminders = lazily(() =>
  z.strictObject({
    wants: z.exactOptional(
      functionOf<NonNullable<ReminderOptions['wants']>>('must be a function of an owner'),
    ),
    unusedFor: z.exactOptional(days()),
    endlessFor: z.exactOptional(days()),
    before: z.exactOptional(
      z.array(z.int().check(z.minimum(0), z.maximum(365))).check(z.minLength(1), z.maxLength(8)),
    ),
  }),
)
export const schema = lazily(() =>
  z.strictObject({
    environment: z.union(
      [
        environment(),
        z.array(environment()).check(z.minLength(1, 'must name at least one environment')),
        z.custom<EnvironmentMap>(isMap),
      ],
      {
        error: "must be a name such as 'live', a list of names, or an object of names with options",
      },
    ),
    keys: keys(),
    scopes: z.union([z.array(scope()), z.record(scope(), z.union([level(), given()]))], {
      error:
        "must be a list of names, or names with levels from 1 to 9, such as { 'read:orders': 1 }",
    }),
    levels: z.optional(
      z.array(z.union([z.string(), namedLevel()]), {
        error: "must be a list such as ['standard', { name: 'admin' }]",
      }),
    ),
    issuers: issuers(),
    fetch: z.optional(functionOf<OutboundFetch>('must be a function such as fetch')),
    introspection: z.optional(later(introspection)),
    tokens: z.optional(later(tokens)),
    credentials: z._default(later(credentials), () => placesFrom({})),
    minTlsVersion: z._default(
      z.enum(['TLSv1.2', 'TLSv1.3'], { error: "must be 'TLSv1.2' or 'TLSv1.3'" }),
      'TLSv1.2',
    ),
    trustProxy: trustProxy(),
    proxyHeaders: proxyHeaders(),
    plans: z.optional(later(plans)),
    limits: z.prefault(limits(), {}),
    policies: z._default(
      z.array(functionOf<Policy>('must be a function'), { error: 'must be a list of functions' }),
      [],
    ),
    tenantMismatchStatus: z._default(
      z.union([z.literal(400), z.literal(403), z.literal(404)], {
        error: 'must be 400, 403 or 404',
      }),
      403,
    ),
    audit: z.optional(later(audit)),
    phi: z._default(
      z.record(
        z.string(),
        z.enum(PHI_HANDLINGS, { error: "must be 'allowed', 'synthetic' or 'refused'" }),
      ),
      {},
    ),
    access: z.optional(
      objectWith<GateAccess>(
        ['attach', 'admitKey', 'endpoints'],
        'must be what createAccess of sallyport/access returns',
      ),
    ),
    notify: z.optional(functionOf<Notify>('must be a function of an event')),
    webhooks: z.optional(
      z.custom<GateWebhooks>(
        (value) => isMap(value) && Array.isArray(value.targets),
        'must be what createWebhooks of sallyport/webhooks returns',
      ),
    ),
    reminders: z.optional(later(reminders)),
    bruteForce: bruteForce(),
    errorFormat: z._default(
      objectWith<ErrorFormat>(['body'], 'must be an error format, such as problemDetails()'),
      problemDetails,
    ),
    onDenied: z._default(
      z.enum(['respond', 'next'], { error: "must be 'respond' or 'next'" }),
      'respond',
    ),
    realm: z._default(
      z
        .string()
        .check(z.regex(/^[\x20-\x7E]{1,64}$/, 'must be 1 to 64 printable ASCII characters')),
      'api',
    ),
    requestIdHeader: z.optional(fieldName()),
    clock: z._default(
      functionOf<Clock>('must be a function that returns milliseconds, such as Date.now'),
      () => Date.now,
    ),
    onError: z._default(
      functionOf<(error: unknown) => unknown>('must be a function'),
      () => logError,
    ),
  }),
)

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Every name that an option can have, for messages and for the documents. */
export const OPTION_NAMES = lazily(() => [
  ...Object.keys(schema().shape),
  ...['default', ...ENVIRONMENT_NAMES].map((name) => `environment.${name}`),
  ...KEY_NAMES().map((name) => `keys.${name}`),
  ...CREDENTIAL_NAMES().map((name) => `credentials.${name}`),
  ...BRUTE_FORCE_NAMES().map((name) => `bruteForce.${name}`),
  ...LIMIT_NAMES().map((name) => `limits.${name}`),
  ...Object.keys(reminders().shape).map((name) => `reminders.${name}`),
  ...AUDIT_NAMES().map((name) => `audit.${name}`),
  ...ISSUER_NAMES().map((name) => `issuers.${name}`),
  ...INTROSPECTION_NAMES().map((name) => `introspection.${name}`),
  ...TOKEN_NAMES().map((name) => `tokens.${name}`),
])

/** The default of `onError`. */
export function logError(error: unknown): void {
  try {
    // Its message has everything that its cause has.
    console.error('sallyport:', error instanceof DiagnosisError ? error.message : error)
  } catch {
    // An error of the app's own may throw when it is looked at.
    console.error('sallyport: an error that cannot be shown')
  }
}
