import type { Headers } from './headers.js'

/**
 * Who the caller is, once verified: what `authOf(req)` returns. Frozen, and shared by all requests
 * of the same key.
 */
export interface Auth<S extends string = string> {
  /** What identified the caller. */
  readonly kind: 'key'
  /** The key's id; safe to log and to show. */
  readonly keyId: string
  /** The name that its owner gave the key. */
  readonly name: string
  /** The organization that the key belongs to. */
  readonly ownerId: string
  readonly environment: string
  readonly scopes: readonly S[]
  /** The plan whose limits hold for it: its key's own, or the default; absent where it has neither. */
  readonly plan?: string
  /** Its key's own limit, in the place of the first quota of the plan. */
  readonly limit?: number
  /** When the key stops working; absent when it has no end. */
  readonly expiresAt?: Date
  /** What the app stored with the key: JSON values. */
  readonly metadata: Readonly<Record<string, unknown>>
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
  /** Absent: from anywhere. */
  readonly addresses?: AddressRules | undefined
  /** What its answers tell beside the usual headers. */
  readonly headers?: Headers | undefined
}
