import * as v from 'valibot'
import type { OutcomeCount, OwnerUsageQuery, UsageAdded, UsageSum } from '../../src/index.js'
import { ifUnderstood, understand, whole } from './read-answer.js'

/** The largest count that there is. */
export const MOST_COUNT = String(Number.MAX_SAFE_INTEGER)

/** What requests of an owner came to. The key is '' where a caller has none; it may be one that is not there any more. */
export const USAGE_TABLES = `
CREATE TABLE sallyport_usage (
  owner_id text NOT NULL,
  day date NOT NULL,
  environment text NOT NULL,
  key_id text NOT NULL,
  outcome text NOT NULL,
  count bigint NOT NULL CHECK (count >= 0),
  PRIMARY KEY (owner_id, day, environment, key_id, outcome)
);`

/** The sum of a count and what is added to it. One that is at its end stays there: it must not keep the others from being written. */
export const added = (count: string) =>
  `least(${count}::numeric + excluded.count, ${MOST_COUNT})::bigint`

/** Data-modifying part of a statement: all in one order, so that two instances never wait for each other. */
export const RECORD_OUTCOMES = `
INSERT INTO sallyport_usage AS o (owner_id, day, environment, key_id, outcome, count)
SELECT n.owner_id, n.day, n.environment, n.key_id, n.outcome, sum(n.count)
FROM json_to_recordset($2::json)
  AS n(owner_id text, day date, environment text, key_id text, outcome text, count bigint)
GROUP BY n.owner_id, n.day, n.environment, n.key_id, n.outcome
ORDER BY n.owner_id, n.day, n.environment, n.key_id, n.outcome
ON CONFLICT (owner_id, day, environment, key_id, outcome) DO UPDATE SET count = ${added('o.count')}
RETURNING o.count`

/** Sums of the outcomes, and beside them the uses that no outcome counts, as `unclassified`. */
const sums = (by: 'day' | 'key_id', named: string) => `
WITH told AS (
  SELECT o.day, o.environment, o.key_id, o.outcome, o.count FROM sallyport_usage o
  WHERE o.owner_id = $1 AND o.day BETWEEN $2::date AND $3::date
    AND ($4::text IS NULL OR o.environment = $4)
), uses AS (
  SELECT day, environment, key_id, -count AS count FROM told
  WHERE outcome <> 'unauthenticated' AND key_id <> ''
  UNION ALL
  SELECT u.day, u.environment, u.key_id, u.count FROM sallyport_keys k
  JOIN sallyport_key_usage u ON u.key_id = k.id
  WHERE k.owner_id = $1 AND u.day BETWEEN $2::date AND $3::date
    AND ($4::text IS NULL OR u.environment = $4)
), parts AS (
  SELECT day, environment, key_id, outcome, count FROM told
  UNION ALL
  SELECT day, environment, key_id, 'unclassified', sum(count) FROM uses
  GROUP BY day, environment, key_id HAVING sum(count) > 0
)
SELECT json_build_object('environment', environment, 'named', ${named}, 'outcome', outcome,
  'count', sum(count))::text AS sum
FROM parts GROUP BY ${by}, environment, outcome HAVING sum(count) > 0
ORDER BY ${by} DESC, environment, outcome`

export const SUMS_BY = {
  day: sums('day', `to_char(day, 'YYYY-MM-DD')`),
  key: sums('key_id', 'key_id'),
}

const fullRows = v.tuple([v.object({ full: v.string() })])

export function fullIn(rows: readonly unknown[]): UsageAdded {
  return { full: Number(understand(fullRows, rows)[0].full) }
}

const sumRow = v.object({ sum: v.string() })
const sumSchema = v.object({
  environment: v.string(),
  named: v.string(),
  outcome: v.string(),
  count: whole,
})

/** A row that cannot be understood is left out. */
export function sumsIn(rows: readonly unknown[], by: OwnerUsageQuery['by']): UsageSum[] {
  return rows.flatMap((row) => {
    const text = ifUnderstood(sumRow, row)?.sum ?? 'null'
    const sum = ifUnderstood(sumSchema, JSON.parse(text))
    if (sum === undefined) return []
    const { named, ...rest } = sum
    const name = by === 'day' ? { day: named } : named !== '' && { keyId: named }
    return [{ ...rest, ...name }]
  })
}

export function outcomeRow({ ownerId, day, environment, keyId = '', ...rest }: OutcomeCount) {
  return { owner_id: ownerId, day, environment, key_id: keyId, ...rest }
}
