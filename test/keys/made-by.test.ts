import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyQuery, type KeyStore } from 'sallyport'

const KEY = { name: 'CI', ownerId: 'org_1' } as const
const BY_ANN = { subject: 'ann' } as const

async function open(store: KeyStore = createMemoryKeyStore()) {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store },
    scopes: ['read'],
    onError: () => undefined,
  })
  const ann = gate.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read'] })
  const staff = gate.as(BY_ANN)
  const keys = {
    own: await ann.keys.create(KEY),
    other: await gate.as({ subject: 'bob', ownerId: 'org_1', scopes: [] }).keys.create(KEY),
    elsewhere: await staff.keys.create({ ...KEY, ownerId: 'org_2' }),
    nobodys: await gate.keys.create(KEY),
  }
  const active = async () => {
    const { items } = await gate.keys.list({ state: 'active' })
    return Object.entries(keys).flatMap(([name, { id }]) =>
      items.some((key) => key.id === id) ? [name] : [],
    )
  }
  return { gate, ann, keys, active }
}

test('all that Ann made is listed and revoked in one call, over all owners', async () => {
  const { gate, keys, active } = await open()
  const { items } = await gate.keys.list({ createdBy: BY_ANN })
  expect(items.map(({ id }) => id).sort()).toEqual([keys.own.id, keys.elsewhere.id].sort())
  const reason = 'left the company'
  expect(await gate.keys.revokeAll({ createdBy: BY_ANN, reason })).toMatchObject({ revoked: 2 })
  expect(await active()).toEqual(['other', 'nobodys'])
  expect(await gate.keys.get(keys.own.id)).toMatchObject({ revocationReason: reason })
})

test('all that Ann made of one owner, and what a person may reach', async () => {
  const { gate, active } = await open()
  const bob = gate.as({ subject: 'bob', ownerId: 'org_2', scopes: [] })
  // The key in org_2 is of an operator, whom nobody there gets to know.
  expect(await bob.keys.revokeAll({ createdBy: BY_ANN })).toMatchObject({ revoked: 0 })
  await gate.keys.revokeAll({ ownerId: 'org_2', createdBy: BY_ANN })
  expect(await active()).toEqual(['own', 'other', 'nobodys'])
  await gate.keys.revokeAll({ ownerId: 'org_1', createdBy: BY_ANN })
  expect(await active()).toEqual(['other', 'nobodys'])
})

test('a person revokes its own keys beside those of an operator by the same name, which it does not get to know', async () => {
  const { gate, ann } = await open()
  const ours = { ...KEY, name: 'Set up by the provider' }
  const theirs = await gate.as(BY_ANN).keys.create(ours)
  const listed = async (query?: object) =>
    (await ann.keys.list(query)).items.map(({ name }) => name).sort()
  expect(await listed({ createdBy: BY_ANN })).toEqual(['CI'])
  expect(await listed()).toEqual(['CI', 'CI', 'CI', 'Set up by the provider'])
  expect(await ann.keys.revokeAll({ createdBy: BY_ANN })).toMatchObject({ revoked: 1 })
  expect(await gate.keys.get(theirs.id)).toMatchObject({ state: 'active' })
  // All of an owner are all, whoever made them.
  expect(await ann.keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 3 })
  expect(await gate.keys.get(theirs.id)).toMatchObject({ state: 'revoked' })
})

test('of a maker over all owners, the keys are read owner by owner, of those that have some', async () => {
  const store = createMemoryKeyStore()
  const asked: KeyQuery[] = []
  const { gate } = await open({
    ...store,
    list(query) {
      asked.push(query)
      return store.list(query)
    },
  })
  await gate.keys.create({ ...KEY, ownerId: 'org_3' })
  await gate.keys.revokeAll({ createdBy: BY_ANN })
  const owners = new Set(asked.slice(1).map(({ ownerId }) => ownerId))
  expect(asked[0]).not.toHaveProperty('ownerId')
  expect([...owners].sort()).toEqual(['org_1', 'org_2'])
})

test('a store that does not know the question revokes nobody else', async () => {
  const store = createMemoryKeyStore()
  const list: KeyStore['list'] = ({ createdBy: _by, search: _text, ...query }) => store.list(query)
  const { gate, ann, keys, active } = await open({ ...store, list })
  const { items } = await ann.keys.list({ createdBy: BY_ANN })
  expect(items.map(({ id }) => id)).toEqual([keys.own.id])
  await gate.keys.revokeAll({ createdBy: BY_ANN })
  expect(await active()).toEqual(['other', 'nobodys'])
  expect((await gate.keys.list({ search: 'nothing' })).items).toEqual([])
})

test('a filter that names nobody is refused', async () => {
  const { gate, active } = await open()
  for (const call of [
    () => gate.keys.revokeAll({ createdBy: {} }),
    () => gate.keys.revokeAll({ createdBy: { issuer: 'https://issuer.example' } }),
    () => gate.keys.revokeAll({ environment: 'live' } as never),
    () => gate.keys.list({ createdBy: { subject: '' } }),
    () => gate.keys.list({ search: '' }),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'invalid_key_input' })
  }
  await expect(gate.keys.revokeAll({} as never)).rejects.toThrow(
    "must have 'ownerId' or 'createdBy'",
  )
  expect(await active()).toHaveLength(4)
})

test('no page tells how many keys an operator has made, nor that there are keys in other environments', async () => {
  const gate = createGate({
    ...{ environment: ['live', 'test', 'ci'], keys: { prefix: 'acme' }, scopes: ['read'] },
  })
  const person = { subject: 'eve', ownerId: 'org_1', scopes: ['read' as const] }
  const eve = gate.as({ ...person, environments: ['test', 'ci'] })
  const make = (by: typeof gate.keys, environment: string) => by.create({ ...KEY, environment })
  const own = await make(eve.keys, 'test')
  const staff = gate.as({ subject: 'eve' }).keys
  for (let count = 0; count < 3; count++) await make(staff, 'test')
  for (let count = 0; count < 3; count++) await make(gate.keys, 'live')
  for (const createdBy of [{ subject: 'eve' }, { subject: 'nobody' }]) {
    const { items, cursor } = await eve.keys.list({ createdBy, limit: 1 })
    expect(items.map(({ id }) => id)).toEqual(createdBy.subject === 'eve' ? [own.id] : [])
    expect(cursor).toBeUndefined()
  }
  const pages: number[] = []
  let cursor: string | undefined
  do {
    const page = await eve.keys.list({ limit: 1, order: 'oldest', ...(cursor && { cursor }) })
    pages.push(page.items.length)
    ;({ cursor } = page)
  } while (cursor !== undefined)
  expect(pages).toEqual([1, 1, 1, 1])
  await gate.close()
})
