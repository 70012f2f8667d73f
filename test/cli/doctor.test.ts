import { chmodSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import {
  createPostgresAccessStore,
  createPostgresAgreementStore,
  createPostgresAuditSink,
  createPostgresKeyStore,
  createPostgresReplayStore,
  createPostgresReviewStore,
  openPostgres,
} from 'sallyport/postgres'
import {
  accessEventCases,
  accessStoreCases,
  agreementStoreCases,
  replayStoreCases,
} from 'sallyport/testing'
import { databaseUrl, describeWith, redisUrl } from '../services.js'
import { createSchema, makeTables } from '../adapters/postgres/schema.js'
import { shell } from '../adapters/sqlite/setup.js'
import { buildCommand, type Command } from './command.js'

// Each test starts several processes.
jest.setTimeout(60_000)

interface Finding {
  readonly check: string
  readonly outcome: string
  readonly detail: string
  readonly advice?: string
}

let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

async function doctor(...args: readonly string[]) {
  const { code, out, err } = await command.run(['doctor', '--json', ...args], {
    NODE_ENV: 'production',
  })
  expect(err).toBe('')
  const { healthy, findings } = JSON.parse(out) as { healthy: boolean; findings: Finding[] }
  expect(code).toBe(healthy ? 0 : 1)
  const of = (check: string) => findings.find((one) => one.check === check)
  return { healthy, of, outcome: (check: string) => of(check)?.outcome, out }
}

test('a SQLite file: its tables, and who may read it', async () => {
  const file = join(command.folder, 'doctor.db')
  expect((await doctor('--database', file)).outcome('database')).toBe('failed')
  await command.run(['migrate', '--database', file])
  const good = await doctor('--database', file)
  expect(good.healthy).toBe(true)
  expect(good.outcome('tables of keys')).toBe('ok')
  expect(good.outcome('database file')).toBe('ok')
  chmodSync(file, 0o644)
  const open = await doctor('--database', file)
  expect([open.healthy, open.outcome('database file')]).toEqual([true, 'warning'])
})

test.each(['sallyport_jobs', 'sallyport_outbox_marks', 'sallyport_access', 'sallyport_used_ids'])(
  'a SQLite file without %s',
  async (table) => {
    const file = join(command.folder, `without-${table}.db`)
    await command.run(['migrate', '--database', file])
    shell(file, `DROP TABLE ${table}`)
    const { healthy, of } = await doctor('--database', file)
    expect(healthy).toBe(false)
    expect(of('tables of keys')).toMatchObject({
      ...{ outcome: 'failed', detail: `missing: ${table}` },
      advice: expect.stringContaining('backup') as unknown,
    })
    const check = await command.run(['migrate', '--database', file, '--check'])
    expect([check.code, check.out]).toEqual([1, expect.stringContaining(table)])
  },
)

test('a feature that is not known', async () => {
  const { code, err } = await command.run(['doctor', '--uses', 'mail'])
  expect([code, err]).toEqual([2, expect.stringContaining('events, reminders, reset, access')])
})

test('the directory of an audit log', async () => {
  const path = join(command.folder, 'trail')
  expect((await doctor('--audit', path)).outcome('audit directory')).toBe('failed')
  mkdirSync(path, { mode: 0o700 })
  expect((await doctor('--audit', path)).outcome('audit directory')).toBe('ok')
  chmodSync(path, 0o755)
  expect((await doctor('--audit', path)).of('audit directory')).toMatchObject({
    outcome: 'warning',
    advice: `Run: chmod 700 ${path}`,
  })
})

test.each([
  ['10.0.0.0/8', 'ok'],
  ['127.0.0.1', 'ok'],
  ['2001:db8::/32', 'ok'],
  ['0.0.0.0/1', 'warning'],
  ['0.0.0.0/0', 'failed'],
  ['::/0', 'failed'],
  ['10.0.0.0/33', 'failed'],
  ['true', 'failed'],
])('trustProxy %s is %s', async (network, outcome) => {
  expect((await doctor('--trust-proxy', network)).outcome(`trustProxy ${network}`)).toBe(outcome)
})

test('a table for people says what to do', async () => {
  const { code, out } = await command.run(['doctor', '--trust-proxy', '0.0.0.0/0'])
  expect(code).toBe(1)
  expect(out).toMatch(/^ok +Node: /)
  expect(out).toMatch(/\nwarning {2}NODE_ENV: not set\n {9}Set NODE_ENV=production /)
  expect(out).toMatch(/\nfailed {3}trustProxy 0\.0\.0\.0\/0: trusts every client/)
})

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  test('tables, clock, and the rights of a role', async () => {
    const schema = await createSchema(url)
    const role = `r_${schema.name}`
    const as = new URL(schema.url)
    as.username = role
    as.password = 'hunter2'
    await schema.query(`CREATE ROLE ${role} LOGIN PASSWORD 'hunter2'`)
    try {
      expect((await doctor('--database', schema.url)).outcome('tables of keys')).toBe('failed')
      await command.run(['migrate', '--database', schema.url])
      const owner = await doctor('--database', schema.url)
      expect(owner.healthy).toBe(true)
      expect(owner.outcome('database clock')).toBe('ok')
      expect(owner.outcome('grants on sallyport_audit')).toBe('warning')
      expect(owner.of('schema')).toMatchObject({
        ...{ outcome: 'ok', detail: `${schema.name}; search_path ${schema.name}` },
      })
      await schema.query(`GRANT USAGE ON SCHEMA ${schema.name} TO ${role}`)
      const tables = 'sallyport_keys, sallyport_key_usage, sallyport_usage'
      await schema.query(`GRANT SELECT, INSERT, UPDATE ON ${tables} TO ${role}`)
      await schema.query(`GRANT SELECT ON sallyport_migrations, sallyport_audit TO ${role}`)
      await schema.query(`GRANT SELECT ON sallyport_key_suspensions TO ${role}`)
      const short = await doctor('--database', as.href)
      expect(short.of('grants on sallyport_key_suspensions')).toMatchObject({
        outcome: 'failed',
        advice: 'As the owner: GRANT INSERT, UPDATE, DELETE ON sallyport_key_suspensions TO <role>',
      })
      await schema.query(`GRANT INSERT, UPDATE, DELETE ON sallyport_key_suspensions TO ${role}`)
      expect(short.outcome('grants for audit')).toBe('warning')
      const audited = await doctor('--database', as.href, '--uses', 'audit')
      expect(audited.of('grants on sallyport_audit')).toMatchObject({
        outcome: 'failed',
        advice: 'As the owner: GRANT INSERT ON sallyport_audit TO <role>',
      })
      expect(short.out).not.toContain('hunter2')
      await schema.query(`GRANT INSERT ON sallyport_audit TO ${role}`)
      const right = await doctor('--database', as.href)
      expect([right.healthy, right.outcome('grants for audit')]).toEqual([true, 'ok'])
      const features = ['events', 'reminders', 'reset', 'access', 'used-ids', 'reviews']
      for (const name of features) expect(right.outcome(`grants for ${name}`)).toBe('warning')

      // With what it says for each feature, the role does all that the feature needs.
      const uses = features.flatMap((name) => ['--uses', name])
      const asked = await doctor('--database', as.href, ...uses)
      expect(asked.healthy).toBe(false)
      const { findings } = JSON.parse(asked.out) as { findings: Finding[] }
      for (const { outcome, advice = '' } of findings) {
        const [grant] = /GRANT .*/.exec(outcome === 'failed' ? advice : '') ?? []
        if (grant !== undefined) await schema.query(grant.replace('<role>', role))
      }
      const whole = await doctor('--database', as.href, ...uses)
      expect([whole.healthy, whole.outcome('grants for access')]).toEqual([true, 'ok'])
      await useAll(as.href)
      await schema.query('DROP TABLE sallyport_reviews')
      expect((await doctor('--database', as.href)).of('tables of keys')).toMatchObject({
        ...{ outcome: 'failed', detail: 'missing: sallyport_reviews' },
      })
    } finally {
      await schema.query(`DROP OWNED BY ${role}`)
      await schema.query(`DROP ROLE ${role}`)
      await schema.drop()
    }
  })

  test('the tables of keys alone, where the audit log is somewhere else', async () => {
    const schema = await createSchema(url)
    try {
      await makeTables(schema)
      const { healthy, of } = await doctor('--database', schema.url)
      expect([healthy, of('tables of audit')?.outcome]).toEqual([true, 'ok'])
      expect(of('tables of audit')?.detail).toContain('--uses audit')
      expect(of('grants on sallyport_audit')).toBeUndefined()
      const asked = await doctor('--database', schema.url, '--uses', 'audit')
      expect([asked.healthy, asked.of('tables of audit')]).toEqual([
        false,
        expect.objectContaining({ outcome: 'failed', advice: 'Run: sallyport migrate' }),
      ])
    } finally {
      await schema.drop()
    }
  })

  test('a schema that is not there', async () => {
    const schema = await createSchema(url)
    await schema.drop()
    const { healthy, of } = await doctor('--database', schema.url)
    expect([healthy, of('schema')]).toEqual([
      false,
      {
        ...{ check: 'schema', outcome: 'failed' },
        detail: `search_path ${schema.name}: no schema of it exists, or the role may not use it`,
        advice: `Run: CREATE SCHEMA ${schema.name}; then: sallyport migrate`,
      },
    ])
    expect(of('tables of keys')).toBeUndefined()
    const migrated = await command.run(['migrate', '--database', schema.url])
    expect(migrated.code).not.toBe(0)
    expect(migrated.err).toContain(`Run first: CREATE SCHEMA ${schema.name}`)
    // So do both stores.
    const pool = await openPostgres(schema.url)
    for (const store of [createPostgresKeyStore(pool), createPostgresAuditSink(pool)]) {
      await expect(store.migrate()).rejects.toThrow(`Run first: CREATE SCHEMA ${schema.name}`)
    }
    await pool.end()
  })

  /** Again where a busy machine did not answer in time; what the role may not do is refused each time. */
  async function patiently(run: () => Promise<void>, tries = 10): Promise<void> {
    try {
      await run()
    } catch (error) {
      if (tries === 0 || !(error instanceof Error) || /permission/.test(causeOf(error))) throw error
      await patiently(run, tries - 1)
    }
  }

  const causeOf = (error: Error): string => `${error.message} ${String(error.cause)}`

  /** What each feature does in its tables, as this role. */
  async function useAll(as: string): Promise<void> {
    const pool = await openPostgres(as)
    try {
      const { outbox, jobs, reminders } = createPostgresKeyStore(pool)
      if (outbox === undefined) throw new Error('There is no outbox.')
      const access = createPostgresAccessStore(pool)
      const cases = [
        ...accessEventCases(() => ({ access, outbox })),
        ...accessStoreCases(() => access),
        ...agreementStoreCases(() => createPostgresAgreementStore(pool)),
        ...replayStoreCases(() => createPostgresReplayStore(pool)),
      ]
      for (const { run } of cases) await patiently(run)
      const at = new Date()
      const job = { name: 'reset', dueAt: at, holder: 'one', now: at, until: at }
      // The first claim of a job says when it was due at last.
      await jobs?.claim(job)
      const next = { ...job, dueAt: new Date(at.getTime() + 1), until: new Date(at.getTime() + 9) }
      expect((await jobs?.claim(next))?.isYours).toBe(true)
      expect(await jobs?.done(next, at)).toBe(true)
      await reminders?.choose('org_1', [7])
      expect(await reminders?.find('org_1')).toEqual([7])
      expect(await createPostgresReviewStore(pool).list({ ownerId: 'org_1' })).toEqual({
        items: [],
      })
    } finally {
      await pool.end()
    }
  }

  test('that is not there', async () => {
    const gone = await doctor('--database', 'postgres://api:hunter2@127.0.0.1:1/api')
    expect(gone.outcome('database')).toBe('failed')
    expect(gone.out).not.toContain('hunter2')
  })
})

describeWith(redisUrl, 'Redis', (url) => {
  test('answers, with its policy and its clock', async () => {
    const { of, outcome } = await doctor('--redis', url)
    expect([outcome('Redis'), outcome('Redis clock')]).toEqual(['ok', 'ok'])
    const { detail = '', outcome: policy } = of('Redis maxmemory-policy') ?? {}
    expect(policy).toBe(detail === 'noeviction' ? 'ok' : 'failed')
  })
})

describe('a Redis', () => {
  test('that is not there, or is none', async () => {
    expect((await doctor('--redis', 'redis://127.0.0.1:1')).outcome('Redis')).toBe('failed')
    expect((await doctor('--redis', 'http://127.0.0.1')).outcome('Redis')).toBe('failed')
  })

  async function listening(answer: (asked: string) => string) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (asked) => socket.write(answer(asked.toString())))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const url = `redis://127.0.0.1:${String(port)}`
    return { url, close: () => new Promise((done) => server.close(done)) }
  }

  test('that evicts, and whose clock is wrong', async () => {
    const policy = '*2\r\n$16\r\nmaxmemory-policy\r\n$11\r\nallkeys-lru\r\n'
    const time = '*2\r\n$10\r\n1000000000\r\n$1\r\n0\r\n'
    const { url, close } = await listening((asked) => (asked.includes('CONFIG') ? policy : time))
    const { outcome } = await doctor('--redis', url)
    expect(outcome('Redis maxmemory-policy')).toBe('failed')
    expect(outcome('Redis clock')).toBe('failed')
    await close()
  })

  test('that answers with what would move the cursor, or with much', async () => {
    const rogue = await listening(() => '-ERR \u001b[2J\u001b]0;all is well\u0007\u202e\r\n')
    const { out } = await command.run(['doctor', '--redis', rogue.url])
    expect(out).toContain('ERR ?[2J?]0;all is well??')
    expect(out).toMatch(/^[\P{C}\n]*$/u)
    await rogue.close()
    const flood = await listening(() => '*'.repeat(100_000))
    const { of } = await doctor('--redis', flood.url)
    expect(of('Redis')?.detail).toContain('what it answers is not of a Redis')
    await flood.close()
  })
})
