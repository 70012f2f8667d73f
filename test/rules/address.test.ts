import { expect, test } from '@jest/globals'
import { createGate } from 'sallyport'

/** What is said to a key with such a list, from such an address. */
async function decide(
  allowedIps: readonly string[] | undefined,
  address: string | undefined,
  onError: (error: unknown) => void = () => undefined,
) {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [], onError })
  const key = { name: 'CI', ownerId: 'org_1', ...(allowedIps && { allowedIps: [...allowedIps] }) }
  const { secret } = await gate.keys.create(key)
  return gate.check({
    ...{ method: 'GET', url: '/', rawHeaders: ['X-API-Key', secret] },
    peer: { address, encrypted: true },
  })
}

async function verdict(...key: Parameters<typeof decide>) {
  const decision = await decide(...key)
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

test.each([
  ['203.0.114.9', "'203.0.114.9'", 'If this is the address of a proxy'],
  [undefined, 'a client whose address is not known', 'A proxy may be missing'],
])('the operator is told where a key was refused: from %s', async (address, got, fix) => {
  const told: unknown[] = []
  const denial = await decide(['203.0.113.0/24'], address, (error) => told.push(error))
  const expected = "an address in 'allowedIps' of the key"
  expect(denial).toMatchObject({ cause: { check: 'address', expected, got } })
  expect(String(told)).toContain(`${expected}. ${fix}`)
})
