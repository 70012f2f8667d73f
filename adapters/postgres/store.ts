import type { KeyChangeFeed, KeyRecord, KeyStore, TablesReport } from '../../src/index.js'
import {
  embeddedRun,
  isEmbedded,
  type EmbeddedPostgres,
  type PostgresPool,
  type Run,
} from './client.js'
import { writeWith } from './errors.js'
import { createChangeFeed } from './feed.js'
import { createPostgresJobs, createPostgresReminderChoices } from './jobs.js'
import { createLimitedRun } from './limits.js'
import { createEmbeddedLine, createPgLine } from './listen-connection.js'
import { listStatement, pageOf } from './list.js'
import { migratePool } from './migrate.js'
import { createPostgresOutbox } from './outbox.js'
import { hasRecord, recordOf, schemaOf, timestamp, usageIn } from './rows.js'
import { fullIn, outcomeRow, SUMS_BY, sumsIn } from './usage.js'
import { FIND_SCHEMA, KEYS_TABLES, MIGRATE } from './schema.js'
import * as sql from './statements.js'
import { createTables } from './tables.js'
import { isText } from './text.js'
import { createKeyWrites } from './writes.js'

export interface PostgresKeyStoreOptions {
  /**
   * A pool whose options lead to PostgreSQL itself, where the first goes by way of a pooler: changes are heard on a session of their
   * own. `false`: they are not heard. Default: the first.
   */
  readonly listen?: PostgresPool | false
}

/** Keys in PostgreSQL. */
export interface PostgresKeyStore extends KeyStore {
  /**
   * Makes the tables that are missing, in the first schema of the search_path. Again is harmless, and so are two at once. Tables of a newer
   * version are left alone. @throws {Error} what PostgreSQL says; also for newer tables that are no longer for this version.
   */
  migrate(): Promise<void>
  /** How the tables stand to this version; changes nothing. @throws {Error} what PostgreSQL says. */
  tables(): Promise<TablesReport>
}

/**
 * Keys in PostgreSQL 14 or later, through a pool of pg, or in PGlite.
 * @example
 * ```ts
 * const store = createPostgresKeyStore(new Pool({ connectionString: databaseUrl }))
 * await store.migrate()
 * ```
 */
export function createPostgresKeyStore(
  client: PostgresPool | EmbeddedPostgres,
  options: PostgresKeyStoreOptions = {},
): PostgresKeyStore {
  const [ask, change] = isEmbedded(client)
    ? [embeddedRun(client), embeddedRun(client)]
    : [createLimitedRun(client, { use: 'read' }), createLimitedRun(client)]
  const tables = createTables(KEYS_TABLES, ask)
  const read = tables.run
  const make = writeWith(change)
  const concurrency = isEmbedded(client) ? 1 : client.options.max
  const changes = feedOf(client, read, tables.settle, options.listen)

  async function find(text: string, name: string): Promise<KeyRecord | undefined> {
    if (!isText(name)) return undefined
    const [row] = await read(text, [name])
    tables.check(row)
    return hasRecord(row) ? recordOf(row) : undefined
  }

  const write: Run = async (text, values, begun = performance.now()) => {
    await tables.ready()
    return make(text, values, begun)
  }

  return {
    async migrate() {
      await (isEmbedded(client) ? client.exec(MIGRATE) : migratePool(client, MIGRATE))
    },
    tables: tables.report,
    findByDigest: (digest) => find(sql.BY_DIGEST, digest),
    findById: (id) => find(sql.BY_ID, id),
    ...createKeyWrites(write),
    async list(query) {
      const { limit = 50 } = query
      const statement = listStatement(query, limit)
      if (statement === undefined) return { items: [] }
      await tables.ready()
      return pageOf(await read(statement.text, statement.values), limit)
    },
    async recordUsage(usage, outcomes = []) {
      const values = usage.map((use) => ({
        key_id: use.keyId,
        day: use.day,
        environment: use.environment,
        count: use.count,
        last_used_at: timestamp(use.lastUsedAt),
      }))
      const counts = outcomes.map(outcomeRow)
      const rows = await write(sql.RECORD_USAGE, [JSON.stringify(values), JSON.stringify(counts)])
      return fullIn(rows)
    },
    async usageOfOwner(ownerId, { from, to, environment, by }) {
      if (!isText(ownerId)) return []
      const values = [ownerId, from, to, environment ?? null]
      return sumsIn(await read(SUMS_BY[by], values), by)
    },
    async usageOf(keyId, sinceDay) {
      return isText(keyId) ? usageIn(await read(sql.USAGE_OF, [keyId, sinceDay])) : []
    },
    ...(concurrency !== undefined && { concurrency }),
    ...(changes && { changes }),
    outbox: createPostgresOutbox(read, write),
    jobs: createPostgresJobs(write),
    reminders: createPostgresReminderChoices(read, write),
  }
}

function feedOf(
  client: PostgresPool | EmbeddedPostgres,
  run: Run,
  settle: () => Promise<void>,
  listen: PostgresPool | false = isEmbedded(client) ? false : client,
): KeyChangeFeed | undefined {
  let known: string | undefined
  const findSchema = async () => (known ??= schemaOf(await run(FIND_SCHEMA, [])))
  if (listen !== false) return createChangeFeed(findSchema, settle, createPgLine(listen))
  return isEmbedded(client)
    ? createChangeFeed(findSchema, settle, createEmbeddedLine(client))
    : undefined
}
