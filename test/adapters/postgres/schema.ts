import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { createPostgresKeyStore, openPostgres, type OpenPostgres } from 'sallyport/postgres'

/** A schema of its own in a database that others use too. */
export interface Schema {
  readonly name: string
  /** The database, with the schema first in the search_path. */
  readonly url: string
  /** Runs statements as somebody at psql would. */
  readonly query: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>
  readonly drop: () => Promise<void>
}

export async function createSchema(databaseUrl: string): Promise<Schema> {
  const name = `t_${randomBytes(8).toString('hex')}`
  const url = new URL(databaseUrl)
  url.searchParams.set('options', `-c search_path=${name}`)
  // By which its connections are told from those of other tests.
  url.searchParams.set('application_name', name)
  const client = new Client(url.href)
  await client.connect()
  await client.query(`CREATE SCHEMA ${name}`)
  return {
    name,
    url: url.href,
    query: async (text, values) => (await client.query<Record<string, unknown>>(text, values)).rows,
    async drop() {
      await client.query(`DROP SCHEMA ${name} CASCADE`)
      await client.end()
    },
  }
}

export function openIn(schema: Schema, max = 10): Promise<OpenPostgres> {
  return openPostgres(schema.url, { max })
}

/** The tables of keys in it. */
export async function makeTables(schema: Schema): Promise<void> {
  const pool = await openIn(schema)
  await createPostgresKeyStore(pool).migrate()
  await pool.end()
}

/** Two pools, as of two instances. Each has its connections already: a new one takes longer than a call has on a busy machine. */
export async function openTwo(schema: Schema): Promise<readonly [OpenPostgres, OpenPostgres]> {
  const pools = [await openIn(schema, 4), await openIn(schema, 4)] as const
  for (const pool of pools) {
    const clients = await Promise.all(Array.from({ length: 4 }, () => pool.connect()))
    for (const client of clients) client.release()
  }
  return pools
}
