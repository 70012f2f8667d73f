import { describe, expect, test } from '@jest/globals'
import type { KeyStore } from 'sallyport'
import { createSqliteKeyStore } from 'sallyport/sqlite'
import { DatabaseSync, record } from './setup.js'

describe('at any size', () => {
  const page = { limit: 50 }
  const at = new Date()
  const created = 'sallyport_keys USING INDEX sallyport_keys'
  const queries: [string, (store: KeyStore) => unknown, string][] = [
    [
      'by digest',
      (store) => store.findByDigest('x'),
      'SEARCH sallyport_keys USING INDEX sqlite_autoindex_sallyport_keys_2 (digest=?)',
    ],
    [
      'by id',
      (store) => store.findById('x'),
      'SEARCH sallyport_keys USING INDEX sqlite_autoindex_sallyport_keys_1 (id=?)',
    ],
    [
      'of an owner',
      (store) => store.list({ ...page, ownerId: 'org_1', environment: 'live' }),
      `SEARCH ${created}_by_owner (owner_id=?)`,
    ],
    [
      'of an environment',
      (store) => store.list({ ...page, environment: 'test', standing: { state: 'active', at } }),
      `SEARCH ${created}_by_environment (environment=?)`,
    ],
    [
      'revoked',
      (store) => store.list({ ...page, standing: { state: 'revoked', at }, environment: 'live' }),
      `SCAN ${created}_revoked`,
    ],
    [
      'expired',
      (store) => store.list({ ...page, standing: { state: 'expired', at } }),
      `SCAN ${created}_ending`,
    ],
    [
      'disabled',
      (store) => store.list({ ...page, standing: { state: 'disabled', at } }),
      `SCAN ${created}_disabled`,
    ],
    ['all', (store) => store.list(page), `SCAN ${created}_by_time`],
    [
      'due',
      (store) =>
        store.list({
          ...page,
          standing: { state: 'active', at },
          unrotatedSince: at,
          order: 'oldest',
        }),
      `SEARCH ${created}_unrotated (created_at<?)`,
    ],
  ]

  test.each(queries)('%s: an index leads there, and nothing is sorted', async (_, ask, plan) => {
    const database = new DatabaseSync(':memory:')
    const asked: string[] = []
    const store = createSqliteKeyStore({
      exec: (sql) => {
        database.exec(sql)
      },
      prepare(sql) {
        asked.push(sql)
        return database.prepare(sql)
      },
    })
    await store.migrate()
    await ask(store)
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${asked.at(-1) ?? ''}`).all() as {
      detail: string
    }[]
    const details = steps.map(({ detail }) => detail)
    expect(details[0]).toBe(plan)
    expect(details.join('\n')).not.toMatch(/TEMP B-TREE|SCAN sallyport_key_usage/)
    database.close()
  })

  test('a statement is prepared once, however often it is run', async () => {
    const database = new DatabaseSync(':memory:')
    let prepared = 0
    const store = createSqliteKeyStore({
      exec: (sql) => {
        database.exec(sql)
      },
      prepare(sql) {
        prepared += 1
        return database.prepare(sql)
      },
    })
    await store.migrate()
    const round = async () => {
      const key = record()
      await store.insert(key)
      await store.update(key.id, { name: 'x' }, 1)
      await store.rotate(key.id, 2, new Date(), record())
      await store.list({ ownerId: 'org_1' })
      await store.findByDigest(key.digest)
    }
    await round()
    const before = prepared
    for (let index = 0; index < 20; index++) await round()
    expect(prepared).toBe(before)
    database.close()
  })
})
