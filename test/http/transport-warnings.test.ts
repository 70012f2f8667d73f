import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createGate, type Peer } from 'sallyport'

const environment = process.env['NODE_ENV']
const LAPTOP = { address: '127.0.0.1', encrypted: false }
const OTHER = { address: '172.17.0.1', encrypted: false }

let warned: [message: string, code: string][] = []
beforeEach(() => {
  warned = []
  jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warned.push([String(message), String((options as { code?: string } | undefined)?.code)])
  })
})
afterEach(() => {
  process.env['NODE_ENV'] = environment
  jest.restoreAllMocks()
})

/** Asks twice; each test has a code of its own, as the process is told of each only once. */
async function ask(peer: Peer, fields: readonly string[] = [], trustProxy: string[] = []) {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], trustProxy },
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const rawHeaders = ['X-API-Key', secret, ...fields]
  const request = { method: 'GET', url: '/', rawHeaders, peer }
  await gate.check(request)
  const decision = await gate.check(request)
  return decision.allowed ? 'allowed' : decision
}

test('a proxy that trustProxy names is no laptop, and plain HTTP that is rejected is told of once, in production too', async () => {
  process.env['NODE_ENV'] = 'production'
  const forwarded = ['X-Forwarded-Proto', 'http']
  expect(await ask(LAPTOP, forwarded, ['127.0.0.1'])).toMatchObject({ reason: 'https_required' })
  expect(await ask(LAPTOP)).toMatchObject({ reason: 'https_required' })
  process.env['NODE_ENV'] = environment
  expect(await ask(LAPTOP, [], ['127.0.0.1'])).toMatchObject({ reason: 'https_required' })
  const mapped = { address: '::ffff:127.0.0.1', encrypted: false }
  expect(await ask(mapped, [], ['127.0.0.1'])).toMatchObject({ reason: 'https_required' })
  expect(await ask(OTHER)).toMatchObject({ reason: 'https_required' })
  expect(warned).toEqual([[expect.stringMatching(/X-Forwarded-Proto/), 'SALLYPORT_HTTPS_REQUIRED']])
})

test('plain HTTP that is let in is told of once, with what ends it', async () => {
  expect(await ask(LAPTOP)).toBe('allowed')
  expect(warned).toEqual([[expect.stringMatching(/NODE_ENV=production/), 'SALLYPORT_PLAIN_HTTP']])
})

test('a proxy that trustProxy does not name is told of once, in production too, without what it sent', async () => {
  process.env['NODE_ENV'] = 'production'
  const peer = { address: '::ffff:172.17.0.1', encrypted: false }
  for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP', 'X-Forwarded-Proto']) {
    expect(await ask(peer, [name, 'forged'])).toMatchObject({ reason: 'https_required' })
  }
  expect(warned).toEqual([
    [
      expect.stringMatching(
        /172\.17\.0\.1.*trustProxy: \['172\.17\.0\.1'\].*Do not write it if.*docs\/proxies\.md/,
      ),
      'SALLYPORT_UNTRUSTED_PROXY',
    ],
  ])
  expect(warned[0]?.[0]).not.toMatch(/forged|::ffff/)
})

test('an address of the internet may be a client: there is no line to write, and the warning of a proxy is not used up', async () => {
  const client = { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' }
  for (let times = 0; times < 2; times++) {
    expect(await ask(client, ['X-Forwarded-For', '10.1.2.3'])).toBe('allowed')
  }
  expect(warned).toEqual([
    [
      expect.stringMatching(/203\.0\.113\.9.*seems to be a client.*do nothing/),
      'SALLYPORT_UNTRUSTED_PROXY',
    ],
  ])
  expect(warned[0]?.[0]).not.toMatch(/trustProxy: \[/)
})

test('TLS that is too old has its own words', async () => {
  const peer = { ...OTHER, encrypted: true, tlsVersion: 'TLSv1.1' }
  const denial = await ask(peer)
  expect(denial).toMatchObject({ reason: 'tls_version_not_allowed' })
  expect(denial).toHaveProperty('body', expect.stringMatching(/Use TLS 1\.2 or later\./))
  expect(warned).toEqual([])
})

test('a proxy that names no client is told of once, where its address counts', async () => {
  const proxied = ['X-Forwarded-Proto', 'https']
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], trustProxy: ['loopback'] },
  })
  const allowedIps = ['10.0.0.0/8']
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', allowedIps })
  const ask = (fields: readonly string[]) => {
    const rawHeaders = ['X-API-Key', secret, ...proxied, ...fields]
    return gate.check({ method: 'GET', url: '/', rawHeaders, peer: LAPTOP })
  }
  expect(await ask(['X-Forwarded-For', '10.1.2.3'])).toMatchObject({ allowed: true })
  expect(await ask(['X-Forwarded-For', '11.1.2.3'])).toMatchObject({
    reason: 'address_not_allowed',
  })
  expect(warned).toEqual([])
  expect(await ask([])).toMatchObject({ reason: 'address_not_allowed' })
  expect(await ask(['X-Forwarded-For', 'unknown'])).toMatchObject({ reason: 'address_not_allowed' })
  const says = /let the proxy set X-Forwarded-For: one that does not passes on what clients write/
  expect(warned).toEqual([[expect.stringMatching(says), 'SALLYPORT_CLIENT_UNKNOWN']])
})
