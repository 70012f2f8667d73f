import * as v from 'valibot'
import { unknownName } from './nearest.js'

/** What a schema finds, in order. */
export type Issues = readonly Issue[]
type Issue = v.BaseIssue<unknown>

/** What is wrong with input. */
export interface Complaint {
  /** Where: the names that lead there. */
  readonly path: readonly string[]
  readonly message: string
  /** The name that is not known there. */
  readonly unknown?: string | undefined
}

/** The type of an issue that is about a name, which is the last of its path. */
export const UNKNOWN_NAME = 'unknown_name'

/** A part of the path of an issue. Without what stands there: it may be a secret. */
export function placeOf(key: string): v.UnknownPathItem {
  return { type: 'unknown', origin: 'value', input: undefined, key, value: undefined }
}

/** For each parse whose complaints are told: what to write, where a schema has no message of its own. */
export const told: v.Config<Issue> = { message: advise, abortPipeEarly: true }

/** The first thing wrong, by name: what it is and what to write instead. Never the value: it may be a secret. */
export function describeIssue(issues: Issues, names: readonly string[]): string {
  const complaint = telling(issues)
  if (complaint === undefined) return 'is not valid'
  const { path, message, unknown } = complaint
  if (unknown !== undefined)
    return `'${[...path, unknown].join('.')}' ${unknownName(unknown, names)}`
  return path.length === 0 ? message : `'${path.join('.')}' ${message}`
}

/**
 * Input that has the form it must have, completed with its defaults; else throws what `wrong` makes of the complaint.
 * @param example how it is written, for a complaint that does not say that itself
 */
export function readInput<T>(
  schema: v.GenericSchema<unknown, T> & { readonly entries: object },
  input: unknown,
  example: string,
  wrong: (complaint: string) => Error,
): T {
  const parsed = v.safeParse(schema, input, told)
  if (parsed.success) return parsed.output
  const complaint = describeIssue(parsed.issues, Object.keys(schema.entries))
  throw wrong(isShownIn(example, parsed.issues) ? `${complaint}; write ${example}` : complaint)
}

/** Whether an example helps: something is missing, or is of another kind than in the example. */
function isShownIn(example: string, issues: Issues): boolean {
  const { path: [name = ''] = [], message = '', unknown } = telling(issues) ?? {}
  return (
    unknown === undefined &&
    BARE.test(message) &&
    (message === MISSING || new RegExp(`\\b${name}\\b`).test(example))
  )
}

/** What is wrong with input, for others than who calls: without the name of the call, and without how it is written. */
export function complaintIn({ message }: Error): string {
  return message
    .replace(/^(?:gate|access)\.[\w.]+: /, '')
    .replace(/; write (?:gate|access)\..*$/s, '')
}

/** What a schema makes of what somebody else has written, if it has that form. */
export function ifValid<T>(schema: v.GenericSchema<unknown, T>, given: unknown): T | undefined {
  const parsed = v.safeParse(schema, given, { abortEarly: true })
  return parsed.success ? parsed.output : undefined
}

/** The complaint that explains the most: a name that is not known comes before the one that is then missing. */
export function telling(issues: Issues): Complaint | undefined {
  const unknown = issues.find(({ type }) => type === UNKNOWN_NAME)
  const issue = unknown ?? issues[0]
  if (issue === undefined) return undefined
  const path = issue.path?.map(({ key }) => String(key)) ?? []
  const { message } = issue
  return unknown ? { path: path.slice(0, -1), message, unknown: path.at(-1) } : { path, message }
}

const MISSING = 'must be given'
/** What says only what kind of value something must be. */
const BARE =
  /^must (?:be (?:given|an object|a string|a number|a whole number|a list|true or false)|have '.*')$/

const ARTICLES = new Map([
  ['string', 'a string'],
  ['number', 'a number'],
  ['integer', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['date', "a valid Date, such as new Date('2030-01-31')"],
])

function advise({ type, input, requirement, expected }: Issue): string {
  switch (type) {
    case 'min_length':
    case 'min_code_points':
    case 'min_value':
      return `must ${bound(input, 'at least', requirement)}`
    case 'max_length':
    case 'max_code_points':
    case 'max_value':
      return `must ${bound(input, 'at most', requirement)}`
    case 'picklist':
    case 'literal':
      return `must be ${oneOf(expected ?? '')}`
    default: {
      const article = ARTICLES.get(type)
      if (article === undefined) return 'is not valid'
      return input === undefined ? MISSING : `must be ${article}`
    }
  }
}

/** @param expected as valibot writes it, such as `("a" | "b")` */
function oneOf(expected: string): string {
  return expected
    .replace(/^\(|\)$/g, '')
    .replaceAll('"', "'")
    .replaceAll(' | ', ' or ')
}

function bound(input: unknown, direction: string, limit: unknown): string {
  if (typeof input === 'string') return `have ${direction} ${String(limit)} characters`
  if (Array.isArray(input)) return `have ${direction} ${String(limit)} entries`
  return `be ${direction} ${String(Number(limit))}`
}
