import type { Decision } from '../core/decision.js'
import type { Cleaner } from '../core/redaction.js'
import { fieldLines, pathOf, routeOf, type GateRequest } from '../core/request.js'
import { spelled } from '../lib/ip-address.js'
import type { AccessContext, WritableRecord } from './access-context.js'

/** What is kept of a request once it is recorded: nothing that leads back to its headers. */
interface Facts {
  readonly method?: string
  readonly path?: string
  readonly client?: string | undefined
  readonly peer?: string | undefined
  readonly userAgent?: string
}

const MAX_NAME = 256
const MAX_PATH = 2_048
const MAX_USER_AGENT = 256
const MAX_METHOD = 32
const MAX_ADDRESS = 256

/** What a record says of its request. */
export class RequestFacts {
  #requestId = ''
  readonly #context: AccessContext
  readonly #address: string | undefined
  #request: GateRequest | undefined
  #presented: string | undefined
  #decision: Decision | undefined
  #route: string | undefined
  #facts: Facts | undefined
  #settled = false

  /** @param address the client's, where there is no request */
  constructor(
    context: AccessContext,
    request: GateRequest | undefined,
    address: string | undefined,
  ) {
    this.#context = context
    this.#request = request
    this.#address = address
  }

  get requestId(): string {
    return this.#requestId
  }

  /** The client's address, once it is settled. */
  get client(): string | undefined {
    return this.#facts?.client
  }

  /** What it asks for, once it is settled. */
  get target(): string {
    return `${this.#facts?.method ?? ''} ${this.#facts?.path ?? ''}`
  }

  /** What is presented must not be found anywhere in the record. */
  presents(secret: string): void {
    this.#presented = secret
  }

  clean(text: string, max: number): string {
    return this.#context.clean(text, max, this.#presented)
  }

  /** Another guard has looked at it. */
  decided(decision: Decision, request: GateRequest | undefined): void {
    this.#decision = decision
    this.#settled = false
    if (request !== undefined) this.#request = request
  }

  /** Takes what it needs of the request and lets go of it: what waits to be written holds no header. */
  settle(): void {
    if (this.#settled) return
    this.#settled = true
    const request = this.#request
    const cleaned = (text: string, max: number) => this.clean(text, max)
    this.#requestId = cleaned(this.#decision?.requestId ?? '', MAX_NAME)
    const route = request && routeOf(request)
    if (route !== undefined) this.#route = cleaned(route, MAX_NAME)
    // What was presented is forgotten once it is written: what a client wrote is not read a second time.
    this.#facts ??= factsOf(request, this.#address, this.#context.proxies, cleaned)
  }

  /** Nothing more will be asked of the request. */
  release(): void {
    this.settle()
    this.#request = undefined
    this.#presented = undefined
    this.#decision = undefined
  }

  /** What was asked for. */
  writeTarget(record: WritableRecord): void {
    const { method, path } = this.#facts ?? {}
    if (method !== undefined) record.method = method
    if (path !== undefined) record.path = path
    if (this.#route !== undefined) record.route = this.#route
  }

  /** Where it came from. */
  writeClient(record: WritableRecord): void {
    const { client, peer, userAgent } = this.#facts ?? {}
    if (client !== undefined) record.client = client
    if (peer !== undefined && peer !== client) record.peer = peer
    if (userAgent) record.userAgent = userAgent
  }
}

function factsOf(
  request: GateRequest | undefined,
  address: string | undefined,
  proxies: AccessContext['proxies'],
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
