import type { Auth } from '../core/auth.js'
import type { LimitStore } from './limit-store.js'
import type { CallerOverride, Quota } from './plans.js'
import type { RateLimitHeaders } from './rate-limit-headers.js'

/** How the plans are applied, and what is limited beside them. */
export interface LimitOptions {
  /**
   * Who shares a limit: all keys of an owner, each key for itself, or all callers of whom a function returns the same text, of 1 to 256
   * characters. Each environment is counted for itself. Default `'owner'`.
   */
  readonly by?: 'owner' | 'key' | ((auth: Auth) => string)
  /** The plan of keys that have none. Default: none, and a key must have one. */
  readonly defaultPlan?: string
  /**
   * How many requests without credentials the gate takes from one client address, an IPv4 address or an IPv6 network of 64 bits; beyond that, 429
   * `anonymous_limit_exceeded`. A `limit` of 1 to 1,000,000,000 in a `window` from `'1s'` to `'366d'`, or a `'day'` or `'month'` of UTC. Needs no plans. Default: no such limit.
   * @example { limit: 60, window: '1m' }
   */
  readonly anonymous?: Quota
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
  readonly headers?: readonly RateLimitHeaders[]
  /** Counts, and tells on the channel `sallyport:limits` what would be refused, but refuses nothing. Default false. */
  readonly dryRun?: boolean
}
