import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import type { MaybePromise } from '../lib/maybe.js'

/** What the reset of an environment is told. */
export interface ResetRun {
  readonly environment: string
  /** The time that it is for: the same for each try. */
  readonly dueAt: Date
  /** The gate is closing, another instance has taken over, or an hour is over: stop. */
  readonly signal: AbortSignal
}

/** How the data of an environment, such as a sandbox, is reset. Its keys stay. */
export interface ResetOptions {
  readonly every: 'day'
  /** The time of day in UTC, as hours and minutes, such as `'03:00Z'`. */
  readonly at: string
  /**
   * Resets the data of your app. It is called once for each day over all instances, and again a minute later after it has failed, or its instance died: calling it twice must be
   * harmless. It has one hour.
   */
  readonly run: (run: ResetRun) => MaybePromise<unknown>
  /**
   * A header that tells callers of this environment when the next reset is, in ISO 8601. Default: none.
   * @example 'x-sandbox-reset'
   */
  readonly header?: string
}

/** A reset, checked. */
export interface CheckedReset extends ResetOptions {
  readonly environment: string
  /** From midnight UTC, in milliseconds. */
  readonly atMs: number
}

const NAMES = ['every', 'at', 'run', 'header']
const EXAMPLE = "{ every: 'day', at: '03:00Z', run: wipeSandbox }"
const TIME = /^([01]\d|2[0-3]):([0-5]\d)Z$/
const FIELD = /^x-[a-z0-9-]{1,62}$/i

/** @throws {MisuseError} */
export function readReset(environment: string, given: unknown): CheckedReset {
  const path = `environment.${environment}.reset`
  const wrong = (member: string, must: string) =>
    new MisuseError('invalid_option', `createGate: '${path}.${member}' must be ${must}`)
  checkNames(given, NAMES, `createGate: '${path}'`, EXAMPLE)
  const { every, at, run, header } = given as Partial<Record<keyof ResetOptions, unknown>>
  if (every !== 'day') throw wrong('every', "'day'")
  const [, hours, minutes] = TIME.exec(typeof at === 'string' ? at : '') ?? []
  if (hours === undefined) throw wrong('at', "a time in UTC such as '03:00Z'")
  if (!isRun(run)) throw wrong('run', 'a function')
  if (header !== undefined && !isField(header)) {
    throw wrong('header', "a header name that begins with x-, such as 'x-sandbox-reset'")
  }
  const atMs = (Number(hours) * 60 + Number(minutes)) * 60_000
  // What was judged, and nothing that is read once more.
  const judged = { every, at: `${hours}:${minutes ?? ''}Z`, run, environment, atMs } as const
  return header === undefined ? judged : { ...judged, header }
}

function isRun(run: unknown): run is ResetOptions['run'] {
  return typeof run === 'function'
}

function isField(header: unknown): header is string {
  return typeof header === 'string' && FIELD.test(header)
}
