import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createGate, type DecisionMade, type GateRequest } from 'sallyport'

const CHANNEL = 'sallyport:decisions'
const heard: DecisionMade[] = []

function hear(message: unknown): void {
  heard.push(message as DecisionMade)
}

function openGate() {
  return createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })
}

function requestWith(secret: string): GateRequest {
  return {
    method: 'GET',
    url: '/orders/1?page=2',
    rawHeaders: ['Host', 'api.example.com', 'Authorization', `Bearer ${secret}`],
    peer: { address: '203.0.113.9', encrypted: true },
    framework: {
      native: undefined,
      route: () => '/orders/:id',
      params: () => ({}),
      body: () => undefined,
    },
  }
}

beforeEach(() => {
  heard.length = 0
  subscribe(CHANNEL, hear)
})
afterEach(() => {
  unsubscribe(CHANNEL, hear)
})

describe('who listens to decisions', () => {
  test('hears of each one, of whom it is, and where', async () => {
    const gate = openGate()
    const { secret, id } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const requirement = gate.requirement({ scopes: ['read:orders'] })
    const request = requestWith(secret)
    const decisions = [await gate.check(request), await gate.check(request, requirement)]
    const where = {
      ...{ client: '203.0.113.9', method: 'GET' },
      ...{ path: '/orders/1', route: '/orders/:id' },
    }
    expect(heard).toEqual(
      decisions.map((decision) => ({ decision, auth: heard[0]?.auth, ...where })),
    )
    expect(heard.map(({ auth }) => auth?.keyId)).toEqual([id, id])
    expect(heard[1]?.decision).toMatchObject({ allowed: false, reason: 'insufficient_scope' })
  })

  test('hears of the client past the proxies that the gate trusts, and of none that is not known', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
      trustProxy: ['203.0.113.9'],
    })
    const request = requestWith('nobody')
    const from = (client: string) => [...request.rawHeaders, 'X-Forwarded-For', client]
    await gate.check({ ...request, rawHeaders: from('198.51.100.7') })
    await gate.check({ ...request, rawHeaders: from('rubbish') })
    await gate.verify('nobody', '::ffff:198.51.100.8')
    await gate.verify('nobody', 'a secret in the wrong place')
    expect(heard.map(({ client }) => client)).toEqual([
      ...['198.51.100.7', undefined, '198.51.100.8', undefined],
    ])
  })

  test('hears whose key it was that is revoked, and of nobody where none is known', async () => {
    const gate = openGate()
    const { secret, id } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.keys.revoke(id)
    await gate.check(requestWith(secret))
    await gate.check(requestWith('nobody'))
    await gate.verify(secret)
    expect(heard.map(({ auth }) => auth?.keyId)).toEqual([id, undefined, id])
    expect(heard.map(({ path }) => path)).toEqual(['/orders/1', '/orders/1', undefined])
  })

  test('hears no credential', async () => {
    const gate = openGate()
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.check(requestWith(secret))
    await gate.check(requestWith(`${secret.slice(0, -1)}_`))
    const told = heard.map(({ decision, ...rest }) => [
      rest,
      decision.allowed ? [decision.auth, decision.headers] : [decision.body, decision.headers],
    ])
    expect(JSON.stringify(told)).not.toContain(secret.slice(0, -1))
    expect(told).toHaveLength(2)
  })

  test('hears nothing any more when it has stopped', async () => {
    unsubscribe(CHANNEL, hear)
    await openGate().check(requestWith('nobody'))
    expect(heard).toEqual([])
  })
})
