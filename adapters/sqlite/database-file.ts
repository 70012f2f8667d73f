import { statSync } from 'node:fs'
import * as v from 'valibot'
import { StoreError } from '../../src/index.js'
import type { SqliteDatabase } from './types.js'

const databaseRow = v.object({ name: v.string(), file: v.nullable(v.string()) })

/** Where the file of an open database is. */
export interface Place {
  /**
   * What something else has moved or replaced is not used any more: a change in it would be acknowledged, and no other process would see it.
   * @throws {StoreError}
   */
  check(): void
}

export function placeOf(database: SqliteDatabase): Place {
  const path = pathOf(database)
  let known: { readonly dev: number; readonly ino: number } | undefined

  return {
    check() {
      if (path === '') return
      const found = statSync(path, { throwIfNoEntry: false })
      // SQLite makes the file when it is first written to.
      known ??= found
      if (known === undefined || (found?.dev === known.dev && found.ino === known.ino)) return
      throw new StoreError(
        `The database file ${path} was moved or replaced. Put it back, or restart this process.`,
      )
    },
  }
}

/** Empty for a database in memory. */
function pathOf(database: SqliteDatabase): string {
  for (const row of database.prepare('PRAGMA database_list').all()) {
    const parsed = v.safeParse(databaseRow, row)
    if (parsed.success && parsed.output.name === 'main') return parsed.output.file ?? ''
  }
  return ''
}
