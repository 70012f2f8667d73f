import { once } from 'node:events'
import { connect, createServer, type ClientHttp2Session, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import Koa from 'koa'
import mount from 'koa-mount'
import { createMemoryLimitStore, type AuditRecord, type LimitStore } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { openIssuer } from '../oauth/http/api.js'
import { stopTimers } from '../still-timers.js'

/** What a handler does once the guard has let the request in. */
type Handle = (path: string) => Promise<string> | string
type Open = ReturnType<typeof openIssuer>['gate']
type Listener = NonNullable<Parameters<typeof createServer>[1]>

const FRAMEWORKS: Readonly<
  Record<string, (gate: Open, before: Handle, handle: Handle) => Listener>
> = {
  Koa(gate, before, handle) {
    const app = new Koa()
    app.use(async (ctx, next) => {
      await before(ctx.path)
      await next()
    })
    app.use(mount('/token', onKoa.tokenEndpoint(gate)))
    app.use(onKoa.guard(gate))
    app.use(async (ctx) => {
      ctx.body = await handle(ctx.path)
    })
    return app.callback()
  },
  // Express itself does not run on HTTP/2; what is written for its middlewares does.
  'a router in the way of Express'(gate, before, handle) {
    const guard = onExpress.guard(gate)
    const endpoint = onExpress.tokenEndpoint(gate)
    return (plain, response) => {
      // What its `end` takes is told otherwise by its types.
      const res = response as unknown as Parameters<typeof guard>[1] & { end(body?: string): void }
      const req = Object.assign(plain, { originalUrl: plain.url })
      const done = async () => {
        res.end(await handle(req.url))
      }
      const go = async () => {
        await before(req.url)
        if (req.url === '/token') endpoint(req, res, () => void done())
        else guard(req, res, () => void done())
      }
      void go()
    }
  },
}

/** Something that one side waits for, and the other gives. */
function createSignal() {
  let give: () => void = () => undefined
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return {
    given,
    give: () => {
      give()
    },
  }
}

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return true
    await pause(5)
  }
  return false
}

let server: Http2Server | undefined
let client: ClientHttp2Session | undefined
afterEach(async () => {
  jest.useRealTimers()
  client?.destroy()
  if (server === undefined) return
  server.close()
  await once(server, 'close')
})

async function open(
  name: string,
  handle: Handle,
  store: LimitStore = createMemoryLimitStore(),
  before: Handle = () => '',
) {
  const records: AuditRecord[] = []
  const opened = openIssuer({
    plans: { narrow: { concurrency: 1 } },
    limits: { defaultPlan: 'narrow', store },
    audit: { sink: { write: (all) => void records.push(...all.map(({ record }) => record)) } },
  })
  const make = FRAMEWORKS[name]
  if (make === undefined) throw new Error(`There is no ${name}.`)
  server = createServer(make(opened.gate, before, handle))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  const session = client
  const { secret } = await opened.create()

  /** A request, and a stream to give it up with. */
  function send(path: string, method = 'GET') {
    const stream = session.request({
      ...{ ':path': path, ':method': method, authorization: `Bearer ${secret}` },
    })
    stream.on('error', () => undefined)
    return stream.resume().end()
  }
  async function ask(path: string, method?: string): Promise<number | undefined> {
    const stream = send(path, method)
    const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }]
    await once(stream, 'close')
    return headers[':status']
  }
  async function accesses() {
    await opened.gate.audit.flush()
    return records.filter(({ kind }) => kind === 'access')
  }
  return { ...opened, ask, send, accesses }
}

describe.each(Object.keys(FRAMEWORKS))('over HTTP/2, on %s', (name) => {
  test('the end of a response frees its slot, and is recorded with its status', async () => {
    const { ask, accesses, gate } = await open(name, () => 'x'.repeat(100_000))
    for (const method of ['GET', 'HEAD', 'GET']) expect(await ask('/orders', method)).toBe(200)
    expect(await ask('/token', 'POST')).toBe(200)
    expect(await ask('/orders')).toBe(200)
    const all = await accesses()
    expect(all.map((one) => 'status' in one && one.status)).toEqual([200, 200, 200, 200, 200])
    for (const record of all) expect(record).not.toHaveProperty('aborted')
    await gate.close()
  })

  test('a client that goes away frees its slot, and is recorded as gone', async () => {
    const arrived = createSignal()
    const handle: Handle = (path) => {
      if (path !== '/slow') return 'x'
      arrived.give()
      return new Promise(() => undefined)
    }
    const { ask, send, accesses, gate } = await open(name, handle)
    const slow = send('/slow')
    await arrived.given
    // The control: as long as it is there, it holds the one slot.
    expect(await ask('/orders')).toBe(429)
    slow.close()
    expect(await eventually(async () => (await ask('/orders')) === 200)).toBe(true)
    expect(await accesses()).toContainEqual(
      expect.objectContaining({ path: '/slow', aborted: true }),
    )
    await gate.close()
  })

  test('so does one that goes while the store of limits is asked', async () => {
    const [asked, gone] = [createSignal(), createSignal()]
    const store = createMemoryLimitStore()
    let slow = false
    const { ask, send, accesses, gate } = await open(name, () => 'x', {
      ...store,
      async consume(request) {
        const verdict = await store.consume(request)
        if (!slow) return verdict
        slow = false
        asked.give()
        await gone.given
        return verdict
      },
    })
    // The store has as long as it takes.
    stopTimers()
    slow = true
    const early = send('/early')
    await asked.given
    expect(await ask('/orders')).toBe(429)
    early.close()
    // What comes after it on the connection is heard after it.
    expect(await ask('/orders')).toBe(429)
    gone.give()
    jest.useRealTimers()
    expect(await eventually(async () => (await ask('/orders')) === 200)).toBe(true)
    expect(await accesses()).toContainEqual(
      expect.objectContaining({ path: '/early', outcome: 'allowed', aborted: true }),
    )
    await gate.close()
  })

  test('what is asked by one that has gone before is recorded', async () => {
    const [arrived, gone] = [createSignal(), createSignal()]
    const before: Handle = async (path) => {
      if (path !== '/early') return ''
      arrived.give()
      await gone.given
      return ''
    }
    const { ask, send, accesses, gate } = await open(name, () => 'x', undefined, before)
    const early = send('/early')
    await arrived.given
    early.close()
    expect(await ask('/orders')).toBe(200)
    gone.give()
    const isEarly = (record: AuditRecord) => 'path' in record && record.path === '/early'
    expect(await eventually(async () => (await accesses()).some(isEarly))).toBe(true)
    // Node does not tell any more where it came from.
    expect((await accesses()).find(isEarly)).toMatchObject({ outcome: 'denied', aborted: true })
    await gate.close()
  })
})
