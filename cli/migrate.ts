import type { Command } from 'commander'
import { migrateDatabase } from './database.js'
import { print } from './output.js'
import { databaseOption, type DatabaseOptions } from './settings.js'

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description(
      'Makes the tables, or brings them to what this version needs. Again is harmless, also while the app runs. A SQLite file that is not there is made.',
    )
    .addOption(databaseOption())
    .addHelpText('after', HELP)
    .action(migrate)
}

async function migrate(options: DatabaseOptions): Promise<void> {
  await migrateDatabase(options.database)
  print('The tables are there.')
}

const HELP = `
Examples:
  $ sallyport migrate --database keys.db
  $ SALLYPORT_DATABASE=postgres://api@db.example.com/api sallyport migrate`
