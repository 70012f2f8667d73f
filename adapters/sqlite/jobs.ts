import type { JobState, KeyJobs, ReminderChoices } from '../../src/index.js'
import { instantIn, jsonIn, optional } from './column.js'
import { readable } from './row.js'
import type { Session } from './session.js'

export const JOB_TABLES = `
  CREATE TABLE sallyport_jobs (
    name TEXT NOT NULL PRIMARY KEY,
    done_for INTEGER NOT NULL,
    done_at INTEGER,
    holder TEXT,
    held_until INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sallyport_reminders (
    owner_id TEXT NOT NULL PRIMARY KEY,
    days_before TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`

const NOTE = 'INSERT INTO sallyport_jobs (name, done_for) VALUES (?, ?) ON CONFLICT DO NOTHING'
const CLAIM = `UPDATE sallyport_jobs SET holder = ?, held_until = ?
  WHERE name = ? AND done_for < ? AND (holder = ? OR held_until <= ?)`
const STATE = `SELECT ${readable('done_for')} AS done_for, ${readable('done_at')} AS done_at
  FROM sallyport_jobs WHERE name = ?`
const DONE = `UPDATE sallyport_jobs SET done_for = ?, done_at = ?, holder = NULL, held_until = 0
  WHERE name = ? AND holder = ?`
const FIND = 'SELECT days_before FROM sallyport_reminders WHERE owner_id = ?'
const CHOOSE = `INSERT INTO sallyport_reminders (owner_id, days_before) VALUES (?, ?)
  ON CONFLICT (owner_id) DO UPDATE SET days_before = excluded.days_before`

/** Who does what is done once over all instances, in a table beside the keys. */
export function createSqliteJobs(session: Session, check: () => void): KeyJobs {
  const run = (sql: string, ...values: Parameters<ReturnType<Session['statement']>['run']>) =>
    Number(session.statement(sql).run(...values).changes)

  return {
    claim({ name, dueAt, holder, now, until }) {
      check()
      const at = dueAt.getTime()
      let state: JobState | undefined
      session.atomically(() => {
        run(NOTE, name, at)
        const isYours = run(CLAIM, holder, until.getTime(), name, at, holder, now.getTime()) === 1
        const row = session.statement(STATE).get(name)
        const doneAt = optional(row, 'done_at', instantIn)
        state = { isYours, doneFor: instantIn(row, 'done_for'), ...(doneAt && { doneAt }) }
        return true
      })
      if (state === undefined) throw new Error('The job was not claimed.')
      return state
    },
    done: ({ name, dueAt, holder }, at) =>
      run(DONE, dueAt.getTime(), at.getTime(), name, holder) === 1,
  }
}

/** Which owners want reminders, in a table beside the keys. */
export function createSqliteReminderChoices(session: Session, check: () => void): ReminderChoices {
  return {
    find(ownerId) {
      check()
      const row = session.statement(FIND).get(ownerId)
      return row === undefined ? undefined : jsonIn(row, 'days_before', isDays)
    },
    choose(ownerId, daysBefore) {
      check()
      session.statement(CHOOSE).run(ownerId, JSON.stringify(daysBefore))
    },
  }
}

function isDays(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger)
}
