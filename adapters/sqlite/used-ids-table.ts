/** What was used once. The owner is '' where nobody has said whose it is. */
export const USED_IDS_TABLE = `
  CREATE TABLE sallyport_used_ids (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sallyport_used_ids_ended ON sallyport_used_ids (until);
  CREATE INDEX sallyport_used_ids_by_owner ON sallyport_used_ids (owner, until) WHERE owner <> '';`

/** Those of an owner are counted by their first character: counting all of them would hold up the process. */
export const USED_IDS_SHARES = `
  DROP INDEX sallyport_used_ids_by_owner;
  CREATE INDEX sallyport_used_ids_of_owner ON sallyport_used_ids (owner, substr(id, 1, 1), until) WHERE owner <> '';`
