import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as Sqlite from '@photostructure/sqlite'
import type { KeyRecord } from 'sallyport'

/**
 * The driver that a store takes here. No other in the same process: two copies of SQLite know nothing of each other, and one that closes a
 * file takes away the locks of the other.
 */
export const { DatabaseSync } = await loadDriver()

async function loadDriver(): Promise<typeof Sqlite> {
  for (const name of ['node:sqlite', '@photostructure/sqlite']) {
    try {
      return (await import(name)) as typeof Sqlite
    } catch {
      // An older Node has none of its own.
    }
  }
  throw new Error('There is no driver.')
}

let made = 0

/** A key that no other call has made. */
export function record(fields: Partial<KeyRecord> = {}): KeyRecord {
  made += 1
  const id = fields.id ?? `key_${String(process.pid)}_${String(made).padStart(8, '0')}`
  return {
    id,
    version: 1,
    digest: hash('sha256', id, 'base64url'),
    hint: 'acme_live_sk_...abcd',
    name: 'A key',
    ownerId: 'org_1',
    environment: 'live',
    kind: 'sk',
    scopes: [],
    metadata: {},
    createdAt: new Date(Date.UTC(2030, 0, 1) + made),
    ...fields,
  }
}

/** A folder for files of the tests of one file, and what takes it away again. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-sqlite-'))
  let files = 0
  return {
    file: () => join(folder, `${String((files += 1))}.db`),
    remove() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * One statement on the file, as somebody with a database shell would run it. The log is written into the file at once: `@photostructure/sqlite` lets go of a
 * connection, and writes it, only when its statements are garbage.
 */
export function shell(path: string, sql: string, ...values: unknown[]): Record<string, unknown>[] {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 5000')
    const rows = database.prepare(sql).all(...values) as Record<string, unknown>[]
    database.exec('PRAGMA wal_checkpoint')
    return rows
  } finally {
    database.close()
  }
}
