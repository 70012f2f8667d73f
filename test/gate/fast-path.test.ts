import { createHook } from 'node:async_hooks'
import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  DuplicateKeyError,
  KeyError,
  MisuseError,
  StoreError,
  type GateRequest,
} from 'sallyport'

function requestWith(secret: string): GateRequest {
  return {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Host', 'api.example.com', 'Authorization', `Bearer ${secret}`],
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
}

const ERRORS = [StoreError, MisuseError, KeyError, DuplicateKeyError]

/** How many promises, and errors of ours, a call makes. */
function cost(call: () => unknown): { promises: number; errors: number } {
  let promises = 0
  let errors = 0
  const hook = createHook({ init: (_id, type) => (promises += type === 'PROMISE' ? 1 : 0) })
  class Counted extends Error {
    constructor(message?: string) {
      super(message)
      errors += 1
    }
  }
  const parents = ERRORS.map((error) => Object.getPrototypeOf(error) as object)
  for (const error of ERRORS) Object.setPrototypeOf(error, Counted)
  hook.enable()
  try {
    call()
  } finally {
    hook.disable()
    ERRORS.forEach((error, index) => Object.setPrototypeOf(error, parents[index] ?? null) as object)
  }
  return { promises, errors }
}

describe('deciding about what is known', () => {
  const options = {
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders'],
  } as const

  test('makes no promise and no error, whatever the decision', async () => {
    const gate = createGate(options)
    const scopes = ['read:orders'] as const
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes })
    const stranger = await createGate(options).keys.create({ name: 'CI', ownerId: 'org_2' })
    const demand = gate.demand({ scopes })
    const mistyped = secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0')
    for (const [shown, reason] of [
      [secret, undefined],
      [mistyped, 'unknown_key'],
      [stranger.secret, 'unknown_key'],
      ['', 'malformed_request'],
    ] as const) {
      const request = requestWith(shown)
      const decide = () => gate.check(request, demand)
      expect(decide()).toMatchObject(reason === undefined ? { allowed: true } : { reason })
      expect(cost(decide)).toEqual({ promises: 0, errors: 0 })
    }
  })

  test('would be found out if it made them', () => {
    expect(cost(() => Promise.resolve())).toMatchObject({ promises: 1 })
    expect(cost(() => new StoreError('found'))).toMatchObject({ errors: 1 })
  })
})
