import {
  chmodSync,
  chownSync,
  mkdtempSync,
  promises,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { MisuseError, parseAuditLine, verifyTrail, type TrailReport } from 'sallyport'
import { createAuditFiles, pruneAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { daysOf, PER_DAY, writeDays } from './old.js'

const DAY_MS = 86_400_000
const NOW = Date.parse('2030-06-01T12:00:00.000Z')
/** What was written before this is older than the retention. */
const BEFORE = new Date(NOW - 2_192 * DAY_MS)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-prune-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

function report(publicKeys: readonly string[] = SIGNING.publicKeys): Promise<TrailReport> {
  return verifyTrail(createAuditFiles(directory).lines(), { publicKeys, clock: () => NOW })
}

async function linesIn(): Promise<string[]> {
  const lines: string[] = []
  for await (const { line } of createAuditFiles(directory).lines()) lines.push(line)
  return lines
}

const prune = (before = BEFORE) =>
  pruneAuditFiles(directory, { before, clock: () => NOW, publicKeys: SIGNING.publicKeys })

describe('a trail of ten days, five of which are older than the retention', () => {
  const since = new Date(BEFORE.getTime() - 5 * DAY_MS).toISOString()

  test.each([
    ['in a file for each day', undefined],
    ['in many small files', 3_000],
    ['in files of two records', 1_500],
  ])('%s: what is old goes, and the rest remains provable', async (_name, maxBytes) => {
    const days = daysOf('a.1', since, 10)
    await writeDays(directory, days, maxBytes)
    const all = days.flat().map(({ line }) => line)
    expect(await linesIn()).toEqual(all)
    const names = readdirSync(directory)
    const pruned = await prune()
    // The checkpoint of the fifth day stays, and vouches for what was before it.
    expect(pruned.records).toBe(5 * PER_DAY - 1)
    expect(await linesIn()).toEqual(all.slice(5 * PER_DAY - 1))
    expect(readdirSync(directory)).toHaveLength(names.length - pruned.files)
    const rest = all.length - pruned.records
    expect(await report()).toMatchObject({
      ...{ writers: 1, valid: rest, invalid: 0, missing: 0, unproven: 0, findings: [] },
    })
    expect(await prune()).toEqual({ files: 0, records: 0 })
    // Control: the proof is the signature of that checkpoint.
    expect(await report([])).toMatchObject({ missing: 5 * PER_DAY - 1 })
  })

  test('what is wrong in the rest is found at its place, as before', async () => {
    await writeDays(directory, daysOf('a.1', since, 10))
    await prune()
    const name = readdirSync(directory).sort()[3] ?? ''
    const path = join(directory, name)
    const lines = readFileSync(path, 'latin1').split('\n')
    writeFileSync(path, lines.toSpliced(4, 1).join('\n'))
    expect((await report()).findings).toMatchObject([{ fault: 'missing', where: `${name}:5` }])
    writeFileSync(path, lines.with(6, lines[6]?.replace('ward', 'word') ?? '').join('\n'))
    expect((await report()).findings).toEqual([{ fault: 'changed', where: `${name}:7` }])
  })

  test('control: whoever takes more than prune does is found out', async () => {
    const days = daysOf('a.1', since, 10)
    await writeDays(directory, days)
    for (const name of readdirSync(directory).sort().slice(0, 5)) rmSync(join(directory, name))
    expect(await report()).toMatchObject({ missing: 5 * PER_DAY })
    // Nor is a checkpoint that is younger than the retention a beginning.
    const [name = ''] = readdirSync(directory).sort()
    const lines = readFileSync(join(directory, name), 'latin1').trimEnd().split('\n')
    expect(parseAuditLine(lines.at(-1) ?? '')).toMatchObject({ kind: 'checkpoint' })
    writeFileSync(join(directory, name), `${lines.at(-1) ?? ''}\n`)
    expect(await report()).toMatchObject({ missing: 6 * PER_DAY - 1 })
  })

  test('one that was killed on its way is run again', async () => {
    await writeDays(directory, daysOf('a.1', since, 10), 3_000)
    const names = readdirSync(directory).sort()
    // As if it had come as far as the file of the checkpoint, and not rewritten it.
    const files = names.filter((name) => name < BEFORE.toISOString().slice(0, 10))
    for (const name of files.slice(0, -1)) rmSync(join(directory, name))
    writeFileSync(join(directory, `.${files.at(-1) ?? ''}.part`), 'half of it')
    expect((await report()).missing).toBeGreaterThan(0)
    await prune()
    expect(await report()).toMatchObject({ valid: 5 * PER_DAY + 1, missing: 0, findings: [] })
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('without a checkpoint among what is old, nothing goes', async () => {
    const unsigned = daysOf('a.1', since, 10, (day) => day > 4)
    await writeDays(directory, unsigned)
    expect(await prune()).toEqual({ files: 0, records: 0 })
    expect(await report()).toMatchObject({ valid: 10 * PER_DAY, missing: 0 })
  })

  test('a line that cannot be read is evidence: it stays, and all that follows it', async () => {
    await writeDays(directory, daysOf('a.1', since, 10))
    const [, , name = ''] = readdirSync(directory).sort()
    const path = join(directory, name)
    writeFileSync(path, readFileSync(path, 'latin1').replace('ward', 'word'))
    expect((await prune()).records).toBe(2 * PER_DAY - 1)
    expect((await report()).findings).toEqual([{ fault: 'changed', where: expect.any(String) }])
  })

  test('each chain is cut by itself, and one that another process has seen whole is not missed', async () => {
    await writeDays(directory, daysOf('a.1', since, 3))
    await writeDays(directory, daysOf('b.1', since, 10))
    const gate = auditedGate({ sink: createAuditFiles(directory), key: SIGNING.key })
    const { secret } = await gate.keys.create(KEY)
    await gate.check(requestWith(secret))
    await gate.close()
    expect(await prune()).toMatchObject({ records: 3 * PER_DAY - 1 + 5 * PER_DAY - 1 })
    expect(await report()).toMatchObject({ writers: 3, invalid: 0, missing: 0, findings: [] })
  })
})

describe('what is younger than the retention', () => {
  test.each([
    ['one millisecond', { before: new Date(BEFORE.getTime() + 1), clock: () => NOW }],
    ['all of it', { before: new Date(NOW), clock: () => NOW }],
    [
      'with a retention of ten years',
      { before: BEFORE, clock: () => NOW, retention: '3653d' as const },
    ],
    ['by no date', { before: new Date(Number.NaN), clock: () => NOW }],
  ])('is refused: %s', async (_name, options) => {
    await writeDays(directory, daysOf('a.1', '2020-01-01', 3))
    const before = await linesIn()
    await expect(
      pruneAuditFiles(directory, { ...options, publicKeys: SIGNING.publicKeys }),
    ).rejects.toThrow(MisuseError)
    await expect(
      pruneAuditFiles(directory, { ...options, publicKeys: SIGNING.publicKeys }),
    ).rejects.toThrow(/'before' must be at least/)
    expect(await linesIn()).toEqual(before)
  })

  test('control: at its very end it is taken', async () => {
    await writeDays(directory, daysOf('a.1', '2020-01-01', 3))
    expect(await prune()).toEqual({ files: 2, records: 3 * PER_DAY - 1 })
  })

  test('stays where a record of it is in a file of an older day', async () => {
    const [old = [], young = []] = daysOf('a.1', BEFORE.toISOString().slice(0, 10), 2)
    await writeDays(directory, [old])
    const [name = ''] = readdirSync(directory)
    const path = join(directory, name)
    writeFileSync(
      path,
      `${readFileSync(path, 'latin1')}${young.map(({ line }) => `${line}\n`).join('')}`,
    )
    expect(await prune()).toEqual({ files: 0, records: PER_DAY - 1 })
    expect(await report()).toMatchObject({ valid: PER_DAY + 1, missing: 0 })
  })
})

test('the file of this day is left alone, however short the retention: it may be written to', async () => {
  const files = createAuditFiles(directory)
  const entries = daysOf('a.1', new Date(Date.now() - 3_600_000).toISOString(), 1).flat()
  await files.write(entries)
  const now = Date.now()
  const bounds = {
    before: new Date(now),
    clock: () => now,
    retention: '0d' as const,
    publicKeys: SIGNING.publicKeys,
  }
  expect(await pruneAuditFiles(directory, bounds)).toEqual({ files: 0, records: 0 })
  await files.close?.()
  // Control: a day later it is one of the past.
  const later = { ...bounds, clock: () => now + DAY_MS }
  expect(await pruneAuditFiles(directory, later)).toMatchObject({ records: PER_DAY - 1 })
})

describe('a file that is written anew', () => {
  const old = (writer: string) => daysOf(writer, '2020-01-01', 1).flat()

  /** Two chains, each in a file of which a part goes. */
  async function twoChains(): Promise<readonly string[]> {
    for (const writer of ['a.1', 'b.1']) await writeDays(directory, [old(writer)])
    return readdirSync(directory).map((name) => join(directory, name))
  }

  test('has the owner, the group and the mode of the old one', async () => {
    const paths = await twoChains()
    const isRoot = process.getuid?.() === 0
    for (const path of paths) {
      if (isRoot) chownSync(path, 65_534, 65_533)
      chmodSync(path, 0o640)
    }
    const before = paths.map((path) => statSync(path))
    expect((await prune()).records).toBe(2 * (PER_DAY - 1))
    const after = paths.map((path) => statSync(path))
    const asItIs = ({ uid, gid, mode }: Stats) => ({ uid, gid, mode })
    expect(after.map(asItIs)).toEqual(before.map(asItIs))
    // Control: it is another file.
    expect(after.map(({ size }) => size)).not.toEqual(before.map(({ size }) => size))
  })

  test('and cannot be, is left as it was, and so are all others', async () => {
    await twoChains()
    const [names, lines] = [readdirSync(directory), await linesIn()]
    const { open } = promises
    promises.open = async (...given) => {
      const handle = await open(...given)
      if (String(given[0]).includes('.b.1.0001.jsonl.part')) {
        handle.chmod = () => Promise.reject(new Error('EPERM'))
      }
      return handle
    }
    try {
      await expect(prune()).rejects.toThrow('EPERM')
    } finally {
      promises.open = open
    }
    expect(readdirSync(directory)).toEqual(names)
    expect(await linesIn()).toEqual(lines)
  })

  test('is not written through a link that has its name', async () => {
    await writeDays(directory, [old('a.1')])
    const [name = ''] = readdirSync(directory)
    const elsewhere = join(directory, 'elsewhere')
    writeFileSync(elsewhere, 'kept')
    symlinkSync(elsewhere, join(directory, `.${name}.part`))
    await prune()
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept')
    expect(readdirSync(directory)).toEqual([name, 'elsewhere'])
  })
})
