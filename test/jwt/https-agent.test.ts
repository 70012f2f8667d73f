import { lookup as resolve } from 'node:dns'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { json, startIssuer, type IssuerServer } from './issuer-server.js'

/** What a name resolves to; by default, what it really does. */
let addresses: readonly string[] | undefined

jest.unstable_mockModule('node:dns', () => ({
  lookup(host: string, options: object, done: (error: null, found: unknown) => void) {
    if (addresses === undefined) resolve(host, options, done as never)
    else
      done(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )
  },
}))
const { createFetchJson } = await import('../../src/jwt/fetch-json.js')
const { discoverKeys } = await import('../../src/jwt/discovery.js')

const PRIVATE = '127.0.0.2'
/** On a machine that has only loopback, one of its addresses stands for a private one. */
const allows = (address: string) => !address.endsWith(PRIVATE)

let server: IssuerServer
let other: Server | undefined
beforeEach(async () => {
  addresses = undefined
  server = await startIssuer(() => json({}))
})
afterEach(async () => {
  other?.close()
  other = undefined
  await server.close()
})

test.each([
  ['public first', ['127.0.0.1', PRIVATE]],
  ['private first', [PRIVATE, '127.0.0.1']],
])('a name with a public and a private address is refused: %s', async (_, found) => {
  const url = new URL(server.url.replace('127.0.0.1', 'localhost'))
  addresses = found
  await expect(createFetchJson({ allows })(url)).rejects.toThrow('is at a private address')
  expect(server.asked).toEqual([])
  // The control: with the public one alone, it is asked.
  addresses = ['127.0.0.1']
  await expect(createFetchJson({ allows })(url)).resolves.toEqual({})
})

test.each([PRIVATE, '0x7f.2', '2130706434', '[::ffff:127.0.0.2]'])(
  'a private address in discovered metadata is not even connected to: %s',
  async (host) => {
    let connections = 0
    other = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    other.listen(0, '0.0.0.0')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const jwksUri = `https://${host}:${String(port)}/keys`
    server.answer = () => json({ issuer: server.url, jwks_uri: jwksUri })
    const ask = async (check: (address: string) => boolean) => {
      const fetchJson = createFetchJson({ allows: check })
      return fetchJson(await discoverKeys(server.url, fetchJson))
    }
    const isMapped = host.startsWith('[')
    const refused = ask(isMapped ? (address) => !address.includes(':') : allows)
    await expect(refused).rejects.toThrow('is at a private address')
    expect(connections).toBe(0)
    // The control: where that is allowed, it is.
    await expect(ask(() => true)).rejects.toThrow()
    expect(connections).toBe(1)
  },
)
