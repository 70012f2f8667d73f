import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AuditError, createGate, createMemoryKeyStore, gateRequestOf, type Gate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import { openConsole, SCOPES, type Scope } from './harness.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'console-review-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function openTrail(key?: string) {
  const clock = createTestClock(new Date('2030-06-14T12:00:00Z'))
  const sink = createAuditFiles(folder, { clock: clock.clock })
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], scopes: SCOPES, clock: clock.clock },
    keys: { prefix: 'acme', store: createMemoryKeyStore() },
    ...{ audit: { sink, ...(key && { key }) }, onError: () => undefined },
  })
  return { ...openConsole({ clock: clock.clock }, gate), gate, clock }
}

/** Two days of requests, and the Monday after. */
async function withWeek(key?: string) {
  const { gate, clock, ...opened } = openTrail(key)
  const of = (ownerId: string) => gate.keys.create({ name: 'A', ownerId, environment: 'live' })
  const [mine, other] = [await of('org_1'), await of('org_2')]
  const ask = async (secret: string, phi?: 'Patient') => {
    const headers = { authorization: `Bearer ${secret}` }
    const socket = { remoteAddress: '198.51.100.7', encrypted: true }
    const request = gateRequestOf({ method: 'GET', url: '/orders', headers, socket })
    const access = { resource: 'Patient', action: 'read' } as const
    const decision = await gate.check(
      request,
      gate.requirement(phi ? { phi: access } : { scopes: ['read:orders'] }),
    )
    if (decision.allowed) decision.end()
  }
  for (let time = 0; time < 3; time++) await ask(mine.secret, 'Patient')
  await ask(other.secret, 'Patient')
  clock.advance('1d')
  await ask(mine.secret)
  await gate.audit.flush()
  clock.advance('2d')
  return { ...opened, gate, clock, mine, other, ask }
}

test('a week of the own organization is counted, and the look at it is recorded', async () => {
  const { send, gate, mine, other } = await withWeek()
  const { status, text } = await send('/review')
  expect(status).toBe(200)
  expect(text).toContain('<time datetime="2030-06-10">Jun 10, 2030</time>')
  expect(text).toContain('<time datetime="2030-06-16">Jun 16, 2030</time>')
  for (const tile of [
    '<b>3</b>requests allowed',
    '<b>1</b>requests denied',
    '<b>3</b>touched health information',
    '<b>1</b>source addresses',
    '<b>1</b>changes of keys and of access',
  ]) {
    expect(text).toContain(tile)
  }
  expect(text).toContain('<title>2030-06-14: 3 allowed, 0 denied</title>')
  expect(text).toContain('<title>2030-06-15: 0 allowed, 1 denied</title>')
  expect(text).toContain('audit?from=2030-06-15&amp;to=2030-06-15&amp;outcome=denied')
  expect(text).toContain(`<code>${mine.id}</code>`)
  expect(text).not.toContain(other.id)
  expect(text).toContain('5 of 5 records are not proven by a signature')
  expect(text).not.toContain('This review is not complete')
  await gate.audit.flush()
  const { items } = await gate.audit.query({ kind: 'access', subject: 'ann' })
  expect(items).toMatchObject([
    { path: '/review', auditFilter: { from: '2030-06-10', to: '2030-06-16' } },
  ])
  await gate.close()
})

test('another week is chosen by its last day; one that is not over is not shown', async () => {
  const { send, gate } = await withWeek()
  const earlier = (await send('/review?to=2030-06-13')).text
  expect(earlier).toContain('Nothing is recorded')
  expect(earlier).toMatch(/href="\.\/review\?to=2030-06-06"\s*>Week before/)
  expect(earlier).not.toContain('Week after')
  expect((await send('/review?to=2030-06-09')).text).toMatch(
    /href="\.\/review\?to=2030-06-16"\s*>Week after/,
  )
  for (const to of ['2030-06-17', '2031-01-01', 'tomorrow']) {
    expect((await send(`/review?to=${to}`)).text).toContain('<time datetime="2030-06-16">')
  }
  await gate.close()
})

test('a review that has not seen all records says so, and so does one that signatures prove', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const first = await withWeek(pem)
  await first.gate.close()
  const { gate, send, clock } = openTrail(pem)
  clock.advance('3d')
  expect((await send('/review')).text).toContain('Signatures prove all 5 records')
  const [event] = (await gate.audit.query({ ownerId: 'org_1', kind: 'access' })).items
  if (event === undefined) throw new Error('There is an event.')
  const endless: Gate<Scope> = {
    ...gate,
    as(actor) {
      const acting = gate.as(actor)
      const items = Array<typeof event>(200).fill(event)
      const query = () => Promise.resolve({ items, cursor: 'more' })
      return { ...acting, audit: { ...acting.audit, query } }
    },
  }
  const { text } = await openConsole({ clock: clock.clock }, endless).send('/review')
  expect(text).toContain('This review is not complete')
  expect(text).toMatch(/Only the latest\s+5,000 were counted/)
  await gate.close()
})

test('a review is not shown where the look cannot be recorded, without the permission, or without a log', async () => {
  const { gate, send } = await withWeek()
  expect((await send('/review', { as: 'bob' })).status).toBe(403)
  expect((await send('/', { as: 'bob' })).text).not.toContain('href="./review"')
  expect((await send('/')).text).toContain('href="./review"')
  const note = () => Promise.reject(new AuditError('not_recorded', { cause: 'no room' }))
  const broken: Gate<Scope> = {
    ...gate,
    as(actor) {
      const acting = gate.as(actor)
      return { ...acting, audit: { ...acting.audit, note } }
    },
  }
  const answer = await openConsole({}, broken).send('/review')
  expect(answer.status).toBe(503)
  expect(answer.text).not.toContain('requests allowed')
  await gate.close()
  const without = await openConsole().send('/review')
  expect(without.text).toContain('This API keeps no audit log')
})
