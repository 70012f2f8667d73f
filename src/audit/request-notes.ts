import type { Auth } from '../core/auth.js'
import type { Decision } from '../core/decision.js'
import type { OAuthStep } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { AgreementNote } from '../core/policy.js'
import { recordedName } from '../core/redaction.js'
import type { RequestContext } from '../core/request-context.js'
import type { AccessContext, WritableRecord } from './access-context.js'
import { isRefused, kindOfSteps, membersOfSteps, withStep, type ToldSteps } from './oauth-steps.js'
import {
  checkPhi,
  checkAccesses,
  idsIn,
  NOTHING,
  membersOf,
  shownAgreements,
  withAccess,
  type PhiAccesses,
} from './phi-accesses.js'
import type { RequestFacts } from './request-facts.js'

const NONE: readonly never[] = []

/** What guards ask for and handlers tell of one request: its tenant, its scopes, health information with the agreements on it, steps of OAuth. */
export class RequestNotes {
  readonly #facts: RequestFacts
  /** For which it was let in. */
  #tenantId: string | undefined
  /** Which a refused one has named, fit for a record. */
  #namedTenant: string | undefined
  #asked: readonly string[] = NONE
  #touched = NOTHING
  #steps: ToldSteps | undefined
  #agreements: readonly AgreementNote[] = NONE

  constructor(facts: RequestFacts) {
    this.#facts = facts
  }

  /** About how many bytes they hold. */
  get bytes(): number {
    return this.#touched.bytes
  }

  /** Whether a step was refused. */
  get isRefused(): boolean {
    return isRefused(this.#steps)
  }

  /** What refusals have in common: the steps of OAuth, and the tenant. */
  get matter(): string {
    return `${kindOfSteps(this.#steps)} ${this.#tenantOf('denied') ?? ''}`
  }

  /** Another guard has looked at the request. */
  decided(decision: Decision, asking: RequestContext): void {
    const { request, requirement } = asking
    const { scopes, phi } = requirement
    this.#agreements = asking.agreements
    // One that an earlier guard has let it in for stays.
    if (decision.allowed) this.#tenantId = this.#recorded(decision.tenantId) ?? this.#tenantId
    else this.#nameTenant(asking)
    if (scopes.length > 0) this.#asked = [...new Set([...this.#asked, ...scopes])]
    if (phi === undefined) return
    const { resource, action, param } = phi
    const ids = param === undefined ? [] : idsIn(request, param)
    this.#touched = this.#with({ resource, action, ids })
  }

  /** It may be of any length, and be what was presented: it is cleaned before it is kept, and before denials are counted by it. */
  #nameTenant({ tenantId, namedTenant }: RequestContext): void {
    const named = tenantId ?? namedTenant ?? undefined
    this.#namedTenant ??= this.#recorded(named)
  }

  #recorded(tenant: string | undefined): string | undefined {
    if (tenant === undefined) return undefined
    return recordedName(tenant, (text, max) => this.#facts.clean(text, max))
  }

  /** What was named is none that the caller may act for: it is of denials alone. */
  #tenantOf(outcome: 'allowed' | 'denied'): string | undefined {
    return this.#tenantId ?? (outcome === 'denied' ? this.#namedTenant : undefined)
  }

  #with(access: PhiAccess): PhiAccesses {
    return withAccess(this.#touched, access, (text, max) => this.#facts.clean(text, max))
  }

  /** @throws {MisuseError} and notes nothing of it then */
  phi(access: PhiAccess): void {
    checkPhi(access)
    const accesses = this.#with(access)
    checkAccesses(accesses)
    this.#touched = accesses
  }

  /** @throws {MisuseError} and notes nothing of it then */
  oauth(step: OAuthStep): void {
    this.#steps = withStep(this.#steps, step, (text, max) => this.#facts.clean(text, max))
  }

  write(record: WritableRecord, auth: Auth | undefined, context: AccessContext): void {
    const { clean, isSynthetic } = context
    const tenantId = this.#tenantOf(record.outcome)
    if (tenantId !== undefined) record.tenantId = tenantId
    if (this.#asked.length > 0) record.scopesAsked = this.#asked
    Object.assign(record, membersOfSteps(this.#steps, auth !== undefined))
    const { kinds } = this.#touched
    if (kinds.length === 0) return
    Object.assign(record, membersOf(kinds, isSynthetic(auth)))
    const agreements = shownAgreements(this.#agreements, clean)
    if (agreements.length > 0) record.agreements = agreements
  }
}
