import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  type IssuerOptions,
  type ServiceAccount,
} from 'sallyport'
import type { Access } from 'sallyport/access'
import type { DescriptionOptions } from 'sallyport/openapi'
import { createPartners, termsOf } from '../partners.js'
import { NOWHERE, type GatePlace } from '../place.js'
import type { AccessStores } from '../stores.js'
import { TRUSTED_PROXY } from '../system.js'
import { resetRecords } from './data.js'

/** What the API is called in its tokens. */
export const ISSUER = 'https://api.healthsync.example'

export const HOSTS = {
  'api.healthsync.com': 'live',
  'api-sandbox.healthsync.com': 'sandbox',
} as const

/** The API is for these plans; keys from before that rule go on. */
const PLANS_WITH_API = ['premium', 'enterprise']

/** Who may have keys: an organization asks, describes its use case, accepts the terms, and waits for its approval for two business days at most. */
export function createHealthsyncAccess(
  planOf: (ownerId: string) => string,
  stores?: AccessStores,
): Access {
  const options: Parameters<typeof createPartners>[0] = {
    reviewDays: 2,
    terms: termsOf('HealthSync'),
    eligible: (ownerId) =>
      PLANS_WITH_API.includes(planOf(ownerId)) ||
      'API access is part of the plans Premium and Enterprise.',
  }
  return createPartners(options, stores)
}

interface HealthsyncParts {
  readonly serviceAccounts?: readonly ServiceAccount[]
  readonly issuers?: readonly IssuerOptions[]
  /** Absent: keys are made without it. */
  readonly access?: Access
}

/** HealthSync's promises, as options. One gate serves both environments. */
export function createHealthsyncGate(
  {
    keys = createMemoryKeyStore(),
    limits = createMemoryLimitStore(),
    audit = NOWHERE,
    privateKey,
    notify = () => undefined,
    webhooks,
    clock = Date.now,
  }: GatePlace = {},
  { serviceAccounts = [], issuers = [], access }: HealthsyncParts = {},
) {
  return createGate({
    environment: {
      live: { hosts: ['api.healthsync.com'] },
      sandbox: {
        hosts: ['api-sandbox.healthsync.com'],
        reset: {
          every: 'day',
          at: '03:00Z',
          run: ({ environment }) => {
            resetRecords(environment)
          },
        },
      },
      default: 'live',
    },
    keys: { prefix: 'hs', store: keys, rotateAfter: '90d' },
    scopes: { 'records:read': 1, 'records:write': 2, 'records:delete': 3, 'keys:manage': 3 },
    credentials: { header: false },
    trustProxy: TRUSTED_PROXY,
    realm: 'healthsync',
    audit,
    // Customers choose them in the console.
    reminders: {},
    ...{ notify, clock },
    ...(webhooks && { webhooks }),
    ...(access && { access }),
    issuers,
    tokens: {
      ...{ issuer: ISSUER, serviceAccounts },
      ...(privateKey && { signingKeys: [privateKey('tokens', 'rsa')] }),
    },
    plans: {
      free: { access: false },
      plus: { quota: { limit: 100, window: '1h' } },
      premium: { quota: { limit: 1_000, window: '1h' } },
      // Agreed with each customer: keys have a limit of their own.
      enterprise: { quota: { limit: 2_000, window: '1h' } },
    },
    limits: {
      defaultPlan: 'free',
      store: limits,
      headers: ['x-ratelimit', 'ratelimit'],
      // Those who sign in have no key yet.
      anonymous: { limit: 1_000, window: '1h' },
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

/** What readers of the documentation are told, beside what the gate and the guards say of themselves. */
export const DESCRIPTION = {
  info: { title: 'HealthSync', version: '1.0.0' },
  keys: { path: '/v1/keys', scopes: ['keys:manage'] },
  ...{ token: '/v1/auth/token', jwks: '/.well-known/jwks.json' },
  routes: [
    {
      ...{ method: 'get', path: '/v1/records', summary: 'List records' },
      answer: { records: [{ id: 'rec_1', title: 'Observation' }] },
    },
    {
      ...{ method: 'get', path: '/v1/records/{id}', summary: 'Read a record' },
      ...{ params: { id: 'rec_1' }, answer: { id: 'rec_1', title: 'Observation' } },
    },
    {
      ...{ method: 'post', path: '/v1/records', summary: 'Add a record', status: 201 },
      ...{ body: { title: 'Observation' }, answer: { id: 'rec_10', title: 'Observation' } },
    },
    {
      ...{ method: 'delete', path: '/v1/records/{id}', summary: 'Remove a record', status: 204 },
      params: { id: 'rec_9' },
    },
  ],
} satisfies Partial<DescriptionOptions<'keys:manage'>>

export type HealthsyncGate = ReturnType<typeof createHealthsyncGate>
