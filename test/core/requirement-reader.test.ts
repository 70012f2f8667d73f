import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryLimitStore, type GateOptions } from 'sallyport'
import { auditedGate, keptSink } from '../audit/gates.js'

const { consume } = createMemoryLimitStore()

function open(options: Partial<GateOptions<'read:orders' | 'admin'>> = {}) {
  return createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders', 'admin'] },
    plans: { small: { quota: { limit: 5, window: '1h' } }, big: { quota: 'unlimited' } },
    limits: { defaultPlan: 'small', store: createMemoryLimitStore() },
    ...options,
  })
}

/** What is said about a requirement. */
function complaintOf(requirement: unknown, gate: { requirement(given: never): unknown } = open()) {
  try {
    gate.requirement(requirement as never)
    return undefined
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    return [error.code, error.message]
  }
}

const INVALID = 'invalid_option'
const UNKNOWN = 'unknown_option'
const NO_COST = "'cost' must be a whole number from 0 to 5, the smallest limit there is"
const NO_POLICIES = "'policies' must be a list of functions"
const NO_ANY = "'anyScope' must be a list of at least one scope, such as ['read:orders', 'admin']"
const NO_PHI =
  "'phi' must be such as { resource: 'Patient', action: 'read', param: 'id' }; actions are"

describe('a requirement is refused', () => {
  test.each<[string, unknown, string, string]>([
    ['a text', 'read:orders', INVALID, "must be an object, such as { scopes: ['read:orders'] }"],
    ['a name with a slip', { scope: [] }, UNKNOWN, "'scope' is not known; did you mean 'scopes'?"],
    ['a name of nothing', { zzzzzz: 1 }, UNKNOWN, "'zzzzzz' is not known"],
    [
      'an option of the gate',
      { trustProxy: [] },
      UNKNOWN,
      "'trustProxy' is an option of createGate, not of a guard",
    ],
    [
      'what guards alone take',
      { under: '/v1' },
      UNKNOWN,
      "'under' is for guards only: guard(gate, { under: '/v1' })",
    ],
    [
      'scopes that are no list',
      { scopes: 'admin' },
      INVALID,
      "'scopes' must be a list, such as ['read:orders']",
    ],
    ['a scope that is not known', { scopes: ['admn'] }, 'unknown_scope', "did you mean 'admin'?"],
    ['anyScope that is no list', { anyScope: 'admin' }, INVALID, NO_ANY],
    ['anyScope of none', { anyScope: [] }, INVALID, NO_ANY],
    [
      'anyScope that is not known',
      { anyScope: ['admn'] },
      'unknown_scope',
      "did you mean 'admin'?",
    ],
    ['a cost that is no number', { cost: '1' }, INVALID, NO_COST],
    ['a cost that is not whole', { cost: 0.5 }, INVALID, NO_COST],
    ['a cost below 0', { cost: -1 }, INVALID, NO_COST],
    ['a cost above the smallest limit', { cost: 6 }, INVALID, NO_COST],
    ['a limit that is none', { limit: 7 }, INVALID, "'limit'"],
    [
      'a cost above the own limit',
      { limit: { limit: 1, window: '1h' }, cost: 2 },
      INVALID,
      "'cost'",
    ],
    ['policies that are no list', { policies: () => true }, INVALID, NO_POLICIES],
    ['policies of which one is none', { policies: [() => true, 1] }, INVALID, NO_POLICIES],
  ])('for %s', (_, requirement, code, message) => {
    const [said, text] = complaintOf(requirement) ?? []
    expect(said).toBe(code)
    expect(text).toMatch(/^requirement: /)
    expect(text).toContain(message)
  })

  test.each<[string, unknown, string]>([
    ['a text', 'Patient', "must be an object, such as { resource: 'Patient',"],
    [
      'a name with a slip',
      { resorce: 'Patient' },
      "'resorce' is not known; did you mean 'resource'?",
    ],
    ['no action', { resource: 'Patient' }, NO_PHI],
    ['another action', { resource: 'Patient', action: 'look' }, NO_PHI],
    ['no resource', { action: 'read' }, NO_PHI],
    ['an empty resource', { resource: '', action: 'read' }, NO_PHI],
    ['a long resource', { resource: 'P'.repeat(65), action: 'read' }, NO_PHI],
    ['an empty param', { resource: 'Patient', action: 'read', param: '' }, NO_PHI],
    ['a param that is no text', { resource: 'Patient', action: 'read', param: 1 }, NO_PHI],
  ])('for health information with %s', async (_, phi, message) => {
    const gate = auditedGate({ sink: keptSink() })
    const [, text] = complaintOf({ phi }, gate) ?? []
    expect(text).toMatch(message.startsWith("'phi'") ? /^requirement: / : /^requirement\.phi: /)
    expect(text).toContain(message)
    await gate.close()
  })

  test('for an audit of another kind', async () => {
    const gate = auditedGate({ sink: keptSink() })
    for (const audit of ['best-effort', 'required']) {
      expect(complaintOf({ audit }, gate)).toBeUndefined()
    }
    expect(complaintOf({ audit: 'sometimes' }, gate)).toEqual([
      ...[INVALID, "requirement: 'audit' must be 'best-effort' or 'required'"],
    ])
    await gate.close()
  })

  test('for a count where the limit store gives nothing back', () => {
    const count = () => true
    const givesNone = open({ limits: { defaultPlan: 'small', store: { consume } } })
    expect(complaintOf({ count })).toBeUndefined()
    expect(complaintOf({ count }, givesNone)).toEqual([
      ...[
        INVALID,
        "requirement: 'count' needs a 'limits.store' that has release: it gives back what was taken",
      ],
    ])
    expect(complaintOf({}, givesNone)).toBeUndefined()
    expect(complaintOf({ count: 1 })?.[0]).toBe(INVALID)
  })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no member', {}],
  ['scopes of none', { scopes: [] }],
  ['a cost of 0', { cost: 0 }],
  ['a cost as large as the smallest limit', { cost: 5 }],
  ['a limit of its own', { limit: { limit: 2, window: '1h' }, cost: 2 }],
  ['nobody as its caller', { optional: true }],
  ['callers of the app', { otherwise: () => undefined, origins: ['https://app.example.com'] }],
  ['a tenant of its path', { tenant: { param: 'tenantId' } }],
  ['what it accepts', { accepts: { type: 'application/json' } }],
  ['policies', { policies: [() => true] }],
  ['any of some scopes', { anyScope: ['read:orders', 'admin'] }],
  ['a resource of its path', { resource: { type: 'records', id: { param: 'id' } } }],
])('a requirement may have %s', (_, requirement) => {
  expect(complaintOf(requirement)).toBeUndefined()
})

test('health information may have names of 64 characters', async () => {
  const gate = auditedGate({ sink: keptSink() })
  const phi = { resource: 'P'.repeat(64), action: 'read', param: 'p'.repeat(64) }
  expect(complaintOf({ phi }, gate)).toBeUndefined()
  await gate.close()
})

test('a requirement that was read is not read again', () => {
  const gate = open()
  const read = gate.requirement({ scopes: ['admin'] })
  expect(gate.requirement(read)).toBe(read)
  expect(gate.requirement()).toBe(gate.requirement())
})
