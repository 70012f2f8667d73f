import type { Duration } from '../lib/duration.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyStore } from './key-store.js'
import type { LegacyKeys } from './legacy.js'
import type { FindPeppers } from './peppers.js'

/** How the keys of an API are made, and where they are kept. */
export interface KeyOptions {
  /** What the secrets of this API begin with: 2 to 16 lower-case letters and digits, a letter first. */
  readonly prefix: string
  /**
   * Secrets of at least 32 characters that go into the digests (HMAC-SHA256 of the SHA-256 of a key), so that a stolen table of digests
   * cannot be tried out. The first is current; the others still verify. Or a function that answers them, such as from a secrets manager. Default: none, and digests are plain SHA-256.
   */
  readonly peppers?: readonly string[] | FindPeppers
  /** Default: a store in memory, `createMemoryKeyStore()`. A call that takes longer than 250 ms has failed. */
  readonly store?: KeyStore
  /** How instances learn of each other's changes. Default: the store's own way, where it has one. */
  readonly changes?: KeyChangeFeed
  /** How old a key may grow before `gate.keys.due` names it. Default `'90d'`. */
  readonly rotateAfter?: Duration
  /**
   * Verifies secrets that were issued elsewhere, when they are first used: `(secret) => key | undefined`, may be async. Called for secrets that no stored key has and that are not
   * of the gate's own format, for 8 at once; it has 250 ms. Default: such secrets are 401.
   */
  readonly legacy?: LegacyKeys
}
