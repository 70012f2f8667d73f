import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type AuditSink,
  type TrailLine,
  type TrailReader,
} from 'sallyport'
import { createPostgresAuditSink } from 'sallyport/postgres'
import { createTestClock } from 'sallyport/testing'
import { createSchema, makeTables, openTwo } from '../adapters/postgres/schema.js'
import { access, chained } from '../audit/trails.js'
import { databaseUrl, describeWith } from '../services.js'
import { openConsole, SCOPES, type Scope } from './harness.js'

const HOUR_MS = 3_600_000

/** A signed log whose newest proven event of `org_1` is a day old, and a console over it. */
async function open() {
  const time = createTestClock(new Date('2030-06-15T12:00:00Z'))
  const lines: TrailLine[] = []
  const add = (line: string) => lines.push({ line, where: `line ${String(lines.length)}` })
  const sink: AuditSink & TrailReader = {
    write: (entries) => {
      for (const { line } of entries) add(line)
    },
    async *lines() {
      await Promise.resolve()
      yield* [...lines]
    },
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const store = createMemoryKeyStore()
  const openGate = () =>
    createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
      ...{ audit: { sink, key }, clock: time.clock },
    })
  const before = openGate()
  await before.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
  await before.close()
  time.advance('24h')
  const gate = openGate()
  const { send } = openConsole({ clock: time.clock }, gate)
  /** An event that somebody has added to the log, of so many milliseconds ago. */
  const forge = (agoMs: number) => {
    const record = access({ time: new Date(time.clock() - agoMs).toISOString(), path: '/forged' })
    for (const { line } of chained(`evil.${String(agoMs)}`, [record])) add(line)
  }
  const look = async () => {
    const { text } = await send('/audit')
    return {
      title: /<h2>(Verified|Not all of it is verified|Not signed yet)</.exec(text)?.[1],
      findings: /(\d+)\s+findings?\s/.exec(text)?.[1],
      marked: text.match(/>Not proven</g)?.length ?? 0,
      pending: text.match(/>Not signed yet<\/span>/g)?.length ?? 0,
    }
  }
  const words = async () =>
    (await send('/audit')).text
      .replace(/<[^>]*>/g, '')
      .replace(/\s+/g, ' ')
      .match(/(Verified up to|Nothing is verified).*? (within|after) a minute/)?.[0]
  return { gate, openGate, time, forge, look, words }
}

test('control: the log of an owner who has done nothing since is verified, and new events wait', async () => {
  const { gate, look, forge } = await open()
  expect(await look()).toEqual({ title: 'Verified', findings: '0', marked: 0, pending: 0 })
  forge(10_000)
  expect(await look()).toEqual({ title: 'Verified', findings: '0', marked: 0, pending: 1 })
  await gate.close()
})

test.each([3 * HOUR_MS, 120_000, -24 * HOUR_MS])(
  'an event of %d ms ago that nobody has signed is a finding, and is marked, also after the newest that is proven',
  async (agoMs) => {
    const { gate, look, forge } = await open()
    forge(agoMs)
    const title = 'Not all of it is verified'
    expect(await look()).toMatchObject({ title, findings: '1', marked: 1 })
    await gate.close()
  },
)

test('what another instance has not signed yet is no finding, and what it is older than is not called verified', async () => {
  const { gate, openGate, time, look, words } = await open()
  const [one, other] = [openGate(), openGate()]
  await other.keys.create({ name: 'B', ownerId: 'org_1', environment: 'live' })
  await other.audit.flush()
  time.advance('10s')
  await one.keys.create({ name: 'C', ownerId: 'org_1', environment: 'live' })
  await one.close()
  time.advance('10s')
  // The newest event is signed, the one before it is not.
  expect(await look()).toEqual({ title: 'Verified', findings: '0', marked: 0, pending: 1 })
  expect(await words()).toMatch(
    /^Verified up to Jun 15, 2030.* each event of your organization up to then. .*1 event of the last minute and a half is not signed yet/,
  )
  await other.close()
  // Looks at the page are records, too: they wait.
  expect(await words()).toMatch(/^Verified up to Jun 16, 2030/)
  await gate.close()
})

describeWith(databaseUrl, 'two instances with one log in PostgreSQL', (url) => {
  test('what one of them has not signed yet is no finding of the other', async () => {
    const schema = await createSchema(url)
    await makeTables(schema)
    const pools = await openTwo(schema)
    await createPostgresAuditSink(pools[0]).migrate()
    const { privateKey } = generateKeyPairSync('ed25519')
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const time = createTestClock(new Date('2030-06-15T12:00:00Z'))
    const store = createMemoryKeyStore()
    const [one, other, shown] = [pools[0], pools[1], pools[1]].map((pool) =>
      createGate<Scope>({
        ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
        ...{ audit: { sink: createPostgresAuditSink(pool), key }, clock: time.clock },
      }),
    )
    if (!one || !other || !shown) throw new Error('There are three gates.')
    const { send } = openConsole({ clock: time.clock }, shown)
    const titleNow = async () => /<h2>([^<]*)<\/h2>/.exec((await send('/audit')).text)?.[1]
    const make = async (gate: typeof one, name: string) => {
      await gate.keys.create({ name, ownerId: 'org_1', environment: 'live' })
      await gate.audit.flush()
      time.advance('5s')
    }
    await make(other, 'A')
    await make(one, 'B')
    await one.close()
    // The only event that is signed is newer than one that is not.
    expect(await titleNow()).toBe('Not signed yet')
    await other.close()
    expect(await titleNow()).toBe('Verified')
    await shown.close()
    for (const pool of pools) await pool.end()
    await schema.drop()
  })
})

test('an instance that has died before it signed leaves findings, once its signature is overdue', async () => {
  const { gate, openGate, time, look, words } = await open()
  const [one, dead] = [openGate(), openGate()]
  await dead.keys.create({ name: 'B', ownerId: 'org_1', environment: 'live' })
  await dead.audit.flush()
  time.advance('89s')
  await one.keys.create({ name: 'C', ownerId: 'org_1', environment: 'live' })
  await one.close()
  expect(await look()).toMatchObject({ title: 'Verified', findings: '0', marked: 0, pending: 1 })
  time.advance('2s')
  const title = 'Not all of it is verified'
  expect(await look()).toMatchObject({ title, findings: '1', marked: 1 })
  expect(await words()).toMatch(/^Verified up to Jun 16, 2030/)
  await gate.close()
  await dead.close()
})
