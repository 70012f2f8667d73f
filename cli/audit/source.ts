import { statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import type { TrailReader } from 'sallyport'
import { isServer, openTrailTable, serverName } from '../database.js'
import { UsageError } from '../exit.js'
import { databaseOption, type DatabaseOptions } from '../settings.js'

/** Where a trail is. */
export interface TrailOptions extends DatabaseOptions {
  readonly files?: string
}

export function addTrailOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--files <directory>', 'the directory of the trail, where it is in files').env(
        'SALLYPORT_AUDIT_FILES',
      ),
    )
    .addOption(databaseOption())
}

/** Opens the trail in files, or else in the database, and closes it whatever happens. @throws {UsageError} @throws {AuditError} */
export async function withTrail<T>(
  options: TrailOptions,
  use: (reader: TrailReader, name: string) => Promise<T>,
): Promise<T> {
  const { files, database } = options
  if (files) {
    checkDirectory(files)
    const { createAuditFiles } = await import('sallyport/file')
    return use(createAuditFiles(files), files)
  }
  if (!database || !isServer(database)) {
    throw new UsageError(
      "say where the trail is: '--files audit/', '--database postgres://...', SALLYPORT_AUDIT_FILES or SALLYPORT_DATABASE",
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
  throw new UsageError('--files must be the directory of an audit trail')
}
