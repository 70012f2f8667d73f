import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createSchema, openIn, type Schema } from '../adapters/postgres/schema.js'
import { shell } from '../adapters/sqlite/setup.js'
import { databaseUrl, describeWith } from '../services.js'
import { buildCommand, type Command } from './command.js'

jest.setTimeout(60_000)

let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})
const check = (where: string) => command.run(['migrate', '--check', '--database', where])

/** For NODE_OPTIONS: no driver of SQLite can be imported. */
const NO_DRIVER = `--import data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module'
  register('data:text/javascript,' + encodeURIComponent(\`
    export function resolve(name, context, next) {
      if (/sqlite/.test(name) && !/^[./]|^file:/.test(name)) throw new Error('none of ' + name)
      return next(name, context)
    }\`))`)}`

test('without a driver of SQLite, one line says once what to install, and no file is left', async () => {
  const args = ['migrate', '--database', 'none.db']
  const { code, err } = await command.run(args, { NODE_OPTIONS: NO_DRIVER })
  expect(code).toBe(3)
  expect(err).toBe(
    'error: no SQLite driver works here; use Node 22.13 or later, or: npm install better-sqlite3, or: npm install @photostructure/sqlite\n',
  )
  expect(existsSync(join(command.folder, 'none.db'))).toBe(false)
})

describe('migrate says what it did', () => {
  test('to a file', async () => {
    const where = join(command.folder, 'said.db')
    const migrate = async () => (await command.run(['migrate', '--database', where])).out
    const created = await migrate()
    const [, known = ''] = /version (\d+)/.exec(created) ?? []
    expect(created).toBe(
      `The file ${where} was created.\nThe tables were created: version ${known}.\n`,
    )
    expect(await migrate()).toBe(
      `The tables are up to date: version ${known}. Nothing was changed.\n`,
    )
    // As the version before had it.
    shell(where, 'DROP INDEX sallyport_used_ids_of_owner')
    shell(where, 'CREATE INDEX sallyport_used_ids_by_owner ON sallyport_used_ids (owner)')
    shell(where, 'UPDATE sallyport_migrations SET version = version - 1')
    const before = String(Number(known) - 1)
    expect(await migrate()).toBe(`The tables were upgraded from version ${before} to ${known}.\n`)
  })
})

describe('migrate --check on a file', () => {
  test('says both versions, ends with 0 or 1, and changes nothing', async () => {
    const where = join(command.folder, 'check.db')
    ;(await openSqliteKeyStore(where)).close()
    expect(await check(where)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^keys: tables of version (\d+), .* this one is \1, and works with them\n$/,
      ) as unknown,
    })
    for (const [column, code, words] of [
      ['version = version + 1', 0, 'works with them'],
      ['readable_from = version', 1, 'is too old for them'],
      ['version = 1', 1, 'needs a migration'],
    ] as const) {
      shell(where, `UPDATE sallyport_migrations SET ${column}`)
      const before = readFileSync(where)
      expect(await check(where)).toMatchObject({
        code,
        out: expect.stringContaining(words) as unknown,
      })
      expect(readFileSync(where).equals(before)).toBe(true)
    }
  })

  test('leaves the log of an app that was killed, which still counts', async () => {
    const from = join(command.folder, 'open.db')
    const where = join(command.folder, 'killed.db')
    const store = await openSqliteKeyStore(from)
    const files = ['', '-wal']
    for (const file of files) copyFileSync(from + file, where + file)
    store.close()
    const before = files.map((file) => readFileSync(where + file))
    expect(before[1]?.length).toBeGreaterThan(0)
    expect(await check(where)).toMatchObject({ code: 0 })
    expect(files.map((file, i) => before[i]?.equals(readFileSync(where + file)))).toEqual([
      true,
      true,
    ])
  })

  test('makes no file beside one that is closed', async () => {
    const where = join(command.folder, 'closed.db')
    await command.run(['migrate', '--database', where])
    // Other databases of this folder are closed at their own time.
    const files = () => readdirSync(command.folder).filter((name) => name.startsWith('closed.db'))
    expect(files()).toEqual(['closed.db'])
    expect(await check(where)).toMatchObject({ code: 0 })
    expect(files()).toEqual(['closed.db'])
  })

  test('makes no file', async () => {
    const where = join(command.folder, 'none.db')
    expect(await check(where)).toMatchObject({ code: 2 })
    expect(existsSync(where)).toBe(false)
  })
})

describeWith(databaseUrl, 'migrate --check on PostgreSQL', (url) => {
  let schema: Schema
  beforeAll(async () => {
    schema = await createSchema(url)
  })
  afterAll(() => schema.drop())

  test('says what is missing, and makes none of it', async () => {
    expect(await check(schema.url)).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^keys: there are no tables.*\naudit: there are no tables/,
      ) as unknown,
    })
    expect(await schema.query(`SELECT to_regclass('sallyport_migrations')::text AS found`)).toEqual(
      [{ found: null }],
    )
    const migrate = async () => (await command.run(['migrate', '--database', schema.url])).out
    expect(await migrate()).toMatch(
      /^The tables of keys were created: version \d+\.\nThe tables of audit were created: version \d+\.\n$/,
    )
    expect(await migrate()).toMatch(
      /^The tables of keys are up to date: .*\nThe tables of audit are up to date: /,
    )
    expect(await check(schema.url)).toMatchObject({ code: 0 })
    await schema.query(
      `UPDATE sallyport_migrations SET version = 99, readable_from = 98 WHERE part = 'audit'`,
    )
    expect(await check(schema.url)).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /works with them\naudit: tables of version 99.*too old/,
      ) as unknown,
    })
  })

  test('and a trail writes nothing into a table that it is too old for', async () => {
    const { createPostgresAuditSink } = await import('sallyport/postgres')
    const pool = await openIn(schema)
    const message = { name: 'AuditError', cause: { name: 'TablesError' } }
    await expect(createPostgresAuditSink(pool).state()).rejects.toMatchObject(message)
    await expect(
      createPostgresAuditSink(pool).write([{ line: '{}' } as never]),
    ).rejects.toMatchObject(message)
    await pool.end()
  })
})
