import type { MaybePromise } from '../lib/maybe.js'
import type { Auth } from './auth.js'
import type { PhiHandling } from './phi.js'
import type { GateRequest } from './request.js'

/** An agreement on which a caller is let in. */
export interface AgreementNote {
  /** Of the terms, such as `'baa'`. */
  readonly id: string
  /** That was accepted. */
  readonly version: string
}

/** What a policy is told. */
export interface PolicyContext {
  readonly auth: Auth
  /** Absent in `gate.verify`. */
  readonly request: GateRequest | undefined
  /** The tenant that a guard has verified. */
  readonly tenantId: string | undefined
  /** The client's, as far as it is known. */
  readonly address: string | undefined
  /** What the caller's environment does with health information. `'synthetic'`: there is none that an agreement would be needed for. */
  readonly phi: PhiHandling
  /** Takes note of an agreement that the policy has found: where the request touches health information, its audit record has it in `agreements`. 8 at most, of 64 characters. */
  readonly agreed: (agreement: AgreementNote) => void
}

/** The reasons that a policy can give. */
export const POLICY_REASONS = [
  'policy_denied',
  'access_not_approved',
  'terms_not_accepted',
] as const

/**
 * `true` lets in. `false` is `policy_denied`, 403; an object is the same with another status, from 400 to 499 other than 401 and 407, with a message
 * of its own, or with another reason. Anything else is an outage.
 */
export type PolicyVerdict =
  | boolean
  | {
      readonly status?: number
      readonly message?: string
      /** Default `'policy_denied'`. */
      readonly reason?: (typeof POLICY_REASONS)[number]
    }

/** A rule that the app brings along. It has 250 ms. */
export type Policy = (context: PolicyContext) => MaybePromise<PolicyVerdict>
