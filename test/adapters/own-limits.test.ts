import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from './servers.js'

const EXPORTS = { name: 'exports', limit: 2, window: '1h' } as const
const MANAGED = { scopes: ['manage:keys'], limit: { limit: 2, window: '1h' } } as const

function expressApp(gate: Gate) {
  const app = express()
  app.post('/token', onExpress.tokenEndpoint(gate))
  app.use(onExpress.guard(gate))
  app.get('/orders', (_req, res) => {
    res.end('orders')
  })
  app.get('/exports', onExpress.guard(gate, { limit: EXPORTS }), (_req, res) => {
    res.end('exports')
  })
  app.use('/keys', onExpress.keyEndpoints(gate, MANAGED))
  return app
}

function koaApp(gate: Gate) {
  const [app, router] = [new Koa(), new Router()]
  router.post('/token', onKoa.tokenEndpoint(gate))
  router.get('/orders', onKoa.guard(gate), (ctx) => {
    ctx.body = 'orders'
  })
  router.get('/exports', onKoa.guard(gate), onKoa.guard(gate, { limit: EXPORTS }), (ctx) => {
    ctx.body = 'exports'
  })
  app.use(mount('/keys', onKoa.keyEndpoints(gate, MANAGED)))
  app.use(router.routes())
  return app.callback()
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe.each<[string, (gate: Gate) => Parameters<typeof listen>[0]]>([
  ['Express', expressApp],
  ['Koa', koaApp],
])('limits beside the plan on %s', (_, createApp) => {
  async function open() {
    const gate: Gate = createGate<string>({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['manage:keys'],
      tokens: { issuer: 'https://api.example.com' },
      limits: { anonymous: { limit: 3, window: '1h' } },
    })
    const { server, port } = await listen(createApp(gate))
    servers.push(server)
    const { secret } = await gate.keys.create({
      name: 'CI',
      ownerId: 'org_1',
      scopes: ['manage:keys'],
    })
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, init)
      await response.text()
      return response
    }
    return { ask, headers: { 'x-api-key': secret } }
  }

  test('requests without credentials are limited, and nobody else is', async () => {
    const { ask, headers } = await open()
    const answers = []
    for (let time = 0; time < 5; time++) answers.push(await ask('/orders'))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429])
    const remaining = answers.map((answer) => answer.headers.get('x-ratelimit-remaining'))
    expect(remaining).toEqual(['2', '1', '0', '0', '0'])
    const seconds = Number(answers[4]?.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(3_000)
    expect((await ask('/orders', { headers })).status).toBe(200)
  })

  test('the token endpoint is one of them', async () => {
    const { ask } = await open()
    const statuses = []
    for (let time = 0; time < 3; time++) {
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      statuses.push((await ask('/token', { method: 'POST', body })).status)
    }
    statuses.push((await ask('/token', { method: 'POST' })).status, (await ask('/orders')).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
  })

  test('a limit of a route holds behind a guard for all routes, and is told', async () => {
    const { ask, headers } = await open()
    const answers = []
    for (let time = 0; time < 3; time++) answers.push(await ask('/exports', { headers }))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    const remaining = answers.map((answer) => answer.headers.get('x-ratelimit-remaining'))
    expect(remaining).toEqual(['1', '0', '0'])
    expect((await ask('/orders', { headers })).status).toBe(200)
  })

  test('one of the key endpoints counts a request with a body once', async () => {
    const { ask, headers } = await open()
    const statuses = []
    for (let time = 0; time < 3; time++) {
      const body = JSON.stringify({ name: 'New' })
      const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } }
      statuses.push((await ask('/keys', { ...init, body })).status)
    }
    expect(statuses).toEqual([201, 201, 429])
  })
})
