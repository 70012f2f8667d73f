import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import type { AuditSink, ReadOptions, TrailReader } from 'sallyport'
import { isServer, openTrailTable, serverName } from '../database.js'
import { UsageError } from '../exit.js'
import { fileFault } from '../file-fault.js'
import { count, plain, tell } from '../output.js'
import { collect } from '../parse.js'
import { databaseOption, type DatabaseOptions } from '../settings.js'

/** The trail is in the files of a directory, or else in a database. */
export function addPlace(command: Command): Command {
  return command
    .argument('[directory]', 'where the files of the trail are; without it, it is in the database')
    .addOption(databaseOption())
}

/** Which signatures count. */
export interface KeyOptions {
  readonly publicKey?: readonly string[]
}

export function addKeys(command: Command): Command {
  return command.option(
    '--public-key <file>',
    'PEM of a key whose checkpoints count; may be given again',
    collect,
  )
}

/** @throws {UsageError} */
export function keysOf({ publicKey = [] }: KeyOptions): readonly string[] {
  return publicKey.map(readKey)
}

/** Reads with options, and tells at the end how many lines were damaged. @throws {UsageError} */
export async function tellingDamage<T>(
  options: KeyOptions,
  read: (options: Required<Omit<ReadOptions, 'clock'>>) => Promise<T>,
): Promise<T> {
  const damaged = new Set<string>()
  const done = await read({
    publicKeys: keysOf(options),
    onDamaged: ({ where }) => damaged.add(where),
  })
  tellDamaged(damaged.size)
  return done
}

export function tellDamaged(lines: number): void {
  if (lines > 0) tell(`${count(lines, 'line')} damaged and left out: run sallyport audit verify`)
}

/** @throws {UsageError} */
function readKey(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8')
    if (createPublicKey(pem).asymmetricKeyType === 'ed25519') return pem
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined)
      throw new UsageError(`--public-key: '${plain(path)}' cannot be read: ${fileFault(error)}`)
  }
  throw new UsageError(`--public-key: '${plain(path)}' is no Ed25519 key in PEM`)
}

/** Opens a trail, and closes it whatever happens. @throws {UsageError} @throws {AuditError} */
export async function withTrail<T>(
  directory: string | undefined,
  { database }: DatabaseOptions,
  use: (trail: AuditSink & TrailReader, name: string) => Promise<T>,
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
    if ((error as NodeJS.ErrnoException).path === undefined) throw error
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const advice = isMissing
      ? `; to begin a trail there, write: mkdir -m 700 ${plain(directory)}`
      : ''
    throw new UsageError(
      `the directory '${plain(directory)}' cannot be read: ${fileFault(error)}${advice}`,
    )
  }
}
