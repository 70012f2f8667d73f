import { fieldLines, type GateRequest } from '../../core/request.js'
import type { Gate } from '../../gate/gate.js'
import { isLoopback } from '../../lib/ip-address.js'
import { mediaTypesOf, routesIn, type ApiRoute } from './openapi-routes.js'
import type { PageRequest } from '../web/exchange.js'

/** How a key is sent to the API, for examples. */
export interface Calling {
  /** Such as `https://api.example`. */
  readonly origin: string
  /** The header in which the gate reads keys. */
  readonly header: (secret: string) => Header
  /** A request that can be pasted into a shell: of a route that asks for no other scopes, where one is known. */
  readonly curl: (secret: string, scopes?: readonly string[]) => string
}

type Header = readonly [name: string, value: string]

/** The first header in which the gate reads keys, and the host of an environment; where it is served on any, and on a laptop, the host of this page. */
export function callingOf(
  { request, portal }: Pick<PageRequest, 'request' | 'portal'>,
  gate: Gate,
  environment: string,
): Calling {
  const { environments, credentials } = gate.describe()
  const named = environments.find(({ name }) => name === environment)?.hosts[0]
  const place = credentials.find(
    ({ in: where, accepts }) => where === 'header' && accepts !== 'token',
  )
  const { name = 'authorization', scheme: prefix } = place ?? { scheme: 'Bearer' }
  const header = (secret: string): Header => [
    headerName(name),
    prefix === undefined ? secret : `${prefix} ${secret}`,
  ]
  const here = hostOf(request)
  const isLaptop = isLocal(here)
  const isHere = isLaptop || named === undefined
  const scheme = isLaptop && !request.peer.encrypted ? 'http' : 'https'
  const origin = `${scheme}://${isHere ? here : named}`
  // The hosts of an environment are not there on a laptop: the server is asked in their name.
  const host: readonly Header[] = isLaptop && named !== undefined ? [['Host', named]] : []
  const { description } = portal.options
  const routes = routesIn(description?.openApi())
  return {
    ...{ origin, header },
    curl(secret, scopes) {
      const route = routes.find((one) => isSimple(one, scopes))
      const { path = '/' } = route ?? {}
      const types = route === undefined ? [] : mediaTypesOf(description?.postman(), route)
      const fields = [...host, header(secret), ...types].map(
        (field) => `-H ${quoted(field.join(': '))}`,
      )
      return ['curl', quoted(`${origin}${path}`), ...fields].join(' ')
    },
  }
}

/** Asks for nothing but a key with these scopes. */
function isSimple({ method, path, ...route }: ApiRoute, scopes = route.scopes): boolean {
  const isAllowed = route.scopes.every((scope) => scopes.includes(scope))
  return method === 'GET' && !path.includes('{') && isAllowed
}

function hostOf(request: GateRequest): string {
  const [host = fieldLines(request, ':authority')[0] ?? 'localhost'] = fieldLines(request, 'host')
  return host
}

function isLocal(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  return name === 'localhost' || isLoopback(name)
}

/** `X-Api-Key`. */
function headerName(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (part) => part.toUpperCase())
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
