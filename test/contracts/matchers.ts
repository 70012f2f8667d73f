import { strict as assert } from 'node:assert'

type Matcher = (actual: unknown, argument: unknown, at: string) => void

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

const MATCHERS = new Map<string, Matcher>([
  ['$match', (actual, pattern, at) => {
    assert.match(String(actual), new RegExp(String(pattern)), at)
  }],
  ['$notContains', (actual, part, at) => {
    assert.ok(!String(actual).includes(String(part)), `${at} contains what it must not`)
  }],
  ['$type', (actual, type, at) => {
    assert.equal(Array.isArray(actual) ? 'array' : typeof actual, type, at)
  }],
  ['$in', (actual, choices, at) => {
    assert.ok((choices as unknown[]).includes(actual), `${at} is ${String(actual)}`)
  }],
  ['$iso', (actual, _, at) => {
    assert.match(String(actual), INSTANT, at)
  }],
  ['$epoch', (actual, bounds, at) => {
    const [from = 0, to = 0] = bounds as number[]
    const offset = Number(actual) - Date.now() / 1_000
    assert.ok(offset >= from && offset <= to, `${at} is now ${offset.toFixed(1)} s`)
  }],
  ['$jwt', (actual, parts, at) => {
    const segments = String(actual).split('.')
    for (const [index, name] of ['header', 'payload'].entries()) {
      const decoded: unknown = JSON.parse(Buffer.from(segments[index] ?? '', 'base64url').toString())
      const expected = (parts as Record<string, object>)[name]
      matches(decoded, { ...expected, $open: true }, `${at}.${name}`)
    }
  }],
])

/** Asserts that a value is what a contract expects. `at` names it in the message. */
export function matches(actual: unknown, expected: unknown, at: string): void {
  if (typeof expected !== 'object' || expected === null) {
    assert.equal(actual, expected, at)
  } else if (Array.isArray(expected)) {
    assert.deepEqual(actual, expected, at)
  } else if ('$absent' in expected) {
    assert.equal(actual, undefined, at)
  } else {
    const [name = '', argument] = Object.entries(expected)[0] ?? []
    const matcher = MATCHERS.get(name)
    if (matcher === undefined) matchMembers(actual, expected, at)
    else matcher(actual, argument, at)
  }
}

function matchMembers(actual: unknown, expected: object, at: string): void {
  assert.ok(typeof actual === 'object' && actual !== null, `${at} is no object`)
  const { $open: open, ...members } = expected as Record<string, unknown>
  const values = actual as Record<string, unknown>
  for (const [name, value] of Object.entries(members)) matches(values[name], value, `${at}.${name}`)
  if (open === undefined) assert.deepEqual(Object.keys(values).sort(), Object.keys(members).sort(), at)
}
