import * as v from 'valibot'
import type { KeyJobs, ReminderChoices } from '../../src/index.js'
import type { Run } from './client.js'
import { isText } from './text.js'
import { understand, whole } from './read-answer.js'

/** Of one statement, the same wherever it stands. */
const NOW = `floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint`

export const JOB_TABLES = `
CREATE TABLE sallyport_jobs (
  name text PRIMARY KEY,
  done_for bigint NOT NULL,
  done_at bigint,
  holder text,
  held_until bigint NOT NULL DEFAULT 0
);
CREATE TABLE sallyport_reminders (owner_id text PRIMARY KEY, days_before integer[] NOT NULL);`

/**
 * The row is as it was where somebody else has the job, or it was done: a statement that sees one row changes it, or leaves it. How long it is held is counted by the server's own
 * clock: an instance whose clock is ahead must not take it from its holder.
 */
const CLAIM = `INSERT INTO sallyport_jobs AS j (name, done_for) VALUES ($1, $2::bigint)
  ON CONFLICT (name) DO UPDATE SET
    holder = CASE WHEN j.done_for < $2::bigint AND (j.holder = $3 OR j.held_until <= ${NOW})
      THEN $3 ELSE j.holder END,
    held_until = CASE WHEN j.done_for < $2::bigint AND (j.holder = $3 OR j.held_until <= ${NOW})
      THEN ${NOW} + $4::bigint ELSE j.held_until END
  RETURNING json_build_object('doneFor', j.done_for, 'doneAt', j.done_at,
    'isYours', j.done_for < $2::bigint AND j.holder IS NOT DISTINCT FROM $3)::text AS job`
const DONE = `UPDATE sallyport_jobs SET done_for = $3::bigint, done_at = $4::bigint, holder = NULL, held_until = 0
  WHERE name = $1 AND holder = $2 RETURNING name`
const FIND =
  'SELECT to_json(days_before)::text AS days FROM sallyport_reminders WHERE owner_id = $1'
const CHOOSE = `INSERT INTO sallyport_reminders (owner_id, days_before) VALUES ($1, $2::integer[])
  ON CONFLICT (owner_id) DO UPDATE SET days_before = excluded.days_before`

const jobSchema = v.object({
  ...{ isYours: v.boolean(), doneFor: whole },
  doneAt: v.nullable(whole),
})
const rowSchema = v.object({ job: v.string() })
const choiceSchema = v.object({ days: v.string() })
const daysSchema = v.array(whole)

/** Who does what is done once over all instances, in a table beside the keys. */
export function createPostgresJobs(change: Run): KeyJobs {
  return {
    async claim({ name, dueAt, holder, now, until }) {
      const heldMs = until.getTime() - now.getTime()
      const [row] = await change(CLAIM, [name, dueAt.getTime(), holder, heldMs])
      const { job } = understand(rowSchema, row)
      const { isYours, doneFor, doneAt } = understand(jobSchema, JSON.parse(job))
      return {
        ...{ isYours, doneFor: new Date(doneFor) },
        ...(doneAt !== null && { doneAt: new Date(doneAt) }),
      }
    },
    async done({ name, dueAt, holder }, at) {
      return (await change(DONE, [name, holder, dueAt.getTime(), at.getTime()])).length === 1
    },
  }
}

/** Which owners want reminders, in a table beside the keys. */
export function createPostgresReminderChoices(read: Run, change: Run): ReminderChoices {
  return {
    async find(ownerId) {
      if (!isText(ownerId)) return undefined
      const [row] = await read(FIND, [ownerId])
      return row === undefined
        ? undefined
        : understand(daysSchema, JSON.parse(understand(choiceSchema, row).days))
    },
    choose: (ownerId, daysBefore) => change(CHOOSE, [ownerId, [...daysBefore]]),
  }
}
