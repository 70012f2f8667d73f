import { MisuseError } from './errors.js'
import { nearest } from '../lib/nearest.js'

/** Every scope the API knows, each with its level. */
export interface Catalogue {
  readonly levels: ReadonlyMap<string, number>
  /** @throws {MisuseError} `unknown_scope` naming the nearest scope. */
  check(scopes: readonly string[], where: string): void
}

export function createCatalogue(levels: ReadonlyMap<string, number>): Catalogue {
  return {
    levels,
    check(scopes, where) {
      for (const scope of scopes) {
        if (!levels.has(scope)) throw unknownScope(scope, where, levels)
      }
    },
  }
}

/** What may stand in a challenge: RFC 6750 section 3. */
export const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** Knows no scope, and takes every one that could be. */
export function createOpenCatalogue(): Catalogue {
  return {
    levels: new Map(),
    check(scopes, where) {
      const wrong = scopes.find((scope) => !SCOPE.test(scope))
      if (wrong === undefined) return
      throw new MisuseError(
        'unknown_scope',
        `${where}: '${wrong}' must be visible ASCII without quote or backslash`,
      )
    },
  }
}

function unknownScope(scope: string, where: string, levels: ReadonlyMap<string, number>): Error {
  const meant = nearest(scope, levels.keys())
  const advice =
    meant === undefined
      ? `add it to the scopes given to createGate, or use one of: ${[...levels.keys()].join(', ')}`
      : `did you mean '${meant}'?`
  return new MisuseError(
    'unknown_scope',
    `${where}: '${scope}' is not one of the scopes; ${advice}`,
  )
}
