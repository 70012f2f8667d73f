import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { AuditEntry, TrailReader } from 'sallyport'
import { createAuditFiles, type AuditFiles } from 'sallyport/file'
import { access, chained } from '../../audit/trails.js'

let directory: string
let now: number
let files: AuditFiles
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-follow-'))
  now = Date.parse('2030-01-31T12:00:00.000Z')
  files = createAuditFiles(directory, { clock: () => now, maxBytes: 3_000 })
})
afterEach(async () => {
  await files.close?.()
  rmSync(directory, { recursive: true })
})

/** Records of a writer, and the lines that say them. */
function records(writer: string, count: number): readonly AuditEntry[] {
  const time = new Date(now).toISOString()
  return chained(
    writer,
    Array.from({ length: count }, () => access({ time })),
  )
}

const linesOf = (entries: readonly AuditEntry[]) => entries.map(({ line }) => line)
const pathOf = (index: number) => join(directory, readdirSync(directory).sort()[index] ?? '')

async function follow(reader: TrailReader = files) {
  const next = await reader.follow?.()
  if (next === undefined) throw new Error('It cannot be followed.')
  return next
}

test('what is added is told once, of every process, in every file that is begun', async () => {
  const ones = records('a.1', 12)
  await files.write(ones.slice(0, 3))
  const next = await follow()
  expect(await next()).toEqual([])
  await files.write(ones.slice(3, 4))
  expect(await next()).toEqual(linesOf(ones.slice(3, 4)))
  expect(await next()).toEqual([])
  // More than a file has room for, and another day.
  for (const entry of ones.slice(4, 10)) await files.write([entry])
  now += 86_400_000
  await files.write(ones.slice(10))
  expect(readdirSync(directory).length).toBeGreaterThan(2)
  expect(await next()).toEqual(linesOf(ones.slice(4)))
  const other = createAuditFiles(directory, { clock: () => now })
  const twos = records('b.1', 2)
  await other.write(twos)
  await other.close?.()
  expect(await next()).toEqual(linesOf(twos))
  expect(await next()).toEqual([])
})

test('half a line is told once it is whole', async () => {
  const [first, second] = records('a.1', 2)
  if (first === undefined || second === undefined) throw new Error('no records')
  await files.write([first])
  appendFileSync(pathOf(0), second.line.slice(0, 40))
  const next = await follow()
  expect(await next()).toEqual([])
  appendFileSync(pathOf(0), second.line.slice(40))
  expect(await next()).toEqual([])
  appendFileSync(pathOf(0), '\n')
  expect(await next()).toEqual([second.line])
})

test('what was cut off and written again is told again, and what is read is read no more', async () => {
  const entries = records('a.1', 4)
  await files.write(entries.slice(0, 2))
  const next = await follow()
  const size = readFileSync(pathOf(0)).length
  await files.write(entries.slice(2, 3))
  await next()
  truncateSync(pathOf(0), size)
  expect(await next()).toEqual([])
  appendFileSync(
    pathOf(0),
    linesOf(entries.slice(2))
      .map((line) => `${line}\n`)
      .join(''),
  )
  expect(await next()).toEqual(linesOf(entries.slice(2)))
  // Something else stands there now; whoever reads it all sees it.
  const [spoilt] = linesOf(records('c.1', 1))
  const text = readFileSync(pathOf(0), 'latin1')
  writeFileSync(pathOf(0), (spoilt ?? '').padEnd(size - 1) + text.slice(size - 1))
  expect(await next()).toEqual([])
  const all: string[] = []
  for await (const { line } of files.lines()) all.push(line.trim())
  expect(all[0]).toBe(spoilt)
})

test('files of days that are over are not looked at', async () => {
  const old = records('a.1', 1)
  await files.write(old)
  const next = await follow()
  now += 4 * 86_400_000
  appendFileSync(pathOf(0), `${linesOf(records('a.1', 2))[1] ?? ''}\n`)
  expect(await next()).toEqual([])
  // Control: those of yesterday are.
  now -= 3 * 86_400_000
  expect(await next()).toHaveLength(1)
})
