import type { PhiAction } from 'sallyport'

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display: string
}

const HL7 = 'http://terminology.hl7.org/CodeSystem'

function coding(system: string) {
  return (code: string, display: string): Coding => ({ system, code, display })
}

export const dicom = coding('http://dicom.nema.org/resources/ontology/DCM')
export const eventType = coding(`${HL7}/audit-event-type`)
export const interaction = coding('http://hl7.org/fhir/restful-interaction')
export const entityType = coding(`${HL7}/audit-entity-type`)
export const objectRole = coding(`${HL7}/object-role`)

export const SERVER = coding(`${HL7}/security-source-type`)('4', 'Application Server')
export const REQUEST_ID = coding(
  'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
)('XrequestId', 'transport standard request ID')
const proof = coding('urn:sallyport:proof')
/** A signed checkpoint of the audit trail vouches for the record, or none does. */
export const PROVEN = proof('proven', 'A signed checkpoint vouches for this record')
export const UNPROVEN = proof('unproven', 'No signed checkpoint vouches for this record')
/** The health information is made up. */
export const TEST_DATA = coding(`${HL7}/v3-ActReason`)('HTEST', 'test health data')
const USER = coding(`${HL7}/v3-ParticipationType`)
const [SOURCE, DESTINATION] = [
  dicom('110153', 'Source Role ID'),
  dicom('110152', 'Destination Role ID'),
]
const CUSTODIAN = coding(`${HL7}/provenance-participant-type`)('custodian', 'Custodian')

/** What an access is in FHIR, and what its sides are called: which one the data comes from. */
export interface Interaction {
  readonly subtype: Coding
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E'
  readonly client: Coding
  readonly server: Coding
  readonly user: Coding
  /** The profile of BALP: with a patient, without one. A search has none here: it asks for the query, which is not recorded. */
  readonly profile?: string
}

const [RECIPIENT, AUTHOR] = [
  USER('IRCP', 'information recipient'),
  USER('AUT', 'author (originator)'),
]
const SENT = { client: SOURCE, server: DESTINATION, user: AUTHOR }

export const INTERACTIONS: Readonly<Record<PhiAction, Interaction>> = {
  read: {
    ...{ subtype: interaction('read', 'read'), action: 'R', profile: 'Read' },
    ...{ client: DESTINATION, server: SOURCE, user: RECIPIENT },
  },
  create: { subtype: interaction('create', 'create'), action: 'C', profile: 'Create', ...SENT },
  update: { subtype: interaction('update', 'update'), action: 'U', profile: 'Update', ...SENT },
  delete: {
    ...{ subtype: interaction('delete', 'delete'), action: 'D', profile: 'Delete' },
    ...{ client: dicom('110150', 'Application'), server: CUSTODIAN, user: AUTHOR },
  },
  search: { ...SENT, subtype: interaction('search', 'search'), action: 'E', user: RECIPIENT },
}

/** What a request is that touched nothing: as its method says. */
export function interactionOf(method: string | undefined): Interaction {
  switch (method) {
    case 'POST':
      return INTERACTIONS.create
    case 'PUT':
    case 'PATCH':
      return INTERACTIONS.update
    case 'DELETE':
      return INTERACTIONS.delete
    default:
      return INTERACTIONS.read
  }
}
