import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureServer, connect as connectHttp2 } from 'node:http2'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { afterEach, describe, expect, test } from '@jest/globals'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import type { Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { auditedGate, KEY, keptSink } from '../../audit/gates.js'
import { until } from '../until.js'

const key = readFileSync(new URL('./key.pem', import.meta.url))
const cert = readFileSync(new URL('./certificate.pem', import.meta.url))

/** What stands before the guard, and what behind it. */
interface Around {
  readonly before: () => Promise<void>
  readonly handle: () => void
  /** Whether a guard stands before that, too. */
  readonly guardedBefore?: boolean
}
type Mount = (gate: Gate<'read:patients'>, around: Around) => Parameters<typeof createServer>[1]

const onExpressApp =
  (express: typeof express5): Mount =>
  (gate, { before, handle, guardedBefore }) => {
    const app = express()
    if (guardedBefore === true) app.use(onExpress.guard(gate))
    app.use(
      (_req, _res, next) =>
        void before().then(() => {
          next()
        }),
    )
    app.use(onExpress.guard(gate), (_req, res) => {
      handle()
      res.end('in')
    })
    return app
  }

const onKoaApp =
  (Koa: typeof Koa3): Mount =>
  (gate, { before, handle, guardedBefore }) => {
    const app = new Koa()
    app.silent = true
    if (guardedBefore === true) app.use(onKoa.guard(gate))
    app.use(async (_ctx, next) => {
      await before()
      await next()
    })
    app.use(onKoa.guard(gate))
    app.use((ctx) => {
      handle()
      ctx.body = 'in'
    })
    return app.callback()
  }

const servers: { close(): unknown }[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A middleware before the guard that goes on when the test lets it, and what has come of it. */
async function open(
  mount: Mount,
  create: (listener: Parameters<typeof createServer>[1]) => Server,
  guardedBefore = false,
) {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret, id } = await gate.keys.create(KEY)
  const seen = { waiting: 0, handled: 0 }
  let go: () => void = () => undefined
  const gone = new Promise<void>((resolve) => (go = resolve))
  const server = create(
    mount(gate, {
      before: () => {
        seen.waiting += 1
        return gone
      },
      handle: () => void (seen.handled += 1),
      guardedBefore,
    }),
  )
  servers.push(server)
  let closed = 0
  server.on('secureConnection', (socket: { once(event: 'close', act: () => void): unknown }) =>
    socket.once('close', () => void (closed += 1)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const access = async () => {
    await until(async () => {
      await gate.audit.flush()
      return sink.records('access').length > 0
    })
    return sink.records('access')
  }
  return {
    ...{ seen, secret, id, access, port: (server.address() as AddressInfo).port },
    /** The client is gone, and the middleware goes on. */
    async goOn() {
      await until(() => closed === 1)
      go()
    },
  }
}

const http1 = (listener: Parameters<typeof createServer>[1]) =>
  createServer({ key, cert }, listener)
const http2 = (listener: Parameters<typeof createServer>[1]) =>
  createSecureServer({ key, cert }, listener as never) as unknown as Server

const FRAMEWORKS: [string, Mount][] = [
  ['Express 5', onExpressApp(express5)],
  ['Express 4', onExpressApp(express4)],
  ['Koa 3', onKoaApp(Koa3)],
  ['Koa 2', onKoaApp(Koa2)],
]

/** Sends a request, and breaks off the connection when it has come. */
async function hangUp({ port, secret, seen }: Awaited<ReturnType<typeof open>>) {
  const socket = connect({ port, host: '127.0.0.1', ca: cert, rejectUnauthorized: false })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  socket.write(`DELETE /patients/7 HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secret}\r\n\r\n`)
  await until(() => seen.waiting === 1)
  socket.destroy()
}

const REFUSED = {
  outcome: 'denied',
  reason: 'connection_closed',
  path: '/patients/7',
  aborted: true,
}

describe.each(FRAMEWORKS)(
  'a client that is gone before its guard is asked, on %s',
  (_name, mount) => {
    test('is refused, as nobody knows its address any more', async () => {
      const app = await open(mount, http1)
      await hangUp(app)
      await app.goOn()
      const records = await app.access()
      expect(records).toMatchObject([REFUSED])
      expect(records[0]).not.toHaveProperty('client')
      expect(app.seen.handled).toBe(0)
    })

    test('is let in where an earlier guard has seen its address', async () => {
      const app = await open(mount, http1, true)
      await hangUp(app)
      await app.goOn()
      await until(() => app.seen.handled === 1)
      const records = await app.access()
      expect(records.at(-1)).toMatchObject({
        ...{ outcome: 'allowed', keyId: app.id, client: '127.0.0.1', aborted: true },
      })
    })
  },
)

test.each(FRAMEWORKS.filter(([name]) => name.startsWith('Koa')))(
  'a client of HTTP/2 that is gone before its guard is asked is refused, on %s',
  async (_name, mount) => {
    const app = await open(mount, http2)
    const session = connectHttp2(`https://127.0.0.1:${String(app.port)}`, {
      rejectUnauthorized: false,
    })
    session.on('error', () => undefined)
    const stream = session.request({
      ...{ ':method': 'DELETE', ':path': '/patients/7', 'x-api-key': app.secret },
    })
    stream.on('error', () => undefined)
    await until(() => app.seen.waiting === 1)
    session.destroy()
    await app.goOn()
    expect(await app.access()).toMatchObject([REFUSED])
    expect(app.seen.handled).toBe(0)
  },
)
