import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createSqliteKeyStore, openSqliteKeyStore, reportSqliteTables } from 'sallyport/sqlite'
import { start, type Child } from './processes.js'
import { DatabaseSync, record, shell, temporaryFolder } from './setup.js'

// Each process that a test starts is compiled anew; on a busy machine that takes seconds.
jest.setTimeout(60_000)

const folder = temporaryFolder()
const children: Child[] = []

function run(...args: Parameters<typeof start>): Child {
  const child = start(...args)
  children.push(child)
  return child
}

afterEach(async () => {
  for (const child of children) child.kill()
  await Promise.all(children.splice(0).map(({ ended }) => ended))
})
afterAll(folder.remove)

describe('a key that is revoked in one process', () => {
  /** How long another process, which remembers the key, goes on letting it in; at most `patience` ms. */
  async function delay(patience: number, ...without: string[]): Promise<number> {
    const path = folder.file()
    const store = await openSqliteKeyStore(path)
    const gate = createGate({ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] })
    const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const server = run('serve', path, ...without)
    const ask = async () => {
      server.tell(secret)
      return server.next()
    }
    expect(await server.next()).toBe('ready')
    // The first answer may come before the server listens, and is not remembered then.
    for (let asked = 0; asked < 3; asked++) expect(await ask()).toBe('allowed')
    await gate.keys.revoke(id)
    const revoked = performance.now()
    let passed = 0
    while ((await ask()) === 'allowed' && passed < patience) {
      await setTimeout(10)
      passed = performance.now() - revoked
    }
    await gate.close()
    store.close()
    return passed
  }

  test('is refused in another within a second', async () => {
    expect(await delay(5_000)).toBeLessThan(1_000)
  })

  test('and goes on working there when the feed is left out', async () => {
    expect(await delay(1_000, 'without-feed')).toBeGreaterThanOrEqual(1_000)
  })
})

test('listening keeps no process alive', async () => {
  const child = run('listen', folder.file())
  expect(await child.next()).toBe('ready')
  expect(await child.ended).toBe(0)
})

describe('what kill -9 leaves', () => {
  interface Row {
    readonly id: string
    readonly name: string
    readonly version: number
    readonly rotated_from: string | null
    readonly rotated_to: string | null
    readonly expires_at: number | null
  }

  /** Everything that is half done. */
  function torn(path: string, one: string, other: string): string[] {
    const rows = shell(path, 'SELECT * FROM sallyport_keys') as unknown as Row[]
    const byId = new Map(rows.map((row) => [row.id, row]))
    const links = rows.flatMap(({ id, rotated_from: from, rotated_to: to, expires_at: ends }) => [
      ...(to !== null && byId.get(to)?.rotated_from !== id ? [`${id} has no successor`] : []),
      ...(from !== null && byId.get(from)?.rotated_to !== id ? [`${id} has no predecessor`] : []),
      ...((to === null) !== (ends === null) ? [`${id} is rotated and goes on`] : []),
    ])
    const pair = [byId.get(one), byId.get(other)].map((row) => [row?.name, row?.version])
    const same = JSON.stringify(pair[0]) === JSON.stringify(pair[1])
    const [check] = shell(path, 'PRAGMA integrity_check')
    return [
      ...links,
      ...(same ? [] : [`of two keys, one was changed: ${JSON.stringify(pair)}`]),
      ...(check?.['integrity_check'] === 'ok' ? [] : [JSON.stringify(check)]),
    ]
  }

  async function prepare() {
    const path = folder.file()
    const store = await openSqliteKeyStore(path)
    const keys = [record(), record({ name: '0' }), record({ name: '0' })]
    for (const key of keys) await store.insert(key)
    store.close()
    const [id = '', one = '', other = ''] = keys.map((key) => key.id)
    return { path, id, one, other }
  }

  // The first statement begins the transaction, the last commits it.
  test.each([2, 3, 4].flatMap((at) => [['rotate', at] as const, ['updateAll', at] as const]))(
    'of %s, cut after statement %i, is all or nothing',
    async (what, at) => {
      const { path, id, one, other } = await prepare()
      const [subject, partner] = what === 'rotate' ? [id, ''] : [one, other]
      const child = run('die', path, what, subject, partner, String(at))
      expect(await child.next()).toBeUndefined()
      expect(await child.ended).toBe('SIGKILL')
      expect(torn(path, one, other)).toEqual([])
      const changed = shell(path, 'SELECT id FROM sallyport_keys WHERE version = 2')
      expect(changed).toHaveLength(at < 4 ? 0 : what === 'rotate' ? 1 : 2)
    },
  )

  test('is not cut after the fourth: there is no fifth', async () => {
    const { path, id } = await prepare()
    expect(await run('die', path, 'rotate', id, '', '5').next()).toBe('survived')
  })

  test('in the midst of many, whenever it comes', async () => {
    const { path, id, one, other } = await prepare()
    let current = id
    for (let round = 0; round < 4; round++) {
      const pair = shell(path, 'SELECT version FROM sallyport_keys WHERE id = ?', one)
      const child = run('churn', path, current, one, other, String(pair[0]?.['version']))
      expect(await child.next()).toBe('ready')
      await setTimeout(randomInt(5, 60))
      child.kill()
      expect(await child.ended).toBe('SIGKILL')
      expect(torn(path, one, other)).toEqual([])
      const [last] = shell(
        path,
        'SELECT id FROM sallyport_keys WHERE rotated_to IS NULL AND name NOT GLOB ?',
        '[0-9]*',
      )
      current = String(last?.['id'])
    }
    expect(current).not.toBe(id)
  })

  test('is found when there is no transaction', async () => {
    const { path, id, one, other } = await prepare()
    const store = await openSqliteKeyStore(path)
    const rotatedTo = 'key_never_made'
    await store.update(id, { rotatedTo, expiresAt: new Date() }, 1)
    await store.update(one, { name: '1' }, 1)
    store.close()
    expect(torn(path, one, other)).toHaveLength(2)
  })
})

describe('two processes that start at once', () => {
  test('both find the tables made, once', async () => {
    const starters = [run('migrate'), run('migrate')]
    await Promise.all(starters.map(({ next }) => next()))
    for (let round = 0; round < 20; round++) {
      const path = folder.file()
      for (const { tell } of starters) tell(path)
      const answers = await Promise.all(starters.map(({ next }) => next()))
      expect(answers).toEqual(['done', 'done'])
      expect(shell(path, 'SELECT count(*) AS keys FROM sallyport_keys')).toMatchObject([
        { keys: 2 },
      ])
      const { tables, known } = await reportSqliteTables(path)
      expect(tables?.version).toBe(known)
      expect(shell(path, 'SELECT part FROM sallyport_migrations')).toEqual([{ part: 'keys' }])
    }
  })

  /** Migrates, while another connection makes a table as soon as this one has read that there is none. */
  async function interfered(locked: boolean) {
    const path = folder.file()
    const database = new DatabaseSync(path)
    const other = new DatabaseSync(path, { timeout: 0 })
    const seen: string[] = []
    const store = createSqliteKeyStore({
      exec: (sql) => {
        database.exec(sql)
      },
      prepare(sql) {
        const transaction = /^(BEGIN|COMMIT|ROLLBACK)/.test(sql)
        if (transaction || !sql.startsWith('SELECT')) {
          return database.prepare(transaction && !locked ? 'SELECT 1' : sql)
        }
        const statement = database.prepare(sql)
        return {
          run: (...values) => statement.run(...values),
          all: (...values) => statement.all(...values) as unknown[],
          get(...values) {
            const row = statement.get(...values) as unknown
            try {
              other.exec('CREATE TABLE sallyport_keys (id TEXT)')
            } catch (error) {
              seen.push(String(error))
            }
            return row
          },
        }
      },
    })
    try {
      await store.migrate()
      return seen
    } catch (error) {
      return String(error)
    } finally {
      database.close()
      other.close()
    }
  }

  test('cannot come between each other', async () => {
    const seen = await interfered(true)
    expect(seen).not.toHaveLength(0)
    for (const each of seen) expect(each).toMatch(/database is locked/)
  })

  test('control: without the lock they would', async () => {
    expect(await interfered(false)).toMatch(/sallyport_keys already exists/)
  })
})

describe('a file', () => {
  test('is opened as often as one likes, and keeps what it has', async () => {
    const path = folder.file()
    const key = record()
    const first = await openSqliteKeyStore(path)
    await first.insert(key)
    await first.migrate()
    first.close()
    expect(() => first.findById(key.id)).toThrow(/not open|closed|finalized/)
    const second = await openSqliteKeyStore(path)
    expect(await second.findById(key.id)).toEqual(key)
    second.close()
    expect(shell(path, 'PRAGMA journal_mode')).toMatchObject([{ journal_mode: 'wal' }])
  })

  test('of a newer version is used where that says so, and not touched', async () => {
    const path = folder.file()
    const store = await openSqliteKeyStore(path)
    store.close()
    shell(path, `UPDATE sallyport_migrations SET version = 99`)
    ;(await openSqliteKeyStore(path)).close()
    shell(path, `UPDATE sallyport_migrations SET readable_from = 98`)
    await expect(openSqliteKeyStore(path)).rejects.toThrow(/version 99, made by a newer sallyport/)
    expect(shell(path, 'SELECT version FROM sallyport_migrations')).toMatchObject([{ version: 99 }])
  })

  test.each([
    ['without tables', undefined, /missing, or were made by an older sallyport/],
    ['of an older version', 0, /missing, or were made by an older sallyport/],
    ['of a newer version', 99, /version 99, made by a newer sallyport/],
  ])('%s is neither migrated nor used where that is not wanted', async (_, version, message) => {
    const path = folder.file()
    if (version !== undefined) {
      ;(await openSqliteKeyStore(path)).close()
      shell(
        path,
        'UPDATE sallyport_migrations SET version = ?, readable_from = ?',
        version,
        version,
      )
    }
    const before = shell(path, 'SELECT * FROM sqlite_schema')
    await expect(openSqliteKeyStore(path, { migrate: false })).rejects.toThrow(message)
    expect(shell(path, 'SELECT * FROM sqlite_schema')).toEqual(before)
  })

  test('with the tables of this version is used without a migration', async () => {
    const path = folder.file()
    ;(await openSqliteKeyStore(path)).close()
    const store = await openSqliteKeyStore(path, { migrate: false })
    await store.insert(record())
    store.close()
  })

  test('in a folder that is not there is not opened', async () => {
    await expect(openSqliteKeyStore('/nowhere/at/all.db')).rejects.toThrow(/unable to open/)
  })
})

describe('while another process writes', () => {
  test('reads go on, and a write is given up in time', async () => {
    const path = folder.file()
    const database = new DatabaseSync(path)
    const store = createSqliteKeyStore(database)
    await store.migrate()
    const key = record()
    await store.insert(key)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    other.exec(`UPDATE sallyport_keys SET name = 'not yet'`)
    expect(await store.findByDigest(key.digest)).toEqual(key)
    expect(() => store.update(key.id, { name: 'late' }, 1)).toThrow(/database is locked/)
    const { timeout } = database.prepare('PRAGMA busy_timeout').get() as { timeout: number }
    expect(timeout).toBeLessThan(250)
    other.exec('ROLLBACK')
    expect(await store.update(key.id, { name: 'in time' }, 1)).toBe(true)
    other.close()
    database.close()
  })

  test('a commit is synced to the disk, whatever the connection had before', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('PRAGMA synchronous = OFF')
    createSqliteKeyStore(database)
    // 2 is FULL.
    expect(database.prepare('PRAGMA synchronous').get()).toMatchObject({ synchronous: 2 })
    database.close()
  })
})
