import { readFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { UsageError } from './exit.js'
import { fileFault } from './file-fault.js'
import { collect, parseName } from './parse.js'

/** What every command is given. */
export interface DatabaseOptions {
  readonly database?: string
}

/** What every command that shows something is given. */
export interface OutputOptions extends DatabaseOptions {
  readonly json?: true
}

/** What every command that changes keys is given. */
export interface ChangeOptions extends OutputOptions {
  readonly as?: string
  readonly trail?: string
}

const MIN_PEPPER = 32

export function databaseOption(): Option {
  return new Option(
    '--database <where>',
    'the file of a SQLite database, or a postgres:// URL',
  ).env('SALLYPORT_DATABASE')
}

/** The options that every change of keys has. */
export function addChange(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--as <person>',
        'who does it, for the records (default: nobody is named)',
      ).argParser(parseName),
    )
    .option(
      '--trail <where>',
      'the audit log to record it in: the directory of its files, or a postgres:// URL (default: none)',
    )
    .addOption(databaseOption())
    .addOption(jsonOption())
}

export function prefixOption(): Option {
  return new Option('--prefix <prefix>', "what secrets begin with: the app's own keys.prefix").env(
    'SALLYPORT_PREFIX',
  )
}

export function jsonOption(description = 'print one JSON document'): Option {
  return new Option('--json', description)
}

export function scopeOption(description: string): Option {
  return new Option('--scope <scope>', description).argParser(collect)
}

export const NO_DATABASE =
  "say which database: '--database keys.db', '--database postgres://...', or SALLYPORT_DATABASE"

const NO_PREFIX =
  "say what secrets begin with, as keys.prefix of the app does: '--prefix acme', or SALLYPORT_PREFIX"

/**
 * Of a command that knows the app's keys: what secrets begin with. All that is missing is asked for at once, and not one thing after another.
 * @param more what else is missing
 * @throws {UsageError}
 */
export function prefixOf(
  { prefix, database }: DatabaseOptions & { readonly prefix?: string },
  more: readonly string[] = [],
): string {
  const missing = [...(database ? [] : [NO_DATABASE]), ...(prefix ? [] : [NO_PREFIX]), ...more]
  if (prefix && missing.length === 0) return prefix
  throw new UsageError(missing.join('; '))
}

/** What is missing of an import. One that knows no peppers does not find keys that are there under one, and would store them twice. */
export function missingPeppers(env: NodeJS.ProcessEnv): readonly string[] {
  const { SALLYPORT_PEPPERS: list, SALLYPORT_PEPPERS_FILE: file } = env
  if (list !== undefined || file !== undefined) return []
  return [
    "say the app's peppers, as keys.peppers has them: SALLYPORT_PEPPERS, empty if it has none (export SALLYPORT_PEPPERS=), or SALLYPORT_PEPPERS_FILE",
  ]
}

/** The app's peppers; never from the command line, which others on the machine can read. @throws {UsageError} */
export function readPeppers(env: NodeJS.ProcessEnv): readonly string[] {
  const { SALLYPORT_PEPPERS: list, SALLYPORT_PEPPERS_FILE: file } = env
  if (list && file) throw new UsageError('give SALLYPORT_PEPPERS or SALLYPORT_PEPPERS_FILE')
  const peppers = list ? list.split(',') : file ? linesIn(file) : []
  for (const pepper of peppers) {
    if (pepper.trim() !== pepper || pepper.length < MIN_PEPPER) {
      const where = list ? 'SALLYPORT_PEPPERS' : 'SALLYPORT_PEPPERS_FILE'
      throw new UsageError(
        `${where}: each pepper must have at least ${String(MIN_PEPPER)} characters, and no space around it`,
      )
    }
  }
  return peppers
}

/** What records of changes are signed with; `undefined` where they are not. @throws {UsageError} */
export function readAuditKey(env: NodeJS.ProcessEnv): string | undefined {
  const { SALLYPORT_AUDIT_KEY_FILE: file } = env
  return file ? textIn(file, 'SALLYPORT_AUDIT_KEY_FILE') : undefined
}

function linesIn(file: string): string[] {
  return textIn(file, 'SALLYPORT_PEPPERS_FILE')
    .split(/\r?\n/)
    .filter((line) => line !== '')
}

function textIn(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${setting}: ${fileFault(error)}`)
  }
}
