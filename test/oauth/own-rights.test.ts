import { expect, test } from '@jest/globals'
import { openIssuer } from './http/api.js'

async function openHeld(resources?: readonly string[], tenantIds: string[] | null = ['a', 'b']) {
  const { gate, create } = openIssuer()
  const key = await create({ ...(resources && { resources }), ...(tenantIds && { tenantIds }) })
  const { accessToken } = await gate.tokens.exchange(key.secret)
  const authOf = async () => {
    const decision = await gate.verify(accessToken)
    if (!decision.allowed) throw new Error(decision.reason)
    return decision.auth
  }
  return { gate, id: key.id, authOf }
}

test('the auth of a token says which resources its key is held to, and none where it is not', async () => {
  const held = await openHeld(['orders/o_1'])
  expect(await held.authOf()).toHaveProperty('resources', ['orders/o_1'])
  const free = await openHeld()
  expect(await free.authOf()).not.toHaveProperty('resources')
})

test.each([
  [['orders/o_1', 'notes/*'], ['orders/o_2', 'notes/n_1'], ['notes/n_1']],
  [['orders/*'], ['orders/o_2'], ['orders/o_2']],
  [['orders/o_1'], ['orders/*'], ['orders/o_1']],
  [['orders/o_1'], ['orders/o_2'], []],
  [['orders/o_1'], null, ['orders/o_1']],
  [undefined, ['orders/o_2'], ['orders/o_2']],
])(
  'a token for %j whose key is then held to %j has what is in both, also where it is remembered',
  async (given, now, both) => {
    const { gate, id, authOf } = await openHeld(given)
    await authOf()
    await gate.keys.update(id, { resources: now })
    expect(await authOf()).toHaveProperty('resources', both)
  },
)

test('a tenant that is taken from its key is gone from the token, and one that comes is not there', async () => {
  const { gate, id, authOf } = await openHeld()
  expect(await authOf()).toMatchObject({ tenantIds: ['a', 'b'] })
  await gate.keys.update(id, { tenantIds: ['b', 'c'] })
  expect(await authOf()).toMatchObject({ tenantIds: ['b'] })
  await gate.keys.update(id, { tenantIds: ['a', 'c'] })
  expect(await authOf()).toMatchObject({ tenantIds: ['a'] })
})

test.each([
  [['a', 'b'], null],
  [['a', 'b'], []],
  [null, ['a']],
  [null, []],
])(
  'a token for the tenants %j whose key is then held to %j is for none, and not for all',
  async (given, now) => {
    const { gate, id, authOf } = await openHeld(undefined, given)
    await gate.keys.update(id, { tenantIds: now })
    expect(await authOf()).toMatchObject({ tenantIds: [], noTenants: true })
  },
)

test('a token of a key that is held to no tenants has no member that says so', async () => {
  const { authOf } = await openHeld(undefined, null)
  const auth = await authOf()
  expect(auth).toMatchObject({ tenantIds: [] })
  expect(Object.keys(auth)).not.toContain('noTenants')
})
