import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { createGate, type KeyStore, type Gate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { dose } from '../dose.js'
import { databaseUrl, describeWith } from '../services.js'
import { buildCommand, type Command } from './command.js'
import { postgresPlace, sqlitePlace, type Place } from './databases.js'

// Each test starts several processes.
jest.setTimeout(60_000)

const PEPPER = 'a pepper of more than thirty-two characters'

let trails = 0
let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

/** Of the commands on a second store, the smaller dose has the list: what a store does, its own tests say. */
function suite(make: () => Promise<Place>, everything = true): void {
  const trail = String((trails += 1))
  let place: Place
  let app: { store: KeyStore; close: () => unknown }
  let gate: Gate<'read:orders' | 'write:orders'>

  beforeAll(async () => {
    place = await make()
    await command.run(['migrate', '--database', place.where])
    app = await place.open()
    gate = createGate({
      environment: ['live', 'test'],
      keys: { prefix: 'acme', store: app.store, peppers: [PEPPER] },
      scopes: ['read:orders', 'write:orders'],
      audit: { sink: createAuditFiles(join(command.folder, `audit-${trail}`)) },
    })
  })
  afterAll(async () => {
    await gate.close()
    await app.close()
    await place.drop()
  })

  function keys(args: readonly string[], input?: string, env: NodeJS.ProcessEnv = {}) {
    return command.run(['keys', ...args], { SALLYPORT_DATABASE: place.where, ...env }, input)
  }

  async function idsOf(args: readonly string[], input?: string, env?: NodeJS.ProcessEnv) {
    const { out, err } = await keys([...args, '--json'], input, env)
    const ids = out.split('\n').slice(0, -1)
    return { ids: ids.map((line) => (JSON.parse(line) as { id: string }).id), out, err }
  }

  function create(ownerId: string, more: object = {}) {
    return gate.keys.create({ name: 'CI', ownerId, environment: 'live', ...more })
  }

  test('list is filtered by hint, name, scopes and metadata, over pages', async () => {
    const one = await create('org_f', { name: 'Billing server', scopes: ['read:orders'] })
    const metadata = { team: 'a=b', seats: 7, paid: true }
    const all = { scopes: ['read:orders', 'write:orders'], metadata }
    const two = await create('org_f', { name: 'Reports', ...all })
    const three = await create('org_f', { name: 'billing of late', ...all })
    const list = async (...args: string[]) =>
      (await idsOf(['list', '--owner', 'org_f', ...args])).ids
    expect(await list('--hint', two.hint)).toEqual([two.id])
    expect(await list('--hint', two.secret.slice(-4))).toEqual([two.id])
    expect(await list('--hint', `...${two.secret.slice(-4)}`)).toEqual([two.id])
    expect(await list('--name', 'BILLING')).toEqual([three.id, one.id])
    expect(await list('--scope', 'read:orders', '--scope', 'write:orders')).toEqual([
      three.id,
      two.id,
    ])
    const facts = ['team=a=b', 'seats=7', 'paid=true'].flatMap((fact) => ['--metadata', fact])
    expect(await list(...facts)).toEqual([three.id, two.id])
    expect(await list('--metadata', 'team=a')).toEqual([])
    expect(await list('--metadata', 'toString=undefined')).toEqual([])
    const first = await idsOf(['list', '--owner', 'org_f', '--name', 'billing', '--limit', '1'])
    expect(first.ids).toEqual([three.id])
    const [, cursor = ''] = /--cursor (\S+),/.exec(first.err) ?? []
    expect(await list('--name', 'billing', '--cursor', cursor)).toEqual([one.id])
    const wide = await keys(['list', '--owner', 'org_f', '--wide', '--hint', two.hint])
    expect(wide.out).toContain(` ${two.hint} `)
  })

  if (!everything) return

  test('find finds the key of a leak, and never prints its secret', async () => {
    const key = await create('org_l', { name: 'Server of the lab' })
    await gate.keys.revoke(key.id)
    const env = { SALLYPORT_PEPPERS: PEPPER }
    const tail = key.secret.slice(-4)
    const asked = [
      await idsOf(['find', '-'], `${key.secret}\n`, env),
      await idsOf(['find', key.secret], undefined, env),
      await idsOf(['find', '-'], key.secret),
      await idsOf(['find', key.id]),
      await idsOf(['find', key.id.slice(0, 12)]),
      await idsOf(['find', tail]),
      await idsOf(['find', `...${tail}`]),
      await idsOf(['find', key.hint]),
      await idsOf(['find', 'OF THE LAB']),
    ]
    for (const { ids, out, err } of asked) {
      expect(ids).toEqual([key.id])
      expect(out + err).not.toContain(key.secret.slice(-33, -4))
    }
    // Without the pepper, the hint is what is left.
    expect(asked.map(({ err }) => err.includes('SALLYPORT_PEPPERS')).indexOf(true)).toBe(2)
    const strange = await keys(['find', '-'], `${key.secret.slice(0, -4)}0000`, env)
    expect(strange).toMatchObject({ code: 1, out: '' })
    expect(strange.err).toMatch(/\nNo key found\.\n$/)
    expect(await keys(['find', '-'], '\n')).toMatchObject({ code: 2 })
  })

  test('update sets, takes away, and leaves what is not given', async () => {
    const { id } = await create('org_u', { scopes: ['read:orders'], metadata: { team: 'a' } })
    const set = ['--scope', 'write:orders', '--allow-ip', '10.0.0.0/8', '--expires', '2130-01-31']
    const more = ['--tenant', 'clinic_1', '--resource', 'orders/1', '--plan', 'pro', '--limit', '5']
    const { code, out, err } = await keys(['update', id, ...set, ...more, '--name', 'New'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`^Updated ${id} \\(New\\), everywhere by .+ UTC\\.\n$`))
    expect(await gate.keys.get(id)).toMatchObject({
      name: 'New',
      scopes: ['write:orders'],
      allowedIps: ['10.0.0.0/8'],
      tenantIds: ['clinic_1'],
      resources: ['orders/1'],
      plan: 'pro',
      limit: 5,
      expiresAt: new Date('2130-01-31T00:00:00Z'),
      metadata: { team: 'a' },
      state: 'active',
    })
    const none = ['scope', 'allow-ip', 'tenant', 'resource', 'plan', 'limit', 'expires']
    await keys(['update', id, '--disable', ...none.map((what) => `--no-${what}`)])
    const bare = await gate.keys.get(id)
    expect(bare).toMatchObject({ scopes: [], name: 'New', state: 'disabled' })
    for (const member of ['allowedIps', 'resources', 'plan', 'limit', 'expiresAt']) {
      expect(bare).not.toHaveProperty(member)
    }
    expect(bare?.tenantIds ?? []).toEqual([])
    const enabled = await keys(['update', id, '--enable', '--json'])
    expect(JSON.parse(enabled.out)).toMatchObject({ id, state: 'active' })
    expect(await keys(['update', id])).toMatchObject({ code: 2, out: '' })
    expect(await keys(['update', id, '--enable', '--disable'])).toMatchObject({ code: 2 })
    await gate.keys.revoke(id)
    expect(await keys(['update', id, '--enable'])).toMatchObject({ code: 1, out: '' })
  })

  test('a change names who makes it, in the key and in the audit log', async () => {
    const { id } = await create('org_a')
    const told = ['--as', 'lee', '--trail', `audit-${trail}`]
    const prefix = ['--prefix', 'acme', '--json']
    const input = '{"name":"A","ownerId":"org_a","secret":"legacy-000000001"}\n'
    const where = ['--environment', 'live']
    const named = ['--name', 'B', '--owner', 'org_a', ...where]
    const made = await keys(['create', ...named, ...prefix, ...told])
    const other = JSON.parse(made.out) as { id: string }
    expect(other).toMatchObject({ createdBy: { operator: true, subject: 'lee' } })
    await keys(['update', id, '--plan', 'pro', ...told])
    await keys(['rotate', id, ...prefix, ...told])
    await keys(['import', '-', ...where, ...prefix, ...told], input, { SALLYPORT_PEPPERS: '' })
    await keys(['revoke', id, ...told])
    const why = ['--disable', '--reason', 'Seen in a log']
    expect((await keys(['update', other.id, ...why])).err).toContain('give --trail as well')
    await keys(['update', other.id, ...why, '--trail', `audit-${trail}`])
    await keys(['update', other.id, '--name', 'C', '--enable', '--trail', `audit-${trail}`])
    expect((await gate.keys.list({ createdBy: { subject: 'lee' } })).items).toHaveLength(3)
    const { items } = await gate.audit.query({ ownerId: 'org_a', kind: 'key' })
    const changes = items.flatMap((one) => (one.kind === 'key' ? [[one.action, one.by]] : []))
    expect(items).toContainEqual(
      expect.objectContaining({ standing: 'disabled', why: 'Seen in a log' }),
    )
    const lee = { operator: true, subject: 'lee' }
    expect(changes.filter(([, by]) => by !== undefined)).toEqual(
      expect.arrayContaining([
        ['create', lee],
        ['update', lee],
        ['rotate', lee],
        ['import', lee],
        ['revoke', lee],
      ]),
    )
    const pair = generateKeyPairSync('ed25519')
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
    const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' })
    mkdirSync(join(command.folder, `signed-${trail}`))
    writeFileSync(join(command.folder, 'audit.pem'), pem)
    writeFileSync(join(command.folder, 'public.pem'), publicPem)
    const signed = ['update', other.id, '--plan', 'pro', '--trail', `signed-${trail}`]
    for (const [file, code] of [
      ['public.pem', 2],
      ['audit.pem', 0],
    ] as const) {
      const done = await keys(signed, undefined, { SALLYPORT_AUDIT_KEY_FILE: file })
      expect(done).toMatchObject({ code })
      if (code !== 0) expect(done.err).toMatch(/^error: SALLYPORT_AUDIT_KEY_FILE [^\n]+\n$/)
    }
    const proof = ['audit', 'verify', `signed-${trail}`, '--public-key', 'public.pem']
    expect(await command.run(proof)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^1 writer: \d valid, 0 invalid, 0 missing, 0 unproven\n$/),
    })
    const none = await keys(['revoke', other.id, '--as', 'lee', '--trail', 'none'])
    expect(none).toMatchObject({ code: 2, out: '' })
    expect(none.err).toContain("the directory 'none' cannot be read")
    expect(await gate.keys.get(other.id)).toMatchObject({ state: 'active', name: 'C' })
  })

  test('usage tells uses by day, and outcomes where there is an audit log', async () => {
    const { id, secret } = await create('org_s', { scopes: ['read:orders'], limit: 9 })
    const unused = await keys(['usage', id])
    expect(unused).toMatchObject({ code: 0 })
    expect(unused.out).toMatch(/Last used +never\n/)
    expect(unused.out).toMatch(/Limit +9 in the first quota\n/)
    expect(unused.out).toContain('No use since ')
    const rawHeaders = ['X-API-Key', secret]
    const peer = { address: '127.0.0.1', encrypted: false }
    for (const scope of ['read:orders', 'read:orders', 'write:orders'] as const) {
      const requirement = gate.requirement({ scopes: [scope] })
      await gate.check({ method: 'GET', url: '/orders', rawHeaders, peer }, requirement)
    }
    await gate.keys.usage(id)
    await gate.audit.flush()
    const day = new Date().toISOString().slice(0, 10)
    expect((await keys(['usage', id])).out).toMatch(new RegExp(`DAY +USED\n${day} +3\n$`))
    const told = await keys(['usage', id, '--trail', `audit-${trail}`, '--since', '1d', '--json'])
    expect(JSON.parse(told.out)).toMatchObject({
      id,
      limit: 9,
      lastUsedAt: expect.any(String) as unknown,
      days: [{ day, used: 3, allowed: 2, denied: 1 }],
    })
    const missing = await keys(['usage', 'key_0000000000000000000000'])
    expect(missing).toMatchObject({ code: 1, out: '' })
  })

  test('usage of an organization is told by day, key and outcome, and no environment is in another', async () => {
    const used = { ownerId: 'org_u', environment: 'live', keyId: 'key_1', day: '2030-01-30' }
    await app.store.recordUsage(
      [],
      [
        { ...used, outcome: 'allowed', count: 1_200 },
        { ...used, outcome: 'limited', count: 3 },
        { ...used, day: '2030-01-31', keyId: 'key_2', outcome: 'allowed', count: 40 },
        { ...used, environment: '=1+1', outcome: 'forbidden', count: 5 },
      ],
    )
    const asked = ['usage', '--owner', 'org_u', '--from', '2030-01-01', '--to', '2030-01-31']
    const byDay = (await keys([...asked, '--environment', 'live'])).out
    expect(byDay).toMatch(/^DAY +ENVIRONMENT +TOTAL +ALLOWED /)
    expect(byDay).toMatch(/\n2030-01-31 +live +40 +40 .*\n2030-01-30 +live +1,203 +1,200 .*\n$/)
    expect((await keys([...asked, '--by', 'outcome'])).out.split('\n').sort()).toEqual([
      '',
      expect.stringMatching(/^=1\+1 +forbidden +5$/),
      expect.stringMatching(/^ENVIRONMENT +OUTCOME +TOTAL$/),
      expect.stringMatching(/^live +allowed +1,240$/),
      expect.stringMatching(/^live +limited +3$/),
    ])
    const { out: csv } = await keys([...asked, '--by', 'key', '--csv'])
    expect(csv.split('\r\n')).toEqual([
      'day,key,environment,total,allowed,unauthenticated,forbidden,limited,invalid,unavailable,unclassified',
      ',key_1,live,1203,1200,0,0,3,0,0,0',
      ',key_2,live,40,40,0,0,0,0,0,0',
      ",key_1,'=1+1,5,0,0,5,0,0,0,0",
      '',
    ])
    const json = JSON.parse((await keys([...asked, '--json'])).out) as unknown
    const days = { from: new Date('2030-01-01'), to: new Date('2030-01-31') }
    expect(json).toEqual(await gate.keys.usageOfOwner('org_u', days))
    expect((await keys(['usage', '--owner', 'org_none'])).out).toMatch(
      /^No use from \S+ to \S+\.\n$/,
    )
  })
}

/** The database of an app with keys that are due, and a receiver that is away. */
function eventSuite(make: () => Promise<Place>): void {
  let place: Place
  let app: { store: KeyStore; close: () => unknown }
  const run = (...args: string[]) => command.run(args, { SALLYPORT_DATABASE: place.where })

  beforeAll(async () => {
    place = await make()
    await command.run(['migrate', '--database', place.where])
    app = await place.open()
  })
  afterAll(async () => {
    await app.close()
    await place.drop()
  })

  test('keys remind tells of each key that is due once', async () => {
    const make = (ownerId: string, days: number) => {
      const clock = () => Date.now() - days * 86_400_000
      const options = { environment: 'live', keys: { prefix: 'acme', store: app.store } }
      const gate = createGate({ ...options, scopes: [], clock })
      return gate.keys.create({ name: 'CI', ownerId }).finally(() => gate.close())
    }
    const [old, due] = [await make('org_1', 100), await make('org_2', 80)]
    await make('org_1', 10)
    const one = await run('keys', 'remind', '--owner', 'org_2', '--json')
    expect(JSON.parse(one.out)).toMatchObject({
      ...{ keyId: due.id, ownerId: 'org_2', name: 'CI', why: 'rotation', daysBefore: 14 },
    })
    const all = await run('keys', 'remind')
    expect(all.out).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d  ${old.id}  org_1  CI\n$`))
    expect(await run('keys', 'remind')).toEqual({ code: 0, out: '', err: '' })
    const early = await run('keys', 'remind', '--rotate-after', '12d')
    // One that waits for 10 days less 2, and one that is due by now.
    expect(early.out.split('\n')).toHaveLength(3)
  })

  test('webhooks lists what was given up, and has it tried again', async () => {
    const { outbox } = app.store
    if (outbox === undefined) throw new Error('It keeps no events.')
    await outbox.subscribe(['webhook shop'])
    const [now, until] = [new Date(), new Date(Date.now() + 60_000)]
    const event = { type: 'key.expired', at: now, data: { ownerId: 'org_1' } }
    await outbox.add([
      { ...event, subject: 'key_1' },
      { ...event, subject: 'key_2' },
    ])
    const claim = { target: 'webhook shop', holder: 'one', now, until, limit: 2 }
    for (const { seq } of await outbox.claim(claim)) {
      await outbox.failed(seq, 'one', { at: now, error: 'It was answered with status 500.' })
    }
    const listed = async () => {
      const { out } = await run('webhooks', 'list', '--json')
      const lines = out.split('\n').slice(0, -1)
      return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    }
    const [second, first, ...more] = await listed()
    expect(more).toEqual([])
    expect(first).toMatchObject({
      ...{ target: 'webhook shop', type: 'key.expired', subject: 'key_1', attempts: 1 },
      error: 'It was answered with status 500.',
    })
    expect((await run('webhooks', 'list', '--wide')).out).toContain('key_2')
    expect((await run('webhooks', 'retry')).code).toBe(2)
    const one = await run('webhooks', 'retry', String(first?.['seq']))
    expect(one).toMatchObject({ code: 0, out: 'To be tried again: 1\n' })
    expect((await listed()).map(({ seq }) => seq)).toEqual([second?.['seq']])
    expect((await run('webhooks', 'retry', String(first?.['seq']))).err).toContain('not given up')
    expect((await run('webhooks', 'retry', '--all')).out).toBe('To be tried again: 1\n')
    expect(await listed()).toEqual([])
  })
}

describe('on SQLite', () => {
  describe('events', () => {
    eventSuite(() => sqlitePlace(command.folder))
  })
  suite(() => sqlitePlace(command.folder))
})
describeWith(databaseUrl, 'on PostgreSQL', (url) => {
  describe('events', () => {
    eventSuite(() => postgresPlace(url))
  })

  test('--trail takes a PostgreSQL: who made a change is in its audit log', async () => {
    const place = await postgresPlace(url)
    const database = ['--database', place.where]
    await command.run(['migrate', ...database])
    const names = ['--name', 'CI', '--owner', 'org_1', '--environment', 'live', '--prefix', 'acme']
    const by = ['--as', 'lee', '--trail', place.where]
    const env = { SALLYPORT_PEPPERS: '' }
    const made = await command.run(['keys', 'create', ...names, ...by, ...database, '--json'], env)
    expect(made).toMatchObject({ code: 0 })
    const { id } = JSON.parse(made.out) as { id: string }
    const revoked = ['keys', 'revoke', id, '--reason', 'left', ...by, ...database]
    expect(await command.run(revoked, env)).toMatchObject({ code: 0 })
    const query = ['audit', 'query', '--key', id, ...database, '--json']
    const { out } = await command.run(query, env)
    const events = out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown)
    expect(events).toMatchObject([
      { kind: 'key', action: 'revoke', keyId: id, by: { subject: 'lee', operator: true } },
      { kind: 'key', action: 'create', keyId: id, by: { subject: 'lee', operator: true } },
    ])
    await place.drop()
  })

  suite(() => postgresPlace(url), dose(false, true))
})
