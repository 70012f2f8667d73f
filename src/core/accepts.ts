import { checkNames } from './names.js'
import { requirementError } from './requirement-error.js'

/** Which media types a route takes and makes. */
export interface AcceptsRequirement {
  /** What it reads: a body of another type is 415. Default: any. */
  readonly type?: string | readonly string[]
  /** What it answers with: a client whose `Accept` takes none of it is 406. Default: not looked at. */
  readonly accept?: string | readonly string[]
  /**
   * `true`: both headers are part of every request, with a body or without. A request that lacks one, or names another type, is 400. Default `false`: a request without them passes, but for a body without a type.
   */
  readonly required?: boolean
}

/** The same with lists of types in lower case. */
export interface CheckedAccepts {
  readonly type: readonly string[] | undefined
  readonly accept: readonly string[] | undefined
  readonly required: boolean
}

const EXAMPLE = "{ type: 'application/json', accept: 'application/json' }"

/** @throws {MisuseError} `invalid_option`, `unknown_option` */
export function readAccepts(given: AcceptsRequirement): CheckedAccepts {
  checkNames(given, ['type', 'accept', 'required'], 'requirement.accepts', EXAMPLE)
  const { type, accept, required = false } = given
  if (typeof (required as unknown) !== 'boolean' || (type ?? accept) === undefined) {
    throw requirementError(`'accepts' must be such as ${EXAMPLE}; 'required' is true or false`)
  }
  return Object.freeze({ type: typesOf(type), accept: typesOf(accept), required })
}

function typesOf(given: string | readonly string[] | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined
  const types = [given].flat()
  if (types.length > 0 && types.every((type) => /^[\w.+-]+\/[\w.+-]+$/.test(type)))
    return types.map((type) => type.toLowerCase())
  throw requirementError(`'accepts' must name media types without parameters, such as ${EXAMPLE}`)
}
