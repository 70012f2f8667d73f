import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { withTimeout } from '../lib/maybe.js'
import { shownToManagers } from '../keys/http/shown.js'
import type { KeyQuery, KeyStore } from '../keys/key-store.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { shown, type KeyRecord } from '../keys/record.js'
import { pagesOf } from './scan.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Reminder, ReminderCause } from './types.js'

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
  /** They are kept in the store of the keys: what cannot be read of one owner says nothing of the others. */
  readonly areKept?: boolean
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
  { store, outbox, clock, rotateAfter, onError }: RemindContext,
  { stepsOf, areKept = false, ...rule }: ReminderRule,
  ownerId?: string,
): Promise<readonly Reminder[]> {
  const now = clock()
  const told: Reminder[] = []
  const standing = { state: 'active', at: new Date(now) } as const
  const remembered = rememberedFor(stepsOf, areKept, onError)
  for (const { query, reached } of looksFor(rule, milliseconds(rotateAfter), now)) {
    const asked = { standing, ...query, ...(ownerId !== undefined && { ownerId }) }
    for await (const keys of pagesOf(store, asked)) {
      const found: Reached[] = []
      for (const key of keys) {
        const steps = await remembered(key.ownerId)
        const one = steps.length === 0 ? undefined : reached(key, steps)
        if (one !== undefined) found.push(one)
      }
      if (found.length === 0) continue
      const added = await outbox.add(found.map((one) => eventFor(one, now)))
      told.push(...found.flatMap(([, reminder], at) => (added[at] === true ? [reminder] : [])))
    }
  }
  return told
}

function looksFor(
  { before, unusedFor, endlessFor }: Omit<ReminderRule, 'stepsOf' | 'areKept'>,
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

/**
 * Each owner is asked about once in a look; the last step that a key has reached comes first. One about whom nobody can say it keeps back none of the others, and is asked about in
 * the next look.
 */
function rememberedFor(
  stepsOf: ReminderRule['stepsOf'],
  areKept: boolean,
  onError: (error: unknown) => void,
): (ownerId: string) => Promise<readonly number[]> {
  const known = new Map<string, readonly number[]>()
  let failed = 0
  const lateError = late()

  async function ask(ownerId: string): Promise<readonly number[]> {
    try {
      const asking = (async () => stepsOf(ownerId))()
      const steps = await withTimeout(asking, WANTS_MS, () => lateError)
      return [...steps].sort((a, b) => a - b)
    } catch (error) {
      if (!areKept || error === lateError) failed += 1
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

function eventFor([key, { why, dueAt, daysBefore }, step]: Reached, now: number) {
  const data = { ...shownToManagers(shown(key, now)), why, dueAt, daysBefore }
  const once = ['key.due', key.id, step].join(' ')
  return { type: 'key.due', subject: key.id, at: new Date(now), data, once }
}
