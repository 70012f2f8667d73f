import type { Catalogue } from './catalogue.js'
import { MisuseError } from './misuse.js'
import { checkNames } from './names.js'
import { PHI_ACTIONS, type PhiAction } from './phi.js'

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

/** What one route asks of its caller. */
export interface Demand<S extends string = string> {
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /**
   * How much of the caller's limits the request takes: a whole number; 0 takes nothing and always passes. Where several guards look at a
   * request, it costs as much as the highest of them asks for. Default 1.
   */
  readonly cost?: number
  /** What it touches of health information. It is recorded, and by default the record is `'required'`. */
  readonly phi?: PhiDemand
  /** Default: `'required'` with `phi`, and else the `mode` of the gate's audit trail. */
  readonly audit?: AuditMode
}

/** A demand that need not be checked again. */
export class CheckedDemand<S extends string> implements Demand<S> {
  readonly scopes: readonly S[]
  readonly cost: number
  declare readonly phi?: PhiDemand
  declare readonly audit?: AuditMode

  constructor(scopes: readonly S[], { cost = 1, phi, audit }: Demand<S> = {}) {
    this.scopes = Object.freeze([...scopes])
    this.cost = cost
    if (phi !== undefined) this.phi = Object.freeze({ ...phi })
    if (audit !== undefined) this.audit = audit
    Object.freeze(this)
  }
}

const NAMES = ['scopes', 'cost', 'phi', 'audit']
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
  const nothing = new CheckedDemand<S>([])
  return (demand) => {
    if (demand === undefined) return nothing
    if (demand instanceof CheckedDemand) return demand
    checkNames(demand, NAMES, 'demand', "{ scopes: ['read:orders'] }")
    const { scopes = [], cost = 1 } = demand
    if (!Array.isArray(scopes)) {
      throw new MisuseError(
        'invalid_option',
        "demand: 'scopes' must be a list, such as ['read:orders']",
      )
    }
    catalogue.check(scopes, 'demand')
    if (!Number.isInteger(cost) || cost < 0 || cost > smallest) {
      throw new MisuseError(
        'invalid_option',
        `demand: 'cost' must be a whole number from 0 to ${String(smallest)}, the smallest limit there is`,
      )
    }
    checkAudit(demand, audited)
    return new CheckedDemand(scopes, demand)
  }
}

function checkAudit({ phi, audit }: Demand, audited: boolean): void {
  if (phi !== undefined) {
    checkNames(phi, ['resource', 'action', 'param'], 'demand.phi', PHI_EXAMPLE)
    const { resource, action, param = 'id' } = phi
    const named = [resource, param].every((text: unknown) => isName(text))
    if (!named || !PHI_ACTIONS.includes(action)) {
      throw new MisuseError(
        'invalid_option',
        `demand: 'phi' must be such as ${PHI_EXAMPLE}; actions are ${PHI_ACTIONS.join(', ')}`,
      )
    }
  }
  if (audit !== undefined && !['best-effort', 'required'].includes(audit)) {
    throw new MisuseError('invalid_option', "demand: 'audit' must be 'best-effort' or 'required'")
  }
  if (audited || (phi === undefined && audit === undefined)) return
  const asking = phi === undefined ? 'audit' : 'phi'
  throw new MisuseError(
    'invalid_option',
    `demand: '${asking}' needs an audit trail; give 'audit' to createGate`,
  )
}

function isName(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && text.length <= 64
}
