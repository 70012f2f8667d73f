import { describe, expect, test } from '@jest/globals'
import { createGate, type GateOptions } from 'sallyport'

const PROXY = { address: '10.0.0.1', encrypted: false }
const STRANGER = { address: '203.0.113.9', encrypted: true }
const HTTPS = ['X-Forwarded-Proto', 'https']
const ENVIRONMENT = {
  live: { hosts: ['API.acme.example'] },
  sandbox: { hosts: ['api-sandbox.acme.example', '[2001:db8::1]'] },
}

async function openGate(options: Partial<GateOptions> = {}) {
  const gate = createGate({
    environment: ENVIRONMENT,
    keys: { prefix: 'acme' },
    scopes: [],
    trustProxy: ['10.0.0.0/8'],
    onError: () => undefined,
    ...options,
  })
  const key = async (environment: string) => {
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment })
    return secret
  }
  const keys = { live: await key('live'), sandbox: await key('sandbox') }
  /** What the gate says of a key that comes with these header fields. */
  const decide = async (
    environment: keyof typeof keys,
    fields: readonly string[],
    peer: typeof PROXY = STRANGER,
  ) => {
    const rawHeaders = ['Authorization', `Bearer ${keys[environment]}`, ...fields]
    const decision = await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
    return decision.allowed ? decision.auth.environment : decision.reason
  }
  return { gate, keys, decide }
}

describe('the host of a request', () => {
  test.each<[string, string[], string, string]>([
    ['as it is listed', ['Host', 'api.acme.example'], 'live', 'wrong_environment'],
    ['in other case', ['Host', 'Api.ACME.example'], 'live', 'wrong_environment'],
    ['with a port', ['Host', 'api.acme.example:8443'], 'live', 'wrong_environment'],
    ['IPv6 with a port', ['Host', '[2001:DB8::1]:3000'], 'wrong_environment', 'sandbox'],
    ['of HTTP/2', [':authority', 'api.acme.example'], 'live', 'wrong_environment'],
    ['of the other', ['Host', 'api-sandbox.acme.example'], 'wrong_environment', 'sandbox'],
    ['a domain below', ['Host', 'x.api.acme.example'], 'unknown_host', 'unknown_host'],
    ['a part of it', ['Host', 'acme.example'], 'unknown_host', 'unknown_host'],
    ['longer', ['Host', 'api.acme.example.evil'], 'unknown_host', 'unknown_host'],
    ['empty', ['Host', ''], 'unknown_host', 'unknown_host'],
    ['none', [], 'unknown_host', 'unknown_host'],
    [
      'twice, and not the same',
      ['Host', 'api.acme.example', 'Host', 'api-sandbox.acme.example'],
      'unknown_host',
      'unknown_host',
    ],
    [
      'what a stranger says it was',
      ['Host', 'api.acme.example', 'X-Forwarded-Host', 'api-sandbox.acme.example'],
      'live',
      'wrong_environment',
    ],
  ])('%s', async (_, fields, live, sandbox) => {
    const { decide } = await openGate()
    expect([await decide('live', fields), await decide('sandbox', fields)]).toEqual([live, sandbox])
  })

  test.each<[string, string[], string]>([
    ['what the proxy says', ['X-Forwarded-Host', 'api-sandbox.acme.example'], 'sandbox'],
    [
      'twice the same',
      ['X-Forwarded-Host', 'API-sandbox.acme.example:443, api-sandbox.acme.example'],
      'sandbox',
    ],
    [
      'two that differ',
      ['X-Forwarded-Host', 'api-sandbox.acme.example, api.acme.example'],
      'unknown_host',
    ],
    [
      'one that is not listed',
      ['X-Forwarded-Host', 'api-sandbox.acme.example, lb.internal'],
      'unknown_host',
    ],
    [
      'in two lines',
      ['X-Forwarded-Host', 'api-sandbox.acme.example', 'X-Forwarded-Host', 'api.acme.example'],
      'unknown_host',
    ],
    ['nothing: the host that came', [], 'wrong_environment'],
  ])('behind a proxy of ours: %s', async (_, fields, expected) => {
    const { decide } = await openGate()
    const all = ['Host', 'api.acme.example', ...HTTPS, ...fields]
    expect(await decide('sandbox', all, PROXY)).toBe(expected)
  })

  test('in Forwarded, where proxies write that', async () => {
    const { decide } = await openGate({ proxyHeaders: 'forwarded' })
    const sent = (forwarded: string) =>
      decide('sandbox', ['Host', 'api.acme.example', 'Forwarded', forwarded], PROXY)
    expect(await sent('for=192.0.2.1;proto=https;host=api-sandbox.acme.example')).toBe('sandbox')
    expect(await sent('for=192.0.2.1;proto=https;host="api-sandbox.acme.example:443"')).toBe(
      'sandbox',
    )
    expect(await sent('for=192.0.2.1;proto=https')).toBe('wrong_environment')
    expect(await sent('host=api.acme.example, proto=https;host=api-sandbox.acme.example')).toBe(
      'unknown_host',
    )
  })
})

test('a host that is not listed has the default environment, where there is one', async () => {
  const { decide } = await openGate({ environment: { ...ENVIRONMENT, default: 'sandbox' } })
  const local = ['Host', 'localhost:3000']
  expect([await decide('live', local), await decide('sandbox', local)]).toEqual([
    'wrong_environment',
    'sandbox',
  ])
})

test('without hosts, each environment is served on every host', async () => {
  const { decide } = await openGate({ environment: { live: {}, sandbox: {} } })
  expect([await decide('live', []), await decide('sandbox', ['Host', 'any.example'])]).toEqual([
    'live',
    'sandbox',
  ])
})

test('a key on the host of another environment is answered as an unknown key is', async () => {
  const { gate, keys } = await openGate()
  const answer = async (secret: string, host: string) => {
    const rawHeaders = ['Authorization', `Bearer ${secret}`, 'Host', host]
    const denial = await gate.check({ method: 'GET', url: '/', rawHeaders, peer: STRANGER })
    if (denial.allowed) throw new Error('let in')
    const { 'x-request-id': id = '', ...headers } = denial.headers
    return { ...denial, headers, body: denial.body.replace(id, '') }
  }
  const elsewhere = await answer(keys.sandbox, 'api.acme.example')
  const { requestId, ...unknown } = await answer(keys.live.slice(0, -9), 'api.acme.example')
  const seen = ({ status, headers, body }: typeof elsewhere) => ({ status, headers, body })
  expect(seen(elsewhere)).toEqual(seen({ ...unknown, requestId }))
  expect(elsewhere).toMatchObject({
    ...{ reason: 'wrong_environment', status: 401 },
    cause: { check: 'environment', expected: "'live'", got: "'sandbox'" },
  })
  const misdirected = await answer(keys.live, 'other.example')
  expect(misdirected).toMatchObject({
    ...{ reason: 'unknown_host', status: 421 },
    cause: { check: 'host', got: 'Host: other.example' },
  })
  expect(JSON.stringify(misdirected)).not.toContain(keys.live)
})

test('a key without HTTP has no host to agree with', async () => {
  const { gate, keys } = await openGate()
  const decision = await gate.verify(keys.sandbox)
  expect(decision.allowed && decision.auth.environment).toBe('sandbox')
})

test('a key on the wrong host is no use of it, no guess, and is on record as its owner', async () => {
  const { gate, keys, decide } = await openGate({ bruteForce: { attempts: 0 } })
  const sandbox = ['Host', 'api-sandbox.acme.example']
  expect(await decide('live', sandbox)).toBe('wrong_environment')
  expect(await decide('live', sandbox)).toBe('wrong_environment')
  expect(await decide('sandbox', sandbox)).toBe('sandbox')
  const { items } = await gate.keys.list({ ownerId: 'org_1', environment: 'live' })
  expect(await gate.keys.usage(items[0]?.id ?? '')).toEqual([])
  expect(keys.live).toContain('acme_live_sk_')
})

test('on a host of none, no credential is looked for', async () => {
  const { gate } = await openGate()
  const asked = async (host: string, optional: boolean) => {
    const rawHeaders = ['Host', host, 'X-API-Key', 'a', 'X-API-Key', 'b']
    const request = { method: 'GET', url: '/', rawHeaders, peer: STRANGER }
    const decision = await gate.check(request, { optional })
    return decision.allowed ? 'allowed' : decision.reason
  }
  for (const optional of [false, true]) {
    expect(await asked('other.example', optional)).toBe('unknown_host')
    expect(await asked('api.acme.example', optional)).toBe('multiple_credentials')
  }
})

test('a caller of the app is of the environment of the host, unless the app says another', async () => {
  const { gate } = await openGate()
  const asked = async (host: string, environment?: string) => {
    const decision = await gate.check(
      { method: 'GET', url: '/', rawHeaders: ['Host', host], peer: STRANGER },
      {
        otherwise: () => ({ ownerId: 'org_1', ...(environment !== undefined && { environment }) }),
      },
    )
    return decision.allowed ? decision.auth.environment : decision.reason
  }
  expect(await asked('api-sandbox.acme.example')).toBe('sandbox')
  expect(await asked('api.acme.example')).toBe('live')
  expect(await asked('api.acme.example', 'sandbox')).toBe('wrong_environment')
  expect(await asked('other.example')).toBe('unknown_host')
})
