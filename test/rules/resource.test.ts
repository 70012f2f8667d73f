import { describe, expect, test } from '@jest/globals'
import { createGate, type Requirement, type GateRequest } from 'sallyport'

function requestOf(secret: string, id?: string): GateRequest {
  return {
    ...{ method: 'GET', url: '/', peer: { address: '203.0.113.9', encrypted: true } },
    rawHeaders: ['x-api-key', secret, ...(id === undefined ? [] : ['x-id', id])],
  }
}

const one = { scopes: ['read'], resource: { type: 'records', id: { header: 'x-id' } } } as const
const all = { scopes: ['read'], resource: { type: 'records' } } as const

async function open(resources?: readonly string[]) {
  const gate = createGate<string>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read'] },
  })
  const key = await gate.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', scopes: ['read'], tenantIds: ['t'] },
    ...(resources && { resources }),
  })
  return { gate, ...key }
}

async function verdict(
  resources: readonly string[] | undefined,
  requirement: Requirement,
  id?: string,
) {
  const { gate, secret } = await open(resources)
  const decision = await gate.check(requestOf(secret, id), requirement)
  return decision.allowed ? 'allowed' : decision.reason
}

describe.each<[string, readonly string[] | undefined, Readonly<Record<string, boolean>>]>([
  ['held to nothing in particular', undefined, { rec_1: true, rec_2: true, '*': true, '': true }],
  ['held to nothing at all', [], { rec_1: false, '*': false }],
  [
    'held to one',
    ['records/rec_1'],
    {
      ...{ rec_1: true, rec_2: false, REC_1: false, 'rec_1 ': false, rec_10: false, rec: false },
      ...{ '*': false, '': false, '.': false, '..': false, 'rec_1/..': false },
      ...{ 'rec_1/../rec_2': false, 'rec_1%2F..%2Frec_2': false, 'rec_1, rec_2': false },
    },
  ],
  [
    'held to all of a type',
    ['records/*'],
    { rec_1: true, rec_2: true, '*': false, 'a/b': false, '..': false, 'a%2Fb': false },
  ],
  ['held to another type', ['notes/rec_1', 'notes/*'], { rec_1: false }],
])('a key that is %s', (_, resources, ids) => {
  test.each(Object.entries(ids))('touches %j: %s', async (id, allowed) => {
    expect(await verdict(resources, one, id)).toBe(allowed ? 'allowed' : 'resource_not_allowed')
  })
})

test.each([
  [undefined, 'allowed'],
  [['records/*'], 'allowed'],
  [['records/rec_1'], 'resource_not_allowed'],
  [['notes/*'], 'resource_not_allowed'],
  [[], 'resource_not_allowed'],
])('all of a type is open to a key that is held to %j: %s', async (resources, reason) => {
  expect(await verdict(resources, all)).toBe(reason)
})

test('an id that is not there is none', async () => {
  expect(await verdict(['records/*'], one)).toBe('resource_not_allowed')
})

describe('a guard that names no resource', () => {
  test.each<[string, Requirement]>([
    ['scopes', { scopes: ['read'] }],
    ['a tenant', { tenant: { header: 'x-id' } }],
    ['policies', { policies: [() => true] }],
  ])('and asks for %s is closed to a key that is held to some', async (_, requirement) => {
    expect(await verdict(['records/*'], requirement, 't')).toBe('resource_not_allowed')
    expect(await verdict(undefined, requirement, 't')).toBe('allowed')
  })

  test('and asks for nothing lets it on, for one at the route', async () => {
    const { gate, secret } = await open(['records/rec_1'])
    const first = await gate.check(requestOf(secret, 'rec_1'))
    expect(first).toMatchObject({ allowed: true })
    if (!first.allowed) return
    const request = { ...requestOf(secret, 'rec_1'), grant: first }
    expect(await gate.check(request, { scopes: ['read'] })).toMatchObject({
      reason: 'resource_not_allowed',
    })
    const second = await gate.check(request, { resource: one.resource })
    if (!second.allowed) throw new Error('refused')
    const later = { ...request, grant: second }
    expect(await gate.check(later, { scopes: ['read'] })).toMatchObject({ allowed: true })
    const other = { ...requestOf(secret, 'rec_2'), grant: second }
    expect(await gate.check(other, one)).toMatchObject({ reason: 'resource_not_allowed' })
  })
})

test('gate.verify knows no route, and tells what the key is held to', async () => {
  const { gate, secret, id } = await open(['records/rec_1'])
  const held = await gate.verify(secret)
  expect(held).toMatchObject({ allowed: true, auth: { resources: ['records/rec_1'] } })
  await gate.keys.update(id, { resources: null })
  const freed = await gate.verify(secret)
  expect(freed.allowed && 'resources' in freed.auth).toBe(false)
})

test('what was checked does not hold where nothing says that it is the same match of a route', async () => {
  const { gate, secret } = await open(['records/rec_1'])
  const framework = { native: {}, params: () => undefined, body: () => undefined }
  const request = { ...requestOf(secret, 'rec_1'), framework }
  const grant = await gate.check(request, one)
  if (!grant.allowed) throw new Error(grant.reason)
  expect(await gate.check({ ...request, grant }, { scopes: ['read'] })).toMatchObject({
    reason: 'resource_not_allowed',
  })
})

test.each<[string, Requirement, string | undefined, string, string]>([
  ['another', one, 'rec_2', "'records/rec_1' or 'notes/*'", "'records/rec_2'"],
  ['all of them', all, undefined, "'records/rec_1' or 'notes/*'", "'records/*'"],
  ['none', one, undefined, "the id of a resource in the header 'x-id', once", 'nothing'],
  [
    'none that a function of the app finds',
    { resource: { type: 'records', id: () => undefined } },
    undefined,
    'the id of a resource',
    'nothing',
  ],
  [
    'nobody knows what',
    { scopes: ['read'] },
    undefined,
    "a requirement that says with 'resource' what the route touches",
    'nothing',
  ],
])('the operator is told what the route touches: %s', async (_, requirement, id, expected, got) => {
  const { gate, secret } = await open(['records/rec_1', 'notes/*'])
  expect(await gate.check(requestOf(secret, id), requirement)).toMatchObject({
    cause: { check: 'resource', expected, got },
  })
})
