import { z } from 'zod'
import type { TlsVersion } from './admit/transport.js'
import type { KeyChangeFeed } from './keys/feed.js'
import { createMemoryKeyStore } from './keys/memory.js'
import type { KeyStore } from './keys/store.js'
import type { Clock } from './lib/clock.js'
import { isDuration, type Duration } from './lib/duration.js'
import { isNetwork } from './net/networks.js'
import { problemDetails, type ErrorFormat } from './respond/error-formats.js'
import { createCatalogue, SCOPE } from './terms/catalogue.js'
import { describeIssue, telling } from './lib/issue.js'
import { MisuseError } from './terms/misuse.js'

export interface KeyOptions {
  /** What the secrets of this API begin with: 2 to 16 lower-case letters and digits, a letter first. */
  readonly prefix: string
  /**
   * Secrets of at least 32 characters that go into the digests (HMAC-SHA256 of the SHA-256 of a key), so that a stolen table of digests
   * cannot be tried out. The first is current; the others still verify. Default: none, and digests are plain SHA-256.
   */
  readonly peppers?: readonly string[]
  /** Default: a store in memory, `createMemoryKeyStore()`. A call that takes longer than 250 ms has failed. */
  readonly store?: KeyStore
  /** How instances learn of each other's changes. Default: the store's own way, where it has one. */
  readonly changes?: KeyChangeFeed
  /** How old a key may grow before `gate.keys.due` names it. Default `'90d'`. */
  readonly rotateAfter?: Duration
}

export interface CredentialOptions {
  /** Take keys from `Authorization: Bearer` (RFC 6750). Default true. */
  readonly bearer?: boolean
  /**
   * The API's own header for keys, or `false` for none: letters, digits and single hyphens between them, in any case. Not
   * `authorization`, `cookie` or `host`. Default `'x-api-key'`.
   */
  readonly header?: string | false
}

/** What a gate is made from. Durations have units, names are checked, nothing is guessed. */
export interface GateOptions<S extends string = string> {
  /**
   * The environment that this gate serves, or several. Keys of any other are refused. Each is 1 to 32 lower-case letters and
   * digits, a letter first.
   */
  readonly environment: string | readonly string[]
  readonly keys: KeyOptions
  /**
   * Every scope of the API: a list, or names with levels from 1 to 9. A name is 1 to 128 visible ASCII characters without
   * quote and backslash. A caller of the key endpoints hands out scopes that
   * it holds and scopes below its own highest level. In a list all are of level 1.
   */
  readonly scopes: readonly S[] | Readonly<Record<S, number>>
  readonly credentials?: CredentialOptions
  /** The oldest TLS version accepted where the socket tells it. Default `'TLSv1.2'`. */
  readonly minTlsVersion?: TlsVersion
  /**
   * Addresses and networks of the proxies in front of this server. Only from them are X-Forwarded-For (read from the right)
   * and X-Forwarded-Proto believed. Default: none.
   */
  readonly trustProxy?: readonly string[]
  /** The shape of error answers. Default `problemDetails()`. */
  readonly errors?: ErrorFormat
  /** `'respond'` answers refusals; `'next'` hands a `DeniedError` to the framework's error handling. Default `'respond'`. */
  readonly deny?: 'respond' | 'next'
  /** Names the protection space in challenges (RFC 9110 section 11.5): 1 to 64 printable ASCII characters. Default `'api'`. */
  readonly realm?: string
  /**
   * A header whose request id is taken over, where a proxy in front sets it: 8 to 128 of `A-Z a-z 0-9 . _ ~ -`, else the
   * request gets a new one. Its name is as that of `credentials.header`. Default: none, every request gets a new one.
   */
  readonly requestIdHeader?: string
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: Clock
  /** Told of failing stores and error formats; it gets no secrets. Default: `console.error`. */
  readonly onError?: (error: unknown) => void
}

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
function functionOf<T>(write: string) {
  return z.custom<T>((value) => typeof value === 'function', write)
}
function objectWith<T>(methods: readonly string[], write: string) {
  return z.custom<T>((value) => methods.every((method) => hasMethod(value, method)), write)
}
function hasMethod(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function'
}
const STORE_METHODS = [
  'findByDigest',
  'findById',
  'insert',
  'update',
  'rotate',
  'list',
  'recordUsage',
]

const schema = z.strictObject({
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
]

/** Checks every option by name and completes it with its default. @throws {MisuseError} */
export function checkOptions(options: GateOptions) {
  if (typeof (options as unknown) !== 'object') {
    const example = "{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] }"
    throw new MisuseError(
      'invalid_option',
      `createGate: must be given an object, such as ${example}`,
    )
  }
  const parsed = schema.safeParse(options)
  if (!parsed.success) throw wrongOption(parsed.error)
  const { environment: environments, keys, scopes, ...rest } = parsed.data
  const levels = Array.isArray(scopes)
    ? scopes.map((name) => [name, 1] as const)
    : Object.entries(scopes)
  return Object.freeze({
    ...rest,
    environments: Object.freeze([environments].flat()),
    prefix: keys.prefix,
    peppers: Object.freeze(keys.peppers),
    rotateAfter: keys.rotateAfter,
    store: keys.store ?? createMemoryKeyStore(),
    changes: keys.changes,
    catalogue: createCatalogue(new Map(levels)),
  })
}

function wrongOption(error: z.ZodError): MisuseError {
  const issue = telling(error)
  const unknown = issue?.code === 'unrecognized_keys'
  const group = `${String(issue?.path[0] ?? '')}.`
  const names = OPTION_NAMES.flatMap((name) => {
    if (group === '.') return name.includes('.') ? [] : [name]
    return name.startsWith(group) ? [name.slice(group.length)] : []
  })
  return new MisuseError(
    unknown ? 'unknown_option' : 'invalid_option',
    `createGate: ${describeIssue(error, names)}`,
  )
}

/** The default of `onError`. */
export function logError(error: unknown): void {
  console.error('sallyport:', error)
}
