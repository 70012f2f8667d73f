import type { Cleaner } from '../core/redaction.js'
import { fieldLines, pathOf, type GateRequest } from '../core/request.js'
import type { Proxies } from '../http/client-address.js'
import { spelled } from '../lib/ip-address.js'

/** What is kept of a request once it is recorded: nothing that leads back to its headers. */
export interface Facts {
  readonly method?: string
  readonly path?: string
  readonly client?: string | undefined
  readonly peer?: string | undefined
  readonly userAgent?: string
}

const MAX_PATH = 2_048
const MAX_USER_AGENT = 256
const MAX_METHOD = 32
const MAX_ADDRESS = 256

/** @param address the client's, where there is no request */
export function factsOf(
  request: GateRequest | undefined,
  address: string | undefined,
  proxies: Pick<Proxies, 'clientOf'>,
  clean: Cleaner,
): Facts {
  if (request === undefined) return { client: address && clean(spelled(address), MAX_ADDRESS) }
  const [userAgent = ''] = fieldLines(request, 'user-agent')
  return {
    method: clean(request.method, MAX_METHOD),
    path: clean(pathOf(request.url), MAX_PATH),
    client: proxies.clientOf(request),
    peer: request.peer.address && spelled(request.peer.address),
    userAgent: clean(userAgent, MAX_USER_AGENT),
  }
}
