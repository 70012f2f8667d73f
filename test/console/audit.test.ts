import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { csvOf } from '../../src/console/kit/csv.js'
import { openConsole, SCOPES, type Scope } from './harness.js'

describe('the audit log', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'console-audit-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  async function withTrail() {
    const audit = { sink: createAuditFiles(folder) }
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES, audit },
    })
    const opened = openConsole({ clock: Date.now }, gate)
    const page = await opened.send('/keys/new')
    const fields = { name: 'Billing', environment: 'live', kind: 'sk', expiry: '90d' }
    const made = await opened.post('/keys', page.text, fields)
    const [, secret = ''] = /id="secret"[^>]*>([^<]*)</.exec(made.text) ?? []
    const [, id = ''] = /keys\/(key_\w+)"/.exec(made.text) ?? []
    const other = await gate.keys.create({ name: 'Other', ownerId: 'org_2', environment: 'live' })
    await gate.verify(secret, '198.51.100.7')
    await gate.verify(other.secret, '198.51.100.9')
    await gate.audit.flush()
    return { ...opened, gate, secret, id, other: other.id }
  }

  test('shows what was done with keys of the owner alone, and by whom', async () => {
    const { send, id, other, secret, gate } = await withTrail()
    const { status, text } = await send('/audit')
    expect(status).toBe(200)
    expect(text).toContain(`Created: key ${id}`)
    expect(text).toContain('<code>ann</code>')
    expect(text).toContain('198.51.100.7')
    expect(text).not.toContain(other)
    expect(text).not.toContain('198.51.100.9')
    expect(text).not.toContain(secret)
    expect((await send(`/audit?key=${other}`)).text).toContain('Nothing is recorded')
    expect((await send('/audit?person=ann')).text).not.toContain('198.51.100.7')
    expect((await send('/audit?outcome=denied')).text).toContain('Nothing is recorded')
    const key = (await send(`/keys/${id}`)).text
    expect(key).toContain('Source addresses')
    expect(key).toContain('<b>Created</b> by ann')
    await gate.close()
  })

  test('is downloaded as CSV and as lines of JSON', async () => {
    const { send, id, gate, other } = await withTrail()
    const csv = await send('/audit.csv')
    expect(csv.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="audit.csv"',
    })
    expect(csv.text).toContain(id)
    const lines = (await send('/audit.ndjson')).text.trim().split('\n')
    expect(
      lines
        .map((line) => JSON.parse(line) as { kind: string })
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(expect.arrayContaining(['access', 'key']))
    expect(lines.join()).not.toContain(other)
    await gate.close()
  })

  test('needs its permission', async () => {
    const { send, gate } = await withTrail()
    for (const path of ['/audit', '/audit.csv', '/audit.ndjson']) {
      expect((await send(path, { as: 'bob' })).status).toBe(403)
    }
    await gate.close()
  })
})

test('a cell of CSV is no formula', () => {
  expect(csvOf([['=1+1', '+1', '-1', '@a', 'a "b", c', -1, undefined]])).toBe(
    `'=1+1,'+1,'-1,'@a,"a ""b"", c",-1,\r\n`,
  )
})
