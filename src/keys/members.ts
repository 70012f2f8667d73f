import type { KeyRecord } from './record.js'

/**
 * Who sets a member of a key over HTTP.
 * - `gate`: the gate, and nobody else.
 * - `inherited`: nobody; a new key has that of its caller, a successor that of its key.
 * - `caller`: whoever may manage keys, as it likes.
 * - `rights`: whoever may manage keys, as far as its own key reaches.
 * - `settings`: whoever may manage keys, as far as the options of `keyEndpoints` let it.
 * - `origin`: whoever may manage keys, unless code of the server has set it.
 */
type SetBy = 'gate' | 'inherited' | 'caller' | 'rights' | 'settings' | 'origin'

/** Each member of a key: a new one does not compile until it is said who may set it. */
export const SET_BY = {
  id: 'gate',
  version: 'gate',
  digest: 'gate',
  hint: 'gate',
  name: 'caller',
  ownerId: 'inherited',
  environment: 'settings',
  kind: 'caller',
  scopes: 'rights',
  allowedIps: 'rights',
  tenantIds: 'rights',
  resources: 'rights',
  plan: 'inherited',
  limit: 'inherited',
  metadata: 'settings',
  createdAt: 'gate',
  expiresAt: 'rights',
  revokedAt: 'caller',
  revocationReason: 'caller',
  disabledAt: 'origin',
  rotatedFrom: 'gate',
  rotatedTo: 'gate',
  rotatedAt: 'gate',
  createdBy: 'gate',
  disabledOverHttpAt: 'gate',
  metadataOverHttp: 'gate',
  retry: 'gate',
  lastUsedAt: 'gate',
} as const satisfies Record<keyof KeyRecord, SetBy>

type MembersBy<By extends SetBy> = {
  [Member in keyof typeof SET_BY]: (typeof SET_BY)[Member] extends By ? Member : never
}[keyof typeof SET_BY]

/** What a key may do, and what restricts it: a caller hands out no more than it has. */
export type Rights = Pick<KeyRecord, MembersBy<'rights'>>

/** What the body of a request can set by its own name. */
export type Settable = MembersBy<'caller' | 'rights' | 'settings'>
