import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { shownToManagers } from '../keys/http/shown.js'
import type { KeyQuery, KeyStore } from '../keys/key-store.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { shown, type KeyRecord } from '../keys/record.js'
import type { AskedOwners } from './asked-owners.js'
import { pagesOf } from './scan.js'
import type { Reminder, ReminderCause } from './types.js'

export interface RemindContext {
  readonly store: Pick<KeyStore, 'list'>
  readonly outbox: KeyOutbox
  readonly clock: Clock
  readonly rotateAfter: Duration
}

const DAY_MS = 86_400_000
export const BEFORE_DUE: readonly number[] = [14, 7, 0]

/** When owners are reminded. */
export interface ReminderRule {
  /** All steps that there are, in days before a key is due. */
  readonly before: readonly number[]
  /** Who says which of them an owner wants. */
  readonly owners: AskedOwners
  readonly unusedFor?: Duration | undefined
  readonly endlessFor?: Duration | undefined
}

/** A key that has reached a step, and the name of the step. */
type Reached = readonly [key: KeyRecord, reminder: Reminder, step: string]
/** What is looked for: keys of a list, and what each of them has reached. */
interface Look {
  readonly query: Pick<KeyQuery, 'unrotatedSince' | 'unusedSince' | 'ending'>
  /** @param steps of its owner, ascending; there is one at least */
  readonly reached: (key: KeyRecord, steps: readonly number[]) => Reached | undefined
}

/**
 * Adds `key.due` for each active key without a successor that has reached a step: the last one that it has reached, once over all instances. Resolves to those that are new.
 */
export async function remind(
  { store, outbox, clock, rotateAfter }: RemindContext,
  { owners, ...rule }: ReminderRule,
  ownerId?: string,
): Promise<readonly Reminder[]> {
  const now = clock()
  const told: Reminder[] = []
  const standing = { state: 'active', at: new Date(now) } as const
  const asked = owners.begin()

  async function lookAt(one?: string): Promise<void> {
    for (const { query, reached } of looksFor(rule, milliseconds(rotateAfter), now)) {
      const wanted = { standing, ...query, ...(one !== undefined && { ownerId: one }) }
      for await (const keys of pagesOf(store, wanted)) {
        const found: Reached[] = []
        for (const key of keys) {
          // The last step that a key has reached comes first.
          const steps = await asked.stepsOf(key.ownerId)
          const step = steps.length === 0 ? undefined : reached(key, steps)
          if (step !== undefined) found.push(step)
        }
        if (found.length === 0) continue
        const added = await outbox.add(found.map((each) => eventFor(each, now)))
        told.push(...found.flatMap(([, reminder], at) => (added[at] === true ? [reminder] : [])))
      }
    }
  }

  await lookAt(ownerId)
  for await (const [last, steps] of asked.asLast()) if (steps.length > 0) await lookAt(last)
  return told
}

function looksFor(
  { before, unusedFor, endlessFor }: Omit<ReminderRule, 'owners'>,
  ageMs: number,
  now: number,
): readonly Look[] {
  const rotation: Look = {
    query: { unrotatedSince: new Date(now - ageMs + Math.max(...before) * DAY_MS) },
    reached(key, steps) {
      const dueAt = key.createdAt.getTime() + ageMs
      const daysBefore = steps.find((days) => dueAt - days * DAY_MS <= now)
      return daysBefore === undefined
        ? undefined
        : reminderOf(key, 'rotation', dueAt, String(daysBefore), daysBefore)
    },
  }
  return [rotation, ...unusedLook(unusedFor, now), ...endlessLook(endlessFor, now)]
}

function unusedLook(unusedFor: Duration | undefined, now: number): readonly Look[] {
  if (unusedFor === undefined) return []
  const ms = milliseconds(unusedFor)
  // What was used at that very instant is due.
  const since = new Date(now - ms + 1)
  const reached = (key: KeyRecord) => {
    const last = (key.lastUsedAt ?? key.createdAt).getTime()
    return reminderOf(key, 'unused', last + ms, `unused ${String(last)}`)
  }
  return [{ query: { unrotatedSince: since, unusedSince: since }, reached }]
}

function endlessLook(endlessFor: Duration | undefined, now: number): readonly Look[] {
  if (endlessFor === undefined) return []
  const ms = milliseconds(endlessFor)
  const reached = (key: KeyRecord) =>
    reminderOf(key, 'endless', key.createdAt.getTime() + ms, 'endless')
  return [{ query: { unrotatedSince: new Date(now - ms), ending: 'never' }, reached }]
}

function reminderOf(
  key: KeyRecord,
  why: ReminderCause,
  dueAt: number,
  step: string,
  daysBefore = 0,
): Reached {
  const { id: keyId, ownerId, name } = key
  return [key, { keyId, ownerId, name, why, dueAt: new Date(dueAt), daysBefore }, step]
}

function eventFor([key, { why, dueAt, daysBefore }, step]: Reached, now: number) {
  const data = { ...shownToManagers(shown(key, now)), why, dueAt, daysBefore }
  const once = ['key.due', key.id, step].join(' ')
  return { type: 'key.due', subject: key.id, at: new Date(now), data, once }
}
