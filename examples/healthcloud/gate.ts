import { createGate, createMemoryKeyStore, nestedErrors } from 'sallyport'
import type { DescriptionOptions } from 'sallyport/openapi'
import { NOWHERE, type GatePlace } from '../place.js'
import { TRUSTED_PROXY } from '../system.js'

const DOCS = 'https://healthcloud.ai/docs/api/authentication'

/** What routes touch of health information. */
export const READS = { resource: 'Patient', action: 'read', param: 'id' } as const
export const LISTS = { resource: 'Patient', action: 'search' } as const
export const CREATES = { resource: 'Patient', action: 'create' } as const

/** The scopes of the documentation, each with its level. */
const SCOPES = {
  'read:patients': { level: 'standard', title: 'Read FHIR patients' },
  'write:patients': { level: 'standard', title: 'Create and change patients' },
  'read:observations': { level: 'standard', title: 'Read FHIR observations' },
  'write:observations': { level: 'standard', title: 'Create observations, such as of devices' },
  'exec:agents': { level: 'standard', title: 'Run clinical agents' },
  'exec:workflows': { level: 'standard', title: 'Start workflows' },
  'admin:org': { level: 'admin', title: 'Manage the organization: keys, usage and the audit log' },
  'admin:billing': { level: 'admin', title: 'View and manage billing' },
  'publish:assets': { level: 'publisher', title: 'Publish in the marketplace' },
} as const

/** HealthCloud's promises, as options. */
export function createHealthcloudGate({
  keys: store = createMemoryKeyStore(),
  privateKey,
  audit = NOWHERE,
  notify = () => undefined,
  webhooks,
  clock = Date.now,
}: GatePlace = {}) {
  return createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'hc', store, rotateAfter: '90d' },
    levels: [
      { name: 'standard', title: 'Standard' },
      { name: 'admin', title: 'Admin' },
      // It hands out none of the others, and no administrator hands it out.
      { name: 'publisher', title: 'Publisher', above: [] },
    ],
    scopes: SCOPES,
    // Customers choose them in the console.
    reminders: {},
    ...{ notify, clock },
    ...(webhooks && { webhooks }),
    tokens: {
      issuer: 'https://healthcloud.ai',
      audience: 'https://healthcloud.ai/api',
      ...(privateKey && { signingKeys: [privateKey('tokens', 'rsa')] }),
    },
    credentials: { header: false },
    trustProxy: TRUSTED_PROXY,
    audit: { ...audit, when: ['live'], unusual: true },
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
        406: { code: 'NOT_ACCEPTABLE' },
        409: { code: 'CONFLICT' },
        413: { code: 'PAYLOAD_TOO_LARGE' },
        415: { code: 'UNSUPPORTED_MEDIA_TYPE' },
        421: { code: 'MISDIRECTED_REQUEST' },
        422: { code: 'UNPROCESSABLE_CONTENT' },
        429: { code: 'TOO_MANY_REQUESTS' },
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
  usage: { path: '/v1/usage', scopes: ['admin:org'] },
  audit: { path: '/v1/audit', scopes: ['admin:org'] },
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
