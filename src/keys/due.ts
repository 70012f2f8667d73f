import { z } from 'zod'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { checkInput } from './input.js'
import { shown, type ApiKey } from './record.js'
import type { KeyRoom } from './room.js'
import type { KeyFilter, Page } from './store.js'

/** Which keys wait for their rotation. */
export interface DueQuery extends Omit<KeyFilter, 'state'> {
  /** Also those that will be due within this time. Default `'0s'`: those that are due. */
  readonly within?: Duration
}

/** A key that should be rotated. */
export interface DueKey extends ApiKey {
  /** When it should have a successor. */
  readonly dueAt: Date
}

const schema = z.strictObject({
  within: z.custom<Duration>(isDuration, "must be a duration such as '14d'").default('0s'),
  ownerId: z.string().optional(),
  environment: z.string().optional(),
  limit: z.int().min(1).max(200).optional(),
  cursor: z.string().max(256).optional(),
})

/** Active keys without a successor, in the order in which they are due. @throws {MisuseError} @throws {StoreError} */
export async function listDueKeys(room: KeyRoom, query: DueQuery): Promise<Page<DueKey>> {
  const { within, ...filter } = checkInput(schema, query, 'gate.keys.due')
  const now = room.clock()
  const age = milliseconds(room.rotateAfter)
  const { items, cursor } = await room.store.list({
    ...(filter as KeyFilter),
    standing: { state: 'active', at: new Date(now) },
    order: 'oldest',
    unrotatedSince: new Date(now + milliseconds(within) - age),
  })
  items.forEach(room.seen)
  return {
    items: items.map((record) => ({
      ...shown(record, now),
      dueAt: new Date(record.createdAt.getTime() + age),
    })),
    ...(cursor !== undefined && { cursor }),
  }
}
