import { MAX_AUDIT_HEADS, MAX_AUDIT_LINE } from '../../src/index.js'

const HEADS = String(MAX_AUDIT_HEADS)
const LINE_BYTES = String(MAX_AUDIT_LINE)
/** What one statement reads has little more than the longest line: anybody may have added lines of any size. PostgreSQL knows sizes without reading the lines. */
export const PAGE_BYTES = LINE_BYTES
/** The largest number that a record can have. */
export const MAX_SEQ = String(Number.MAX_SAFE_INTEGER)

/** A line; of one that is longer than any that was ever written, its beginning. */
export function readLine(row: string): string {
  return `CASE WHEN octet_length(${row}.line) > ${LINE_BYTES} THEN left(${row}.line, 256) ELSE ${row}.line END`
}

/** Rows in an order, of which the first one and those that fit with it are read. */
export function fitting(rows: string, size: string, order: string): string {
  return `(SELECT * FROM (
    SELECT r.*, sum(${size}) OVER (ORDER BY ${order}) - (${size}) AS bytes_before FROM (${rows}) r
  ) s WHERE s.bytes_before < ${PAGE_BYTES})`
}

/** The latest chains of a time: those that started last, and those that were written last. */
export const LATEST = `
SELECT w.writer FROM (
  (SELECT writer FROM sallyport_audit
    WHERE kind = 'start' AND time >= $1 AND time < $2 ORDER BY time DESC LIMIT ${HEADS})
  UNION
  SELECT writer FROM (
    SELECT writer FROM sallyport_audit WHERE time >= $1 AND time < $2 ORDER BY time DESC LIMIT 1000
  ) recent
) w CROSS JOIN LATERAL (
  SELECT a.time FROM sallyport_audit a WHERE a.writer = w.writer ORDER BY a.seq DESC LIMIT 1
) last
ORDER BY last.time DESC LIMIT ${HEADS}`

/** Starts of a time, the latest first, each with the first checkpoint of its chain: what anybody adds comes behind it. */
export const STARTS = `
SELECT s.time, s.writer, s.seq::text AS seq, (
  SELECT f.line FROM (
    SELECT c.kind, c.seq, c.line FROM sallyport_audit c
    WHERE c.writer = s.writer AND c.seq >= 0 ORDER BY c.seq LIMIT 1100
  ) f WHERE f.kind = 'checkpoint' AND octet_length(f.line) <= 8192 ORDER BY f.seq LIMIT 1
) AS checkpoint
FROM sallyport_audit s
WHERE s.kind = 'start' AND (s.time, s.writer, s.seq) < ($1, $2, $3::bigint) AND s.time >= $5
  AND length(s.writer) <= 256 AND length(s.time) <= 24
ORDER BY s.time DESC, s.writer DESC, s.seq DESC LIMIT $4`

/** The first records of some chains; none has a name for so many others that it is longer. */
export const FIRST_LINES = `
SELECT a.writer, a.line FROM json_array_elements_text($1::json) AS w(writer)
JOIN sallyport_audit a ON a.writer = w.writer AND a.seq = 0
WHERE octet_length(a.line) <= 65536`

/** Those of some chains that are there, the one first that was written last. */
export const BY_END = `
SELECT w.writer FROM json_array_elements_text($1::json) AS w(writer)
CROSS JOIN LATERAL (
  SELECT a.time FROM sallyport_audit a WHERE a.writer = w.writer ORDER BY a.seq DESC LIMIT 1
) last
ORDER BY last.time DESC LIMIT ${HEADS}`

/** The last checkpoints of some chains, of each the last one first. */
export const CHECKPOINTS = `
SELECT w.writer, last.line FROM json_array_elements_text($1::json) AS w(writer)
CROSS JOIN LATERAL (
  SELECT c.seq, c.line FROM (
    SELECT a.kind, a.seq, a.line FROM sallyport_audit a WHERE a.writer = w.writer
    ORDER BY a.seq DESC LIMIT 1100
  ) c WHERE c.kind = 'checkpoint' AND octet_length(c.line) <= 8192 ORDER BY c.seq DESC LIMIT 16
) last
ORDER BY w.writer, last.seq DESC`

/** The last lines of some chains, of each the last one first; of several, only those that may be checkpoints or are near one. */
export const ENDS = `
SELECT w.writer, ${readLine('last')} AS line
FROM json_array_elements_text($1::json) WITH ORDINALITY AS w(writer, place)
CROSS JOIN LATERAL (
  SELECT a.seq, a.line FROM sallyport_audit a WHERE a.writer = w.writer
    AND ($2 = 1 OR octet_length(a.line) <= 16384)
  ORDER BY a.seq DESC LIMIT $2
) last
ORDER BY w.place, last.seq DESC`

/** Which part of each chain has records of a time, to the checkpoint that vouches for the last of them; in the order of chains, from one on. */
export const SPANS = `
SELECT s.writer, (s.first - 1)::text AS before, coalesce((
  SELECT min(c.seq) FROM sallyport_audit c
  WHERE c.writer = s.writer AND c.kind = 'checkpoint' AND c.seq BETWEEN s.last AND s.last + 1000
), s.last)::text AS until
FROM ${fitting(
  `SELECT writer, min(seq) AS first, max(seq) AS last FROM sallyport_audit
  WHERE time >= $1 AND time < $2 AND writer > $3 AND seq BETWEEN 0 AND ${MAX_SEQ}
  GROUP BY writer ORDER BY writer LIMIT 5000`,
  'octet_length(r.writer)',
  'r.writer',
)} s ORDER BY s.writer`

/** Chains of which the first record is older than a time, from one on. */
export const OLD_CHAINS = `
SELECT s.writer FROM ${fitting(
  `SELECT writer FROM sallyport_audit WHERE writer > $2
  GROUP BY writer HAVING min(time) < $1 ORDER BY writer LIMIT 5000`,
  'octet_length(r.writer)',
  'r.writer',
)} s ORDER BY s.writer`

export const CHAIN_LINES = linesWhere(
  'a.writer = $1 AND a.seq > $2::bigint AND a.seq <= $3::bigint',
)
export const ALL_LINES = linesWhere('(a.writer, a.seq) > ($1, $2::bigint)')

function linesWhere(condition: string): string {
  const rows = `SELECT a.writer, a.seq, a.line FROM sallyport_audit a
    WHERE ${condition} ORDER BY a.writer, a.seq LIMIT 1000`
  return `
SELECT p.writer, p.seq::text AS seq, ${readLine('p')} AS line
FROM ${fitting(rows, 'octet_length(r.line)', 'r.writer, r.seq')} p ORDER BY p.writer, p.seq`
}
