import type { Page } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessPerson } from './person.js'

/**
 * Where a request for access is: it waits for a decision; or it was approved, and holds until its end; or it was denied; or what was approved is suspended for a
 * while; or it is over for good.
 */
export const ACCESS_STATES = ['requested', 'approved', 'suspended', 'denied', 'ended'] as const

export type AccessState = (typeof ACCESS_STATES)[number]

/** States that something may still become of. */
export const LIVE_STATES: readonly AccessState[] = ['requested', 'approved', 'suspended']

/** A version of terms, by what was accepted of it. */
export interface TermsVersion {
  /** The name of the terms, such as `'api-terms'`. */
  readonly id: string
  readonly version: string
  /** SHA-256 of the text, in base64url. */
  readonly digest: string
}

/** One step in the life of a request: who took it, when, and in whose words. */
export interface AccessStep {
  readonly state: AccessState
  readonly by: AccessPerson
  readonly at: Date
  readonly reason?: string
}

/** A request for access as a store holds it, with all that has become of it. Records are not changed in place: a change is a new version. */
export interface AccessRequest {
  /** `acc_` and base62. */
  readonly id: string
  /** 1 at first, one more with each change. */
  readonly version: number
  readonly ownerId: string
  readonly state: AccessState
  /** What the API is to be used for, in the words of the owner. */
  readonly useCase: string
  /** Those that were asked for; once approved, those that were approved. */
  readonly environments: readonly string[]
  /** The same of scopes. Empty: no scopes were named, and keys may have any. */
  readonly scopes: readonly string[]
  /** The same of the plan. */
  readonly plan?: string
  /** The terms that had been accepted when access was requested. */
  readonly terms: readonly TermsVersion[]
  readonly requestedAt: Date
  /** When a decision is due. */
  readonly dueAt: Date
  /** When what was approved ends. Absent: it has no end. */
  readonly until?: Date
  /** What the approval is bound to, in the words of the approver. */
  readonly conditions?: string
  /** From the request on; the last one is that of `state`. */
  readonly steps: readonly AccessStep[]
}

/** Which requests, in pages. */
export interface AccessFilter {
  readonly ownerId?: string
  readonly state?: AccessState
  /** By the time of the request. Default `'newest'`: newest first. */
  readonly order?: 'newest' | 'oldest'
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

/** What has changed in a store since one of its revisions. */
export interface AccessChanges {
  /** Names the present state of all records. It changes with each change of any record, whoever makes it, and never without one. */
  readonly revision: string
  /** The owners of the records that have changed since then; others have not. Absent: that is not known, and may be any owner. */
  readonly ownerIds?: readonly string[]
}

/**
 * Where requests for access live. Every method may answer at once or with a promise. What a store throws is an outage (503), and never "not approved".
 * `accessStoreCases` of `sallyport/testing` tests a store of your own.
 */
export interface AccessStore {
  /**
   * Stores a request; of two at once for one environment, one. False: another request of this owner for one of its environments is requested or suspended, or approved
   * with no end or one after `requestedAt` of this request.
   * @throws {Error} where the id is taken
   */
  insert(request: AccessRequest): MaybePromise<boolean>
  find(id: string): MaybePromise<AccessRequest | undefined>
  /** The requests of an owner, at most 100: first those that are requested, approved or suspended, and of all others the newest. */
  ofOwner(ownerId: string): MaybePromise<readonly AccessRequest[]>
  /** Puts the next version of a request in the place of the one before. False: that is no longer the one that is stored. */
  replace(next: AccessRequest): MaybePromise<boolean>
  /** A page of requests, each once over all pages. A cursor that is not of this store leads to an empty page. */
  list(filter: AccessFilter): MaybePromise<Page<AccessRequest>>
  /**
   * The revision, and who has changed since an earlier one. A caller asks for it, then reads; what it has read of an owner is up to date until the owner is named.
   * @param since absent: no revision is known yet
   */
  changes(since?: string): MaybePromise<AccessChanges>
}
