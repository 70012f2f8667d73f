import type { Page } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessChanges, TermsVersion } from './access-store.js'
import type { AccessPerson } from './person.js'

/** How an acceptance ended before its time. */
export interface AcceptanceEnd {
  readonly by: AccessPerson
  readonly at: Date
  readonly reason?: string
}

/** That an owner has accepted a version of terms, as a store holds it. */
export interface Acceptance {
  /** `agr_` and base62. */
  readonly id: string
  readonly ownerId: string
  readonly terms: TermsVersion
  /** Who accepted, and from where; of an agreement that was signed elsewhere, who signed it. */
  readonly by: AccessPerson
  /** When it was accepted, or signed. */
  readonly at: Date
  /** Who wrote it down, where that is somebody else. */
  readonly recordedBy?: AccessPerson
  /** When it ends. Absent: it has no end. */
  readonly until?: Date
  /** Absent: it was not ended. */
  readonly end?: AcceptanceEnd
}

/** Which acceptances, newest first, in pages. */
export interface AcceptanceFilter {
  readonly ownerId?: string
  /** The name of the terms. */
  readonly terms?: string
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

/**
 * Where acceptances of terms live. Every method may answer at once or with a promise. What a store throws is an outage (503), and never "not accepted".
 * `agreementStoreCases` of `sallyport/testing` tests a store of your own.
 */
export interface AgreementStore {
  /** @throws {Error} where the id is taken */
  insert(acceptance: Acceptance): MaybePromise<void>
  find(id: string): MaybePromise<Acceptance | undefined>
  /** The acceptances of an owner that were not ended, newest first, at most 1,000. */
  ofOwner(ownerId: string): MaybePromise<readonly Acceptance[]>
  /** Ends an acceptance once. False: there is none with this id, or it was ended before. */
  end(id: string, end: AcceptanceEnd): MaybePromise<boolean>
  /** A page of acceptances, each once over all pages. A cursor that is not of this store leads to an empty page. */
  list(filter: AcceptanceFilter): MaybePromise<Page<Acceptance>>
  /** As that of an `AccessStore`. */
  changes(since?: string): MaybePromise<AccessChanges>
}
