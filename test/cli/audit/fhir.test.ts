import { describe, expect, test } from '@jest/globals'
import type { AuditEvent } from 'sallyport'
import { fhirOf } from '../../../cli/audit/fhir/event.js'
import type { UnchainedRecord } from '../../../src/audit/chain.js'
import { access, chained } from '../../audit/trails.js'
import { readVectors } from '../../vectors/read.js'

const MINIMUM = readVectors('./fhir/fhir-auditevent-minimum.json') as {
  readonly R4: Readonly<Record<'required' | 'BALP Read' | 'BALP OAuth comprehensive', string[]>>
}

function made(record: UnchainedRecord) {
  const [entry] = chained('ward-1.abc', [record])
  return fhirOf(entry?.record as AuditEvent)
}

/** What is missing of what R4 requires, `agent[].requestor` being one of each agent. */
function missing(resource: object, required: readonly string[]): string[] {
  return required.filter((path) => {
    let found: unknown[] = [resource]
    for (const step of path.split('.')) {
      const name = step.replace('[]', '')
      found = found.flatMap((each) => {
        const value = (each as Record<string, unknown> | undefined)?.[name]
        return Array.isArray(value) ? (value as unknown[]) : [value]
      })
    }
    return found.length === 0 || found.includes(undefined)
  })
}

const KEY_CHANGE = {
  kind: 'key',
  id: 'k-1',
  time: '2030-01-07T09:00:00.000Z',
  action: 'revoke',
  outcome: 'made',
  keyId: 'key_1',
  ownerId: 'org_1',
  by: { keyId: 'key_admin', ownerId: 'org_1' },
} as const

const RECORDS: readonly (readonly [string, UnchainedRecord])[] = [
  ['a read', access()],
  ['a search', access({ phi: { resource: 'Patient', action: 'search' } })],
  [
    'a delete',
    access({ method: 'DELETE', phi: { resource: 'Claim', action: 'delete', ids: ['c1'] } }),
  ],
  ['no health information', access({ phi: undefined as never })],
  ['a denial', access({ outcome: 'denied', reason: 'insufficient_scope', status: 403 })],
  ['nobody known', access({ keyId: undefined as never, ownerId: undefined as never })],
  ['no request', access({ method: undefined as never, path: undefined as never })],
  ['a sign-in', access({ oauthSteps: ['sign_in'], app: true, phi: undefined as never })],
  ['a change of a key', KEY_CHANGE],
  ['an intended one', { ...KEY_CHANGE, outcome: 'intended' }],
]

describe('an AuditEvent of FHIR R4', () => {
  test.each(RECORDS)('of %s has what is required', (_, record) => {
    const event = made(record)
    expect(missing(event, MINIMUM.R4.required)).toEqual([])
    expect(event.id).toMatch(/^[A-Za-z0-9.-]{1,64}$/)
    for (const value of JSON.stringify(event).matchAll(/"(\w+)":(?:null|""|\[\]|\{\})/g)) {
      expect(value[0]).toBe('an empty element')
    }
  })

  test('control: what is missing is found', () => {
    const { source: _, ...event } = made(access())
    expect(missing(event, MINIMUM.R4.required)).toEqual(['source.observer'])
    expect(missing({ ...made(access()), agent: [] }, MINIMUM.R4.required)).toEqual([
      'agent[].requestor',
    ])
  })

  test('names agents that are not the same in different ways', () => {
    const issuer = 'https://idp.example'
    const callers = [
      { issuer, subject: 'ann', ownerId: 'org_1' },
      { issuer, subject: 'ann', ownerId: 'org_2' },
      { issuer, subject: 'ann', clientId: 'web', ownerId: 'org_1' },
      { issuer, clientId: 'ann', ownerId: 'org_1' },
    ]
    const names = callers.map((who) => {
      const { agent } = made({ ...access(who), keyId: undefined } as never)
      return agent.filter(({ altId }) => altId !== undefined).map(({ altId }) => altId)
    })
    expect(names.map(({ length }) => length)).toEqual([2, 2, 2, 1])
    expect(new Set(names.flat()).size).toBe(callers.length)
  })

  test('of a sign-in is a login, and says why it was refused', () => {
    const refused = { outcome: 'denied', oauthError: 'access_denied' } as const
    const event = made(access({ oauthSteps: ['sign_in'], phi: undefined as never, ...refused }))
    expect(event).toMatchObject({
      ...{ type: { code: '110114' }, subtype: [{ code: '110122' }], outcome: '4' },
      contained: [{ issue: [{ diagnostics: 'access_denied' }] }],
    })
    expect(event.outcomeDesc).toContain('sign_in, access_denied')
  })

  test('of a read of a patient is that of BALP', () => {
    const event = made(
      access({ issuer: 'https://idp.example', subject: 'dr-who', tokenId: 'jti-1' }),
    )
    expect(MINIMUM.R4['BALP Read']).toContain('outcome=0')
    expect(event).toMatchObject({
      meta: {
        profile: [
          'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead',
        ],
      },
      type: { code: 'rest' },
      subtype: [{ code: 'read' }],
      action: 'R',
      recorded: '2030-01-07T09:00:00.000Z',
      outcome: '0',
      source: { observer: { display: 'ward-1' }, type: [{ code: '4' }] },
    })
    const [client, server, user] = event.agent
    expect(client).toMatchObject({
      type: { coding: [{ code: '110152' }] },
      who: { identifier: { value: 'key_1' } },
      network: { address: '192.0.2.1', type: '2' },
    })
    expect(server).toMatchObject({
      type: { coding: [{ code: '110153' }] },
      who: { display: 'ward-1' },
      network: { type: '1' },
    })
    expect(user).toMatchObject({
      type: { coding: [{ code: 'IRCP' }] },
      who: { identifier: { system: 'https://idp.example', value: 'dr-who' } },
      requestor: true,
      policy: ['urn:ietf:params:oauth:jti:jti-1'],
    })
    expect(event.entity).toMatchObject([
      { what: { reference: 'Patient/p1' }, type: { code: '1' }, role: { code: '1' } },
      { what: { reference: 'Patient/p1' }, type: { code: '2' }, role: { code: '4' } },
      { type: { code: 'XrequestId' } },
      { what: { identifier: { value: 'clinic_1' } }, type: { code: '3' } },
    ])
  })

  test('that lacks what a profile asks for says nothing of it', () => {
    for (const [name, record] of RECORDS.slice(1).filter(([name]) => name !== 'a delete')) {
      if (name === 'nobody known') continue
      expect([name, made(record).meta]).toEqual([name, undefined])
    }
  })

  test('of a denial has an outcome, and why', () => {
    const event = made(
      access({ outcome: 'denied', reason: 'quota_exceeded', status: 429, count: 12 }),
    )
    expect(event).toMatchObject({
      outcome: '4',
      outcomeDesc: 'quota_exceeded, HTTP 429, 12 times',
      contained: [{ id: 'outcome', issue: [{ code: 'throttled', diagnostics: 'quota_exceeded' }] }],
    })
    expect(event.entity?.at(-1)).toMatchObject({ what: { reference: '#outcome' } })
    expect(made(access({ outcome: 'denied', status: 503 })).outcome).toBe('8')
  })

  test('refers to no resource that FHIR cannot have', () => {
    const phi = { resource: 'lab results', action: 'read', ids: ['a/b', '../x'] } as const
    const event = made(access({ id: 'aud_1', phi }))
    expect(event.id).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.stringify(event)).not.toContain('"reference"')
  })
})
