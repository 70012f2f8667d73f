import { hash } from 'node:crypto'
import { createGate } from '../dist/index.js'
import { medianCost } from './rounds.js'

const AIMS = { 'allowed, cached key, one scope': 4, 'refused, wrong checksum': 1.5 }

/** What a request brings along, a browser's worth of header lines. */
function requestWith(secret) {
  const headers = {
    Host: 'api.example.com',
    Connection: 'keep-alive',
    'User-Agent': 'bench/1.0',
    Accept: 'application/json',
    'Accept-Encoding': 'gzip, br',
    'Accept-Language': 'en',
    'Content-Type': 'application/json',
    'Cache-Control': 'no-cache',
    Authorization: `Bearer ${secret}`,
    'If-None-Match': 'W/"1"',
    Traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    Cookie: 'theme=dark',
  }
  const peer = { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' }
  return {
    method: 'GET',
    url: '/v1/orders?limit=20',
    rawHeaders: Object.entries(headers).flat(),
    peer,
  }
}

export async function measureDecisions() {
  const options = {
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders'],
    bruteForce: false,
  }
  const gate = createGate(options)
  const { secret } = await gate.keys.create({
    name: 'Bench',
    ownerId: 'org_1',
    scopes: ['read:orders'],
  })
  // Another gate's key: its checksum is right, and this gate does not know it.
  const stranger = await createGate(options).keys.create({ name: 'Bench', ownerId: 'org_2' })
  const requirement = gate.requirement({ scopes: ['read:orders'] })
  // Whoever presents wrong keys is soon under a penalty.
  const strict = createGate({ ...options, bruteForce: true })
  const known = new Map([[hash('sha256', secret, 'base64url'), { ownerId: 'org_1' }]])
  const good = requestWith(secret)
  const mistyped = requestWith(secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0'))
  const unknown = requestWith(stranger.secret)

  const costs = medianCost(
    {
      'floor: SHA-256 and a map lookup': () => known.get(hash('sha256', secret, 'base64url')),
      'allowed, cached key, one scope': () => gate.check(good, requirement),
      'allowed, response headers read': () => gate.check(good, requirement).headers,
      'refused, wrong checksum': () => gate.check(mistyped, requirement),
      'refused, wrong checksum, answer read': () => gate.check(mistyped, requirement).body,
      'refused, wrong checksum, under a penalty': () => strict.check(mistyped, requirement),
      'refused, unknown key': () => gate.check(unknown, requirement),
      'refused, unknown key, under a penalty': () => strict.check(unknown, requirement),
      'refused, unknown key, answer read': () => gate.check(unknown, requirement).body,
    },
    { rounds: 15, calls: 100_000 },
  )
  const [floor] = costs.values()
  return [...costs].map(([decision, ns]) => ({
    decision,
    ns: Math.round(ns),
    'x floor': Number((ns / floor).toFixed(2)),
    aim: AIMS[decision] === undefined ? '' : `<= ${AIMS[decision]}`,
  }))
}
