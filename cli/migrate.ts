import type { Command } from 'commander'
import type { TablesReport } from 'sallyport'
import { migrateDatabase, reportTables, type Migrated } from './database.js'
import { EXIT, type Ended } from './exit.js'
import { print } from './output.js'
import { databaseOption, type DatabaseOptions } from './settings.js'

export function addMigrate(program: Command, ended: Ended): void {
  program
    .command('migrate')
    .description(
      'Creates or upgrades the tables. Safe to run repeatedly, also while the app runs. Makes a missing SQLite file.',
    )
    .addOption(databaseOption())
    .option(
      '--check',
      'change nothing: print the versions, and end with 0 where this one works with the tables, else with 1',
    )
    .addHelpText('after', HELP)
    .action(migrate(ended))
}

interface MigrateOptions extends DatabaseOptions {
  readonly check?: true
}

async function check({ database }: DatabaseOptions, ended: Ended): Promise<void> {
  const reports = await reportTables(database)
  for (const report of reports) print(describe(report))
  if (!reports.every(({ usable }) => usable)) ended(EXIT.refused)
}

function describe({ part, tables, known, usable, missing }: TablesReport): string {
  if (tables === undefined)
    return `${part}: there are no tables; this version needs ${String(known)}`
  if (missing !== undefined) return `${part}: missing are ${missing.join(', ')}: restore a backup`
  const { version, readableFrom } = tables
  const verdict = usable
    ? 'works with them'
    : version < known
      ? 'needs a migration'
      : 'is too old for them'
  return `${part}: tables of version ${String(version)}, for versions from ${String(readableFrom)} on; this one is ${String(known)}, and ${verdict}`
}

const migrate =
  (ended: Ended) =>
  async (options: MigrateOptions): Promise<void> => {
    if (options.check) {
      await check(options, ended)
      return
    }
    for (const line of tell(await migrateDatabase(options.database))) print(line)
  }

/** What has changed; the parts of one database are named where there are several. */
function tell({ madeFile, before, after }: Migrated): readonly string[] {
  const lines = after.map(({ part, tables }, index) => {
    const was = before[index]?.tables?.version
    const version = String(tables?.version)
    const what = after.length === 1 ? 'The tables' : `The tables of ${part}`
    if (was === undefined) return `${what} were created: version ${version}.`
    return was === tables?.version
      ? `${what} are up to date: version ${version}. Nothing was changed.`
      : `${what} were upgraded from version ${String(was)} to ${version}.`
  })
  return madeFile === undefined ? lines : [`The file ${madeFile} was created.`, ...lines]
}

const HELP = `
Examples:
  $ sallyport migrate --database keys.db
  $ sallyport migrate --database keys.db --check
  $ SALLYPORT_DATABASE=postgres://api@db.example.com/api sallyport migrate`
