import { hash, randomUUID } from 'node:crypto'
import * as v from 'valibot'
import { IdShareError, StoreError, type KeptId, type ReplayStore } from '../../src/index.js'
import { embeddedRun, isEmbedded, type EmbeddedPostgres, type PostgresPool } from './client.js'
import { createLimitedRun } from './limits.js'
import { KEYS_TABLES } from './schema.js'
import { createTables } from './tables.js'
import { ifUnderstood } from './read-answer.js'

/** Of each owner. */
const MAX_OF_OWNER = 100_000
/** Ids are hashes in base64url, each first character as likely as the others: of each, an owner has a part of its share, which is counted fast. */
const MAX_OF_LETTER = Math.floor(MAX_OF_OWNER / 64)
/** That have ended, and are removed with each that is added. */
const SWEPT = 4

/** For a whole call: of many at once, the last one has to wait. */
const LIMIT_MS = 1_000
/** PGlite runs one call after the other. */
const EMBEDDED_MS = 5_000
/** It is kept until its end, but for a second that two clocks may differ by. */
const FIND = `SELECT EXISTS (SELECT FROM sallyport_used_ids WHERE id = $1 AND until > clock_timestamp()
  AND until > clock_timestamp() + ($2::float8 - 1000) * interval '1 millisecond') AS is_kept`

/**
 * One row, by the server's own clock and in one statement. An id that is there is taken over once it has ended, and kept longer where that is asked for: by one call of all that come
 * at once; the others do not wait for it. One that is not there is added: a second call waits for the first, and finds it there.
 */
const ADD = `
WITH asked AS (
  SELECT clock_timestamp() AS now, clock_timestamp() + $3::float8 * interval '1 millisecond' AS until
), found AS (
  SELECT until FROM sallyport_used_ids WHERE id = $1
), room AS (
  SELECT $2 = '' OR ${String(MAX_OF_LETTER)} > (SELECT count(*) FROM (
    SELECT FROM sallyport_used_ids, asked WHERE owner = $2 AND owner <> '' AND left(id, 1) = left($1, 1)
      AND sallyport_used_ids.until > asked.now LIMIT ${String(MAX_OF_LETTER)}) kept) AS is_left
), swept AS (
  DELETE FROM sallyport_used_ids WHERE id IN (SELECT id FROM sallyport_used_ids
    WHERE until < (SELECT now FROM asked) AND id <> $1 ORDER BY until LIMIT ${String(SWEPT)} FOR UPDATE SKIP LOCKED)
), renewed AS (
  UPDATE sallyport_used_ids kept SET until = asked.until,
    taken_by = CASE WHEN kept.until > asked.now THEN kept.taken_by ELSE $4 END
  FROM asked WHERE kept.id IN (SELECT id FROM sallyport_used_ids WHERE id = $1 FOR UPDATE SKIP LOCKED)
    AND kept.until < asked.until
  RETURNING kept.taken_by = $4 AS is_first
), added AS (
  INSERT INTO sallyport_used_ids (id, owner, until, taken_by)
    SELECT $1, $2, asked.until, $4 FROM asked, room WHERE is_left AND NOT EXISTS (SELECT FROM found)
  ON CONFLICT (id) DO NOTHING RETURNING id
)
SELECT is_left OR EXISTS (SELECT FROM found) AS has_room,
  coalesce((SELECT is_first FROM renewed), EXISTS (SELECT FROM added)) AS is_first FROM room`

const found = v.strictTuple([v.object({ is_kept: v.boolean() })])
const answer = v.strictTuple([v.object({ has_room: v.boolean(), is_first: v.boolean() })])

/**
 * Remembers in PostgreSQL 14 or later, or in PGlite, what was used once, for all instances: forms of a console, or assertions. At most 100,000 of each owner, under their SHA-256;
 * those that have ended are removed with each that is added. `migrate` of the key store must have made the table.
 * @example const portal = createConsole(gate, { user, secret, forms: createPostgresReplayStore(pool) })
 * @throws {MisuseError} `invalid_option` where neither a Pool of pg nor PGlite is given
 */
export function createPostgresReplayStore(client: PostgresPool | EmbeddedPostgres): ReplayStore {
  const [ask, make] = isEmbedded(client)
    ? [embeddedRun(client, EMBEDDED_MS), embeddedRun(client, EMBEDDED_MS)]
    : [createLimitedRun(client, { use: 'read' }), createLimitedRun(client, { limitMs: LIMIT_MS })]
  const tables = createTables(KEYS_TABLES, ask)
  return {
    async addIfAbsent(id, until, kept) {
      const left = leftOf(until, kept)
      const begun = performance.now()
      await tables.ready()
      const owner = kept?.ownerId === undefined ? '' : named(kept.ownerId)
      // Most of those that come again come later: they need no transaction.
      const known = ifUnderstood(found, await ask(FIND, [named(id), left]))
      if (known?.[0].is_kept === true) return false
      const said = v.safeParse(
        answer,
        await make(ADD, [named(id), owner, left, randomUUID()], begun),
      )
      if (!said.success) throw new StoreError('PostgreSQL answered neither yes nor no.')
      const [{ has_room: hasRoom, is_first: isFirst }] = said.output
      if (hasRoom) return isFirst
      throw new IdShareError(`One owner has ${String(MAX_OF_OWNER)} ids already.`)
    },
  }
}

/** How long it is until then, by the clock of the gate: that of the server may show another time. @throws {RangeError} */
function leftOf(until: number, kept: KeptId | undefined): number {
  const left = Math.ceil(kept?.forMs ?? until - Date.now())
  if (left >= 1) return left
  throw new RangeError('An id cannot be kept until an instant that is over.')
}

/** Whatever characters it has, and however long it is. */
function named(text: string): string {
  return hash('sha256', text, 'base64url')
}
