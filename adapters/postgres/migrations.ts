/**
 * All that is missing of a part, in one transaction, in the first schema of the search_path. Who comes second waits for the first and finds
 * nothing to do.
 * @param migrations in the order in which they are made; what was released is not changed any more
 */
export function migration(part: 'keys' | 'audit', migrations: readonly string[]): string {
  const known = String(migrations.length)
  return `
SET LOCAL statement_timeout = '10min';
SET LOCAL client_min_messages = warning;
DO $migrate$
DECLARE
  present integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('sallyport.migrate', 0));
  CREATE TABLE IF NOT EXISTS sallyport_migrations (
    part text PRIMARY KEY,
    version integer NOT NULL
  );
  SELECT coalesce(max(version), 0) INTO present FROM sallyport_migrations WHERE part = '${part}';
  IF present > ${known} THEN
    RAISE EXCEPTION 'The tables of ${part} are of version %, made by a newer sallyport; this one knows up to ${known}.', present;
  END IF;
${migrations
  .map(
    (statements, index) => `
  IF present < ${String(index + 1)} THEN
    ${statements}
    INSERT INTO sallyport_migrations VALUES ('${part}', ${String(index + 1)})
      ON CONFLICT (part) DO UPDATE SET version = excluded.version;
  END IF;`,
  )
  .join('')}
END $migrate$;`
}
