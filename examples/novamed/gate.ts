import { createGate, createMemoryKeyStore, type ErrorContext, type ErrorFormat } from 'sallyport'
import type { Access } from 'sallyport/access'
import type { DescriptionOptions } from 'sallyport/openapi'
import { createPartners, termsOf } from '../partners.js'
import { NOWHERE, type GatePlace } from '../place.js'
import type { AccessStores } from '../stores.js'
import { TRUSTED_PROXY } from '../system.js'
import { CLINIC } from './data.js'

export const HOSTS = {
  'feapi.novamed.care': 'production',
  'novamed-feapidev.stackmod.info': 'development',
} as const

/** The business associate agreement: without one, a partner gets to see no patient (45 CFR 164.504(e)). */
export const BAA = {
  id: 'baa',
  version: '2026-01',
  text: 'Business associate agreement of NovaMed, for the example.',
} as const

export function createNovamedPartners(stores?: AccessStores): Access {
  const { version, text } = BAA
  const baa = { version, text, phi: true, required: false, acceptedBy: 'operator' } as const
  return createPartners({ terms: { ...termsOf('NovaMed'), [BAA.id]: baa } }, stores)
}

const JSON_TYPE = 'application/json'

/** What each route asks for. Practitioners name their clinic in another member than patients do. */
export function requirementsOf(access: Access) {
  return {
    usage: { scopes: ['usage:read'] },
    all: { accepts: { type: JSON_TYPE, accept: JSON_TYPE, required: true } },
    createPractitioner: { tenant: { body: 'assigned_clinic' } },
    createPatient: {
      tenant: { body: 'clinic_id' },
      policies: [access.accepted(BAA.id)],
      phi: { resource: 'Patient', action: 'create' },
    },
  } as const
}

const UNAUTHORIZED =
  'Unauthorized. This can happen if the access token is invalid, expired or has been revoked'

const envelope: ErrorFormat = {
  contentType: 'application/json; charset=utf-8',
  body: (context) => ({ success: false, error: { message: wordsFor(context) } }),
}

function wordsFor({ reason, status, message }: ErrorContext): string {
  if (reason === 'tenant_mismatch') return 'Clinic not found'
  return status === 401 ? UNAUTHORIZED : message
}

/** NovaMed's promises, as options. One gate serves both environments; patients in development are made up. */
export function createNovamedGate(
  {
    keys: store = createMemoryKeyStore(),
    audit = NOWHERE,
    notify = () => undefined,
    webhooks,
    clock = Date.now,
  }: GatePlace = {},
  access = createNovamedPartners(),
) {
  const gate = createGate({
    environment: {
      production: { hosts: ['feapi.novamed.care'] },
      development: { hosts: ['novamed-feapidev.stackmod.info'] },
      default: 'production',
    },
    phi: { development: 'synthetic' },
    keys: { prefix: 'nova', store },
    scopes: { 'usage:read': { level: 1, title: 'Read the usage of your keys' } },
    credentials: { bearer: false, header: 'x-api-key' },
    trustProxy: TRUSTED_PROXY,
    realm: 'novamed',
    access,
    policies: [access.approved(), access.accepted()],
    tenantMismatchStatus: 400,
    errorFormat: envelope,
    audit: { ...audit, unusual: true },
    ...{ notify, clock },
    ...(webhooks && { webhooks }),
  })
  return { gate, requirements: requirementsOf(access) }
}

/** What readers of the documentation are told, beside what the gate and the guards say of themselves. */
export const DESCRIPTION = {
  info: { title: 'NovaMed', version: '1.0.0' },
  routes: [
    {
      ...{ method: 'get', path: '/api/external/practitioner', summary: 'List practitioners' },
      answer: { success: true, data: [] },
    },
    {
      ...{ method: 'post', path: '/api/external/practitioner', summary: 'Add a practitioner' },
      body: {
        ...{ assigned_clinic: CLINIC, first_name: 'Jane', last_name: 'Doe' },
        ...{ email: 'jane@example.com', npi_number: '1234567890' },
      },
      ...{ status: 201, answer: { success: true, data: { first_name: 'Jane' } } },
    },
    {
      ...{ method: 'post', path: '/api/external/patient', summary: 'Create a patient' },
      body: {
        ...{ clinic_id: CLINIC, first_name: 'John', last_name: 'Smith' },
        ...{ email: 'john@example.com', date_of_birth: '1985-03-15' },
      },
      ...{ status: 201, answer: { success: true, data: { first_name: 'John' } } },
    },
  ],
} satisfies DescriptionOptions

export type Novamed = ReturnType<typeof createNovamedGate>
