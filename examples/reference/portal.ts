import type { PortalPlace } from '../place.js'
import { openPortal } from '../portal/index.js'
import type { ReferenceGate } from './gate.js'

/** Settings > API Keys. */
export function openReferencePortal(gate: ReferenceGate, kept: PortalPlace = {}) {
  return openPortal(gate, {
    ...{ ...kept, path: '/settings/api-keys', title: 'Settings: API Keys' },
    people: [
      {
        ...{ id: 'finn@free.example', name: 'Finn Hale', ownerId: 'org_free', plan: 'free' },
        ...{ role: 'developer', environments: ['live'], scopes: ['read'] },
        task: 'A developer on the plan free: makes keys that read, and changes those alone.',
      },
      {
        ...{ id: 'rosa@pro.example', name: 'Rosa Keller', ownerId: 'org_pro', plan: 'pro' },
        ...{ role: 'admin', environments: ['live'], scopes: ['read', 'write'] },
        task: 'The administrator of an organization on the plan pro: all of its keys.',
      },
    ],
  })
}
