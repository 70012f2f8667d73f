import { expect, test } from '@jest/globals'
import { createGate, gateRequestOf, type PolicyContext } from 'sallyport'
import { keptSink, SIGNING } from '../audit/gates.js'

test.each([
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['::FFFF:cb00:7109', '203.0.113.9'],
  ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['203.0.113.9', '203.0.113.9'],
])('%s is told as %s, everywhere', async (address, spelling) => {
  const told: PolicyContext[] = []
  const sink = keptSink()
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], trustProxy: ['10.0.0.1'] },
    audit: { sink, key: SIGNING.key },
    policies: [(visit) => told.push(visit) > 0],
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const rawHeaders = ['x-api-key', secret]
  const message = {
    method: 'GET',
    url: '/',
    rawHeaders,
    socket: { remoteAddress: address, encrypted: true },
  }
  const forwarded = ['x-forwarded-proto', 'https', 'x-forwarded-for', address]
  const proxy = { address: '::ffff:10.0.0.1', encrypted: true }
  await gate.check(gateRequestOf(message))
  await gate.check({ ...message, peer: { address, encrypted: true } })
  await gate.check({ ...message, rawHeaders: [...rawHeaders, ...forwarded], peer: proxy })
  await gate.verify(secret, address)
  await gate.close()
  expect(told.map((visit) => visit.address)).toEqual(Array(4).fill(spelling))
  expect(told[0]?.request?.peer.address).toBe(spelling)
  const client = spelling
  const records = [{ client }, { client }, { client, peer: '10.0.0.1' }, { client }]
  expect(sink.records('access')).toMatchObject(records)
})
