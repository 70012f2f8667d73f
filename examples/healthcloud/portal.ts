import type { PortalPlace } from '../place.js'
import { openPortal } from '../portal/index.js'
import type { HealthcloudGate } from './gate.js'

const MERCY = { ownerId: 'org_mercy' } as const
const READS = ['read:patients', 'read:observations'] as const

/** The Developer Console. */
export function openHealthcloudPortal(gate: HealthcloudGate, kept: PortalPlace = {}) {
  return openPortal(gate, {
    ...{ ...kept, path: '/console', title: 'HealthCloud Developer Console' },
    people: [
      {
        ...{ ...MERCY, id: 'dana@mercy.example', name: 'Dana Reed', role: 'developer' },
        ...{ environments: ['test'], scopes: READS },
        task: 'A developer: makes keys for test data, and changes those alone.',
      },
      {
        ...{ ...MERCY, id: 'olga@mercy.example', name: 'Olga Berg', role: 'admin' },
        environments: ['live', 'test'],
        scopes: [...READS, 'write:patients', 'write:observations', 'exec:agents', 'exec:workflows'],
        task: 'The administrator: all keys of the organization, live and test, and its audit log.',
      },
      {
        ...{ ...MERCY, id: 'vera@mercy.example', name: 'Vera Lund', role: 'auditor' },
        ...{ environments: ['live', 'test'], scopes: [] },
        task: 'The auditor: sees keys, their use and the audit log, and changes nothing.',
      },
    ],
  })
}
