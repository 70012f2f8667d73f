import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import jwt from 'jsonwebtoken'
import { freePort } from './free-port.js'
import { codeIn, readPage, runSnippet, type RunningSnippet } from './snippets.js'

/** The one block of a page that has these words. */
function blockWith(page: string, words: string): string {
  const [code, ...others] = codeIn(readPage(page), 'ts').filter((each) => each.includes(words))
  if (code === undefined || others.length > 0) throw new Error(`${page}: no one block '${words}'`)
  return code
}

/** Runs `code` with what it is to tell, once `app` of it listens. */
function serve(code: string, told = '{}', env: NodeJS.ProcessEnv = {}): Promise<RunningSnippet> {
  const telling = `console.log(JSON.stringify({ port: server.address().port, ...(${told}) }))`
  const listening = `const server = app.listen(0, '127.0.0.1', async () => ${telling})`
  return runSnippet('server.mts', `${code}\n${listening}`, env)
}

function urlOf({ told }: RunningSnippet, path: string): string {
  return `http://127.0.0.1:${String(told['port'])}${path}`
}

describe('a list shows the tenants of the caller', () => {
  let running: RunningSnippet
  beforeAll(async () => {
    const keyOf = (tenantIds?: string[]) =>
      `(await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read:patients'], tenantIds: ${JSON.stringify(tenantIds)} })).secret`
    running = await serve(
      blockWith('docs/tenants.md', 'seesAll'),
      `{ all: ${keyOf()}, none: ${keyOf([])}, one: ${keyOf(['clinic_1', 'clinic_3'])} }`,
    )
  }, 30_000)
  afterAll(() => running.stop())

  test.each([
    ['all', ['pat_1', 'pat_2']],
    ['none', []],
    ['one', ['pat_1']],
  ])('%s', async (name, ids) => {
    const headers = { 'x-api-key': String(running.told[name]) }
    const answer = await fetch(urlOf(running, '/patients'), { headers })
    const shown = (await answer.json()) as { id: string }[]
    expect(shown.map(({ id }) => id)).toEqual(ids)
  })
})

test('events in tests', async () => {
  const code = blockWith('docs/testing.md', 'gate.events.run()')
  const running = await runSnippet('server.mts', `${code}\nconsole.log(JSON.stringify({ told }))`)
  await running.stop()
  expect(code).toContain(`// told is ['key.created', 'key.revoked']`)
  expect(running.told).toEqual({ told: ['key.created', 'key.revoked'] })
}, 30_000)

test('tokens without iss in tests', async () => {
  const told = `
const ownerOf = async (token) => (await gate.verify(token)).auth?.ownerId
console.log(JSON.stringify({
  made: await ownerOf(token),
  signed: await ownerOf(signed),
  ofTests: await ownerOf(gate.tokenFor({ id: 7 })),
  foreign: (await gate.verify(jwt.sign({ id: 7 }, 'x'.repeat(32), { expiresIn: '1h' }))).status,
}))`
  const code = blockWith('docs/testing.md', 'iss: undefined')
  const running = await runSnippet('server.mts', code + told)
  await running.stop()
  expect(running.told).toEqual({
    ...{ made: 'user:7', signed: 'user:7', foreign: 401 },
    ofTests: 'https://issuer.test#user_test',
  })
}, 30_000)

/** Stands in for what the pages leave to the app, and is not imported again. */
const SIGN_IN =
  blockWith('docs/console.md', 'personOf').replace(/^import .*\n|^export /gm, '') +
  `const personOf = async ({ password }) =>
  password === 'secret' ? { id: 'user_7', ownerId: 'org_1', role: 'admin', environments: ['live'], scopes: ['read:orders'] } : undefined
const isSigned = (body, signature) => String(body) === signature
`

describe('where each thing is mounted, with the sign-in of the console', () => {
  let running: RunningSnippet
  const call = (path: string, init: RequestInit = {}) =>
    fetch(urlOf(running, path), { redirect: 'manual', ...init })
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    call(path, { method: 'POST', body, headers })
  const signIn = (returnTo: string, password = 'secret', headers = {}) =>
    post(`/login?return_to=${encodeURIComponent(returnTo)}`, `password=${password}`, {
      ...{ 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })

  beforeAll(async () => {
    const keyOf = (scope: string) =>
      `(await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['${scope}'] })).secret`
    running = await serve(
      `import { randomBytes } from 'node:crypto'\n${SIGN_IN}${blockWith('docs/recipes.md', 'mountConsole(portal)')}`,
      `{ writer: ${keyOf('write:orders')}, manager: ${keyOf('manage:keys')} }`,
    )
  }, 30_000)
  afterAll(() => running.stop())

  test('the webhook has its raw body', async () => {
    const json = { 'content-type': 'application/json', 'x-signature': '{"a": 1}' }
    expect((await post('/v1/webhook', '{"a": 1}', json)).status).toBe(204)
    expect((await post('/v1/webhook', '{"a": 2}', json)).status).toBe(401)
  })

  test('what is public, guarded or nowhere', async () => {
    const [writer, manager] = [running.told['writer'], running.told['manager']].map(String)
    const json = { 'content-type': 'application/json' }
    expect((await call('/health')).status).toBe(200)
    expect((await post('/v1/orders', '{', json)).status).toBe(401)
    expect((await post('/v1/orders', '{', { ...json, 'x-api-key': writer ?? '' })).status).toBe(400)
    const made = await post('/v1/orders', '{"a":1}', { ...json, 'x-api-key': writer ?? '' })
    expect(await made.json()).toEqual({ owner: 'org_1', order: { a: 1 } })
    expect((await call('/v1/keys', { headers: { 'x-api-key': manager ?? '' } })).status).toBe(200)
    expect((await call('/nowhere')).status).toBe(404)
  })

  test('the console asks to sign in, and the sign-in leads back', async () => {
    const slash = await call('/portal')
    const { pathname } = new URL(slash.headers.get('location') ?? '', urlOf(running, '/portal'))
    expect([slash.status, pathname]).toEqual([308, '/portal/'])
    const asked = await call('/portal/keys?state=active')
    expect(asked.status).toBe(303)
    const location = asked.headers.get('location') ?? ''
    const returnTo = new URL(location, 'http://a').searchParams.get('return_to') ?? ''
    expect([location.split('?')[0], returnTo]).toEqual(['/login', '/portal/keys?state=active'])
    expect(await (await call(location)).text()).toContain(`action="${location}"`)
    const signed = await signIn(returnTo)
    expect([signed.status, signed.headers.get('location')]).toEqual([303, returnTo])
    const cookie = signed.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^session=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax$/)
    const shown = await call(returnTo, {
      headers: { cookie: `a=b; ${cookie.split(';')[0] ?? ''}` },
    })
    expect(shown.status).toBe(200)
  })

  test.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'a',
    '',
  ])('%j is no path of this site', async (returnTo) => {
    expect((await signIn(returnTo)).headers.get('location')).toBe('/portal/')
  })

  test('a wrong password, or a form of another site, signs nobody in', async () => {
    const elsewhere = { 'sec-fetch-site': 'cross-site' }
    for (const answer of [await signIn('/', 'wrong'), await signIn('/', 'secret', elsewhere)]) {
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null])
    }
  })
})

test('JWTs that are signed today just go on', async () => {
  const secret = 's'.repeat(32)
  const now = Math.floor(Date.now() / 1_000)
  const [year, old] = [365 * 86_400, { id: 7 }]
  const tokens = [
    jwt.sign(old, secret),
    jwt.sign({ ...old, iat: now - 9 * year }, secret),
    jwt.sign(old, secret, { expiresIn: '30d' }),
    jwt.sign({ ...old, iat: now - 11 * year }, secret),
    jwt.sign(old, secret, { expiresIn: '11y' }),
    jwt.sign(old, 'x'.repeat(32)),
    jwt.sign({}, secret),
  ]
  const told = `
const decisions = await Promise.all(${JSON.stringify(tokens)}.map((token) => gate.verify(token)))
console.log(JSON.stringify({ owners: decisions.map(({ auth }) => auth?.ownerId ?? null) }))`
  const code = blockWith('docs/migrating.md', 'export const auth = guard')
  const running = await runSnippet('server.mts', code + told, { JWT_SECRET: secret })
  await running.stop()
  const [seven, none] = ['user:7', null]
  expect(running.told['owners']).toEqual([seven, seven, seven, none, none, none, none])
}, 30_000)

describe('the address of the client in a handler', () => {
  let running: RunningSnippet
  beforeAll(async () => {
    running = await serve(
      blockWith('docs/proxies.md', 'rememberAddress'),
      "{ secret: (await gate.keys.create({ name: 'CI', ownerId: 'org_1' })).secret }",
    )
  }, 30_000)
  afterAll(() => running.stop())

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['192.0.2.1, 203.0.113.9', '203.0.113.9'],
    ['192.0.2.1, 203.0.113.9, 10.0.3.4', '203.0.113.9'],
    ['10.0.7.8, 10.0.3.4', '10.0.7.8'],
  ])('%s: %s', async (forwarded, address) => {
    const headers = {
      ...{ 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https' },
      'x-api-key': String(running.told['secret']),
    }
    for (const path of ['/whoami', '/public']) {
      const answer = await fetch(urlOf(running, path), { headers })
      expect([path, await answer.json()]).toEqual([path, { address }])
    }
  })

  test('is unknown where the proxy names none', async () => {
    const headers = {
      ...{ 'x-forwarded-proto': 'https', 'x-api-key': String(running.told['secret']) },
    }
    const answer = await fetch(urlOf(running, '/whoami'), { headers })
    expect(await answer.json()).toEqual({ address: 'unknown' })
  })
})

describe('tokens that the app signs itself', () => {
  const page = readPage('docs/token-providers.md')
  let running: RunningSnippet
  let issuer: string
  beforeAll(async () => {
    issuer = `http://localhost:${String(await freePort())}`
    const code = blockWith('docs/token-providers.md', 'exportJWK').replace(
      'app.listen(3000)\nconsole.log(token)',
      `const other = await new SignJWT({ client_id: 'web-app', scope: 'read:orders' })
  .setProtectedHeader({ alg, kid, typ: 'at+jwt' }).setIssuer(issuer).setAudience('https://other.example')
  .setSubject('user_7').setJti(randomUUID()).setIssuedAt().setExpirationTime('15m').sign(privateKey)
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, token, other })))`,
    )
    expect(code).toContain('const other')
    running = await runSnippet('server.mts', code, { ISSUER: issuer })
  }, 30_000)
  afterAll(() => running.stop())
  const call = (token: unknown) =>
    fetch(urlOf(running, '/orders'), { headers: { authorization: `Bearer ${String(token)}` } })

  test('are accepted, as the page shows it', async () => {
    const shown = JSON.stringify({ owner: 'http://localhost:4000#user_7' })
    expect(page).toContain(`\n${shown}\n`)
    const answer = await call(running.told['token'])
    expect([answer.status, await answer.text()]).toEqual([
      200,
      shown.replace('http://localhost:4000', issuer),
    ])
  })

  test('are not, for another audience or with another signature', async () => {
    const { token, other } = running.told
    const forged = String(token).replace(/.{9}$/, 'AAAAAAAAA')
    expect([(await call(other)).status, (await call(forged)).status]).toEqual([401, 401])
  })
})

describe('keys that Unkey alone has', () => {
  let running: RunningSnippet
  const asked: unknown[] = []
  const unkey = createServer((req, res) => {
    let text = ''
    req.on('data', (chunk) => (text += String(chunk)))
    req.on('end', () => {
      const { key } = JSON.parse(text) as { key: string }
      asked.push(key)
      const identity = { externalId: 'org_1' }
      const known = { valid: true, keyId: 'key_1', identity, permissions: ['read:orders', 'other'] }
      res.statusCode = key === 'down-8c1f0a7be2d94f55' ? 500 : 200
      res.end(JSON.stringify({ data: key.startsWith('old-') ? known : { valid: false } }))
    })
  })
  beforeAll(async () => {
    await once(unkey.listen(0, '127.0.0.1'), 'listening')
    const { port } = unkey.address() as AddressInfo
    const code = blockWith('docs/migrating.md', 'unkey.com').replace(
      'https://api.unkey.com',
      `http://127.0.0.1:${String(port)}`,
    )
    const app = `import express from 'express'
import { authOf, guard } from 'sallyport/express'
const app = express().use(guard(gate)).get('/', (req, res) => void res.json(authOf(req)))`
    running = await serve(`${code}\n${app}`)
  }, 30_000)
  afterAll(async () => {
    unkey.close()
    await running.stop()
  })
  const call = (key: string) => fetch(urlOf(running, '/'), { headers: { 'x-api-key': key } })

  test('are asked for once, and are keys of the gate from then on', async () => {
    for (let round = 0; round < 2; round++) {
      const answer = await call('old-8c1f0a7be2d94f55')
      expect(answer.status).toBe(200)
      const caller = { ownerId: 'org_1', scopes: ['read:orders'], name: 'From Unkey' }
      expect(await answer.json()).toMatchObject(caller)
    }
    expect(asked).toEqual(['old-8c1f0a7be2d94f55'])
  })

  test('a wrong one is 401, and an outage 503', async () => {
    expect((await call('wrong-8c1f0a7be2d94f55')).status).toBe(401)
    expect((await call('down-8c1f0a7be2d94f55')).status).toBe(503)
  })
})

test('why requests were rejected is logged in production, also by key endpoints', async () => {
  const app = `
import express from 'express'
import { createGate } from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
const lines = []
console.warn = (...line) => lines.push(line)
const gate = createGate({
  environment: 'live', keys: { prefix: 'acme' }, trustProxy: ['loopback'], scopes: { low: 1, keys: 2, high: 3 },
})
const app = express().get('/lines', (_req, res) => void res.json(lines))
app.use('/keys', keyEndpoints(gate, { scopes: ['keys'] }))`
  const running = await serve(
    blockWith('docs/troubleshooting.md', 'sallyport:decisions') + app,
    `{ secret: (await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['keys'] })).secret }`,
    { NODE_ENV: 'production' },
  )
  const headers = {
    ...{ 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' },
    ...{ 'content-type': 'application/json', 'x-api-key': String(running.told['secret']) },
  }
  const post = (scopes: string[]) =>
    fetch(urlOf(running, '/keys'), {
      ...{ method: 'POST', headers, body: JSON.stringify({ name: 'new', scopes }) },
    })
  expect([(await post(['low'])).status, (await post(['high'])).status]).toEqual([201, 403])
  const lines = await (await fetch(urlOf(running, '/lines'))).json()
  await running.stop()
  const reason = expect.stringContaining('"reason":"scope_not_grantable"')
  expect(lines).toEqual([['POST', '/keys', '203.0.113.9', 'org_1', reason]])
}, 30_000)
