import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  type IssuerOptions,
  type KeyStore,
  type LimitStore,
  type ServiceAccount,
} from 'sallyport'
import { TRUSTED_PROXY } from '../system.js'

/** What the API is called in its tokens. */
export const ISSUER = 'https://api.healthsync.example'

/** HealthSync's promises, as options. Both environments keep their keys in one store; each has a gate of its own. */
export function createHealthsyncGates(
  store: KeyStore = createMemoryKeyStore(),
  limitStore: LimitStore = createMemoryLimitStore(),
  serviceAccounts: readonly ServiceAccount[] = [],
  issuers: readonly IssuerOptions[] = [],
) {
  const open = (environment: 'live' | 'sandbox') =>
    createGate({
      environment,
      keys: { prefix: 'hs', store },
      scopes: { 'records:read': 1, 'records:write': 2, 'records:delete': 3 },
      credentials: { header: false },
      trustProxy: TRUSTED_PROXY,
      realm: 'healthsync',
      issuers,
      tokens: { issuer: ISSUER, serviceAccounts },
      plans: {
        free: { access: false },
        plus: { quota: { limit: 100, window: '1h' } },
        premium: { quota: { limit: 1_000, window: '1h' } },
        // Agreed with each customer: keys have a limit of their own.
        enterprise: { quota: { limit: 2_000, window: '1h' } },
      },
      limits: { defaultPlan: 'free', store: limitStore, headers: ['x-ratelimit', 'ratelimit'] },
    })
  return { live: open('live'), sandbox: open('sandbox') }
}

const oneRecord = { type: 'records', id: { param: 'id' } } as const

/** What each route asks for. */
export const DEMANDS = {
  list: { scopes: ['records:read'], resource: { type: 'records' } },
  read: { scopes: ['records:read'], resource: oneRecord },
  remove: { scopes: ['records:delete'], resource: oneRecord },
} as const

export type HealthsyncGate = ReturnType<typeof createHealthsyncGates>['live']
