import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { createGate, type AuditSink, type Decision, type KeyStore } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createPostgresAuditSink, createPostgresKeyStore } from 'sallyport/postgres'
import {
  createRedisLimitStore,
  createRedisReplayStore,
  createRedisRevocations,
} from 'sallyport/redis'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createSchema, openIn, type Schema } from '../adapters/postgres/schema.js'
import { SIGNING } from '../record/gates.js'
import { databaseUrl, describeWith, redisUrl } from '../services.js'
import { createPair, issuerWith, signToken } from '../tokens/issuer.js'
import { startIssuer, type IssuerServer } from '../tokens/issuer-server.js'
import { adminRequests, clientRequests, strayRequests, tokenRequests } from './places.js'
import {
  addFiles,
  addTables,
  createHaystack,
  takeRedis,
  type Find,
  type Haystack,
} from './search.js'
import { APPS, serve, strangers, type Sent } from './site.js'

const CHANNELS = ['decisions', 'limits', 'outages', 'cache', 'audit'].map(
  (name) => `sallyport:${name}`,
)
const CONSOLE = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const
const SELF = 'https://api.example.com'
const pair = createPair('ES256', 'key-1')
const other = createPair('ES256', 'key-1')
const account = createPair('ES256', 'account-1')

let folder: string
let haystack: Haystack
let issuer: IssuerServer
let quiet: (() => void) | undefined
const prefix = `canary-${String(process.pid)}`

function hear(message: unknown, channel: string | symbol): void {
  const { decision, sink: _, ...rest } = message as { decision?: Decision; sink?: unknown }
  haystack.addValue(`channel ${String(channel)}`, rest)
  if (decision === undefined) return
  haystack.addValue('decision', decision)
  const { headers } = decision
  haystack.addValue('decision', [headers, decision.allowed ? decision.auth : decision.body])
}

/** From now on, what is written to the standard streams and to the console is kept, and not shown. */
function listenToLogs(): () => void {
  for (const method of CONSOLE) {
    jest.spyOn(console, method).mockImplementation((...given: unknown[]) => {
      for (const one of given) haystack.addValue('console', one)
    })
  }
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk: unknown) => {
      haystack.add('stream', String(chunk))
      return true
    })
  }
  const warned = (warning: Error) => {
    haystack.addValue('warning', warning)
  }
  process.on('warning', warned)
  return () => {
    process.off('warning', warned)
    jest.restoreAllMocks()
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-canary-'))
  haystack = createHaystack()
  issuer = await startIssuer(() => (request, response) => {
    void text(request).then((body) => {
      const active = body.includes('known')
      const more = { iss: 'https://opaque.example', aud: SELF, sub: 'user-1', exp: 4_000_000_000 }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ active, ...more, scope: 'read:patients' }))
    })
  })
  for (const channel of CHANNELS) subscribe(channel, hear)
})
afterEach(async () => {
  quiet?.()
  for (const channel of CHANNELS) unsubscribe(channel, hear)
  await issuer.close()
  rmSync(folder, { recursive: true })
})

interface Around {
  readonly store: KeyStore
  readonly sinks: readonly AuditSink[]
  readonly redis: Redis
}

function openGate({ store, sinks, redis }: Around, deny: 'respond' | 'next') {
  return createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'acme', store, peppers: ['a pepper that is long enough to be one'] },
    scopes: ['read:patients', 'manage:keys'],
    penalties: false,
    requestIdHeader: 'x-request-id',
    trustProxy: ['127.0.0.1/32'],
    plans: { pro: { quota: { limit: 1_000_000, window: '1h' }, concurrency: 1_000 } },
    limits: {
      defaultPlan: 'pro',
      store: createRedisLimitStore(redis, { prefix: `${prefix}:limits` }),
    },
    audit: { sink: sinks, key: SIGNING.key, instance: 'api-1' },
    issuers: [issuerWith(pair, { profile: 'any', maxLifetime: '24h' })],
    introspection: {
      ...{ endpoint: `${issuer.url}/introspect`, issuer: 'https://opaque.example' },
      ...{ audience: SELF, clientId: 'api', clientSecret: 'the secret of the API itself' },
      allowPrivateAddresses: true,
    },
    tokens: {
      issuer: SELF,
      signingKeys: [{ ...pair.privateKey.export({ format: 'jwk' }), kid: 'signer-1' }],
      serviceAccounts: [
        {
          ...{ id: 'svc_importer', ownerId: 'org_7', scopes: ['read:patients'] },
          jwks: { keys: [account.jwk] },
        },
      ],
      replayStore: createRedisReplayStore(redis, { prefix: `${prefix}:used` }),
      revocations: createRedisRevocations(redis, { prefix: `${prefix}:revoked` }),
    },
    deny,
    onError(error) {
      haystack.addValue('onError', error)
      console.error('sallyport:', error)
    },
  })
}

type AnyGate = ReturnType<typeof openGate>

async function openSecrets({ keys, tokens }: AnyGate) {
  const key = { name: 'CI', ownerId: 'org_1', environment: 'live', tenantIds: ['clinic_1'] }
  const [admin, issued, ended] = [
    await keys.create({ ...key, scopes: ['read:patients', 'manage:keys'] }),
    await keys.create({ ...key, scopes: ['read:patients'] }),
    await keys.create(key),
  ]
  await keys.revoke(ended.id)
  const legacy = 'legacy/secret+of-another.kind~0123456789'
  await keys.import({ ...key, secret: legacy })
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iat: now, exp: now + 3_600, scope: 'read:patients' }
  const assertion = { iss: 'svc_importer', sub: 'svc_importer', aud: SELF, iat: now, exp: now + 60 }
  const exchanged = await tokens.exchange(issued.secret)
  if ('reason' in exchanged) throw new Error(String(exchanged.reason))
  const { stranger, mistyped } = strangers('acme')
  return {
    admin,
    issued,
    /** Told by their looks. */
    plain: new Map([
      ['a key', issued.secret],
      ['a key that was revoked', ended.secret],
      ['a key of somebody else', stranger],
      ['a mistyped key', mistyped],
      ['a token', await signToken(claims, pair)],
      ['a token of another key', await signToken(claims, other)],
      ['a token of the gate', exchanged.accessToken],
      ['an assertion', await signToken(assertion, account, { typ: 'JWT' })],
    ]),
    /** Told only by being presented. */
    opaque: new Map([
      ['an imported key', legacy],
      ['an opaque token', 'opaque.known~token_0123456789abcdef'],
      ['an opaque token of nobody', 'opaque.nobody~token_0123456789abc'],
    ]),
  }
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
  const asked: Sent[] = [
    ...[...plain.values()].flatMap((secret) => clientRequests(secret, 'plain')),
    ...[...opaque.values()].flatMap((secret) => clientRequests(secret, 'opaque')),
    ...[...plain.values()].flatMap((secret) => strayRequests(secret, issued.secret)),
    ...[...plain.values()].flatMap((secret) => tokenRequests(secret, 'plain', issued)),
    ...[...opaque.values()].flatMap((secret) => tokenRequests(secret, 'opaque', issued)),
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
      () => gate.demand({ scopes: [secret as 'manage:keys'] }),
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

let secrets: ReadonlyMap<string, string>

/** Of many finds, one of each kind. */
function kindsOf(finds: readonly Find[]): string[] {
  return [...new Map(finds.map((one) => [`${one[0]} in ${one[1]}`, one])).values()].map(String)
}

describeWith(databaseUrl && redisUrl, 'a secret in every place', () => {
  test('Express, PostgreSQL, Redis: is found nowhere', async () => {
    quiet = listenToLogs()
    const schema: Schema = await createSchema(databaseUrl ?? '')
    const pool = await openIn(schema)
    const redis = new Redis(redisUrl ?? '')
    const store = createPostgresKeyStore(pool)
    const table = createPostgresAuditSink(pool)
    await store.migrate()
    await table.migrate()
    const gate = openGate({ store, redis, sinks: [createAuditFiles(folder), table] }, 'respond')
    const statuses = await play(gate, 'Express')
    await gate.close()
    expect(addFiles(haystack, folder)).toBeGreaterThan(0)
    const tables = await addTables(haystack, schema)
    expect(await takeRedis(haystack, redis, prefix)).toBeGreaterThan(1)
    // A database that fails says what it was asked.
    await schema.query('ALTER TABLE sallyport_keys RENAME COLUMN name TO title')
    const failing = openGate({ store, redis, sinks: [createAuditFiles(folder)] }, 'respond')
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
    quiet = listenToLogs()
    const redis = new Redis(redisUrl ?? '')
    const store = await openSqliteKeyStore(join(folder, 'keys.db'))
    const gate = openGate({ store, redis, sinks: [createAuditFiles(join(folder, 'a'))] }, 'next')
    const statuses = await play(gate, 'Koa')
    await gate.close()
    expect(addFiles(haystack, folder)).toBeGreaterThan(1)
    expect(await takeRedis(haystack, redis, prefix)).toBeGreaterThan(1)
    store.close()
    redis.disconnect()
    quiet()
    expect(kindsOf(haystack.search(secrets))).toEqual([])
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 201, 400, 401, 403]))
  }, 120_000)
})

describe('control: it is found out', () => {
  const { stranger } = strangers('acme')
  const planted = new Map([['a key', stranger]])
  const core = stranger.slice(-33)

  test.each<[string, (secret: string) => unknown]>([
    ['an error', (secret) => new Error(`no key ${secret}`)],
    ['its cause', (secret) => new Error('no', { cause: new Error(secret) })],
    ['a member of it', (secret) => Object.assign(new Error('no'), { args: [{ secret }] })],
    ['base64', (secret) => ({ basic: Buffer.from(`id:${secret}`).toString('base64') })],
    ['base64url', (secret) => [Buffer.from(`some id:${secret}`).toString('base64url')]],
    ['hex', (secret) => Buffer.from(secret).toString('hex')],
    ['percent-encoding', (secret) => encodeURIComponent(secret)],
    ['its random part alone', () => core],
  ])('%s', (_, make) => {
    haystack.addValue('here', make(stranger))
    expect(kindsOf(haystack.search(planted))).toHaveLength(1)
  })

  test('a file, the console, a standard stream', () => {
    quiet = listenToLogs()
    console.error(`no key ${stranger}`)
    process.stdout.write(stranger)
    quiet()
    writeFileSync(join(folder, 'trail'), `{"path":"/${stranger}"}`)
    addFiles(haystack, folder)
    expect(haystack.search(planted).map(([, where]) => where)).toEqual(
      expect.arrayContaining(['console', 'stream', 'file trail']),
    )
  })

  test('a token in a path, where nothing tells by its looks what is secret', async () => {
    jest.resetModules()
    jest.unstable_mockModule('../../src/terms/secrets.js', () => ({
      withoutSecrets: (text: string) => text,
      hasSecret: () => false,
    }))
    const careless = await import('sallyport')
    const token = await signToken({}, pair)
    for (const make of [createGate, careless.createGate]) {
      const gate = make({
        ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
        audit: { sink: createAuditFiles(join(folder, make === createGate ? 'a' : 'b')) },
      })
      const request = { method: 'GET', url: `/${token}`, rawHeaders: [] }
      await gate.check({ ...request, peer: { encrypted: true } })
      await gate.close()
    }
    quiet = undefined
    const [careful, found] = [createHaystack(), createHaystack()]
    addFiles(careful, join(folder, 'a'))
    addFiles(found, join(folder, 'b'))
    const asked = new Map([['a token', token]])
    expect([careful.search(asked), kindsOf(found.search(asked)).length]).toEqual([[], 1])
  })

  test('what nobody can know to be a secret stands in the trail', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
      audit: { sink: createAuditFiles(folder), key: SIGNING.key },
    })
    const request = { method: 'GET', url: '/a-word-that-somebody-knows', rawHeaders: [] }
    await gate.check({ ...request, peer: { encrypted: true } })
    await gate.close()
    addFiles(haystack, folder)
    const found = haystack.search(new Map([['a word', 'a-word-that-somebody-knows']]))
    expect(found.map(([, where]) => where.slice(0, 4))).toContain('file')
    expect(found.map(([, where]) => where)).toContain('channel sallyport:decisions')
  })
})
