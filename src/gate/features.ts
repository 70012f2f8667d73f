import type { KeyStore } from '../keys/key-store.js'
import type { LimitStore } from '../limits/limit-store.js'
import type { AuditParts } from './audit-parts.js'
import type { CheckedOptions } from './check-options.js'
import type { TokenParts } from './token-parts.js'

/** What a gate is made from beside its options: only what they ask for. */
export interface Features {
  /** Absent: it takes no tokens. */
  readonly tokenParts?: TokenParts | undefined
  /** Absent: it records nothing. */
  readonly auditParts?: AuditParts | undefined
}

/** Options with the stores that the gate works with. */
export interface OpenOptions extends Omit<CheckedOptions, 'store' | 'limits'> {
  readonly store: KeyStore
  readonly limits: Omit<CheckedOptions['limits'], 'store'> & { readonly store: LimitStore }
}

/** Whether a gate takes tokens of anybody, or issues them. */
export function takesTokens({ issuers, introspection, tokens }: CheckedOptions): boolean {
  const hasIssuers = typeof issuers === 'function' || issuers.length > 0
  return hasIssuers || introspection !== undefined || tokens !== undefined
}
