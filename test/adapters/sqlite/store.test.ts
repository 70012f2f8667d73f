import { describe, expect, test } from '@jest/globals'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { keyStoreCases } from 'sallyport/testing'
import { record, shell } from './setup.js'
import { temporaryStores } from './stores.js'

const { file, open } = temporaryStores()

describe.each([
  ['in memory', () => open()],
  ['in a file', () => open(file())],
])('the SQLite store %s', (_, openStore) => {
  for (const { name, run } of keyStoreCases(openStore)) test(name, run)
})

test('brings tables of the first version to what this one needs, with what is in them', async () => {
  const path = file()
  const before = await openSqliteKeyStore(path)
  const key = record()
  await before.insert(key)
  before.close()
  for (const trigger of ['created', 'changed'])
    shell(path, `DROP TRIGGER sallyport_keys_${trigger}`)
  for (const column of [
    ...['plan', 'plan_limit', 'tenant_ids', 'resources'],
    ...['created_by', 'disabled_over_http_at', 'metadata_over_http'],
  ]) {
    shell(path, `ALTER TABLE sallyport_keys DROP COLUMN ${column}`)
  }
  shell(path, 'DROP INDEX sallyport_keys_by_end')
  const outbox = ['changed_owners', 'outbox', 'outbox_targets', 'outbox_marks', 'jobs', 'reminders']
  const tables = [
    'key_suspensions',
    'access',
    'agreements',
    'revisions',
    'usage',
    'used_ids',
    'reviews',
  ]
  for (const table of [...tables, ...outbox]) shell(path, `DROP TABLE sallyport_${table}`)
  shell(path, 'UPDATE sallyport_migrations SET version = 1')
  const store = await open(path)
  expect(await store.findById(key.id)).toEqual(key)
  const plan = { plan: 'pro', limit: 5_000 }
  const patch = { ...plan, tenantIds: ['clinic_1'], resources: ['records/*'] }
  expect(await store.update(key.id, patch, 1)).toBe(true)
  expect(await store.findById(key.id)).toEqual({ ...key, ...patch, version: 2 })
})
