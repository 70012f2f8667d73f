import { StoreError } from '../../src/index.js'
import { integerIn } from './column.js'
import { isBusy, type Session } from './session.js'

/** Changes that are kept for those who listen; who falls behind further forgets everything. */
const KEPT_CHANGES = 10_000
const PATIENCE_MS = 5_000
const REST_MS = 25

/** What leads from each version of the tables to the next. A step that was released is never edited. */
const STEPS: readonly string[] = [
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
]

/** A table of its own, and not `user_version`: that belongs to the app where the database is the app's. */
const MAKE_VERSIONS = `
  CREATE TABLE IF NOT EXISTS sallyport_migrations (
    part TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
  ) STRICT`
const FIND_VERSIONS = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'sallyport_migrations'`
const VERSION = `SELECT version FROM sallyport_migrations WHERE part = 'keys'`

/** @throws {StoreError} unless the tables are what this version needs. */
export function checkTables(session: Session): void {
  const versioned = session.statement(FIND_VERSIONS).get() !== undefined
  if (versioned && versionIn(session) === STEPS.length) return
  throw new StoreError('The tables of keys are missing, or were made by an older sallyport.')
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
  const version = versionIn(session)
  for (const step of STEPS.slice(version)) session.exec(step)
  session
    .statement(
      `INSERT INTO sallyport_migrations (part, version) VALUES ('keys', ?)
       ON CONFLICT (part) DO UPDATE SET version = excluded.version`,
    )
    .run(STEPS.length)
  return true
}

/** 0 where there are no tables of keys yet. @throws {StoreError} when they are of a newer version. */
function versionIn(session: Session): number {
  const row = session.statement(VERSION).get()
  const version = row === undefined ? 0 : integerIn(row, 'version')
  if (version <= STEPS.length) return version
  throw new StoreError(
    `The tables of keys are of version ${String(version)}, made by a newer sallyport; this one knows up to ${String(STEPS.length)}.`,
  )
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
