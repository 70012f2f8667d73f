import type { Tally } from './tally.js'

/** Header names (lower case) and values. */
export type Headers = Readonly<Record<string, string>>

/** What is known of every caller. */
interface Caller<S extends string> {
  /** The organization that it acts for. */
  readonly ownerId: string
  readonly environment: string
  readonly scopes: readonly S[]
  /** The tenants that it may act for. */
  readonly tenantIds: readonly string[]
  /** There where its list of tenants was given, and is empty: it also reads and hands out nothing of any tenant. Absent with an empty `tenantIds`: it was given no list. */
  readonly noTenants?: true
  /** The resources that it is held to, such as `records/rec_1` or `records/*`. Absent: it is not held to any. */
  readonly resources?: readonly string[]
  /** The plan whose limits hold for it: its own, or the default; absent where it has neither. */
  readonly plan?: string
  /** Its own limit, in the place of the first quota of the plan. */
  readonly limit?: number
  /** What the app stored with the key, or said of the caller: JSON values. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Who presented an API key. */
export interface KeyAuth<S extends string = string> extends Caller<S> {
  readonly kind: 'key'
  /** The key's id; safe to log and to show. */
  readonly keyId: string
  /** The name that its owner gave the key. */
  readonly name: string
  /** When the key stops working; absent when it has no end. */
  readonly expiresAt?: Date
}

/** Who presented a token of an issuer that the gate trusts. */
export interface TokenAuth<S extends string = string> extends Caller<S> {
  readonly kind: 'token'
  /** `iss`: who says so. */
  readonly issuer: string
  /** `sub`: whom the token is about. Unique within its issuer only. */
  readonly subject?: string
  /** `client_id`: the client that was given the token. */
  readonly clientId?: string
  /** `jti`: safe to log. */
  readonly tokenId?: string
  /** The key that it was made from, where this gate has made it. */
  readonly keyId?: string
  /** `exp`. */
  readonly expiresAt: Date
  /** Everything that the token says. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * A caller without a credential of this API, whom your app knows by itself, such as by its session: what `otherwise` of a guard returned. It has made
 * the decision; `auth` is of this request alone.
 */
export interface AppAuth<S extends string = string> extends Caller<S> {
  readonly kind: 'app'
  /** Who it is within the owner, such as the id of a user. Safe to log, if what your app uses is. */
  readonly subject?: string
  /** What people call it, if your app said so. */
  readonly name?: string
  /** The environments whose keys it manages at the key endpoints, if your app said so. */
  readonly environments?: readonly string[]
  /** Never there: it presented no key. */
  readonly keyId?: never
  /** Never there: how long a session lasts is up to your app. */
  readonly expiresAt?: never
}

/** Who presented a credential: an API key or a token. */
export type CredentialAuth<S extends string = string> = KeyAuth<S> | TokenAuth<S>

/**
 * Who the caller is, once verified: what `authOf(req)` returns. Frozen; that of a key or a token is shared by all its requests.
 */
export type Auth<S extends string = string> = CredentialAuth<S> | AppAuth<S>

/** Of a list of tenants that may have been left out: an empty one is not an absent one. */
export function givenTenants(
  given: readonly string[] | undefined,
): Pick<Auth, 'tenantIds' | 'noTenants'> {
  return { tenantIds: given ?? [], ...(given?.length === 0 && { noTenants: true }) }
}

/** The tenants that a caller is held to, in what it reads and in the keys that it makes; none where the list is empty. `undefined`: it was given no list. */
export function tenantsHeldTo({
  tenantIds,
  noTenants,
}: Pick<Auth, 'tenantIds' | 'noTenants'>): readonly string[] | undefined {
  return tenantIds.length === 0 && noTenants !== true ? undefined : tenantIds
}

/** Freezes an auth that ends at `endsAt`, in milliseconds since the epoch. A date cannot be frozen: each reader is given its own. */
export function ending<T extends object>(
  auth: T,
  endsAt: number,
): Readonly<T & { readonly expiresAt: Date }> {
  const expiresAt = { enumerable: true, get: () => new Date(endsAt) }
  return Object.freeze(Object.defineProperty(auth, 'expiresAt', expiresAt)) as T & {
    readonly expiresAt: Date
  }
}

/** A set of addresses that can be asked. */
export interface AddressRules {
  /** Whether this address is in the set. What is no address, or is unknown, never is. */
  includes(address: string | undefined): boolean
}

/** An auth with what the rules ask of it, prepared once for all its requests. */
export interface Identity {
  readonly auth: Auth
  readonly scopes: ReadonlySet<string>
  readonly tenants: ReadonlySet<string>
  /** Absent: not held to any. */
  readonly resources?: ReadonlySet<string> | undefined
  /** Absent: from anywhere. */
  readonly addresses?: AddressRules | undefined
  /** What its answers tell beside the usual headers. */
  readonly headers?: Headers | undefined
  /** Where its requests are counted; that of a token which was made from a key is the key's. Absent: it has none prepared. */
  readonly tally?: Tally | undefined
  /** When its key was made by a rotation, in milliseconds since the epoch. Absent: its key is no successor, or it has none. */
  readonly successorSince?: number | undefined
}

/** One for all that have none. */
const NONE: ReadonlySet<string> = new Set()

/** What the rules ask of a caller, from its auth: all of it. */
export function identityOf<A extends Auth>(
  auth: A,
): { readonly auth: A } & Pick<Identity, 'scopes' | 'tenants' | 'resources'> {
  return {
    auth,
    scopes: setOf(auth.scopes),
    tenants: setOf(auth.tenantIds),
    resources: auth.resources && new Set(auth.resources),
  }
}

function setOf(texts: readonly string[]): ReadonlySet<string> {
  return texts.length === 0 ? NONE : new Set(texts)
}
