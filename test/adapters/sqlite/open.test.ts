import { afterEach, expect, jest, test } from '@jest/globals'
import { DatabaseSync } from '@photostructure/sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** What each driver is opened with; each knows an option of its own, and better-sqlite3 refuses that of the others. */
async function reportWith(driver: string, path: string) {
  const opened: unknown[] = []
  for (const name of DRIVERS) {
    const open = function (file: string, options: object = {}) {
      if (name !== driver) throw new Error(`${name} has no binary`)
      if (name === 'better-sqlite3' && 'readOnly' in options)
        throw new TypeError('Misspelled option "readOnly" should be "readonly"')
      if (file === path) opened.push(options)
      return new DatabaseSync(file)
    }
    jest.unstable_mockModule(name, () => ({ DatabaseSync: open, default: open }), { virtual: true })
  }
  const { reportSqliteTables } = await import('sallyport/sqlite')
  const { usable } = await reportSqliteTables(path)
  return { usable, opened }
}

test.each([
  ['node:sqlite', { readOnly: true }],
  ['better-sqlite3', { readonly: true }],
  ['@photostructure/sqlite', { readOnly: true }],
])('%s is asked in its own words for a connection that only reads', async (driver, asked) => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-open-'))
  const path = join(folder, 'keys.db')
  expect(await reportWith(driver, path)).toEqual({ usable: false, opened: [{}] })
  jest.resetModules()
  // Its log is there for as long as it is open.
  const { openSqliteKeyStore } = await import('sallyport/sqlite')
  const store = await openSqliteKeyStore(path)
  try {
    jest.resetModules()
    expect(await reportWith(driver, path)).toEqual({ usable: true, opened: [asked] })
  } finally {
    store.close()
    rmSync(folder, { recursive: true })
  }
})
