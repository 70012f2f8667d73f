import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateRequest, type KeyStore } from 'sallyport'

interface Fault {
  readonly guessed?: true
  readonly insecure?: true
  readonly credential?: 'two' | 'unknown' | 'revoked'
  readonly limit?: true
  readonly scope?: true
  readonly resource?: true
  readonly tenant?: true
  readonly address?: true
  readonly policy?: true
}

/** Decides about a request with these faults, and counts how often the store is asked. */
async function decide(fault: Fault) {
  const { insecure, guessed, credential, limit, scope, resource, tenant, address, policy } = fault
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
    policies: [() => policy !== true],
    plans: { free: { access: false }, pro: { quota: { limit: 1, window: '1h' } } },
  })
  const { id, secret } = await gate.keys.create({
    name: 'CI',
    ownerId: 'org_1',
    plan: limit ? 'free' : 'pro',
    scopes: scope ? [] : ['read:orders'],
    tenantIds: tenant ? [] : ['clinic_1'],
    resources: resource ? [] : ['records/rec_1'],
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
    rawHeaders: [
      ...(credential === 'two' ? [...once, ...once] : once),
      ...['x-record', 'rec_1', 'x-clinic', 'clinic_1'],
    ],
    peer: { address: '203.0.113.9', encrypted: insecure !== true },
  }
  const decision = await gate.check(request, {
    scopes: ['read:orders'],
    resource: { type: 'records', id: { header: 'x-record' } },
    tenant: { header: 'x-clinic' },
  })
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
  ['address before limits', { limit: true, address: true }, 'address_not_allowed', 1],
  ['identity before scopes', { credential: 'unknown', scope: true }, 'unknown_key', 1],
  ['standing before scopes', { credential: 'revoked', scope: true }, 'key_revoked', 1],
  ['address before scopes', { scope: true, address: true }, 'address_not_allowed', 1],
  ['scopes before resource', { scope: true, resource: true }, 'insufficient_scope', 1],
  ['resource before tenant', { resource: true, tenant: true }, 'resource_not_allowed', 1],
  ['address before tenant', { tenant: true, address: true }, 'address_not_allowed', 1],
  ['address before policies', { address: true, policy: true }, 'address_not_allowed', 1],
  ['policies last', { policy: true }, 'policy_denied', 1],
  ['and then in', {}, 'allowed', 1],
] as const)('%s', async (_, fault, reason, reads) => {
  expect(await decide(fault)).toEqual([reason, reads])
})
