import { beforeAll, describe, expect, test } from '@jest/globals'
import { createGate, type AcceptsRequirement, type GateRequest } from 'sallyport'

const JSON_TYPE = 'application/json'
const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['read'],
  policies: [({ auth }) => auth.ownerId !== 'org_out'],
})
let secret: string
let outsider: string

beforeAll(async () => {
  secret = (await gate.keys.create({ name: 'CI', ownerId: 'org_1' })).secret
  outsider = (await gate.keys.create({ name: 'CI', ownerId: 'org_out' })).secret
})

function requestOf(method: string, fields: readonly string[], key = secret): GateRequest {
  return {
    method,
    url: '/orders',
    rawHeaders: ['Authorization', `Bearer ${key}`, ...fields],
    peer: { address: '203.0.113.9', encrypted: true },
  }
}

async function ask(accepts: AcceptsRequirement, method: string, ...fields: string[]) {
  const decision = await gate.check(requestOf(method, fields), { accepts })
  return decision.allowed ? 'allowed' : `${String(decision.status)} ${decision.reason}`
}

const type = (value: string) => ['Content-Type', value]
const accept = (value: string) => ['Accept', value]
const BODY = ['Content-Length', '2']
const TYPE = '415 unsupported_media_type'

describe('type', () => {
  test.each([
    ['GET', [], 'allowed'],
    ['GET', type('text/plain'), 'allowed'],
    ['DELETE', type('text/plain'), 'allowed'],
    ['POST', [], 'allowed'],
    ['POST', ['Content-Length', '0'], 'allowed'],
    ['POST', ['Content-Length', ' 0 '], 'allowed'],
    ['POST', accept('text/html'), 'allowed'],
    ['POST', BODY, TYPE],
    ['POST', ['Transfer-Encoding', 'chunked'], TYPE],
    ['POST', type('text/plain'), TYPE],
    ['POST', [...BODY, ...type('application/problem+json')], TYPE],
    ['POST', [...BODY, ...type(JSON_TYPE), ...type(JSON_TYPE)], TYPE],
    ['GET', [...BODY, ...type('text/plain')], TYPE],
    ['POST', [...BODY, ...type('Application/JSON ; charset=utf-8')], 'allowed'],
    ['POST', type(JSON_TYPE), 'allowed'],
    ['HEAD', type('text/plain'), 'allowed'],
    ['OPTIONS', type('text/plain'), 'allowed'],
    ['POST', ['Transfer-Encoding', 'chunked', ...type(JSON_TYPE)], 'allowed'],
    ['POST', [...BODY, ...type('application/json,text/plain')], TYPE],
  ])('%s with %j: %s', async (method, fields, expected) => {
    expect(await ask({ type: JSON_TYPE }, method, ...fields)).toBe(expected)
  })
})

describe('accept', () => {
  test.each([
    [[], 'allowed'],
    [accept('*/*'), 'allowed'],
    [accept('application/*;q=0.1'), 'allowed'],
    [accept('text/html, application/json;q=0.5'), 'allowed'],
    [[...accept('text/html'), ...accept('APPLICATION/JSON')], 'allowed'],
    [accept('text/html'), '406 not_acceptable'],
    [accept('*/*, application/json;q=0'), '406 not_acceptable'],
    [accept('application/*; q=0.000, */*'), '406 not_acceptable'],
    [accept('application/jsonp'), '406 not_acceptable'],
    [accept('application/json; Q = 0 ;x=1, */*'), '406 not_acceptable'],
    [accept('application/json;q=0.0;x=1'), '406 not_acceptable'],
    [accept('application/json;q=0.01'), 'allowed'],
    [accept('application/json;q=00'), 'allowed'],
    [accept('text/*'), '406 not_acceptable'],
    [accept(', ,'), 'allowed'],
  ])('%j: %s', async (fields, expected) => {
    expect(await ask({ accept: JSON_TYPE }, 'GET', ...fields)).toBe(expected)
  })

  test('one of several is enough', async () => {
    const two = { accept: ['text/csv', JSON_TYPE] }
    expect(await ask(two, 'GET', ...accept(JSON_TYPE))).toBe('allowed')
  })
})

describe('required', () => {
  const both = { type: JSON_TYPE, accept: JSON_TYPE, required: true }
  test.each([
    [[...type(JSON_TYPE), ...accept(JSON_TYPE)], 'allowed'],
    [accept(JSON_TYPE), '400 unsupported_media_type'],
    [[...type('text/plain'), ...accept(JSON_TYPE)], '400 unsupported_media_type'],
    [type(JSON_TYPE), '400 not_acceptable'],
    [[...type(JSON_TYPE), ...accept('')], '400 not_acceptable'],
    [[...type(JSON_TYPE), ...accept('text/html')], '400 not_acceptable'],
  ])('%j: %s', async (fields, expected) => {
    expect(await ask(both, 'GET', ...fields)).toBe(expected)
  })

  test('the answer names what to send', async () => {
    const decision = await gate.check(requestOf('GET', []), { accepts: both })
    expect(decision.allowed || JSON.parse(decision.body)).toMatchObject({
      detail: 'Send Content-Type: application/json.',
      status: 400,
    })
  })

  test('and all of it where several will do', async () => {
    const several = [JSON_TYPE, 'text/csv']
    for (const [accepts, detail] of [
      [{ type: several }, 'Send Content-Type: application/json or text/csv.'],
      [{ accept: several }, 'Send Accept: application/json or text/csv.'],
    ] as const) {
      const fields = [...type('text/plain'), ...accept('text/html')]
      const decision = await gate.check(requestOf('POST', fields), { accepts })
      expect(decision.allowed || JSON.parse(decision.body)).toMatchObject({ detail })
    }
  })

  test('rights come first', async () => {
    const request = requestOf('GET', [], outsider)
    expect(await gate.check(request, { accepts: both })).toMatchObject({ reason: 'policy_denied' })
    const scoped = { accepts: both, scopes: ['read'] as const }
    expect(await gate.check(requestOf('GET', []), scoped)).toMatchObject({
      reason: 'insufficient_scope',
    })
  })
})

test('a later guard asks for its own', async () => {
  const request = requestOf('POST', type('text/plain'))
  const grant = await gate.check(request, {})
  if (!grant.allowed) throw new Error('refused')
  const later = await gate.check({ ...request, grant }, { accepts: { type: JSON_TYPE } })
  expect(later).toMatchObject({ allowed: false, status: 415 })
})

test.each([
  [{}, "'accepts' must be such as"],
  [{ type: JSON_TYPE, required: 'yes' }, "'required' is true or false"],
  [{ type: 'application/json; charset=utf-8' }, 'without parameters'],
  [{ type: [] }, 'must name media types'],
  [{ tpye: JSON_TYPE }, "did you mean 'type'?"],
])('%j is refused at start-up', (accepts, message) => {
  expect(() => gate.requirement({ accepts: accepts as AcceptsRequirement })).toThrow(message)
})

test('it is asked of a gate without policies, and of a route that asks for nothing else', async () => {
  const plain = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const key = (await plain.keys.create({ name: 'CI', ownerId: 'org_1' })).secret
  const accepts = { type: JSON_TYPE }
  const ask = (value: string) => plain.check(requestOf('POST', type(value), key), { accepts })
  expect(await ask('text/plain')).toMatchObject({ reason: 'unsupported_media_type' })
  expect(await ask(JSON_TYPE)).toMatchObject({ allowed: true })
})

test('it cannot go with optional', () => {
  const requirement = { optional: true, accepts: { type: JSON_TYPE } } as const
  expect(() => gate.requirement(requirement as never)).toThrow("'accepts' needs one")
})
