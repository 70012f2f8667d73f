import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { record, shell } from './setup.js'
import { temporaryStores } from './stores.js'

const stores = temporaryStores()

/** What a newer version would do: a column that restricts keys, and a higher number. */
function renew(path: string, readableFrom?: number): void {
  shell(path, 'ALTER TABLE sallyport_keys ADD COLUMN purposes TEXT')
  shell(path, 'UPDATE sallyport_migrations SET version = version + 1')
  if (readableFrom !== undefined) {
    shell(path, 'UPDATE sallyport_migrations SET readable_from = ?', readableFrom)
  }
}

test('a running store refuses a key with a value that it does not know, and no other', async () => {
  const path = stores.file()
  const store = await stores.open(path)
  const [held, free] = [record(), record()]
  await store.insertAll?.([held, free])
  renew(path)
  shell(path, 'UPDATE sallyport_keys SET purposes = ? WHERE id = ?', 'research', held.id)
  const refused = { name: 'TablesError', message: expect.stringContaining('purposes') as unknown }
  expect(() => store.findByDigest(held.digest)).toThrow(expect.objectContaining(refused))
  const version = 2
  const successor = record({ rotatedFrom: held.id })
  expect(() => store.rotate(held.id, version, new Date(), successor)).toThrow(
    expect.objectContaining(refused),
  )
  expect(await store.findById(successor.id)).toBeUndefined()
  expect(await store.findByDigest(free.digest)).toEqual(free)
  expect((await store.list({})).items).toEqual([free])
  shell(path, 'ALTER TABLE sallyport_keys DROP COLUMN purposes')
  shell(path, 'UPDATE sallyport_migrations SET version = version - 1')
  expect(await store.findById(held.id)).toMatchObject({ id: held.id })
})

test("a column that is not of a newer version is the operator's own", async () => {
  const path = stores.file()
  const store = await stores.open(path)
  const key = record()
  await store.insert(key)
  shell(path, 'ALTER TABLE sallyport_keys ADD COLUMN note TEXT')
  shell(path, "UPDATE sallyport_keys SET note = 'mine'")
  expect(await store.findById(key.id)).toMatchObject({ id: key.id })
})

test('tables that are no longer for this version let nothing through', async () => {
  const path = stores.file()
  const store = await stores.open(path)
  const key = record()
  await store.insert(key)
  renew(path, 99)
  const message = /made by a newer sallyport.*from version 99 on/s
  expect(() => store.findByDigest(key.digest)).toThrow(message)
  expect(() => store.findByDigest('nobody')).toThrow(message)
  expect(() => store.insert(record())).toThrow(message)
  expect(() => store.list({})).toThrow(message)
  await expect(store.migrate()).rejects.toThrow(message)
})

test('who listens is told once of another version', async () => {
  const path = stores.file()
  const store = await stores.open(path)
  const lost: unknown[] = []
  const listener = { changed: () => undefined, lost: (cause: unknown) => void lost.push(cause) }
  const first = await store.changes?.listen(listener)
  renew(path)
  expect(() => first?.catchUp?.()).toThrow(/version \d+, made by a newer sallyport/)
  expect(lost).toHaveLength(1)
  const second = await store.changes?.listen(listener)
  await second?.catchUp?.()
  expect(lost).toHaveLength(1)
  await second?.close()
})

test('the files are for their user alone, whatever the umask; one that is there keeps its mode', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-modes-'))
  const umask = process.umask(0)
  try {
    const store = await openSqliteKeyStore(join(folder, 'keys.db'))
    await store.insert(record())
    const modes = readdirSync(folder).map((name) => [
      name,
      statSync(join(folder, name)).mode & 0o777,
    ])
    expect(Object.fromEntries(modes)).toEqual({
      'keys.db': 0o600,
      'keys.db-shm': 0o600,
      'keys.db-wal': 0o600,
    })
    store.close()
    writeFileSync(join(folder, 'own.db'), '')
    chmodSync(join(folder, 'own.db'), 0o640)
    ;(await openSqliteKeyStore(join(folder, 'own.db'))).close()
    expect(statSync(join(folder, 'own.db')).mode & 0o777).toBe(0o640)
  } finally {
    process.umask(umask)
    rmSync(folder, { recursive: true })
  }
})
