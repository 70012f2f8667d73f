import { expect, test } from '@jest/globals'
import { createGate } from 'sallyport'

/** What is said to a key with such a list, from such an address. */
async function verdict(allowedIps: readonly string[] | undefined, address: string | undefined) {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const key = { name: 'CI', ownerId: 'org_1', ...(allowedIps && { allowedIps: [...allowedIps] }) }
  const { secret } = await gate.keys.create(key)
  const decision = await gate.check({
    ...{ method: 'GET', url: '/', rawHeaders: ['X-API-Key', secret] },
    peer: { address, encrypted: true },
  })
  return decision.allowed ? 'allowed' : `${String(decision.status)} ${decision.reason}`
}

test.each([
  [undefined, '203.0.113.9', 'allowed'],
  [undefined, undefined, 'allowed'],
  [['203.0.113.0/24'], '203.0.113.9', 'allowed'],
  [['203.0.113.0/24'], '203.0.114.9', '403 address_not_allowed'],
  [['203.0.113.0/24'], undefined, '403 address_not_allowed'],
  [[], '203.0.113.9', '403 address_not_allowed'],
] as const)('a key held to %j comes from %s: %s', async (allowedIps, address, expected) => {
  expect(await verdict(allowedIps, address)).toBe(expected)
})
