import { afterEach, expect, test } from '@jest/globals'
import type { Server } from 'node:http'
import { createGate, gateRequestOf } from 'sallyport'
import { sendRaw } from '../adapters/raw-http.js'
import { listen } from '../adapters/servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** The status for a request with this many header lines, the last of which tells the client's address. */
async function send(maxHeadersCount: number | null, lines: number): Promise<number> {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    trustProxy: ['127.0.0.1'],
  })
  const key = { name: 'CI', ownerId: 'org_1', allowedIps: ['127.0.0.1', '203.0.113.9'] }
  const { secret } = await gate.keys.create(key)
  const { server, port } = await listen(async (message, response) => {
    const decision = await gate.check(gateRequestOf(message))
    response.writeHead(decision.allowed ? 200 : decision.status).end()
  })
  servers.push(server)
  server.maxHeadersCount = maxHeadersCount
  const own = ['Host: localhost', `X-Api-Key: ${secret}`, 'X-Forwarded-Proto: https']
  // And Connection, which sendRaw adds.
  const filler = Array<string>(lines - own.length - 2).fill('a: b')
  const { status } = await sendRaw(port, [
    ...['GET / HTTP/1.1', ...own, ...filler],
    'X-Forwarded-For: 203.0.113.9',
  ])
  return status
}

test.each([
  [64, 63, [200]],
  [64, 64, [400]],
  // Node answers 431 itself from 22.23.2, 24.18.1 and 26.5.1 on. Older ones drop lines without a word.
  [64, 200, [400, 431]],
  [null, 999, [200]],
  [null, 1_000, [400]],
  [0, 1_000, [200]],
] as const)('a server that takes %s header lines, sent %i: %j', async (limit, lines, statuses) => {
  expect(statuses).toContain(await send(limit, lines))
})
