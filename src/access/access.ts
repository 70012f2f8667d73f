import type { Policy } from '../core/policy.js'
import type { GateAccess } from '../gate/gate-access.js'
import type { Page } from '../keys/key-store.js'
import type { AccessFilter, AccessRequest } from './access-store.js'
import type { Agreements } from './agreements.js'
import type { ApproveInput, DecideInput, RequestAccessInput, StepInput } from './input.js'
import type { OwnerAccess } from './owner-access.js'

/** Who may use an API, and what they have agreed to. Every call throws a StoreError when a store fails. */
export interface Access extends GateAccess {
  /**
   * A policy: the caller's owner has access in the caller's environment that is approved and has not ended. Else 403 `access_not_approved`; an outage is 503.
   * @example createGate({ ...options, access, policies: [access.approved()] })
   */
  approved(): Policy
  /**
   * A policy: the caller's owner has accepted these terms, in a version that counts; without names, all that are required. Else 403 `terms_not_accepted`.
   * @throws {MisuseError} for terms that are not among the options
   * @example guard(gate, { scopes: ['read:patients'], policies: [access.accepted('baa')] })
   */
  accepted(...ids: readonly string[]): Policy
  /**
   * An owner asks for access.
   * @throws {AccessError} `invalid_input`, `not_eligible`, `already_requested`, `terms_not_accepted`, `unknown_agreement`
   */
  request(input: RequestAccessInput): Promise<AccessRequest>
  /** @throws {AccessError} `unknown_request`, `wrong_state`, `own_request`, `approver_suspended`, `invalid_input` for more than was asked for, `changed_meanwhile` */
  approve(id: string, input: ApproveInput): Promise<AccessRequest>
  /** @throws {AccessError} as `approve` */
  deny(id: string, input: DecideInput): Promise<AccessRequest>
  /** Suspends what was approved, from the next request on. @throws {AccessError} as `approve` */
  suspend(id: string, input: DecideInput): Promise<AccessRequest>
  /** Lifts a suspension. @throws {AccessError} as `approve`, and `too_many_steps` once the request has 100 steps: end it then, and have access requested anew */
  resume(id: string, input: StepInput): Promise<AccessRequest>
  /** Ends a request or what was approved, for good; an owner may end its own, unless it is suspended (`own_request`). @throws {AccessError} as `approve` */
  end(id: string, input: StepInput): Promise<AccessRequest>
  get(id: string): Promise<AccessRequest | undefined>
  /** In pages. @throws {AccessError} `invalid_input` */
  list(filter?: AccessFilter): Promise<Page<AccessRequest>>
  /** Where an owner is in each environment, what is missing, and the terms. @throws {AccessError} `invalid_input` @param environments default: those of the gate, and those of its requests */
  of(ownerId: string, environments?: readonly string[]): Promise<OwnerAccess>
  readonly agreements: Agreements
}
