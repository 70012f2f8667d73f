import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { daysOf, PER_DAY, withinDay, writeDays } from '../../adapters/file/old.js'
import { SIGNING } from '../../audit/gates.js'
import { buildCommand, type Command, type Ended } from '../command.js'

// Each test starts several processes.
jest.setTimeout(60_000)

const DAY_MS = 86_400_000
/** Five days of these are older than the retention, and five are not. */
const SINCE = withinDay(Date.now() - (2_192 + 5) * DAY_MS + 3_600_000)

let command: Command
let folder: string
let place: string
let count = 0
beforeAll(() => {
  command = buildCommand()
  writeFileSync(join(command.folder, 'audit.pub.pem'), SIGNING.publicKeys.join())
})
afterAll(() => {
  command.remove()
})
beforeEach(() => {
  folder = `trail-${String(++count)}`
  place = join(command.folder, folder)
})

const run = (...args: string[]): Promise<Ended> => command.run(['audit', ...args])
const verify = (...args: string[]) =>
  run('verify', folder, '--public-key', 'audit.pub.pem', ...args)
const prune = (where: string, ...args: string[]) =>
  run('prune', where, '--public-key', 'audit.pub.pem', ...args)
const files = () => readdirSync(place).sort()
const lineCount = () =>
  files().reduce(
    (sum, name) => sum + readFileSync(join(place, name), 'latin1').split('\n').length - 1,
    0,
  )

/** Changes a file of the trail, line by line. */
function edit(index: number, change: (lines: string[]) => string[]): string {
  const name = files().at(index) ?? ''
  const path = join(place, name)
  writeFileSync(path, change(readFileSync(path, 'latin1').split('\n')).join('\n'))
  return name
}

test('audit verify ends with 1 where there are no records', async () => {
  mkdirSync(place)
  expect(await run('verify', folder)).toMatchObject({
    code: 1,
    out: expect.stringContaining('0 writers: 0 valid') as unknown,
  })
  expect((await run('verify', folder)).out).toContain('There are no records here.')
})

describe('audit verify', () => {
  beforeEach(() => writeDays(place, daysOf('a.1', SINCE, 10)))

  test('of a trail that is whole ends with 0', async () => {
    expect(await verify()).toEqual({
      ...{ code: 0, err: '' },
      out: '1 writer: 100 valid, 0 invalid, 0 missing, 0 unproven\n',
    })
  })

  test('of a trail of which nothing is proven ends with 1, unless that is said to be right', async () => {
    const out =
      '1 writer: 0 valid, 0 invalid, 0 missing, 100 unproven\nWithout --public-key, nothing is proven.'
    expect(await run('verify', folder)).toEqual({
      ...{ code: 1, err: '' },
      out: `${out} If nobody signs this trail, give --unsigned.\n`,
    })
    expect(await run('verify', folder, '--unsigned')).toEqual({ code: 0, err: '', out: `${out}\n` })
    edit(1, (lines) => lines.with(2, (lines[2] ?? '').replace('ward', 'word')))
    expect((await run('verify', folder, '--unsigned')).code).toBe(1)
  })

  test('of a trail whose first checkpoint is still to come says when it comes', async () => {
    edit(0, (lines) => [...lines.slice(0, 4), ''])
    for (const name of files().slice(1)) rmSync(join(place, name))
    const { code, out } = await verify()
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      '1 writer: 0 valid, 0 invalid, 0 missing, 4 unproven',
      'No checkpoint vouches for these records yet. While the API runs with audit.key, the next one comes within 60 s.',
      '',
    ])
  })

  test('names what is wrong, goes on after it, and ends with 1', async () => {
    const changed = edit(1, (lines) => lines.with(2, (lines[2] ?? '').replace('ward', 'word')))
    const removed = edit(4, (lines) => lines.toSpliced(5, 2))
    const { code, out, err } = await verify()
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^1 writer: \d\d valid, 1 invalid, 2 missing, \d+ unproven$/),
      `${changed}:3: changed`,
      `${removed}:6: missing a.1 45, 2 records`,
      '',
    ])
    const json = await verify('--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.out)).toMatchObject({
      ...{ writers: 1, invalid: 1, missing: 2, torn: 0, dropped: 0 },
      findings: [
        { fault: 'changed', where: `${changed}:3` },
        { fault: 'missing', where: `${removed}:6`, writer: 'a.1', seq: 45, count: 2 },
      ],
    })
  })

  test('of what a crash has broken off names the place, and ends with 0', async () => {
    const torn = edit(-1, (lines) => [...lines.slice(0, 4), lines[4]?.slice(0, 100) ?? ''])
    expect(await verify()).toEqual({
      ...{ code: 0, err: '' },
      out: [
        '1 writer: 90 valid, 0 invalid, 0 missing, 4 unproven',
        '1 line broken off by a crash, and never acknowledged',
        `${torn}:5: torn\n`,
      ].join('\n'),
    })
  })

  test('says where it tells of the first hundred alone', async () => {
    for (let n = 0; n < 10; n++) edit(n, (lines) => lines.map((line) => line && `${line} `))
    const { code, out } = await verify()
    expect(code).toBe(1)
    expect(out.split('\n').slice(0, 2)).toEqual([
      '0 writers: 0 valid, 100 invalid, 0 missing, 0 unproven',
      expect.stringMatching(/:1: changed$/),
    ])
    expect(out).not.toContain('...')
    edit(0, (lines) => [...lines, 'and more', ''])
    expect((await verify()).out).toMatch(/changed\n\.\.\.\n$/)
  })

  test.each([
    [
      ['verify', 'nowhere'],
      "the directory 'nowhere' cannot be read: no such file or directory; to begin a trail there, write: mkdir -m 700 nowhere",
    ],
    [
      ['verify', '.', '--public-key', 'none.pem'],
      "--public-key: 'none.pem' cannot be read: no such file",
    ],
    [
      ['verify', '.', '--public-key', '../package.json'],
      "--public-key: '../package.json' is no Ed25519 key in PEM",
    ],
    [['verify'], 'say where the trail is'],
    [['verify', '.', '--retention', 'six'], '--retention'],
  ])('%j is refused with 2', async (args, message) => {
    const { code, out, err } = await run(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })
})

describe('audit prune', () => {
  beforeEach(() => writeDays(place, daysOf('a.1', SINCE, 10), 3_000))

  test('takes what is older than six years, and what is left is proven as before', async () => {
    const names = files().length
    const old = 5 * PER_DAY - 1
    const { code, out, err } = await prune(folder)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toBe(
      `${String(old)} records pruned, ${String(names - files().length)} files removed.\n`,
    )
    expect(lineCount()).toBe(10 * PER_DAY - old)
    expect(await verify()).toMatchObject({
      ...{ code: 0, out: '1 writer: 51 valid, 0 invalid, 0 missing, 0 unproven\n' },
    })
    expect((await prune(folder)).out).toBe('0 records pruned, 0 files removed.\n')
    // Control: what is taken beyond that is missing.
    rmSync(join(place, files()[0] ?? ''))
    expect((await verify()).code).toBe(1)
  })

  test('without a key, cuts at every checkpoint, and says loudly what is not proven', async () => {
    const { code, out, err } = await run('prune', folder)
    expect({ code, out }).toEqual({
      ...{ code: 0, out: expect.stringMatching(/^49 records pruned/) as unknown },
    })
    expect(err).toMatch(/^warning: without --public-key, it is not proven who .+\n$/)
    expect(await verify()).toMatchObject({ code: 0 })
  })

  test('takes less where less is asked for, and more where less is kept', async () => {
    expect((await prune(folder, '--older-than', '2194')).out).toMatch(/^29 records pruned/)
    expect((await prune(folder, '--retention', '2190')).out).toMatch(/^40 records pruned/)
    // Whoever keeps less has to say so here as well.
    expect((await verify()).code).toBe(1)
    expect((await verify('--retention', '2190')).code).toBe(0)
  })

  test.each([
    [
      ['--older-than', '2191'],
      'records are kept for 2,192 days; --older-than must be at least that',
    ],
    [['--older-than', '30'], 'records are kept for 2,192 days'],
    [['--retention', '3000', '--older-than', '2999'], 'records are kept for 3,000 days'],
    [['--older-than', '99999999999'], '99999999999d is too long: give at most 36500 days'],
    [['--older-than', '-1'], '--older-than'],
    [['--retention', '0'], '--retention'],
  ])('refuses what is younger with 2: %j', async (args, message) => {
    const before = lineCount()
    const { code, out, err } = await prune(folder, ...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(lineCount()).toBe(before)
  })

  test('of a place that is not there is refused with 2', async () => {
    expect(await prune('nowhere')).toMatchObject({ code: 2, out: '' })
    expect((await run('prune')).err).toContain('say where the trail is')
  })
})
