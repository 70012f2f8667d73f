import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createGate, StoreError } from 'sallyport'
import { openSqliteKeyStore } from 'sallyport/sqlite'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-replaced-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

test.each([
  [
    'moved',
    (path: string) => {
      renameSync(path, `${path}.1`)
    },
  ],
  [
    'replaced by a copy',
    (path: string) => {
      copyFileSync(path, `${path}.copy`)
      renameSync(path, `${path}.1`)
      renameSync(`${path}.copy`, path)
    },
  ],
])('nothing is changed in a database that was %s, until it is back', async (_name, disturb) => {
  const path = join(directory, 'keys.db')
  const store = await openSqliteKeyStore(path)
  const options = { environment: 'live', keys: { prefix: 'acme', store }, scopes: [] } as const
  const gate = createGate({ ...options, onError: () => undefined })
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  // Control: it is there.
  expect(await gate.verify(secret)).toMatchObject({ allowed: true })
  disturb(path)
  // Nobody else would see that it is revoked.
  await expect(gate.keys.revoke(id)).rejects.toThrow(StoreError)
  await expect(gate.keys.create({ name: 'CI', ownerId: 'org_1' })).rejects.toThrow(StoreError)
  expect(() => store.findById(id)).toThrow('was moved or replaced')
  renameSync(`${path}.1`, path)
  await gate.keys.revoke(id)
  expect(await gate.verify(secret)).toMatchObject({ allowed: false })
  await gate.close()
  store.close()
})

test('control: a database in memory has no place', async () => {
  const store = await openSqliteKeyStore(':memory:')
  expect(store.findById('key_1')).toBeUndefined()
  store.close()
})
