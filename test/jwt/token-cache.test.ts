import { createHook } from 'node:async_hooks'
import { describe, expect, test } from '@jest/globals'
import type { GateRequest } from 'sallyport'
import { createPair, ISSUER, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')

function requestWith(token: string): GateRequest {
  return {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Host', 'api.example.com', 'Authorization', `Bearer ${token}`],
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
}

/** How many promises a call makes. */
function promisesOf(call: () => unknown): number {
  let promises = 0
  const hook = createHook({ init: (_id, type) => (promises += type === 'PROMISE' ? 1 : 0) })
  hook.enable()
  try {
    call()
  } finally {
    hook.disable()
  }
  return promises
}

describe('a token that was verified', () => {
  test('is known at once: without a promise, whatever is decided', async () => {
    const { gate } = openGate([issuerWith(pair)])
    const token = await signToken({}, pair)
    const read = gate.requirement({ scopes: ['read:orders'] })
    const write = gate.requirement({ scopes: ['write:orders'] })
    expect(await gate.check(requestWith(token), read)).toMatchObject({ allowed: true })
    for (const [requirement, decided] of [
      [read, { allowed: true }],
      [write, { reason: 'insufficient_scope' }],
    ] as const) {
      const decide = () => gate.check(requestWith(token), requirement)
      expect(decide()).toMatchObject(decided)
      expect(promisesOf(decide)).toBe(0)
    }
    // The first time, it is otherwise.
    const fresh = await signToken({ jti: 'fresh' }, pair)
    expect(promisesOf(() => gate.check(requestWith(fresh), read))).toBeGreaterThan(0)
  })

  test('is known by the whole of its text: no other signature, no other claims', async () => {
    const { gate, verdict } = openGate([issuerWith(pair)])
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    const [head = '', body = '', signature = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object
    const admin = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')
    const other = (await signToken({ jti: 'other' }, pair)).split('.')[2] ?? ''
    expect(await verdict(`${head}.${admin}.${signature}`)).toBe('token_invalid')
    expect(await verdict(`${head}.${body}.${other}`)).toBe('token_invalid')
    expect(gate.verify(token)).toMatchObject({ allowed: true })
  })

  test('ends when it ends, to the millisecond', async () => {
    let now = NOW * 1_000
    const { gate, verdict } = openGate([issuerWith(pair, { clockTolerance: '1s' })], {
      clock: () => now,
    })
    const token = await signToken({ exp: NOW + 60 }, pair)
    expect(await verdict(token)).toBe('allowed')
    now += 60_999
    expect(gate.verify(token)).toMatchObject({ allowed: true })
    now += 1
    expect(gate.verify(token)).toMatchObject({ reason: 'token_expired' })
    // The same without having been remembered.
    const { verdict: strangers } = openGate([issuerWith(pair, { clockTolerance: '1s' })], {
      clock: () => now,
    })
    expect(await strangers(token)).toBe('token_expired')
  })

  test('is asked once who it is, and refused ones are not remembered', async () => {
    let asked = 0
    let known = false
    const identify = () => {
      asked += 1
      return known ? { ownerId: 'org_1' } : undefined
    }
    const { verdict } = openGate([issuerWith(pair, { identify })])
    const token = await signToken({}, pair)
    expect([await verdict(token), await verdict(token), asked]).toEqual([
      'token_invalid',
      'token_invalid',
      2,
    ])
    known = true
    expect([await verdict(token), await verdict(token), asked]).toEqual(['allowed', 'allowed', 3])
  })

  test('is nothing to another gate, or to another issuer', async () => {
    const token = await signToken({}, pair)
    const { verdict } = openGate([issuerWith(pair)])
    expect(await verdict(token)).toBe('allowed')
    const strict = openGate([issuerWith(pair, { audience: 'https://other.example' })])
    expect(await strict.verdict(token)).toBe('token_invalid')
    // A key of one issuer does not speak for another, and its name is no help.
    const two = openGate([
      issuerWith(createPair('ES256', 'key-1')),
      issuerWith(pair, { issuer: `${ISSUER}/two` }),
    ])
    expect(await two.verdict(token)).toBe('token_invalid')
    expect(await two.verdict(await signToken({ iss: `${ISSUER}/two` }, pair))).toBe('allowed')
  })
})
