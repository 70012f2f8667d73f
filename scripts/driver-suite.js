/**
 * `node driver-suite.js <driver>`, beside an installed sallyport: the cases for key stores, and what the drivers do each in their own
 * way. `none` expects that no driver is there. Run by scripts/drivers.js.
 */
import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuplicateKeyError } from 'sallyport'
import { createSqliteKeyStore, openSqliteKeyStore } from 'sallyport/sqlite'
import { keyStoreCases } from 'sallyport/testing'

const [, , driver] = process.argv
const folder = mkdtempSync(join(tmpdir(), 'sallyport-driver-'))
let files = 0
try {
  if (driver === 'none') await expectNone()
  else await runAll(await load(driver))
} finally {
  rmSync(folder, { recursive: true })
}

async function load(name) {
  const module = await import(name)
  return module.DatabaseSync ?? module.default
}

async function expectNone() {
  await assert.rejects(openSqliteKeyStore(':memory:'), /npm install better-sqlite3/)
  console.log(`no driver: refused, with what to install (Node ${process.versions.node})`)
}

async function runAll(Database) {
  const open = async (path = join(folder, `${(files += 1)}.db`)) => {
    const store = createSqliteKeyStore(new Database(path))
    await store.migrate()
    return store
  }
  const cases = [
    ...keyStoreCases(() => open(':memory:')),
    ...keyStoreCases(() => open()),
    ...keyStoreCases(() => openSqliteKeyStore(join(folder, `${(files += 1)}.db`))),
    ...ownCases(open, Database),
  ]
  const failed = []
  for (const { name, run } of cases) {
    try {
      await run()
    } catch (error) {
      failed.push(name)
      console.error(`${name}\n${error.stack}`)
    }
  }
  const { version } = new Database(':memory:').prepare('SELECT sqlite_version() AS version').get()
  const where = `SQLite ${version}, Node ${process.versions.node}`
  console.log(`${driver} (${where}): ${cases.length - failed.length} of ${cases.length} cases pass`)
  if (failed.length > 0) process.exitCode = 1
}

function ownCases(open, Database) {
  return [
    {
      name: 'a digest that is taken is not renewed to',
      async run() {
        const store = await open()
        store.insert(record('a'))
        store.insert(record('b'))
        assert.throws(() => store.update('a', { digest: 'digest b' }, 1), DuplicateKeyError)
      },
    },
    {
      name: 'text with a NUL is refused, and never found',
      async run() {
        const store = await open()
        store.insert(record('a'))
        assert.throws(() => store.insert({ ...record('b'), ownerId: 'a\0' }), TypeError)
        assert.equal(store.findById('a\0'), undefined)
      },
    },
    {
      name: 'a change of one connection is heard on another, a use is not',
      async run() {
        const path = join(folder, 'feed.db')
        const [one, other] = [await open(path), await open(path)]
        const heard = []
        const { catchUp, close } = one.changes.listen({
          changed: (change) => heard.push(change),
          lost: (cause) => assert.fail(cause),
        })
        other.insert(record('a'))
        const lastUsedAt = new Date()
        other.recordUsage([
          { keyId: 'a', environment: 'live', day: '2030-01-01', count: 1, lastUsedAt },
        ])
        catchUp()
        close()
        assert.deepEqual(heard, [{ id: 'a', version: 1 }])
        assert.deepEqual(one.findById('a').lastUsedAt, lastUsedAt)
      },
    },
    {
      name: 'a write behind another is given up',
      async run() {
        const path = join(folder, 'busy.db')
        const store = await open(path)
        store.insert(record('a'))
        const other = new Database(path)
        other.exec('BEGIN IMMEDIATE')
        assert.throws(() => store.update('a', { name: 'x' }, 1), /database is locked/)
        other.exec('ROLLBACK')
        other.close()
        assert.equal(store.update('a', { name: 'x' }, 1), true)
      },
    },
    {
      name: 'tables are made once, whoever comes at the same time',
      async run() {
        const path = join(folder, 'once.db')
        const stores = Array.from({ length: 4 }, () => createSqliteKeyStore(new Database(path)))
        await Promise.all(stores.map((store) => store.migrate()))
        assert.equal(stores[0].findById('a'), undefined)
      },
    },
  ]
}

function record(id) {
  return {
    id,
    version: 1,
    digest: `digest ${id}`,
    hint: 'acme_...',
    name: 'A key',
    ownerId: 'org_1',
    environment: 'live',
    kind: 'sk',
    scopes: [],
    metadata: {},
    createdAt: new Date(),
  }
}
