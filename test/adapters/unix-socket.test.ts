import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { FRAMEWORKS, type Scope } from './servers.js'

const KEY = { name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] as Scope[] }

async function tried(
  make: (typeof FRAMEWORKS)[keyof typeof FRAMEWORKS],
  trustProxy: readonly string[],
  fields: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const gate = createGate<Scope>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, trustProxy },
    scopes: ['read:orders', 'manage:keys'],
  })
  const { secret } = await gate.keys.create({ ...KEY, allowedIps: ['203.0.113.0/24'] })
  const folder = mkdtempSync(join(tmpdir(), 'unix-'))
  const socketPath = join(folder, 'app.sock')
  const server = createServer(make(gate))
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  try {
    return await new Promise((resolve, reject) => {
      const headers = { 'x-api-key': secret, ...fields }
      request({ socketPath, path: '/orders', headers, agent: false }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .once('error', reject)
        .end()
    })
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
    await gate.close()
  }
}

describe.each(Object.entries(FRAMEWORKS))('behind a proxy on a Unix socket, %s', (_, make) => {
  const fields = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' }

  test.each<[readonly string[], Readonly<Record<string, string>>, number]>([
    [['unix'], {}, 200],
    [['unix'], { 'x-forwarded-for': '198.51.100.7' }, 403],
    [['unix'], { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' }, 403],
    [['unix'], { 'x-forwarded-proto': 'http' }, 403],
    [['loopback'], {}, 403],
  ])('trustProxy %j, %j: %i', async (trustProxy, more, status) => {
    expect(await tried(make, trustProxy, { ...fields, ...more })).toBe(status)
  })
})
