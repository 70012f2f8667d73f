import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals'
import type { KeyStore } from 'sallyport'
import { databaseUrl, describeWith } from '../services.js'
import { buildCommand, type Command } from './command.js'
import { postgresPlace, sqlitePlace, type Place } from './databases.js'

jest.setTimeout(60_000)

const ENV = { SALLYPORT_PREFIX: 'acme', SALLYPORT_PEPPERS: '' }

let command: Command
let place: Place
let app: { store: KeyStore; close: () => unknown }
let files = 0

beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

async function settle(make: Promise<Place>): Promise<void> {
  place = await make
  await command.run(['migrate', '--database', place.where])
  app = await place.open()
}
afterEach(async () => {
  await app.close()
  await place.drop()
})

function secretOf(number: number): string {
  return `legacy-${String(number).padStart(9, '0')}`
}

function line(number: number, more: object = {}): string {
  const scopes = ['read:orders']
  return JSON.stringify({ name: 'A', ownerId: 'org_1', secret: secretOf(number), scopes, ...more })
}

function lines(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, at) => line(from + at))
}

function fileOf(text: readonly string[]): string {
  const name = `${String((files += 1))}.jsonl`
  writeFileSync(join(command.folder, name), `${text.join('\n')}\n`)
  return name
}

function args(file: string, ...more: readonly string[]): string[] {
  return ['keys', 'import', file, '--environment', 'live', '--database', place.where, ...more]
}

async function imported(): Promise<number> {
  let count = 0
  for (let cursor: string | undefined; ;) {
    const page = await app.store.list({ limit: 200, ...(cursor !== undefined && { cursor }) })
    count += page.items.length
    if (page.cursor === undefined) return count
    cursor = page.cursor
  }
}

const BAD = [
  line(1),
  '{"name":"A"',
  '',
  line(2, { owner: secretOf(2) }),
  line(3, { environment: secretOf(3) }),
  line(4, { allowedIps: [secretOf(4)] }),
  line(5, { name: '' }),
  line(6, { secret: 'sh0rt!!' }),
  line(1),
  line(7),
]

describe('on SQLite', () => {
  beforeEach(() => settle(sqlitePlace(command.folder)))

  test('bad lines are reported with their numbers and passed over, without their secrets', async () => {
    const { code, out, err } = await command.run(args(fileOf(BAD)), ENV)
    expect(code).toBe(4)
    expect(out).toBe('Imported 2 keys; 1 there already, 6 refused.\n')
    const reported = err.split('\n').slice(0, -1)
    expect(reported.map((one) => one.split(':')[0])).toEqual(
      [2, 4, 5, 6, 7, 8].map((number) => `line ${String(number)}`),
    )
    expect(err).not.toMatch(/legacy|sh0rt/)
    expect(await imported()).toBe(2)
  })

  test('a second run passes over what is there, and tells programs in JSON', async () => {
    const file = fileOf(lines(1, 300))
    const first = await command.run(args(file, '--json'), ENV)
    const all = { imported: 300, present: 0, refused: 0, nextLine: 301, finished: true }
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(first.out)).toEqual(all)
    const second = await command.run(args(file, '--from-line', '201', '--json'), ENV)
    expect(second).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(second.out)).toEqual({ ...all, imported: 0, present: 100 })
    expect(await imported()).toBe(300)
  })

  test('an import that was killed goes on where it was', async () => {
    const child = command.start(args('-'), ENV, 'open')
    child.stdin?.write(`${lines(1, 500).join('\n')}\n`)
    while ((await imported()) < 500) await new Promise((next) => setTimeout(next, 10))
    child.kill('SIGKILL')
    expect(await command.ended(child)).toMatchObject({ code: null })
    const { code, out } = await command.run(args(fileOf(lines(1, 1_000))), ENV)
    expect(code).toBe(0)
    expect(out).toBe('Imported 500 keys; 500 there already, 0 refused.\n')
    expect(await imported()).toBe(1_000)
  })

  test('Ctrl-C says how many are imported, and how to go on', async () => {
    const child = command.start(args('-'), ENV, 'open')
    child.stdin?.write(`${lines(1, 100).join('\n')}\n${line(101).slice(0, -2)}`)
    while ((await imported()) < 100) await new Promise((next) => setTimeout(next, 10))
    child.kill('SIGINT')
    expect(await command.ended(child)).toEqual({
      code: 130,
      out: 'Imported 100 keys; 0 there already, 0 refused.\n',
      err: 'To go on: the same command with --from-line 101\n',
    })
    const input = `${lines(1, 150).join('\n')}\n`
    const rest = await command.run(args('-', '--from-line', '101', '--json'), ENV, input)
    expect(JSON.parse(rest.out)).toMatchObject({ imported: 50, present: 0, finished: true })
  })

  test('Ctrl-C in the middle of a file says so as well', async () => {
    const file = fileOf(lines(1, 50_000))
    const child = command.start(args(file, '--json'), ENV)
    while ((await imported()) < 1) await new Promise((next) => setTimeout(next, 10))
    child.kill('SIGINT')
    const { code, out, err } = await command.ended(child)
    expect(code).toBe(130)
    const told = JSON.parse(out) as { imported: number; nextLine: number }
    expect(told).toMatchObject({ imported: await imported(), finished: false })
    expect(told.imported).toBeLessThan(50_000)
    expect(told.nextLine).toBe(told.imported + 1)
    expect(err).toBe(`To go on: the same command with --from-line ${String(told.nextLine)}\n`)
  })

  test('scopes may be any, or those that are named', async () => {
    const file = fileOf([
      line(1),
      line(2, { scopes: ['write:orders'] }),
      line(3, { scopes: ['a b'] }),
    ])
    const named = await command.run(args(file, '--scope', 'read:orders'), ENV)
    expect(named).toMatchObject({ code: 4 })
    expect(named.err).toMatch(/^line 2: .+\nline 3: .+\n$/)
    const any = await command.run(args(file), ENV)
    expect(any.out).toBe('Imported 1 key; 1 there already, 1 refused.\n')
  })

  test('a database that fails stops it, and it says how to go on', async () => {
    const file = fileOf(lines(1, 10))
    const none = join(command.folder, 'none.db')
    writeFileSync(none, 'this is no database, however long it may be'.repeat(100))
    const { code, out, err } = await command.run(
      [...args(file).slice(0, 5), '--database', none],
      ENV,
    )
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(/^error: .+\n$/)
  })
})

describeWith(databaseUrl, 'on PostgreSQL', (url) => {
  beforeEach(() => settle(postgresPlace(url)))

  test('a file with bad lines is imported, and gone on with', async () => {
    const file = fileOf([...BAD, ...lines(8, 400)])
    const first = await command.run(args(file), ENV)
    expect(first.code).toBe(4)
    expect(first.out).toBe('Imported 395 keys; 1 there already, 6 refused.\n')
    const second = await command.run(args(file, '--from-line', '11'), ENV)
    expect(second).toMatchObject({ code: 0, err: '' })
    expect(second.out).toBe('Imported 0 keys; 393 there already, 0 refused.\n')
    expect(await imported()).toBe(395)
  })

  test('tables that are taken away in the middle stop it, and it says at which line', async () => {
    const child = command.start(args('-'), ENV, 'open')
    child.stdin?.write(`${lines(1, 100).join('\n')}\n`)
    while ((await imported()) < 100) await new Promise((next) => setTimeout(next, 10))
    await place.break()
    child.stdin?.end(`${lines(101, 200).join('\n')}\n`)
    const { code, err } = await command.ended(child)
    expect(code).toBe(3)
    expect(err).toMatch(
      /^To go on: the same command with --from-line 101\nerror: The import stopped before line 101: The key store failed: .+\n$/,
    )
  })
})
