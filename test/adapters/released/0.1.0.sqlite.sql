
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
    DELETE FROM sallyport_key_changes WHERE seq <= NEW.seq - 10000;
  END;
  

  ALTER TABLE sallyport_keys ADD COLUMN plan TEXT;
  ALTER TABLE sallyport_keys ADD COLUMN plan_limit INTEGER;
  

  ALTER TABLE sallyport_keys ADD COLUMN tenant_ids TEXT;
  ALTER TABLE sallyport_keys ADD COLUMN resources TEXT;
  CREATE TABLE sallyport_migrations (part TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL) STRICT;
INSERT INTO sallyport_migrations VALUES ('keys', 3);
