import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { createAuditFiles } from 'sallyport/file'
import { createPostgresAuditSink, createPostgresKeyStore } from 'sallyport/postgres'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createSchema, openIn, type Schema } from '../adapters/postgres/schema.js'
import { dose } from '../dose.js'
import { databaseUrl, describeWith, redisUrl } from '../services.js'
import { AUDIENCE } from '../jwt/issuer.js'
import { startIssuer, type IssuerServer } from '../jwt/issuer-server.js'
import { openGate, openSecrets, PREFIX, type AnyGate } from './gate.js'
import { listenToChannels, listenToLogs } from './listen.js'
import { adminRequests, clientRequests, strayRequests, tokenRequests } from './places.js'
import { addFiles, addTables, createHaystack, kindsOf, takeRedis, type Haystack } from './search.js'
import { APPS, serve, type Sent } from './site.js'

let folder: string
let haystack: Haystack
let issuer: IssuerServer
let deafen: () => void
let quiet: (() => void) | undefined
/** By what they are. */
let secrets: ReadonlyMap<string, string>

const around = () => ({ haystack, introspection: `${issuer.url}/introspect` })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-canary-'))
  haystack = createHaystack()
  issuer = await startIssuer(() => (request, response) => {
    void text(request).then((body) => {
      const active = body.includes('known')
      const more = {
        iss: 'https://opaque.example',
        aud: AUDIENCE,
        sub: 'user-1',
        exp: 4_000_000_000,
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ active, ...more, scope: 'read:patients' }))
    })
  })
  deafen = listenToChannels(haystack)
})
afterEach(async () => {
  quiet?.()
  deafen()
  await issuer.close()
  rmSync(folder, { recursive: true })
})

/** Of the places, every second one in the smaller dose, and the others with the next secret. */
function shareOf<T>(requests: readonly T[], n: number): T[] {
  return requests.filter((_, at) => dose((at + n) % 2 === 0, true))
}

/** Everything at once that a client and an admin can do with each secret; how often each status was answered. */
async function play(gate: AnyGate, app: keyof typeof APPS): Promise<Map<number, number>> {
  const { admin, issued, plain, opaque } = await openSecrets(gate)
  secrets = new Map([...plain, ...opaque, ['the key of an admin', admin.secret]])
  const site = await serve(
    APPS[app](gate, (error) => {
      haystack.addValue('app', error)
    }),
  )
  const statuses = new Map<number, number>()
  const ofEach = (some: ReadonlyMap<string, string>, requests: (secret: string) => Sent[]) =>
    [...some.values()].flatMap((secret, n) => shareOf(requests(secret), n))
  const asked: Sent[] = [
    ...ofEach(plain, (secret) => clientRequests(secret, 'plain')),
    ...ofEach(opaque, (secret) => clientRequests(secret, 'opaque')),
    ...ofEach(plain, (secret) => strayRequests(secret, issued.secret)),
    ...ofEach(plain, (secret) => tokenRequests(secret, 'plain', issued)),
    ...ofEach(opaque, (secret) => tokenRequests(secret, 'opaque', issued)),
  ]
  const { id } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'live' })
  for (const secret of plain.values()) asked.push(...adminRequests(secret, admin.secret, id))
  for (let at = 0; at < asked.length; at += 16) {
    await Promise.all(
      asked.slice(at, at + 16).map(async (sent) => {
        const { status, answer } = await site.ask(sent)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const where = `answer to ${sent.method ?? 'GET'} ${sent.path.slice(0, 20)}`
        haystack.add(where, answer.replace(/"access_token":"[^"]+"/, ''))
      }),
    )
  }
  for (const secret of plain.values()) {
    const request = { method: secret, url: `/${secret}`, rawHeaders: ['Authorization', secret] }
    await gate.check({ ...request, peer: { encrypted: true } })
    await gate.verify(secret, secret)
    for (const call of [
      () => gate.keys.revoke(secret),
      () => gate.keys.rotate(secret, { gracePeriod: secret as '1h' }),
      () => gate.keys.update(secret, { scopes: [secret as 'manage:keys'] }),
      () => gate.keys.update(id, { plan: secret }),
      () => gate.keys.revokeAll({ ownerId: secret, reason: secret }),
      () => gate.keys.create({ name: 'CI', ownerId: secret, environment: secret }),
      () => gate.requirement({ scopes: [secret as 'manage:keys'] }),
    ]) {
      try {
        await call()
      } catch (error) {
        haystack.addValue('thrown', error)
      }
    }
  }
  await site.close()
  return statuses
}

describeWith(databaseUrl && redisUrl, 'a secret in every place', () => {
  test('Express, PostgreSQL, Redis: is found nowhere', async () => {
    quiet = listenToLogs(haystack)
    const schema: Schema = await createSchema(databaseUrl ?? '')
    const pool = await openIn(schema)
    const redis = new Redis(redisUrl ?? '')
    const store = createPostgresKeyStore(pool)
    const table = createPostgresAuditSink(pool)
    await store.migrate()
    await table.migrate()
    const gate = openGate(
      { ...around(), store, redis, sinks: [createAuditFiles(folder), table] },
      'respond',
    )
    const statuses = await play(gate, 'Express')
    await gate.close()
    expect(addFiles(haystack, folder)).toBeGreaterThan(0)
    const tables = await addTables(haystack, schema)
    expect(await takeRedis(haystack, redis, PREFIX)).toBeGreaterThan(1)
    // A database that fails says what it was asked.
    await schema.query('ALTER TABLE sallyport_keys RENAME COLUMN name TO title')
    const failing = openGate(
      { ...around(), store, redis, sinks: [createAuditFiles(folder)] },
      'respond',
    )
    for (const secret of secrets.values()) {
      await failing.verify(secret)
      const input = { name: 'CI', ownerId: 'org_1', environment: 'live' as const }
      await failing.keys.create(input).catch((error: unknown) => {
        haystack.addValue('thrown', error)
      })
    }
    await failing.close()
    redis.disconnect()
    await pool.end()
    await schema.drop()
    quiet()
    expect(kindsOf(haystack.search(secrets))).toEqual([])
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 201, 400, 401, 403]))
    expect(tables).toEqual(expect.arrayContaining(['sallyport_audit', 'sallyport_keys']))
  }, 120_000)

  test('Koa, SQLite, Redis, errors handed on: is found nowhere', async () => {
    quiet = listenToLogs(haystack)
    const redis = new Redis(redisUrl ?? '')
    const store = await openSqliteKeyStore(join(folder, 'keys.db'))
    const gate = openGate(
      { ...around(), store, redis, sinks: [createAuditFiles(join(folder, 'a'))] },
      'next',
    )
    const statuses = await play(gate, 'Koa')
    await gate.close()
    expect(addFiles(haystack, folder)).toBeGreaterThan(1)
    expect(await takeRedis(haystack, redis, PREFIX)).toBeGreaterThan(1)
    store.close()
    redis.disconnect()
    quiet()
    expect(kindsOf(haystack.search(secrets))).toEqual([])
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 201, 400, 401, 403]))
  }, 120_000)
})
