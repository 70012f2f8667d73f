import type { Auth } from '../core/auth.js'
import type { AuditNote, Decision } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { OAuthStep } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { GateRequest } from '../core/request.js'
import type { RequestContext } from '../core/request-context.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessContext, WritableRecord } from './access-context.js'
import { inCommon, actorOf, type Common } from './actor.js'
import type { UnchainedRecord } from './chain.js'
import type { PendingRecord } from './pending-record.js'
import { RequestFacts } from './request-facts.js'
import { RequestNotes } from './request-notes.js'

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
  readonly facts: RequestFacts
  readonly notes: RequestNotes
  readonly #number: number
  readonly #context: AccessContext
  readonly #startedAt = performance.now()
  #latencyMs: number | undefined

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
    this.facts = new RequestFacts(context, request, address)
    this.notes = new RequestNotes(this.facts)
  }

  get whose(): string | undefined {
    return this.auth?.ownerId ?? this.facts.client
  }

  get queue(): 'allowed' | 'denied' {
    return this.outcome === 'allowed' ? 'allowed' : 'denied'
  }

  get weight(): number {
    return this.notes.bytes
  }

  /** Another guard has looked at it. */
  decided(decision: Decision, asking: RequestContext): void {
    this.outcome = decision.allowed && !this.notes.isRefused ? 'allowed' : 'denied'
    this.reason = decision.allowed ? undefined : decision.reason
    this.facts.decided(decision, asking.request)
    this.notes.decided(decision, asking)
  }

  phi(access: PhiAccess): MaybePromise<void> {
    return this.#tell(() => {
      this.notes.phi(access)
    })
  }

  oauth(step: OAuthStep): MaybePromise<void> {
    return this.#tell(() => {
      this.notes.oauth(step)
      if (this.notes.isRefused) this.outcome = 'denied'
    })
  }

  /** The endpoint has refused what its guard had let in. */
  refused(reason: Reason): void {
    this.outcome = 'denied'
    this.reason = reason
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

  /** Whether it was answered, or never will be. */
  get isOver(): boolean {
    return this.status !== undefined || this.aborted
  }

  answered(status: number | undefined, aborted: boolean): void {
    this.status = status
    this.aborted = aborted
    this.#latencyMs = Math.round((performance.now() - this.#startedAt) * 10) / 10
  }

  compose(): UnchainedRecord {
    const { facts, notes, auth } = this
    facts.settle()
    const record: WritableRecord = {
      kind: 'access',
      id: this.#context.idOf(this.#number),
      time: new Date(this.at).toISOString(),
      outcome: this.queue,
      requestId: facts.requestId,
    }
    if (this.count > 1) {
      record.count = this.count
      record.until = new Date(this.until).toISOString()
    }
    if (this.reason !== undefined) record.reason = this.reason
    if (this.common !== 'all') {
      return Object.assign(record, inCommon(auth, this.common, this.#context.clean))
    }
    // One by one: to spread so many objects into one takes several times as long.
    if (this.status !== undefined) record.status = this.status
    if (this.aborted) record.aborted = true
    facts.writeTarget(record)
    if (auth !== undefined) {
      Object.assign(record, actorOf(auth, this.#context.clean))
      record.scopesGranted = auth.scopes
    }
    notes.write(record, auth, this.#context)
    facts.writeClient(record)
    if (this.#latencyMs !== undefined) record.latencyMs = this.#latencyMs
    return record
  }
}
