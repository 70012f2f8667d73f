import { embeddedRun, isEmbedded, type EmbeddedPostgres, type PostgresPool } from './client.js'
import { createLimitedRun } from './limits.js'
import { KEYS_TABLES } from './schema.js'
import { createTables } from './tables.js'

/** Runs statements on the tables that `migrate` of the key store makes beside its own, once it is known that they are there. The look for them counts as time of the statement. */
export function besideKeys(client: PostgresPool | EmbeddedPostgres) {
  const [ask, make] = isEmbedded(client)
    ? [embeddedRun(client), embeddedRun(client)]
    : [createLimitedRun(client, { use: 'read' }), createLimitedRun(client)]
  const tables = createTables(KEYS_TABLES, ask)
  const begun = (run: typeof ask) => async (text: string, values: unknown[]) => {
    const at = performance.now()
    await tables.ready()
    return run(text, values, at)
  }
  return { read: begun(ask), change: begun(make) }
}
