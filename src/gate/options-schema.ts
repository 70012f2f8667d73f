import * as v from 'valibot'
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
import { functionOf, objectWith, orElse, wholeNumber, shortList } from '../lib/schema-kinds.js'
import { LIMIT_NAMES, limits } from '../limits/options-schema.js'
import { plans } from '../limits/plan-schema.js'
import type { GateWebhooks, Notify, ReminderOptions } from '../events/types.js'
import type { GateAccess } from './gate-access.js'
import { TOKEN_NAMES, tokens } from '../oauth/options-schema.js'
import type { EnvironmentMap } from './environment-options.js'
import { ENVIRONMENT_NAMES } from './environments.js'
import { isObject } from '../lib/is-object.js'
import { lazily } from '../lib/lazily.js'
import { recordOf, strictObject } from '../lib/schema-objects.js'

const environment = lazily(() =>
  v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9]{0,31}$/, "must be lower-case letters and digits, such as 'live'"),
  ),
)
const scope = lazily(() =>
  v.pipe(
    v.string(),
    v.maxCodePoints(128),
    v.regex(SCOPE, 'must be visible ASCII without quote or backslash'),
  ),
)
const level = lazily(() => wholeNumber(1, 9))
const given = lazily(() =>
  v.custom<string | ScopeOptions>((value) => typeof value === 'string' || isObject(value)),
)
const words = lazily(() => v.optional(v.pipe(v.string(), v.minLength(1))))
const namedLevel = lazily(() =>
  strictObject({
    name: v.string(),
    ...{ title: words(), description: words() },
    above: v.optional(v.array(v.string())),
  }),
)
const days = lazily(() =>
  v.custom<Duration>(
    (value) => isDuration(value) && milliseconds(value) >= 86_400_000,
    "must be a duration of a day or more, such as '90d'",
  ),
)
const reminders = lazily(() =>
  strictObject({
    wants: v.exactOptional(
      functionOf<NonNullable<ReminderOptions['wants']>>('must be a function of an owner'),
    ),
    unusedFor: v.exactOptional(days()),
    endlessFor: v.exactOptional(days()),
    before: v.exactOptional(v.pipe(shortList(wholeNumber(0, 365), 8), v.minLength(1))),
  }),
)

/** The environments that the gate serves. */
const environments = lazily(() =>
  v.union(
    [
      environment(),
      v.pipe(v.array(environment()), v.minLength(1, 'must name at least one environment')),
      v.custom<EnvironmentMap>(isObject),
    ],
    "must be a name such as 'live', a list of names, or an object of names with options",
  ),
)

/** The scopes of the API. */
const catalogue = lazily(() =>
  v.union(
    [v.array(scope()), recordOf(scope(), v.union([level(), given()]))],
    "must be a list of names, or names with levels from 1 to 9, such as { 'read:orders': 1 }",
  ),
)

/** What functions of other entries of the package return. */
const ofOtherEntries = lazily(() => ({
  access: v.optional(
    objectWith<GateAccess>(
      ['attach', 'admitKey', 'endpoints'],
      'must be what createAccess of sallyport/access returns',
    ),
  ),
  webhooks: v.optional(
    v.custom<GateWebhooks>(
      (value) => isObject(value) && Array.isArray((value as GateWebhooks).targets),
      'must be what createWebhooks of sallyport/webhooks returns',
    ),
  ),
}))

export const schema = lazily(() =>
  strictObject({
    environment: environments(),
    keys: keys(),
    scopes: catalogue(),
    levels: v.optional(
      v.array(
        v.union([v.string(), namedLevel()]),
        "must be a list such as ['standard', { name: 'admin' }]",
      ),
    ),
    issuers: issuers(),
    fetch: v.optional(functionOf<OutboundFetch>('must be a function such as fetch')),
    introspection: v.optional(v.lazy(introspection)),
    tokens: v.optional(v.lazy(tokens)),
    credentials: orElse(v.lazy(credentials), () => placesFrom({})),
    minTlsVersion: v.optional(
      v.picklist(['TLSv1.2', 'TLSv1.3'], "must be 'TLSv1.2' or 'TLSv1.3'"),
      'TLSv1.2',
    ),
    trustProxy: trustProxy(),
    proxyHeaders: proxyHeaders(),
    plans: v.optional(v.lazy(plans)),
    limits: v.optional(limits(), {}),
    policies: v.optional(
      v.array(functionOf<Policy>('must be a function'), 'must be a list of functions'),
      [],
    ),
    tenantMismatchStatus: v.optional(
      v.union([v.literal(400), v.literal(403), v.literal(404)], 'must be 400, 403 or 404'),
      403,
    ),
    audit: v.optional(v.lazy(audit)),
    phi: v.optional(
      recordOf(
        v.string(),
        v.picklist(PHI_HANDLINGS, "must be 'allowed', 'synthetic' or 'refused'"),
      ),
      {},
    ),
    ...ofOtherEntries(),
    notify: v.optional(functionOf<Notify>('must be a function of an event')),
    reminders: v.optional(v.lazy(reminders)),
    bruteForce: bruteForce(),
    errorFormat: v.optional(
      objectWith<ErrorFormat>(['body'], 'must be an error format, such as problemDetails()'),
      () => problemDetails(),
    ),
    onDenied: v.optional(v.picklist(['respond', 'next'], "must be 'respond' or 'next'"), 'respond'),
    realm: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[\x20-\x7E]{1,64}$/, 'must be 1 to 64 printable ASCII characters'),
      ),
      'api',
    ),
    requestIdHeader: v.optional(fieldName()),
    clock: v.optional(
      functionOf<Clock>('must be a function that returns milliseconds, such as Date.now'),
      () => Date.now,
    ),
    onError: v.optional(
      functionOf<(error: unknown) => unknown>('must be a function'),
      () => logError,
    ),
  }),
)

/** Every name that an option can have, for messages and for the documents. */
export const OPTION_NAMES = lazily(() => [
  ...Object.keys(schema().entries),
  ...['default', ...ENVIRONMENT_NAMES].map((name) => `environment.${name}`),
  ...KEY_NAMES().map((name) => `keys.${name}`),
  ...CREDENTIAL_NAMES().map((name) => `credentials.${name}`),
  ...BRUTE_FORCE_NAMES().map((name) => `bruteForce.${name}`),
  ...LIMIT_NAMES().map((name) => `limits.${name}`),
  ...Object.keys(reminders().entries).map((name) => `reminders.${name}`),
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
