import { fieldLines, type GateRequest, type Peer } from '../core/request.js'

/** Which header fields proxies write: `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded` (RFC 7239). */
export type ProxyHeaders = 'x-forwarded' | 'forwarded'

/** What the proxies of a request say of it. The last of each is by the proxy that connected to us. */
export interface ForwardedFields {
  /** The fields that are read, for messages. */
  readonly name: string
  /** The field that tells the address of the client, for messages. */
  readonly clientName: string
  /** The addresses that requests came from, as they are written; `undefined` where the text is too long to be read. */
  hops(request: GateRequest): readonly string[] | undefined
  /** The end of them that is read in any case. */
  lastHops(request: GateRequest): readonly string[]
  /** How requests came to each proxy that tells; none: nobody tells. */
  protocols(request: GateRequest): readonly string[]
  /** The field that tells the host, for messages. */
  readonly hostName: string
  /** The hosts that requests were sent to, as proxies write them; none: nobody tells. */
  hosts(request: GateRequest): readonly string[]
}

/** The reverse proxies of a server, and what is believed of them. */
export interface ProxyTrust {
  /** Whether the connection comes from a proxy of ours, whose fields may be believed. Absent: there are none. */
  readonly trusts: ((peer: Peer) => boolean) | undefined
  readonly fields: ForwardedFields
}

/** Fields beyond this are not read, and the client counts as unknown. */
const MAX_HOPS = 32
const MAX_LENGTH = 2_048

const X_FORWARDED: ForwardedFields = {
  name: 'X-Forwarded-Proto',
  clientName: 'X-Forwarded-For',
  hops: (request) => split(request, 'x-forwarded-for'),
  lastHops: (request) => lastOf(request, 'x-forwarded-for'),
  protocols: (request) => allOf(request, 'x-forwarded-proto'),
  hostName: 'X-Forwarded-Host',
  hosts: (request) => allOf(request, 'x-forwarded-host'),
}

const FORWARDED: ForwardedFields = {
  name: 'Forwarded',
  clientName: 'Forwarded',
  hops: (request) => split(request, 'forwarded')?.map(hopOf),
  lastHops: (request) => lastOf(request, 'forwarded').map(hopOf),
  protocols: (request) => toldIn(request, 'proto'),
  hostName: 'Forwarded',
  hosts: (request) => toldIn(request, 'host'),
}

export function forwardedFields(headers: ProxyHeaders): ForwardedFields {
  return headers === 'forwarded' ? FORWARDED : X_FORWARDED
}

function allOf(request: GateRequest, name: string): readonly string[] {
  const lines = fieldLines(request, name)
  return lines.length === 0 ? lines : lines.join(',').split(',')
}

/** A parameter of each element that has it. */
function toldIn(request: GateRequest, parameter: string): readonly string[] {
  const elements = lastOf(request, 'forwarded').filter((element) => element.trim() !== '')
  const told = elements.map((element) => parametersOf(element)?.get(parameter))
  // What the proxy in front of us does not tell, those before it could not know.
  return told.at(-1) === undefined ? [] : told.filter((one) => one !== undefined)
}

function split(request: GateRequest, name: string): readonly string[] | undefined {
  const text = fieldLines(request, name).join(',')
  if (text.length > MAX_LENGTH) return undefined
  const hops = text.split(',')
  return hops.length > MAX_HOPS ? undefined : hops
}

function lastOf(request: GateRequest, name: string): readonly string[] {
  return fieldLines(request, name).join(',').slice(-MAX_LENGTH).split(',').slice(-MAX_HOPS)
}

/** `for` of an element, without its quotes. Empty where the element is; one that does not tell, or is not well-formed, is no address. */
function hopOf(element: string): string {
  return element.trim() === '' ? '' : (parametersOf(element)?.get('for') ?? 'unknown')
}

/**
 * The parameters of an element (RFC 7239 section 4). Elements are cut at each comma, also within quotes: a client that opens a quote cannot hide what a
 * proxy writes after it.
 */
function parametersOf(element: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  for (const pair of element.split(';')) {
    const [, name = '', token, quoted = ''] =
      /^\s*([a-z]+)=(?:([^\s",;=]+)|"([^"\\]*)")\s*$/i.exec(pair) ?? []
    if (name === '' || parameters.has(name.toLowerCase())) return undefined
    parameters.set(name.toLowerCase(), token ?? quoted)
  }
  return parameters
}
