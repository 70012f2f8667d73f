import {
  createGate,
  createMemoryKeyStore,
  type AuditSink,
  type ErrorContext,
  type ErrorFormat,
  type KeyStore,
  type Policy,
} from 'sallyport'
import { NOWHERE, TRUSTED_PROXY } from '../system.js'
import { hasSignedAgreement, isApprovedPartner } from './data.js'

const approvedPartner: Policy = ({ auth }) =>
  isApprovedPartner(auth.ownerId) || { message: 'Your organization is not an approved partner' }

const signedAgreement: Policy = ({ auth }) =>
  hasSignedAgreement(auth.ownerId) || { message: 'Your organization has not signed a BAA' }

/** What each route asks for. Practitioners name their clinic in another member than patients do. */
export const DEMANDS = {
  createPractitioner: { tenant: { body: 'assigned_clinic' } },
  createPatient: {
    tenant: { body: 'clinic_id' },
    policies: [signedAgreement],
    phi: { resource: 'Patient', action: 'create' },
  },
} as const

const UNAUTHORIZED =
  'Unauthorized. This can happen if the access token is invalid, expired or has been revoked'

const envelope: ErrorFormat = {
  contentType: 'application/json; charset=utf-8',
  body: (context) => failed(wordsFor(context)),
}

function wordsFor({ reason, status, message }: ErrorContext): string {
  if (reason === 'tenant_mismatch') return 'Clinic not found'
  return status === 401 ? UNAUTHORIZED : message
}

function failed(message: string) {
  return { success: false, error: { message } }
}

/** NovaMed's promises, as options. Both environments keep their keys in one store; each has a gate of its own. Patients are in production only. */
export function createNovamedGates(
  store: KeyStore = createMemoryKeyStore(),
  audit: AuditSink = NOWHERE,
) {
  const open = (environment: 'production' | 'development') =>
    createGate({
      environment,
      keys: { prefix: 'nova', store },
      scopes: [],
      credentials: { bearer: false, header: 'x-api-key' },
      trustProxy: TRUSTED_PROXY,
      realm: 'novamed',
      policies: [approvedPartner],
      tenantMismatchStatus: 400,
      errorFormat: envelope,
      ...(environment === 'production' && { audit: { sink: audit } }),
    })
  return { production: open('production'), development: open('development') }
}

export type NovamedGate = ReturnType<typeof createNovamedGates>['production']
