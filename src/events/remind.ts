import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { withTimeout } from '../lib/maybe.js'
import { shownToManagers } from '../keys/http/shown.js'
import type { KeyStore } from '../keys/key-store.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { shown, type KeyRecord } from '../keys/record.js'
import { pagesOf } from './scan.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Reminder } from './types.js'

export interface RemindContext {
  readonly store: Pick<KeyStore, 'list'>
  readonly outbox: KeyOutbox
  readonly clock: Clock
  readonly rotateAfter: Duration
  readonly onError: (error: unknown) => void
}

const DAY_MS = 86_400_000
export const BEFORE_DUE: readonly number[] = [14, 7, 0]
/** For how long the app may look up what one owner wants. */
const WANTS_MS = 5_000
/** Owners for whom that may fail before a look is given up: the others may have it next time. */
const MOST_FAILED = 10

/** When owners are reminded. */
export interface ReminderRule {
  /** All steps that there are, in days before a key is due. */
  readonly before: readonly number[]
  /** Those of an owner. Empty: it is not reminded. */
  readonly stepsOf: (ownerId: string) => MaybePromise<readonly number[]>
}

/**
 * Adds `key.due` for each active key without a successor that has reached a step: the last one that it has reached, once over all instances. Resolves to those that are new.
 */
export async function remind(
  { store, outbox, clock, rotateAfter, onError }: RemindContext,
  { before, stepsOf }: ReminderRule,
  ownerId?: string,
): Promise<readonly Reminder[]> {
  const now = clock()
  const ageMs = milliseconds(rotateAfter)
  const told: Reminder[] = []
  const unrotatedSince = new Date(now - ageMs + Math.max(...before) * DAY_MS)
  const standing = { state: 'active', at: new Date(now) } as const
  const query = { standing, unrotatedSince, ...(ownerId !== undefined && { ownerId }) }
  const remembered = rememberedFor(stepsOf, onError)
  for await (const keys of pagesOf(store, query)) {
    const reached: (readonly [KeyRecord, Reminder])[] = []
    for (const key of keys) {
      const dueAt = new Date(key.createdAt.getTime() + ageMs)
      const steps = await remembered(key.ownerId)
      const daysBefore = steps.find((days) => dueAt.getTime() - days * DAY_MS <= now)
      if (daysBefore === undefined) continue
      const { id: keyId, name } = key
      reached.push([key, { keyId, ownerId: key.ownerId, name, dueAt, daysBefore }])
    }
    if (reached.length === 0) continue
    const added = await outbox.add(reached.map(([key, reminder]) => eventFor(key, reminder, now)))
    told.push(...reached.flatMap(([, reminder], at) => (added[at] === true ? [reminder] : [])))
  }
  return told
}

/**
 * Each owner is asked about once in a look; the last step that a key has reached comes first. One about whom nobody can say it keeps back none of the others, and is asked about in
 * the next look.
 */
function rememberedFor(
  stepsOf: ReminderRule['stepsOf'],
  onError: (error: unknown) => void,
): (ownerId: string) => Promise<readonly number[]> {
  const known = new Map<string, readonly number[]>()
  let failed = 0

  async function ask(ownerId: string): Promise<readonly number[]> {
    try {
      const asking = (async () => stepsOf(ownerId))()
      const steps = await withTimeout(asking, WANTS_MS, late)
      return [...steps].sort((a, b) => a - b)
    } catch (error) {
      failed += 1
      if (failed >= MOST_FAILED) throw error
      onError(error)
      return []
    }
  }

  return async (ownerId) => {
    const steps = known.get(ownerId) ?? (await ask(ownerId))
    known.set(ownerId, steps)
    return steps
  }
}

function late(): Error {
  return new Error(`'reminders.wants' did not answer within ${String(WANTS_MS)} ms.`)
}

function eventFor(key: KeyRecord, { dueAt, daysBefore }: Reminder, now: number) {
  const data = { ...shownToManagers(shown(key, now)), dueAt, daysBefore }
  const once = ['key.due', key.id, String(daysBefore)].join(' ')
  return { type: 'key.due', subject: key.id, at: new Date(now), data, once }
}
