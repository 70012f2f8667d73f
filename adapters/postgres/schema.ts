import { ACCESS_CHANGES, ACCESS_TABLES } from './access-tables.js'
import { USAGE_TABLES } from './usage.js'
import { JOB_TABLES } from './jobs.js'
import { migration, type Migrations } from './migrations.js'
import { OUTBOX_TABLES } from './outbox-tables.js'
import { REVIEW_TABLE } from './review-table.js'
import { USED_IDS_SHARES, USED_IDS_TABLE } from './used-ids-table.js'

/** The channel on which changes of keys are told. */
export const CHANNEL = 'sallyport_keys'

const KEYS = `
CREATE TABLE sallyport_keys (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
  version integer NOT NULL CHECK (version >= 1),
  digest text NOT NULL UNIQUE CHECK (length(digest) BETWEEN 1 AND 128),
  hint text NOT NULL,
  name text NOT NULL,
  owner_id text NOT NULL,
  environment text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sk', 'pk')),
  scopes text[] NOT NULL CHECK (array_position(scopes, NULL) IS NULL),
  allowed_ips text[] CHECK (array_position(allowed_ips, NULL) IS NULL),
  metadata json NOT NULL CHECK (json_typeof(metadata) = 'object'),
  created_at timestamptz NOT NULL CHECK (isfinite(created_at)),
  expires_at timestamptz CHECK (isfinite(expires_at)),
  revoked_at timestamptz CHECK (isfinite(revoked_at)),
  revocation_reason text,
  disabled_at timestamptz CHECK (isfinite(disabled_at)),
  rotated_from text,
  rotated_to text,
  rotated_at timestamptz CHECK (isfinite(rotated_at)),
  retry json CHECK (json_typeof(retry) = 'object')
);
CREATE INDEX sallyport_keys_by_age ON sallyport_keys (created_at, id);
CREATE INDEX sallyport_keys_by_owner ON sallyport_keys (owner_id, created_at, id);
CREATE INDEX sallyport_keys_by_environment ON sallyport_keys (environment, created_at, id);
CREATE INDEX sallyport_keys_due ON sallyport_keys (created_at, id)
  WHERE rotated_to IS NULL AND revoked_at IS NULL;
CREATE INDEX sallyport_keys_revoked ON sallyport_keys (created_at, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX sallyport_keys_disabled ON sallyport_keys (created_at, id) WHERE disabled_at IS NOT NULL;
CREATE INDEX sallyport_keys_ending ON sallyport_keys (created_at, id) WHERE expires_at IS NOT NULL;

CREATE TABLE sallyport_key_usage (
  key_id text NOT NULL REFERENCES sallyport_keys ON DELETE CASCADE,
  day date NOT NULL,
  environment text NOT NULL,
  count bigint NOT NULL CHECK (count >= 0),
  last_used_at timestamptz NOT NULL CHECK (isfinite(last_used_at)),
  PRIMARY KEY (key_id, day, environment)
);`

/** In the transaction of the change, whoever makes it: a change by hand counts the version up as well, and is heard. */
const TELL = `
CREATE FUNCTION sallyport_tell() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $tell$
DECLARE
  told record;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    PERFORM pg_notify('${CHANNEL}', json_build_object('schema', TG_TABLE_SCHEMA)::text);
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    told := OLD;
    told.version := OLD.version + 1;
  ELSE
    IF TG_OP = 'UPDATE' THEN
      IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'The id of a key does not change.';
      END IF;
      IF NEW.version <= OLD.version THEN
        NEW.version := OLD.version + 1;
      END IF;
    END IF;
    told := NEW;
  END IF;
  PERFORM pg_notify('${CHANNEL}', json_build_object(
    'schema', TG_TABLE_SCHEMA, 'id', told.id, 'version', told.version)::text);
  RETURN told;
END $tell$;
CREATE TRIGGER sallyport_tell BEFORE INSERT OR UPDATE OR DELETE ON sallyport_keys
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell();
CREATE TRIGGER sallyport_tell_all AFTER TRUNCATE ON sallyport_keys
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell();`

const PLANS = `
ALTER TABLE sallyport_keys ADD COLUMN plan text,
  ADD COLUMN plan_limit integer CHECK (plan_limit >= 1);`

const TENANTS = `
ALTER TABLE sallyport_keys
  ADD COLUMN tenant_ids text[] CHECK (array_position(tenant_ids, NULL) IS NULL),
  ADD COLUMN resources text[] CHECK (array_position(resources, NULL) IS NULL);`

/** NULL where a record says nothing of it: an older version writes no such columns. */
const CALLERS = `
ALTER TABLE sallyport_keys
  ADD COLUMN created_by json CHECK (json_typeof(created_by) = 'object'),
  ADD COLUMN disabled_over_http_at timestamptz CHECK (isfinite(disabled_over_http_at)),
  ADD COLUMN metadata_over_http text[] CHECK (array_position(metadata_over_http, NULL) IS NULL);`

/** Owners whose callers make no keys until then: all their keys are being revoked. */
const SUSPENSIONS = `
CREATE TABLE sallyport_key_suspensions (
  owner_id text PRIMARY KEY,
  until timestamptz NOT NULL CHECK (isfinite(until))
);`

/** One for each revocation under way: that of another must not end with it. */
const SUSPENSION_IDS = `
ALTER TABLE sallyport_key_suspensions ADD COLUMN id text NOT NULL DEFAULT '',
  DROP CONSTRAINT sallyport_key_suspensions_pkey, ADD PRIMARY KEY (owner_id, id);`

/** What somebody made, over all owners. */
const MAKERS = `
CREATE INDEX IF NOT EXISTS sallyport_keys_by_subject ON sallyport_keys ((created_by->>'subject'), created_at, id)
  WHERE created_by IS NOT NULL;
CREATE INDEX IF NOT EXISTS sallyport_keys_by_maker ON sallyport_keys ((created_by->>'keyId'), created_at, id)
  WHERE created_by IS NOT NULL;`

/** The tables of keys. Versions before 4 do not look whether tables are newer. */
export const KEYS_TABLES: Migrations = {
  part: 'keys',
  steps: [
    ...[KEYS + TELL, PLANS, TENANTS, CALLERS, SUSPENSIONS, SUSPENSION_IDS],
    ...[ACCESS_TABLES, MAKERS, ACCESS_CHANGES, OUTBOX_TABLES, USAGE_TABLES, USED_IDS_TABLE],
    ...[JOB_TABLES, REVIEW_TABLE, USED_IDS_SHARES],
  ],
  readableFrom: 4,
}
export const MIGRATE = migration(KEYS_TABLES)

/** The schema of the table, where changes are told of it. */
export const FIND_SCHEMA = `
SELECT n.nspname::text AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = 'sallyport_keys'::regclass AND EXISTS (
  SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'sallyport_tell' AND t.tgenabled IN ('O', 'A'))`
