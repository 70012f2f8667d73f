import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createGate, type Peer } from 'sallyport'

const told: string[] = []
beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation((message) => {
    told.push(String(message))
  })
})
afterEach(() => {
  jest.restoreAllMocks()
})

const PEER: Peer = { address: '10.0.0.9', encrypted: true, tlsVersion: 'TLSv1.3' }

/** A request over TLS with a key that works from elsewhere. */
async function come(...fields: string[]) {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', allowedIps: ['203.0.113.9'] })
  const rawHeaders = ['X-API-Key', key.secret, ...fields]
  return gate.check({ method: 'GET', url: '/', rawHeaders, peer: PEER })
}

test('a proxy that talks TLS to us is told of as well, once, with the line to write', async () => {
  expect(await come()).toMatchObject({ reason: 'address_not_allowed' })
  // A proxy on the side of the client says so too.
  await come('Via', '1.1 office')
  expect(told).toEqual([])
  for (let count = 0; count < 3; count++) {
    expect(await come('X-Forwarded-For', '203.0.113.9')).toMatchObject({
      reason: 'address_not_allowed',
    })
  }
  expect(told).toEqual([expect.stringContaining("write trustProxy: ['10.0.0.9'] in createGate")])
})
