import { statSync } from 'node:fs'
import type { TablesReport } from 'sallyport'
import { isServer, reportTables, serverName } from '../database.js'
import { explain } from '../exit.js'
import { plain } from '../output.js'
import { clockFinding, failed, ok, warning, type Finding } from './check.js'
import { FEATURES, tablesOf, type Feature } from './tables.js'

/** What nobody who writes records should be able to do with them. */
const TOO_MUCH = ['UPDATE', 'DELETE', 'TRUNCATE'] as const

/** @param uses features that the API has, by name */
export async function checkDatabase(
  where: string,
  uses: readonly string[],
): Promise<readonly Finding[]> {
  let reports: readonly TablesReport[]
  try {
    reports = await reportTables(where)
  } catch (error) {
    const advice = 'Check the path or URL, that the server runs, and that its driver is installed.'
    return [failed('database', explain(error), advice)]
  }
  const reached = ok('database', isServer(where) ? serverName(where) : plain(where))
  if (!isServer(where)) return [reached, ...reports.map(tablesFinding), modeFinding(where)]
  return [reached, ...(await serverFindings(where, uses, reports))]
}

function tablesFinding({ part, tables, known, usable, missing }: TablesReport): Finding {
  const check = `tables of ${part}`
  const needed = `this version needs ${String(known)}`
  if (tables === undefined) return failed(check, 'missing', 'Run: sallyport migrate')
  const detail = `version ${String(tables.version)}; ${needed}`
  if (usable) return ok(check, detail)
  if (missing !== undefined) {
    const advice =
      'Restore them from a backup: a migration makes no table that its version says is there.'
    return failed(check, `missing: ${missing.join(', ')}`, advice)
  }
  const advice = tables.version < known ? 'Run: sallyport migrate' : 'Install a newer sallyport.'
  return failed(check, detail, advice)
}

function modeFinding(path: string): Finding {
  const check = 'database file'
  const mode = statSync(path).mode & 0o777
  if ((mode & 0o077) === 0) return ok(check, 'closed to other users')
  const detail = `mode ${mode.toString(8)}: other users of this machine get in`
  return warning(check, detail, `Run: chmod 600 ${plain(path)}`)
}

async function serverFindings(
  url: string,
  uses: readonly string[],
  reports: readonly TablesReport[],
): Promise<readonly Finding[]> {
  const { openPostgres } = await import('sallyport/postgres')
  const pool = await openPostgres(url, { max: 1 })
  try {
    const client = await pool.connect()
    const ask = async (text: string) => (await client.query(text)).rows as Record<string, unknown>[]
    try {
      const [place] = (await client.query(PLACE)).rows as Place[]
      const schema = schemaFinding(place ?? NOWHERE)
      // Nothing can be there.
      if (schema.outcome === 'failed') return [schema]
      const before = Date.now()
      const [now] = await ask('SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms')
      const after = Date.now()
      const rights = await ask(rightsQuery())
      const clock = clockFinding('database clock', Number(now?.['ms']), before, after)
      const missing = reports.filter(({ tables }) => tables === undefined).map(({ part }) => part)
      const there = FEATURES.filter(({ name }) => name !== AUDIT || !missing.includes(AUDIT))
      return [
        schema,
        ...reports.map((report) => partFinding(report, uses)),
        clock,
        ...there.flatMap((feature) => featureFindings(feature, rights, uses)),
      ]
    } finally {
      client.release()
    }
  } catch (error) {
    return [failed('grants', explain(error), 'Look at the log of the database.')]
  } finally {
    await pool.end()
  }
}

const AUDIT = 'audit'
const PLACE = `SELECT coalesce(current_schema(), '') AS schema, current_setting('search_path') AS path,
  replace(trim(split_part(current_setting('search_path'), ',', 1)), '"$user"', quote_ident(current_user)) AS first`

interface Place {
  /** Empty: there is none. */
  readonly schema: string
  readonly path: string
  /** The first name of the path. */
  readonly first: string
}

const NOWHERE: Place = { schema: '', path: '', first: '' }

/** In which schema the tables are looked for. */
function schemaFinding({ schema, path, first }: Place): Finding {
  const told = `search_path ${plain(path)}`
  if (schema !== '') return ok('schema', `${plain(schema)}; ${told}`)
  const detail = `${told}: no schema of it exists, or the role may not use it`
  return failed('schema', detail, `Run: CREATE SCHEMA ${plain(first)}; then: sallyport migrate`)
}

/** An audit log may be in files, or there may be none. */
function partFinding(report: TablesReport, uses: readonly string[]): Finding {
  if (report.part !== AUDIT || report.tables !== undefined || uses.includes(AUDIT)) {
    return tablesFinding(report)
  }
  return ok('tables of audit', `none; if your audit log is in PostgreSQL, give --uses ${AUDIT}`)
}

function rightsQuery(): string {
  const rights = ['SELECT', 'INSERT', ...TOO_MUCH].map((right) => `('${right}')`)
  const tables = tablesOf(FEATURES).map((table) => `('${table}')`)
  return `SELECT t.name AS "table", p.name AS "right"
    FROM (VALUES ${tables.join()}) t (name), (VALUES ${rights.join()}) p (name)
    WHERE to_regclass(t.name) IS NOT NULL AND has_table_privilege(to_regclass(t.name), p.name)`
}

/** What every API needs, table by table; of the rest, each table that the role cannot use as it must. */
function featureFindings(
  { name, of, tables }: Feature,
  rows: readonly Record<string, unknown>[],
  uses: readonly string[],
): readonly Finding[] {
  const findings = Object.entries(tables).map((entry) => rightsFinding(entry, rows))
  const lacking = findings.filter(({ outcome }) => outcome === 'failed')
  if (name === undefined) return findings
  if (lacking.length === 0) {
    const warned = findings.filter(({ outcome }) => outcome === 'warning')
    return warned.length > 0 ? warned : [ok(`grants for ${name}`, `enough for ${of}`)]
  }
  if (uses.includes(name)) return lacking
  const advice = `If your API has it, give --uses ${name}: then it says which rights are missing.`
  return [warning(`grants for ${name}`, `not enough for ${of}`, advice)]
}

function rightsFinding(
  [table, needed]: readonly [string, readonly string[]],
  rows: readonly Record<string, unknown>[],
): Finding {
  const check = `grants on ${table}`
  const has = rows.filter((row) => row['table'] === table).map((row) => String(row['right']))
  const missing = needed.filter((right) => !has.includes(right))
  if (missing.length > 0) {
    const advice = `As the owner: GRANT ${missing.join(', ')} ON ${table} TO <role>`
    return failed(check, `the role may not ${missing.join(', ')}`, advice)
  }
  const beyond = TOO_MUCH.filter((right) => has.includes(right))
  if (table !== 'sallyport_audit' || beyond.length === 0) return ok(check, needed.join(', '))
  return warning(
    check,
    `the role may also ${beyond.join(', ')}`,
    'Run your API as another role than the owner: it should add records, and change none.',
  )
}
