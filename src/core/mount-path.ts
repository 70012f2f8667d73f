import type { Answer } from './decision.js'
import { MisuseError } from './errors.js'
import type { GateRequest } from './request.js'

/** A path with a parameter, or with another pattern of a router. */
const PATTERN = /[:*{}()?+[\]]/

/** For adapters: pages with relative links are mounted below one path, which has no parameters. @throws {MisuseError} `invalid_option` */
export function checkMountPath(paths: unknown, where: string): void {
  if (![paths].flat().some((path) => typeof path !== 'string' || PATTERN.test(path))) return
  throw parameterError(where)
}

/** The same for a request, where a router does not say at start-up. @throws {MisuseError} `invalid_option` */
export function checkMountParams(params: unknown, where: string): void {
  if (typeof params === 'object' && params !== null && Object.keys(params).length > 0) {
    throw parameterError(where)
  }
}

/** For adapters: what is mounted must be what `createConsole` has returned. @throws {MisuseError} `invalid_option` */
export function checkConsole(portal: unknown, where: string): void {
  if (typeof portal === 'function') return
  throw new MisuseError(
    'invalid_option',
    `${where}: must be given what createConsole of sallyport/console returns`,
  )
}

/** What `createDescription` of `sallyport/openapi` returns, as adapters serve it. */
export interface ServedDescription {
  answer(call: { readonly request: GateRequest; readonly target: string }): Answer | undefined
}

/** For adapters: the same for what `createDescription` has returned. @throws {MisuseError} `invalid_option` */
export function checkDescription(description: unknown, where: string): void {
  const isObject = typeof description === 'object' && description !== null
  if (isObject && typeof Reflect.get(description, 'answer') === 'function') return
  throw new MisuseError(
    'invalid_option',
    `${where}: must be given what createDescription of sallyport/openapi returns`,
  )
}

function parameterError(where: string): MisuseError {
  return new MisuseError(
    'invalid_option',
    `${where}: must be mounted under a path without parameters, such as '/portal'`,
  )
}
