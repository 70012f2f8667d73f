import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { record } from '../adapters/sqlite/setup.js'
import { buildCommand, type Command } from './command.js'

jest.setTimeout(60_000)

const SECRET = 'acme_live_sk_0123456789abcdefghijklmnopq000000'
const CREATE = ['keys', 'create', '--name', 'A', '--owner', 'org_1', '--environment', 'live']

const EVIL = 'A\u009b31m\u202eB\u{e0041}'

let command: Command
let database: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  command = buildCommand()
  database = join(command.folder, 'keys.db')
  env = { SALLYPORT_DATABASE: database, SALLYPORT_PREFIX: 'acme' }
  const store = await openSqliteKeyStore(database)
  for (let made = 0; made < 450; made++) await store.insert(record())
  await store.insert(record({ name: EVIL, environment: 'evil' }))
  store.close()
})
afterAll(() => {
  command.remove()
})

describe('wrong usage ends with 2 and one line:', () => {
  test.each<[string, readonly string[], NodeJS.ProcessEnv, string]>([
    ['an unknown option', ['keys', 'list', '--onwer', 'a'], {}, "unknown option '--onwer'"],
    ['a value with it', ['keys', 'list', `--secret=${SECRET}`], {}, "unknown option '--secret'"],
    ['an unknown command', ['keys', 'lst'], {}, "unknown command 'lst'"],
    ['a secret as a command', ['keys', SECRET], {}, "unknown command '...'"],
    ['too much', ['migrate', SECRET], {}, 'too many arguments'],
    ['an option left out', CREATE.slice(0, 4), {}, "required option '--owner <id>' not specified"],
    ['no id', ['keys', 'get'], {}, "missing required argument 'id'"],
    ['a secret for an id', ['keys', 'revoke', SECRET], {}, "an id begins with 'key_'"],
    ['neither id nor owner', ['keys', 'revoke'], {}, 'give the id of a key, or --owner'],
    ['id and owner', ['keys', 'revoke', 'key_1', '--owner', 'a'], {}, 'give the id of a key, or'],
    ['usage of nobody', ['keys', 'usage'], {}, 'give the id of a key, and --since'],
    ['usage of both', ['keys', 'usage', 'key_1', '--owner', 'a'], {}, 'give the id of a key, and'],
    ['days of a key', ['keys', 'usage', 'key_1', '--by', 'day'], {}, 'give the id of a key, and'],
    ['two forms', ['keys', 'usage', '--owner', 'a', '--csv', '--json'], {}, 'give --csv or --json'],
    [
      'too many days',
      ['keys', 'usage', '--owner', 'a', '--from', '2029-01-01', '--to', '2030-12-31'],
      {},
      "'from' to 'to' must be 1 to 366 days",
    ],
    ['no number', ['keys', 'list', '--limit', 'x'], {}, 'It must be a whole number'],
    ['--all and --limit', ['keys', 'list', '--all', '--limit', '1'], {}, 'give --all or --limit'],
    ['no state', ['keys', 'list', '--state', 'x'], {}, 'Allowed choices are active, disabled,'],
    ['no time', ['keys', 'due', '--within', '14'], {}, 'It must be a number with its unit'],
    ['no end', [...CREATE, '--expires', '2030-02-30'], {}, 'It must be a day such as'],
    ['an end in the past', [...CREATE, '--expires', '2020-01-31'], {}, '--expires must lie in'],
    ['no network', [...CREATE, '--allow-ip', '10.0.0'], {}, "--allow-ip has '10.0.0'"],
    ['no scope', [...CREATE, '--scope', 'a b'], {}, '--scope must be visible ASCII'],
    ['no environment', [...CREATE, '--environment', 'a b'], {}, '--environment must be lower-case'],
    ['no metadata', [...CREATE, '--metadata', '[]'], {}, '--metadata must be a JSON object'],
    ['no prefix', CREATE, { SALLYPORT_PREFIX: '' }, 'say what secrets begin with'],
    ['a wrong prefix', [...CREATE, '--prefix', 'A'], {}, '--prefix must be 2 to 16'],
    ['no database', ['keys', 'list'], { SALLYPORT_DATABASE: '' }, 'say which database'],
    [
      'no such file',
      ['keys', 'list', '--database', 'x.db'],
      {},
      "no database 'x.db'; make it with",
    ],
    [
      'another kind',
      ['keys', 'list', '--database', `mysql://${SECRET}@a/b`],
      {},
      'must be the path',
    ],
    [
      'a short pepper',
      CREATE,
      { SALLYPORT_PEPPERS: 'sh0rt' },
      'SALLYPORT_PEPPERS: each pepper must',
    ],
    [
      'no pepper file',
      CREATE,
      { SALLYPORT_PEPPERS_FILE: 'x' },
      'SALLYPORT_PEPPERS_FILE: no such file',
    ],
    [
      'no import file',
      ['keys', 'import', 'x', '--environment', 'live'],
      { SALLYPORT_PEPPERS: '' },
      "'x' cannot be read",
    ],
    [
      'an import under nobody knows which peppers',
      ['keys', 'import', 'x', '--environment', 'live'],
      {},
      'SALLYPORT_PEPPERS, empty if it has none',
    ],
  ])('%s', async (_, args, more, message) => {
    const { code, out, err } = await command.run(args, { ...env, ...more })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^error: [^\n]+\n$/)
    expect(err).toContain(message)
    expect(err).not.toContain(SECRET)
    expect(err).not.toContain('sh0rt')
    expect(existsSync(join(command.folder, 'x.db'))).toBe(false)
  })
})

test.each([
  '"postgres://api:hunter2@db.example.com/api"',
  ' postgres://api:hunter2@db.example.com/api',
  'jdbc:postgresql://api:hunter2@db.example.com/api',
  'postgres:api:hunter2@db.example.com/api',
  'api:hunter2@db.example.com/api',
  'host=db user=api password=hunter2 dbname=api',
  "host=db user=api PASSWORD = 'hunter2'",
  'hunter2 of db',
])('what is neither a file nor a URL is not repeated: %s', async (where) => {
  const { code, out, err } = await command.run(['keys', 'list', '--database', where], env)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(/^error: [^\n]+\n$/)
  expect(err).not.toContain('hunter2')
})

test.each([
  ['host=db/user=api/key=hunter2', 3],
  ['host=db user=api password=hunter2 dbname=api', 2],
])('migrate repeats no name that may be none: %s', async (where, expected) => {
  const { code, out, err } = await command.run(['migrate', '--database', where], env)
  expect({ code, out }).toEqual({ code: expected, out: '' })
  expect(err).not.toContain('hunter2')
  expect(existsSync(join(command.folder, where))).toBe(false)
})

test('migrate says which file it cannot open', async () => {
  const { code, err } = await command.run(['migrate', '--database', './none/keys.db'], env)
  const message = "error: The file './none/keys.db' cannot be opened: no such file or directory\n"
  expect({ code, err }).toEqual({ code: 3, err: message })
})

describe('a database that cannot be used ends with 3 and one line:', () => {
  test.each([
    ['nobody listens', 'postgres://postgres:hunter2@127.0.0.1:1/test', 'ECONNREFUSED'],
    ['no database', 'other.txt', 'not a database'],
  ])('%s', async (_, where, message) => {
    writeFileSync(join(command.folder, 'other.txt'), 'something else '.repeat(1_000))
    for (const args of [['migrate'], ['keys', 'list'], CREATE]) {
      const { code, out, err } = await command.run([...args, '--database', where], env)
      expect({ code, out }).toEqual({ code: 3, out: '' })
      expect(err).toMatch(/^error: [^\n]+\n$/)
      expect(err).toContain(message)
      expect(err).not.toContain('hunter2')
    }
  })
})

test('peppers may be in a file', async () => {
  const pepper = 'a pepper of more than thirty-two characters'
  writeFileSync(join(command.folder, 'peppers'), `${pepper}\n`)
  const first = await command.run(CREATE, { ...env, SALLYPORT_PEPPERS_FILE: 'peppers' })
  expect(first.code).toBe(0)
  const store = await openSqliteKeyStore(database)
  const { createHash, createHmac } = await import('node:crypto')
  const plain = createHash('sha256').update(first.out.trim()).digest('base64url')
  const digest = createHmac('sha256', pepper).update(plain).digest('base64url')
  expect(await store.findByDigest(digest)).toBeDefined()
  store.close()
  const both = { SALLYPORT_PEPPERS_FILE: 'peppers', SALLYPORT_PEPPERS: pepper }
  expect(await command.run(CREATE, { ...env, ...both })).toMatchObject({ code: 2 })
})

test.each([
  [['--help'], 'Exit codes:'],
  [['keys', 'create', '--help'], 'Examples:'],
  [['--version'], '0.1.0'],
])('%j is no error', async (args, part) => {
  const { code, out, err } = await command.run(args)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain(part)
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
})

test('a reader that has enough ends it', async () => {
  const child = command.start(['keys', 'list', '--all', '--json'], env)
  child.stdout?.once('data', () => child.stdout?.destroy())
  expect(await command.ended(child)).toMatchObject({ code: 0, err: '' })
})

test('all pages have one head, and lines of one width', async () => {
  const { out } = await command.run(['keys', 'list', '--all'], env)
  const rows = out.split('\n').slice(0, -1)
  expect(rows.filter((row) => row.startsWith('ID'))).toHaveLength(1)
  const at = new Set(rows.map((row) => row.search(/STATE|active/)))
  expect(at.size).toBe(1)
})

test('what is in a key does not reach the terminal as it is', async () => {
  const list = ['keys', 'list', '--environment', 'evil']
  const { out } = await command.run(list, env)
  expect(out).toContain('A?31m?B?')
  const json = (await command.run([...list, '--json'], env)).out
  expect(json).not.toMatch(/[\u009b\u202e]|\u{e0041}/u)
  expect(JSON.parse(json)).toMatchObject({ name: EVIL })
})

test('neither does what an error says, nor a secret', async () => {
  const store = await openSqliteKeyStore(database)
  const [rotated, strange] = [
    record({ id: 'key_1evil', rotatedTo: 'key_2\x1b[2J', rotatedAt: new Date() }),
    record({ id: 'key_3evil', environment: 'live\x1b[2J' }),
  ]
  await store.insert(rotated)
  await store.insert(strange)
  store.close()
  const said = [
    await command.run(['keys', 'rotate', rotated.id], env),
    await command.run(['keys', 'rotate', strange.id], env),
  ]
  expect(said.map(({ code }) => code)).toEqual([1, 0])
  expect(said.map(({ out, err }) => out + err).join('')).not.toContain('\x1b')
})
