/** The columns of a key as they were when this step was released, without its digest and what it is recognised by when it is asked for again. */
const SEEN = [
  ...['hint', 'name', 'owner_id', 'environment', 'kind', 'scopes', 'allowed_ips', 'tenant_ids'],
  ...['resources', 'plan', 'plan_limit', 'metadata', 'created_at', 'expires_at', 'revoked_at'],
  ...['revocation_reason', 'disabled_at', 'rotated_from', 'rotated_to', 'rotated_at', 'created_by'],
  ...['disabled_over_http_at', 'metadata_over_http'],
]
const NOW = `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`
const IS_WANTED = 'EXISTS (SELECT 1 FROM sallyport_outbox_targets)'

/** One row for each target, all with one id. */
const note = (type: string, subject: string, column: string, value: string) => `
    INSERT INTO sallyport_outbox (target, event, type, subject, at, ${column})
    SELECT name, (SELECT lower(hex(randomblob(16)))), ${type}, ${subject}, ${NOW}, ${value}
    FROM sallyport_outbox_targets;`

const KEY = `json_object('id', NEW.id, 'version', NEW.version, 'digest', '', ${SEEN.map((column) => `'${column}', NEW.${column}`).join(', ')})`
const CHANGE = `CASE
      WHEN NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL THEN 'key.revoked'
      WHEN NEW.rotated_to IS NOT NULL AND OLD.rotated_to IS NULL THEN 'key.rotated'
      WHEN NEW.disabled_at IS NOT NULL AND OLD.disabled_at IS NULL THEN 'key.disabled'
      ELSE 'key.updated' END`

/** The mark keeps an instance that saw the change itself from adding the event again. */
const noteAccess = (name: string, when: string) => `
  CREATE TRIGGER sallyport_access_${name} AFTER ${when} AND ${IS_WANTED} BEGIN
    INSERT OR IGNORE INTO sallyport_outbox_marks (mark, at)
      VALUES ('access ' || NEW.id || ' ' || NEW.version, ${NOW});
    ${note(`'access.' || NEW.state`, 'NEW.id', 'data', 'NEW.record')}
  END;`

/** Events, and for whom they wait. Nothing is written while nobody wants to know. */
export const OUTBOX_TABLES = `
  CREATE TABLE sallyport_outbox_targets (
    name TEXT NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sallyport_outbox_marks (
    mark TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sallyport_outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    event TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    row TEXT,
    data TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    holder TEXT,
    held_until INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER,
    error TEXT
  ) STRICT;
  CREATE INDEX sallyport_outbox_waiting ON sallyport_outbox (target, seq) WHERE ended_at IS NULL;
  CREATE INDEX sallyport_outbox_order ON sallyport_outbox (target, subject, seq) WHERE ended_at IS NULL;
  CREATE INDEX sallyport_outbox_held ON sallyport_outbox (holder) WHERE holder IS NOT NULL;
  CREATE INDEX sallyport_outbox_ended ON sallyport_outbox (seq) WHERE ended_at IS NOT NULL;
  CREATE INDEX sallyport_keys_by_end ON sallyport_keys (expires_at, id)
    WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
  CREATE TRIGGER sallyport_keys_created AFTER INSERT ON sallyport_keys WHEN ${IS_WANTED} BEGIN
    ${note(`'key.created'`, 'NEW.id', 'row', KEY)}
  END;
  CREATE TRIGGER sallyport_keys_changed AFTER UPDATE ON sallyport_keys
  WHEN ${IS_WANTED} AND (${SEEN.map((column) => `NEW.${column} IS NOT OLD.${column}`).join(' OR ')}) BEGIN
    ${note(CHANGE, 'NEW.id', 'row', KEY)}
  END;
  ${noteAccess('requested', 'INSERT ON sallyport_access WHEN true')}
  ${noteAccess('decided', 'UPDATE ON sallyport_access WHEN NEW.state <> OLD.state')}
`
