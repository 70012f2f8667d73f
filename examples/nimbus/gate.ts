import { createGate, createMemoryKeyStore, nestedErrors } from 'sallyport'
import type { Access } from 'sallyport/access'
import type { DescriptionOptions } from 'sallyport/openapi'
import { createPartners, termsOf } from '../partners.js'
import { NOWHERE, type GatePlace } from '../place.js'
import type { AccessStores } from '../stores.js'
import { TRUSTED_PROXY } from '../system.js'

/** Whose host is whose. The portal of production manages the keys of the sandbox as well. */
export const HOSTS = {
  'api.nimbus-os.com': 'production',
  'api-sandbox.nimbus-os.com': 'sandbox',
} as const

/** Partners are approved, and have agreed to the terms of the API. */
export function createNimbusPartners(stores?: AccessStores): Access {
  return createPartners({ terms: termsOf('Nimbus') }, stores)
}

/** Nimbus's promises, as options. One gate serves both environments. */
export function createNimbusGate(
  {
    keys: store = createMemoryKeyStore(),
    audit = NOWHERE,
    notify = () => undefined,
    webhooks,
    clock = Date.now,
  }: GatePlace = {},
  access = createNimbusPartners(),
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
    policies: [access.approved(), access.accepted()],
    audit: { ...audit, unusual: true },
    ...{ notify, clock },
    ...(webhooks && { webhooks }),
    errorFormat: nestedErrors({
      words: {
        401: { code: 'unauthorized', message: 'Invalid or missing API key' },
        403: { code: 'forbidden' },
        insufficient_scope: { code: 'forbidden', message: 'Insufficient permissions' },
        scope_not_grantable: { code: 'forbidden', message: 'Insufficient permissions' },
      },
    }),
  })
}

/** What readers of the documentation are told, beside what the gate and the guards say of themselves. */
export const DESCRIPTION = {
  info: { title: 'Nimbus', version: '1.0.0' },
  keys: { path: '/developer/keys', scopes: ['keys:manage'] },
  usage: { path: '/developer/usage', scopes: ['keys:manage'] },
  routes: [
    {
      ...{ method: 'get', path: '/orders', summary: 'List orders' },
      answer: { orders: [{ id: 'ord_1', partner: 'partner_1' }] },
    },
    { method: 'get', path: '/catalog', summary: 'Read the catalog', answer: { items: [] } },
  ],
} satisfies Partial<DescriptionOptions<'keys:manage'>>

export type NimbusGate = ReturnType<typeof createNimbusGate>
