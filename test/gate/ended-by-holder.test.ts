import { Readable } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { createGate, type Plan } from 'sallyport'

const LIST = ['203.0.113.1']
const ELSEWHERE = { address: '198.51.100.66', encrypted: true }

function open(plan: Plan) {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['manage'] },
    ...{ plans: { p: plan }, limits: { defaultPlan: 'p' } },
  })
  const from = (secret: string, peer = ELSEWHERE) => ({
    ...{ method: 'GET', url: '/', rawHeaders: ['X-API-Key', secret], peer },
  })
  return { gate, from }
}

describe.each<[string, Plan]>([
  ['quota', { quota: { limit: 2, window: '1h' } }],
  ['burst', { burst: { limit: 2, window: '1h' } }],
  ['credits', { credits: { amount: 2 } }],
  ['concurrency', { concurrency: 2 }],
])('with a %s', (_name, plan) => {
  test('a key that is used from outside its list is told so each time, and costs nothing', async () => {
    const { gate, from } = open(plan)
    const stolen = await gate.keys.create({ name: 'a', ownerId: 'acme', allowedIps: LIST })
    const good = await gate.keys.create({ name: 'b', ownerId: 'acme' })
    for (const requirement of [undefined, { cost: 0 }, undefined, undefined]) {
      const decision = await gate.check(from(stolen.secret), requirement)
      expect(decision).toMatchObject({ reason: 'address_not_allowed' })
      expect(decision.headers).not.toHaveProperty('x-ratelimit-limit')
    }
    expect(await gate.verify(stolen.secret)).toMatchObject({ reason: 'address_not_allowed' })
    expect(await gate.check(from(good.secret), { cost: 2 })).toMatchObject({ allowed: true })
  })

  test('whoever holds a key ends it, whatever is left and wherever it comes from', async () => {
    const { gate, from } = open(plan)
    const allowed = { address: '203.0.113.1', encrypted: true }
    const held = await gate.keys.create({ name: 'a', ownerId: 'acme', allowedIps: LIST })
    for (let times = 0; times < 3; times++) await gate.check(from(held.secret, allowed))
    const answerCall = gate.endpoints.keys({ scopes: ['manage'] })
    const statusOf = async (method: string) => {
      const request = { ...from(held.secret), method, url: '/keys/self' }
      const call = { request, target: '/self', parsed: undefined, stream: Readable.from([]) }
      return (await answerCall(call)).status
    }
    expect(await statusOf('GET')).toBe(403)
    expect(await statusOf('DELETE')).toBe(204)
    expect(await gate.check(from(held.secret, allowed))).toMatchObject({ reason: 'key_revoked' })
  })
})
