import { AccessError, AuditError, KeyError, MisuseError, StoreError } from 'sallyport'
import { withOptionNames } from './option-names.js'
import { plain } from './output.js'

/** What the command ends with. */
export const EXIT = {
  done: 0,
  /** The key stands in the way, or somebody said no. */
  refused: 1,
  /** The command was called in a way that it cannot be. */
  usage: 2,
  /** The database cannot be reached, or failed. */
  unavailable: 3,
  /** An import came to its end, and some lines were refused. */
  incomplete: 4,
  /** A fault of the command itself. */
  fault: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const

export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** Told how a command ended that neither threw nor did all it was to do. */
export type Ended = (code: Exit) => void

/** Called in a way that it cannot be; the message says how it can. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Somebody was asked, and said no. */
export class DeclinedError extends Error {
  override readonly name = 'DeclinedError'
}

export function exitCodeOf(error: unknown): Exit {
  if (error instanceof KeyError || error instanceof DeclinedError) return EXIT.refused
  if (isOutage(error)) return EXIT.unavailable
  if (error instanceof AccessError) {
    return error.code === 'invalid_input' ? EXIT.usage : EXIT.refused
  }
  if (error instanceof UsageError || error instanceof MisuseError) return EXIT.usage
  return EXIT.fault
}

function isOutage(error: unknown): error is AuditError | StoreError {
  return error instanceof StoreError || error instanceof AuditError
}

/** One line that says what is wrong, with the cause where a store failed; as a terminal may see it. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return plain(String(error))
  const message = withOptionNames(
    firstLine(error.message).replace(
      /^(?:createGate|open\w+|gate\.(?:keys|audit)\.\w+|access(?:\.\w+)+): /,
      '',
    ),
  )
  const cause = isOutage(error) ? rootOf(error) : undefined
  const whole = cause === undefined ? message : `${message.replace(/\.$/, '')}: ${cause}`
  return plain(whole) + (lacksTables(error) ? " (make the tables with 'sallyport migrate')" : '')
}

/** What a driver said, below the errors that stand around it. */
function rootOf(error: Error): string | undefined {
  let root: unknown = error.cause
  while (isOutage(root) && root.cause !== undefined) root = root.cause
  // A mistake says all of it in its own message.
  if (!(root instanceof Error) || root instanceof MisuseError) return undefined
  const { code } = root as NodeJS.ErrnoException
  return firstLine(root.message) || code || root.name
}

/** Whether a database was never migrated. */
export function lacksTables(error: unknown): boolean {
  const told = isOutage(error) ? `${error.message} ${rootOf(error) ?? ''}` : ''
  return /tables of keys are missing|relation ".*" does not exist/.test(told)
}

function firstLine(text: string): string {
  return text.split('\n', 1).join()
}
