import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { bodyParser } from '@koa/bodyparser'
import express5 from 'express'
import express4 from 'express4'
import helmet from 'helmet'
import Koa3 from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { createConsole, type Console } from 'sallyport/console'
import { mountConsole as onExpress } from 'sallyport/express'
import { mountConsole as onKoa } from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { createDemo, serve, type Demo } from './demo.js'
import { SAFE_HEADERS, tokenIn } from './harness.js'

const expressApp = (express: typeof express5, portal: Console) => {
  const app = express()
    .use(helmet())
    .use('/parsed', express.urlencoded({ extended: true }))
  return app.use('/a/portal', onExpress(portal)).use('/parsed', onExpress(portal))
}

const koaApp = (Koa: typeof Koa3, portal: Console) => {
  const app = new Koa()
  const headers = {
    'content-security-policy': "default-src 'self'",
    'x-frame-options': 'SAMEORIGIN',
  }
  app.use((ctx, next) => {
    ctx.set(headers)
    return next()
  })
  app.use(mount('/parsed', bodyParser() as never))
  app.use(mount('/a/portal', onKoa(portal) as never))
  app.use(mount('/parsed', onKoa(portal) as never))
  return app.callback()
}

const FRAMEWORKS = {
  'Express 5': (portal: Console) => expressApp(express5, portal),
  'Express 4': (portal: Console) => expressApp(express4, portal),
  'Koa 3': (portal: Console) => koaApp(Koa3, portal),
  'Koa 2': (portal: Console) => koaApp(Koa2, portal),
} as const

const HEADERS = {
  ...SAFE_HEADERS,
  'x-request-id': expect.stringMatching(/^req_\w+$/),
  'set-cookie': null,
}

/** Of a header that is sent twice, both values are there. */
function headersOf({ headers }: Response) {
  return Object.fromEntries(Object.keys(HEADERS).map((name) => [name, headers.get(name)]))
}

const ok = (path: string) => [path, 200] as const

describe.each(Object.entries(FRAMEWORKS))('on %s', (_, appOf) => {
  let demo: Demo
  let served: Awaited<ReturnType<typeof serve>>

  beforeAll(async () => {
    demo = await createDemo()
    served = await serve(appOf(createConsole(demo.gate, demo.options)) as never)
  })
  afterAll(async () => {
    served.server.close()
    await demo.gate.close()
  })

  const get = (
    path: string,
    {
      headers = {},
      ...init
    }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ) =>
    fetch(`${served.origin}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { cookie: 'person=ann', 'sec-fetch-site': 'same-origin', ...headers },
    })
  const post = (path: string, form: Record<string, string>) =>
    get(path, { method: 'POST', body: new URLSearchParams(form) })

  test('pages, assets and redirects are below the mount', async () => {
    const moved = await get('/a/portal?x=1')
    expect([moved.status, moved.headers.get('location')]).toEqual([308, './portal/?x=1'])
    const text = await (await get('/a/portal/keys')).text()
    expect(text).toContain('Billing server')
    const [, style = ''] = /href="\.\/(assets\/[^"]+\.css)"/.exec(text) ?? []
    const asset = await fetch(`${served.origin}/a/portal/${style}`)
    expect(asset.headers.get('content-type')).toBe('text/css; charset=utf-8')
    expect((await get('/a/portal/keys', { method: 'HEAD' })).status).toBe(200)
    expect((await get('/a/portal/keys', { method: 'PUT' })).headers.get('allow')).toBe(
      'GET, HEAD, POST',
    )
  })

  test('every page and every answer to a form has the headers, and one policy, where the host sets its own', async () => {
    const { items } = await demo.gate.keys.list({ ownerId: 'acme' })
    const id = items.find(({ name }) => name === 'Billing server')?.id ?? ''
    const ofKey = ['', '/edit', '/rotate', '/pause', '/resume', '/revoke']
    const person = '/people/ann%40acme.example'
    const pages: readonly (readonly [string, number, string?])[] = [
      ...['/', '/keys', '/keys/new', '/reminders', '/usage', '/audit'].map(ok),
      ...['/review', '/reviews', '/docs', '/access', person].map(ok),
      ...ofKey.map((path) => ok(`/keys/${id}${path}`)),
      ...['/requests', `/requests/${demo.request}`].map((path) => [path, 200, 'lee'] as const),
      ...([
        ['/nothing', 404],
        ['/reviews/rev_none', 404],
        ['/requests', 403],
      ] as const),
      ...([
        [`${person}/revoke`, 409],
        ['/keys', 401, ''],
        ['/usage.csv', 200],
        ['/audit.csv', 200],
        ['/audit.ndjson', 200],
      ] as const),
    ]
    for (const [path, status, as = 'ann'] of pages) {
      const answer = await get(`/a/portal${path}`, { headers: { cookie: `person=${as}` } })
      expect([path, answer.status, headersOf(answer)]).toEqual([path, status, HEADERS])
    }
    const page = await (await get('/a/portal/keys/new')).text()
    const token = { form_token: tokenIn(page) }
    const fields = {
      name: 'H',
      environment: 'live',
      kind: 'sk',
      expiry: '30d',
      scopes: 'read:orders',
      ...token,
    }
    const edit = `/keys/${id}/edit`
    const opened = await (await get(`/a/portal${edit}`)).text()
    const [, seen = ''] = /name="seen"\s+value="([^"]*)"/.exec(opened) ?? []
    const forms: readonly (readonly [string, Record<string, string>, number])[] = [
      ...([
        ['/keys', { ...fields, name: '' }, 422],
        ['/keys', fields, 201],
      ] as const),
      ...([
        ['/keys', fields, 409],
        ['/keys', { ...fields, form_token: 'x' }, 403],
      ] as const),
      ...([
        [edit, { name: 'Billing server', ...token, seen }, 303],
        [edit, { a: 'b' }, 400],
      ] as const),
      ['/audit', token, 405],
    ]
    for (const [path, form, status] of forms) {
      const answer = await post(`/a/portal${path}`, form)
      expect([path, answer.status, headersOf(answer)]).toEqual([path, status, HEADERS])
    }
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    const others = [
      await get('/a/portal/keys', json),
      await get('/a/portal'),
      await get('/parsed/'),
    ]
    expect(others.map(({ status }) => status)).toEqual([415, 308, 200])
    for (const answer of others) expect(headersOf(answer)).toEqual(HEADERS)
  })

  test.each(['/a/portal', '/parsed'])('a key is made and revoked at %s', async (at) => {
    const page = await (await get(`${at}/keys/new`)).text()
    const fields = {
      name: 'CI',
      environment: 'live',
      kind: 'sk',
      expiry: '30d',
      scopes: 'read:orders',
    }
    const made = await post(`${at}/keys`, { form_token: tokenIn(page), ...fields })
    expect(made.status).toBe(201)
    const text = await made.text()
    const [, secret = ''] = /id="secret"[^>]*>([^<]*)</.exec(text) ?? []
    expect((await demo.gate.verify(secret)).allowed).toBe(true)
    const [, id = ''] = /keys\/(key_\w+)"/.exec(text) ?? []
    await demo.gate.keys.usage(id)
    const revoke = await (await get(`${at}/keys/${id}/revoke`)).text()
    const form = { form_token: tokenIn(revoke), reason: 'test', name: 'CI' }
    const revoked = await post(`${at}/keys/${id}/revoke`, form)
    const next = new URL(
      revoked.headers.get('location') ?? '',
      `http://127.0.0.1${at}/keys/${id}/revoke`,
    )
    expect([revoked.status, next.pathname]).toEqual([303, `${at}/keys/${id}`])
    expect(await (await get(`${next.pathname}${next.search}`)).text()).toContain('is revoked.')
    expect((await demo.gate.verify(secret)).allowed).toBe(false)
  })

  test('a form that is too large is 413, and the connection goes on', async () => {
    const sent = await get('/a/portal/keys', {
      ...{ method: 'POST', body: `name=${'n'.repeat(200_000)}` },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(sent.status).toBe(413)
    expect(await sent.text()).toContain('too large')
    expect((await get('/a/portal/')).status).toBe(200)
  })

  test('without a session nothing is shown, however the path is spelled', async () => {
    const { port } = served.server.address() as { port: number }
    for (const path of [
      '/a/portal/keys',
      '/A/PORTAL/keys',
      '/a//portal/keys',
      '/a/portal//keys',
      '/a/portal/./keys',
      '/a/portal/%6beys',
      '/a/portal/x/../keys',
      '/a/portal/keys/',
      '/a/portal/keys?state=active',
    ]) {
      for (const method of ['GET', 'POST']) {
        const answer = await raw(port, path, method)
        expect(answer).not.toContain('Billing server')
        expect(answer).toMatch(/^HTTP\/1\.1 (401|404)/)
      }
    }
  })
})

/** Without what is made anew for each request. */
const lasting = (text: string) =>
  text
    .replace(/req_\w+/g, 'REQUEST')
    .replace(/(name="(?:form_token|seen)"\s+value=")[^"]*/g, '$1')
    .replace(/acme_(live|sandbox)_(?:sk|pk)_(?:\.{3})?\w+/g, 'SECRET')
    .replace(/key_\w+/g, 'KEY')
    .replace(/acc_\w+/g, 'ACCESS')
    .replace(/rev_\w+/g, 'REVIEW')
    .replace(/(<code class="small">)[\w-]{43}</g, '$1<')
    .replace(/cursor=[\w-]+/g, 'CURSOR')
    .replace(/"(id|hash)":"[\w-]+"/g, '"$1"')
    .replace(/127\.0\.0\.1:\d+/g, 'HOST')

describe('the same console', () => {
  test('answers the same on every framework, each page and each form', async () => {
    const seen: [string, readonly unknown[]][] = []
    for (const [name, appOf] of Object.entries(FRAMEWORKS)) {
      const demo = await createDemo()
      const routes = [{ method: 'get', path: '/v1/orders', scopes: ['read:orders'] }] as const
      const info = { title: 'Orders', version: '1' }
      const description = createDescription(demo.gate, { info, routes })
      const options = { ...demo.options, description }
      const { server, origin } = await serve(appOf(createConsole(demo.gate, options)) as never)
      const answers: unknown[][] = []
      const send = async (
        path: string,
        form?: readonly (readonly [string, string])[],
        person = 'ann',
      ) => {
        // The forms of a person have a limit.
        demo.clock.advance('1s')
        // Each look is in the log before the next one.
        await demo.gate.audit.flush()
        const answer = await fetch(`${origin}/a/portal${path}`, {
          ...{ redirect: 'manual', method: form === undefined ? 'GET' : 'POST' },
          headers: { cookie: `person=${person}`, 'sec-fetch-site': 'same-origin' },
          ...(form && {
            body: new URLSearchParams(
              form.map(([field, value]): [string, string] => [field, value]),
            ),
          }),
        })
        const text = await answer.text()
        // The note of what was done is signed anew.
        const location = answer.headers.get('location')?.replace(/done=.*/, 'done=')
        answers.push(
          [path, answer.status, location, lasting(text)].map((one) =>
            typeof one === 'string' ? lasting(one) : one,
          ),
        )
        return text
      }
      const formOf = (text: string, fields: readonly (readonly [string, string])[]) => [
        ...[...text.matchAll(/type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"/g)].map(
          ([, field = '', value = '']) => [field, value] as const,
        ),
        ...fields,
      ]
      const { items } = await demo.gate.keys.list({ ownerId: 'acme' })
      const id = items.find((key) => key.name === 'Billing server')?.id ?? ''
      const person = '/people/ann%40acme.example'
      const pages = ['/', '/keys', '/keys/new', '/keys?state=revoked&sort=oldest', '/reminders']
      const more = ['/usage', '/access', '/docs', '/reviews', '/requests', '/nothing', '/usage.csv']
      const trail = ['/audit', '/audit?outcome=denied', '/audit.csv', '/audit.ndjson', '/review']
      const files = ['/docs/openapi.json', '/docs/postman.json']
      const ofKey = ['', '/edit', '/rotate', '/pause', '/resume', '/revoke']
      for (const path of [...pages, ...more, ...trail, ...files, person, `${person}/revoke`])
        await send(path)
      for (const end of ofKey) await send(`/keys/${id}${end}`)
      const request = `/requests/${demo.request}`
      for (const path of ['/', '/requests', request]) await send(path, undefined, 'lee')
      const token = ['form_token', tokenIn(await send('/keys/new'))] as const
      const fields = [
        ['name', 'H'],
        ['environment', 'live'],
        ['kind', 'sk'],
        ['expiry', '30d'],
        ['scopes', 'read:orders'],
      ] as const
      const keyForms = ['edit', 'rotate', 'pause', 'resume', 'revoke'].map(
        (end) => `/keys/${id}/${end}`,
      )
      const decisions = ['approve', 'deny'].map((end) => `${request}/${end}`)
      const paths = [
        ...['/keys', '/reminders', '/reviews', '/access', '/access/accept', `${person}/revoke`],
        ...[...keyForms, `/keys/${id}/end`, ...decisions],
      ]
      // Without a token, with a field twice, with an unknown one, and empty: each form refuses the same.
      const refused: unknown[] = []
      for (const path of paths) {
        const as = decisions.includes(path) ? 'lee' : 'ann'
        const own =
          as === 'lee'
            ? (['form_token', tokenIn(await send(request, undefined, as))] as const)
            : token
        const before = answers.length
        await send(path, [], as)
        await send(path, [own, own], as)
        await send(path, [own, ['unheard_of', 'x']], as)
        refused.push([path, ...answers.slice(before).map((answer) => answer[1])])
      }
      expect([name, refused]).toEqual([name, paths.map((path) => [path, 403, 400, 400])])
      await send('/keys', [token, ...fields.slice(1)])
      await send('/keys', [token, ...fields])
      await send('/keys', [token, ...fields])
      for (const path of [`/keys/${id}/pause`, `/keys/${id}/resume`, `/keys/${id}/rotate`])
        await send(path, [
          ['form_token', tokenIn(await send(path))],
          ...(path.endsWith('rotate') ? [['grace', '1h'] as const] : []),
        ])
      await send('/reviews', formOf(await send('/review'), [['note', 'Seen.']]))
      const signed = /reviews\/(rev_\w+)/.exec(await send('/reviews'))?.[1] ?? ''
      await send(`/reviews/${signed}`)
      const approving = [
        ['form_token', tokenIn(await send(request, undefined, 'lee'))],
        ['environments', 'live'],
        ['plan', 'standard'],
      ] as const
      await send(`${request}/approve`, approving, 'lee')
      await send(request, undefined, 'lee')
      server.close()
      await demo.close()
      seen.push([name, answers])
    }
    const first = seen[0]?.[1] ?? []
    expect(first.length).toBeGreaterThan(85)
    for (const [name, answers] of seen) {
      expect([name, answers.length]).toEqual([name, first.length])
      answers.forEach((answer, at) => {
        expect([name, answer]).toEqual([name, first[at]])
      })
    }
    const statuses = first.slice(-5).map((answer) => (answer as readonly unknown[])[1])
    expect(statuses).toEqual([200, 200, 200, 303, 200])
  }, 120_000)
})

/** As `fetch` would not send it. */
function raw(port: number, path: string, method: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => {
      const form =
        'Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n'
      const headers = `Host: x\r\nConnection: close\r\n${method === 'POST' ? form : ''}`
      socket.write(`${method} ${path} HTTP/1.1\r\n${headers}\r\n`)
    })
    socket.on('data', (chunk) => (text += String(chunk)))
    socket.on('end', () => {
      resolve(text)
    })
    socket.on('error', reject)
  })
}
