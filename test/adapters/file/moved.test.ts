import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  promises,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parseAuditLine, queryTrail, verifyTrail, type AuditOutage } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { access, chained } from '../../audit/trails.js'

let home: string
let directory: string
let heard: AuditOutage['state'][]
const hear = (message: unknown) => heard.push((message as AuditOutage).state)
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-moved-'))
  directory = join(home, 'trail')
  heard = []
  subscribe('sallyport:audit', hear)
})
afterEach(() => {
  unsubscribe('sallyport:audit', hear)
  rmSync(home, { recursive: true })
})

const fileOf = () => readdirSync(directory).find((name) => name.endsWith('.jsonl')) ?? ''

/** What is done to the file that is written to, and how many of its records readers do not find then. */
const DISTURBANCES: readonly [string, () => void, number][] = [
  [
    'renamed',
    () => {
      rename(`${fileOf()}.1`)
    },
    7,
  ],
  [
    'renamed, with an empty one in its place',
    () => {
      const name = fileOf()
      rename(`${name}.1`)
      writeFileSync(join(directory, name), '')
    },
    7,
  ],
  [
    'moved to another folder',
    () => {
      mkdirSync(join(directory, 'old'))
      rename(`old/${fileOf()}`)
    },
    7,
  ],
  [
    'moved with its whole folder',
    () => {
      renameSync(directory, join(home, 'trail.1'))
    },
    7,
  ],
  [
    'cut to nothing (copytruncate)',
    () => {
      truncateSync(join(directory, fileOf()))
    },
    7,
  ],
  [
    'cut in the middle of a line',
    () => {
      truncateSync(join(directory, fileOf()), 700)
    },
    7,
  ],
  [
    'added to without a newline',
    () => {
      appendFileSync(join(directory, fileOf()), 'not of this trail')
    },
    0,
  ],
  [
    'replaced by a link that leads nowhere',
    () => {
      const name = fileOf()
      rename('away')
      symlinkSync('nowhere', join(directory, name))
    },
    7,
  ],
  [
    'removed, with another one in its place',
    () => {
      const name = fileOf()
      rmSync(join(directory, name))
      writeFileSync(join(directory, name), 'x'.repeat(5_000))
    },
    7,
  ],
]

function rename(to: string): void {
  renameSync(join(directory, fileOf()), join(directory, to))
}

describe.each(DISTURBANCES)('a file that is %s', (_name, disturb, gone) => {
  // Shortly after a write, it is found behind the next one; later on, before it.
  test.each([0, 40])('%i ms after a write is not written on', async (ms) => {
    const told: string[] = []
    const sink = createAuditFiles(directory)
    const gate = auditedGate({ sink, mode: 'required', key: SIGNING.key }, (error) =>
      told.push(String(error)),
    )
    const { secret } = await gate.keys.create(KEY)
    const ask = async (path: string) => (await gate.check(requestWith(secret, path))).allowed
    for (let n = 0; n < 5; n++) expect(await ask(`/before/${String(n)}`)).toBe(true)
    await pause(ms)
    disturb()
    const paths = Array.from({ length: 8 }, (_, n) => `/after/${String(n)}`)
    const acknowledged: string[] = []
    for (const path of paths) if (await ask(path)) acknowledged.push(path)
    // Nobody waits for it: it goes on at once.
    expect(acknowledged).toEqual(paths)
    expect(told).toEqual([expect.stringMatching(/was (moved|cut|added to) by something else/)])
    expect(heard).toEqual(['failing', 'recovered'])
    await gate.close()
    const kept = await pathsIn()
    expect(acknowledged.filter((path) => !kept.has(path))).toEqual([])
    const { items } = await queryTrail(sink, { outcome: 'allowed', limit: 200 })
    expect(
      items.filter((item) => item.kind === 'access' && item.path?.startsWith('/after')),
    ).toHaveLength(8)
    const report = await verifyTrail(createAuditFiles(directory).lines(), SIGNING)
    // What was there before it was taken away is missing, and the rest follows.
    expect(report.missing > 0).toBe(gone > 0)
    expect(report.unproven).toBeLessThan(15)
  })
})

async function pathsIn(): Promise<ReadonlySet<string | undefined>> {
  const paths = new Set<string | undefined>()
  for await (const { line } of createAuditFiles(directory).lines()) {
    const record = parseAuditLine(line)
    if (record?.kind === 'access') paths.add(record.path)
  }
  return paths
}

test('control: what nobody touches is written on, and nothing is told', async () => {
  const told: unknown[] = []
  const sink = createAuditFiles(directory)
  const gate = auditedGate({ sink, mode: 'required' }, (error) => told.push(error))
  const { secret } = await gate.keys.create(KEY)
  for (const ms of [0, 40, 0]) {
    await pause(ms)
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
  }
  await gate.close()
  expect(readdirSync(directory)).toHaveLength(1)
  expect([told, heard]).toEqual([[], []])
})

describe('a file of which a write failed', () => {
  /** Fails the next write, and does something before it is tried again. */
  async function afterFailure(code: string, between: (path: string) => void) {
    const files = createAuditFiles(directory)
    const entries = chained('a.1', [access(), access(), access()])
    await files.write(entries.slice(0, 1))
    const path = join(directory, fileOf())
    const prototype = await prototypeOf(path)
    const { datasync } = prototype
    prototype.datasync = () => Promise.reject(Object.assign(new Error(code), { code }))
    try {
      await expect(files.write(entries.slice(1, 2))).rejects.toMatchObject({ fault: 'outage' })
    } finally {
      prototype.datasync = datasync
    }
    between(path)
    await files.write(entries.slice(1))
    await files.close?.()
    return path
  }

  async function prototypeOf(path: string) {
    const handle = await promises.open(path)
    await handle.close()
    return Object.getPrototypeOf(handle) as { datasync: () => Promise<void> }
  }

  test.each(['EIO', 'ESTALE', 'EROFS'])('%s goes on where it was', async (code) => {
    await afterFailure(code, () => undefined)
    expect(readdirSync(directory)).toHaveLength(1)
    expect(await verifyTrail(createAuditFiles(directory).lines())).toMatchObject({
      ...{ unproven: 3, missing: 0, invalid: 0 },
    })
  })

  test('is left alone where another one has its name: nothing is cut off that', async () => {
    const other = 'x'.repeat(10_000)
    const path = await afterFailure('EIO', (at) => {
      renameSync(at, `${at}.1`)
      writeFileSync(at, other)
    })
    expect((await promises.readFile(path, 'latin1')).length).toBe(other.length)
    expect(readdirSync(directory)).toHaveLength(3)
  })

  test('does not stop the trail where it can be opened no more', async () => {
    await afterFailure('EIO', (at) => {
      rmSync(at)
      mkdirSync(at)
    })
    const report = await verifyTrail(createAuditFiles(directory).lines())
    expect(report).toMatchObject({ unproven: 2, missing: 1, invalid: 0 })
  })
})

test('a folder that is empty after a remount is written to anew', async () => {
  const files = createAuditFiles(directory)
  const entries = chained('a.1', [access(), access()])
  await files.write(entries.slice(0, 1))
  renameSync(directory, join(home, 'before'))
  mkdirSync(directory)
  await expect(files.write(entries.slice(1))).rejects.toMatchObject({ fault: 'moved' })
  await files.write(entries.slice(1))
  await files.close?.()
  expect(existsSync(join(directory, fileOf()))).toBe(true)
})
