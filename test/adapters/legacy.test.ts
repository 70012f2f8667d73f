import { afterEach, describe, expect, test } from '@jest/globals'
import type { Server } from 'node:http'
import { createGate, type LegacyKeys } from 'sallyport'
import { FRAMEWORKS, listen, type Scope } from './servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(framework: keyof typeof FRAMEWORKS, legacy: LegacyKeys) {
  const errors: unknown[] = []
  const gate = createGate<Scope>({
    environment: 'live',
    keys: { prefix: 'acme', legacy },
    scopes: ['read:orders', 'manage:keys'],
    trustProxy: ['loopback'],
    onError: (error) => errors.push(error),
  })
  const { server, port } = await listen(FRAMEWORKS[framework](gate))
  servers.push(server)
  const ask = async (secret: string, client: string) => {
    const response = await fetch(`http://127.0.0.1:${String(port)}/orders`, {
      headers: { 'x-api-key': secret, 'x-forwarded-for': client, 'x-forwarded-proto': 'https' },
    })
    return [response.status, await response.text()] as const
  }
  return { gate, ask, errors }
}

describe.each(Object.keys(FRAMEWORKS) as (keyof typeof FRAMEWORKS)[])('%s', (framework) => {
  test('lets in what the app verifies, and counts only what it does not know', async () => {
    const { gate, ask, errors } = await serve(framework, async (secret) => {
      await Promise.resolve()
      if (secret === 'broken') throw new Error('database away')
      const known = secret.startsWith('good')
      return known ? { name: secret, ownerId: 'org_1', scopes: ['read:orders'] } : undefined
    })
    const client = '203.0.113.9'
    const together = await Promise.all(Array.from({ length: 20 }, () => ask('good-1', client)))
    expect(together.every(([status, body]) => status === 200 && body === 'org_1')).toBe(true)
    expect((await gate.keys.list()).items).toHaveLength(1)
    for (let time = 0; time < 9; time++) expect((await ask('broken', client))[0]).toBe(503)
    expect(errors).toHaveLength(9)
    const statuses = []
    for (let time = 0; time < 6; time++)
      statuses.push((await ask(`bad-${String(time)}`, client))[0])
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
    expect((await ask('good-1', client))[0]).toBe(200)
    expect((await ask('good-2', '203.0.113.10'))[0]).toBe(200)
  })
})
