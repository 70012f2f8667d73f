import { expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createProxies } from '../../src/http/client-address.js'

test.each([
  ['of ours', '10.0.0.1', true],
  ['of others', '198.51.100.7', false],
])('what a proxy %s says of the way to it is believed: %s, %s', async (_, address, believed) => {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    trustProxy: ['10.0.0.0/8'],
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const ask = async (proto: string) =>
    gate.check({
      method: 'GET',
      url: '/',
      rawHeaders: ['Authorization', `Bearer ${secret}`, 'X-Forwarded-Proto', proto],
      peer: { address, encrypted: false },
    })
  expect(await ask('https')).toMatchObject({ allowed: believed })
  expect(await ask('http')).toMatchObject({ allowed: false })
})

test.each([
  ['an address', '203.0.113.9', '203.0.113.9'],
  ['in another spelling', '2001:DB8:0::1', '2001:db8::1'],
  ['what is none', 'unknown', undefined],
  ['what is none, before a proxy', 'unknown, 10.0.0.2', undefined],
])('the client behind a proxy of ours that writes %s: %s is %s', (_, line, client) => {
  const request = {
    ...{ method: 'GET', url: '/', rawHeaders: ['X-Forwarded-For', line] },
    peer: { address: '10.0.0.1', encrypted: true },
  }
  expect(createProxies(['10.0.0.0/8']).clientOf(request)).toBe(client)
})
