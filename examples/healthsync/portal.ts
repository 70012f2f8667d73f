import type { Access } from 'sallyport/access'
import type { PortalPlace } from '../place.js'
import { openPortal } from '../portal/index.js'
import type { HealthsyncGate } from './gate.js'

const PREMIUM = { ownerId: 'org_premium', plan: 'premium' } as const

/** Settings > Developer. */
export function openHealthsyncPortal(gate: HealthsyncGate, access: Access, kept: PortalPlace = {}) {
  return openPortal(gate, {
    ...{ ...kept, path: '/settings/developer', title: 'HealthSync Settings: Developer', access },
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
      {
        ...{ id: 'nora@newcomer.example', name: 'Nora Weiss', ownerId: 'org_newcomer' },
        ...{ plan: 'premium', role: 'admin', environments: ['live', 'sandbox'] },
        scopes: ['records:read', 'records:write'],
        task: 'New on the plan Premium: has to ask for access before she can make a key.',
      },
      {
        ...{ id: 'pete@plus.example', name: 'Pete Lund', ownerId: 'org_plus', plan: 'plus' },
        ...{ role: 'admin', environments: ['live', 'sandbox'], scopes: ['records:read'] },
        task: 'On the plan Plus: is told that new access is for Premium and Enterprise.',
      },
      {
        ...{ id: 'sam@healthsync.com', name: 'Sam Frey', ownerId: 'healthsync', role: 'staff' },
        ...{ environments: ['live', 'sandbox'], scopes: [] },
        task: 'Of the API team at HealthSync: approves or denies requests for access.',
      },
    ],
  })
}
