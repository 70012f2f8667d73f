import * as v from 'valibot'
import { storedInstant } from '../lib/instants.js'
import { inOrder, pageFrom, recordFrom } from '../access/documents.js'
import type { Page } from '../keys/key-store.js'
import { deepCopy, deepFreeze } from '../lib/copy.js'
import { lazily } from '../lib/lazily.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { ReviewedWeek } from './trail/reviewed-week.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { plainObject, recordOf } from '../lib/schema-objects.js'

/** Whose records a review has counted. */
export interface CountedRecords {
  readonly environments: readonly string[]
  /** Of accesses, those for these tenants, and those for none. Absent: those for all. */
  readonly tenantIds?: readonly string[]
}

/** A weekly review of the audit log that somebody has signed. */
export interface SignedReview {
  /** `rev_` and base62. */
  readonly id: string
  readonly ownerId: string
  /** Whose log it was, where the console has several gates. */
  readonly environment?: string
  /** Who has signed it, from where, and when. */
  readonly by: { readonly id: string; readonly name: string; readonly address?: string }
  readonly at: Date
  /** What the person has written to it. */
  readonly note?: string
  /** The records that the person could see: who sees fewer does not see the review. Absent: a version that did not record it. */
  readonly counted?: CountedRecords
  /** All that the person has seen. Later records do not change it. */
  readonly week: ReviewedWeek
  /** SHA-256 of `week`, in base64url: it is in the audit log as well. */
  readonly digest: string
}

/** Which reviews, those signed last first, in pages. */
export interface ReviewFilter {
  readonly ownerId: string
  /** The last day of the week, such as `'2030-01-31'`. */
  readonly to?: string
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

/** Where signed reviews are kept. Nothing of them is changed or removed. What a store throws, an answer that takes longer than 5 seconds, and one with what was not asked for, is an outage (503). `reviewStoreCases` of `sallyport/testing` tests a store of your own. */
export interface ReviewStore {
  /** @throws {Error} where the id is taken */
  insert(review: SignedReview): MaybePromise<unknown>
  find(id: string): MaybePromise<SignedReview | undefined>
  /** A page of reviews, each once over all pages. A cursor that is not of this store leads to an empty page. */
  list(filter: ReviewFilter): MaybePromise<Page<SignedReview>>
}

const PAGE = 50

/**
 * Signed reviews in the memory of this process. They end with it: for demos and tests.
 * @example const portal = createConsole(gate, { user, secret, reviews: createMemoryReviewStore() })
 */
export function createMemoryReviewStore(): ReviewStore {
  const kept = new Map<string, SignedReview>()
  const placeOf = ({ id, at }: SignedReview) => ({ id, at: at.getTime() })
  return {
    insert(review) {
      if (kept.has(review.id)) throw new Error(`The id '${review.id}' is taken.`)
      kept.set(review.id, deepFreeze(deepCopy(review)))
    },
    find: (id) => kept.get(id),
    list({ ownerId, to, limit = PAGE, cursor }) {
      const wanted = (one: SignedReview) =>
        one.ownerId === ownerId && (to === undefined || one.week.to === to)
      const own = inOrder([...kept.values()].filter(wanted), 'newest', placeOf)
      return pageFrom(own, { limit, cursor, order: 'newest' }, placeOf)
    },
  }
}

/** What a review has, but for when it was signed: a date, or its text. */
export function reviewMembers() {
  const [text, count] = [v.string(), wholeNumber(0)]
  const counts = recordOf(text, count)
  const ranked = v.array(v.strictTuple([text, count]))
  const week = plainObject({
    ...{ from: text, to: text, allowed: counts, denied: counts },
    ...{ phi: ranked, morePhi: count, callers: ranked, moreCallers: count },
    ...{ addresses: count, changes: count, records: count, unproven: count },
    isComplete: v.boolean(),
  } satisfies { readonly [Field in keyof Required<ReviewedWeek>]: v.GenericSchema })
  const counted = plainObject({
    environments: v.array(text),
    tenantIds: v.exactOptional(v.array(text)),
  } satisfies { readonly [Field in keyof Required<CountedRecords>]: v.GenericSchema })
  return {
    ...{ id: text, ownerId: text, environment: v.exactOptional(text) },
    by: plainObject({ id: text, name: text, address: v.exactOptional(text) }),
    ...{ note: v.exactOptional(text), counted: v.exactOptional(counted), week, digest: text },
  }
}

const schema = lazily(() =>
  plainObject({ ...reviewMembers(), at: storedInstant() } satisfies {
    readonly [Field in keyof Required<SignedReview>]: v.GenericSchema
  }),
)

/** The review in a JSON text, as `JSON.stringify` has written it: for a store of your own. @throws {StoreError} for what is none */
export function signedReviewFrom(json: unknown): SignedReview {
  return recordFrom(schema(), json, 'review')
}
