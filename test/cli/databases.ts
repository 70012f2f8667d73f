import { join } from 'node:path'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createPostgresKeyStore } from 'sallyport/postgres'
import type { KeyStore } from 'sallyport'
import { createSchema, openIn } from '../adapters/postgres/schema.js'

/** An empty database that the command can be pointed at, without its tables. */
export interface Place {
  readonly where: string
  /** The store in it, as an app has it, once the tables are there. */
  open(): Promise<{ store: KeyStore; close: () => unknown }>
  /** Takes the tables away. */
  break(): Promise<unknown>
  drop(): unknown
}

let files = 0

export function sqlitePlace(folder: string): Promise<Place> {
  const where = join(folder, `${String((files += 1))}.db`)
  return Promise.resolve({
    where,
    async open() {
      const store = await openSqliteKeyStore(where)
      return { store, close: store.close }
    },
    break: () => Promise.reject(new Error('not here')),
    drop: () => undefined,
  })
}

export async function postgresPlace(url: string): Promise<Place> {
  const schema = await createSchema(url)
  return {
    where: schema.url,
    async open() {
      const pool = await openIn(schema)
      return { store: createPostgresKeyStore(pool), close: () => pool.end() }
    },
    break: () => schema.query('DROP TABLE sallyport_keys CASCADE'),
    drop: schema.drop,
  }
}
