import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  flatErrors,
  type IssuerOptions,
} from 'sallyport'
import type { DescriptionOptions } from 'sallyport/openapi'
import { NOWHERE, type GatePlace } from '../place.js'
import { TRUSTED_PROXY } from '../system.js'

/** Whose tokens it takes: the authorization server beside it. */
export const ISSUER = 'https://api.reference.example'
/** What the API is called in the tokens that are for it. */
export const API = 'https://api.reference.example/v1'

/** The reference API's promises, as options. */
export function createReferenceGate(
  {
    keys: store = createMemoryKeyStore(),
    limits: limitStore = createMemoryLimitStore(),
    audit = NOWHERE,
    notify = () => undefined,
    webhooks,
    clock = Date.now,
  }: GatePlace = {},
  issuers: readonly IssuerOptions[] = [],
) {
  const limited = {
    code: 'rate_limit_exceeded',
    message: ({ retryAfter }: { readonly retryAfter?: number }) =>
      `Rate limit exceeded. Try again in ${String(retryAfter)} seconds.`,
  }
  return createGate({
    environment: 'live',
    keys: { prefix: 'ref', store },
    scopes: ['read', 'write'],
    credentials: { header: false },
    trustProxy: TRUSTED_PROXY,
    clock,
    issuers,
    realm: 'reference',
    audit: { ...audit, unusual: true },
    notify,
    ...(webhooks && { webhooks }),
    plans: {
      free: { quota: { limit: 1_000, window: '1h' }, burst: { limit: 50, window: '1s' } },
      pro: { quota: { limit: 10_000, window: '1h' }, burst: { limit: 200, window: '1s' } },
      enterprise: { quota: 'unlimited', burst: { limit: 1_000, window: '1s' } },
    },
    limits: {
      defaultPlan: 'free',
      store: limitStore,
      anonymous: { limit: 1_000, window: '1h' },
    },
    errorFormat: flatErrors({
      words: {
        401: { code: 'invalid_api_key', message: 'The API key provided is invalid.' },
        token_expired: { code: 'token_expired', message: 'The access token has expired.' },
        missing_credentials: {
          code: 'missing_api_key',
          message: 'No API key provided in the Authorization header.',
        },
        429: limited,
      },
    }),
  })
}

/** What readers of the documentation are told, beside what the gate and the guards say of themselves. */
export const DESCRIPTION = {
  info: { title: 'Reference', version: '1.0.0' },
  servers: [ISSUER],
  usage: { path: '/v1/usage', scopes: ['read'] },
  routes: [
    {
      ...{ method: 'get', path: '/v1/users/me', summary: 'Read the user of the key' },
      answer: { id: 'org_free', plan: 'free' },
    },
    {
      ...{ method: 'get', path: '/v1/users', summary: 'List users' },
      answer: { users: [{ id: 'org_free' }] },
    },
    {
      ...{ method: 'get', path: '/v1/users/{id}', summary: 'Read a user' },
      ...{ params: { id: '123' }, answer: { id: '123' } },
    },
  ],
} satisfies Partial<DescriptionOptions<'read'>>

export type ReferenceGate = ReturnType<typeof createReferenceGate>
