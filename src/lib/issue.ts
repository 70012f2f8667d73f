import type { z } from 'zod'
import { nearest } from './nearest.js'

/** The first thing wrong, by name: what it is and what to write instead. Never the value: it may be a secret. */
export function describeIssue(error: z.ZodError, names: readonly string[]): string {
  const issue = telling(error)
  if (issue === undefined) return 'is not valid'
  const path = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return describeUnknown(path, issue.keys[0] ?? '', names)
  return path === '' ? advise(issue) : `'${path}' ${advise(issue)}`
}

/** The issue that explains the most: a name that is not known comes before the one that is then missing. */
export function telling({ issues }: z.ZodError): z.core.$ZodIssue | undefined {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
}

function describeUnknown(path: string, unknown: string, names: readonly string[]): string {
  const full = path === '' ? unknown : `${path}.${unknown}`
  const meant = nearest(unknown, names)
  const advice = meant === undefined ? `known are ${names.join(', ')}` : `did you mean '${meant}'?`
  return `'${full}' is not known; ${advice}`
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

/** What to write, from a message of ours where the schema has one. */
function advise(issue: z.core.$ZodIssue): string {
  if (!/^(?:Invalid|Too) /.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', issue.minimum)}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', issue.maximum)}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => `'${String(value)}'`).join(' or ')}`
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'must be given'
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
