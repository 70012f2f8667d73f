import {
  messageId,
  type KeyOutbox,
  type OutboxDelivery,
  type OutboxEvent,
  type OutboxFailure,
} from '../../src/index.js'
import { instantIn, integerIn, jsonIn, optional, textIn } from './column.js'
import { readable, recordOf } from './row.js'
import type { Session } from './session.js'

const DAY_MS = 86_400_000
/** For how long a target is kept that nobody names, a mark, and what was given up. */
const [TARGET_MS, MARK_MS, ENDED_MS] = [30 * DAY_MS, 400 * DAY_MS, 90 * DAY_MS]

const NAME = `INSERT INTO sallyport_outbox_targets (name, seen_at) VALUES (?, ?)
  ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at`
const FORGET_ROWS = `DELETE FROM sallyport_outbox WHERE target IN (
  SELECT name FROM sallyport_outbox_targets WHERE seen_at < ?)`
const FORGET_TARGETS = 'DELETE FROM sallyport_outbox_targets WHERE seen_at < ?'
const FORGET_MARKS = 'DELETE FROM sallyport_outbox_marks WHERE at < ?'
const FORGET_ENDED = 'DELETE FROM sallyport_outbox WHERE ended_at < ?'
const MARK = `INSERT INTO sallyport_outbox_marks (mark, at) VALUES (?, ?) ON CONFLICT DO NOTHING`
const ADD = `INSERT INTO sallyport_outbox (target, event, type, subject, at, data)
  SELECT name, (SELECT lower(hex(randomblob(16)))), ?, ?, ?, ? FROM sallyport_outbox_targets`

/**
 * Deliveries that are looked at in the order in which they came; and subjects that are looked at beside those, from a place on that changes, where all of these may be of a few subjects: one
 * key with very many events takes no longer to go past than any other. Of what is found, the oldest and any others are claimed: who has many keys with many events is not before all others.
 */
const [NEAR, SUBJECTS] = ['256', '256']
const WAITING = 'target = ? AND ended_at IS NULL'
const CLAIM = `UPDATE sallyport_outbox SET holder = ?, held_until = ? WHERE seq IN (
  WITH RECURSIVE near AS (
    SELECT seq FROM sallyport_outbox WHERE ${WAITING} AND next_at <= ? AND held_until <= ? ORDER BY seq LIMIT ${NEAR}
  ), walk (subject) AS (
    SELECT min(subject) FROM sallyport_outbox WHERE ${WAITING} AND subject > ? AND (SELECT count(*) FROM near) >= ${NEAR}
    UNION ALL
    SELECT (SELECT min(subject) FROM sallyport_outbox WHERE ${WAITING} AND subject > walk.subject)
    FROM walk WHERE subject IS NOT NULL LIMIT ${SUBJECTS}
  ), heads (seq) AS (
    SELECT seq FROM near
    UNION SELECT (SELECT min(seq) FROM sallyport_outbox WHERE ${WAITING} AND subject = walk.subject) FROM walk
  )
  SELECT one.seq FROM heads JOIN sallyport_outbox AS one ON one.seq = heads.seq
  WHERE one.ended_at IS NULL AND one.next_at <= ? AND one.held_until <= ? AND NOT EXISTS (
    SELECT 1 FROM sallyport_outbox AS other WHERE other.target = one.target
      AND other.subject = one.subject AND other.seq < one.seq AND other.ended_at IS NULL)
  ORDER BY row_number() OVER (ORDER BY one.seq) > 1, random() LIMIT ?)`
const WAITS = `SELECT 1 FROM sallyport_outbox WHERE target = ? AND ended_at IS NULL
  AND next_at <= ? AND held_until <= ? LIMIT 1`
const SHOWN = `SELECT CAST(seq AS TEXT) AS seq, target, event, type, subject, ${readable('at')} AS at,
  row, data, ${readable('attempts')} AS attempts, ${readable('ended_at')} AS ended_at, error FROM sallyport_outbox`
const CLAIMED = `${SHOWN} WHERE holder = ? ORDER BY sallyport_outbox.seq`
const DELIVERED = 'DELETE FROM sallyport_outbox WHERE seq = CAST(? AS INTEGER) AND holder = ?'
const FAILED = `UPDATE sallyport_outbox SET attempts = min(attempts, 1000000) + 1, next_at = ?, ended_at = ?, error = ?,
  holder = NULL, held_until = 0 WHERE seq = CAST(? AS INTEGER) AND holder = ?`
const RELEASE = 'UPDATE sallyport_outbox SET holder = NULL, held_until = 0 WHERE holder = ?'
const FAILURES = `${SHOWN} WHERE ended_at IS NOT NULL AND sallyport_outbox.seq < CAST(? AS INTEGER)
  ORDER BY sallyport_outbox.seq DESC LIMIT ?`
const RETRY = `UPDATE sallyport_outbox SET attempts = 0, next_at = 0, ended_at = NULL
  WHERE ended_at IS NOT NULL`

/** Events in the tables beside those of the keys; triggers write them. */
export function createSqliteOutbox(session: Session, check: () => void): KeyOutbox {
  const run = (sql: string, ...values: Parameters<ReturnType<Session['statement']>['run']>) =>
    Number(session.statement(sql).run(...values).changes)
  /** Several statements as one. */
  function together(work: () => void): void {
    check()
    session.atomically(() => {
      work()
      return true
    })
  }
  function isNew({ once, type, subject, at, data }: OutboxEvent): boolean {
    if (once !== undefined && run(MARK, once, Date.now()) === 0) return false
    run(ADD, type, subject, at.getTime(), JSON.stringify(data))
    return true
  }

  return {
    subscribe(targets) {
      together(() => {
        const now = Date.now()
        for (const target of targets) run(NAME, target, now)
        run(FORGET_ROWS, now - TARGET_MS)
        run(FORGET_TARGETS, now - TARGET_MS)
        run(FORGET_MARKS, now - MARK_MS)
        run(FORGET_ENDED, now - ENDED_MS)
      })
    },
    add(events) {
      const added: boolean[] = []
      together(() => {
        added.push(...events.map(isNew))
      })
      return added
    },
    claim({ target, holder, now, until, limit }) {
      check()
      const at = now.getTime()
      const claimed: OutboxDelivery[] = []
      // Most looks find nothing, and need not take the lock of the writer.
      if (session.statement(WAITS).get(target, at, at) === undefined) return claimed
      together(() => {
        const near = [target, at, at] as const
        const walk = [target, anyPlace(), target, target] as const
        run(CLAIM, holder, until.getTime(), ...near, ...walk, at, at, limit)
        claimed.push(...session.statement(CLAIMED).all(holder).map(deliveryOf))
      })
      return claimed
    },
    delivered: (seq, holder) => run(DELIVERED, seq, holder),
    failed: (seq, holder, { at, error, nextAt }) =>
      run(FAILED, nextAt?.getTime() ?? 0, nextAt ? null : at.getTime(), error, seq, holder),
    release: (holder) => run(RELEASE, holder),
    failures({ limit, cursor = String(Number.MAX_SAFE_INTEGER) }) {
      const rows = /^\d{1,16}$/.test(cursor)
        ? session.statement(FAILURES).all(cursor, limit + 1)
        : []
      const items = rows.slice(0, limit).map(failureOf)
      const last = items.at(-1)
      return { items, ...(rows.length > limit && last !== undefined && { cursor: last.seq }) }
    },
    retry: (seq) =>
      seq === undefined ? run(RETRY) : run(`${RETRY} AND seq = CAST(? AS INTEGER)`, seq),
  }
}

/** Where the look at subjects begins: at the first of them every other time. */
function anyPlace(): string {
  const anyOf = () => String.fromCharCode(48 + Math.floor(75 * Math.random()))
  return Math.random() < 0.5 ? '' : `key_${anyOf()}${anyOf()}`
}

/** What cannot be understood is named by its subject alone, and keeps none of the others back. */
function deliveryOf(row: unknown): OutboxDelivery {
  const text = optional(row, 'row', textIn)
  const data = optional(row, 'data', (_, column) =>
    soundOr(undefined, () => jsonIn(row, column, isObject)),
  )
  const key = text === undefined ? undefined : keyOf(text)
  return {
    seq: textIn(row, 'seq'),
    id: messageId(textIn(row, 'event')),
    target: textIn(row, 'target'),
    type: textIn(row, 'type'),
    subject: textIn(row, 'subject'),
    at: soundOr(new Date(0), () => instantIn(row, 'at')),
    // Where nobody knows how many there were, the next one is the last.
    attempts: soundOr(Number.MAX_SAFE_INTEGER, () => integerIn(row, 'attempts')),
    ...(key && { key }),
    ...(data && { data }),
  }
}

function failureOf(row: unknown): OutboxFailure {
  return {
    ...deliveryOf(row),
    endedAt: soundOr(new Date(0), () => instantIn(row, 'ended_at')),
    error: optional(row, 'error', textIn) ?? '',
  }
}

function keyOf(text: string) {
  return soundOr(undefined, () => recordOf(JSON.parse(text)))
}

function soundOr<T, U>(other: U, read: () => T): T | U {
  try {
    return read()
  } catch {
    return other
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
