/** What was used once. The owner is '' where nobody has said whose it is. */
export const USED_IDS_TABLE = `
CREATE TABLE sallyport_used_ids (
  id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  until timestamptz NOT NULL CHECK (isfinite(until)),
  taken_by text NOT NULL
);
CREATE INDEX sallyport_used_ids_ended ON sallyport_used_ids (until);
CREATE INDEX sallyport_used_ids_by_owner ON sallyport_used_ids (owner, until) WHERE owner <> '';`

/** Those of an owner are counted by their first character: counting all of them takes longer than a request may wait. */
export const USED_IDS_SHARES = `
DROP INDEX sallyport_used_ids_by_owner;
CREATE INDEX sallyport_used_ids_of_owner ON sallyport_used_ids (owner, left(id, 1), until) WHERE owner <> '';`
