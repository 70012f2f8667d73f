import { MisuseError } from './errors.js'
import { nearest } from '../lib/nearest.js'

/** How high a scope is: a number, or the name of a level. */
export type Level = number | string

/** Every scope the API knows, each with its level. */
export interface Catalogue {
  readonly levels: ReadonlyMap<string, Level>
  /** Whether one of these scopes is of a higher level. Nothing is above a scope that is not known. */
  isBelow(scope: string, held: readonly string[]): boolean
  /** @throws {MisuseError} `unknown_scope` naming the nearest scope. */
  check(scopes: readonly string[], where: string): void
}

/** @param below the levels below each level that has a name */
export function createCatalogue(
  levels: ReadonlyMap<string, Level>,
  below: ReadonlyMap<Level, ReadonlySet<Level>>,
): Catalogue {
  return {
    levels,
    isBelow(scope, held) {
      const level = levels.get(scope)
      if (level === undefined) return false
      return held.some((one) => {
        const own = levels.get(one) ?? 0
        return below.get(own)?.has(level) ?? own > level
      })
    },
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
    isBelow: () => false,
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

function unknownScope(scope: string, where: string, levels: ReadonlyMap<string, unknown>): Error {
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
