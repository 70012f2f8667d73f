import { openPortal } from '../portal/index.js'
import type { HealthsyncGate } from './gate.js'

const PREMIUM = { ownerId: 'org_premium', plan: 'premium' } as const

/** Settings > Developer. */
export function openHealthsyncPortal(gate: HealthsyncGate) {
  return openPortal(gate, {
    ...{ path: '/settings/developer', title: 'HealthSync Settings: Developer' },
    people: [
      {
        ...{ ...PREMIUM, id: 'dan@premium.example', name: 'Dan Cole', role: 'developer' },
        ...{ environments: ['sandbox'], scopes: ['records:read', 'records:write'] },
        task: 'A developer: makes keys for the sandbox, and changes those alone.',
      },
      {
        ...{ ...PREMIUM, id: 'paula@premium.example', name: 'Paula Voss', role: 'admin' },
        ...{ environments: ['live', 'sandbox'] },
        scopes: ['records:read', 'records:write', 'records:delete'],
        task: 'The administrator: all keys of the organization, live and sandbox, and its audit log.',
      },
    ],
  })
}
