import { fieldLines, type GateRequest } from '../../core/request.js'
import type { Gate } from '../../gate/gate.js'
import { isLoopback } from '../../http/address.js'

/** How a key is sent to the API, for examples. */
export interface Calling {
  /** Such as `https://api.example`. */
  readonly origin: string
  readonly header: (secret: string) => readonly [name: string, value: string]
}

/** The first header in which the gate reads keys, and the host of an environment; where it is served on any, the host of this page. */
export function callingOf(request: GateRequest, gate: Gate, environment: string): Calling {
  const { environments, credentials } = gate.describe()
  const own = environments.find(({ name }) => name === environment)?.hosts[0]
  const place = credentials.find(
    ({ in: where, accepts }) => where === 'header' && accepts !== 'token',
  )
  const { name = 'authorization', scheme } = place ?? { scheme: 'Bearer' }
  return {
    origin: own === undefined ? originOf(request) : `https://${own}`,
    header: (secret) => [headerName(name), scheme === undefined ? secret : `${scheme} ${secret}`],
  }
}

function originOf(request: GateRequest): string {
  const [host = 'localhost'] = fieldLines(request, 'host')
  const isPlain = !request.peer.encrypted && isLoopback(request.peer.address)
  return `${isPlain ? 'http' : 'https'}://${host}`
}

/** `X-Api-Key`. */
function headerName(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (part) => part.toUpperCase())
}
