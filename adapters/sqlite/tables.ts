import {
  createTablesGuard,
  refuseUnknown,
  tablesMadeBy,
  type TablesReport,
} from '../../src/index.js'
import { textIn } from './column.js'
import { KNOWN, STEPS, versionOf } from './schema.js'
import type { Session } from './session.js'

const TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table'`
const COLUMNS = `SELECT name FROM pragma_table_info('sallyport_keys')`

/** What is known of the tables, from one call to the next. */
export interface Tables {
  /** @throws {TablesError} unless they are what this version works with */
  readonly check: () => void
  /** The same, and once where the version is another than before. @throws {TablesError} */
  readonly settle: () => void
  /** Refuses a key with values in columns of a newer version. @throws {TablesError} */
  readonly refuseUnknown: (id: string) => void
  readonly report: () => TablesReport
}

/** @param known the columns of keys that this version knows */
export function createTables(session: Session, known: readonly string[]): Tables {
  const guard = createTablesGuard('keys', KNOWN)

  return {
    check() {
      guard.check(versionOf(session))
    },
    settle() {
      guard.settle(versionOf(session))
    },
    refuseUnknown(id) {
      const { version = 0 } = versionOf(session) ?? {}
      // A column that is not of a newer version is the operator's own.
      if (version <= KNOWN) return
      const columns = session
        .statement(COLUMNS)
        .all()
        .map((row) => textIn(row, 'name'))
      const given = columns.filter((column) => !known.includes(column) && hasValue(column, id))
      refuseUnknown(id, given)
    },
    report() {
      const found = versionOf(session)
      return guard.report(found, found && missingTables())
    },
  }

  function missingTables(): readonly string[] {
    const rows = session.statement(TABLES).all()
    const present = new Set(rows.map((row) => textIn(row, 'name')))
    return tablesMadeBy(STEPS).filter((name) => !present.has(name))
  }

  function hasValue(column: string, id: string): boolean {
    const quoted = `"${column.replaceAll('"', '""')}"`
    return (
      session
        .statement(`SELECT id FROM sallyport_keys WHERE id = ? AND ${quoted} IS NOT NULL`)
        .get(id) !== undefined
    )
  }
}
