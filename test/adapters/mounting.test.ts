import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { createGate, type Gate } from 'sallyport'
import { createConsole } from 'sallyport/console'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { listen } from './servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read'] })
const portal = createConsole(gate, { user: () => undefined })
const WRONG_PATH =
  "mountConsole: must be mounted under a path without parameters, such as '/portal'"

const mistake = (message: string) =>
  expect.objectContaining({ code: 'invalid_option', message }) as unknown as Error

async function ask(listener: Parameters<typeof listen>[0], path: string) {
  const { server, port } = await listen(listener)
  servers.push(server)
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { redirect: 'manual' })
  return { status: answer.status, text: await answer.text() }
}

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
] as const)('on %s', (_, adapter) => {
  const mounts = {
    keyEndpoints: adapter.keyEndpoints,
    accessEndpoints: adapter.accessEndpoints,
    usageEndpoints: adapter.usageEndpoints,
    auditEndpoints: adapter.auditEndpoints,
    tokenEndpoint: adapter.tokenEndpoint,
    jwksEndpoint: adapter.jwksEndpoint,
    revocationEndpoint: adapter.revocationEndpoint,
  } as unknown as Record<string, (given: unknown, requirement?: unknown) => unknown>

  test.each(Object.entries(mounts))('%s must be given a gate', (name, mount) => {
    for (const given of [undefined, {}]) {
      expect(() => mount(given, { scopes: ['read'] })).toThrow(
        mistake(`${name}: must be given a gate first, as createGate returns it`),
      )
    }
  })

  test('mountConsole must be given a console, and descriptionEndpoint a description', () => {
    for (const given of [undefined, {}]) {
      expect(() => adapter.mountConsole(given as never)).toThrow(
        mistake('mountConsole: must be given what createConsole of sallyport/console returns'),
      )
      expect(() => adapter.descriptionEndpoint(given as never)).toThrow(
        mistake(
          'descriptionEndpoint: must be given what createDescription of sallyport/openapi returns',
        ),
      )
    }
  })
})

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
] as const)('a console on %s', (_, express) => {
  test.each([['/:tenant/portal'], [['/portal', '/:tenant/portal']]])(
    'is not mounted under a path with parameters: %j',
    (path) => {
      expect(() => express().use(path, onExpress.mountConsole(portal))).toThrow(mistake(WRONG_PATH))
    },
  )

  test('nor below a router that has some, and no page of it is shown', async () => {
    const errors: unknown[] = []
    const router = express.Router({ mergeParams: true }).use(onExpress.mountConsole(portal))
    const app = express()
      .use('/t/:tenant', router)
      .use(((error, _req, res, _next) => {
        errors.push(error)
        res.status(500).end('wrong')
      }) as express5.ErrorRequestHandler)
    expect(await ask(app, '/t/acme/')).toEqual({ status: 500, text: 'wrong' })
    expect(errors).toEqual([mistake(WRONG_PATH)])
  })

  test('answers below any other path, on an app and on a router', async () => {
    const app = express().use('/portal', onExpress.mountConsole(portal))
    app.use('/routed', express.Router().use(onExpress.mountConsole(portal)))
    for (const path of ['/portal/', '/routed/']) {
      expect(await ask(app, path)).toMatchObject({ status: 401 })
    }
  })
})

describe.each([
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
] as const)('a console on %s', (_, Koa) => {
  test('shows no page under a path with parameters', async () => {
    const errors: unknown[] = []
    const router = new Router().all('/t/:tenant/{*rest}', onKoa.mountConsole(portal) as never)
    const app = new Koa().use(router.routes() as never)
    app.on('error', (error) => errors.push(error))
    expect(await ask(app.callback(), '/t/acme/')).toMatchObject({ status: 500 })
    expect(errors).toEqual([mistake(WRONG_PATH)])
  })

  test('answers where there are none', async () => {
    const app = new Koa().use(onKoa.mountConsole(portal) as never)
    expect(await ask(app.callback(), '/')).toMatchObject({ status: 401 })
  })
})

/** What a description does not answer goes on to the guards behind it. */
describe.each([
  [
    'Express',
    (own: Gate<'read'>, description: ReturnType<typeof createDescription>) =>
      express5().use(onExpress.descriptionEndpoint(description)).use(onExpress.guard(own)),
  ],
  [
    'Koa',
    (own: Gate<'read'>, description: ReturnType<typeof createDescription>) =>
      new Koa3().use(onKoa.descriptionEndpoint(description)).use(onKoa.guard(own)).callback(),
  ],
] as const)('a description on %s', (_, open) => {
  test('is served without a key, and nothing else is', async () => {
    const description = createDescription(gate, {
      info: { title: 'Acme', version: '1' },
      routes: [],
    })
    const app = open(gate, description)
    const shown = await ask(app, '/openapi.json')
    expect(shown.status).toBe(200)
    expect(JSON.parse(shown.text)).toMatchObject({ openapi: expect.stringMatching(/^3\./) })
    expect(await ask(app, '/orders')).toMatchObject({ status: 401 })
  })
})
