import type { Access } from 'sallyport/access'
import type { PortalPlace } from '../place.js'
import { openPortal } from '../portal/index.js'
import type { NimbusGate } from './gate.js'

const BOTH = ['production', 'sandbox'] as const

/** The developer portal. */
export function openNimbusPortal(gate: NimbusGate, access: Access, kept: PortalPlace = {}) {
  return openPortal(gate, {
    ...{ ...kept, path: '/portal', title: 'Nimbus developer portal', access },
    people: [
      {
        ...{ id: 'pia@partner-1.example', name: 'Pia Holm', ownerId: 'partner_1', role: 'admin' },
        ...{ environments: BOTH, scopes: ['orders:read', 'catalog:read'] },
        task: 'A partner that is approved: makes keys for production and sandbox.',
      },
      {
        ...{ id: 'noor@newcomer.example', name: 'Noor Aziz', ownerId: 'newcomer' },
        ...{ role: 'admin', environments: BOTH, scopes: ['orders:read', 'catalog:read'] },
        task: 'Not a partner yet: has to ask for access before she can make a key.',
      },
      {
        ...{ id: 'sam@nimbus-os.com', name: 'Sam Frey', ownerId: 'nimbus', role: 'staff' },
        ...{ environments: BOTH, scopes: [] },
        task: 'Of the partner team at Nimbus: approves or denies requests for access.',
      },
    ],
  })
}
