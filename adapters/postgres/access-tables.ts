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
