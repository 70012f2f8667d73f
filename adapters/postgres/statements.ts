import { CHANGES, FIELDS, millisecondsOf, NAMES, RECORD, SHAPE, USED_RECORD } from './columns.js'

export const BY_DIGEST = `SELECT ${RECORD} AS record FROM sallyport_keys k WHERE k.digest = $1`

export const BY_ID = `SELECT ${USED_RECORD} AS record FROM sallyport_keys k WHERE k.id = $1`

export const INSERT = `
INSERT INTO sallyport_keys (${NAMES}) SELECT ${FIELDS} FROM json_to_record($1::json) AS r(${SHAPE})`

/** Those whose id and digest are free, in one order, so that two imports never wait for each other. */
export const INSERT_FREE = `
INSERT INTO sallyport_keys (${NAMES}) SELECT ${FIELDS} FROM json_to_recordset($1::json) AS r(${SHAPE})
ORDER BY r.digest ON CONFLICT DO NOTHING RETURNING id`

/** All or none: each key is held, in the order of the ids, before the first is changed. */
export const UPDATE = `
WITH wanted AS (
  SELECT * FROM json_to_recordset($1::json) AS w(id text, version integer, patch json)
), held AS (
  SELECT k.id FROM sallyport_keys k JOIN wanted w ON w.id = k.id AND w.version = k.version
  ORDER BY k.id FOR UPDATE OF k
)
UPDATE sallyport_keys k SET version = k.version + 1, ${CHANGES}
FROM wanted w, json_to_record(w.patch) AS p(${SHAPE})
WHERE k.id = w.id AND k.version = w.version
  AND (SELECT count(*) FROM held) = (SELECT count(*) FROM wanted)
RETURNING k.id`

/** Both or neither: there is a successor to insert only where the key was ended. */
export const ROTATE = `
WITH ended AS (
  UPDATE sallyport_keys k SET version = k.version + 1,
    expires_at = $3::timestamptz, rotated_to = r.id, rotated_at = r."createdAt"
  FROM json_to_record($4::json) AS r(id text, "createdAt" timestamptz)
  WHERE k.id = $1 AND k.version = $2
  RETURNING k.id
)
INSERT INTO sallyport_keys (${NAMES})
SELECT ${FIELDS} FROM ended, json_to_record($4::json) AS r(${SHAPE})
RETURNING id`

/** In one order, so that two instances never wait for each other. */
export const RECORD_USAGE = `
INSERT INTO sallyport_key_usage AS u (key_id, day, environment, count, last_used_at)
SELECT n.key_id, n.day, n.environment, sum(n.count), max(n.last_used_at)
FROM json_to_recordset($1::json)
  AS n(key_id text, day date, environment text, count bigint, last_used_at timestamptz)
WHERE EXISTS (SELECT FROM sallyport_keys k WHERE k.id = n.key_id)
GROUP BY n.key_id, n.day, n.environment
ORDER BY n.key_id, n.day, n.environment
ON CONFLICT (key_id, day, environment) DO UPDATE SET
  count = u.count + excluded.count,
  last_used_at = greatest(u.last_used_at, excluded.last_used_at)`

export const USAGE_OF = `
SELECT json_build_object('keyId', u.key_id, 'environment', u.environment, 'day', to_char(u.day, 'YYYY-MM-DD'),
  'count', u.count, 'lastUsedAt', ${millisecondsOf('u.last_used_at')})::text AS usage
FROM sallyport_key_usage u WHERE u.key_id = $1 AND u.day >= $2::date
ORDER BY u.day DESC, u.environment`
