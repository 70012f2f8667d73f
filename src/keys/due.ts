import * as v from 'valibot'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { checkInput } from './calls.js'
import { keyFields } from './input.js'
import type { KeyContext } from './key-context.js'
import type { KeyFilter, Page } from './key-store.js'
import { shown, type ApiKey } from './record.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

/** Which keys wait for their rotation. */
export interface DueQuery extends Pick<KeyFilter, 'ownerId' | 'environment' | 'limit' | 'cursor'> {
  /** Also those that will be due within this time. Default `'0s'`: those that are due. */
  readonly within?: Duration
}

/** A key that should be rotated. */
export interface DueKey extends ApiKey {
  /** When it should have a successor. */
  readonly dueAt: Date
}

export function within() {
  return v.custom<Duration>(isDuration, "must be a duration such as '14d'")
}

/** Keys that were made before this are due within a time from now. */
export function madeBefore({ rotateAfter }: KeyContext, time: Duration, now: number): Date {
  return new Date(now + milliseconds(time) - milliseconds(rotateAfter))
}

const schema = lazily(() =>
  strictObject({
    within: v.optional(within(), '0s'),
    ownerId: v.optional(keyFields().ownerId),
    environment: v.optional(keyFields().environment),
    limit: v.optional(wholeNumber(1, 200)),
    cursor: v.optional(v.pipe(v.string(), v.maxCodePoints(256))),
  }),
)

/** Active keys without a successor, in the order in which they are due. @throws {MisuseError} @throws {StoreError} */
export async function listDueKeys(context: KeyContext, query: DueQuery): Promise<Page<DueKey>> {
  const { within: time, ...filter } = checkInput(schema(), query, 'gate.keys.due')
  const now = context.clock()
  const age = milliseconds(context.rotateAfter)
  const { items, cursor } = await context.store.list({
    ...(filter as KeyFilter),
    standing: { state: 'active', at: new Date(now) },
    order: 'oldest',
    unrotatedSince: madeBefore(context, time, now),
  })
  items.forEach(context.observed)
  return {
    items: items.map((record) => ({
      ...shown(record, now),
      dueAt: new Date(record.createdAt.getTime() + age),
    })),
    ...(cursor !== undefined && { cursor }),
  }
}
