import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createPostgresAuditSink, createPostgresKeyStore } from 'sallyport/postgres'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn } from '../postgres/schema.js'
import { DatabaseSync } from '../sqlite/setup.js'
import { temporaryStores } from '../sqlite/stores.js'

/** The tables of every released version, as it made them. A file that is here is never changed. */
const FOLDER = import.meta.dirname
const released = (kind: string) =>
  readdirSync(FOLDER).filter((name) => name.endsWith(`.${kind}.sql`))
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

const ROW = `INSERT INTO sallyport_keys (id, version, digest, hint, name, owner_id, environment, kind, scopes, metadata, created_at, tenant_ids)`
const KEY = { id: 'key_good', ownerId: 'org_1', scopes: ['read'], tenantIds: ['clinic_1'] }

describeWith(databaseUrl, 'PostgreSQL: the tables of', (url) => {
  test.each(released('postgres'))(
    '%s are migrated with what is in them, and used',
    async (file) => {
      const schema = await createSchema(url)
      await schema.query(read(file))
      const values = (id: string) =>
        `('${id}', 1, '${id}', 'h', 'n', 'org_1', 'live', 'sk', '{read}', '{}', now(), '{clinic_1}')`
      await schema.query(`${ROW} VALUES ${values('key_good')}, ${values('key_odd')}`)
      // A row that no version can read stands in nobody's way.
      await schema.query(`UPDATE sallyport_keys SET retry = '{}' WHERE id = 'key_odd'`)
      const pool = await openIn(schema)
      const store = createPostgresKeyStore(pool)
      expect(await store.tables()).toMatchObject({ usable: false })
      await expect(store.findById('key_good')).rejects.toThrow()
      for (let time = 0; time < 2; time++) {
        await store.migrate()
        await createPostgresAuditSink(pool).migrate()
      }
      expect(await store.findById('key_good')).toMatchObject(KEY)
      await expect(store.findById('key_odd')).rejects.toThrow('is not a key')
      expect(await store.update('key_good', { name: 'New' }, 1)).toBe(true)
      expect((await store.list({})).items).toHaveLength(1)
      expect(await store.tables()).toMatchObject({ usable: true })
      expect(await createPostgresAuditSink(pool).state()).toEqual({ heads: [], torn: [] })
      await pool.end()
      await schema.drop()
    },
  )
})

describe('SQLite: the tables of', () => {
  const files = temporaryStores()

  test.each(released('sqlite'))('%s are migrated with what is in them, and used', async (file) => {
    const path = files.file()
    const database = new DatabaseSync(path)
    database.exec(read(file))
    for (const [id, metadata] of [
      ['key_good', '{}'],
      ['key_odd', 'no JSON'],
    ]) {
      const row = `('${String(id)}', 1, '${String(id)}', 'h', 'n', 'org_1', 'live', 'sk', '["read"]', '${String(metadata)}', 1, '["clinic_1"]')`
      database.exec(`${ROW} VALUES ${row}`)
    }
    database.close()
    const older = /made by an older sallyport/
    await expect(openSqliteKeyStore(path, { migrate: false })).rejects.toThrow(older)
    const store = await files.open(path)
    await store.migrate()
    expect(await store.findById('key_good')).toMatchObject(KEY)
    expect(() => store.findById('key_odd')).toThrow('damaged')
    expect(await store.update('key_good', { name: 'New' }, 1)).toBe(true)
    expect((await store.list({})).items).toHaveLength(1)
    expect(store.tables()).toMatchObject({ usable: true })
  })
})
