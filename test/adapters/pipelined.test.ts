import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import type { Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { auditedGate, KEY, keptSink, SIGNING } from '../audit/gates.js'
import { until } from './until.js'

/** A handler that answers when the test lets it. */
interface Site {
  readonly port: number
  readonly arrived: () => number
  /** How often each connection is listened to. */
  readonly listeners: () => number[]
  readonly answer: () => void
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

type Scope = 'read:patients'
type Mount = (gate: Gate<Scope>, held: Promise<void>) => ReturnType<typeof createServer>

const onExpressApp =
  (express: typeof express5): Mount =>
  (gate, held) => {
    const app = express()
    app.use(onExpress.guard(gate, { scopes: ['read:patients'] }))
    app.use((_req, res) => void held.then(() => res.end('in')))
    return createServer(app)
  }

const onKoaApp =
  (Koa: typeof Koa3): Mount =>
  (gate, held) => {
    const app = new Koa()
    app.silent = true
    app.use(onKoa.guard(gate, { scopes: ['read:patients'] }))
    app.use(async (ctx) => {
      await held
      ctx.body = 'in'
    })
    return createServer(app.callback())
  }

async function serve(mount: Mount, gate: Gate<Scope>): Promise<Site> {
  let answer: () => void = () => undefined
  const held = new Promise<void>((resolve) => (answer = resolve))
  const server = mount(gate, held)
  servers.push(server)
  const sockets: Socket[] = []
  let count = 0
  server.on('connection', (socket: Socket) => sockets.push(socket))
  server.on('request', () => (count += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    arrived: () => count,
    listeners: () => sockets.map((socket) => socket.listenerCount('close')),
    answer,
  }
}

const line = (secret: string, path: string) =>
  `DELETE ${path} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secret}\r\n\r\n`

/** Sends all at once, and breaks the connection off when all have come. */
async function hangUp(site: Site, lines: readonly string[]): Promise<void> {
  const before = site.arrived()
  const socket = connect(site.port, '127.0.0.1').on('error', () => undefined)
  socket.write(lines.join(''))
  await until(() => site.arrived() - before === lines.length)
  socket.resetAndDestroy()
}

describe.each<[string, Mount]>([
  ['Express 5', onExpressApp(express5)],
  ['Express 4', onExpressApp(express4)],
  ['Koa 3', onKoaApp(Koa3)],
  ['Koa 2', onKoaApp(Koa2)],
])('pipelined requests whose connection ends, on %s', (_name, mount) => {
  test.each(['best-effort', 'required'] as const)(
    'are all in the trail, as aborted (%s)',
    async (mode) => {
      const sink = keptSink()
      const gate = auditedGate({ sink, mode, key: SIGNING.key })
      const { secret } = await gate.keys.create(KEY)
      const { secret: weak } = await gate.keys.create({ ...KEY, scopes: [] })
      const site = await serve(mount, gate)
      await hangUp(site, [
        ...[1, 2, 3, 4, 5].map((n) => line(secret, `/in/${String(n)}`)),
        ...[1, 2].map((n) => line(weak, `/denied/${String(n)}`)),
        ...[1, 2].map((n) => line(`guess${String(n)}`, '/guess')),
      ])
      const latest = () => {
        const records = sink
          .records('access')
          .flatMap((one) => (one.kind === 'access' ? [one] : []))
        return [...new Map(records.map((record) => [record.id, record])).values()]
      }
      const aborted = () => latest().filter((record) => record.aborted)
      await until(() => aborted().length >= 8)
      site.answer()
      await gate.close()
      const paths = aborted().map(({ path }) => path)
      for (const n of [1, 2, 3, 4, 5]) expect(paths).toContain(`/in/${String(n)}`)
      for (const n of [1, 2]) expect(paths).toContain(`/denied/${String(n)}`)
      const guesses = latest().filter(({ reason }) => reason === 'unknown_key')
      expect(guesses.reduce((sum, { count = 1 }) => sum + count, 0)).toBe(2)
    },
  )

  test('give their places back', async () => {
    const plans = { p: { concurrency: { limit: 5, lease: '1h' as const } } }
    const gate = auditedGate({ sink: keptSink(), key: SIGNING.key }, undefined, {
      ...{ plans, limits: { defaultPlan: 'p' } },
    })
    const { secret } = await gate.keys.create(KEY)
    const site = await serve(mount, gate)
    await hangUp(site, Array<string>(5).fill(line(secret, '/')))
    const free = async () => {
      const decisions = await Promise.all([1, 2, 3, 4, 5].map(async () => gate.verify(secret)))
      for (const decision of decisions) if (decision.allowed) decision.end()
      return decisions.every(({ allowed }) => allowed)
    }
    await until(free)
    site.answer()
    await gate.close()
  })

  test('are written as aborted when the gate closes, and their places are given back', async () => {
    const sink = keptSink()
    const plans = { p: { concurrency: 3 } }
    const gate = auditedGate({ sink, key: SIGNING.key }, undefined, {
      ...{ plans, limits: { defaultPlan: 'p' } },
    })
    const { secret } = await gate.keys.create(KEY)
    const site = await serve(mount, gate)
    const socket = connect(site.port, '127.0.0.1').on('error', () => undefined)
    socket.write(line(secret, '/').repeat(3))
    await until(() => site.arrived() === 3)
    await gate.audit.flush()
    expect(sink.records('access')).toEqual([])
    await gate.close()
    const ended = [{ aborted: true }, { aborted: true }, { aborted: true }]
    expect(sink.records('access')).toMatchObject(ended)
    site.answer()
    socket.destroy()
  })

  test('are listened for once on each connection, and are no longer once they are answered', async () => {
    const warnings: Error[] = []
    const heard = (warning: Error) => warnings.push(warning)
    process.on('warning', heard)
    const sink = keptSink()
    const gate = auditedGate({ sink, key: SIGNING.key })
    const { secret } = await gate.keys.create(KEY)
    const site = await serve(mount, gate)
    const socket = connect(site.port, '127.0.0.1').on('error', () => undefined)
    socket.resume()
    socket.write(line(secret, '/').repeat(1))
    await until(() => site.arrived() === 1)
    const listeners = site.listeners()
    socket.write(line(secret, '/').repeat(400))
    await until(() => site.arrived() > 300)
    expect(site.listeners()).toEqual(listeners)
    site.answer()
    await until(() => site.arrived() === 401)
    await until(() => sink.records('access').length === 401)
    socket.destroy()
    await gate.close()
    process.off('warning', heard)
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([])
    expect(sink.records('access').some((record) => 'aborted' in record)).toBe(false)
  })
})
