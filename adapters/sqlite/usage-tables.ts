/** What requests of an owner came to. The key is '' where a caller has none; it may be one that is not there any more. */
export const USAGE_TABLES = `
  CREATE TABLE sallyport_usage (
    owner_id TEXT NOT NULL,
    day TEXT NOT NULL,
    environment TEXT NOT NULL,
    key_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (owner_id, day, environment, key_id, outcome)
  ) STRICT, WITHOUT ROWID;`
