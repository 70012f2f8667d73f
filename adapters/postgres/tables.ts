import * as v from 'valibot'
import {
  createTablesGuard,
  tablesMadeBy,
  type TablesReport,
  type TablesVersion,
} from '../../src/index.js'
import type { Run } from './client.js'
import { versionOf, type Migrations } from './migrations.js'
import { versionIn } from './rows.js'
import { understand } from './read-answer.js'

/** For how long what was read of the version counts: a feed reads it every second. */
const FRESH_MS = 5_000
const nameSchema = v.object({ name: v.string() })
const NO_TABLE = '42P01'
const MISSING =
  'SELECT t.name FROM unnest($1::text[]) WITH ORDINALITY t (name, n) WHERE to_regclass(t.name) IS NULL ORDER BY n'

/** The version of the tables of a part, as it was read last. */
export interface Tables {
  /** Told of a row that says it. @throws {TablesError} */
  readonly check: (row: unknown) => void
  /** Reads it, unless that was done within 5 s. @throws {TablesError} */
  readonly ready: () => Promise<void>
  /** Reads it. @throws {TablesError} also once where it is another than before; what else fails is no matter here */
  readonly settle: () => Promise<void>
  readonly report: () => Promise<TablesReport>
  /** Runs a statement on these tables. @throws {TablesError} where they are missing @throws what else fails */
  readonly run: Run
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === NO_TABLE
}

export function createTables(migrations: Migrations, read: Run): Tables {
  const guard = createTablesGuard(migrations.part, migrations.steps.length)
  const text = versionOf(migrations)
  let found: TablesVersion | undefined
  let readAt = -Infinity
  let reading: Promise<void> | undefined

  function note(row: unknown): void {
    found = versionIn(row)
    readAt = performance.now()
  }

  function look(): Promise<void> {
    reading ??= read(text, [])
      .catch((error: unknown) => {
        if (isMissing(error)) return []
        throw error
      })
      .then(([row]) => {
        note(row)
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  async function missingTables(): Promise<readonly string[]> {
    const rows = await read(MISSING, [tablesMadeBy(migrations.steps)])
    return rows.map((row) => understand(nameSchema, row).name)
  }

  return {
    run: (...statement) =>
      read(...statement).catch((error: unknown) => {
        if (isMissing(error)) guard.check(undefined)
        throw error
      }),
    check(row) {
      note(row)
      guard.check(found)
    },
    async ready() {
      if (performance.now() - readAt >= FRESH_MS) await look()
      guard.check(found)
    },
    async settle() {
      try {
        await look()
      } catch {
        return
      }
      guard.settle(found)
    },
    async report() {
      await look()
      return guard.report(found, found && (await missingTables()))
    },
  }
}
