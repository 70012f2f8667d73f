import type { Access } from 'sallyport/access'
import type { PortalPlace } from '../place.js'
import { openPortal } from '../portal/index.js'
import { CLINIC } from './data.js'
import type { Novamed } from './gate.js'

const BOTH = ['production', 'development'] as const

/** Partners: where NovaMed's own staff approves them, and hands out keys. */
export function openNovamedPortal({ gate }: Novamed, access: Access, kept: PortalPlace = {}) {
  return openPortal(gate, {
    ...{ ...kept, path: '/partners', title: 'NovaMed partners', access },
    people: [
      {
        ...{ id: 'kim@novamed.care', name: 'Kim Sato', ownerId: 'partner_a', role: 'admin' },
        ...{ environments: BOTH, scopes: [], tenantIds: [CLINIC] },
        task: 'Looks after partner_a at NovaMed: makes its keys, and hands them out.',
      },
      {
        ...{ id: 'sam@novamed.care', name: 'Sam Frey', ownerId: 'novamed', role: 'staff' },
        ...{ environments: BOTH, scopes: [] },
        task: 'Of the partner team: approves or denies requests for access.',
      },
      {
        ...{ id: 'noor@newcomer.example', name: 'Noor Aziz', ownerId: 'newcomer' },
        ...{ role: 'developer', environments: BOTH, scopes: [] },
        task: 'Not a partner yet: has to ask for access first.',
      },
    ],
  })
}
