
SET LOCAL statement_timeout = '10min';
SET LOCAL client_min_messages = warning;
DO $migrate$
DECLARE
  present integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('sallyport.migrate', 0));
  CREATE TABLE IF NOT EXISTS sallyport_migrations (
    part text PRIMARY KEY,
    version integer NOT NULL
  );
  SELECT coalesce(max(version), 0) INTO present FROM sallyport_migrations WHERE part = 'keys';
  IF present > 3 THEN
    RAISE EXCEPTION 'The tables of keys are of version %, made by a newer sallyport; this one knows up to 3.', present;
  END IF;

  IF present < 1 THEN
    
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
);
CREATE FUNCTION sallyport_tell() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $tell$
DECLARE
  told record;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    PERFORM pg_notify('sallyport_keys', json_build_object('schema', TG_TABLE_SCHEMA)::text);
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
  PERFORM pg_notify('sallyport_keys', json_build_object(
    'schema', TG_TABLE_SCHEMA, 'id', told.id, 'version', told.version)::text);
  RETURN told;
END $tell$;
CREATE TRIGGER sallyport_tell BEFORE INSERT OR UPDATE OR DELETE ON sallyport_keys
  FOR EACH ROW EXECUTE FUNCTION sallyport_tell();
CREATE TRIGGER sallyport_tell_all AFTER TRUNCATE ON sallyport_keys
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_tell();
    INSERT INTO sallyport_migrations VALUES ('keys', 1)
      ON CONFLICT (part) DO UPDATE SET version = excluded.version;
  END IF;
  IF present < 2 THEN
    
ALTER TABLE sallyport_keys ADD COLUMN plan text,
  ADD COLUMN plan_limit integer CHECK (plan_limit >= 1);
    INSERT INTO sallyport_migrations VALUES ('keys', 2)
      ON CONFLICT (part) DO UPDATE SET version = excluded.version;
  END IF;
  IF present < 3 THEN
    
ALTER TABLE sallyport_keys
  ADD COLUMN tenant_ids text[] CHECK (array_position(tenant_ids, NULL) IS NULL),
  ADD COLUMN resources text[] CHECK (array_position(resources, NULL) IS NULL);
    INSERT INTO sallyport_migrations VALUES ('keys', 3)
      ON CONFLICT (part) DO UPDATE SET version = excluded.version;
  END IF;
END $migrate$;
SET LOCAL statement_timeout = '10min';
SET LOCAL client_min_messages = warning;
DO $migrate$
DECLARE
  present integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('sallyport.migrate', 0));
  CREATE TABLE IF NOT EXISTS sallyport_migrations (
    part text PRIMARY KEY,
    version integer NOT NULL
  );
  SELECT coalesce(max(version), 0) INTO present FROM sallyport_migrations WHERE part = 'audit';
  IF present > 1 THEN
    RAISE EXCEPTION 'The tables of audit are of version %, made by a newer sallyport; this one knows up to 1.', present;
  END IF;

  IF present < 1 THEN
    
CREATE FUNCTION sallyport_audit_phi(line text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $phi$
  WITH touched AS (
    SELECT line::json -> 'phi' AS what
    UNION ALL SELECT json_array_elements(coalesce(line::json -> 'furtherPhi', '[]'))
  )
  SELECT array_agg(what ->> 'resource') || array_agg(DISTINCT what ->> 'resource' || '/' || id)
    FILTER (WHERE id IS NOT NULL)
  FROM touched LEFT JOIN LATERAL json_array_elements_text(coalesce(what -> 'ids', '[]')) AS ids(id) ON true
$phi$;
CREATE TABLE sallyport_audit (
  line text NOT NULL,
  writer text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line::json ->> 'writer') STORED,
  seq bigint NOT NULL GENERATED ALWAYS AS ((line::json ->> 'seq')::bigint) STORED,
  time text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line::json ->> 'time') STORED,
  kind text COLLATE "C" NOT NULL GENERATED ALWAYS AS (line::json ->> 'kind') STORED,
  id text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'id') STORED,
  outcome text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'outcome') STORED,
  reason text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'reason') STORED,
  owner_id text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'ownerId') STORED,
  tenant_id text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'tenantId') STORED,
  key_id text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'keyId') STORED,
  subject text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'subject') STORED,
  request_id text COLLATE "C" GENERATED ALWAYS AS (line::json ->> 'requestId') STORED,
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
CREATE INDEX sallyport_audit_starts ON sallyport_audit (time) WHERE kind = 'start';
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
REVOKE ALL ON FUNCTION sallyport_audit_prune FROM PUBLIC;
    INSERT INTO sallyport_migrations VALUES ('audit', 1)
      ON CONFLICT (part) DO UPDATE SET version = excluded.version;
  END IF;
END $migrate$;
