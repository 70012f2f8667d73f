import { EventEmitter, once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, type AuditSink, type TrailReader } from 'sallyport'
import { auditEndpoints, auditOf, guard } from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'
import request from 'supertest'
import { listen } from './servers.js'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

const IDS = Array.from(
  { length: 1_000 },
  (_, n) => `${String(n).padStart(4, '0')}${'x'.repeat(110)}`,
)
const RESOURCES = ['Patient', 'Observation', 'Encounter', 'Condition', 'Claim', 'Coverage', 'Goal']

/** An API whose trail in files is counted when it is read, and waits while it is held. */
async function open() {
  const now = Date.now()
  const files = createAuditFiles(mkdtempSync(join(tmpdir(), 'sallyport-bounds-')))
  const begun = new EventEmitter()
  const reads = { count: 0, held: undefined as Promise<void> | undefined, begun }
  const sink: AuditSink & TrailReader = {
    ...files,
    async *lines(range) {
      reads.count += 1
      begun.emit(String(reads.count))
      await reads.held
      yield* files.lines(range)
    },
  }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:audit'] },
    audit: { sink },
    clock: () => now,
  })
  const search = { phi: { resource: 'Patient', action: 'search' }, audit: 'best-effort' } as const
  const unsent = { hold: false, ends: [] as (() => void)[] }
  const app = express()
    .use((_req, res, next) => {
      const end = res.end.bind(res) as (body?: unknown) => typeof res
      const later = (body?: unknown) => {
        unsent.ends.push(() => end(body))
        return res
      }
      if (unsent.hold) res.end = later
      next()
    })
    .use('/audit', auditEndpoints(gate, { scopes: ['read:audit'] }))
    .get('/search', guard(gate, search), async (req, res) => {
      for (const resource of RESOURCES) {
        await auditOf(req).phi({ resource, action: 'search', ids: IDS })
      }
      res.end()
    })
  const { server } = await listen(app)
  opened.push(async () => {
    server.close()
    await gate.close()
  })
  const key = async (ownerId: string) =>
    (await gate.keys.create({ name: 'A', ownerId, scopes: ['read:audit'] })).secret
  const get = async (path: string, secret: string) =>
    request(server).get(path).set('authorization', `Bearer ${secret}`)
  return { gate, reads, unsent, key, get }
}

const codeOf = (answer: { body: unknown }) => (answer.body as { code?: string }).code
const linesOf = (text: string) => text.trimEnd().split('\n')

test('readings in progress have a bound for each caller and each owner, and others are not held up', async () => {
  const { reads, key, get } = await open()
  const [one, two, three, other] = [
    await key('org_1'),
    await key('org_1'),
    await key('org_1'),
    await key('org_2'),
  ]
  let release: () => void = () => undefined
  reads.held = new Promise<void>((resolve) => (release = resolve))
  const until = (count: number) => once(reads.begun, String(count))
  const held: Promise<{ readonly status: number }>[] = []
  const hold = async (path: string, secret: string) => {
    const begun = until(held.length + 1)
    held.push(get(path, secret))
    await begun
  }
  await hold('/audit', one)
  await hold('/audit/export', one)
  for (const path of ['/audit', '/audit/export', '/audit/summary']) {
    const more = await get(path, one)
    expect([more.status, more.headers['retry-after'], codeOf(more)]).toEqual([
      ...[429, '5', 'concurrency_exceeded'],
    ])
  }
  await hold('/audit', two)
  await hold('/audit/summary', two)
  expect((await get('/audit', three)).status).toBe(429)
  await hold('/audit', other)
  release()
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  reads.held = undefined
  expect((await get('/audit', three)).status).toBe(200)
})

test('exports and summaries are 30 a minute for each caller; pages are not counted', async () => {
  const { key, get } = await open()
  const [one, two] = [await key('org_1'), await key('org_1')]
  for (let time = 0; time < 15; time++) {
    expect((await get('/audit/export', one)).status).toBe(200)
    expect((await get('/audit/summary', one)).status).toBe(200)
  }
  const late = await get('/audit/export', one)
  expect([late.status, late.headers['retry-after'], codeOf(late)]).toEqual([
    ...[429, '2', 'burst_exceeded'],
  ])
  expect((await get('/audit', one)).status).toBe(200)
  expect((await get('/audit/export', two)).status).toBe(200)
})

test('exports and summaries are 60 a minute for all callers of an owner together', async () => {
  const { key, get } = await open()
  for (const secret of [await key('org_1'), await key('org_1')]) {
    for (let time = 0; time < 30; time++) {
      expect((await get('/audit/export', secret)).status).toBe(200)
    }
  }
  const late = await get('/audit/export', await key('org_1'))
  expect([late.status, codeOf(late)]).toEqual([429, 'burst_exceeded'])
  expect((await get('/audit/export', await key('org_2'))).status).toBe(200)
})

test('answers that were read and are not sent yet are in progress', async () => {
  const { unsent, key, get } = await open()
  const secret = await key('org_1')
  unsent.hold = true
  const first = [get('/audit/export', secret), get('/audit/export', secret)]
  while (unsent.ends.length < 2) await new Promise((resolve) => setImmediate(resolve))
  unsent.hold = false
  expect(codeOf(await get('/audit/export', secret))).toBe('concurrency_exceeded')
  for (const end of unsent.ends) end()
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200])
  expect((await get('/audit/export', secret)).status).toBe(200)
})

test('a summary and an export read a trail in files once, and not once for every page', async () => {
  const { gate, reads, key, get } = await open()
  const secret = await key('org_1')
  for (let time = 0; time < 450; time++) await gate.verify(secret, '198.51.100.7')
  await gate.audit.flush()
  expect((await get('/audit/summary', secret)).body).toMatchObject({ isComplete: true })
  expect(reads.count).toBe(1)
  const file = await get('/audit/export', secret)
  expect(linesOf(file.text).length).toBeGreaterThan(450)
  expect(reads.count).toBe(2)
  expect((await get('/audit?limit=200', secret)).status).toBe(200)
  expect((await get('/audit?limit=201', secret)).status).toBe(400)
})

test('a part of an export ends where its records are large, and the next one goes on there', async () => {
  const { gate, reads, key, get } = await open()
  const secret = await key('org_1')
  for (let time = 0; time < 50; time++) expect((await get('/search', secret)).status).toBe(200)
  await gate.audit.flush()
  const only = '/audit/export?kind=access&phi=Patient'
  const first = await get(only, secret)
  expect(linesOf(first.text).length).toBeLessThan(50)
  expect(first.text.length).toBeLessThan(40_000_000)
  const cursor = String(first.headers['x-next-cursor'])
  const next = await get(`${only}&cursor=${cursor}`, secret)
  expect(next.headers['x-next-cursor']).toBeUndefined()
  const ids = linesOf(first.text + next.text).map((line) => (JSON.parse(line) as { id: string }).id)
  expect([ids.length, new Set(ids).size]).toEqual([50, 50])
  const before = reads.count
  const summary = await get('/audit/summary', secret)
  expect(summary.body).toMatchObject({ isComplete: true, phi: { Patient: 50 } })
  expect(reads.count - before).toBe(2)
})
