import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { AUDIT_OUTCOMES, createGate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createPostgresAuditSink } from 'sallyport/postgres'
import { openIn, createSchema, type Schema } from '../../adapters/postgres/schema.js'
import { access, chained } from '../../audit/trails.js'
import { shell } from '../../adapters/sqlite/setup.js'
import { databaseUrl, describeWith } from '../../services.js'
import { SIGNING } from '../../audit/gates.js'
import { buildCommand, type Command } from '../command.js'
import { clinicTrail, HOSTILE } from './clinic.js'

// Each test starts several processes.
jest.setTimeout(60_000)

let command: Command
let directory: string
beforeAll(async () => {
  command = buildCommand()
  directory = join(command.folder, 'audit')
  const files = createAuditFiles(directory)
  // Files have the day on which they are written.
  await files.write(clinicTrail(new Date(new Date().toISOString().slice(0, 10))))
  await files.close?.()
})
afterAll(() => {
  command.remove()
})

async function lines(args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await command.run(['audit', ...args])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('a trail in files', () => {
  test('is asked, watched and exported', async () => {
    const found = await lines(['query', 'audit', '--key', 'key_new', '--all', '--json'])
    expect(found.map(({ ownerId }) => ownerId)).toEqual(found.map(() => HOSTILE))
    expect(found).toHaveLength(3)
    const last = await lines(['tail', 'audit', '--lines', '2', '--json'])
    expect(last).toHaveLength(2)
    const events = await lines(['export', 'audit', '--fhir', '--key', 'key_new'])
    expect(events.map(({ resourceType }) => resourceType)).toEqual(found.map(() => 'AuditEvent'))
  })

  test('is reviewed although a key of the database cannot be read: it has no name', async () => {
    const database = join(command.folder, 'spoilt.db')
    expect((await command.run(['migrate', '--database', database])).code).toBe(0)
    const columns =
      'id, version, digest, hint, name, owner_id, environment, kind, scopes, metadata, created_at'
    for (const [id, scopes] of [
      ['key_new', 'no list'],
      ['key_ward', '[]'],
    ]) {
      shell(
        database,
        `INSERT INTO sallyport_keys (${columns})
         VALUES (?, 1, ?, '...', 'A name', 'org_1', 'live', 'sk', ?, '{}', 1000)`,
        ...[id, id, scopes],
      )
    }
    const report = ['audit', 'report', 'audit', '--keys', database, '--json']
    const { code, out, err } = await command.run(report)
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('key_new') })
    const { callers } = JSON.parse(out) as { callers: { id: string; name?: string }[] }
    const nameOf = (id: string) => callers.find((caller) => caller.id === id)?.name
    expect([nameOf('key_new'), nameOf('key_ward')]).toEqual([undefined, 'A name'])
  })

  test('is not asked for what no owner, tenant or key can be called', async () => {
    for (const verb of ['query', 'tail', 'export']) {
      for (const filter of ['--owner', '--tenant', '--key']) {
        const { code, out } = await command.run(['audit', verb, 'audit', filter, 'acme\u00a0'])
        expect([code, out]).toEqual([2, ''])
      }
    }
  })

  test('is a table on a terminal, and nothing in it moves the cursor', async () => {
    const { code, out } = await command.run(['audit', 'query', 'audit', '--outcome', 'denied'])
    expect(code).toBe(0)
    expect(out).toMatch(/^TIME +OWNER +WHO +WHAT +OUTCOME +FROM\n/)
    expect(out).toMatch(/denied 401 unknown_key +203\.0\.113\.66/)
    const hostile = await command.run(['audit', 'query', 'audit', '--key', 'key_new'])
    expect(hostile.out).not.toMatch(/[^\x20-\x7e\n]/)
  })

  test('says where a change of a key came from', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
      audit: { sink: createAuditFiles(join(command.folder, 'changes')) },
    })
    const actor = gate.as({ subject: 'user_1', address: '203.0.113.5' })
    await actor.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.close()
    const { out } = await command.run(['audit', 'query', 'changes'])
    expect(out).toMatch(/user_1 +create key_\w+ +made +203\.0\.113\.5 *\n/)
    expect(out).toMatch(/the server +create key_\w+ +made +- *\n/)
  })

  test('is reviewed, in a file for its owner alone', async () => {
    const args = ['audit', 'report', 'audit', '--html', 'review.html', '--json']
    const { code, out, err } = await command.run(args)
    expect({ code, err }).toEqual({ code: 0, err: 'The page is written.\n' })
    expect((JSON.parse(out) as { findings: unknown[] }).findings).toHaveLength(5)
    const file = join(command.folder, 'review.html')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain('<script')
  })

  test('is reviewed in a new file: who could read the old one cannot read it, and no link is followed', async () => {
    const folder = join(command.folder, 'pages')
    mkdirSync(folder)
    const [old, elsewhere, link] = ['old', 'elsewhere', 'link'].map((name) => join(folder, name))
    writeFileSync(old ?? '', 'old')
    chmodSync(old ?? '', 0o644)
    writeFileSync(elsewhere ?? '', 'kept')
    symlinkSync(elsewhere ?? '', link ?? '')
    for (const file of [old, link]) {
      const { code } = await command.run(['audit', 'report', 'audit', '--html', file ?? ''])
      expect(code).toBe(0)
      expect(lstatSync(file ?? '').isFile()).toBe(true)
      expect(lstatSync(file ?? '').mode & 0o777).toBe(0o600)
    }
    expect(readFileSync(elsewhere ?? '', 'utf8')).toBe('kept')
    const failed = await command.run(['audit', 'report', 'audit', '--html', folder])
    expect(failed).toMatchObject({ code: 2, out: '' })
    expect(readdirSync(command.folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test.each(AUDIT_OUTCOMES)('is asked for the outcome %s', async (outcome) => {
    const { code } = await command.run(['audit', 'query', 'audit', '--outcome', outcome])
    expect(code).toBe(0)
    const help = (await command.run(['audit', 'query', '--help'])).out
    expect(help).toContain(`"${outcome}"`)
  })

  test.each([
    [
      ['query', 'nowhere'],
      2,
      "the directory 'nowhere' cannot be read: no such file or directory; to begin a trail there, write: mkdir -m 700 nowhere",
    ],
    [['query'], 2, 'say where the trail is'],
    [['query', 'audit', '--from', 'soon'], 2, 'It must be a day'],
    [['report', 'audit', '--time-zone', 'Mars/Base'], 2, '--time-zone must be one such as'],
  ])('%j is refused', async (args, status, message) => {
    const { code, out, err } = await command.run(['audit', ...args])
    expect({ code, out }).toEqual({ code: status, out: '' })
    expect(err).toContain(message)
  })
})

describeWith(databaseUrl, 'a trail in PostgreSQL', (url) => {
  let schema: Schema
  beforeAll(async () => {
    schema = await createSchema(url)
    await command.run(['migrate', '--database', schema.url])
    const pool = await openIn(schema)
    await createPostgresAuditSink(pool).write(
      chained('a.1', [
        { kind: 'start', time: '2030-01-07T00:00:00.000Z', instance: 'a', heads: [], torn: [] },
        access(),
        access({ ownerId: 'org_2' }),
      ]),
    )
    await pool.end()
  })
  afterAll(() => schema.drop())

  test('is asked, reviewed and verified', async () => {
    const place = ['--database', schema.url]
    expect(await lines(['query', '--owner', 'org_2', '--json', ...place])).toHaveLength(1)
    const report = ['report', ...place]
    const [review] = await lines([...report, '--to', '2030-01-14', '--json'])
    expect(review).toMatchObject({ totals: { requests: 2 }, overdue: [] })
    expect(JSON.stringify(review)).not.toContain('search_path')
    const today = new Date().toISOString().slice(0, 10)
    const { out: text } = await command.run(['audit', ...report])
    expect(text).toContain(`Today, ${today}, is not among these days. To add it: --to now`)
    const [withToday] = await lines([...report, '--to', 'now', '--json'])
    expect(withToday).toMatchObject({ to: today, today, reachesToday: true })
    const unsigned = await command.run(['audit', 'verify', '--unsigned', ...place])
    expect(unsigned.code).toBe(0)
    writeFileSync(join(command.folder, 'audit.pub.pem'), SIGNING.publicKeys.join())
    const pruning = ['audit', 'prune', '--public-key', 'audit.pub.pem', ...place]
    expect((await command.run(pruning)).out).toBe('0 records pruned.\n')
    await schema.query('ALTER TABLE sallyport_audit DISABLE TRIGGER sallyport_audit_keep')
    await schema.query(`UPDATE sallyport_audit SET line = replace(line, 'org_2', 'org_9')`)
    const { code, out } = await command.run(['audit', 'verify', ...place])
    expect(code).toBe(1)
    expect(out).toContain('sallyport_audit, writer a.1, seq 2: changed')
  })
})

describeWith(databaseUrl, 'a trail in a PostgreSQL that has no keys', (url) => {
  let schema: Schema
  beforeAll(async () => {
    schema = await createSchema(url)
    const pool = await openIn(schema)
    await createPostgresAuditSink(pool).migrate()
    await pool.end()
  })
  afterAll(() => schema.drop())

  test('is reviewed without them, or with those of another database', async () => {
    const report = ['audit', 'report', '--json', '--database', schema.url]
    const without = await command.run(report)
    expect(without.code).toBe(0)
    expect(without.err).toContain("say where with '--keys'")
    expect(JSON.parse(without.out)).not.toHaveProperty('overdue')
    await command.run(['migrate', '--database', 'reviewed.db'])
    const { code, out, err } = await command.run([...report, '--keys', 'reviewed.db'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toHaveProperty('overdue', [])
  })
})

test('what follows a trail is told of what comes', async () => {
  const files = createAuditFiles(join(command.folder, 'live'))
  const now = () => ({ time: new Date().toISOString() })
  await files.write(chained('a.1', [access({ ...now(), id: 'first' })]))
  const child = command.start(['audit', 'tail', 'live', '--follow', '--json'])
  let seen = ''
  child.stdout?.on('data', (piece: Buffer) => (seen += piece.toString()))
  const until = async (id: string) => {
    while (!seen.includes(`"id":"${id}"`)) await new Promise((next) => setTimeout(next, 50))
  }
  await until('first')
  await files.write(chained('b.1', [access({ ...now(), id: 'second' })]))
  await until('second')
  child.kill()
  await files.close?.()
  expect(seen.trim().split('\n')).toHaveLength(2)
})
