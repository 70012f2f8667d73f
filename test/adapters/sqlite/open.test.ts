import { afterEach, expect, jest, test } from '@jest/globals'
import { DatabaseSync } from '@photostructure/sqlite'
import { record } from './setup.js'

const DRIVERS = ['node:sqlite', 'better-sqlite3', '@photostructure/sqlite']

/** Opens where only these drivers work, the others failing as they do when they were installed and not built. */
async function openWith(...working: readonly string[]) {
  const used: string[] = []
  for (const name of DRIVERS) {
    const open = function (path: string) {
      if (!working.includes(name)) throw new Error(`${name} has no binary\nRequire stack`)
      used.push(`${name} ${path}`)
      return new DatabaseSync(path)
    }
    jest.unstable_mockModule(name, () => ({ DatabaseSync: open, default: open }), { virtual: true })
  }
  const { openSqliteKeyStore } = await import('sallyport/sqlite')
  const store = await openSqliteKeyStore(':memory:')
  await store.insert(record())
  store.close()
  return used.map((use) => use.replace(' :memory:', '')).slice(1)
}

afterEach(() => {
  jest.resetModules()
})

test.each([
  [DRIVERS, 'node:sqlite'],
  [DRIVERS.slice(1), 'better-sqlite3'],
  [DRIVERS.slice(2), '@photostructure/sqlite'],
])('of %j, the first is taken', async (working, taken) => {
  expect(await openWith(...working)).toEqual([taken])
})

test('where none works, it says what to install, and what was wrong with each', async () => {
  await expect(openWith()).rejects.toMatchObject({
    name: 'MisuseError',
    code: 'not_supported',
    message: `openSqliteKeyStore: no SQLite driver works here; use Node 22.13 or later, or: npm install better-sqlite3, or: npm install @photostructure/sqlite
  node:sqlite: node:sqlite has no binary
  better-sqlite3: better-sqlite3 has no binary
  @photostructure/sqlite: @photostructure/sqlite has no binary`,
  })
})
