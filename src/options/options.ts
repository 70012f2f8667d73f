import type { TlsVersion } from '../admit/transport.js'
import type { KeyChangeFeed } from '../keys/feed.js'
import type { KeyStore } from '../keys/store.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { CallerOverride, Plan } from '../limits/plans.js'
import type { LimitStore } from '../limits/store.js'
import type { AuditSink } from '../record/sink.js'
import type { AuditWhen } from '../record/trail.js'
import type { ErrorFormat } from '../respond/error-formats.js'
import type { RateFields } from '../respond/rate-fields.js'
import type { Auth } from '../terms/auth.js'
import type { AuditMode } from '../terms/demand.js'
import type { Policy } from '../terms/policy.js'
import type { IntrospectionOptions } from './introspection-options.js'
import type { IssuerOptions } from './issuer-options.js'
import type { TokenOptions } from './token-options.js'

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

/** How the plans are applied. */
export interface LimitOptions {
  /**
   * Who shares a limit: all keys of an owner, each key for itself, or all callers of whom a function returns the same text, of 1 to 256
   * characters. Each environment is counted for itself. Default `'owner'`.
   */
  readonly by?: 'owner' | 'key' | ((auth: Auth) => string)
  /** The plan of keys that have none. Default: none, and a key must have one. */
  readonly defaultPlan?: string
  /**
   * What holds for a caller in the place of what its key says: another plan, another limit, another amount of credits; `undefined` for
   * nothing. Asked with every request, it must answer at once.
   */
  readonly override?: (auth: Auth) => CallerOverride | undefined
  /** Where requests are counted. Default: in the memory of this process, `createMemoryLimitStore()`. */
  readonly store?: LimitStore
  /**
   * What becomes of requests while the store fails: `'local'`, each process counts them against its share of the limits; `'deny'`, they are
   * refused; `'allow'`, all are let in. Default `'local'`.
   */
  readonly onStoreError?: 'local' | 'deny' | 'allow'
  /** How many processes share the store, and what it counts while it fails: 1 to 10,000. Default 1. */
  readonly instances?: number
  /** Which headers tell of the limits. An empty list: none. Default `['x-ratelimit']`. */
  readonly headers?: readonly RateFields[]
  /** Counts, and tells on the channel `sallyport:limits` what would be refused, but refuses nothing. Default false. */
  readonly shadow?: boolean
}

/** The audit trail. */
export interface AuditOptions {
  /**
   * Where records go: files of `sallyport/file`, or any object that has `write`. Several at once: each has a chain of its own, and one that
   * acknowledges is enough.
   */
  readonly sink: AuditSink | readonly AuditSink[]
  /**
   * `'best-effort'`: records are written beside the requests. `'required'`: a request is let in only once its record is on durable storage; where it is not
   * within 250 ms, it is refused with 503. A demand may say otherwise. Default `'best-effort'`.
   */
  readonly mode?: AuditMode
  /** The environments whose requests are recorded, beside those of nobody in particular; or a function that says. Default: all. */
  readonly when?: AuditWhen
  /** What checkpoints are signed with: the Ed25519 private key, in PEM (PKCS #8). Default: none, and nobody can prove that the trail is whole. */
  readonly key?: string
  /** The name of this instance in its records: 1 to 64 letters, digits, `_` and `-`. Default: `HOSTNAME` of its environment, or `local`. */
  readonly instance?: string
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
  /** Whose tokens are taken beside keys, from `Authorization: Bearer`. Default: none. */
  readonly issuers?: readonly IssuerOptions[]
  /** Where opaque tokens are asked about (RFC 7662), from `Authorization: Bearer`. Default: none are taken. */
  readonly introspection?: IntrospectionOptions
  /** How the gate issues tokens of its own, from its keys. Default: it issues none. */
  readonly tokens?: TokenOptions
  readonly credentials?: CredentialOptions
  /** The oldest TLS version accepted where the socket tells it. Default `'TLSv1.2'`. */
  readonly minTlsVersion?: TlsVersion
  /**
   * Addresses and networks of the proxies in front of this server. Only from them are X-Forwarded-For (read from the right)
   * and X-Forwarded-Proto believed. Default: none.
   */
  readonly trustProxy?: readonly string[]
  /**
   * What each plan allows, by its name: 1 to 64 letters, digits, `_` and `-`, a letter first. Default: none, and nothing is limited.
   */
  readonly plans?: Readonly<Record<string, Plan>>
  readonly limits?: LimitOptions
  /** Rules of the app for every request; they come last, in this order. A demand has those of its route. Default: none. */
  readonly policies?: readonly Policy[]
  /** The status of `tenant_mismatch`. Default 403. */
  readonly tenantMismatch?: 400 | 403 | 404
  /** Default: nothing is recorded. */
  readonly audit?: AuditOptions
  /**
   * Whether keys that do not exist are counted against the address that they come from, which is refused for a while after a few of them. Default
   * true.
   */
  readonly penalties?: boolean
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
