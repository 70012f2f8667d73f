import { describe, expect, test } from '@jest/globals'
import { createGate, type GateOptions, type Peer } from 'sallyport'

const CLIENT = '203.0.113.9'
const PROXY: Peer = { address: '10.0.0.1', encrypted: false }
const BEHIND = { trustProxy: ['10.0.0.0/8'] } as const
const HTTPS = ['X-Forwarded-Proto', 'https']
const xff = (...lines: readonly string[]) => [
  ...HTTPS,
  ...lines.flatMap((line) => ['X-Forwarded-For', line]),
]
const forwarded = (...lines: readonly string[]) => lines.flatMap((line) => ['Forwarded', line])

/** What a gate says of a key that works from `allowed` alone. */
async function come(
  options: Partial<GateOptions<never>>,
  fields: readonly string[],
  { allowed = CLIENT, peer = PROXY }: { allowed?: string; peer?: Peer } = {},
): Promise<string> {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], ...options },
  })
  const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', allowedIps: [allowed] })
  const rawHeaders = ['X-API-Key', key.secret, ...fields]
  const decision = await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
  return decision.allowed ? 'allowed' : decision.reason
}

describe('X-Forwarded-For with a port', () => {
  test.each([
    ['203.0.113.9:51234', CLIENT],
    ['203.0.113.9:0', CLIENT],
    ['203.0.113.9:51234, 10.0.0.7:443', CLIENT],
    ['198.51.100.7:1, 203.0.113.9:2', CLIENT],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[::ffff:203.0.113.9]:443', CLIENT],
  ])('%s is %s', async (line, allowed) => {
    expect(await come(BEHIND, xff(line), { allowed })).toBe('allowed')
    expect(await come(BEHIND, xff(line), { allowed: '198.51.100.7' })).toBe('address_not_allowed')
  })

  test.each([
    '203.0.113.9:',
    '203.0.113.9:70000',
    '203.0.113.9:80:80',
    '203.0.113.9:x',
    '203.0.113.9: 80',
    ':443',
    '[203.0.113.9]:443',
    '[2001:db8::7',
    '2001:db8::7]',
    '[2001:db8::7]443',
    '[]:443',
    '"203.0.113.9"',
  ])('%s is nobody', async (line) => {
    for (const allowed of ['0.0.0.0/0', '::/0']) {
      expect(await come(BEHIND, xff(line), { allowed })).toBe('address_not_allowed')
    }
  })
})

describe('Forwarded', () => {
  const options = { ...BEHIND, proxyHeaders: 'forwarded' } as const

  test.each([
    ['for=203.0.113.9;proto=https', CLIENT],
    ['For=203.0.113.9 ; Proto=HTTPS;by=10.0.0.1', CLIENT],
    ['for="203.0.113.9:51234";proto=https', CLIENT],
    ['for="[2001:db8::7]:443";proto=https', '2001:db8::7'],
    ['for="[2001:db8::7]";host="api.example";proto=https', '2001:db8::7'],
    ['for=203.0.113.9;proto=https, for=10.0.0.2;proto=https', CLIENT],
    ['for=198.51.100.7;proto=https, for=203.0.113.9;proto=https', CLIENT],
    // Who opens a quote hides nothing of what the proxy writes after it.
    ['for="198.51.100.7, for=203.0.113.9;proto=https', CLIENT],
    ['for=198.51.100.7;host="x, for=203.0.113.9;proto=https', CLIENT],
  ])('%s is %s', async (line, allowed) => {
    expect(await come(options, forwarded(line), { allowed })).toBe('allowed')
    expect(await come(options, forwarded(line), { allowed: '192.0.2.1' })).toBe(
      'address_not_allowed',
    )
  })

  test('several lines are one', async () => {
    const lines = forwarded('for=198.51.100.7;proto=https', 'for=203.0.113.9;proto=https')
    expect(await come(options, lines)).toBe('allowed')
  })

  test.each([
    'for=unknown;proto=https',
    'for=_hidden;proto=https',
    'proto=https',
    'for=203.0.113.9;for=203.0.113.9;proto=https, for=10.0.0.2;proto=https',
    'for=203.0.113.9, for=10.0.0.2;proto=https;x, for=10.0.0.3;proto=https',
  ])('%s: the client is nobody', async (line) => {
    expect(await come(options, forwarded(line), { allowed: '0.0.0.0/0' })).toBe(
      'address_not_allowed',
    )
  })

  test.each([
    'for=203.0.113.9',
    'for=203.0.113.9;proto=http',
    'for=203.0.113.9;proto=http, for=10.0.0.2;proto=https',
    // A client that tells what its proxy does not.
    'for=198.51.100.7;proto=https, for=203.0.113.9',
    'proto=https,for=203.0.113.9;proto=https;proto=https',
    '',
  ])('%s: it was no HTTPS', async (line) => {
    expect(await come(options, forwarded(line))).toBe('https_required')
  })

  test('is all that is read where it is chosen, and else is not read', async () => {
    const both = [...xff('198.51.100.7'), ...forwarded('for=203.0.113.9;proto=https')]
    expect(await come(options, both)).toBe('allowed')
    expect(await come(BEHIND, both)).toBe('address_not_allowed')
    expect(await come(options, xff(CLIENT))).toBe('https_required')
    expect(await come(BEHIND, forwarded('for=203.0.113.9;proto=https'))).toBe('https_required')
  })

  test('its sender is charged for guesses, whatever stands before', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], ...options },
    })
    const line = `for="198.51.100.7, ${'x'.repeat(3_000)}, for=203.0.113.9;proto=https`
    const guess = async (n: number, field: string) => {
      const rawHeaders = ['X-API-Key', `guess-${String(n)}`, 'Forwarded', field]
      const decision = await gate.check({ method: 'GET', url: '/', rawHeaders, peer: PROXY })
      return decision.allowed || decision.reason
    }
    for (let n = 0; n < 4; n++) expect(await guess(n, line)).toBe('unknown_key')
    expect(await guess(5, 'for=203.0.113.9;proto=https')).toBe('too_many_failures')
    expect(await guess(6, 'for=198.51.100.7;proto=https')).toBe('unknown_key')
  })
})

describe('what proxies write around addresses', () => {
  const options = { ...BEHIND, proxyHeaders: 'forwarded' } as const
  const own = 'for=203.0.113.9;proto=https'

  test('may be in two lines, and have empty places', async () => {
    expect(await come(BEHIND, [...HTTPS, ...xff('203.0.113.9, ')])).toBe('allowed')
    expect(await come(options, forwarded(`${own}, , `))).toBe('allowed')
    expect(await come(options, forwarded(own, 'for=10.0.0.7;proto=https'))).toBe('allowed')
  })

  test.each([
    ['203.0.113.9:65535', 'allowed'],
    ['203.0.113.9:65536', 'address_not_allowed'],
  ])('%s: %s', async (line, expected) => {
    expect(await come(BEHIND, xff(line))).toBe(expected)
  })

  test.each([
    'x for=203.0.113.9;proto=https',
    'for=203.0.113.9 x;proto=https',
    'for=203.0.113.9;junk;proto=https',
  ])('is not well-formed, and nobody: %s', async (line) => {
    const peer = { ...PROXY, encrypted: true }
    for (const allowed of ['0.0.0.0/0', '::/0']) {
      expect(await come(options, forwarded(line), { allowed, peer })).not.toBe('allowed')
    }
  })

  test('does not say how the client came: our own connection does', async () => {
    const peer = { ...PROXY, encrypted: true }
    expect(await come(options, forwarded('for=203.0.113.9'), { peer })).toBe('allowed')
    expect(await come(options, forwarded('for=203.0.113.9'))).toBe('https_required')
  })

  test('is too much to be read, and nobody', async () => {
    const line = Array.from({ length: 33 }, () => own).join(', ')
    for (const allowed of ['0.0.0.0/0', '::/0']) {
      expect(await come(options, forwarded(line), { allowed })).toBe('address_not_allowed')
    }
  })
})
