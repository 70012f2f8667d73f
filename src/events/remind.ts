import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { withTimeout } from '../lib/maybe.js'
import { shownToManagers } from '../keys/http/shown.js'
import type { KeyStore } from '../keys/key-store.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { shown, type KeyRecord } from '../keys/record.js'
import { pagesOf } from './scan.js'
import type { Reminder, ReminderOptions } from './types.js'

export interface RemindContext {
  readonly store: Pick<KeyStore, 'list'>
  readonly outbox: KeyOutbox
  readonly clock: Clock
  readonly rotateAfter: Duration
  readonly onError: (error: unknown) => void
}

const DAY_MS = 86_400_000
const BEFORE_DUE: readonly number[] = [14, 7, 0]
/** For how long the app may look up what one owner wants. */
const WANTS_MS = 5_000
/** Owners for whom that may fail before a look is given up: the others may have it next time. */
const MOST_FAILED = 10

/**
 * Adds `key.due` for each active key without a successor that has reached a step: the last one that it has reached, once over all instances. Resolves to those that are new.
 */
export async function remind(
  { store, outbox, clock, rotateAfter, onError }: RemindContext,
  { wants, before = BEFORE_DUE }: ReminderOptions,
  ownerId?: string,
): Promise<readonly Reminder[]> {
  const now = clock()
  const ageMs = milliseconds(rotateAfter)
  const steps = [...before].sort((one, other) => one - other)
  const told: Reminder[] = []
  const unrotatedSince = new Date(now - ageMs + (steps.at(-1) ?? 0) * DAY_MS)
  const standing = { state: 'active', at: new Date(now) } as const
  const query = { standing, unrotatedSince, ...(ownerId !== undefined && { ownerId }) }
  const isWanted = rememberedFor(wants, onError)
  for await (const keys of pagesOf(store, query)) {
    const reached: (readonly [KeyRecord, Reminder])[] = []
    for (const key of keys) {
      const dueAt = new Date(key.createdAt.getTime() + ageMs)
      const daysBefore = steps.find((days) => dueAt.getTime() - days * DAY_MS <= now)
      if (daysBefore === undefined || !(await isWanted(key.ownerId))) continue
      const { id: keyId, name } = key
      reached.push([key, { keyId, ownerId: key.ownerId, name, dueAt, daysBefore }])
    }
    if (reached.length === 0) continue
    const added = await outbox.add(reached.map(([key, reminder]) => eventFor(key, reminder, now)))
    told.push(...reached.flatMap(([, reminder], at) => (added[at] === true ? [reminder] : [])))
  }
  return told
}

/** Each owner is asked about once in a look. One about whom the app cannot say it keeps back none of the others, and is asked about in the next look. */
function rememberedFor(
  wants: ReminderOptions['wants'],
  onError: (error: unknown) => void,
): (ownerId: string) => Promise<boolean> {
  const known = new Map<string, boolean>()
  let failed = 0

  async function ask(ownerId: string): Promise<boolean> {
    try {
      const asking = (async () => wants(ownerId))()
      const wanted: unknown = await withTimeout(asking, WANTS_MS, late)
      if (typeof wanted === 'boolean') return wanted
      throw new TypeError("'reminders.wants' must answer true or false.")
    } catch (error) {
      failed += 1
      if (failed >= MOST_FAILED) throw error
      onError(error)
      return false
    }
  }

  return async (ownerId) => {
    const wanted = known.get(ownerId) ?? (await ask(ownerId))
    known.set(ownerId, wanted)
    return wanted
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
