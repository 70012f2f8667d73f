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
export interface ReadValue {
  (request: GateRequest): unknown
  /** What to tell of a request that has no value there. Absent: a function of the app looks. */
  readonly lacks?: (request: GateRequest | undefined) => Lack
}

/** Where a value was looked for, and was not. */
export interface Lack {
  /** After the words for what was looked for: ` in the header 'x-tenant', once`. */
  readonly where: string
  readonly fix?: string
  /** The place is one that the route does not have: no client can change that. */
  readonly isMistake?: true
}

/** What a function of the app has looked for, somewhere. */
export const LACKS_SOMEWHERE: Lack = { where: '' }

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
  if (place === 'param') {
    const read: ReadValue = ({ framework }) => memberOf(framework?.params(), name)
    return Object.assign(read, { lacks: lackOfParam(name) })
  }
  if (place === 'body') {
    const read: ReadValue = ({ framework }) => memberOf(framework?.body(), name)
    return Object.assign(read, lacksAt(` in '${name}' of the body`))
  }
  const lowerCase = name.toLowerCase()
  const read: ReadValue = (request) => {
    const [line, ...more] = fieldLines(request, lowerCase)
    return more.length === 0 ? line : undefined
  }
  return Object.assign(read, lacksAt(` in the header '${lowerCase}', once`))
}

function lacksAt(where: string): Required<Pick<ReadValue, 'lacks'>> {
  return { lacks: () => ({ where }) }
}

/** A route names its parameters, so that one that it does not have is a mistake of the app. */
function lackOfParam(name: string): NonNullable<ReadValue['lacks']> {
  const where = ` in the parameter '${name}' of the route`
  return (request) => {
    const params = request?.framework?.params()
    const names = Object.keys(Object(params) as object)
    if (names.includes(name)) return { where }
    const fix =
      names.length === 0
        ? `The route has no parameters: give the guard to a route that has one, such as '/:${name}'.`
        : `The route has ${names.map((one) => `'${one}'`).join(', ')}.`
    return { where, fix, isMistake: true }
  }
}

/** Its own members only: `constructor` is no tenant. */
function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}
