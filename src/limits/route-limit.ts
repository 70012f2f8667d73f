import * as v from 'valibot'
import type { MisuseError } from '../core/errors.js'
import type { Limit } from '../core/limit.js'
import { PLAN_NAME } from '../core/names.js'
import type { RouteLimit } from '../core/route-limit-options.js'
import { requirementError } from '../core/requirement-error.js'
import { readInput } from '../lib/issue.js'
import { count, window } from './plan-schema.js'
import { limitFrom } from './plans.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const EXAMPLE = "{ name: 'exports', limit: 10, window: '1h' }"
const schema = lazily(() =>
  strictObject(
    {
      name: v.optional(v.pipe(v.string(), v.regex(PLAN_NAME, 'must be letters, digits, _ and -'))),
      limit: count(),
      window: window(),
    },
    `must be such as ${EXAMPLE}`,
  ),
)

/**
 * Reads limits of routes. One without a name has a count of its own, and is told apart by the order in which they are read.
 * @param isLasting whether the requirement is read once, and not with each request
 * @throws {MisuseError} `invalid_option`, `unknown_option`
 */
export type RouteLimitReader = (given: RouteLimit, cost: number, isLasting: boolean) => Limit

export function createRouteLimitReader(): RouteLimitReader {
  let unnamed = 0
  return (given, cost, isLasting) => {
    const { name, ...quota } = readInput(schema(), given, EXAMPLE, misuse)
    if (name === undefined && !isLasting) {
      throw misuse(
        `needs a 'name' where gate.check is given the requirement itself, such as ${EXAMPLE}; or prepare it once with gate.requirement`,
      )
    }
    if (cost > quota.limit)
      throw misuse("is below the 'cost' of the route: nothing would ever pass")
    return limitFrom('quota', quota, `route-${name ?? String(++unnamed)}`)
  }
}

function misuse(message: string): MisuseError {
  return requirementError(`'limit' ${message}`)
}
