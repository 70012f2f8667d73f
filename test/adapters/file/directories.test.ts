import { mkdirSync, mkdtempSync, promises, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createAuditFiles } from 'sallyport/file'
import { access, chained } from '../../audit/trails.js'

const { open } = promises
let home: string
/** Directories that were brought to the disk, in their order. */
let synced: string[]
/** One of them with which that fails, as often as this says. */
let failing: { path: string; times: number } | undefined
/** The paths that are open now. */
let held: string[]

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-directories-'))
  synced = []
  failing = undefined
  held = []
  promises.open = async (...given) => {
    const handle = await open(...given)
    const path = String(given[0])
    const close = handle.close.bind(handle)
    held.push(path)
    handle.close = async () => {
      held.splice(held.indexOf(path), 1)
      await close()
    }
    const sync = handle.sync.bind(handle)
    handle.sync = async () => {
      if (failing?.path === path && failing.times-- > 0) throw new Error('EIO')
      synced.push(path.slice(home.length))
      await sync()
    }
    return handle
  }
})
afterEach(() => {
  promises.open = open
  rmSync(home, { recursive: true })
})

test('the names of new directories are on the disk before a record is acknowledged', async () => {
  const files = createAuditFiles(join(home, 'var/log/audit'))
  const entries = chained('a.1', [access(), access()])
  await files.write(entries.slice(0, 1))
  expect(synced).toEqual(['/var/log', '/var', '', '/var/log/audit'])
  await files.write(entries.slice(1))
  expect(synced).toHaveLength(4)
  await files.close?.()
})

test('of one that is there, only the name of the file is', async () => {
  mkdirSync(join(home, 'audit'))
  const files = createAuditFiles(join(home, 'audit'))
  await files.write(chained('a.1', [access()]))
  expect(synced).toEqual(['/audit'])
  await files.close?.()
})

test.each(['', '/var', '/var/audit'])(
  'where that fails with "%s", the write fails, and it is done before the next is acknowledged',
  async (path) => {
    failing = { path: `${home}${path}`, times: 2 }
    const files = createAuditFiles(join(home, 'var/audit'))
    const entries = chained('a.1', [access()])
    await expect(files.write(entries)).rejects.toThrow('EIO')
    await expect(files.write(entries)).rejects.toThrow('EIO')
    expect(synced).not.toContain(path)
    await files.write(entries)
    expect(synced).toContain(path)
    expect(synced.at(-1)).toBe('/var/audit')
    await files.close?.()
    expect(held).toEqual([])
  },
)

test('what is written after the close is kept, and leaves no file open', async () => {
  const files = createAuditFiles(join(home, 'audit'))
  const entries = chained('a.1', [access(), access()])
  await files.write(entries.slice(0, 1))
  expect(held).toHaveLength(1)
  await files.close?.()
  await files.write(entries.slice(1))
  expect(held).toEqual([])
  const lines: string[] = []
  for await (const { line } of files.lines()) lines.push(line)
  expect(lines).toEqual(entries.map(({ line }) => line))
})
