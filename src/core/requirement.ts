import { readAccepts, type AcceptsRequirement, type CheckedAccepts } from './accepts.js'
import type { CountedResponses, RouteLimit } from './route-limit-options.js'
import type { Limit } from './limit.js'
import { checkNames } from './names.js'
import { askOtherwise, type AskedOtherwise, type OtherwiseOptions } from './otherwise.js'
import type { PhiAction } from './phi.js'
import type { Policy } from './policy.js'
import { readerOf, type ReadValue, type RequestValue } from './request-value.js'
import { requirementError } from './requirement-error.js'
import { isResourceType } from './resource.js'

/**
 * `'best-effort'`: recorded beside the request. `'required'`: on durable storage before the handler runs, or the request is
 * refused with 503.
 */
export type AuditMode = 'best-effort' | 'required'

/** What a route touches of protected health information. */
export interface PhiRequirement {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** The parameter of the route that says of which record: `'id'` for `/patients/:id`. */
  readonly param?: string
}

/** What a route touches. */
export interface ResourceRequirement<R = never> {
  /** 1 to 64 letters, digits, `_` and `-`, a letter first. */
  readonly type: string
  /** Where its id stands. Absent: the route touches all of the type, as a list does. */
  readonly id?: RequestValue<R>
}

/**
 * What one route asks of its caller. `R` is what functions in it are given: the framework's own request, or a `GateRequest` in `gate.check`; `never`
 * is any.
 */
export interface Requirement<S extends string = string, R = never> extends OtherwiseOptions<S, R> {
  /** See `OptionalRequirement`. Default: `false`, and a request without credentials gets 401. */
  readonly optional?: false
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /** Scopes of which the caller must hold at least one, beside all of `scopes`: at least one name. Default: none. */
  readonly anyScope?: readonly S[]
  /**
   * How much of the caller's limits the request takes: a whole number; 0 takes nothing and always passes. Where several guards look at a
   * request, it costs as much as the highest of them asks for. Default 1.
   */
  readonly cost?: number
  /**
   * How much of this route each caller may ask for, whatever its plan; needs no plans. Who is one caller is what `limits.by` says. Beyond it, 429 `route_limit_exceeded`. Default: no such limit.
   * @example { name: 'exports', limit: 10, window: '1h' }
   */
  readonly limit?: RouteLimit
  /**
   * Which responses count: what others took is given back when they are over, but for places under way. Where several guards look at a request, the last one that says so decides. Default: all.
   * @example 'failure'
   */
  readonly count?: CountedResponses
  /** What the route touches, for callers that are held to single resources. Default: it does not say, and is closed to them. */
  readonly resource?: ResourceRequirement<R>
  /** Where the request names the tenant whose data it touches: one that the caller may act for. Default: of none. */
  readonly tenant?: RequestValue<R>
  /** Rules of the app for this route; they come last. Default: none. */
  readonly policies?: readonly Policy[]
  /**
   * Which media types the route takes and makes, by `Content-Type` and `Accept`. It comes last: rights are checked first. Default: not looked at.
   * @example { type: 'application/json', accept: 'application/json', required: true }
   */
  readonly accepts?: AcceptsRequirement
  /** What it touches of health information. It is recorded, and by default the record is `'required'`. */
  readonly phi?: PhiRequirement
  /** Default: `'required'` with `phi`, and else the `mode` of the gate's audit trail. */
  readonly audit?: AuditMode
}

/**
 * What a guard asks that lets requests without credentials pass. Who presents a credential is held to it: one that is not valid is 401, two are 400. It can ask for nothing
 * that only a caller has.
 * @example
 * app.use(guard(gate, { optional: true }))
 * app.get('/', (req, res) => res.json({ for: authOf(req, { optional: true })?.ownerId }))
 */
export interface OptionalRequirement<S extends string = string, R = never>
  extends Pick<Requirement<S, R>, 'cost' | 'limit' | 'count' | 'audit'>, OtherwiseOptions<S, R> {
  readonly optional: true
}

/** Everything that a guard can be given. */
export type AnyRequirement<S extends string = string, R = never> =
  Requirement<S, R> | OptionalRequirement<S, R>

/** Either of the two, once it is known that nothing contradicts itself. */
export type Asked<S extends string> = Omit<Requirement<S>, 'optional'> & {
  readonly optional?: boolean
}

/** What a route touches, ready to be looked up. */
export interface AskedResource {
  readonly type: string
  readonly readId: ReadValue | undefined
}

/** A requirement that need not be checked again. */
export class CheckedRequirement<S extends string = string> {
  readonly scopes: readonly S[]
  /** Empty: none of them is asked for. */
  readonly anyScope: readonly S[]
  readonly cost: number
  readonly routeLimit: Limit | undefined
  /** Absent: all responses. */
  readonly counted: CountedResponses | undefined
  readonly policies: readonly Policy[]
  readonly touches: AskedResource | undefined
  readonly readTenant: ReadValue | undefined
  readonly mediaTypes: CheckedAccepts | undefined
  /** Whether a request without a caller passes. */
  readonly isOptional: boolean
  /** How the app is asked for a caller without a credential. */
  readonly askedOtherwise: AskedOtherwise | undefined
  /** Whether either of the two: a request without a credential may go on. */
  readonly isOpen: boolean
  declare readonly phi?: PhiRequirement
  declare readonly audit?: AuditMode

  /** @throws {MisuseError} `invalid_option` */
  constructor(
    {
      scopes = [],
      anyScope = [],
      cost = 1,
      policies = [],
      resource,
      tenant,
      accepts,
      phi,
      audit,
      count,
      optional = false,
      ...others
    }: Asked<S>,
    routeLimit?: Limit,
  ) {
    this.scopes = Object.freeze([...scopes])
    this.anyScope = Object.freeze([...anyScope])
    this.cost = cost
    this.routeLimit = routeLimit
    this.counted = count
    this.policies = Object.freeze([...policies])
    this.touches = resource && askedResource(resource)
    this.readTenant = tenant && readerOf(tenant, "requirement: 'tenant'")
    this.mediaTypes = accepts && readAccepts(accepts)
    this.isOptional = optional
    this.askedOtherwise = askOtherwise(others)
    this.isOpen = optional || this.askedOtherwise !== undefined
    if (phi !== undefined) this.phi = Object.freeze({ ...phi })
    if (audit !== undefined) this.audit = audit
    Object.freeze(this)
  }

  /** Whether it asks more than who the caller is. */
  get asksForRights(): boolean {
    return (
      this.scopes.length + this.anyScope.length + this.policies.length > 0 ||
      this.readTenant !== undefined
    )
  }
}

function askedResource(resource: ResourceRequirement): AskedResource {
  checkNames(
    resource,
    ['type', 'id'],
    "requirement: 'resource'",
    "{ type: 'records', id: { param: 'id' } }",
  )
  const { type, id } = resource
  if (!isResourceType(type)) {
    throw requirementError("'resource.type' must be letters, digits, _ and -, such as 'records'")
  }
  return { type, readId: id && readerOf(id, "requirement: 'resource.id'") }
}
