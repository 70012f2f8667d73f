import { createGate, createMemoryKeyStore, nestedErrors } from 'sallyport'
import { createPartners } from '../partners.js'
import { NOWHERE, type Place } from '../place.js'
import { TRUSTED_PROXY } from '../system.js'

/** Whose host is whose. The portal of production manages the keys of the sandbox as well. */
export const HOSTS = {
  'api.nimbus-os.com': 'production',
  'api-sandbox.nimbus-os.com': 'sandbox',
} as const

/** Nimbus's promises, as options. One gate serves both environments. */
export function createNimbusGate(
  store = createMemoryKeyStore(),
  audit: Place['audit'] = NOWHERE,
  access = createPartners(),
) {
  return createGate({
    environment: {
      production: { hosts: ['api.nimbus-os.com'], manages: ['sandbox'] },
      sandbox: { hosts: ['api-sandbox.nimbus-os.com'] },
      default: 'sandbox',
    },
    keys: { prefix: 'nimbus', store },
    scopes: { 'orders:read': 1, 'catalog:read': 1, 'keys:manage': 2 },
    credentials: { bearer: false, header: 'x-api-key' },
    trustProxy: TRUSTED_PROXY,
    realm: 'nimbus',
    access,
    policies: [access.approved()],
    audit,
    errorFormat: nestedErrors({
      words: {
        401: { code: 'unauthorized', message: 'Invalid or missing API key' },
        access_not_approved: { code: 'forbidden' },
        insufficient_scope: { code: 'forbidden', message: 'Insufficient permissions' },
        scope_not_grantable: { code: 'forbidden', message: 'Insufficient permissions' },
      },
    }),
  })
}

export type NimbusGate = ReturnType<typeof createNimbusGate>
