import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { parseAuditLine, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { auditedGate, KEY, keptSink } from '../audit/gates.js'
import { until } from './until.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

type Scope = 'read:patients'
/** What a handler does with Node's own response, and answers nothing. */
type Handle = (res: ServerResponse) => void
type Mount = (gate: Gate<Scope>, handle: Handle) => Server

const onExpressApp =
  (express: typeof express5): Mount =>
  (gate, handle) => {
    const app = express()
    app.use(onExpress.guard(gate, { scopes: ['read:patients'] }))
    app.use((_req, res) => {
      handle(res)
    })
    return createServer(app)
  }

const onKoaApp =
  (Koa: typeof Koa3): Mount =>
  (gate, handle) => {
    const app = new Koa()
    app.use(onKoa.guard(gate, { scopes: ['read:patients'] }))
    app.use((ctx) => {
      ctx.respond = false
      handle(ctx.res)
    })
    return createServer(app.callback())
  }

async function open(mount: Mount, handle: Handle) {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret } = await gate.keys.create(KEY)
  let handled = 0
  const server = mount(gate, (res) => {
    handle(res)
    handled += 1
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ask = async (): Promise<Socket> => {
    const before = handled
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => undefined).resume()
    socket.write(`GET /patients HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secret}\r\n\r\n`)
    await until(() => handled === before + 1)
    return socket
  }
  return { sink, gate, ask }
}

describe.each<[string, Mount]>([
  ['Express 5', onExpressApp(express5)],
  ['Express 4', onExpressApp(express4)],
  ['Koa 3', onKoaApp(Koa3)],
  ['Koa 2', onKoaApp(Koa2)],
])('on %s', (_name, mount) => {
  test('a request whose handler has taken the socket from its response ends with its connection', async () => {
    const taken: Socket[] = []
    const { sink, gate, ask } = await open(mount, (res) => {
      if (res.socket === null) return
      taken.push(res.socket)
      res.detachSocket(res.socket)
    })
    const client = await ask()
    taken[0]?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    await once(client, 'data')
    await gate.audit.flush()
    // Control: it is not over while the connection is there.
    expect(sink.records('access')).toEqual([])
    client.destroy()
    await until(() => taken[0]?.destroyed === true)
    await until(() => {
      void gate.audit.flush()
      return sink.records('access').length === 1
    })
    expect(sink.records('access')).toMatchObject([{ outcome: 'allowed', aborted: true }])
    await gate.close()
  })

  test('of a request whose client goes away, the record has the status that was sent, or none', async () => {
    const handles: Handle[] = [
      () => undefined,
      (res) => Object.assign(res, { statusCode: 201 }),
      (res) => res.writeHead(206).write('part'),
    ]
    let at = 0
    const { sink, gate, ask } = await open(mount, (res) => handles[at++]?.(res))
    for (const _ of handles) (await ask()).destroy()
    const ended = () => sink.records('access') as readonly { status?: number; aborted?: true }[]
    await until(() => {
      void gate.audit.flush()
      return ended().length === handles.length
    })
    expect(ended().map(({ status, aborted }) => [status, aborted])).toEqual([
      [undefined, true],
      [undefined, true],
      [206, true],
    ])
    await gate.close()
  })

  test.each(['no status', '404', NaN, 99, 1_000, 200.5, {}, Symbol('status')])(
    'a record can be read whatever the app has taken for a status: %p',
    async (status) => {
      const { sink, gate, ask } = await open(mount, (res) => {
        Object.assign(res, { statusCode: status })
      })
      const client = await ask()
      client.destroy()
      await until(() => {
        void gate.audit.flush()
        return sink.records('access').length === 1
      })
      expect(sink.records('access')[0]).not.toHaveProperty('status')
      await gate.close()
      for (const { line, record } of sink.entries) expect(parseAuditLine(line)).toEqual(record)
    },
  )
})
