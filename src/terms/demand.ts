import type { Catalogue } from './catalogue.js'
import { MisuseError } from './misuse.js'
import { checkNames } from './names.js'

/** What one route asks of its caller. */
export interface Demand<S extends string = string> {
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /**
   * How much of the caller's limits the request takes: a whole number; 0 takes nothing and always passes. Where several guards look at a
   * request, it costs as much as the highest of them asks for. Default 1.
   */
  readonly cost?: number
}

/** A demand that need not be checked again. */
export class CheckedDemand<S extends string> implements Demand<S> {
  readonly scopes: readonly S[]
  readonly cost: number

  constructor(scopes: readonly S[], cost = 1) {
    this.scopes = Object.freeze([...scopes])
    this.cost = cost
    Object.freeze(this)
  }
}

const NAMES = ['scopes', 'cost']

/** Checks a demand once; `smallest` is the limit that no cost may be above. @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope` */
export function createDemandReader<S extends string>(
  catalogue: Catalogue,
  smallest: number,
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
    return new CheckedDemand(scopes, cost)
  }
}
