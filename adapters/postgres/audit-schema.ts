import { migration, type Migrations } from './migrations.js'

/** A text of the line, under its own name: who changes the one changes the other. */
function told(column: string, member: string): string {
  return `${column} text COLLATE "C" GENERATED ALWAYS AS (line::json ->> '${member}') STORED`
}

/** Records of changes, which say who has made them in a member of their own. */
export const CHANGES = `kind IN ('key', 'enrollment')`

/** Of who has made a change, by the name of the member. */
export function changedBy(line: string, member: string): string {
  return `(${line}::json #>> '{by,${member}}') COLLATE "C"`
}

/** `Patient` and `Patient/1` for each record that an access touched. */
const PHI = `
CREATE FUNCTION sallyport_audit_phi(line text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $phi$
  WITH touched AS (
    SELECT line::json -> 'phi' AS what
    UNION ALL SELECT json_array_elements(coalesce(line::json -> 'furtherPhi', '[]'))
  )
  SELECT array_agg(what ->> 'resource') || array_agg(DISTINCT what ->> 'resource' || '/' || id)
    FILTER (WHERE id IS NOT NULL)
  FROM touched LEFT JOIN LATERAL json_array_elements_text(coalesce(what -> 'ids', '[]')) AS ids(id) ON true
$phi$;`

const TABLE = `
CREATE TABLE sallyport_audit (
  line text NOT NULL,
  writer text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line::json ->> 'writer') STORED,
  seq bigint NOT NULL GENERATED ALWAYS AS ((line::json ->> 'seq')::bigint) STORED,
  time text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line::json ->> 'time') STORED,
  kind text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line::json ->> 'kind') STORED,
  ${told('id', 'id')},
  ${told('outcome', 'outcome')},
  ${told('reason', 'reason')},
  ${told('owner_id', 'ownerId')},
  ${told('tenant_id', 'tenantId')},
  ${told('key_id', 'keyId')},
  ${told('subject', 'subject')},
  ${told('request_id', 'requestId')},
  phi text[] GENERATED ALWAYS AS (
    CASE WHEN line::json -> 'phi' IS NOT NULL THEN sallyport_audit_phi(line) END) STORED,
  PRIMARY KEY (writer, seq)
);
CREATE INDEX sallyport_audit_by_time ON sallyport_audit (time, id) INCLUDE (writer, seq);
CREATE INDEX sallyport_audit_by_id ON sallyport_audit (id) WHERE id IS NOT NULL;
CREATE INDEX sallyport_audit_by_owner ON sallyport_audit (owner_id, time, id) WHERE owner_id IS NOT NULL;
CREATE INDEX sallyport_audit_by_tenant ON sallyport_audit (tenant_id, time, id) WHERE tenant_id IS NOT NULL;
CREATE INDEX sallyport_audit_by_key ON sallyport_audit (key_id, time, id) WHERE key_id IS NOT NULL;
CREATE INDEX sallyport_audit_by_subject ON sallyport_audit (subject, time, id) WHERE subject IS NOT NULL;
CREATE INDEX sallyport_audit_by_request ON sallyport_audit (request_id, time, id) WHERE request_id IS NOT NULL;
CREATE INDEX sallyport_audit_by_reason ON sallyport_audit (reason, time, id) WHERE reason IS NOT NULL;
CREATE INDEX sallyport_audit_by_phi ON sallyport_audit USING gin (phi);
CREATE INDEX sallyport_audit_starts ON sallyport_audit (time) WHERE kind = 'start';`

const KEEP = `
CREATE FUNCTION sallyport_audit_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $keep$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('sallyport.prune', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'An audit trail is only added to: % of % is refused.', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $keep$;
CREATE TRIGGER sallyport_audit_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON sallyport_audit
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_audit_keep();
ALTER TABLE sallyport_audit ENABLE ALWAYS TRIGGER sallyport_audit_keep;
CREATE FUNCTION sallyport_audit_prune(chain text, before bigint) RETURNS bigint
  LANGUAGE plpgsql AS $prune$
DECLARE
  pruned bigint;
BEGIN
  PERFORM set_config('sallyport.prune', 'on', true);
  DELETE FROM sallyport_audit WHERE writer = chain AND seq < before;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  PERFORM set_config('sallyport.prune', 'off', true);
  RETURN pruned;
END $prune$;
REVOKE ALL ON FUNCTION sallyport_audit_prune FROM PUBLIC;`

/** The same, in a time that grows with the ids alone: the first one took the text apart again for each of them. */
const PHI_LINEAR = `
CREATE OR REPLACE FUNCTION sallyport_audit_phi(line text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $phi$
  WITH told AS (
    SELECT line::json -> 'phi' AS what
    UNION ALL SELECT json_array_elements(coalesce(line::json -> 'furtherPhi', '[]'))
  ), touched AS MATERIALIZED (
    SELECT what ->> 'resource' AS resource, coalesce(what -> 'ids', '[]') AS ids FROM told
  )
  SELECT (SELECT array_agg(resource) FROM touched) || (
    SELECT array_agg(DISTINCT (resource || '/' || id) COLLATE "C")
    FROM touched, json_array_elements_text(ids) AS ids(id))
$phi$;`

/**
 * Who owns the table may take records out of it, and only by way of the function: a setting that lets them go is one that every role could make. What is
 * looked at is who called whom, which PostgreSQL says.
 */
const KEEP_FROM_ALL = `
CREATE OR REPLACE FUNCTION sallyport_audit_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $keep$
DECLARE
  calls text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    GET DIAGNOSTICS calls = PG_CONTEXT;
    IF position('sallyport_audit_prune(text,bigint)' IN calls) > 0
      AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
    THEN
      RETURN NULL;
    END IF;
  END IF;
  RAISE EXCEPTION 'An audit trail is only added to: % of % is refused.', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $keep$;
CREATE OR REPLACE FUNCTION sallyport_audit_prune(chain text, before bigint) RETURNS bigint
  LANGUAGE plpgsql AS $prune$
DECLARE
  pruned bigint;
BEGIN
  DELETE FROM sallyport_audit WHERE writer = chain AND seq < before;
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $prune$;`

/** Changes of one person. */
const BY_CHANGER = `
CREATE INDEX sallyport_audit_by_changer ON sallyport_audit ((${changedBy('line', 'subject')}), time, id) WHERE ${CHANGES};`

/** The table of the trail. */
export const AUDIT_TABLES: Migrations = {
  part: 'audit',
  steps: [PHI + TABLE + KEEP, PHI_LINEAR + KEEP_FROM_ALL, BY_CHANGER],
  readableFrom: 1,
}
export const MIGRATE_AUDIT = migration(AUDIT_TABLES)

/** What a trail rests on: that a commit is on storage, that the table is there after a crash, and that it is only added to. */
export const FOUNDATION = `
SELECT current_setting('synchronous_commit') AS commits, c.relpersistence::text AS persistence, EXISTS (
  SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'sallyport_audit_keep'
    AND t.tgenabled IN ('O', 'A')) AS kept
FROM pg_class c WHERE c.oid = 'sallyport_audit'::regclass`

/** Lines in their order. What is there already is left as it is; where another line has the place of one, none is written. */
export const WRITE = `
WITH given AS MATERIALIZED (
  SELECT g.line, g.place, g.line::json ->> 'writer' AS writer, (g.line::json ->> 'seq')::bigint AS seq
  FROM json_array_elements_text($1::json) WITH ORDINALITY AS g(line, place)
), added AS (
  INSERT INTO sallyport_audit (line)
  SELECT given.line FROM given WHERE NOT EXISTS (
    SELECT FROM given other JOIN sallyport_audit a ON a.writer = other.writer AND a.seq = other.seq
    WHERE a.line <> other.line)
  ORDER BY given.place
  ON CONFLICT (writer, seq) DO NOTHING RETURNING seq
)
SELECT (SELECT count(*) FROM added)::int AS count, current_setting('synchronous_commit') AS commits`

/** How many of the lines are there, each in its place. */
export const COUNT_KEPT = `
SELECT count(*)::int AS count, current_setting('synchronous_commit') AS commits
FROM json_array_elements_text($1::json) AS given(line)
JOIN sallyport_audit a ON a.writer = given.line::json ->> 'writer'
  AND a.seq = (given.line::json ->> 'seq')::bigint AND a.line = given.line`

/** Takes the records before one off the beginning of a chain, in one piece. */
export const PRUNE = 'SELECT sallyport_audit_prune($1, $2::bigint)::int AS records'
