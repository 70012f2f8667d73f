import type BetterSqlite from 'better-sqlite3'
import type { DatabaseSync } from '@photostructure/sqlite'
import { createGate } from 'sallyport'
import { createSqliteKeyStore, openSqliteKeyStore, type SqliteDatabase } from 'sallyport/sqlite'

/** What `node:sqlite` exports is the same: its package is made from Node's sources. */
declare const nodes: InstanceType<typeof DatabaseSync>
declare const better: BetterSqlite.Database

export const databases: SqliteDatabase[] = [nodes, better]

export const store = createSqliteKeyStore(nodes)
export const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme', store: await openSqliteKeyStore('keys.db') },
  scopes: [],
})

// @ts-expect-error a path is no database: that is what openSqliteKeyStore is for
createSqliteKeyStore('keys.db')
/** Only a store that opened its database closes it. */
export const closes: 'close' extends keyof typeof store ? true : false = false
