import { describe, expect, test } from '@jest/globals'
import type { Decision } from 'sallyport'
import { createPair, openGate, issuerWith, signToken } from '../jwt/issuer.js'

const pair = createPair('EdDSA', 'login')
const identify = () => ({ ownerId: 'org_1', environment: 'live' })

type Scope = 'read:orders' | 'write:orders'

/** What a route that asks for these scopes says to a caller that has those. */
async function ask(
  by: 'key' | 'token',
  held: readonly Scope[],
  scopes: readonly Scope[],
  anyScope: readonly Scope[] = [],
  onError?: (error: unknown) => void,
) {
  const { gate } = openGate([issuerWith(pair, { identify })], { ...(onError && { onError }) })
  const key = { name: 'CI', ownerId: 'org_1', scopes: held }
  const credential =
    by === 'key'
      ? (await gate.keys.create(key)).secret
      : await signToken({ scope: held.join(' ') }, pair)
  return gate.check(
    {
      ...{ method: 'GET', url: '/', rawHeaders: ['Authorization', `Bearer ${credential}`] },
      peer: { address: '203.0.113.9', encrypted: true },
    },
    { scopes: [...scopes], ...(anyScope.length > 0 && { anyScope: [...anyScope] }) },
  )
}

function bodyOf(decision: Decision): unknown {
  return decision.allowed ? undefined : JSON.parse(decision.body)
}

describe.each([
  ['key', 'API key'],
  ['token', 'access token'],
] as const)('a %s', (by, name) => {
  test('with every scope of the route is let in', async () => {
    expect(await ask(by, ['read:orders', 'write:orders'], ['write:orders'])).toMatchObject({
      allowed: true,
    })
  })

  test('without the second of two is told so', async () => {
    const decision = await ask(by, ['read:orders'], ['read:orders', 'write:orders'])
    expect(decision).toMatchObject({ reason: 'insufficient_scope', status: 403 })
    expect(bodyOf(decision)).toMatchObject({
      detail: `The ${name} lacks the scope write:orders.`,
      missingScopes: ['write:orders'],
    })
  })

  test('without any of them is told all', async () => {
    expect(bodyOf(await ask(by, [], ['read:orders', 'write:orders']))).toMatchObject({
      detail: `The ${name} lacks the scopes read:orders, write:orders.`,
      missingScopes: ['read:orders', 'write:orders'],
    })
  })
})

test.each<[readonly Scope[], readonly Scope[], string]>([
  [['read:orders'], [], 'read:orders'],
  [['read:orders', 'write:orders'], [], 'read:orders write:orders'],
  [[], ['read:orders', 'write:orders'], 'read:orders or write:orders'],
  [['read:orders'], ['read:orders', 'write:orders'], 'read:orders read:orders or write:orders'],
])('the operator is told what %j and any of %j was expected', async (scopes, any, expected) => {
  const decision = await ask('key', [], scopes, any)
  expect(decision).toMatchObject({ cause: { check: 'scope', expected, got: '[]' } })
})

test.each(['key', 'token'] as const)('and where the scopes of a %s come from', async (by) => {
  const told: unknown[] = []
  await ask(by, [], ['read:orders'], [], (error) => told.push(error))
  const isToken = by === 'token'
  expect(String(told).includes("A token has the scopes in 'scope'")).toBe(isToken)
})

test('several alternatives are told with commas', async () => {
  const decision = await ask('key', [], [], ['read:orders', 'write:orders'])
  expect(bodyOf(decision)).toMatchObject({
    detail: 'The API key lacks one of the scopes read:orders, write:orders.',
  })
})
