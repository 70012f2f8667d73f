import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { checkInput, type CheckedCall } from '../keys/calls.js'
import { keyFields } from '../keys/input.js'
import type { KeyStore } from '../keys/key-store.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import { AskedOwners } from './asked-owners.js'
import { BEFORE_DUE, remind, type ReminderRule } from './remind.js'
import { timedOutbox } from './timed-outbox.js'
import type { GateEvents, ReminderOptions } from './types.js'
import { wholeNumber, shortList } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

interface RemindingContext {
  readonly store: KeyStore
  readonly clock: Clock
  readonly rotateAfter: Duration
  readonly reminders?: ReminderOptions | undefined
  readonly onError: (error: unknown) => void
}

type Reminding = Pick<GateEvents, 'remind' | 'reminders' | 'chooseReminders'>

const CHOOSE = 'gate.events.chooseReminders'

/** Reminders of keys that are due, and who wants them. */
export function createReminding(context: RemindingContext): Reminding {
  const { store, reminders, onError } = context
  const offered = [...new Set(reminders?.before ?? BEFORE_DUE)].sort((a, b) => b - a)
  const { wants } = reminders ?? {}
  const choices = reminders === undefined || wants !== undefined ? undefined : store.reminders
  const { unusedFor, endlessFor } = reminders ?? {}
  const steps = { before: offered, unusedFor, endlessFor }
  const everybody: ReminderRule = {
    ...steps,
    owners: new AskedOwners({ stepsOf: () => offered }, onError),
  }
  const asking = {
    areKept: choices !== undefined,
    async stepsOf(ownerId: string) {
      if (choices !== undefined) return chosenIn(await choices.find(ownerId))
      const wanted: unknown = wants === undefined || (await wants(ownerId))
      if (typeof wanted === 'boolean') return wanted ? offered : []
      throw new TypeError("'reminders.wants' must answer true or false.")
    },
  }
  const rule: ReminderRule = { ...steps, owners: new AskedOwners(asking, onError) }
  const chosenIn = (found: readonly number[] = []) => offered.filter((days) => found.includes(days))
  const kept = (where: string) => {
    if (choices !== undefined) return choices
    const text = `${where}: owners choose where the gate has 'reminders' without 'wants'`
    throw new MisuseError('not_supported', text)
  }

  return {
    /** Of one owner that somebody names, it does not matter what it wants. */
    async remind(ownerId) {
      const { outbox } = store
      if (outbox === undefined) {
        throw new MisuseError('not_supported', 'gate.events.remind: this key store has no outbox')
      }
      return remind(
        { ...context, outbox: timedOutbox(outbox) },
        ownerId === undefined ? rule : everybody,
        ownerId,
      )
    },
    async reminders(ownerId) {
      const found = await kept('gate.events.reminders').find(
        checkOwner(ownerId, 'gate.events.reminders'),
      )
      return { chosen: chosenIn(found), offered }
    },
    async chooseReminders(ownerId, daysBefore) {
      const wrong = `must be some of ${offered.join(', ')}`
      const day = v.pipe(
        wholeNumber(),
        v.check((days) => offered.includes(days), wrong),
      )
      const schema = strictObject({ daysBefore: shortList(day, 8) })
      const chosen = checkInput(schema, { daysBefore }, CHOOSE)
      await kept(CHOOSE).choose(checkOwner(ownerId, CHOOSE), chosenIn(chosen.daysBefore))
    },
  }
}

function checkOwner(ownerId: string, where: CheckedCall): string {
  return checkInput(strictObject({ ownerId: keyFields().ownerId }), { ownerId }, where).ownerId
}
