import { readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureVersion } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { FRAMEWORKS } from '../servers.js'

/** A self-signed pair for loopback, of no use anywhere else. */
const key = readFileSync(new URL('./key.pem', import.meta.url))
const cert = readFileSync(new URL('./certificate.pem', import.meta.url))

describe.each(Object.entries(FRAMEWORKS))('TLS on %s', (_name, create) => {
  const open: Partial<Record<SecureVersion, { server: Server; secret: string }>> = {}

  beforeAll(async () => {
    for (const minTlsVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const gate = createGate({
        environment: 'live',
        keys: { prefix: 'acme' },
        scopes: ['read:orders', 'manage:keys'],
        minTlsVersion,
      })
      const input = { name: 'Test', ownerId: 'org_1', scopes: ['read:orders'] } as const
      const { secret } = await gate.keys.create(input)
      const server = createServer({ key, cert }, create(gate))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      open[minTlsVersion] = { server, secret }
    }
  })

  afterAll(() => {
    for (const { server } of Object.values(open)) server.close()
  })

  test.each([
    ['TLSv1.2', 'TLSv1.2', 200],
    ['TLSv1.2', 'TLSv1.3', 200],
    ['TLSv1.3', 'TLSv1.2', 403],
    ['TLSv1.3', 'TLSv1.3', 200],
  ] as const)('with %s at least, a client on %s gets %i', async (least, maxVersion, status) => {
    const { server, secret } = open[least] ?? {}
    const { port } = server?.address() as AddressInfo
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${String(secret)}`, 'x-forwarded-proto': 'http' }
      const options = {
        port,
        host: '127.0.0.1',
        path: '/orders',
        ca: cert,
        headers,
        maxVersion,
        agent: false,
      }
      request(options, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(answered).toBe(status)
  })
})
