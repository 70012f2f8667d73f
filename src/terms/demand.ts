import type { Catalogue } from './catalogue.js'
import { MisuseError } from './misuse.js'
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
export interface PhiDemand {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** The parameter of the route that says of which record: `'id'` for `/patients/:id`. */
  readonly param?: string
}

/** What a route touches. */
export interface ResourceDemand<R = never> {
  /** 1 to 64 letters, digits, `_` and `-`, a letter first. */
  readonly type: string
  /** Where its id stands. Absent: the route touches all of the type, as a list does. */
  readonly id?: RequestValue<R>
}

/**
 * What one route asks of its caller. `R` is what functions in it are given: the framework's own request, or a `GateRequest` in `gate.check`; `never`
 * is any.
 */
export interface Demand<S extends string = string, R = never> {
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /**
   * How much of the caller's limits the request takes: a whole number; 0 takes nothing and always passes. Where several guards look at a
   * request, it costs as much as the highest of them asks for. Default 1.
   */
  readonly cost?: number
  /** What the route touches, for callers that are held to single resources. Default: it does not say, and is closed to them. */
  readonly resource?: ResourceDemand<R>
  /** Where the request names the tenant whose data it touches: one that the caller may act for. Default: of none. */
  readonly tenant?: RequestValue<R>
  /** Rules of the app for this route; they come last. Default: none. */
  readonly policies?: readonly Policy[]
  /** What it touches of health information. It is recorded, and by default the record is `'required'`. */
  readonly phi?: PhiDemand
  /** Default: `'required'` with `phi`, and else the `mode` of the gate's audit trail. */
  readonly audit?: AuditMode
}

/** What a route touches, ready to be looked up. */
export interface AskedResource {
  readonly type: string
  readonly readId: ReadValue | undefined
}

/** A demand that need not be checked again. */
export class CheckedDemand<S extends string = string> {
  readonly scopes: readonly S[]
  readonly cost: number
  readonly policies: readonly Policy[]
  readonly touches: AskedResource | undefined
  readonly readTenant: ReadValue | undefined
  declare readonly phi?: PhiDemand
  declare readonly audit?: AuditMode

  /** @throws {MisuseError} `invalid_option` */
  constructor({ scopes = [], cost = 1, policies = [], resource, tenant, phi, audit }: Demand<S>) {
    this.scopes = Object.freeze([...scopes])
    this.cost = cost
    this.policies = Object.freeze([...policies])
    this.touches = resource && askedResource(resource)
    this.readTenant = tenant && readerOf(tenant, "demand: 'tenant'")
    if (phi !== undefined) this.phi = Object.freeze({ ...phi })
    if (audit !== undefined) this.audit = audit
    Object.freeze(this)
  }

  /** Whether it asks more than who the caller is. */
  get asksForRights(): boolean {
    return this.scopes.length + this.policies.length > 0 || this.readTenant !== undefined
  }
}

const NAMES = ['scopes', 'cost', 'resource', 'tenant', 'policies', 'phi', 'audit']
const PHI_EXAMPLE = "{ resource: 'Patient', action: 'read', param: 'id' }"

/**
 * Checks a demand once; `smallest` is the limit that no cost may be above, and `audited` whether there is an audit trail.
 * @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope`
 */
export function createDemandReader<S extends string>(
  catalogue: Catalogue,
  smallest: number,
  audited = false,
): (demand?: Demand<S>) => CheckedDemand<S> {
  const nothing = new CheckedDemand<S>({})
  return (demand) => {
    if (demand === undefined) return nothing
    if (demand instanceof CheckedDemand) return demand
    checkNames(demand, NAMES, 'demand', "{ scopes: ['read:orders'] }")
    const { scopes = [], cost = 1, policies = [] } = demand
    if (!Array.isArray(scopes)) throw misuse("'scopes' must be a list, such as ['read:orders']")
    catalogue.check(scopes, 'demand')
    if (!Number.isInteger(cost) || cost < 0 || cost > smallest) {
      throw misuse(
        `'cost' must be a whole number from 0 to ${String(smallest)}, the smallest limit there is`,
      )
    }
    if (!Array.isArray(policies) || policies.some((policy) => typeof policy !== 'function')) {
      throw misuse("'policies' must be a list of functions")
    }
    checkAudit(demand, audited)
    return new CheckedDemand(demand)
  }
}

function askedResource(resource: ResourceDemand): AskedResource {
  checkNames(
    resource,
    ['type', 'id'],
    "demand: 'resource'",
    "{ type: 'records', id: { param: 'id' } }",
  )
  const { type, id } = resource
  if (!isResourceType(type)) {
    throw misuse("'resource.type' must be letters, digits, _ and -, such as 'records'")
  }
  return { type, readId: id && readerOf(id, "demand: 'resource.id'") }
}

function checkAudit({ phi, audit }: Demand, audited: boolean): void {
  if (phi !== undefined) {
    checkNames(phi, ['resource', 'action', 'param'], 'demand.phi', PHI_EXAMPLE)
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
  return new MisuseError('invalid_option', `demand: ${message}`)
}
