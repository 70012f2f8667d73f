import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGate, MisuseError } from 'sallyport'
import { createAuditFiles, createAuditStream, type AuditFiles } from 'sallyport/file'
import { auditSinkCases } from 'sallyport/testing'

let directory: string
let count = 0
const opened: AuditFiles[] = []
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-sink-'))
})
afterAll(async () => {
  for (const sink of opened) await sink.close?.()
  rmSync(directory, { recursive: true })
})

describe('a trail in files', () => {
  const open = (maxBytes?: number) => {
    const folder = join(directory, String(++count))
    const options = maxBytes === undefined ? {} : { maxBytes }
    const pair = [createAuditFiles(folder, options), createAuditFiles(folder, options)] as const
    opened.push(...pair)
    return pair
  }
  const broken = () => {
    const path = join(directory, String(++count))
    writeFileSync(path, '')
    return createAuditFiles(path)
  }

  for (const { name, run } of auditSinkCases(open, broken)) test(name, run)

  describe('that are small', () => {
    for (const { name, run } of auditSinkCases(() => open(1_000))) test(name, run)
  })
})

test('a trail that has not begun has no records', async () => {
  const sink = createAuditFiles(join(directory, 'not-yet'))
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    audit: { sink },
  })
  expect(await gate.audit.query({})).toEqual({ items: [] })
  await gate.close()
})

test.each([
  ['no directory', () => createAuditFiles(undefined as never)],
  ['an empty one', () => createAuditFiles('')],
  ['files of no size', () => createAuditFiles('audit', { maxBytes: 0 })],
  ['no stream', () => createAuditStream(undefined as never)],
  ['what is no stream', () => createAuditStream({} as never)],
])('%s is misuse', (_, make) => {
  expect(make).toThrow(MisuseError)
})
