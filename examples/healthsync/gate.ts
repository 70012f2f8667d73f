import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  type IssuerOptions,
  type ServiceAccount,
} from 'sallyport'
import { NOWHERE, type Place } from '../place.js'
import { TRUSTED_PROXY } from '../system.js'

/** What the API is called in its tokens. */
export const ISSUER = 'https://api.healthsync.example'

export const HOSTS = {
  'api.healthsync.com': 'live',
  'api-sandbox.healthsync.com': 'sandbox',
} as const

/** HealthSync's promises, as options. One gate serves both environments. */
export function createHealthsyncGate(
  { keys, limits, audit = NOWHERE }: Partial<Place> = {},
  serviceAccounts: readonly ServiceAccount[] = [],
  issuers: readonly IssuerOptions[] = [],
) {
  return createGate({
    environment: {
      live: { hosts: ['api.healthsync.com'] },
      sandbox: { hosts: ['api-sandbox.healthsync.com'] },
      default: 'live',
    },
    keys: { prefix: 'hs', store: keys ?? createMemoryKeyStore() },
    scopes: { 'records:read': 1, 'records:write': 2, 'records:delete': 3, 'keys:manage': 3 },
    credentials: { header: false },
    trustProxy: TRUSTED_PROXY,
    realm: 'healthsync',
    audit,
    issuers,
    tokens: { issuer: ISSUER, serviceAccounts },
    plans: {
      free: { access: false },
      plus: { quota: { limit: 100, window: '1h' } },
      premium: { quota: { limit: 1_000, window: '1h' } },
      // Agreed with each customer: keys have a limit of their own.
      enterprise: { quota: { limit: 2_000, window: '1h' } },
    },
    limits: {
      defaultPlan: 'free',
      store: limits ?? createMemoryLimitStore(),
      headers: ['x-ratelimit', 'ratelimit'],
    },
  })
}

const oneRecord = { type: 'records', id: { param: 'id' } } as const

/** What each route asks for. */
export const REQUIREMENTS = {
  list: { scopes: ['records:read'], resource: { type: 'records' } },
  read: { scopes: ['records:read'], resource: oneRecord },
  add: { scopes: ['records:write'], resource: { type: 'records' } },
  remove: { scopes: ['records:delete'], resource: oneRecord },
  keys: { scopes: ['keys:manage'], environments: ['live', 'sandbox'] },
} as const

export type HealthsyncGate = ReturnType<typeof createHealthsyncGate>
