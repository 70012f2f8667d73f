import { createGate, createMemoryKeyStore, nestedErrors, type KeyStore } from 'sallyport'
import { TRUSTED_PROXY } from '../system.js'

/** Nimbus's promises, as options. Both environments keep their keys in one store; each has a gate of its own. */
export function createNimbusGates(store: KeyStore = createMemoryKeyStore()) {
  const open = (environment: 'sandbox' | 'production') =>
    createGate({
      environment,
      keys: { prefix: 'nimbus', store },
      scopes: { 'orders:read': 1, 'catalog:read': 1, 'keys:manage': 2 },
      credentials: { bearer: false, header: 'x-api-key' },
      trustProxy: TRUSTED_PROXY,
      realm: 'nimbus',
      errorFormat: nestedErrors({
        words: {
          401: { code: 'unauthorized', message: 'Invalid or missing API key' },
          insufficient_scope: { code: 'forbidden', message: 'Insufficient permissions' },
          scope_not_grantable: { code: 'forbidden', message: 'Insufficient permissions' },
        },
      }),
    })
  return { sandbox: open('sandbox'), production: open('production') }
}

export type NimbusGate = ReturnType<typeof createNimbusGates>['sandbox']
