import { userInfo } from 'node:os'
import { Option, type Command } from 'commander'
import { createAccess, type Access, type AccessOptions, type AccessPerson } from 'sallyport/access'
import { openDatabase } from '../database.js'
import { parseName } from '../parse.js'
import {
  databaseOption,
  jsonOption,
  type DatabaseOptions,
  type OutputOptions,
} from '../settings.js'

/** What every command that decides something is given. */
export interface DecisionOptions extends OutputOptions {
  readonly as?: string
  readonly reason?: string
}

/** Opens access on the database, and closes it whatever happens. */
export async function withAccess<T>(
  options: DatabaseOptions,
  use: (access: Access) => Promise<T>,
  terms: NonNullable<AccessOptions['terms']> = {},
): Promise<T> {
  const database = await openDatabase(options.database)
  try {
    const { access: store, agreements } = database
    return await use(createAccess({ store, agreements, terms }))
  } finally {
    await database.close()
  }
}

export function asOption(): Option {
  return new Option(
    '--as <person>',
    'who decides, for the records; default: the user of the system',
  ).argParser(parseName)
}

export function personOf({ as }: { readonly as?: string }): AccessPerson {
  return { id: as ?? userInfo().username }
}

/** The options that every decision has. */
export function addDecision(command: Command): Command {
  return command.addOption(asOption()).addOption(databaseOption()).addOption(jsonOption())
}
