import type { Auth } from '../core/auth.js'
import type { AuditNote, Decision } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { OAuthStep } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { AgreementNote } from '../core/policy.js'
import { routeOf, type GateRequest } from '../core/request.js'
import type { Requirement } from '../core/requirement.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessContext } from './access-context.js'
import { inCommon, actorOf, type Common } from './actor.js'
import type { UnchainedRecord } from './chain.js'
import { isRefused, kindOfSteps, membersOfSteps, withStep, type ToldSteps } from './oauth-steps.js'
import type { PendingRecord } from './pending-record.js'
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
import type { AccessRecord } from './record.js'
import { factsOf, type Facts } from './request-facts.js'

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

const MAX_NAME = 256

/** One request on its way, as far as the trail has followed it. */
export class Access implements PendingRecord, AuditNote {
  auth: Auth | undefined
  /** The reason of a denial. */
  reason: Reason | undefined
  outcome: 'allowed' | 'denied' | undefined
  status: number | undefined
  aborted = false
  /** Whether it is for the trail at all. */
  recorded = true
  /** Whether it must be on durable storage before anything happens; and whether it has been brought on its way there. */
  required = false
  committed = false
  /** Whether all of it has been put on its way. */
  ended = false
  /** How many it stands for, and when the last of them was, in milliseconds since the epoch. */
  count = 1
  until = 0
  /** What those have in common: nothing else is told of them. */
  common: Common = 'all'
  readonly at: number
  readonly #number: number
  readonly #context: AccessContext
  readonly #startedAt = performance.now()
  readonly #address: string | undefined
  #request: GateRequest | undefined
  #presented: string | undefined
  #decision: Decision | undefined
  #requestId = ''
  #tenantId: string | undefined
  #route: string | undefined
  #asked: readonly string[] = []
  #touched = NOTHING
  #steps: ToldSteps | undefined
  #agreements: readonly AgreementNote[] = []
  #latencyMs: number | undefined
  #settled = false
  #facts: Facts | undefined

  constructor(
    number: number,
    at: number,
    context: AccessContext,
    request: GateRequest | undefined,
    address?: string,
  ) {
    this.#number = number
    this.at = at
    this.#context = context
    this.#request = request
    this.#address = address
  }

  get whose(): string | undefined {
    return this.auth?.ownerId ?? this.client
  }

  get queue(): 'allowed' | 'denied' {
    return this.outcome === 'allowed' ? 'allowed' : 'denied'
  }

  get weight(): number {
    return this.#touched.bytes
  }

  /** The client's address, once it is settled. */
  get client(): string | undefined {
    return this.#facts?.client
  }

  /** What it asks for, once it is settled. */
  get target(): string {
    return `${this.#facts?.method ?? ''} ${this.#facts?.path ?? ''}`
  }

  /** What refusals by the app have in common with others. */
  get matter(): string {
    return kindOfSteps(this.#steps)
  }

  /** What is presented must not be found anywhere in the record. */
  presents(secret: string): void {
    this.#presented = secret
  }

  /** Another guard has looked at it. */
  decided(
    decision: Decision,
    requirement: Requirement,
    request: GateRequest | undefined,
    agreements: readonly AgreementNote[],
  ): void {
    this.#decision = decision
    this.#agreements = agreements
    this.outcome = decision.allowed && !isRefused(this.#steps) ? 'allowed' : 'denied'
    this.reason = decision.allowed ? undefined : decision.reason
    this.#settled = false
    if (request !== undefined) this.#request = request
    if (decision.allowed && decision.tenantId !== undefined) this.#tenantId = decision.tenantId
    const { scopes = [], phi } = requirement
    if (scopes.length > 0) this.#asked = [...new Set([...this.#asked, ...scopes])]
    if (phi === undefined) return
    const { resource, action, param } = phi
    const ids = param === undefined ? [] : idsIn(request, param)
    this.#touched = this.#with({ resource, action, ids })
  }

  #with(access: PhiAccess): PhiAccesses {
    return withAccess(this.#touched, access, (text, max) => this.#clean(text, max))
  }

  #clean(text: string, max: number): string {
    return this.#context.clean(text, max, this.#presented)
  }

  phi(access: PhiAccess): MaybePromise<void> {
    return this.#tell(() => {
      checkPhi(access)
      const accesses = this.#with(access)
      checkAccesses(accesses)
      this.#touched = accesses
    })
  }

  oauth(step: OAuthStep): MaybePromise<void> {
    return this.#tell(() => {
      this.#steps = withStep(this.#steps, step, (text, max) => this.#clean(text, max))
      if (isRefused(this.#steps)) this.outcome = 'denied'
    })
  }

  /** Told by a handler: all of it is recorded, or it rejects and none of it is. */
  #tell(take: () => void): MaybePromise<void> {
    try {
      take()
    } catch (error) {
      return this.#context.refuse(error as Error)
    }
    return this.#context.more(this)
  }

  /** Whether the trail that has this context follows it. */
  isOf(context: AccessContext): boolean {
    return this.#context === context
  }

  answered(status: number | undefined, aborted: boolean): void {
    this.status = status
    this.aborted = aborted
    this.#latencyMs = Math.round((performance.now() - this.#startedAt) * 10) / 10
  }

  /** Takes what it needs of the request and lets go of it: what waits to be written holds no header. */
  settle(): void {
    if (this.#settled) return
    this.#settled = true
    const request = this.#request
    const cleaned = (text: string, max: number) => this.#clean(text, max)
    this.#requestId = cleaned(this.#decision?.requestId ?? '', MAX_NAME)
    const route = request && routeOf(request)
    if (route !== undefined) this.#route = cleaned(route, MAX_NAME)
    // What was presented is forgotten once it is written: what a client wrote is not read a second time.
    this.#facts ??= factsOf(request, this.#address, this.#context.proxies, cleaned)
  }

  /** Nothing more will be asked of the request. */
  release(): void {
    this.settle()
    this.#request = undefined
    this.#presented = undefined
    this.#decision = undefined
  }

  compose(): UnchainedRecord {
    this.settle()
    const { kinds } = this.#touched
    const { method, path, client, peer, userAgent } = this.#facts ?? {}
    const record: Writable<AccessRecord> = {
      kind: 'access',
      id: this.#context.idOf(this.#number),
      time: new Date(this.at).toISOString(),
      outcome: this.queue,
      requestId: this.#requestId,
    }
    if (this.count > 1) {
      record.count = this.count
      record.until = new Date(this.until).toISOString()
    }
    if (this.reason !== undefined) record.reason = this.reason
    if (this.common !== 'all') {
      return Object.assign(record, inCommon(this.auth, this.common, this.#context.clean))
    }
    // One by one: to spread so many objects into one takes several times as long.
    if (this.status !== undefined) record.status = this.status
    if (this.aborted) record.aborted = true
    if (method !== undefined) record.method = method
    if (path !== undefined) record.path = path
    if (this.#route !== undefined) record.route = this.#route
    if (this.auth !== undefined) {
      Object.assign(record, actorOf(this.auth, this.#context.clean))
      record.scopesGranted = this.auth.scopes
    }
    if (this.#tenantId !== undefined) {
      record.tenantId = this.#context.clean(this.#tenantId, MAX_NAME)
    }
    if (this.#asked.length > 0) record.scopesAsked = this.#asked
    Object.assign(record, membersOfSteps(this.#steps, this.auth !== undefined))
    if (kinds.length > 0) {
      Object.assign(record, membersOf(kinds, this.#context.isSynthetic(this.auth)))
      const agreements = shownAgreements(this.#agreements, this.#context.clean)
      if (agreements.length > 0) record.agreements = agreements
    }
    if (client !== undefined) record.client = client
    if (peer !== undefined && peer !== client) record.peer = peer
    if (userAgent) record.userAgent = userAgent
    if (this.#latencyMs !== undefined) record.latencyMs = this.#latencyMs
    return record
  }
}
