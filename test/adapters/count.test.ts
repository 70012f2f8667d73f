import { connect } from 'node:net'
import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import express from 'express'
import Koa from 'koa'
import { createGate, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from './servers.js'
import { until } from './until.js'

/** Requests that wait for an answer, by a function that sends it. */
type Waiting = ((status: number) => void)[]

function expressApp(gate: Gate, waiting: Waiting) {
  const app = express()
  app.use(onExpress.guard(gate))
  for (const count of ['success', 'failure'] as const) {
    app.get(`/${count}/:status`, onExpress.guard(gate, { count }), (req, res) => {
      res.status(Number(req.params['status'])).end('done')
    })
  }
  app.get('/admin', onExpress.guard(gate, { count: 'success', scopes: ['admin'] }))
  app.get('/slow', onExpress.guard(gate, { count: 'success' }), (_req, res) => {
    waiting.push((status) => res.status(status).end('done'))
  })
  return app
}

function koaApp(gate: Gate, waiting: Waiting) {
  const [app, router] = [new Koa(), new Router()]
  const guarded = onKoa.guard(gate)
  for (const count of ['success', 'failure'] as const) {
    router.get(`/${count}/:status`, guarded, onKoa.guard(gate, { count }), (ctx) => {
      ctx.status = Number(ctx.params['status'])
      ctx.body = 'done'
    })
  }
  router.get('/admin', guarded, onKoa.guard(gate, { count: 'success', scopes: ['admin'] }))
  router.get('/slow', guarded, onKoa.guard(gate, { count: 'success' }), async (ctx) => {
    ctx.status = await new Promise<number>((resolve) => waiting.push(resolve))
    ctx.body = 'done'
  })
  app.use(router.routes())
  return app.callback()
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

describe.each<[string, (gate: Gate, waiting: Waiting) => Parameters<typeof listen>[0]]>([
  ['Express', expressApp],
  ['Koa', koaApp],
])('what counts on %s', (_, createApp) => {
  async function open() {
    const waiting: Waiting = []
    const gate: Gate = createGate<string>({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['admin'],
      plans: { plus: { quota: { limit: 10, window: '1h' } } },
      limits: { defaultPlan: 'plus' },
    })
    const { server, port } = await listen(createApp(gate, waiting))
    servers.push(server)
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const headers = { 'x-api-key': secret }
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers })
      await response.text()
      return response.status
    }
    const left = async () => {
      const rawHeaders = ['X-API-Key', secret]
      const request = { method: 'GET', url: '/', rawHeaders, peer: { encrypted: true } }
      const { headers } = await gate.check(request, { cost: 0 })
      return Number(headers['x-ratelimit-remaining'])
    }
    return { gate, port, secret, ask, left, waiting }
  }

  test('is what the response says, when it is over', async () => {
    const { ask, left } = await open()
    for (const path of ['/success/500', '/success/404', '/failure/200', '/failure/302']) {
      await ask(path)
    }
    expect(await ask('/admin')).toBe(403)
    // A client may have its answer a moment before the response is over.
    await until(async () => (await left()) === 10)
    await ask('/success/200')
    await ask('/failure/401')
    expect(await left()).toBe(8)
  })

  test('is a response that its client did not wait for', async () => {
    const { port, secret, left, waiting } = await open()
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /slow HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secret}\r\n\r\n`)
    await until(() => waiting.length === 1)
    socket.destroy()
    await new Promise((resolve) => socket.once('close', resolve))
    waiting[0]?.(500)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await left()).toBe(9)
  })

  test('are pipelined responses that a reset has cut off, and each once', async () => {
    const { port, secret, left, waiting, gate } = await open()
    const socket = connect(port, '127.0.0.1')
    const request = `GET /slow HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secret}\r\n\r\n`
    socket.on('error', () => undefined)
    socket.write(request.repeat(3))
    await until(() => waiting.length === 3)
    socket.resetAndDestroy()
    await new Promise((resolve) => socket.once('close', resolve))
    for (const answer of waiting) answer(500)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await left()).toBe(7)
    await gate.close()
  })
})
