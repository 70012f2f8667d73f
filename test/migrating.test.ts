import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import jwt from 'jsonwebtoken'
import { createGate } from 'sallyport'
import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createSchema } from './adapters/postgres/schema.js'
import { databaseUrl, describeWith } from './services.js'
import { codeIn, readPage, runSnippet, type RunningSnippet } from './snippets.js'

const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)]
const HOUR = 3_600_000
const DAY = 86_400
const now = Math.floor(Date.now() / 1_000)
const [app = '', onPostgres = ''] = codeIn(readPage('docs/migrating.md'), 'cjs')

const ofOld = (claims: object = {}) => jwt.sign({ id: 8, role: 'member', ...claims }, OLD)

/** The app as the page has it; it tells its port. */
function start(
  moved: string,
  env: NodeJS.ProcessEnv = {},
  page: string = app,
): Promise<RunningSnippet> {
  const telling = 'console.log(JSON.stringify({ port: server.address().port }))'
  const code = page.replace(
    "  process.once('SIGTERM'",
    `  server.once('listening', () => ${telling})\n  process.once('SIGTERM'`,
  )
  return runSnippet('server.cjs', code, {
    ...{ JWT_SECRET: OLD, NEW_JWT_SECRET: NEW, MOVED: moved, PORT: '0', ...env },
  })
}

const hoursFromNow = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString()

function clientOf(running: () => RunningSnippet) {
  return async (
    path: string,
    authorization?: string,
    options: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${String(running().told['port'])}${path}`, {
      ...options,
      headers: { ...(authorization === undefined ? {} : { authorization }), ...options.headers },
    })
    const text = await response.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    return { status: response.status, body, headers: response.headers }
  }
}

async function signIn(call: ReturnType<typeof clientOf>, name: string): Promise<string> {
  const { body } = await call('/login', undefined, {
    method: 'POST',
    body: JSON.stringify({ name, password: `pw-${name}` }),
    headers: { 'content-type': 'application/json' },
  })
  return String(body['token'])
}

describe('the migrated app, before the moment', () => {
  let running: RunningSnippet
  beforeAll(async () => {
    running = await start(hoursFromNow(1))
  })
  afterAll(() => running.stop())
  const call = clientOf(() => running)

  test('signs what old instances accept, and accepts what it will sign', async () => {
    const token = await signIn(call, 'bob')
    expect(jwt.verify(token, OLD)).toEqual({ id: 8, role: 'member', iat: expect.any(Number) })
    expect(await call('/api/me', `Bearer ${token}`)).toMatchObject({ status: 200 })
    const issuer = 'https://api.acme.example'
    const later = { issuer, audience: issuer, expiresIn: '30d' } as const
    const next = jwt.sign({ id: 7, role: 'admin' }, NEW, later)
    expect(await call('/api/me', `Bearer ${next}`)).toMatchObject({ body: { id: 7, name: 'ada' } })
  })
})

describe('the migrated app, after the moment', () => {
  let running: RunningSnippet
  const keys: Record<string, string> = {}
  beforeAll(async () => {
    running = await start(hoursFromNow(-1))
    const store = await openSqliteKeyStore(join(running.folder, 'keys.db'))
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['user', 'read:reports'] },
    })
    for (const [name, ownerId, scope = name] of [
      ['user', 'user:8'],
      ['read:reports', 'org_1'],
      ['an organization', 'org_1', 'user'],
      ['a team', 'team-7', 'user'],
      ['a number', '7', 'user'],
    ] as const) {
      const scopes = [scope] as ('user' | 'read:reports')[]
      keys[name] = (await gate.keys.create({ name, ownerId, scopes })).secret
    }
    await gate.close()
    store.close()
  })
  afterAll(() => running.stop())
  const call = clientOf(() => running)

  test('tokens of before go on, also those of an instance that moves later', async () => {
    for (const iat of [now - 2 * DAY, now]) {
      expect(await call('/api/me', `Bearer ${ofOld({ iat })}`)).toMatchObject({
        ...{ status: 200, body: { id: 8, name: 'bob' } },
      })
    }
  })

  test('who signs in gets a token that ends, and its rights', async () => {
    const bob = await signIn(call, 'bob')
    const { exp = 0, iat = 0 } = jwt.verify(bob, NEW) as jwt.JwtPayload
    expect(exp - iat).toBe(30 * DAY)
    const remove = { method: 'DELETE' }
    expect(await call('/api/notes/1', `Bearer ${bob}`, remove)).toMatchObject({
      ...{ status: 403, body: { code: 'insufficient_scope' } },
    })
    const ada = `Bearer ${await signIn(call, 'ada')}`
    expect(await call('/api/notes/1', ada, remove)).toMatchObject({ status: 204 })
    expect(await call('/feed', ada)).toMatchObject({ body: { hello: 'ada' } })
    expect(await call('/feed')).toMatchObject({ body: { hello: 'stranger' } })
  })

  test.each(['an organization', 'a team', 'a number'])(
    'a key of %s is no user, whatever its scope',
    async (name) => {
      const key = `Bearer ${String(keys[name])}`
      expect(await call('/api/me', key)).toMatchObject({ status: 404 })
      expect(await call('/feed', key)).toMatchObject({ body: { hello: 'stranger' } })
    },
  )

  test('a key acts as its user, or as a machine', async () => {
    const [user, machine] = ['user', 'read:reports'].map((name) => `Bearer ${String(keys[name])}`)
    expect(await call('/api/me', user)).toMatchObject({ body: { id: 8, name: 'bob' } })
    expect(await call('/reports', user)).toMatchObject({ status: 403 })
    expect(await call('/reports', machine)).toMatchObject({ body: { for: 'org_1' } })
    expect(await call('/api/me', machine)).toMatchObject({ status: 403 })
    expect(await call('/feed', machine)).toMatchObject({ body: { hello: 'stranger' } })
  })

  test('a preflight passes', async () => {
    const method = { 'access-control-request-method': 'GET', origin: 'https://acme.example' }
    const options = { method: 'OPTIONS', headers: method }
    expect(await call('/api/me', undefined, options)).toMatchObject({ status: 204 })
  })

  test.each([
    [undefined, 401, 'credentials_required'],
    ['Basic eDp5', 401, 'credentials_required'],
    ['Bearer', 401, 'credentials_required'],
    ['Bearer undefined', 401, 'credentials_required'],
    [ofOld(), 401, 'credentials_required'],
    ['Bearer x.y.z', 401, 'invalid_token'],
    [`Bearer ${ofOld({ iat: now - DAY, exp: now - DAY + 9 })}`, 401, 'invalid_token'],
  ])('%s is answered as clients know it', async (authorization, status, code) => {
    const { headers, ...response } = await call('/api/me', authorization)
    expect(response).toEqual({ status, body: { error: 'please sign in', code } })
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': expect.stringMatching(/^application\/json/),
      'www-authenticate': expect.stringMatching(/^Bearer/),
      'x-request-id': expect.stringMatching(/^req_/),
      'cache-control': 'no-store',
    })
  })

  test('and what is no 401 stays what it is', async () => {
    const two = await call('/api/me', 'Bearer a b')
    expect(two).toMatchObject({ status: 400, body: { code: 'malformed_request' } })
    expect(two.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  })

  test('two spaces are accepted', async () => {
    expect(await call('/api/me', `Bearer  ${ofOld()}`)).toMatchObject({ status: 200 })
  })

  test.each([
    [undefined, 200],
    ['', 401],
    ['Bearer', 401],
    ['Bearer null', 401],
    [ofOld(), 200],
    ['Bearer x.y.z', 401],
    ['Bearer a b', 400],
  ])('on the optional route, %s is %s', async (authorization, status) => {
    expect(await call('/feed', authorization)).toMatchObject({ status })
  })
})

test('in production, it is HTTPS that the proxy of this machine tells of', async () => {
  const running = await start(hoursFromNow(-1), { NODE_ENV: 'production' })
  const call = clientOf(() => running)
  const authorization = `Bearer ${ofOld()}`
  const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }
  expect(await call('/api/me', authorization, { headers })).toMatchObject({ status: 200 })
  expect(await call('/api/me', authorization)).toMatchObject({
    ...{ status: 403, body: { code: 'https_required' } },
  })
  expect(await running.stop('SIGTERM')).toBe(0)
})

describeWith(databaseUrl, 'with its keys in PostgreSQL', (url) => {
  test('a user signs in, a key of the database acts, and the app stops by itself', async () => {
    const schema = await createSchema(url)
    try {
      const page = app
        .replace(/^const \{ openSqliteKeyStore.*\n/m, '')
        .replace(/^async function start\(\) \{.*?^\}\n/ms, () => onPostgres)
      expect(page).not.toContain('sqlite')
      const running = await start(hoursFromNow(-1), { DATABASE_URL: schema.url }, page)
      const call = clientOf(() => running)
      const bob = `Bearer ${await signIn(call, 'bob')}`
      expect(await call('/api/me', bob)).toMatchObject({ body: { id: 8, name: 'bob' } })
      const pool = await openPostgres(schema.url)
      const gate = createGate({
        ...{ environment: 'live', scopes: ['read:reports'] },
        keys: { prefix: 'acme', store: createPostgresKeyStore(pool) },
      })
      const scopes = ['read:reports'] as const
      const { secret } = await gate.keys.create({ name: 'Reports', ownerId: 'org_1', scopes })
      expect(await call('/reports', `Bearer ${secret}`)).toMatchObject({ body: { for: 'org_1' } })
      await gate.close()
      await pool.end()
      expect(await running.stop('SIGTERM')).toBe(0)
    } finally {
      await schema.drop()
    }
  }, 30_000)
})

test.each([
  ['', 'Set MOVED.'],
  ['tomorrow', 'MOVED must be a time such as 2026-12-01T03:00:00Z.'],
  ['2026-12-01T03:00:00', 'MOVED must be a time such as 2026-12-01T03:00:00Z.'],
  ['2026-13-01T03:00:00Z', 'MOVED must be a time such as 2026-12-01T03:00:00Z.'],
])('with MOVED=%s it does not start', async (moved, message) => {
  await expect(start(moved)).rejects.toThrow(message)
})

describe('a header goes before a cookie, and a busy connection does not hold up the end', () => {
  const [prefer, stop] = ['docs/migrating.md', 'docs/proxies.md'].map((page) =>
    codeIn(readPage(page), 'ts').find((code) => /preferHeader|stopOnSigterm/.test(code)),
  )
  const places = codeIn(readPage('docs/migrating.md'), 'ts').find((code) => /from: \[/.test(code))
  const APP = `import express from 'express'
import { authOf, guard } from 'sallyport/express'
const app = express().use(preferHeader, guard(gate))
app.get('/', (req, res) => void res.json({ cookie: req.headers.cookie, owner: authOf(req).ownerId }))
app.get('/slow', (_req, res) => void res.write('a', () => setTimeout(() => res.end('b'), 500)))
const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ secret, port: server.address().port })))
stopOnSigterm(server, gate, () => undefined)`

  test('as the pages have them', async () => {
    const code = [places, prefer, stop, APP].join('\n')
    const running = await runSnippet('server.mts', code)
    const call = clientOf(() => running)
    const secret = String(running.told['secret'])
    const cookie = `a=b; token=${secret}; c=d`
    expect(await call('/', `Bearer ${secret}`, { headers: { cookie } })).toMatchObject({
      ...{ status: 200, body: { owner: 'org_1', cookie: 'a=b; c=d' } },
    })
    expect(await call('/', undefined, { headers: { cookie } })).toMatchObject({ status: 200 })
    expect(await call(`/?access_token=${secret}`)).toMatchObject({ status: 200 })
    expect(await call(`/?access_token=${secret}`, `Bearer ${secret}`)).toMatchObject({
      status: 400,
    })
    const slow = await fetch(`http://127.0.0.1:${String(running.told['port'])}/slow`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    const begun = performance.now()
    const ended = running.stop('SIGTERM')
    expect(await slow.text()).toBe('ab')
    expect(await ended).toBe(0)
    // Left alone, the kept connection would hold it up for 3.5 s.
    expect(performance.now() - begun).toBeLessThan(2_500)
  })
})
