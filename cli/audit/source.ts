import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import type { TrailReader } from 'sallyport'
import { isServer, openTrailTable, serverName } from '../database.js'
import { UsageError } from '../exit.js'
import { plain } from '../output.js'
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
    const { createAuditFiles } = await import('sallyport/file')
    return readTrail(directory, async () => {
      // To a gate, one that is not there yet has no records.
      await stat(directory)
      return use(createAuditFiles(directory), directory)
    })
  }
  const url = checkServer(database)
  const { trail, close } = await openTrailTable(url)
  try {
    return await use(trail, serverName(url))
  } finally {
    await close()
  }
}

/** @throws {UsageError} */
export function checkServer(database: string | undefined): string {
  if (database && isServer(database)) return database
  throw new UsageError(
    "say where the trail is: the directory of its files, or '--database postgres://...'",
  )
}

/** @throws {UsageError} for a directory that cannot be read */
export async function readTrail<T>(directory: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === undefined || path === undefined) throw error
    throw new UsageError(`${plain(directory)}: ${code}`)
  }
}
