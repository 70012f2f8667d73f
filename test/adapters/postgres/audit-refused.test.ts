import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  parseAuditLine,
  queryTrail,
  verifyTrail,
  type PhiAccess,
  type StartRecord,
} from 'sallyport'
import {
  createPostgresAuditSink,
  type OpenPostgres,
  type PostgresAuditSink,
} from 'sallyport/postgres'
import { auditedGate, KEY, requestWith } from '../../audit/gates.js'
import { access, chained } from '../../audit/trails.js'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn, type Schema } from './schema.js'

describeWith(databaseUrl, 'a trail in PostgreSQL', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let sink: PostgresAuditSink
  let told: string[]
  beforeEach(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema, 3)
    sink = createPostgresAuditSink(pool)
    await sink.migrate()
    told = []
  })
  afterEach(async () => {
    await pool.end()
    await schema.drop()
  })

  const requiredGate = () =>
    auditedGate({ sink, mode: 'required' }, (error) => told.push(String(error)))

  async function linesIn(): Promise<string[]> {
    const lines: string[] = []
    for await (const { line } of sink.lines()) lines.push(line)
    return lines
  }

  async function startsIn(): Promise<StartRecord[]> {
    return (await linesIn())
      .flatMap((line) => parseAuditLine(line) ?? [])
      .filter((record) => record.kind === 'start')
  }

  const insert = (record: object) =>
    schema.query('INSERT INTO sallyport_audit (line) VALUES ($1)', [JSON.stringify(record)])

  test('goes on in a new chain where somebody has taken the next places, and nothing acknowledged is lost', async () => {
    const gate = requiredGate()
    const { secret } = await gate.keys.create(KEY)
    const [last] = await schema.query(
      'SELECT writer, max(seq)::int AS seq FROM sallyport_audit GROUP BY writer',
    )
    const [writer, seq] = [String(last?.['writer']), Number(last?.['seq'])]
    const time = new Date().toISOString()
    for (let n = 2; n < 5; n++) await insert({ writer, seq: seq + n, time, kind: 'gap' })
    const paths = Array.from({ length: 8 }, (_, n) => `/${String(n)}`)
    const kept: string[] = []
    const begun = performance.now()
    for (const path of paths) {
      if ((await gate.check(requestWith(secret, path))).allowed) kept.push(path)
    }
    expect(kept.length).toBeGreaterThan(6)
    expect(performance.now() - begun).toBeLessThan(2_000)
    await gate.close()
    const { items } = await queryTrail(sink, { outcome: 'allowed' })
    const found = items.map((item) => (item.kind === 'access' ? item.path : ''))
    expect(kept.filter((path) => !found.includes(path))).toEqual([])
    expect((await startsIn()).flatMap(({ instead }) => instead ?? [])).toEqual([
      { writer, seq: seq + 2, why: 'place_taken' },
    ])
    // The end of that chain is no record now; this process knows it without the table.
    expect(told).toEqual([
      expect.stringMatching('Another record has the place'),
      expect.stringMatching(`begins without what it cannot read: .* writer ${writer}`),
    ])
    const next = (await startsIn()).find(({ instead }) => instead !== undefined)
    expect(next?.heads).toMatchObject([{ writer, seq: seq + 1 }])
    expect(await verifyTrail(sink.lines())).toMatchObject({ missing: 0 })
  })

  test('writes nothing of a statement where one place of it is taken', async () => {
    const entries = chained('a.1', [access(), access(), access()])
    const [foreign] = chained('a.1', [access(), access()]).slice(1)
    await insert(JSON.parse(foreign?.line ?? '') as object)
    await expect(sink.write(entries)).rejects.toMatchObject({ fault: 'place_taken' })
    expect(await linesIn()).toHaveLength(1)
  })

  test('has a gap for a record that a constraint refuses, and all others', async () => {
    await schema.query(
      `ALTER TABLE sallyport_audit ADD CHECK (line NOT LIKE '%/poison%' OR kind <> 'access')`,
    )
    const gate = auditedGate({ sink }, (error) => told.push(String(error)))
    const { secret } = await gate.keys.create(KEY)
    for (const path of ['/1', '/poison', '/2']) await gate.check(requestWith(secret, path))
    await gate.audit.flush()
    await gate.check(requestWith(secret, '/3'))
    await gate.close()
    const { items } = await queryTrail(sink, { outcome: 'allowed' })
    expect(items.map((item) => item.kind === 'access' && item.path)).toEqual(['/3', '/2', '/1'])
    expect(told).toEqual(['AuditError: A record cannot be kept, and is counted.'])
    expect(await verifyTrail(sink.lines())).toMatchObject({ missing: 0, invalid: 0, dropped: 1 })
  })

  test('is not stopped by text that a database cannot keep, wherever a handler told it', async () => {
    const gate = requiredGate()
    const { secret } = await gate.keys.create(KEY)
    const decision = await gate.check(requestWith(secret, '/\0\ud800'))
    if (!decision.allowed) throw new Error(decision.reason)
    const odd = {
      resource: 'Pa\0tient',
      action: 'read',
      ids: ['a\0', '\udc00', '\\u0000'],
    } as const
    await decision.audit.phi(odd)
    await expect(
      (async () => decision.audit.phi({ ...odd, action: 'a\0b' as 'read' }))(),
    ).rejects.toThrow("'action' must be one of 'create', 'read'")
    await gate.close()
    const { items } = await queryTrail(sink, { phi: { resource: 'Pa\ufffdtient', id: '\\u0000' } })
    expect(items).toHaveLength(1)
    // Even what nobody cleaned.
    await sink.write(chained('z.1', [access({ keyId: 'k\0\ud800' })]))
    expect((await queryTrail(sink, { keyId: 'k\ufffd\ufffd' })).items).toHaveLength(1)
  })

  test('begins although rows are no records, and names them', async () => {
    const time = new Date().toISOString()
    await insert({ writer: 'odd.1', seq: 0, time, kind: 'start' })
    await insert({ writer: 'x'.repeat(400), seq: 0, time, kind: 'start' })
    const gate = requiredGate()
    await expect(gate.keys.create(KEY)).resolves.toMatchObject({ ownerId: 'org_1' })
    await gate.close()
    expect(told).toEqual([expect.stringMatching(/sallyport_audit, writer odd\.1/)])
    expect((await startsIn())[0]?.passed).toHaveLength(2)
  })

  test('keeps a record of 8 kinds with 1,000 ids each, and those that wait behind it', async () => {
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    const decision = await gate.check(requestWith(secret, '/much'))
    if (!decision.allowed) throw new Error(decision.reason)
    const ids = Array.from({ length: 1_000 }, (_, n) => String(n).padEnd(128, 'x'))
    for (let kind = 0; kind < 8; kind++) {
      const told: PhiAccess = { resource: `Kind${String(kind)}`, action: 'search', ids }
      await decision.audit.phi(told)
    }
    await gate.check(requestWith(secret, '/after'))
    await gate.audit.flush()
    const found = await queryTrail(sink, { phi: { resource: 'Kind7', id: ids[999] ?? '' } })
    expect(found.items).toHaveLength(1)
    expect((await queryTrail(sink, { outcome: 'allowed' })).items).toHaveLength(2)
    await gate.close()
  }, 60_000)

  test('lets nobody but its owner take records out, and the owner by the function alone', async () => {
    await sink.write(chained('a.1', [access(), access(), access()]))
    const role = `r_${randomBytes(6).toString('hex')}`
    const refused = async (...statements: string[]) => {
      const all = `SET ROLE ${role}; ${statements.join('; ')}`
      await expect(schema.query(all)).rejects.toThrow(/only added to|permission denied/)
      await schema.query('RESET ROLE; RESET sallyport.prune')
    }
    await schema.query(`CREATE ROLE ${role};
      GRANT USAGE, CREATE ON SCHEMA ${schema.name} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON sallyport_audit TO ${role}`)
    try {
      await refused("SET sallyport.prune = 'on'", 'DELETE FROM sallyport_audit')
      await refused("SELECT sallyport_audit_prune('a.1', 3)")
      // Nor where the owner was so kind.
      await schema.query(`GRANT EXECUTE ON FUNCTION sallyport_audit_prune TO ${role}`)
      await refused("SELECT sallyport_audit_prune('a.1', 3)")
      // Nor by a function of that name in another place.
      await refused(
        `CREATE FUNCTION pg_temp.sallyport_audit_prune(text, bigint) RETURNS void LANGUAGE plpgsql
          AS 'BEGIN DELETE FROM sallyport_audit; END'`,
        "SELECT pg_temp.sallyport_audit_prune('a.1', 3)",
      )
      expect(await linesIn()).toHaveLength(3)
      // Control: the owner does.
      await schema.query(`ALTER TABLE sallyport_audit OWNER TO ${role};
        SET ROLE ${role}; SELECT sallyport_audit_prune('a.1', 2); RESET ROLE`)
      expect(await linesIn()).toHaveLength(1)
    } finally {
      await schema.query(`RESET ROLE; ALTER TABLE sallyport_audit OWNER TO CURRENT_USER`)
      await schema.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }
  })

  test('of the first version is brought to this one', async () => {
    await schema.query(`DROP INDEX sallyport_audit_by_changer;
      UPDATE sallyport_migrations SET version = 1 WHERE part = 'audit'`)
    await sink.migrate()
    const versions = await schema.query(
      `SELECT version FROM sallyport_migrations WHERE part = 'audit'`,
    )
    expect(versions).toEqual([{ version: 3 }])
  })
})
