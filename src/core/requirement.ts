import type { Catalogue } from './catalogue.js'
import type { Duration } from '../lib/duration.js'
import { MisuseError } from './errors.js'
import type { Calendar, Limit } from './limit.js'
import { checkNames } from './names.js'
import { PHI_ACTIONS, type PhiAction } from './phi.js'
import type { Policy } from './policy.js'
import { readerOf, type ReadValue, type RequestValue } from './request-value.js'
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

/** A limit of a route's own, beside those of the caller's plan. */
export interface RouteLimit {
  /**
   * What it is counted under: 1 to 64 letters, digits, `_` and `-`, a letter first. Routes that name the same share one count. Default: a count of its own, told apart by the order in which
   * guards are made; give a name where several versions of the app run on one limit store.
   */
  readonly name?: string
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'` to `'366d'`, beginning with the first request; or the `'day'` or `'month'` of UTC. */
  readonly window: Duration | Calendar
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
export interface Requirement<S extends string = string, R = never> {
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
  /** What the route touches, for callers that are held to single resources. Default: it does not say, and is closed to them. */
  readonly resource?: ResourceRequirement<R>
  /** Where the request names the tenant whose data it touches: one that the caller may act for. Default: of none. */
  readonly tenant?: RequestValue<R>
  /** Rules of the app for this route; they come last. Default: none. */
  readonly policies?: readonly Policy[]
  /** What it touches of health information. It is recorded, and by default the record is `'required'`. */
  readonly phi?: PhiRequirement
  /** Default: `'required'` with `phi`, and else the `mode` of the gate's audit trail. */
  readonly audit?: AuditMode
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
  readonly policies: readonly Policy[]
  readonly touches: AskedResource | undefined
  readonly readTenant: ReadValue | undefined
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
      phi,
      audit,
    }: Requirement<S>,
    routeLimit?: Limit,
  ) {
    this.scopes = Object.freeze([...scopes])
    this.anyScope = Object.freeze([...anyScope])
    this.cost = cost
    this.routeLimit = routeLimit
    this.policies = Object.freeze([...policies])
    this.touches = resource && askedResource(resource)
    this.readTenant = tenant && readerOf(tenant, "requirement: 'tenant'")
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

const NAMES = [
  'scopes',
  'anyScope',
  'cost',
  'limit',
  'resource',
  'tenant',
  'policies',
  'phi',
  'audit',
]
const PHI_EXAMPLE = "{ resource: 'Patient', action: 'read', param: 'id' }"

/** What requirements are checked by. */
export interface RequirementChecks {
  readonly catalogue: Catalogue
  /** The limit that no cost may be above. */
  readonly smallest: number
  /** Whether there is an audit trail. */
  readonly audited: boolean
  readonly readLimit: (given: RouteLimit, cost: number, isLasting: boolean) => Limit
}

/** @param isLasting whether it is read once, and not with each request. Default false */
export type RequirementReader<S extends string> = (
  requirement?: Requirement<S>,
  isLasting?: boolean,
) => CheckedRequirement<S>

/**
 * Checks a requirement once.
 * @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope`
 */
export function createRequirementReader<S extends string>(
  checks: RequirementChecks,
): RequirementReader<S> {
  const { catalogue, smallest, audited, readLimit } = checks
  const nothing = new CheckedRequirement<S>({})
  return (requirement, isLasting = false) => {
    if (requirement === undefined) return nothing
    if (requirement instanceof CheckedRequirement) return requirement
    checkNames(requirement, NAMES, 'requirement', "{ scopes: ['read:orders'] }")
    const { cost = 1, policies = [], limit } = requirement
    checkScopes(requirement, catalogue)
    if (!Number.isInteger(cost) || cost < 0 || cost > smallest) {
      throw misuse(
        `'cost' must be a whole number from 0 to ${String(smallest)}, the smallest limit there is`,
      )
    }
    if (!Array.isArray(policies) || policies.some((policy) => typeof policy !== 'function')) {
      throw misuse("'policies' must be a list of functions")
    }
    checkAudit(requirement, audited)
    return new CheckedRequirement(requirement, limit && readLimit(limit, cost, isLasting))
  }
}

function checkScopes({ scopes = [], anyScope }: Requirement, catalogue: Catalogue): void {
  if (!Array.isArray(scopes)) throw misuse("'scopes' must be a list, such as ['read:orders']")
  catalogue.check(scopes, 'requirement')
  if (anyScope === undefined) return
  // Of none, nobody has one; whoever writes it means something else.
  if (!Array.isArray(anyScope) || anyScope.length === 0) {
    throw misuse(
      "'anyScope' must be a list of at least one scope, such as ['read:orders', 'admin']",
    )
  }
  catalogue.check(anyScope, 'requirement')
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
    throw misuse("'resource.type' must be letters, digits, _ and -, such as 'records'")
  }
  return { type, readId: id && readerOf(id, "requirement: 'resource.id'") }
}

function checkAudit({ phi, audit }: Requirement, audited: boolean): void {
  if (phi !== undefined) {
    checkNames(phi, ['resource', 'action', 'param'], 'requirement.phi', PHI_EXAMPLE)
    const { resource, action, param = 'id' } = phi
    const named = [resource, param].every((text: unknown) => isName(text))
    if (!named || !PHI_ACTIONS.includes(action)) {
      throw misuse(`'phi' must be such as ${PHI_EXAMPLE}; actions are ${PHI_ACTIONS.join(', ')}`)
    }
  }
  if (audit !== undefined && !['best-effort', 'required'].includes(audit)) {
    throw misuse("'audit' must be 'best-effort' or 'required'")
  }
  if (audited || (phi === undefined && audit === undefined)) return
  const asking = phi === undefined ? 'audit' : 'phi'
  throw misuse(`'${asking}' needs an audit trail; give 'audit' to createGate`)
}

function isName(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && text.length <= 64
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `requirement: ${message}`)
}
