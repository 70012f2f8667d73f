import type { core, ZodMiniObject, ZodMiniType } from 'zod/mini'
import { unknownName } from './nearest.js'

/**
 * For each parse whose complaints are told: what to write, where a schema has no message of its own. The language that an app has set for a zod of its own
 * does not reach us: zod keeps it for all its copies.
 */
export const told: core.ParseContext<core.$ZodIssue> = { error: advise }

/** The first thing wrong, by name: what it is and what to write instead. Never the value: it may be a secret. */
export function describeIssue(error: core.$ZodError, names: readonly string[]): string {
  const issue = telling(error)
  if (issue === undefined) return 'is not valid'
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return describeUnknown(path, issue.keys[0] ?? '', names)
  return path === '' ? issue.message : `'${path}' ${issue.message}`
}

/** Input that has the form it must have, completed with its defaults; else throws what `wrong` makes of the complaint. */
export function readInput<T>(
  schema: ZodMiniType<T> & ZodMiniObject,
  input: unknown,
  wrong: (complaint: string) => Error,
): T {
  const parsed = schema.safeParse(input, told)
  if (parsed.success) return parsed.data
  throw wrong(describeIssue(parsed.error, Object.keys(schema.shape)))
}

/** The issue that explains the most: a name that is not known comes before the one that is then missing. */
export function telling({ issues }: core.$ZodError): core.$ZodIssue | undefined {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
}

function describeUnknown(path: string, unknown: string, names: readonly string[]): string {
  const full = path === '' ? unknown : `${path}.${unknown}`
  return `'${full}' ${unknownName(unknown, names)}`
}

const ARTICLES = new Map([
  ['string', 'a string'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
  ['date', 'a valid Date'],
])

function advise(issue: core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', issue.minimum)}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', issue.maximum)}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => `'${String(value)}'`).join(' or ')}`
    case 'invalid_type':
      if (issue.input === undefined) return 'must be given'
      return `must be ${ARTICLES.get(issue.expected) ?? issue.expected}`
    default:
      return 'is not valid'
  }
}

function bound(origin: string, direction: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${direction} ${String(limit)} characters`
  if (origin === 'array') return `have ${direction} ${String(limit)} entries`
  return `be ${direction} ${String(limit)}`
}
