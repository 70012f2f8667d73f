import { beforeAll, describe, expect, test } from '@jest/globals'
import { isRecord } from '../../src/audit/schema.js'

const TIME = '2030-01-01T00:00:00.000Z'
const PLACE = { v: 1, writer: 'w.1', seq: 1, prev: 'p', hash: 'h' }
const ACTOR = {
  ...{ environment: 'live', ownerId: 'org_1', tenantId: 't', keyId: 'key_1', issuer: 'i' },
  ...{ tokenId: 'jti', clientId: 'c', subject: 's', app: true, operator: true, name: 'Ann' },
}
const PHI = { resource: 'Patient', action: 'read', ids: ['1'] }

/** A whole record of each kind, with every member that it can have, and those that it must have. */
const KINDS = {
  access: {
    whole: {
      ...{ id: 'a', time: TIME, outcome: 'denied', reason: 'unknown_key', status: 401 },
      ...{ aborted: true, method: 'GET', path: '/', route: '/', requestId: 'req_1' },
      ...{ scopesAsked: ['a'], scopesGranted: ['b'], phi: PHI, synthetic: true, furtherPhi: [PHI] },
      ...{ agreements: [{ id: 'x', version: '1' }], client: 'c', peer: 'p', userAgent: 'u' },
      ...{ latencyMs: 0.5, auditFilter: { a: 'b' }, oauthSteps: ['token'], oauthError: 'e' },
      ...{ count: 2, until: TIME, ...ACTOR },
    },
    needed: ['id', 'time', 'outcome', 'requestId', 'phi.resource', 'phi.action'],
  },
  key: {
    whole: {
      ...{ id: 'a', time: TIME, action: 'create', outcome: 'made', keyId: 'key_1', ownerId: 'o' },
      ...{ environment: 'live', changed: ['name'], successorId: 'key_2', standing: 'disabled' },
      ...{ why: 'w', by: ACTOR, requestId: 'r', client: 'c' },
    },
    needed: ['id', 'time', 'action', 'outcome', 'keyId'],
  },
  enrollment: {
    whole: {
      ...{ id: 'a', time: TIME, action: 'request', outcome: 'made', subjectId: 'x', ownerId: 'o' },
      ...{ environments: ['live'], terms: { id: 'x', version: '1' }, by: ACTOR, client: 'c' },
    },
    needed: ['id', 'time', 'action', 'outcome', 'subjectId', 'ownerId', 'by', 'terms.id'],
  },
  gap: {
    whole: { time: TIME, allowed: 0, denied: 1, keys: 2, since: TIME },
    needed: ['time', 'allowed', 'denied', 'keys', 'since'],
  },
  start: {
    whole: {
      ...{ time: TIME, instance: 'i', heads: [{ writer: 'w', seq: 1, hash: 'h' }], passed: ['w'] },
      ...{ torn: [{ where: 'w', bytes: 1, hash: 'h' }] },
      instead: { writer: 'w', seq: 1, why: 'place_taken' },
    },
    needed: ['time', 'instance', 'heads', 'torn', 'instead.why', 'instead.writer', 'instead.seq'],
  },
  checkpoint: {
    whole: { time: TIME, signedBy: 'k', signature: 's', last: true },
    needed: ['time', 'signedBy', 'signature'],
  },
} as const

type Fields = Readonly<Record<string, unknown>>

const whole = (kind: keyof typeof KINDS, more: Fields = {}): Fields => ({
  ...{ ...PLACE, kind, ...KINDS[kind].whole, ...more },
})
const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[]

// What is made with the first record is there for all tests, whichever comes first.
beforeAll(() => {
  for (const kind of kinds) isRecord(whole(kind))
})

/** Where values are, by the names that lead there. */
function placesIn(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  const own = at.length > 0 ? [at] : []
  if (typeof value !== 'object' || value === null) return own
  return [...own, ...Object.entries(value).flatMap(([name, one]) => placesIn(one, [...at, name]))]
}

/** A copy with another value in a place; `undefined`: without it. */
function changed(
  record: Fields,
  at: readonly string[],
  other: (value: unknown) => unknown,
): unknown {
  const copy = structuredClone(record)
  const last = at.at(-1) ?? ''
  const around = at
    .slice(0, -1)
    .reduce<object>((one, name) => Reflect.get(one, name) as object, copy)
  const value = other(Reflect.get(around, last))
  if (value === undefined) Reflect.deleteProperty(around, last)
  else Reflect.set(around, last, value)
  return copy
}

/** A value of another type. */
function wrong(value: unknown): unknown {
  return typeof value === 'string' ? 7 : typeof value === 'boolean' ? !value : 'none'
}

describe.each(kinds)('a record of the kind %s', (kind) => {
  test('is one with all that it can have, with what it must have, and with more', () => {
    expect(isRecord(whole(kind))).toBe(true)
    const names = ['kind', ...Object.keys(PLACE), ...KINDS[kind].needed]
    const least = Object.fromEntries(
      Object.entries(whole(kind)).filter(([name]) => names.includes(name)),
    )
    expect(isRecord(least)).toBe(true)
    expect(isRecord(whole(kind, { later: { a: 1 } }))).toBe(true)
  })

  test('is none where a member has another type', () => {
    for (const at of placesIn(whole(kind))) {
      expect([at, isRecord(changed(whole(kind), at, wrong))]).toEqual([at, false])
    }
  })

  test('is none without a member that it must have', () => {
    for (const name of [...Object.keys(PLACE), 'kind', ...KINDS[kind].needed]) {
      const without = changed(whole(kind), name.split('.'), () => undefined)
      expect([name, isRecord(without)]).toEqual([name, false])
    }
  })
})

describe('a record', () => {
  const nested = (levels: number) =>
    JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as object

  test.each<[Fields, boolean]>([
    [{ seq: 0 }, false],
    [{ seq: 0, prev: '' }, true],
    [{ seq: 1, prev: '' }, true],
    [{ seq: -1, prev: '' }, false],
    [{ seq: 0.5 }, false],
    [{ v: 2 }, false],
    [{ writer: '' }, false],
    [{ writer: 'w'.repeat(256), id: 'i'.repeat(256) }, true],
    [{ writer: 'w'.repeat(257) }, false],
    [{ id: 'i'.repeat(257) }, false],
    [{ prev: 'p'.repeat(64), hash: 'h'.repeat(64) }, true],
    [{ prev: 'p'.repeat(65) }, false],
    [{ hash: 'h'.repeat(65) }, false],
    [{ reason: `a_${'z'.repeat(62)}` }, true],
    [{ reason: 'z'.repeat(65) }, false],
    [{ reason: '' }, false],
    [{ reason: 'Unknown key' }, false],
    [{ count: 1 }, true],
    [{ count: 0 }, false],
    [{ time: '2030-02-30T00:00:00.000Z' }, false],
    [{ time: '2030-01-01T00:00:00Z' }, false],
    [{ time: '2030-01-01' }, false],
    [{ time: '+012030-01-01T00:00:00.000Z' }, false],
    [{ later: nested(15) }, true],
    [{ later: nested(16) }, false],
    [{ kind: 'toString' }, false],
    [{ kind: undefined }, false],
  ])('with %j: %p', (members, isOne) => {
    expect(isRecord(whole('access', members))).toBe(isOne)
  })

  test.each([[null], [undefined], ['access'], [[]], [7]])('%p is none', (value) => {
    expect(isRecord(value)).toBe(false)
  })
})
