import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type AuditQuery,
  type AuditSink,
  type Gate,
  type OwnAuditEvent,
} from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createPostgresAuditSink } from 'sallyport/postgres'
import { createTestClock } from 'sallyport/testing'
import { createSchema, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

/** Where two instances keep one audit log. */
type OpenSinks = (clock: () => number) => Promise<readonly [AuditSink, AuditSink]>

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

describe('files', () => {
  casesOf((clock) => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-own-pages-'))
    return Promise.resolve([
      createAuditFiles(directory, { clock }),
      createAuditFiles(directory, { clock }),
    ])
  })
})

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  casesOf(async () => {
    const schema = await createSchema(url)
    opened.push(() => schema.drop())
    const pools = [await openIn(schema, 3), await openIn(schema, 3)] as const
    opened.push(() => Promise.all(pools.map((pool) => pool.end())))
    const sink = createPostgresAuditSink(pools[0])
    await sink.migrate()
    return [sink, createPostgresAuditSink(pools[1])]
  })
})

function casesOf(openSinks: OpenSinks): void {
  /** Two instances. All that they record is of one millisecond, but what `time` moves apart. */
  async function open() {
    const time = createTestClock()
    const store = createMemoryKeyStore()
    const gates = (await openSinks(time.clock)).map((sink) =>
      createGate({
        ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: ['read'] },
        ...{ audit: { sink }, clock: time.clock, onError: () => undefined },
      }),
    )
    opened.push(() => Promise.all(gates.map((gate) => gate.close())))
    const [one, other] = gates as [Gate<'read'>, Gate<'read'>]
    return { time, one, other }
  }

  const make = async (gate: Gate<'read'>, ownerId: string) =>
    (await gate.keys.create({ name: 'A', ownerId, environment: 'live', scopes: [] })).id
  const readerOf = (gate: Gate<'read'>, ownerId = 'org_1') =>
    gate.as({ subject: 'ann', ownerId, scopes: ['read'] }).audit

  test('an owner learns nothing of how many records others have; an operator sees the place of each', async () => {
    const { one } = await open()
    const mine = [await make(one, 'org_1'), await make(one, 'org_1')]
    for (let count = 0; count < 3; count++) await make(one, 'org_2')
    mine.push(await make(one, 'org_1'))
    await one.audit.flush()
    const { items, cursor = '' } = await readerOf(one).query({ limit: 2 })
    const rest = await readerOf(one).query({ cursor })
    const seen = [...items, ...rest.items]
    const { items: all } = await one.audit.query({ ownerId: 'org_1' })
    expect(seen.map((event) => event.kind === 'key' && event.keyId).sort()).toEqual(mine.sort())
    for (const event of seen) {
      for (const name of ['writer', 'seq', 'prev']) expect(event).not.toHaveProperty(name)
      // As long and as random as any other: it is no number, and nothing of it is in two of them.
      expect(event.id).toMatch(/^[\w-]{22}$/)
      // By this one, those who run the API find the line.
      expect(all.map(({ hash }) => hash)).toContain(event.hash)
    }
    const told = JSON.stringify(seen) + Buffer.from(cursor, 'base64url').toString('latin1')
    for (const { id, writer } of all) {
      expect(told).not.toContain(id.split('-')[0])
      expect(told).not.toContain(writer)
    }
    expect(all.every(({ seq }) => typeof seq === 'number')).toBe(true)
    const operator = one.as({ subject: 'lee', address: '192.0.2.1' })
    expect((await operator.audit.query({ ownerId: 'org_1' })).items).toEqual(all)
  })

  test('all cursors are as long, however many records others have', async () => {
    const { one } = await open()
    const lengths = new Set<number | undefined>()
    for (let count = 0; count < 24; count++) {
      await make(one, count < 2 || count === 23 ? 'org_1' : 'org_2')
      if (count !== 1 && count !== 23) continue
      await one.audit.flush()
      lengths.add((await readerOf(one).query({ limit: 1 })).cursor?.length)
    }
    // The console takes 256 characters of one.
    expect([...lengths]).toEqual([240])
  })

  test('each record is on exactly one page, on whichever instance it is read', async () => {
    const { time, one, other } = await open()
    const mine: string[] = []
    for (let count = 0; count < 9; count++) {
      if (count % 4 === 3) time.advance('1ms')
      mine.push(await make(count % 2 === 0 ? one : other, 'org_1'))
      await make(one, 'org_2')
    }
    for (const gate of [one, other]) await gate.audit.flush()
    for (const limit of [1, 2, 4]) {
      const pages = await allOf((turn) => readerOf(turn % 2 === 0 ? one : other), { limit })
      expect(pages.map((event) => event.kind === 'key' && event.keyId).sort()).toEqual(mine.sort())
      expect(new Set(pages.map(({ id }) => id)).size).toBe(mine.length)
    }
  })

  test('a cursor leads nowhere for others, and one that was made up is none', async () => {
    const { one } = await open()
    for (const owner of ['org_1', 'org_1', 'org_2', 'org_2']) await make(one, owner)
    await one.audit.flush()
    const { cursor = '' } = await readerOf(one).query({ limit: 1 })
    const trail = (await one.audit.query({ ownerId: 'org_1', limit: 1 })).cursor ?? ''
    const tampered = Buffer.from(cursor, 'base64url')
    tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1
    for (const text of [trail, '', 'x', 'A'.repeat(200), tampered.toString('base64url')]) {
      expect(await readerOf(one).query({ cursor: text })).toEqual({ items: [] })
    }
    expect(await readerOf(one, 'org_2').query({ cursor })).toEqual({ items: [] })
    expect((await readerOf(one).query({ cursor })).items).toHaveLength(1)
    await expect(readerOf(one).query({ cursor: 'x', limit: 0 })).rejects.toThrow('limit')
  })

  test('a page tells nothing of records of other environments and tenants, and of what operators did', async () => {
    const { one } = await open()
    const { id } = await one.keys.create({ name: 'A', ownerId: 'org_1', environment: 'test' })
    for (let count = 0; count < 3; count++) await make(one, 'org_1')
    for (const name of ['x', 'y', 'z']) await one.as({ subject: 'ops' }).keys.update(id, { name })
    const tenantIds = ['clinic_1', 'clinic_2']
    const nurse = { name: 'N', ownerId: 'org_1', environment: 'live', tenantIds }
    const { secret } = await one.keys.create(nurse)
    for (const clinic of ['clinic_1', 'clinic_2', 'clinic_2']) {
      const rawHeaders = ['authorization', `Bearer ${secret}`, 'x-clinic', clinic]
      const peer = { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' }
      const asked = { method: 'GET', url: '/patients', rawHeaders, peer }
      await one.check(asked, { tenant: { header: 'x-clinic' } })
    }
    await one.audit.flush()
    const person = { subject: 'ann', ownerId: 'org_1', scopes: ['read' as const] }
    for (const [more, query, count] of [
      [{ environments: ['test'] }, { kind: 'access' }, 0],
      [{ environments: ['test'] }, { keyId: id }, 4],
      [{ tenantIds: ['clinic_3'] }, { kind: 'access' }, 0],
      [{ tenantIds: ['clinic_1'] }, { kind: 'access' }, 1],
      [{ tenantIds: ['clinic_1'] }, { tenantId: 'clinic_2' }, 0],
      [{}, { subject: 'ops' }, 0],
    ] as const) {
      const reader = one.as({ ...person, ...more }).audit
      const pages: number[] = []
      let cursor: string | undefined
      do {
        const page = await reader.query({ ...query, limit: 1, ...(cursor && { cursor }) })
        pages.push(page.items.length)
        ;({ cursor } = page)
      } while (cursor !== undefined)
      expect(pages).toEqual(count === 0 ? [0] : Array.from({ length: count }, () => 1))
    }
  })

  async function allOf(
    readerAt: (turn: number) => ReturnType<typeof readerOf>,
    query: AuditQuery,
  ): Promise<readonly OwnAuditEvent[]> {
    const found: OwnAuditEvent[] = []
    let cursor: string | undefined
    let turn = 0
    do {
      const after = cursor === undefined ? {} : { cursor }
      const page = await readerAt(turn++).query({ ...query, ...after })
      found.push(...page.items)
      ;({ cursor } = page)
    } while (cursor !== undefined)
    return found
  }
}
