import { MisuseError } from '../../core/errors.js'
import type { RequirementReader } from '../../core/requirement-reader.js'
import { CheckedRequirement, type Requirement } from '../../core/requirement.js'
import type { CallerMetadata } from '../caller-metadata.js'

/** What the key endpoints requirement of their callers: at least one scope, or every key could manage keys. And what callers may do there. */
export type KeyEndpointsRequirement<S extends string = string, R = never> = Requirement<S, R> & {
  readonly scopes: readonly S[]
  /**
   * In which environments callers may make keys, of those that they manage: see `manages` of the option `environment`. Default: their
   * own. Credits, quotas and other limits are counted for each environment.
   */
  readonly environments?: readonly string[]
  /** Which metadata callers may set. Default: all but the members that code of the server has set. */
  readonly metadata?: CallerMetadata
}

/** What callers may do, checked. Absent members have their defaults. */
export type CallerSettings = Pick<KeyEndpointsRequirement, 'environments' | 'metadata'>

/** What is asked of callers, and what they may do. */
export interface ManagingRequirement<S extends string> {
  readonly requirement: CheckedRequirement<S>
  readonly settings: CallerSettings
}

/** @throws {MisuseError} `invalid_option` and what a requirement can be wrong in */
export function readManagingRequirement<S extends string>(
  readRequirement: RequirementReader<S>,
  given: KeyEndpointsRequirement<S>,
  served: readonly string[],
): ManagingRequirement<S> {
  const isChecked = given instanceof CheckedRequirement
  // In JavaScript, it may have been left out.
  const { environments, metadata, ...requirement } = (given as typeof given | undefined) ?? {}
  const asked = readRequirement(isChecked ? given : requirement, true)
  if (asked.scopes.length === 0) {
    throw misuse(
      "'scopes' must name who may manage keys, such as ['manage:keys']; else, every key could",
    )
  }
  if (environments !== undefined && !isListOf(environments, (name) => served.includes(name))) {
    throw misuse("'environments' must be a list of environments of the gate, such as ['live']")
  }
  if (metadata !== undefined && !isMetadata(metadata)) {
    throw misuse("'metadata' must be 'none', 'all' or a list of names, such as ['team']")
  }
  return {
    requirement: asked,
    settings: {
      ...(environments !== undefined && { environments: [...environments] }),
      ...(metadata !== undefined && {
        metadata: typeof metadata === 'string' ? metadata : [...metadata],
      }),
    },
  }
}

function isMetadata(value: unknown): boolean {
  return value === 'none' || value === 'all' || isListOf(value, () => true)
}

function isListOf(value: unknown, is: (text: string) => boolean): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && is(one))
}

function misuse(message: string): MisuseError {
  return new MisuseError('invalid_option', `keyEndpoints: ${message}`)
}
