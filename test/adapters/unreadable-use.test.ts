import { expect, test } from '@jest/globals'
import { createGate, type KeyStore } from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { firstOf } from '../dose.js'
import { openEmbedded } from './postgres/embedded.js'
import { shell } from './sqlite/setup.js'
import { temporaryStores } from './sqlite/stores.js'

const { file, open } = temporaryStores()

/** A key that was used on two days, of which one cannot be read any more. */
async function checkThatItIsRevoked(store: KeyStore, spoil: () => unknown): Promise<void> {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] })
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const use = { keyId: id, environment: 'live', count: 2, lastUsedAt: new Date(1_000) }
  await store.recordUsage([
    { ...use, day: '2030-01-01' },
    { ...use, day: '2030-01-02' },
  ])
  const since = new Date(0)
  expect(await gate.keys.usage(id, { since })).toHaveLength(2)
  await spoil()
  expect((await gate.verify(secret)).allowed).toBe(true)
  expect(await gate.keys.get(id)).toMatchObject({ id, state: 'active' })
  expect((await gate.keys.list({ ownerId: 'org_1' })).items).toMatchObject([{ id }])
  const days = await gate.keys.usage(id, { since })
  expect(days.filter(({ day }) => day.startsWith('2030'))).toMatchObject([{ day: '2030-01-01' }])
  expect(await gate.keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 1 })
  expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
  await gate.close()
}

test.each([
  ['last_used_at = 9223372036854775807'],
  ['last_used_at = 9007199254740991'],
  ['count = 9223372036854775807, last_used_at = 8640000000000001'],
])('SQLite: a key with uses of %s can be managed and revoked', async (change) => {
  const path = file()
  await checkThatItIsRevoked(await open(path), () =>
    shell(path, `UPDATE sallyport_key_usage SET ${change} WHERE day = '2030-01-02'`),
  )
})

const CHANGES = [
  ["count = 9223372036854775807, last_used_at = '290000-01-01'"],
  ["last_used_at = '294276-01-01'"],
] as const
test.each(firstOf(1, CHANGES))(
  'PostgreSQL: a key with uses of %s can be managed and revoked',
  async (change) => {
    const database = await openEmbedded()
    const store = createPostgresKeyStore(database)
    await store.migrate()
    await checkThatItIsRevoked(store, () =>
      database.query(`UPDATE sallyport_key_usage SET ${change} WHERE day = '2030-01-02'`),
    )
    await database.close()
  },
)
