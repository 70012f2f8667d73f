import type { Catalogue } from './catalogue.js'
import { MisuseError } from './misuse.js'
import { checkNames } from './names.js'

/** What one route asks of its caller. */
export interface Demand<S extends string = string> {
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
}

/** A demand that need not be checked again. */
export class CheckedDemand<S extends string> implements Demand<S> {
  readonly scopes: readonly S[]

  constructor(scopes: readonly S[]) {
    this.scopes = Object.freeze([...scopes])
    Object.freeze(this)
  }
}

const NAMES = ['scopes']

/** Checks a demand once. @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope` */
export function createDemandReader<S extends string>(
  catalogue: Catalogue,
): (demand?: Demand<S>) => CheckedDemand<S> {
  const nothing = new CheckedDemand<S>([])
  return (demand) => {
    if (demand === undefined) return nothing
    if (demand instanceof CheckedDemand) return demand
    checkNames(demand, NAMES, 'demand', "{ scopes: ['read:orders'] }")
    const { scopes = [] } = demand
    if (!Array.isArray(scopes)) {
      throw new MisuseError(
        'invalid_option',
        "demand: 'scopes' must be a list, such as ['read:orders']",
      )
    }
    catalogue.check(scopes, 'demand')
    return new CheckedDemand(scopes)
  }
}
