import { hash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { IdShareError } from 'sallyport'
import { createSqliteReplayStore, openSqliteKeyStore } from 'sallyport/sqlite'
import { replayStoreCases } from 'sallyport/testing'
import { closedAfterEach } from './closed.js'
import { shell, temporaryFolder } from './setup.js'

const { file } = temporaryFolder()
const openAt = closedAfterEach()
const openReplayAt = async (path: string) => createSqliteReplayStore(await openAt(path))

const later = () => Date.now() + 60_000

describe('what was used once, in SQLite', () => {
  const openPair = async () => {
    const path = file()
    return [await openReplayAt(path), await openReplayAt(path)] as const
  }
  const openClosed = async () => {
    const { database, close } = await openSqliteKeyStore(file())
    const store = createSqliteReplayStore(database)
    close()
    return store
  }
  test.each(replayStoreCases(openPair, openClosed))('$name', ({ run }) => run())

  test('an owner has a share of its own, and others are served', async () => {
    const path = file()
    const store = await openReplayAt(path)
    const named = hash('sha256', 'org_1', 'base64url')
    // A hash begins with any of these.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    shell(
      path,
      `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000)
      INSERT INTO sallyport_used_ids
        SELECT substr('${letters}', n % 64 + 1, 1) || n, '${named}', ${String(later())} FROM n`,
    )
    const add = async (ownerId: string) =>
      store.addIfAbsent('one more', later(), { forMs: 60_000, ownerId })
    await expect(add('org_1')).rejects.toThrow(IdShareError)
    expect(await add('org_2')).toBe(true)
    expect(await add('org_1')).toBe(false)
    // Counting all of them would hold up the process.
    const plan = shell(
      path,
      `EXPLAIN QUERY PLAN SELECT count(*) FROM (SELECT 1 FROM sallyport_used_ids
        WHERE owner = 'a' AND owner <> '' AND substr(id, 1, 1) = 'b' AND until > 1 LIMIT 9)`,
    )
    expect(JSON.stringify(plan)).toContain('sallyport_used_ids_of_owner (owner=? AND <expr>=?')
  })

  test('those that have ended are removed with each that is added', async () => {
    const path = file()
    const store = await openReplayAt(path)
    for (let n = 0; n < 6; n++) {
      shell(path, `INSERT INTO sallyport_used_ids VALUES ('ended_${String(n)}', '', 1)`)
    }
    await store.addIfAbsent('one', later())
    await store.addIfAbsent('two', later())
    expect(shell(path, 'SELECT count(*) AS count FROM sallyport_used_ids')).toEqual([{ count: 2 }])
  })

  test('what is over cannot be kept', async () => {
    const store = await openReplayAt(file())
    expect(() => store.addIfAbsent('late', Date.now() - 1)).toThrow(RangeError)
  })
})
