import type { AuditOptions } from '../audit/options.js'
import type { PhiHandling } from '../core/phi.js'
import type { LevelOptions, ScopeOptions } from '../core/catalogue-options.js'
import type { Policy } from '../core/policy.js'
import type { ErrorFormat } from '../http/error-formats.js'
import type { BruteForceOptions, CredentialOptions } from '../http/options.js'
import type { ProxyHeaders } from '../http/forwarded.js'
import type { TrustedProxies } from '../http/proxy-schema.js'
import type { TlsVersion } from '../http/transport.js'
import type { IntrospectionOptions } from '../jwt/introspection-options.js'
import type { FindIssuer, IssuerOptions } from '../jwt/issuer-options.js'
import type { OutboundFetch } from '../jwt/outbound.js'
import type { KeyOptions } from '../keys/options.js'
import type { Clock } from '../lib/clock.js'
import type { LimitOptions } from '../limits/options.js'
import type { Plan } from '../limits/plans.js'
import type { TokenOptions } from '../oauth/options.js'
import type { EnvironmentMap } from './environment-options.js'
import type { GateWebhooks, Notify, ReminderOptions } from '../events/types.js'
import type { GateAccess } from './gate-access.js'

/** What a gate is made from. Durations have units, names are checked, nothing is guessed. */
export interface GateOptions<S extends string = string> {
  /**
   * The environment that this gate serves, or several: a list, each on every host; or an object that gives each its hosts. Keys of any other are refused.
   * Each is 1 to 32 lower-case letters and digits, a letter first.
   * @example { live: { hosts: ['api.acme.example'] }, sandbox: { hosts: ['api-sandbox.acme.example'] } }
   */
  readonly environment: string | readonly string[] | EnvironmentMap
  readonly keys: KeyOptions
  /**
   * Every scope of the API: a list, or names with levels from 1 to 9 or options, such as `{ level: 1, title: 'Read orders' }`. A name is 1 to 128 visible ASCII characters without
   * quote and backslash. A caller of the key endpoints hands out scopes that
   * it holds and scopes below its own highest level. In a list all are of level 1.
   */
  readonly scopes: readonly S[] | Readonly<Record<S, number | string | ScopeOptions>>
  /**
   * Levels of scopes by name, the lowest first, in place of numbers: names, or objects. Each is above all before it, if it does not say what it is `above`. Default: none.
   * @example ['standard', 'admin', { name: 'publisher', above: ['standard'] }]
   */
  readonly levels?: readonly (string | LevelOptions)[]
  /** The issuers whose JWTs are accepted beside keys, in `Authorization: Bearer`: a list, or a function that finds one when a token comes. Default: none. */
  readonly issuers?: readonly IssuerOptions[] | FindIssuer
  /** What asks issuers and introspection in place of the gate's own client, such as a `fetch` through a proxy. Addresses are not checked then. Default: none. */
  readonly fetch?: OutboundFetch
  /** Where opaque tokens are asked about (RFC 7662), from `Authorization: Bearer`. Default: none are taken. */
  readonly introspection?: IntrospectionOptions
  /** How the gate issues tokens of its own, from its keys. Default: it issues none. */
  readonly tokens?: TokenOptions
  readonly credentials?: CredentialOptions
  /** The oldest TLS version accepted where the socket tells it. Default `'TLSv1.2'`. */
  readonly minTlsVersion?: TlsVersion
  /**
   * The proxies in front of this server. Only from them are X-Forwarded-For (read from the right) and X-Forwarded-Proto believed. A list of addresses,
   * CIDR networks, `'loopback'`, `'linklocal'` (169.254.0.0/16, fe80::/10), `'uniquelocal'` (the private networks of IPv4, fc00::/7) and `'unix'`,
   * the peer of a Unix socket; or how many proxies there are, 1 to 10, where nobody but they can connect. Default: none.
   * @example ['10.0.0.0/8', 'loopback']
   */
  readonly trustProxy?: TrustedProxies
  /** Which header fields these proxies write: `'x-forwarded'`, or `'forwarded'` (RFC 7239). The others are ignored. Default `'x-forwarded'`. */
  readonly proxyHeaders?: ProxyHeaders
  /**
   * What each plan allows, by its name: 1 to 64 letters, digits, `_` and `-`, a letter first. Default: none, and nothing is limited.
   */
  readonly plans?: Readonly<Record<string, Plan>>
  readonly limits?: LimitOptions
  /** Rules of the app for every request; they come last, in this order. A requirement has those of its route. Default: none. */
  readonly policies?: readonly Policy[]
  /** The status of `tenant_mismatch`. Default 403. */
  readonly tenantMismatchStatus?: 400 | 403 | 404
  /** Default: nothing is recorded. */
  readonly audit?: AuditOptions
  /**
   * What each environment does with protected health information, which routes name in `phi`: `'allowed'`, `'synthetic'` or `'refused'`. Default: `'allowed'`, which needs an
   * audit trail.
   * @example { live: 'allowed', sandbox: 'synthetic', ci: 'refused' }
   */
  readonly phi?: Readonly<Record<string, PhiHandling>>
  /**
   * Who may use the API: what `createAccess` of `sallyport/access` returns. No key is made for an owner without approved access. Requests are held to it by
   * `policies`. Default: every owner may have keys.
   * @example { access, policies: [access.approved()] }
   */
  readonly access?: GateAccess
  /**
   * Told of what happens to keys and to access, at least once, the events of one key in order; what fails is tried again for three days. The key store must have an `outbox`.
   * Default: nobody is told.
   * @example async ({ type, data }) => { if (type === 'key.expiring') await mail(data) }
   */
  readonly notify?: Notify
  /** The same events as signed webhooks: what `createWebhooks` of `sallyport/webhooks` returns. Default: none. */
  readonly webhooks?: GateWebhooks
  /**
   * Events `key.due` before a key is due for rotation, for owners that want them; `{}`: for those that have chosen it, such as in the console. Default: none.
   * @example { wants: async (ownerId) => (await settingsOf(ownerId)).remindsOfRotation }
   */
  readonly reminders?: ReminderOptions
  /**
   * Keys that do not exist are counted against the address that they come from, which is refused for a while after a few of them; `false`: they are
   * not. Loopback addresses are never refused while `NODE_ENV` is not `production`. Default `true`.
   * @example { attempts: 10, exempt: ['10.0.0.0/8'] }
   */
  readonly bruteForce?: boolean | BruteForceOptions
  /** The shape of error answers. Default `problemDetails()`. */
  readonly errorFormat?: ErrorFormat
  /** `'respond'` answers refusals; `'next'` hands a `DeniedError` to the framework's error handling. Default `'respond'`. */
  readonly onDenied?: 'respond' | 'next'
  /** Names the protection space in challenges (RFC 9110 section 11.5): 1 to 64 printable ASCII characters. Default `'api'`. */
  readonly realm?: string
  /**
   * A header whose request id is taken over, where a proxy in front sets it: 8 to 128 of `A-Z a-z 0-9 . _ ~ -`, else the
   * request gets a new one. Its name is as that of `credentials.header`. Default: none, every request gets a new one.
   */
  readonly requestIdHeader?: string
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: Clock
  /**
   * Told of failing stores and error formats; it gets no secrets. While `NODE_ENV` is not `production`, also of why requests were rejected (`DiagnosisError`), once a
   * minute for each check and issuer. Default: `console.error`.
   */
  readonly onError?: (error: unknown) => void
}
