import type { Jwk } from '../jwt/jwk.js'
import type { Duration } from '../lib/duration.js'
import type { ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import type { FindServiceAccount, ServiceAccount } from './service-accounts.js'
import type { FindSigningKeys } from './signing-keys.js'

/** How the gate issues tokens. */
export interface TokenOptions {
  /** What the gate is called in `iss` of its tokens: an `https:` URL. */
  readonly issuer: string
  /** For whom its tokens are: what this API is called in `aud`, then others that take its tokens, 1 to 16 in all. Default: the issuer. */
  readonly audience?: string | readonly string[]
  /**
   * Which of `audience` are names of this API itself. The gate accepts tokens for these only; those for others can only be issued here (RFC 9068 section 4). Default:
   * the first of `audience`.
   */
  readonly accepts?: string | readonly string[]
  /**
   * Private keys for RS256, ES256 or EdDSA, as JWK or in PEM (PKCS #8). The first signs; the others, of which the public part is enough, verify what they
   * have signed before. Or a function that answers them, such as from a secrets manager. Default: one that ends with the process; in production there is none.
   */
  readonly signingKeys?: readonly (Jwk | string)[] | FindSigningKeys
  /** How long its tokens live, at most 24 hours, and never longer than their keys. Default `'1h'`. */
  readonly lifetime?: Duration
  /**
   * Programs that get tokens for assertions which they sign with keys of their own (RFC 7523): a list, or a function that finds one by its id. The function is
   * asked for each assertion and with each use of a token. Default: none.
   */
  readonly serviceAccounts?: readonly ServiceAccount[] | FindServiceAccount
  /** Where the ids of revoked tokens are. Default: in the memory of this process, `createMemoryRevocations()`. */
  readonly revocations?: TokenRevocations
  /** Where it is kept which assertions were used. Default: in the memory of this process, `createMemoryReplayStore()`. */
  readonly replayStore?: ReplayStore
}
