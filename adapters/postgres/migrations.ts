/** The steps that lead to the tables of a part. */
export interface Migrations {
  readonly part: 'keys' | 'audit'
  /** In the order in which they are made; what was released is not changed any more. */
  readonly steps: readonly string[]
  /**
   * The oldest version whose code may still work with what the last step makes. It goes up with a step that an older one must not go past: what decides
   * about a key, and is not a column of `sallyport_keys` that is NULL where it says nothing.
   */
  readonly readableFrom: number
}

/** What is written of the tables of a part, whichever columns that has. */
export function versionOf({ part }: Pick<Migrations, 'part'>): string {
  return `SELECT to_json(m)::text AS tables FROM sallyport_migrations m WHERE m.part = '${part}'`
}

/**
 * All that is missing of a part, in one transaction, in the first schema of the search_path. A second migration waits for the first and
 * finds nothing to do. Newer tables that this version can use are left as they are.
 */
export function migration({ part, steps, readableFrom }: Migrations): string {
  const known = String(steps.length)
  return `
SET LOCAL statement_timeout = '10min';
SET LOCAL client_min_messages = warning;
DO $migrate$
DECLARE
  present integer;
  needed integer;
BEGIN
  IF current_schema() IS NULL THEN
    RAISE EXCEPTION 'There is no schema for the tables: no schema of the search_path (%) exists, or the role may not use it. Run first: CREATE SCHEMA %',
      current_setting('search_path'),
      replace(trim(split_part(current_setting('search_path'), ',', 1)), '"$user"', quote_ident(current_user))
      USING ERRCODE = 'invalid_schema_name';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('sallyport.migrate', 0));
  CREATE TABLE IF NOT EXISTS sallyport_migrations (
    part text PRIMARY KEY,
    version integer NOT NULL
  );
  IF NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'sallyport_migrations'::regclass
    AND a.attname = 'readable_from' AND NOT a.attisdropped) THEN
    ALTER TABLE sallyport_migrations ADD COLUMN readable_from integer;
    -- Whoever may use the tables must be able to see whether they are of its version.
    GRANT SELECT ON sallyport_migrations TO PUBLIC;
  END IF;
  SELECT coalesce(max(version), 0), coalesce(max(readable_from), 0) INTO present, needed
    FROM sallyport_migrations WHERE part = '${part}';
  IF present > ${known} THEN
    IF needed > ${known} THEN
      RAISE EXCEPTION 'The tables of ${part} are of version %, made by a newer sallyport; this one knows up to ${known}. They may be used from version % on: start a newer sallyport, or restore a backup of before.', present, needed;
    END IF;
    RETURN;
  END IF;
${steps
  .map(
    (statements, index) => `
  IF present < ${String(index + 1)} THEN
    ${statements}
  END IF;`,
  )
  .join('')}
  IF present < ${known} OR needed <> ${String(readableFrom)} THEN
    INSERT INTO sallyport_migrations (part, version, readable_from)
      VALUES ('${part}', ${known}, ${String(readableFrom)})
      ON CONFLICT (part) DO UPDATE SET version = excluded.version, readable_from = excluded.readable_from;
  END IF;
END $migrate$;`
}
