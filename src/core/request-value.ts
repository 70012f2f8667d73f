import { MisuseError } from './errors.js'
import { checkNames } from './names.js'
import { fieldLines, type GateRequest } from './request.js'

/**
 * Where a value stands in a request: in a header of this name that is there once, in a part of the path that the route names, in a member of the
 * body that a parser has read; or what a function makes of the framework's own request, at once. A value is one text: a list, a number, an
 * object or nothing at all is none.
 */
export type RequestValue<R = never> =
  | { readonly header: string }
  | { readonly param: string }
  | { readonly body: string }
  | ((request: R) => unknown)

/** Looks a value up. */
export type ReadValue = (request: GateRequest) => unknown

const NAMES = ['header', 'param', 'body']

/** @throws {MisuseError} for what names no place, or several. */
export function readerOf(source: RequestValue, where: string): ReadValue {
  if (typeof source === 'function') {
    return (request) => source((request.framework?.native ?? request) as never)
  }
  checkNames(source, NAMES, where, "{ header: 'x-tenant-id' }")
  const [[place, name] = [], ...others] = Object.entries<unknown>(source)
  if (typeof name !== 'string' || name === '' || others.length > 0) {
    throw new MisuseError(
      'invalid_option',
      `${where}: must name one place, such as { header: 'x-tenant-id' }, or be a function of the request`,
    )
  }
  if (place === 'param') return ({ framework }) => memberOf(framework?.params(), name)
  if (place === 'body') return ({ framework }) => memberOf(framework?.body(), name)
  const lowerCase = name.toLowerCase()
  return (request) => {
    const [line, ...more] = fieldLines(request, lowerCase)
    return more.length === 0 ? line : undefined
  }
}

/** Its own members only: `constructor` is no tenant. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}
