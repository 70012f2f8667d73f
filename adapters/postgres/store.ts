import type { KeyChange, KeyChangeFeed, KeyRecord, KeyStore } from '../../src/index.js'
import {
  embeddedRun,
  isEmbedded,
  type EmbeddedPostgres,
  type PostgresPool,
  type Run,
} from './client.js'
import { writeWith } from './errors.js'
import { createChangeFeed } from './feed.js'
import { createLimitedRun } from './limits.js'
import { openEmbeddedLine, openPgLine } from './line.js'
import { listStatement, pageOf } from './list.js'
import { migratePool } from './migrate.js'
import { idOf, jsonOf, plain, recordOf, schemaOf, timestamp, usageOf } from './rows.js'
import { FIND_SCHEMA, MIGRATE } from './schema.js'
import * as sql from './statements.js'
import { isText } from './text.js'

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
   * version are refused. @throws {Error} what PostgreSQL says.
   */
  migrate(): Promise<void>
}

/** Keys in PostgreSQL 14 or later, through a pool of pg, or in PGlite. */
export function createPostgresKeyStore(
  client: PostgresPool | EmbeddedPostgres,
  options: PostgresKeyStoreOptions = {},
): PostgresKeyStore {
  const run = isEmbedded(client) ? embeddedRun(client) : createLimitedRun(client)
  const write = writeWith(run)
  const concurrency = isEmbedded(client) ? 1 : client.options.max
  const changes = feedOf(client, run, options.listen)

  async function find(text: string, name: string): Promise<KeyRecord | undefined> {
    if (!isText(name)) return undefined
    const [row] = await run(text, [name])
    return row === undefined ? undefined : recordOf(row)
  }

  async function updateAll(wanted: readonly KeyChange[]): Promise<boolean> {
    const values = wanted.map(({ id, patch, expectedVersion }) => ({
      id,
      version: expectedVersion,
      patch: plain(patch),
    }))
    return (await write(sql.UPDATE, [JSON.stringify(values)])).length === wanted.length
  }

  return {
    async migrate() {
      await (isEmbedded(client) ? client.exec(MIGRATE) : migratePool(client, MIGRATE))
    },
    findByDigest: (digest) => find(sql.BY_DIGEST, digest),
    findById: (id) => find(sql.BY_ID, id),
    async insert(record) {
      await write(sql.INSERT, [jsonOf(record)])
    },
    async insertAll(records) {
      const firsts = records.filter(
        (one, at) =>
          at === records.findIndex(({ id, digest }) => id === one.id || digest === one.digest),
      )
      const rows = await write(sql.INSERT_FREE, [`[${firsts.map(jsonOf).join(',')}]`])
      const inserted = new Set(rows.map(idOf))
      return records.map((one) => firsts.includes(one) && inserted.has(one.id))
    },
    update: (id, patch, expectedVersion) => updateAll([{ id, patch, expectedVersion }]),
    updateAll,
    async rotate(id, expectedVersion, endsAt, successor) {
      const values = [id, expectedVersion, timestamp(endsAt), jsonOf(successor)]
      return (await write(sql.ROTATE, values)).length === 1
    },
    async list(query) {
      const { limit = 50 } = query
      const statement = listStatement(query, limit)
      if (statement === undefined) return { items: [] }
      return pageOf(await run(statement.text, statement.values), limit)
    },
    async recordUsage(usage) {
      const values = usage.map((use) => ({
        key_id: use.keyId,
        day: use.day,
        environment: use.environment,
        count: use.count,
        last_used_at: timestamp(use.lastUsedAt),
      }))
      await run(sql.RECORD_USAGE, [JSON.stringify(values)])
    },
    async usageOf(keyId, sinceDay) {
      return isText(keyId) ? (await run(sql.USAGE_OF, [keyId, sinceDay])).map(usageOf) : []
    },
    ...(concurrency !== undefined && { concurrency }),
    ...(changes && { changes }),
  }
}

function feedOf(
  client: PostgresPool | EmbeddedPostgres,
  run: Run,
  listen: PostgresPool | false = isEmbedded(client) ? false : client,
): KeyChangeFeed | undefined {
  let known: string | undefined
  const findSchema = async () => (known ??= schemaOf(await run(FIND_SCHEMA, [])))
  if (listen !== false) return createChangeFeed(findSchema, openPgLine(listen))
  return isEmbedded(client) ? createChangeFeed(findSchema, openEmbeddedLine(client)) : undefined
}
