import { createGate, createMemoryKeyStore, nestedErrors } from 'sallyport'
import type { DescriptionOptions } from 'sallyport/openapi'
import { NOWHERE, type Place } from '../place.js'
import { TRUSTED_PROXY } from '../system.js'

const DOCS = 'https://healthcloud.ai/docs/api/authentication'

/** What routes touch of health information. */
export const READS = { resource: 'Patient', action: 'read', param: 'id' } as const
export const LISTS = { resource: 'Patient', action: 'search' } as const
export const CREATES = { resource: 'Patient', action: 'create' } as const

/** HealthCloud's promises, as options. */
export function createHealthcloudGate(
  store = createMemoryKeyStore(),
  audit: Partial<Place['audit']> = NOWHERE,
) {
  return createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'hc', store },
    scopes: {
      'read:patients': 1,
      'read:observations': 1,
      'write:patients': 2,
      'write:observations': 2,
      'exec:agents': 2,
      'exec:workflows': 2,
      'admin:org': 3,
      'admin:billing': 3,
      'publish:assets': 3,
    },
    tokens: { issuer: 'https://healthcloud.ai', audience: 'https://healthcloud.ai/api' },
    trustProxy: TRUSTED_PROXY,
    audit: { ...NOWHERE, ...audit, when: ['live'] },
    phi: { test: 'synthetic' },
    realm: 'healthcloud',
    errorFormat: nestedErrors({
      docsUrl: DOCS,
      words: {
        400: { code: 'BAD_REQUEST' },
        401: { code: 'UNAUTHORIZED', message: 'Invalid or expired API key.' },
        403: { code: 'FORBIDDEN' },
        404: { code: 'NOT_FOUND' },
        405: { code: 'METHOD_NOT_ALLOWED' },
        409: { code: 'CONFLICT' },
        413: { code: 'PAYLOAD_TOO_LARGE' },
        415: { code: 'UNSUPPORTED_MEDIA_TYPE' },
        500: { code: 'INTERNAL_SERVER_ERROR' },
        503: { code: 'SERVICE_UNAVAILABLE' },
      },
    }),
  })
}

/** What readers of the documentation are told, beside what the gate and the guards say of themselves. */
export const DESCRIPTION = {
  info: { title: 'HealthCloud', version: '1.0.0' },
  servers: ['https://api.healthcloud.ai'],
  keys: { path: '/v1/keys', scopes: ['admin:org'] },
  ...{ token: '/v1/auth/token', jwks: '/.well-known/jwks.json' },
  routes: [
    {
      ...{ method: 'get', path: '/v1/patients', summary: 'Read FHIR Patient resources' },
      answer: { patients: [{ id: 'pat_1', name: 'Ada Example' }] },
    },
    {
      ...{ method: 'get', path: '/v1/patients/{id}', summary: 'Read a patient' },
      ...{ params: { id: 'pat_1' }, answer: { id: 'pat_1', name: 'Ada Example' } },
    },
    {
      ...{ method: 'post', path: '/v1/patients', summary: 'Create a patient', status: 201 },
      body: { name: 'Grace Example' },
      answer: { id: 'pat_2', name: 'Grace Example' },
    },
  ],
} satisfies Partial<DescriptionOptions<'admin:org'>>

export type HealthcloudGate = ReturnType<typeof createHealthcloudGate>
