import * as v from 'valibot'
import { StoreError } from '../core/errors.js'
import { lazily } from '../lib/lazily.js'
import { looseObject, plainObject } from '../lib/schema-objects.js'
import { withTimeout, type MaybePromise } from '../lib/maybe.js'
import { reviewMembers, type ReviewStore, type SignedReview } from './review-store.js'

/** For how long the store may think, in milliseconds. */
const LIMIT_MS = 5_000
const late = () => new StoreError('The review store did not answer within 5 seconds.')

const review = lazily(() => looseObject({ ...reviewMembers(), at: v.date() }))
const page = lazily(() => plainObject({ items: v.array(review()), cursor: v.optional(v.string()) }))

/**
 * The same store, whose failures are outages. An answer counts where it is one, to this very question: a store that compares texts loosely has the reviews of another owner.
 */
export function checkedReviews(store: ReviewStore): ReviewStore {
  return {
    insert: (one) => orOutage(() => store.insert(one)),
    find: (id) =>
      orOutage(
        () => store.find(id),
        (answer) => reviewWith(id, answer),
      ),
    list: (filter) =>
      orOutage(
        () => store.list(filter),
        (answer) => {
          const isAsked = ({ ownerId, week }: SignedReview) =>
            ownerId === filter.ownerId && (filter.to === undefined || week.to === filter.to)
          if (v.is(page(), answer) && answer.items.every(isAsked)) return answer
          throw new StoreError('The review store answered with what is no page of these reviews.')
        },
      ),
  }
}

function reviewWith(id: string, answer: SignedReview | undefined): SignedReview | undefined {
  if (answer === undefined || (v.is(review(), answer) && answer.id === id)) return answer
  throw new StoreError('The review store answered with another review than the one asked for.')
}

/** @throws {StoreError} also where the store does not answer */
async function orOutage<T>(
  ask: () => MaybePromise<T>,
  check: (answer: T) => T = (answer) => answer,
): Promise<T> {
  try {
    return check(await withTimeout(ask(), LIMIT_MS, late))
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError('The review store failed.', { cause: error })
  }
}
