import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { FRAMEWORKS, listen, type Scope } from './servers.js'

const START = ['GET /orders HTTP/1.1', 'Host: api.example']

describe.each(Object.entries(FRAMEWORKS))('a request on %s', (_name, create) => {
  let server: Server
  let port: number
  let key: string
  /** How many requests got as far as the framework. */
  let heard = 0

  beforeAll(async () => {
    const gate = createGate<Scope>({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read:orders', 'manage:keys'],
    })
    const issued = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1' },
      scopes: ['read:orders'],
    })
    key = issued.secret
    ;({ server, port } = await listen(create(gate)))
    server.on('request', () => (heard += 1))
  })
  afterAll(() => {
    server.close()
  })

  async function statusOf(lines: readonly string[], body = ''): Promise<number> {
    heard = 0
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const own = [`Authorization: Bearer ${key}`, 'Connection: close']
    socket.end([...lines, ...own, '', body].join('\r\n'), 'latin1')
    const answer = await text(socket)
    return Number(answer.split(' ')[1])
  }

  test.each([
    ['RFC 9112 section 5.2: that folds a header', [...START, 'X-A: b', '  c']],
    ['RFC 9112 section 5.1: with a space before a colon', [...START, 'X-A : b']],
    [
      'RFC 9112 section 6.1: with a length beside chunks',
      [...START, 'Content-Length: 5', 'Transfer-Encoding: chunked'],
    ],
    [
      'RFC 9112 section 6.3: with two lengths',
      [...START, 'Content-Length: 0', 'Content-Length: 5'],
    ],
    ['RFC 9110 section 5.5: with a NUL in a header', [...START, 'X-A: b\0c']],
    ['RFC 9112 section 2.2: with a bare CR in a header', [...START, 'X-A: b\rX-B: c']],
    ['RFC 9112 section 3.2: without Host', ['GET /orders HTTP/1.1']],
  ])('%s does not get as far as the gate', async (_, lines) => {
    expect([await statusOf(lines, '0\r\n\r\n'), heard]).toEqual([400, 0])
  })

  test('control: one that is written well does', async () => {
    expect([await statusOf(START), heard]).toEqual([200, 1])
  })
})
