/** Counts the changes of a table, by whatever way they are made. */
const counting = (table: string, part: string) =>
  ['INSERT', 'UPDATE', 'DELETE']
    .map(
      (change) => `
  CREATE TRIGGER ${table}_${change.toLowerCase()} AFTER ${change} ON ${table} BEGIN
    UPDATE sallyport_revisions SET revision = revision + 1 WHERE part = '${part}';
  END;`,
    )
    .join('')

/** Requests for access and acceptances of terms: each is kept as JSON, beside what it is looked up by. */
export const ACCESS_TABLES = `
  CREATE TABLE sallyport_access (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    owner_id TEXT NOT NULL,
    state TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sallyport_access_by_time ON sallyport_access (requested_at, id);
  CREATE INDEX sallyport_access_by_owner ON sallyport_access (owner_id, requested_at, id);
  CREATE INDEX sallyport_access_by_state ON sallyport_access (state, requested_at, id);
  CREATE TABLE sallyport_agreements (
    id TEXT NOT NULL PRIMARY KEY,
    owner_id TEXT NOT NULL,
    terms TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sallyport_agreements_by_time ON sallyport_agreements (accepted_at, id);
  CREATE INDEX sallyport_agreements_by_owner ON sallyport_agreements (owner_id, accepted_at, id);
  CREATE TABLE sallyport_revisions (
    part TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO sallyport_revisions (part, revision) VALUES ('access', 0), ('agreements', 0);
  ${counting('sallyport_access', 'access')}
  ${counting('sallyport_agreements', 'agreements')}
`

/** The same, and whose records have changed. */
const naming = (table: string, part: string) =>
  Object.entries({ INSERT: ['NEW'], UPDATE: ['OLD', 'NEW'], DELETE: ['OLD'] })
    .map(
      ([change, rows]) => `
  DROP TRIGGER ${table}_${change.toLowerCase()};
  CREATE TRIGGER ${table}_${change.toLowerCase()} AFTER ${change} ON ${table} BEGIN
    UPDATE sallyport_revisions SET revision = revision + 1 WHERE part = '${part}';
    ${rows.map((row) => nameOwner(row, part)).join('')}
  END;`,
    )
    .join('')

const nameOwner = (row: string, part: string) => `
    INSERT INTO sallyport_changed_owners (part, owner_id, revision)
      SELECT part, ${row}.owner_id, revision FROM sallyport_revisions WHERE part = '${part}'
      ON CONFLICT (part, owner_id) DO UPDATE SET revision = excluded.revision;`

/** Who has changed, by revision. */
export const ACCESS_CHANGES = `
  CREATE TABLE sallyport_changed_owners (
    part TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (part, owner_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sallyport_changed_owners_by_revision ON sallyport_changed_owners (part, revision);
  ${naming('sallyport_access', 'access')}
  ${naming('sallyport_agreements', 'agreements')}
`
