import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  promises,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { queryTrail, verifyTrail, type StartRecord } from 'sallyport'
import { createAuditFiles, pruneAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { until } from '../until.js'
import { daysOf, PER_DAY, writeDays } from './old.js'

const NAME = '2030-01-01.x.y.0001.jsonl'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-entries-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

function makeFifo(path: string): void {
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
}

/** What may have the name of a file of a trail and is none, and how it is named. */
const ENTRIES: readonly [string, (path: string) => void, RegExp][] = [
  [
    'a directory',
    (path) => {
      mkdirSync(path)
    },
    /0001\.jsonl: a directory/,
  ],
  ['a FIFO', makeFifo, /0001\.jsonl: a FIFO/],
  [
    'a broken link',
    (path) => {
      symlinkSync('nowhere', path)
    },
    /a link that leads nowhere/,
  ],
  [
    'a link to itself',
    (path) => {
      symlinkSync(path, path)
    },
    /a link that leads nowhere/,
  ],
  [
    'a link to a directory',
    (path) => {
      symlinkSync('..', path)
    },
    /a link to a directory/,
  ],
  [
    'a link to a FIFO',
    (path) => {
      makeFifo(`${path}.fifo`)
      symlinkSync(`${path}.fifo`, path)
    },
    /a link to a FIFO/,
  ],
]

describe.each(ENTRIES)('%s with the name of a file of the trail', (_name, make, named) => {
  test('does not keep a trail from beginning, and is named', async () => {
    for (let n = 1; n <= 5; n++) make(join(directory, NAME.replace('0001', `000${String(n)}`)))
    const told: string[] = []
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink, mode: 'required', key: SIGNING.key }, (error) =>
      told.push(String(error)),
    )
    const { secret } = await gate.keys.create(KEY)
    // On a busy machine, the disk may take longer than a request waits for it.
    await until(async () => (await gate.check(requestWith(secret))).allowed)
    // Whatever needs a thread of the pool has one.
    await promises.stat(directory)
    expect(told.filter((each) => !each.includes('acknowledged'))).toEqual([
      expect.stringMatching(named),
    ])
    await gate.close()
    const [start] = await startsIn(directory)
    expect(start?.passed?.join()).toMatch(named)
    expect((await queryTrail(sink, { outcome: 'allowed' })).items).toHaveLength(1)
  }, 10_000)
})

test('control: of a directory in which all can be read, nothing is told', async () => {
  const told: unknown[] = []
  for (let n = 0; n < 2; n++) {
    const gate = auditedGate({ sink: createAuditFiles(directory) }, (error) => told.push(error))
    await gate.keys.create(KEY)
    await gate.close()
  }
  expect(told).toEqual([])
  expect(await startsIn(directory)).not.toContainEqual(
    expect.objectContaining({ passed: expect.anything() }),
  )
})

async function startsIn(folder: string): Promise<readonly StartRecord[]> {
  const starts: StartRecord[] = []
  for await (const { line } of createAuditFiles(folder).lines()) {
    if (line.includes('"kind":"start"')) starts.push(JSON.parse(line) as StartRecord)
  }
  return starts
}

test('a file that does not end with a line is named, and not read to its beginning', async () => {
  writeFileSync(join(directory, NAME), Buffer.alloc(20_000_000, 'x'))
  expect(await createAuditFiles(directory).state?.()).toEqual({
    ...{ heads: [], torn: [] },
    passed: [`${NAME}: Error: it does not end with a line`],
  })
})

test('a file that cannot be opened is named, and too many open files are no reason to leave it out', async () => {
  const gate = auditedGate({ sink: createAuditFiles(directory) })
  await gate.keys.create(KEY)
  await gate.close()
  const [name = ''] = readdirSync(directory)
  const { open } = promises
  try {
    for (const [code, isTold] of [
      ['EACCES', true],
      ['EMFILE', false],
    ] as const) {
      promises.open = async () => Promise.reject(Object.assign(new Error(code), { code }))
      const rest = Promise.resolve(createAuditFiles(directory).state?.())
      if (isTold) expect(await rest).toEqual({ heads: [], torn: [], passed: [`${name}: EACCES`] })
      else await expect(rest).rejects.toThrow('EMFILE')
    }
  } finally {
    promises.open = open
  }
})

test('prune leaves alone what follows something that is no file', async () => {
  const now = Date.parse('2030-06-01T12:00:00.000Z')
  const days = daysOf('a.1', '2020-01-01', 5)
  await writeDays(directory, days)
  makeFifo(join(directory, '2020-01-03.z.1.0001.jsonl'))
  const third = readdirSync(directory).find((name) => name.startsWith('2020-01-03.a')) ?? ''
  rmSync(join(directory, third))
  makeFifo(join(directory, third))
  const before = new Date(now - 2_192 * 86_400_000)
  const pruned = await pruneAuditFiles(directory, {
    ...{ before, publicKeys: SIGNING.publicKeys, clock: () => now },
  })
  expect(pruned.records).toBe(2 * PER_DAY - 1)
  const report = await verifyTrail(createAuditFiles(directory).lines(), {
    ...{ publicKeys: SIGNING.publicKeys, clock: () => now },
  })
  expect(report).toMatchObject({ missing: PER_DAY, invalid: 0 })
}, 10_000)
