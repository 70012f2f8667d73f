import type { MaybePromise } from '../lib/maybe.js'
import type { AppCaller } from './app-caller.js'
import { isOrigin } from './origin.js'
import type { GateRequest } from './request.js'
import { requirementError } from './requirement-error.js'

/** How a guard finds callers that present no credential. */
export interface OtherwiseOptions<S extends string = string, R = never> {
  /**
   * Says who sends a request without a credential, from the request alone, such as from a session; `undefined`: no one whom your app knows. Called only if no
   * credential is there. What it returns is held to everything that a key is held to, and is `kind: 'app'` in `authOf`. If it throws, or does not answer within 250 ms, the request
   * gets 503 and `onError` is called. Default: a request without a credential has no caller.
   * @example
   * guard(gate, { scopes: ['read:orders'], otherwise: async (req) => callerOf(await sessionOf(req)) })
   */
  readonly otherwise?: (request: R) => MaybePromise<AppCaller<S> | undefined>
  /**
   * Pages that may send requests for a caller of `otherwise` beside those of the request's own origin: a list of origins, such as `'https://app.example.com'`. Methods other than GET, HEAD,
   * OPTIONS and TRACE, and upgrades, must come from one of them (`Origin`, `Sec-Fetch-Site`), as browsers send cookies with requests that other sites make. `false`: not checked, for callers that no browser speaks
   * for, such as by a client certificate. Default: no others.
   */
  readonly origins?: readonly string[] | false
}

/** How a guard asks the app. */
export interface AskedOtherwise {
  readonly find: (request: GateRequest) => unknown
  readonly origins: readonly string[] | false
}

/** What a request without a caller can have none of. */
const OF_CALLERS = ['scopes', 'anyScope', 'tenant', 'resource', 'policies', 'accepts', 'phi']

/** @throws {MisuseError} `invalid_option` for what asks for a caller, beside what asks for none */
export function checkOptional(requirement: object): void {
  const { optional = false }: { readonly optional?: unknown } = requirement
  if (typeof optional !== 'boolean') throw requirementError("'optional' must be true or false")
  if (!optional) return
  const given: Readonly<Record<string, unknown>> = { ...requirement }
  const name = OF_CALLERS.find((one) => given[one] !== undefined)
  if (name === undefined) return
  throw requirementError(
    `'optional' lets in requests without a caller, and '${name}' needs one; leave '${name}' out, and put a second guard with it on the routes that need it`,
  )
}

/** @throws {MisuseError} `invalid_option` */
export function askOtherwise({ otherwise, origins }: OtherwiseOptions): AskedOtherwise | undefined {
  if (otherwise === undefined) {
    if (origins === undefined) return undefined
    throw requirementError("'origins' go with 'otherwise' only")
  }
  if (typeof (otherwise as unknown) !== 'function') {
    throw requirementError(
      "'otherwise' must be a function that returns a caller, such as { ownerId: 'org_1' }, or undefined",
    )
  }
  return Object.freeze({
    find: (request: GateRequest) => otherwise((request.framework?.native ?? request) as never),
    origins: readOrigins(origins),
  })
}

function readOrigins(origins: unknown = []): readonly string[] | false {
  if (origins === false) return false
  if (Array.isArray(origins) && origins.every(isOrigin)) return Object.freeze([...origins])
  throw requirementError(
    "'origins' must list origins, such as ['https://app.example.com'], or be false",
  )
}
