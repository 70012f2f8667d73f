/** Triggers that count each change of a table in the transaction of the change: a new revision is visible together with what has changed. */
const counting = (table: string) => `
CREATE TRIGGER ${table}_counted AFTER INSERT OR UPDATE OR DELETE ON ${table}
  FOR EACH ROW EXECUTE FUNCTION sallyport_count_change();
CREATE TRIGGER ${table}_truncated AFTER TRUNCATE ON ${table}
  FOR EACH STATEMENT EXECUTE FUNCTION sallyport_count_change();`

/** Requests for access and acceptances of terms: each is kept as JSON, beside what it is looked up by. */
export const ACCESS_TABLES = `
CREATE TABLE sallyport_access (
  id text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL CHECK (version >= 1),
  owner_id text NOT NULL,
  state text NOT NULL,
  requested_at bigint NOT NULL,
  record json NOT NULL
);
CREATE INDEX sallyport_access_by_time ON sallyport_access (requested_at, id);
CREATE INDEX sallyport_access_by_owner ON sallyport_access (owner_id, requested_at, id);
CREATE INDEX sallyport_access_by_state ON sallyport_access (state, requested_at, id);
CREATE TABLE sallyport_agreements (
  id text COLLATE "C" PRIMARY KEY,
  owner_id text NOT NULL,
  terms text NOT NULL,
  accepted_at bigint NOT NULL,
  ended boolean NOT NULL,
  record json NOT NULL
);
CREATE INDEX sallyport_agreements_by_time ON sallyport_agreements (accepted_at, id);
CREATE INDEX sallyport_agreements_by_owner ON sallyport_agreements (owner_id, accepted_at, id);
CREATE TABLE sallyport_revisions (part text PRIMARY KEY, revision bigint NOT NULL);
INSERT INTO sallyport_revisions (part, revision) VALUES ('sallyport_access', 0), ('sallyport_agreements', 0);
CREATE FUNCTION sallyport_count_change() RETURNS trigger LANGUAGE plpgsql AS $count$
BEGIN
  EXECUTE format('UPDATE %I.sallyport_revisions SET revision = revision + 1 WHERE part = $1', TG_TABLE_SCHEMA)
    USING TG_TABLE_NAME;
  RETURN NULL;
END $count$;
${counting('sallyport_access')}
${counting('sallyport_agreements')}`

/**
 * Of two requests for one environment at once, one is stored: who inserts waits until no other change of the table is under way, and only then looks. And who has
 * changed, by revision; the owner '' stands for all.
 */
export const ACCESS_CHANGES = `
CREATE TABLE sallyport_changed_owners (
  part text NOT NULL,
  owner_id text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (part, owner_id)
);
CREATE INDEX sallyport_changed_owners_by_revision ON sallyport_changed_owners (part, revision);
CREATE OR REPLACE FUNCTION sallyport_count_change() RETURNS trigger LANGUAGE plpgsql AS $count$
DECLARE
  counted bigint;
  owners text[];
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    owners := ARRAY[''];
  ELSIF TG_OP = 'INSERT' THEN
    owners := ARRAY[NEW.owner_id];
  ELSIF TG_OP = 'DELETE' OR OLD.owner_id = NEW.owner_id THEN
    owners := ARRAY[OLD.owner_id];
  ELSE
    owners := ARRAY[OLD.owner_id, NEW.owner_id];
  END IF;
  EXECUTE format('UPDATE %I.sallyport_revisions SET revision = revision + 1 WHERE part = $1 RETURNING revision', TG_TABLE_SCHEMA)
    INTO counted USING TG_TABLE_NAME;
  EXECUTE format('INSERT INTO %I.sallyport_changed_owners (part, owner_id, revision) SELECT $1, unnest($2), $3
    ON CONFLICT (part, owner_id) DO UPDATE SET revision = excluded.revision', TG_TABLE_SCHEMA)
    USING TG_TABLE_NAME, owners, counted;
  RETURN NULL;
END $count$;
CREATE FUNCTION sallyport_one_access() RETURNS trigger LANGUAGE plpgsql AS $one$
DECLARE
  taken boolean;
BEGIN
  EXECUTE format('SELECT FROM %I.sallyport_revisions WHERE part = $1 FOR UPDATE', TG_TABLE_SCHEMA)
    USING TG_TABLE_NAME;
  EXECUTE format($find$
    SELECT EXISTS (SELECT FROM %I.sallyport_access a
      WHERE a.owner_id = $1 AND a.id <> $2
        AND (a.state IN ('requested', 'suspended') OR (a.state = 'approved'
          AND coalesce(a.record->>'until' > $3->>'requestedAt' COLLATE "C", true)))
        AND EXISTS (SELECT json_array_elements_text(a.record->'environments')
          INTERSECT SELECT json_array_elements_text($3->'environments')))
    $find$, TG_TABLE_SCHEMA)
    INTO taken USING NEW.owner_id, NEW.id, NEW.record;
  IF taken THEN
    RAISE EXCEPTION 'Access to one of these environments was requested before.' USING ERRCODE = 'SP001';
  END IF;
  RETURN NEW;
END $one$;
CREATE TRIGGER sallyport_access_one BEFORE INSERT ON sallyport_access
  FOR EACH ROW EXECUTE FUNCTION sallyport_one_access();`
