import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateRequest, type KeyStore } from 'sallyport'

interface Fault {
  readonly guessed?: true
  readonly insecure?: true
  readonly credential?: 'two' | 'unknown' | 'revoked'
  readonly limit?: true
  readonly scope?: true
  readonly address?: true
}

/** Decides about a request with these faults, and counts how often the store is asked. */
async function decide({ insecure, guessed, credential, limit, scope, address }: Fault) {
  let reads = 0
  const memory = createMemoryKeyStore()
  const findByDigest: KeyStore['findByDigest'] = (digest) => {
    reads += 1
    return memory.findByDigest(digest)
  }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: { ...memory, findByDigest } },
    scopes: ['read:orders'],
    plans: { free: { access: false }, pro: { quota: { limit: 1, window: '1h' } } },
  })
  const { id, secret } = await gate.keys.create({
    name: 'CI',
    ownerId: 'org_1',
    plan: limit ? 'free' : 'pro',
    scopes: scope ? [] : ['read:orders'],
    ...(address && { allowedIps: ['198.51.100.1'] }),
  })
  if (credential === 'revoked') await gate.keys.revoke(id)
  for (let times = guessed ? 4 : 0; times > 0; times--) await gate.verify('guess', '203.0.113.9')
  reads = 0
  const shown = credential === 'unknown' ? 'acme_unknown' : secret
  const once = ['Authorization', `Bearer ${shown}`]
  const request: GateRequest = {
    method: 'GET',
    url: '/',
    rawHeaders: credential === 'two' ? [...once, ...once] : once,
    peer: { address: '203.0.113.9', encrypted: insecure !== true },
  }
  const decision = await gate.check(request, { scopes: ['read:orders'] })
  return [decision.allowed ? 'allowed' : decision.reason, reads]
}

test.each([
  ['transport before credentials', { insecure: true, credential: 'two' }, 'https_required', 0],
  ['credentials before identity', { credential: 'two', scope: true }, 'multiple_credentials', 0],
  ['credentials before penalties', { credential: 'two', guessed: true }, 'multiple_credentials', 0],
  ['penalties before identity', { credential: 'unknown', guessed: true }, 'too_many_failures', 0],
  ['identity before limits', { credential: 'unknown', limit: true }, 'unknown_key', 1],
  ['standing before limits', { credential: 'revoked', limit: true }, 'key_revoked', 1],
  ['limits before scopes', { limit: true, scope: true }, 'plan_without_access', 1],
  ['limits before address', { limit: true, address: true }, 'plan_without_access', 1],
  ['identity before scopes', { credential: 'unknown', scope: true }, 'unknown_key', 1],
  ['standing before scopes', { credential: 'revoked', scope: true }, 'key_revoked', 1],
  ['scopes before address', { scope: true, address: true }, 'insufficient_scope', 1],
  ['address last', { address: true }, 'address_not_allowed', 1],
  ['and then in', {}, 'allowed', 1],
] as const)('%s', async (_, fault, reason, reads) => {
  expect(await decide(fault)).toEqual([reason, reads])
})
