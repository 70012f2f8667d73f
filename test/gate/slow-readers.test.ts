import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  connect as connect2,
  constants,
  createServer as createServer2,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { stopTimers } from '../still-timers.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  jest.useRealTimers()
  for (const close of closing.splice(0).reverse()) await close()
})

type AnyRequest = IncomingMessage | Http2ServerRequest
type AnyResponse = ServerResponse | Http2ServerResponse

/** An app whose answers are larger than what a connection takes by itself. */
function openApp(size: number) {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:audit'] })
  closing.push(() => gate.close())
  const sent: string[] = []
  const ended: string[] = []
  const body = Buffer.alloc(size)
  const answer = async ({ url = '' }: AnyRequest, response: AnyResponse) => {
    const reader = { id: url, ownerId: 'org_1', isLarge: false, response }
    await gate.endpoints.owner.shareReading(
      reader,
      () => Promise.resolve(),
      () => undefined,
    )
    response.once('close', () => ended.push(url))
    response.writeHead(200, { 'content-length': body.length })
    response.end(body)
    sent.push(url)
  }
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    sent,
    ended,
    until,
    handle: (...call: Parameters<typeof answer>) => void answer(...call),
  }
}

async function portOf(server: Server | Http2Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

test('HTTP/1.1: the connection of a client that takes nothing is ended, with what waits behind its first answer', async () => {
  stopTimers()
  const { sent, ended, until, handle } = openApp(33_554_432)
  const socket = connect(await portOf(createServer(handle)), '127.0.0.1')
  closing.push(() => socket.destroy())
  socket.on('error', () => undefined).pause()
  await once(socket, 'connect')
  socket.write(['/1', '/2'].map((url) => `GET ${url} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  await until(() => sent.length === 2)
  await jest.advanceTimersByTimeAsync(604_000)
  expect(ended).toEqual([])
  await jest.advanceTimersByTimeAsync(1_000)
  await until(() => ended.includes('/1'))
  // What had come by then is not the whole answer.
  socket.resume()
  await once(socket, 'close')
  expect(socket.bytesRead).toBeLessThan(33_554_432)
})

test('HTTP/2: its stream is ended with an error, and others of the connection go on', async () => {
  stopTimers()
  const { sent, ended, until, handle } = openApp(2_097_152)
  const session = connect2(`http://127.0.0.1:${String(await portOf(createServer2(handle)))}`)
  closing.push(() => {
    session.destroy()
  })
  const slow = session.request({ ':path': '/slow' }).pause()
  slow.on('error', () => undefined)
  await until(() => sent.length === 1)
  await jest.advanceTimersByTimeAsync(604_000)
  expect(ended).toEqual([])
  await jest.advanceTimersByTimeAsync(1_000)
  await until(() => ended.includes('/slow') && slow.closed)
  expect(slow.rstCode).toBe(constants.NGHTTP2_CANCEL)
  const other = session.request({ ':path': '/other' })
  let size = 0
  for await (const part of other) size += (part as Buffer).length
  expect(size).toBe(2_097_152)
})
