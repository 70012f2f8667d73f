import {
  CHANGES,
  FIELDS,
  millisecondsOf,
  NAMES,
  RECORD,
  SHAPE,
  UNKNOWN,
  USED_RECORD,
} from './columns.js'
import { KEYS_TABLES } from './schema.js'
import { added, MOST_COUNT, RECORD_OUTCOMES } from './usage.js'

const KNOWN = String(KEYS_TABLES.steps.length)
/** Of a newer version's row, what this one does not know. A column that is not of a newer version is the operator's own. */
export const NEWS = `CASE WHEN m.version > ${KNOWN} THEN ${UNKNOWN} END`

/** One row in any case, with the version of the tables: whoever reads a key knows whether it is understood. */
function find(record: string, column: string): string {
  return `SELECT to_json(m)::text AS tables, CASE WHEN k.id IS NOT NULL THEN ${record} END AS record, ${NEWS} AS news
    FROM sallyport_migrations m LEFT JOIN sallyport_keys k ON k.${column} = $1 WHERE m.part = 'keys'`
}

export const BY_DIGEST = find(RECORD, 'digest')

export const BY_ID = find(USED_RECORD, 'id')

/**
 * The key that asks, held in the version on which it was judged: nobody changes it until this change is made. With NULL in the place of its id, nothing
 * is asked of it.
 */
function caller(id: string, version: string): string {
  return `caller AS MATERIALIZED (
  SELECT k.id FROM sallyport_keys k WHERE k.id = ${id}::text AND k.version = ${version}::integer FOR SHARE OF k
)`
}

function callerHolds(id: string): string {
  return `(${id}::text IS NULL OR EXISTS (SELECT FROM caller))`
}

/** NULL for an owner asks nothing. */
function mayCreate(owner: string): string {
  return `NOT EXISTS (
  SELECT FROM sallyport_key_suspensions s WHERE s.owner_id = ${owner}::text AND s.until > clock_timestamp()
)`
}

export const INSERT = `
WITH ${caller('$2', '$3')}
INSERT INTO sallyport_keys (${NAMES}) SELECT ${FIELDS} FROM json_to_record($1::json) AS r(${SHAPE})
WHERE ${callerHolds('$2')} AND ${mayCreate('$4')}
RETURNING id`

/** Those whose id and digest are free, in one order, so that two imports never wait for each other. */
export const INSERT_FREE = `
INSERT INTO sallyport_keys (${NAMES}) SELECT ${FIELDS} FROM json_to_recordset($1::json) AS r(${SHAPE})
ORDER BY r.digest ON CONFLICT DO NOTHING RETURNING id`

/** All or none: each key is held, in the order of the ids, before the first is changed. */
export const UPDATE = `
WITH wanted AS (
  SELECT * FROM json_to_recordset($1::json) AS w(id text, version integer, patch json)
), held AS MATERIALIZED (
  SELECT k.id FROM sallyport_keys k JOIN wanted w
    ON w.id = k.id AND (w.version IS NULL OR w.version = k.version)
  ORDER BY k.id FOR UPDATE OF k
), ${caller('$2', '$3')}
UPDATE sallyport_keys k SET version = k.version + 1, ${CHANGES}
FROM wanted w, json_to_record(w.patch) AS p(${SHAPE})
WHERE k.id = w.id AND (w.version IS NULL OR k.version = w.version)
  AND ${callerHolds('$2')}
  AND (SELECT count(*) FROM held) = (SELECT count(*) FROM wanted)
RETURNING k.id`

/** Both or neither, and neither of a key that is not understood: there is a successor to insert only where the key was ended. */
export const ROTATE = `
WITH ${caller('$5', '$6')}, ended AS (
  UPDATE sallyport_keys k SET version = k.version + 1,
    expires_at = $3::timestamptz, rotated_to = r.id, rotated_at = r."createdAt"
  FROM json_to_record($4::json) AS r(id text, "createdAt" timestamptz), sallyport_migrations m
  WHERE k.id = $1 AND k.version = $2 AND m.part = 'keys' AND ${NEWS} IS NULL
    AND ${callerHolds('$5')} AND ${mayCreate('$7')}
  RETURNING k.id
)
INSERT INTO sallyport_keys (${NAMES})
SELECT ${FIELDS} FROM ended, json_to_record($4::json) AS r(${SHAPE})
RETURNING id`

export const SUSPEND = `
INSERT INTO sallyport_key_suspensions AS s (owner_id, id, until)
VALUES ($1, $2, clock_timestamp() + $3::integer * interval '1 millisecond')
ON CONFLICT (owner_id, id) DO UPDATE SET until = greatest(s.until, excluded.until)`

/** With it goes what a process has left that died. */
export const RESUME = `
DELETE FROM sallyport_key_suspensions
WHERE (owner_id = $1 AND id = $2) OR until < clock_timestamp() - interval '1 hour'`

/** In one order, so that two instances never wait for each other. Answers how many counts are at their end. */
export const RECORD_USAGE = `
WITH outcomes AS (${RECORD_OUTCOMES}), uses AS (
INSERT INTO sallyport_key_usage AS u (key_id, day, environment, count, last_used_at)
SELECT n.key_id, n.day, n.environment, sum(n.count), max(n.last_used_at)
FROM json_to_recordset($1::json)
  AS n(key_id text, day date, environment text, count bigint, last_used_at timestamptz)
WHERE EXISTS (SELECT FROM sallyport_keys k WHERE k.id = n.key_id)
GROUP BY n.key_id, n.day, n.environment
ORDER BY n.key_id, n.day, n.environment
ON CONFLICT (key_id, day, environment) DO UPDATE SET
  count = ${added('u.count')},
  last_used_at = greatest(u.last_used_at, excluded.last_used_at)
RETURNING u.count
)
SELECT count(*)::text AS full FROM (
  SELECT count FROM outcomes UNION ALL SELECT count FROM uses
) c WHERE c.count >= ${MOST_COUNT}`

export const USAGE_OF = `
SELECT json_build_object('keyId', u.key_id, 'environment', u.environment, 'day', to_char(u.day, 'YYYY-MM-DD'),
  'count', u.count, 'lastUsedAt', ${millisecondsOf('u.last_used_at')})::text AS usage
FROM sallyport_key_usage u WHERE u.key_id = $1 AND u.day >= $2::date
ORDER BY u.day DESC, u.environment`
