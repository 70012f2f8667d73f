import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessStore } from './access-store.js'
import type { AgreementStore } from './agreement-store.js'

/** Terms that owners accept: of use, or an agreement such as a BAA. Give `text` or `digest`. */
export interface TermsOptions {
  /** Which version holds now, such as `'2026-01'`: 1 to 64 characters. Another version asks every owner again. */
  readonly version: string
  /** The whole text, for its digest, and for people who read it on the console where there is no `url`. It is not stored. */
  readonly text?: string
  /** In its place: SHA-256 of the text, in base64url. For owners who accept on the console, give `url` as well. */
  readonly digest?: string
  readonly title?: string
  /** Where people read them. */
  readonly url?: string
  /** Earlier versions that still count, such as while owners are asked to accept the new one. Default: none. */
  readonly alsoAccepted?: readonly string[]
  /** Whether a request for access needs them accepted, and a new key with it. Default `true`. */
  readonly required?: boolean
  /** Only for these environments. Default: for all. */
  readonly environments?: readonly string[]
  /** It is about health information, such as a BAA: the policy does not ask for it where that is `'synthetic'` (option `phi` of the gate). Default `false`. */
  readonly phi?: boolean
  /** `'operator'`: owners cannot accept them by themselves, such as what is signed on paper; code of the server or the command records it. Default `'owner'`. */
  readonly acceptedBy?: 'owner' | 'operator'
}

/** What `createAccess` is made from. */
export interface AccessOptions {
  /** Where requests live, such as `createPostgresAccessStore(pool)`. */
  readonly store: AccessStore
  /** Where acceptances live, such as `createPostgresAgreementStore(pool)`. */
  readonly agreements: AgreementStore
  /** The terms, by name: 1 to 64 lower-case letters, digits and `-`, a letter first. Default: none. */
  readonly terms?: Readonly<Record<string, TermsOptions>>
  /** In how many business days (Monday to Friday, UTC) a decision is due: 1 to 60. Default 2. */
  readonly reviewDays?: number
  /** Days that are no business days, such as `'2026-12-25'`. Default: none. */
  readonly holidays?: readonly string[]
  /**
   * Whether an owner may ask for access at all: `true`, or the reason why not, which the owner is told. It has 250 ms. Default: every owner may.
   * @example (ownerId) => planOf(ownerId) === 'free' ? 'API access is part of the Premium plan.' : true
   */
  readonly eligible?: (
    ownerId: string,
    asked: { readonly environments: readonly string[]; readonly plan?: string },
  ) => MaybePromise<true | string>
  /** Milliseconds since the epoch. Default: that of the gate, or `Date.now`. */
  readonly clock?: Clock
}
