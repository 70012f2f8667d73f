import { unknownName } from '../lib/nearest.js'
import { MisuseError } from './errors.js'

/** What a plan can be called: 1 to 64 letters, digits, `_` and `-`, a letter first. */
export const PLAN_NAME = /^[a-z][\w-]{0,63}$/i

/** @throws {MisuseError} for what is no object, or has a name that is none of these. */
export function checkNames(
  given: unknown,
  names: readonly string[],
  where: string,
  example: string,
  explain = unknownName,
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new MisuseError('invalid_option', `${where}: must be an object, such as ${example}`)
  }
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new MisuseError('unknown_option', `${where}: '${unknown}' ${explain(unknown, names)}`)
}
