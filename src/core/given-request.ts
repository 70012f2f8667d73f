import { hasMethods } from '../lib/has-methods.js'
import { isObject } from '../lib/is-object.js'
import { MisuseError } from './errors.js'

const FETCH =
  '. This is a Request of fetch. With @hono/node-server, req is c.env.incoming. Where there is no request of node:http, as in a route handler of Next.js or on an edge runtime, put the API into a server of its own, or call gate.verify(credential, address) on the Node runtime: see docs/troubleshooting.md'

/**
 * Whether `gateRequestOf` can read it. A Request of fetch, or a context of a framework around one, would be a request over plain HTTP without a credential. A stand-in of a test
 * may leave out everything.
 * @throws {MisuseError} `invalid_option`
 */
export function checkNodeMessage(message: unknown): void {
  const isFetch = [message, ...aroundIn(message)].some(isFetchRequest)
  if (isObject(message) && !isFetch) return
  throw new MisuseError(
    'invalid_option',
    `gateRequestOf: must be given a request of node:http; write gateRequestOf(req, req.url, res)${isFetch ? FETCH : ''}`,
  )
}

/** Where Hono has its Request: `c.req.raw`. */
function aroundIn(message: unknown): readonly unknown[] {
  const { raw, req, headers } = membersOf(message)
  return headers === undefined ? [raw, req, membersOf(req)['raw']] : []
}

function isFetchRequest(given: unknown): boolean {
  return hasMethods(membersOf(given)['headers'], 'get', 'has')
}

/** For what is no `GateRequest`: how one is made. */
export function noGateRequest(where: string): MisuseError {
  return new MisuseError(
    'invalid_option',
    `${where}: must be given a request as gateRequestOf returns it; write ${where}(gateRequestOf(req, req.url, res))`,
  )
}

function membersOf(given: unknown): Readonly<Record<string, unknown>> {
  return isObject(given) ? (given as Record<string, unknown>) : {}
}
