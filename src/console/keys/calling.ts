import { fieldLines } from '../../core/request.js'
import { isLoopback } from '../../http/address.js'
import type { PageRequest } from '../web/exchange.js'

/** How a key is sent to the API, for examples. */
export interface Calling {
  readonly origin: string
  readonly header: (secret: string) => readonly [name: string, value: string]
}

/** The host that the person sees, as the API is served beside the console. */
export function callingOf({ request }: PageRequest): Calling {
  const [host = 'localhost'] = fieldLines(request, 'host')
  const isPlain = !request.peer.encrypted && isLoopback(request.peer.address)
  return {
    origin: `${isPlain ? 'http' : 'https'}://${host}`,
    header: (secret) => ['Authorization', `Bearer ${secret}`],
  }
}
