import * as v from 'valibot'
import { messageId, type KeyOutbox, type OutboxFailure } from '../../src/index.js'
import type { Run } from './client.js'
import { RECORD } from './columns.js'
import { codeOf } from './errors.js'
import { recordOf } from './rows.js'
import { isText } from './text.js'
import { members, understand, whole } from './read-answer.js'

const NOW = `floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
const DAY_MS = 86_400_000
/** For how long a target is kept that nobody names, a mark, and what was given up. */
const [TARGET_MS, MARK_MS, ENDED_MS] = [
  String(30 * DAY_MS),
  String(400 * DAY_MS),
  String(90 * DAY_MS),
]

/** In one order, so that two instances never wait for each other. */
const NAME = `INSERT INTO sallyport_outbox_targets (name, seen_at)
  SELECT n.name, ${NOW} FROM json_array_elements_text($1::json) AS n(name) ORDER BY n.name
  ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at`
const FORGET = `WITH marks AS (
  DELETE FROM sallyport_outbox_marks WHERE at < ${NOW} - ${MARK_MS}
), ended AS (
  DELETE FROM sallyport_outbox WHERE ended_at < ${NOW} - ${ENDED_MS}
), targets AS (
  DELETE FROM sallyport_outbox_targets WHERE seen_at < ${NOW} - ${TARGET_MS} RETURNING name
)
DELETE FROM sallyport_outbox o USING targets t WHERE o.target = t.name`

/** Answers with the number of each that is new. */
const ADD = `WITH given AS (
  SELECT * FROM json_to_recordset($1::json)
    AS g(number integer, once text, type text, subject text, at bigint, data json)
), marked AS (
  INSERT INTO sallyport_outbox_marks (mark, at)
  SELECT DISTINCT g.once, ${NOW} FROM given g WHERE g.once IS NOT NULL ORDER BY g.once
  ON CONFLICT DO NOTHING RETURNING mark
), fresh AS MATERIALIZED (
  SELECT DISTINCT ON (coalesce(g.once, g.number::text)) g.*, gen_random_uuid() AS event FROM given g
  WHERE g.once IS NULL OR g.once IN (SELECT mark FROM marked)
), added AS (
  INSERT INTO sallyport_outbox (target, event, type, subject, at, data)
  SELECT t.name, f.event, f.type, f.subject, f.at, f.data
  FROM fresh f CROSS JOIN sallyport_outbox_targets t ORDER BY f.number, t.name
)
SELECT f.number::text AS number FROM fresh f`

/** The row `o` as text: the app may have changed how pg parses other types. */
const SHOWN = `json_build_object('seq', o.seq::text, 'target', o.target, 'event', o.event, 'type', o.type,
  'subject', o.subject, 'at', o.at, 'attempts', o.attempts, 'data', o.data, 'endedAt', o.ended_at, 'error', o.error,
  'key', CASE WHEN o.key IS NOT NULL THEN (SELECT (${RECORD})::json
    FROM json_populate_record(NULL::sallyport_keys, o.key) k) END)::text AS shown`

/** By which it is judged who holds what: an instance whose clock is ahead must not take it from its holder. It is the same for all rows of a statement. */
const HELD_NOW = `(SELECT ${NOW})`
/** Most looks find nothing, and need no transaction. */
const WAITS = `SELECT 1 AS waits FROM sallyport_outbox WHERE target = $1 AND ended_at IS NULL
  AND next_at <= $2::bigint AND held_until <= ${HELD_NOW} LIMIT 1`
/**
 * Deliveries that are looked at in the order in which they came; and subjects that are looked at beside those, from a place on that changes, where all of these may be of a few subjects: one
 * key with very many events takes no longer to go past than any other. Of what is found, the oldest and any others are claimed: who has many keys with many events is not before all others. Each step has one way that it can be planned: a table that grows fast has no statistics.
 */
const [NEAR, SUBJECTS] = ['256', '256']
const CLAIM = `WITH RECURSIVE near AS MATERIALIZED (
  SELECT n.subject FROM sallyport_outbox n
  WHERE n.target = $1 AND n.ended_at IS NULL AND n.next_at <= $3::bigint AND n.held_until <= ${HELD_NOW}
  ORDER BY n.seq LIMIT ${NEAR}
), walk AS (
  (SELECT w.subject FROM sallyport_outbox w WHERE w.target = $1 AND w.ended_at IS NULL AND w.subject > $6
    AND (SELECT count(*) FROM near) >= ${NEAR} ORDER BY w.subject LIMIT 1)
  UNION ALL
  SELECT (SELECT w.subject FROM sallyport_outbox w WHERE w.target = $1 AND w.ended_at IS NULL
    AND w.subject > b.subject ORDER BY w.subject LIMIT 1) FROM walk b WHERE b.subject IS NOT NULL
), subjects AS MATERIALIZED (
  SELECT subject FROM walk LIMIT ${SUBJECTS}
), heads AS MATERIALIZED (
  SELECT (SELECT h.seq FROM sallyport_outbox h WHERE h.target = $1 AND h.ended_at IS NULL
    AND h.subject >= s.subject ORDER BY h.subject, h.seq LIMIT 1) AS seq
  FROM (SELECT subject FROM near UNION SELECT subject FROM subjects WHERE subject IS NOT NULL) s
), oldest AS MATERIALIZED (
  SELECT min(d.seq) AS seq FROM sallyport_outbox d WHERE d.seq = ANY (ARRAY(SELECT seq FROM heads))
    AND num_nulls(d.ended_at) = 1 AND d.next_at <= $3::bigint AND d.held_until <= ${HELD_NOW}
), free AS MATERIALIZED (
  SELECT c.seq FROM sallyport_outbox c WHERE c.seq = ANY (ARRAY(SELECT seq FROM heads))
    AND num_nulls(c.ended_at) = 1 AND c.next_at <= $3::bigint AND c.held_until <= ${HELD_NOW}
  ORDER BY c.seq > (SELECT seq FROM oldest), random() LIMIT $5::integer FOR UPDATE OF c SKIP LOCKED
)
UPDATE sallyport_outbox o SET holder = $2, held_until = ${NOW} + $4::bigint FROM free WHERE o.seq = free.seq
RETURNING o.seq::text AS seq`
const SHOW = `SELECT ${SHOWN} FROM sallyport_outbox o WHERE o.seq = ANY (ARRAY(
  SELECT s.seq::bigint FROM json_array_elements_text($1::json) AS s(seq))) ORDER BY o.seq DESC`
/** The same of one that cannot be understood whole: what it is about, and no more. */
const NAMED = `SELECT json_build_object('seq', o.seq::text, 'target', o.target, 'event', o.event, 'type', o.type,
  'subject', o.subject, 'at', o.at, 'attempts', o.attempts, 'data', NULL, 'endedAt', o.ended_at, 'error', o.error,
  'key', NULL)::text AS shown FROM sallyport_outbox o WHERE o.seq = $1::bigint`
const DELIVERED = 'DELETE FROM sallyport_outbox WHERE seq = $1::bigint AND holder = $2'
const FAILED = `UPDATE sallyport_outbox SET attempts = least(attempts, 1000000) + 1, next_at = $3::bigint, ended_at = $4::bigint,
  error = $5, holder = NULL, held_until = 0 WHERE seq = $1::bigint AND holder = $2`
const RELEASE = 'UPDATE sallyport_outbox SET holder = NULL, held_until = 0 WHERE holder = $1'
const FAILURES = `SELECT o.seq::text AS seq FROM sallyport_outbox o
  WHERE o.ended_at IS NOT NULL AND ($1::bigint IS NULL OR o.seq < $1::bigint) ORDER BY o.seq DESC LIMIT $2::integer`
const RETRY = `UPDATE sallyport_outbox SET attempts = 0, next_at = 0, ended_at = NULL
  WHERE ended_at IS NOT NULL AND ($1::bigint IS NULL OR seq = $1::bigint) RETURNING seq::text AS seq`

const MAX_TIME = 8.64e15
const SEQ = /^\d{1,18}$/
/** What is no time counts as the first one. */
const instant = v.pipe(
  v.fallback(v.pipe(whole, v.minValue(-MAX_TIME), v.maxValue(MAX_TIME)), 0),
  v.transform((milliseconds) => new Date(milliseconds)),
)
const shownSchema = v.object({
  ...{ seq: v.string(), target: v.string(), event: v.string(), type: v.string() },
  ...{ subject: v.string(), at: instant, attempts: whole },
  key: v.nullable(v.unknown()),
  data: v.fallback(v.nullable(members), null),
  ...{ endedAt: v.nullable(instant), error: v.nullable(v.string()) },
})
const rowSchema = v.object({ shown: v.string() })
const seqSchema = v.object({ seq: v.string() })
const numberSchema = v.object({ number: v.string() })

/** Events in the tables beside those of the keys; triggers write them. */
export function createPostgresOutbox(read: Run, change: Run): KeyOutbox {
  /** Of those with these numbers, the latest first. One that cannot be understood keeps none of the others back. */
  async function shownOf(rows: readonly unknown[]): Promise<OutboxFailure[]> {
    const seqs = rows.map((row) => understand(seqSchema, row).seq)
    const show = async (some: readonly string[]) =>
      (await read(SHOW, [JSON.stringify(some)])).map(failureOf)
    if (seqs.length === 0) return []
    try {
      return await show(seqs)
    } catch (error) {
      if (!isOfData(error)) throw error
    }
    const found: OutboxFailure[] = []
    for (const seq of seqs) {
      const one = await show([seq]).catch(async (error: unknown) => {
        if (!isOfData(error)) throw error
        return (await read(NAMED, [seq])).map(failureOf)
      })
      found.push(...one)
    }
    return found.sort((a, b) => Number(b.seq) - Number(a.seq))
  }

  return {
    async subscribe(targets) {
      await change(NAME, [JSON.stringify(targets)])
      await change(FORGET, [])
    },
    async add(events) {
      const given = events.map(({ once = null, at, ...event }, number) => ({
        ...{ ...event, once, number, at: at.getTime() },
      }))
      const rows = await change(ADD, [JSON.stringify(given)])
      const fresh = new Set(rows.map((row) => Number(understand(numberSchema, row).number)))
      return events.map((_, number) => fresh.has(number))
    },
    async claim({ target, holder, now, until, limit }) {
      if ((await read(WAITS, [target, now.getTime()])).length === 0) return []
      const heldMs = until.getTime() - now.getTime()
      const asked = [target, holder, now.getTime(), heldMs, limit, anyPlace()]
      return (await shownOf(await change(CLAIM, asked))).reverse()
    },
    delivered: (seq, holder) => change(DELIVERED, [seq, holder]),
    failed: (seq, holder, { at, error, nextAt }) =>
      change(FAILED, [
        ...[seq, holder, nextAt?.getTime() ?? 0, nextAt ? null : at.getTime()],
        error.replaceAll('\0', ''),
      ]),
    release: (holder) => change(RELEASE, [holder]),
    async failures({ limit, cursor = null }) {
      if (cursor !== null && !SEQ.test(cursor)) return { items: [] }
      const rows = await read(FAILURES, [cursor, limit + 1])
      const items = await shownOf(rows.slice(0, limit))
      const last = items.at(-1)
      return { items, ...(rows.length > limit && last !== undefined && { cursor: last.seq }) }
    },
    async retry(seq) {
      if (seq !== undefined && !(isText(seq) && SEQ.test(seq))) return 0
      return (await change(RETRY, [seq ?? null])).length
    },
  }
}

/** Where the look at subjects begins: at the first of them every other time. */
function anyPlace(): string {
  const anyOf = () => String.fromCharCode(48 + Math.floor(75 * Math.random()))
  return Math.random() < 0.5 ? '' : `key_${anyOf()}${anyOf()}`
}

/** Whether the database says that a value is wrong (class 22 of SQLSTATE), and not that it is away. */
function isOfData(error: unknown): boolean {
  const code = codeOf(error) ?? codeOf(error instanceof Error ? error.cause : undefined)
  return typeof code === 'string' && code.startsWith('22')
}

function failureOf(row: unknown): OutboxFailure {
  const shown = understand(shownSchema, JSON.parse(understand(rowSchema, row).shown))
  const { event, key, data, endedAt, error, ...rest } = shown
  const known = key === null ? undefined : keyOf(key)
  return {
    ...{ ...rest, id: messageId(event) },
    ...(known && { key: known }),
    ...(data && { data }),
    ...{ endedAt: endedAt ?? rest.at, error: error ?? '' },
  }
}

/** A key that cannot be understood is named by its subject alone. */
function keyOf(key: unknown) {
  try {
    return recordOf({ record: JSON.stringify(key), news: null })
  } catch {
    return undefined
  }
}
