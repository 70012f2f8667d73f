import { statSync } from 'node:fs'
import type { Command } from 'commander'
import type { TrailReader } from 'sallyport'
import { isServer, openTrailTable, serverName } from '../database.js'
import { UsageError } from '../exit.js'
import { databaseOption, type DatabaseOptions } from '../settings.js'

/** The trail is in the files of a directory, or else in a database. */
export function addPlace(command: Command): Command {
  return command
    .argument('[directory]', 'where the files of the trail are; without it, it is in the database')
    .addOption(databaseOption())
}

/** Opens a trail, and closes it whatever happens. @throws {UsageError} @throws {AuditError} */
export async function withTrail<T>(
  directory: string | undefined,
  { database }: DatabaseOptions,
  use: (reader: TrailReader, name: string) => Promise<T>,
): Promise<T> {
  if (directory !== undefined) {
    checkDirectory(directory)
    const { createAuditFiles } = await import('sallyport/file')
    return use(createAuditFiles(directory), directory)
  }
  if (!database || !isServer(database)) {
    throw new UsageError(
      "say where the trail is: the directory of its files, or '--database postgres://...'",
    )
  }
  const { trail, close } = await openTrailTable(database)
  try {
    return await use(trail, serverName(database))
  } finally {
    await close()
  }
}

function checkDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  throw new UsageError('there is no such directory')
}
