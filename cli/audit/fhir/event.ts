import { callerId, type AuditEvent, type CallerFacts, type PhiAccess } from 'sallyport'
import {
  dicom,
  entityType,
  eventType,
  INTERACTIONS,
  interactionOf,
  objectRole,
  PROVEN,
  REQUEST_ID,
  SERVER,
  TEST_DATA,
  UNPROVEN,
  type Interaction,
} from './codes.js'
import {
  agent,
  idOf,
  observerOf,
  referenceTo,
  type Agent,
  type Entity,
  type FhirAuditEvent,
  type Reference,
} from './resources.js'

type Access = Extract<AuditEvent, { kind: 'access' }>
type Change = Exclude<AuditEvent, { kind: 'access' }>

/** Actions that make something, and actions that end it; all others change it. */
const MAKING: readonly Change['action'][] = ['create', 'import', 'request', 'accept']
const ENDING: readonly Change['action'][] = ['revoke', 'end', 'withdraw']

const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
const [PERSON, SYSTEM, ORGANIZATION] = [
  entityType('1', 'Person'),
  entityType('2', 'System Object'),
  entityType('3', 'Organization'),
]
const [PATIENT, RESOURCE, SECURITY] = [
  objectRole('1', 'Patient'),
  objectRole('4', 'Domain Resource'),
  objectRole('13', 'Security Resource'),
]

/**
 * An AuditEvent of FHIR R4, in the patterns of IHE BALP where they fit.
 * @param isDecided whether it was looked at signatures: a tag says then whether a checkpoint vouches for the event
 */
export function fhirOf(event: AuditEvent, isDecided = false): FhirAuditEvent {
  const made = event.kind === 'access' ? accessEvent(event) : changeEvent(event)
  if (!isDecided) return made
  return { ...made, meta: { ...made.meta, tag: [event.proven ? PROVEN : UNPROVEN] } }
}

function accessEvent(event: Access): FhirAuditEvent {
  const { id, time, outcome, phi, furtherPhi = [], synthetic, count = 1, until } = event
  const touched = phi === undefined ? [] : [phi, ...furtherPhi]
  const kind = phi === undefined ? interactionOf(event.method) : INTERACTIONS[phi.action]
  const entity = [...patientsIn(touched), ...dataIn(touched), ...aboutOf(event)]
  const profile = profileOf(event, kind, touched)
  return {
    resourceType: 'AuditEvent',
    id: idOf(id),
    ...((profile !== undefined || synthetic) && {
      meta: { ...(profile && { profile: [profile] }), ...(synthetic && { security: [TEST_DATA] }) },
    }),
    ...(outcome === 'denied' && { contained: [outcomeOf(event)] }),
    ...(isLogin(event)
      ? {
          type: dicom('110114', 'User Authentication'),
          subtype: [dicom('110122', 'Login')],
          action: 'E',
        }
      : {
          type: eventType('rest', 'Restful Operation'),
          subtype: [kind.subtype],
          action: kind.action,
        }),
    ...(until !== undefined && { period: { start: time, end: until } }),
    recorded: time,
    outcome: codeOf(event),
    ...describe(event, count),
    agent: agentsOf(event, kind),
    source: { observer: { display: observerOf(event) }, type: [SERVER] },
    ...(entity.length > 0 && { entity }),
  }
}

/** Somebody signed in; or, without a request, was only recognised. */
function isLogin({ method, oauthSteps }: Access): boolean {
  return method === undefined || oauthSteps?.includes('sign_in') === true
}

/** A change of a key, or a step of an organization's access: both say who may use the API. */
function changeEvent(event: Change): FhirAuditEvent {
  const { id, time, outcome, action, ownerId, by } = event
  const [subject, changed, why] =
    event.kind === 'key' ? [event.keyId, event.changed ?? [], event.why] : [event.subjectId, []]
  const server = agent(dicom('110152', 'Destination Role ID'), { display: observerOf(event) })
  const who =
    by && agent(dicom('110150', 'Application'), personOf(by), { ...altIdOf(by), requestor: true })
  return {
    resourceType: 'AuditEvent',
    id: idOf(id),
    type: dicom('110113', 'Security Alert'),
    subtype: [dicom('110137', 'User Security Attributes Changed')],
    action: MAKING.includes(action) ? 'C' : ENDING.includes(action) ? 'D' : 'U',
    recorded: time,
    // About to be made: nothing is known of its outcome.
    ...(outcome !== 'intended' && { outcome: outcome === 'made' ? '0' : '8' }),
    outcomeDesc: [action, outcome, ...changed].join(' ') + (why === undefined ? '' : `: ${why}`),
    agent: [...(who ? [who] : []), { ...server, requestor: who === undefined }],
    source: { observer: { display: observerOf(event) }, type: [SERVER] },
    entity: [
      {
        what: {
          identifier: { value: subject },
          ...(ownerId !== undefined && { display: ownerId }),
        },
        ...{ type: SYSTEM, role: SECURITY },
      },
    ],
  }
}

function agentsOf(event: Access, kind: Interaction): Agent[] {
  const { client, issuer, subject, tokenId } = event
  const network = client === undefined ? {} : ({ network: { address: client, type: '2' } } as const)
  const observer = observerOf(event)
  return [
    agent(kind.client, personOf(event), { ...altIdOf(event), ...network }),
    agent(kind.server, { display: observer }, { network: { address: observer, type: '1' } }),
    ...(subject === undefined
      ? []
      : [
          agent(
            kind.user,
            { identifier: { ...(issuer !== undefined && { system: issuer }), value: subject } },
            {
              ...altIdOf(event),
              requestor: true,
              ...(tokenId !== undefined && { policy: [`urn:ietf:params:oauth:jti:${tokenId}`] }),
            },
          ),
        ]),
  ]
}

function altIdOf(who: CallerFacts): Pick<Agent, 'altId'> {
  const altId = callerId(who)
  return altId === undefined ? {} : { altId }
}

/** Who asked: a key, or the client of a token; and for whom. */
function personOf(who: NonNullable<Change['by']>): Reference {
  const { keyId, clientId, subject, issuer, ownerId } = who
  const value = keyId ?? clientId ?? subject
  if (value === undefined) return { display: ownerId ?? 'unknown' }
  return {
    identifier: { ...(keyId === undefined && issuer !== undefined && { system: issuer }), value },
    ...(ownerId !== undefined && { display: ownerId }),
  }
}

function patientsIn(touched: readonly PhiAccess[]): Entity[] {
  return touched
    .filter(({ resource }) => resource === 'Patient')
    .flatMap(({ resource, ids = [] }) =>
      ids.map((id) => ({ what: referenceTo(resource, id), type: PERSON, role: PATIENT })),
    )
}

function dataIn(touched: readonly PhiAccess[]): Entity[] {
  return touched.flatMap(({ resource, ids = [] }) => {
    const data = { type: SYSTEM, role: RESOURCE }
    if (ids.length === 0) return [{ what: { display: resource }, ...data }]
    return ids.map((id) => ({ what: referenceTo(resource, id), ...data }))
  })
}

function aboutOf({ requestId, tenantId, outcome }: Access): Entity[] {
  return [
    { what: { identifier: { value: requestId } }, type: REQUEST_ID },
    ...(tenantId === undefined
      ? []
      : [{ what: { identifier: { value: tenantId } }, type: ORGANIZATION, name: 'tenant' }]),
    ...(outcome === 'denied' ? [{ what: { reference: '#outcome' }, type: SYSTEM }] : []),
  ]
}

/** One that holds all that the profile asks for; none otherwise. */
function profileOf(
  { outcome, client, method }: Access,
  { profile }: Interaction,
  touched: readonly PhiAccess[],
): string | undefined {
  const [only, ...others] = touched
  const isOne = only?.ids?.length === 1 && others.length === 0
  if (!isOne || profile === undefined || outcome === 'denied') return undefined
  if (client === undefined || method === undefined) return undefined
  return `${BALP}${only.resource === 'Patient' ? 'Patient' : ''}${profile}`
}

/** 4: refused, or not to be had; 8: the server failed. */
function codeOf({ outcome, status = 200 }: Access): '0' | '4' | '8' {
  if (status >= 500) return '8'
  return outcome === 'denied' || status >= 400 ? '4' : '0'
}

function describe(event: Access, count: number) {
  const { reason, status, aborted, oauthSteps = [], oauthError } = event
  const parts = [
    ...oauthSteps,
    ...[reason, oauthError].filter((why) => why !== undefined),
    ...(status === undefined ? [] : [`HTTP ${String(status)}`]),
    ...(aborted ? ['aborted'] : []),
    ...(count > 1 ? [`${String(count)} times`] : []),
  ]
  return parts.length > 0 && { outcomeDesc: parts.join(', ') }
}

function outcomeOf({ reason, oauthError = 'denied', status = 403 }: Access): object {
  const code = status === 401 ? 'login' : status === 429 ? 'throttled' : 'forbidden'
  const issue = {
    severity: 'error',
    code: status >= 500 ? 'transient' : code,
    diagnostics: reason ?? oauthError,
  }
  return { resourceType: 'OperationOutcome', id: 'outcome', issue: [issue] }
}
