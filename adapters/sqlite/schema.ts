import { createTablesGuard, type TablesVersion } from '../../src/index.js'
import { ACCESS_CHANGES, ACCESS_TABLES } from './access-tables.js'
import { integerIn, optional } from './column.js'
import { JOB_TABLES } from './jobs.js'
import { OUTBOX_TABLES } from './outbox-tables.js'
import { REVIEW_TABLE } from './review-table.js'
import { isBusy, type Session } from './session.js'
import { USAGE_TABLES } from './usage-tables.js'
import { USED_IDS_SHARES, USED_IDS_TABLE } from './used-ids-table.js'

/** Changes that are kept for those who listen; who falls behind further forgets everything. */
const KEPT_CHANGES = 10_000
const PATIENCE_MS = 5_000
const REST_MS = 25

/** What leads from each version of the tables to the next. A step that was released is never edited. */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE sallyport_keys (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    name TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    environment TEXT NOT NULL,
    kind TEXT NOT NULL,
    scopes TEXT NOT NULL,
    allowed_ips TEXT,
    metadata TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    revocation_reason TEXT,
    disabled_at INTEGER,
    rotated_from TEXT,
    rotated_to TEXT,
    rotated_at INTEGER,
    retry TEXT
  ) STRICT;
  CREATE INDEX sallyport_keys_by_time ON sallyport_keys (created_at, id);
  CREATE INDEX sallyport_keys_by_owner ON sallyport_keys (owner_id, created_at, id);
  CREATE INDEX sallyport_keys_by_environment ON sallyport_keys (environment, created_at, id);
  CREATE INDEX sallyport_keys_unrotated ON sallyport_keys (created_at, id)
    WHERE rotated_to IS NULL AND revoked_at IS NULL;
  CREATE INDEX sallyport_keys_revoked ON sallyport_keys (created_at, id)
    WHERE revoked_at IS NOT NULL;
  CREATE INDEX sallyport_keys_ending ON sallyport_keys (created_at, id)
    WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
  CREATE INDEX sallyport_keys_disabled ON sallyport_keys (created_at, id)
    WHERE revoked_at IS NULL AND disabled_at IS NOT NULL;

  CREATE TABLE sallyport_key_usage (
    key_id TEXT NOT NULL REFERENCES sallyport_keys (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    environment TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (key_id, day, environment)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sallyport_key_usage_last ON sallyport_key_usage (key_id, last_used_at);

  CREATE TABLE sallyport_key_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id TEXT NOT NULL,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER sallyport_keys_inserted AFTER INSERT ON sallyport_keys BEGIN
    INSERT INTO sallyport_key_changes (key_id, version) VALUES (NEW.id, NEW.version);
  END;
  CREATE TRIGGER sallyport_keys_updated AFTER UPDATE ON sallyport_keys
  WHEN NEW.version > OLD.version BEGIN
    INSERT INTO sallyport_key_changes (key_id, version) VALUES (NEW.id, NEW.version);
  END;
  -- A change by hand counts the version up as well, and is heard.
  CREATE TRIGGER sallyport_keys_touched AFTER UPDATE ON sallyport_keys
  WHEN NEW.version <= OLD.version BEGIN
    UPDATE sallyport_keys SET version = OLD.version + 1 WHERE id = NEW.id;
    INSERT INTO sallyport_key_changes (key_id, version) VALUES (NEW.id, OLD.version + 1);
  END;
  CREATE TRIGGER sallyport_keys_deleted AFTER DELETE ON sallyport_keys BEGIN
    INSERT INTO sallyport_key_changes (key_id, version) VALUES (OLD.id, OLD.version + 1);
  END;
  CREATE TRIGGER sallyport_key_changes_pruned AFTER INSERT ON sallyport_key_changes BEGIN
    DELETE FROM sallyport_key_changes WHERE seq <= NEW.seq - ${String(KEPT_CHANGES)};
  END;
  `,
  `
  ALTER TABLE sallyport_keys ADD COLUMN plan TEXT;
  ALTER TABLE sallyport_keys ADD COLUMN plan_limit INTEGER;
  `,
  `
  ALTER TABLE sallyport_keys ADD COLUMN tenant_ids TEXT;
  ALTER TABLE sallyport_keys ADD COLUMN resources TEXT;
  `,
  // NULL where a record says nothing of it: an older version writes no such columns.
  `
  ALTER TABLE sallyport_keys ADD COLUMN created_by TEXT;
  ALTER TABLE sallyport_keys ADD COLUMN disabled_over_http_at INTEGER;
  ALTER TABLE sallyport_keys ADD COLUMN metadata_over_http TEXT;
  `,
  `
  CREATE TABLE sallyport_key_suspensions (
    owner_id TEXT NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // One for each revocation under way: that of another must not end with it.
  `
  DROP TABLE sallyport_key_suspensions;
  CREATE TABLE sallyport_key_suspensions (
    owner_id TEXT NOT NULL,
    id TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (owner_id, id)
  ) STRICT, WITHOUT ROWID;
  `,
  ...[ACCESS_TABLES, ACCESS_CHANGES, OUTBOX_TABLES, USAGE_TABLES, USED_IDS_TABLE, JOB_TABLES],
  REVIEW_TABLE,
  USED_IDS_SHARES,
]

/** Up to which version this one knows the tables, and needs them. */
export const KNOWN = STEPS.length
/**
 * The oldest version whose code may still work with what the last step makes; those before 4 do not look. It goes up with a step that an older one must not
 * go past: what decides about a key, and is not a column of `sallyport_keys` that is NULL where it says nothing.
 */
const READABLE_FROM = 4

/** A table of its own, and not `user_version`: that belongs to the app where the database is the app's. */
const MAKE_VERSIONS = `
  CREATE TABLE IF NOT EXISTS sallyport_migrations (
    part TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
  ) STRICT`
const HAS_READABLE_FROM = `SELECT name FROM pragma_table_info('sallyport_migrations') WHERE name = 'readable_from'`
const ADD_READABLE_FROM = 'ALTER TABLE sallyport_migrations ADD COLUMN readable_from INTEGER'
const FIND_VERSIONS = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'sallyport_migrations'`
const VERSION = `SELECT version, readable_from FROM sallyport_migrations WHERE part = 'keys'`
const OLD_VERSION = `SELECT version FROM sallyport_migrations WHERE part = 'keys'`
const NOTE_VERSION = `INSERT INTO sallyport_migrations (part, version, readable_from) VALUES ('keys', ?, ?)
  ON CONFLICT (part) DO UPDATE SET version = excluded.version, readable_from = excluded.readable_from`

/** What stands beside the tables, whichever version has made them; `undefined` where there are none. */
export function versionOf(session: Session): TablesVersion | undefined {
  try {
    return versionIn(session.statement(VERSION).get())
  } catch (error) {
    if (!String(error).includes('no such')) throw error
  }
  if (session.statement(FIND_VERSIONS).get() === undefined) return undefined
  return versionIn(session.statement(OLD_VERSION).get())
}

function versionIn(row: unknown): TablesVersion | undefined {
  if (row === undefined) return undefined
  const readableFrom = optional(row, 'readable_from', integerIn) ?? 1
  return { version: integerIn(row, 'version'), readableFrom }
}

/** See `SqliteKeyStore.migrate`. */
export async function migrate(session: Session): Promise<void> {
  // With a write-ahead log, who reads never waits for who writes. The database keeps it: it is set once.
  await patiently(() => {
    session.exec('PRAGMA journal_mode = WAL')
  })
  await patiently(() => {
    session.atomically(() => takeSteps(session))
  })
}

function takeSteps(session: Session): boolean {
  session.exec(MAKE_VERSIONS)
  if (session.statement(HAS_READABLE_FROM).get() === undefined) session.exec(ADD_READABLE_FROM)
  const found = versionOf(session)
  const version = found?.version ?? 0
  if (version > KNOWN) {
    createTablesGuard('keys', KNOWN).check(found)
    return true
  }
  for (const step of STEPS.slice(version)) session.exec(step)
  session.statement(NOTE_VERSION).run(KNOWN, READABLE_FROM)
  return true
}

/** Tries again while another process has the database; changing its journal does not wait for that by itself. */
async function patiently(work: () => void): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
  }
}
