import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  AuditError,
  queryTrail,
  verifyTrail,
  type AuditEntry,
  type AuditQuery,
  type TrailReader,
} from 'sallyport'
import {
  createPostgresAuditSink,
  type OpenPostgres,
  type PostgresAuditSink,
} from 'sallyport/postgres'
import { fhirOf } from '../../../cli/audit/fhir/event.js'
import { createCalendar } from '../../../cli/audit/report/calendar.js'
import { gather } from '../../../cli/audit/report/gather.js'
import { pageOf } from '../../../cli/audit/report/page.js'
import { reviewOf } from '../../../cli/audit/report/review.js'
import { createChain } from '../../../src/audit/chain.js'
import { createCluster, postgresBinaries } from '../../faults/cluster.js'
import { auditedGate, KEY, requestWith } from '../../audit/gates.js'
import { access, chained, trailOf } from '../../audit/trails.js'
import { databaseUrl, describeWith } from '../../services.js'
import { openEmbedded } from './embedded.js'
import { createSchema, openIn, type Schema } from './schema.js'
import { openPostgres } from 'sallyport/postgres'

const START = {
  kind: 'start',
  instance: 'a',
  heads: [],
  torn: [],
  time: '2030-01-07T00:00:00.000Z',
} as const

async function linesOf(reader: TrailReader, since?: Date, until?: Date): Promise<string[]> {
  const lines: string[] = []
  const range = { ...(since && { since }), ...(until && { until }) }
  for await (const { line } of reader.lines(range)) lines.push(line)
  return lines
}

function timeAt(hour: number): string {
  return new Date(Date.UTC(2030, 0, 7, hour)).toISOString()
}

/** Records of two writers that differ in everything that can be asked for, some of them written twice. */
function various(): AuditEntry[] {
  const records = Array.from({ length: 60 }, (_, at) =>
    access({
      time: timeAt(at % 23),
      ownerId: `org_${String(at % 3)}`,
      tenantId: `clinic_${String(at % 4)}`,
      keyId: `key_${String(at % 5)}`,
      ...(at % 6 === 0 && { outcome: 'denied', reason: 'insufficient_scope', status: 403 }),
      ...(at % 7 === 0 && { subject: 'dr-who' }),
      ...(at % 5 === 0 && { issuer: 'https://idp.example', clientId: 'web' }),
      requestId: `req_${String(at % 12)}`,
      phi: {
        resource: at % 2 ? 'Patient' : 'Observation',
        action: 'read',
        ids: [`p${String(at % 9)}`],
      },
      furtherPhi: [{ resource: 'Encounter', action: 'search' }],
    }),
  )
  const again = records
    .filter((_, at) => at % 10 === 0)
    .map((one) => ({ ...one, outcome: 'denied' as const, status: 500 }))
  const changes = Array.from({ length: 6 }, (_, at) => ({
    ...({
      kind: 'key',
      id: `aud_change${String(at)}`,
      time: timeAt(at),
      action: 'update',
    } as const),
    ...({ outcome: 'made', keyId: 'key_1', ownerId: 'org_1' } as const),
    by: {
      ...(at % 2 === 0 && { subject: 'dr-who' }),
      ...(at % 3 === 0 && { issuer: 'https://idp.example', clientId: 'web' }),
    },
  }))
  return [
    ...chained('a.1', [START, ...records.slice(0, 30), ...again.slice(0, 3), ...changes]),
    ...chained('b.1', [START, ...records.slice(30), ...again.slice(3)]),
  ]
}

const QUERIES: readonly AuditQuery[] = [
  {},
  { ownerId: 'org_1' },
  { tenantId: 'clinic_2', outcome: 'allowed' },
  { keyId: 'key_3', from: new Date(timeAt(4)), to: new Date(timeAt(15)) },
  { reason: 'insufficient_scope' },
  { outcome: 'denied', limit: 2 },
  { subject: 'dr-who' },
  { subject: 'dr-who', kind: 'key' },
  { issuer: 'https://idp.example', clientId: 'web' },
  { requestId: 'req_10' },
  { phi: { resource: 'Patient' }, limit: 5 },
  { phi: { resource: 'Patient', id: 'p4' } },
  { phi: { resource: 'Encounter' }, limit: 7 },
  { ownerId: 'nobody' },
]

async function idsOf(reader: TrailReader, query: AuditQuery): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await queryTrail(reader, { ...query, ...(cursor !== undefined && { cursor }) })
    ids.push(...page.items.map(({ id, outcome }) => `${id} ${outcome}`))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}

describeWith(databaseUrl, 'a trail in PostgreSQL', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let sink: PostgresAuditSink
  beforeEach(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema, 3)
    sink = createPostgresAuditSink(pool)
    await sink.migrate()
  })
  afterEach(async () => {
    await pool.end()
    await schema.drop()
  })

  test('has what was written, byte by byte, and once', async () => {
    const entries = chained('a.1', [
      START,
      ...[1, 2, 3].map(() => access({ userAgent: `\u{1f600} ' \\ "` })),
    ])
    await sink.write(entries.slice(0, 2))
    // Not acknowledged, as it were, and with more of them now.
    await sink.write(entries)
    await Promise.all([sink.write(entries), sink.write(entries)])
    expect(await linesOf(sink)).toEqual(entries.map(({ line }) => line))
    await sink.migrate()
    expect(await sink.state()).toEqual({
      heads: [{ writer: 'a.1', seq: 3, hash: entries[3]?.record.hash }],
      torn: [],
    })
  })

  test('does not take another record for one that it has', async () => {
    await sink.write(chained('a.1', [access()]))
    await expect(sink.write(chained('a.1', [access()]))).rejects.toThrow(AuditError)
  })

  test('of all chains tells the ends of the latest 64', async () => {
    for (let at = 0; at < 70; at++) {
      await sink.write(
        chained(`a.${String(at)}`, [
          { ...START, time: new Date(Date.UTC(2030, 0, 1, at)).toISOString() },
        ]),
      )
    }
    const { heads } = await sink.state()
    expect(heads).toHaveLength(64)
    expect(heads[0]).toMatchObject({ writer: 'a.69', seq: 0 })
  })

  test('is only added to', async () => {
    await sink.write(chained('a.1', [access()]))
    for (const statement of [
      `UPDATE sallyport_audit SET line = '{}'`,
      'DELETE FROM sallyport_audit',
      'TRUNCATE sallyport_audit',
      `SET session_replication_role = replica; DELETE FROM sallyport_audit`,
      `SET sallyport.prune = 'on'; DELETE FROM sallyport_audit`,
    ]) {
      await expect(schema.query(statement)).rejects.toThrow('An audit trail is only added to')
    }
    // Control: it was the trigger that stood in the way, and the sink says so when it is gone.
    await schema.query('DROP TRIGGER sallyport_audit_keep ON sallyport_audit')
    await expect(sink.state()).rejects.toThrow('its trigger sallyport_audit_keep is missing')
    await schema.query('DELETE FROM sallyport_audit')
    expect(await linesOf(sink)).toEqual([])
  })

  test('acknowledges nothing where a commit may be lost', async () => {
    const careless = new URL(schema.url)
    careless.searchParams.set('options', `-c search_path=${schema.name} -c synchronous_commit=off`)
    const other = await openIn({ ...schema, url: careless.href }, 1)
    const lax = createPostgresAuditSink(other)
    await expect(lax.state()).rejects.toThrow('synchronous_commit is off')
    await expect(lax.write(chained('a.1', [access()]))).rejects.toThrow('synchronous_commit is off')
    await other.end()
    await schema.query('DROP TABLE sallyport_audit; DROP TABLE sallyport_migrations')
    await expect(sink.state()).rejects.toThrow(AuditError)
  })

  test('is asked by index as files are read through', async () => {
    const entries = various()
    await sink.write(entries)
    for (const query of QUERIES) {
      const found = await idsOf(sink, query)
      expect(found).toEqual(await idsOf(trailOf(entries), query))
      if (query.ownerId !== 'nobody') expect(found.length).toBeGreaterThan(2)
    }
  })

  test('with bounds, has all lines between them, in the order of each chain', async () => {
    const entries = various()
    await sink.write(entries)
    const [since, until] = [new Date(timeAt(8)), new Date(timeAt(12))]
    const lines = await linesOf(sink, since, until)
    const wanted = entries.filter(({ record: { time } }) => time >= timeAt(8) && time < timeAt(12))
    expect(lines).toEqual(expect.arrayContaining(wanted.map(({ line }) => line)))
    const order = lines.map((line) => entries.findIndex((entry) => entry.line === line))
    expect(order).toEqual([...order].sort((a, b) => a - b))
  })

  test('what somebody changed in the table, took out or put in is found in its place', async () => {
    const entries = chained('a.1', [START, ...Array.from({ length: 8 }, () => access())])
    await sink.write(entries)
    const whole = await verifyTrail(sink.lines())
    expect(whole).toMatchObject({ unproven: 9, invalid: 0, missing: 0, findings: [] })
    await schema.query('ALTER TABLE sallyport_audit DISABLE TRIGGER sallyport_audit_keep')
    await schema.query(
      `UPDATE sallyport_audit SET line = replace(line, 'org_1', 'org_9') WHERE seq = 2`,
    )
    await schema.query('DELETE FROM sallyport_audit WHERE seq IN (5, 6)')
    const { findings } = await verifyTrail(sink.lines())
    expect(findings).toEqual([
      { fault: 'changed', where: 'sallyport_audit, writer a.1, seq 2' },
      {
        fault: 'missing',
        where: 'sallyport_audit, writer a.1, seq 7',
        writer: 'a.1',
        seq: 5,
        count: 2,
      },
    ])
    // Nor is it shown.
    expect(await idsOf(sink, { ownerId: 'org_9' })).toEqual([])
    expect(await idsOf(sink, {})).toHaveLength(5)
  })

  test('is pruned up to a checkpoint that is old enough, and remains provable', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const old = { time: '2020-01-01T00:00:00.000Z' }
    const chain = createChain('a.1', privateKey)
    const checkpoint = { kind: 'checkpoint', ...old } as const
    const records = [{ ...START, ...old }, access(old), checkpoint, access(old), access()]
    await sink.write(records.map((record) => chain.add(record)))
    await sink.write(chained('b.1', [{ ...START, ...old }, access(old)]))
    const now = Date.parse('2030-01-08T00:00:00.000Z')
    const before = new Date('2024-01-01T00:00:00.000Z')
    const publicKeys = [publicKey.export({ type: 'spki', format: 'pem' }).toString()]
    await expect(
      sink.prune({ before: new Date(now), clock: () => now, publicKeys }),
    ).rejects.toThrow("'before' must be at least 2192d ago")
    expect(await sink.prune({ before, clock: () => now, publicKeys })).toEqual({ records: 2 })
    expect(await linesOf(sink)).toHaveLength(5)
    const proof = { publicKeys, clock: () => now }
    expect(await verifyTrail(sink.lines(), proof)).toMatchObject({ missing: 0, findings: [] })
    // It was for this one transaction.
    await expect(schema.query('DELETE FROM sallyport_audit')).rejects.toThrow('only added to')
  })

  test('has no secret, wherever one was put; nor has what is made of it', async () => {
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    await gate.check({
      ...requestWith(secret, `/v1/${secret}?key=${secret}`),
      rawHeaders: [
        'Host',
        'a',
        'User-Agent',
        `ward ${secret}`,
        'Authorization',
        `Bearer ${secret}`,
      ],
    })
    await gate.check(requestWith(`${secret}x`))
    await gate.audit.flush()
    const { items } = await gate.audit.query()
    expect(items).toHaveLength(3)
    const period = { ends: Math.floor(Date.now() / 86_400_000) + 1, past: 1 }
    const calendar = createCalendar('UTC')
    const gathered = await gather(sink, calendar, period)
    const about = {
      timeZone: 'UTC',
      source: '',
      signed: false,
      madeAt: new Date(),
      today: period.ends,
      names: new Map<string, string>(),
    }
    const review = reviewOf(gathered, { ...about, overdue: undefined })
    expect(review.totals.requests).toBe(2)
    const rows = await schema.query('SELECT * FROM sallyport_audit')
    const body = secret.slice(-20)
    for (const made of [rows, items, review, pageOf(review), items.map((event) => fhirOf(event))]) {
      expect(JSON.stringify(made)).not.toContain(body)
    }
    // Control: had it been let in, it would have been found.
    await sink.write(chained('leak.1', [access({ path: `/v1/${secret}` })]))
    expect(JSON.stringify(await schema.query('SELECT * FROM sallyport_audit'))).toContain(body)
    await gate.close()
  })

  test('has more lines than a page', async () => {
    const entries = chained(
      'a.1',
      Array.from({ length: 1_100 }, () => access()),
    )
    await sink.write(entries)
    expect(await linesOf(sink)).toHaveLength(1_100)
    expect(await linesOf(sink, new Date(timeAt(0)))).toHaveLength(1_100)
  }, 60_000)
})

describe('PGlite', () => {
  test('keeps a trail too', async () => {
    const client = await openEmbedded()
    const sink = createPostgresAuditSink(client)
    await sink.migrate()
    const entries = various()
    await sink.write(entries)
    await sink.write(entries)
    expect((await linesOf(sink)).length).toBe(entries.length)
    expect(await idsOf(sink, { ownerId: 'org_1' })).toEqual(
      await idsOf(trailOf(entries), { ownerId: 'org_1' }),
    )
    expect((await sink.state()).heads).toHaveLength(2)
    await client.close()
  }, 60_000)
})

describeWith(postgresBinaries, 'PostgreSQL is stopped', (binaries) => {
  test('a write is refused soon, and taken as soon as it is back', async () => {
    const cluster = await createCluster(binaries)
    try {
      await cluster.start()
      const pool = await openPostgres(cluster.url, { max: 2 })
      const sink = createPostgresAuditSink(pool)
      await untilDone(() => sink.migrate())
      const entries = chained('a.1', [START, access(), access()])
      await sink.write(entries.slice(0, 2))
      await cluster.stop()
      const begun = performance.now()
      await expect(sink.write(entries.slice(2))).rejects.toThrow(AuditError)
      // A quarter of a second by itself; the machine may be busy.
      expect(performance.now() - begun).toBeLessThan(1_000)
      await cluster.start()
      await untilDone(() => sink.write(entries))
      expect(await linesOf(sink)).toEqual(entries.map(({ line }) => line))
      await pool.end()
    } finally {
      await cluster.remove()
    }
  }, 60_000)
})

/** The postmaster listens before it lets anybody in. */
async function untilDone(work: () => unknown): Promise<void> {
  for (let left = 200; ; left--) {
    try {
      await work()
      return
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
