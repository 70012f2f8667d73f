import { deepCopy } from '../lib/copy.js'
import type { KeyKind } from './format.js'

/** A key as a store holds it; never its secret. Records are not changed in place: a change is a new version. */
export interface KeyRecord {
  /** `key_` and base62. */
  readonly id: string
  /** 1 at first, one more with each change. */
  readonly version: number
  /** Base64url of 32 bytes; unique. */
  readonly digest: string
  /** How the secret begins, and its last 4 characters. */
  readonly hint: string
  readonly name: string
  readonly ownerId: string
  readonly environment: string
  readonly kind: KeyKind
  readonly scopes: readonly string[]
  /** Addresses and networks that the key works from. Absent: anywhere; empty: nowhere. */
  readonly allowedIps?: readonly string[]
  /** The tenants that the key may act for. Absent or empty: none; with an empty list, it reads no records of requests for tenants either. */
  readonly tenantIds?: readonly string[]
  /** The resources that the key is held to. Absent: it is not; empty: to none. */
  readonly resources?: readonly string[]
  /** The name of its plan. Absent: the default of the gate. */
  readonly plan?: string
  /** In the place of the first quota of its plan. */
  readonly limit?: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly expiresAt?: Date
  readonly revokedAt?: Date
  /** Why it was revoked, in somebody's words. */
  readonly revocationReason?: string
  readonly disabledAt?: Date
  /** The key that this one took the place of. */
  readonly rotatedFrom?: string
  /** The key that took the place of this one. */
  readonly rotatedTo?: string
  /** When its successor was made. */
  readonly rotatedAt?: Date
  /**
   * Who made it, over HTTP or by `gate.as`; of a successor, who rotated it. Absent: code of the server that named nobody, or a version that did not record it.
   */
  readonly createdBy?: KeyCreator
  /** When a caller of the key endpoints disabled it. Unless this equals `disabledAt`, code of the server did. */
  readonly disabledOverHttpAt?: Date
  /** The names of the metadata members that callers of the key endpoints have set. All others are those of code. */
  readonly metadataOverHttp?: readonly string[]
  /** What a repeated request to create this key is recognised by. */
  readonly retry?: KeyRetry
  /** Filled in by the store, from what it was told of uses; never part of a patch. */
  readonly lastUsedAt?: Date
}

/**
 * Who made a key: an API key, the bearer of a token, a caller of your app, or someone who acts for the operator. Later versions may know others, and store
 * other members; a version that does not know them leaves them out.
 */
export interface KeyCreator {
  /** The API key, or the one that the caller's token was made from. */
  readonly keyId?: string
  /** `iss` of the caller's token. */
  readonly issuer?: string
  /** `sub` of the caller's token; of a caller of your app, who it is within the owner; of an operator, who it is. */
  readonly subject?: string
  /** `client_id` of the caller's token. */
  readonly clientId?: string
  /** It presented no credential: your app said who it is (`otherwise`, `user` or `gate.as`). */
  readonly app?: true
  /** It acted for whoever runs the API, such as your staff: `subject` is no customer's. */
  readonly operator?: true
  /** What people call it. */
  readonly name?: string
}

/** See `Idempotency-Key`: neither value can be turned into the secret. */
export interface KeyRetry {
  readonly salt: string
  /** SHA-256 of what was asked for. */
  readonly request: string
}

/** What an update may change; `null` takes a value away. */
export interface KeyPatch {
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly allowedIps?: readonly string[] | null
  readonly tenantIds?: readonly string[] | null
  readonly resources?: readonly string[] | null
  readonly plan?: string | null
  readonly limit?: number | null
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly expiresAt?: Date | null
  readonly revokedAt?: Date
  readonly revocationReason?: string
  readonly disabledAt?: Date | null
  readonly disabledOverHttpAt?: Date | null
  readonly metadataOverHttp?: readonly string[] | null
  readonly rotatedTo?: string
  readonly rotatedAt?: Date
  /** The same secret under the current pepper. */
  readonly digest?: string
}

/** How many levels of objects and lists metadata may have. */
export const MAX_METADATA_DEPTH = 16

/** Whether a key works at this moment, and if not, why. A revoked key stays revoked, whatever else it is. */
export type KeyState = 'active' | 'disabled' | 'expired' | 'revoked'

export const KEY_STATES = [
  'active',
  'disabled',
  'expired',
  'revoked',
] as const satisfies readonly KeyState[]

/** The state of a key at an instant in milliseconds since the epoch. It ends at `expiresAt`, not after it. */
export function stateOf(record: KeyRecord, now: number): KeyState {
  if (record.revokedAt !== undefined) return 'revoked'
  if (record.expiresAt !== undefined && record.expiresAt.getTime() <= now) return 'expired'
  return record.disabledAt === undefined ? 'active' : 'disabled'
}

/** Whether a key is over for good; one that is disabled could be enabled again. */
export function hasEnded(record: KeyRecord, now: number): boolean {
  return ['expired', 'revoked'].includes(stateOf(record, now))
}

/** The record after a patch: the next version. */
export function applyKeyPatch(record: KeyRecord, patch: KeyPatch): KeyRecord {
  const next = { ...record, ...patch, version: record.version + 1 }
  const kept = Object.entries(next).filter(([, value]) => value !== null)
  return Object.freeze(Object.fromEntries(kept) as unknown as KeyRecord)
}

/** A key as its owner may see it. */
export interface ApiKey extends Omit<KeyRecord, 'digest' | 'version' | 'retry'> {
  /** At the moment of the call. */
  readonly state: KeyState
}

/** A change, and the moment from which on no instance goes by what was before it. */
export interface EffectiveBy {
  readonly effectiveBy: Date
}

export function shown(record: KeyRecord, now: number): ApiKey {
  const { digest: _digest, version: _version, retry: _retry, ...rest } = record
  // A copy: dates and metadata can be changed by whoever holds them, and must not change the key.
  return { ...deepCopy(rest), state: stateOf(record, now) }
}
