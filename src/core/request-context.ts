import { spelled } from '../lib/ip-address.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Auth, Identity } from './auth.js'
import type { Charge } from './charge.js'
import type { PresentedCredential } from './credential.js'
import type { AuditNote } from './decision.js'
import type { Refusal } from './denial.js'
import type { AskedOtherwise } from './otherwise.js'
import type { AgreementNote } from './policy.js'
import type { GateRequest } from './request.js'
import type { AskedResource, CheckedRequirement } from './requirement.js'
import type { UsageOutcome } from './tally.js'

/** Reads addresses out of a request, past the proxies that the gate trusts. */
export interface ClientAddresses {
  /** The client's address in its one spelling, or `undefined` where it cannot be known; never a guess. */
  clientOf(request: GateRequest): string | undefined
  /**
   * The address that answers for a request: whoever handed it to the outermost of our proxies, also where what stands further left of X-Forwarded-For
   * makes the client unknown.
   */
  senderOf(request: GateRequest): string | undefined
  /** What one caller can be taken to have around an address: an IPv4 address, or an IPv6 network of 48 bits. */
  networkOf(address: string): string | undefined
  /** What one host can be taken to have: an IPv4 address, also where it is written as IPv6, or an IPv6 network of 64 bits. */
  hostOf(address: string): string | undefined
}

/** Slows down addresses that try keys. An unknown address is never refused. */
export interface BruteForce {
  /** A refusal while this address has a penalty in force. */
  check(sender: string | undefined): Refusal | undefined
  /** This address has presented a key that does not exist. Charged to the address, never to a key: nobody can lock out somebody else. */
  recordFailure(sender: string | undefined): void
}

/** A resource that a guard has checked. It holds for the match of a route in which it was found, and for no other. */
export interface CheckedResource {
  readonly asked: AskedResource
  /** `type/id` */
  readonly resource: string
  readonly url: string | undefined
  readonly match: unknown
}

/** What a gate lends to each of its requests. */
export interface RequestServices {
  readonly proxies: ClientAddresses
  /** Absent: there is no brute-force protection. */
  readonly bruteForce: BruteForce | undefined
}

/** What is known of a request before the first step. */
export interface KnownBefore {
  /** Absent where the caller did not come over HTTP. */
  readonly request: GateRequest | undefined
  readonly requirement: CheckedRequirement
  /** What an earlier guard of the same gate has left. */
  readonly earlier?: RequestContext | undefined
  /** What the audit trail has of the request; absent where there is no trail. */
  readonly note?: AuditNote | undefined
  /** The client's address where there is no request. */
  readonly address?: string | undefined
}

const MAX_AGREEMENTS = 8
const MAX_NAME = 64

/**
 * What is known about one request so far. Each step of the pipeline reads it and adds to it. All fields are set by the constructor, so that its shape
 * never changes.
 */
export class RequestContext {
  readonly request: GateRequest | undefined
  readonly requirement: CheckedRequirement
  readonly earlier: RequestContext | undefined
  readonly note: AuditNote | undefined
  credential: PresentedCredential | undefined
  /** Whose the credential is, also where it does not work any more. */
  auth: Auth | undefined
  /** The tenant whose data the request touches, once it is known that the caller may act for it. */
  tenantId: string | undefined
  /** The tenant that the caller has named, where the route asks for one: it may be that of somebody else. Null: it has named none. */
  namedTenant: string | null | undefined
  /** The resource that the caller was held to, and where. */
  checked: CheckedResource | undefined
  /** What the limits have counted. */
  charge: Charge | undefined
  /** What it was counted as in the usage of its caller, by this guard or an earlier one. Absent: nobody knows whose it is. */
  counted: UsageOutcome | undefined
  /** Whether it asks for something that lasts: what was answered about its token before is no answer. */
  anew: boolean
  /** Whether it takes nothing of any limit: the limits of an owner must not keep it from stopping a key that uses them up. */
  isFree: boolean
  /** Whether an endpoint of the gate goes on with what is let in, and may refuse it yet: it tells observers itself what it has come to. */
  isPart: boolean
  /** Whether observers were told what that endpoint has come to. */
  isTold: boolean
  /** Who calls, if that is known. */
  known: Identity | undefined
  /** On which agreements it is let in, as policies have found. */
  agreements: readonly AgreementNote[]
  /** How this guard, or an earlier one, asks the app for a caller. */
  readonly askedOtherwise: AskedOtherwise | undefined
  readonly #services: RequestServices
  readonly #address: string | undefined

  constructor(
    services: RequestServices,
    { request, requirement, earlier, note, address }: KnownBefore,
  ) {
    this.request = request
    this.requirement = requirement
    this.earlier = earlier
    this.note = note
    this.credential = undefined
    this.auth = undefined
    this.tenantId = undefined
    this.namedTenant = undefined
    this.checked = undefined
    // Of nobody: a caller is charged all the same.
    this.charge = earlier?.known && earlier.charge
    this.counted = earlier?.counted
    this.anew = false
    this.isFree = false
    this.isPart = false
    this.isTold = false
    this.known = undefined
    this.agreements = earlier?.agreements ?? []
    this.askedOtherwise = requirement.askedOtherwise ?? earlier?.askedOtherwise
    this.#services = services
    this.#address = address
  }

  /** Who calls. @throws {Error} before a step has found out */
  get caller(): Identity {
    if (this.known === undefined) throw new Error('Nobody has been authenticated yet.')
    return this.known
  }

  set caller(caller: Identity) {
    this.known = caller
    this.auth = caller.auth
  }

  /** A policy has found an agreement. */
  agreed(id: string, version: string): void {
    const found = this.agreements
    const isKnown = found.some((one) => one.id === id && one.version === version)
    if (isKnown || found.length >= MAX_AGREEMENTS) return
    this.agreements = [...found, { id: id.slice(0, MAX_NAME), version: version.slice(0, MAX_NAME) }]
  }

  /** What was presented, as text; empty where nothing was. */
  get secret(): string {
    return this.credential?.value ?? ''
  }

  /** The same request with a credential of its own: a call of the token endpoint may bring several. */
  with(credential: PresentedCredential | undefined): RequestContext {
    const { request, requirement, earlier, note } = this
    const address = this.#address
    const next = new RequestContext(this.#services, {
      request,
      requirement,
      earlier,
      note,
      address,
    })
    next.credential = credential
    return next
  }

  /** The client's address, as far as it is known. */
  client(): string | undefined {
    if (this.request === undefined) return this.#address && spelled(this.#address)
    return this.#services.proxies.clientOf(this.request)
  }

  /** The address that answers for the request: brute-force protection counts by it. */
  sender(): string | undefined {
    if (this.request === undefined) return this.#address
    return this.#services.proxies.senderOf(this.request)
  }

  /** The network that answers for the request, for what callers share. Absent where its address is not known. */
  network(): string | undefined {
    const sender = this.sender()
    return sender === undefined ? undefined : this.#services.proxies.networkOf(sender)
  }

  /** The host that answers for the request, for what is counted by address. Absent where its address is not known. */
  host(): string | undefined {
    const sender = this.sender()
    return sender === undefined ? undefined : this.#services.proxies.hostOf(sender)
  }

  /** Asked before a credential that may be a guess is looked up: a refusal, and nobody else is asked. */
  checkBruteForce(): Refusal | undefined {
    return this.#services.bruteForce?.check(this.sender())
  }

  /** The credential was a guess. */
  recordFailure(): void {
    this.#services.bruteForce?.recordFailure(this.sender())
  }
}

/** One step of the pipeline: a refusal, or `undefined` to let the request go on. A promise only where the step has to wait. */
export type Step = (context: RequestContext) => MaybePromise<Refusal | undefined>
