import { request, type Agent, type IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { isLoopback } from '../lib/ip-address.js'
import { withTimeout } from '../lib/maybe.js'
import {
  createHttpsAgent,
  createPlainAgent,
  privateAddress,
  type AddressCheck,
} from './https-agent.js'
import { addressIn, isLocal, type OutboundFetch, type OutboundHeaders } from './outbound.js'
import { isJsonObject, readStrictJson, type JsonObject } from './strict-json.js'
import { messageOf } from '../lib/message-of.js'

const BYTE_ORDER_MARK = Buffer.from('\uFEFF')
const DECODERS = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
])

/** A form that is posted, and who posts it. */
interface Form {
  readonly body: string
  /** For the header of this name. */
  readonly authorization: string
}

export interface FetchOptions {
  /** Default: nothing is posted. */
  readonly form?: Form
  /** Milliseconds until the answer is read. Default 3,000. */
  readonly limitMs?: number
  /** Of the answer. Default 524,288. */
  readonly maxBytes?: number
}

/**
 * Fetches a JSON object over HTTPS, or over HTTP where that is allowed, without redirects. Settles within `limitMs`, whatever the server does.
 * @throws {StatusError} for a status other than 200
 * @throws {Error} whose message goes on after "The keys of issuer 'x' cannot be had:"
 */
export type FetchJson = (url: URL, options?: FetchOptions) => Promise<JsonObject>

/** The server answered, and not with what it was asked for. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: number

  constructor(status: number) {
    super(`the request was answered with status ${String(status)}`)
    this.status = status
  }
}

/** How requests are made. */
export interface FetchContext {
  /** Addresses that may be connected to. */
  readonly allows: AddressCheck
  /** Beside the usual ones. */
  readonly headers?: OutboundHeaders | undefined
  /** In place of our own client. The addresses are its business then. */
  readonly fetch?: OutboundFetch | undefined
  /** Whether a URL without TLS may be asked. Default: none may. */
  readonly allowsPlain?: (url: URL) => boolean
}

/** Fetches from addresses that are allowed, over connections of its own. */
export function createFetchJson(context: FetchContext): FetchJson {
  const { allows, allowsPlain = () => false, fetch } = context
  const agent = createHttpsAgent(allows)
  // What is allowed without TLS is known by its name: this machine, or a neighbour.
  const near = createPlainAgent(isLoopback)
  const neighbour = createPlainAgent(() => true)
  return async (url, { form, limitMs = 3_000, maxBytes = 524_288 } = {}) => {
    const isPlain = url.protocol === 'http:' && allowsPlain(url)
    if (url.protocol !== 'https:' && !isPlain) throw new Error('its URL is not https')
    const late = () => new Error(`its server did not answer within ${String(limitMs)} ms`)
    const abort = new AbortController()
    const answer = async () => {
      const headers = { ...(await headersOf(context)), ...headersFor(form) }
      if (fetch !== undefined) return fetched(fetch, url, headers, form, abort.signal, maxBytes)
      const literal = addressIn(url)
      if (!isPlain && literal !== undefined && !allows(literal)) throw privateAddress()
      const plain = isLocal(url) ? near : neighbour
      return answerTo(ask(url, isPlain ? plain : agent, headers, form, abort.signal), maxBytes)
    }
    try {
      return await withTimeout(answer(), limitMs, late)
    } catch (error) {
      throw fetch === undefined ? mentioningProxy(error) : error
    } finally {
      // Keeps the socket for the next request where the answer was read to its end.
      abort.abort()
    }
  }
}

/** Checked here: a client may write the value of a header that it does not take into its error. */
async function headersOf({ headers }: FetchContext): Promise<Readonly<Record<string, string>>> {
  const given: unknown = typeof headers === 'function' ? await headers() : (headers ?? {})
  if (!areHeaders(given)) {
    throw new Error("'headers' has a name or a value that no header can have")
  }
  return given
}

/** Names and values as in RFC 9110 sections 5.1 and 5.5. */
function areHeaders(given: unknown): given is Readonly<Record<string, string>> {
  if (!isJsonObject(given)) return false
  return Object.entries(given).every(
    ([name, value]) =>
      /^[\w!#$%&'*+.^`|~-]+$/.test(name) &&
      typeof value === 'string' &&
      /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  )
}

/** Who is behind a proxy finds out that it is not used. */
function mentioningProxy(error: unknown): unknown {
  const proxy = process.env['HTTPS_PROXY'] ?? process.env['https_proxy']
  if (proxy === undefined || error instanceof StatusError) return error
  const why = messageOf(error)
  return new Error(`${why} (HTTPS_PROXY is set, and is not used without 'fetch')`, { cause: error })
}

type ClientRequest = ReturnType<typeof request>

function headersFor(form: Form | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...(form && {
      authorization: form.authorization,
      'content-type': 'application/x-www-form-urlencoded',
    }),
  }
}

function ask(
  url: URL,
  agent: Agent,
  headers: Record<string, string>,
  form: Form | undefined,
  signal: AbortSignal,
): ClientRequest {
  const method = form === undefined ? 'GET' : 'POST'
  // Whether it goes over TLS is the business of the agent, which takes no URL of the other kind.
  const asked = request(url, { agent, headers, method })
  signal.addEventListener('abort', () => asked.destroy())
  if (signal.aborted) asked.destroy()
  asked.end(form?.body)
  return asked
}

async function fetched(
  fetch: OutboundFetch,
  url: URL,
  headers: Record<string, string>,
  form: Form | undefined,
  signal: AbortSignal,
  maxBytes: number,
): Promise<JsonObject> {
  const response = await fetch(url.href, {
    ...{ method: form === undefined ? 'GET' : 'POST', headers, redirect: 'manual', signal },
    ...(form && { body: form.body }),
  })
  if (response.status !== 200) throw new StatusError(response.status)
  return jsonIn(await readAll(response.body as AsyncIterable<Uint8Array>, maxBytes))
}

async function answerTo(asked: ClientRequest, maxBytes: number): Promise<JsonObject> {
  const response = await responseTo(asked)
  const { statusCode = 0, headers } = response
  if (statusCode !== 200) throw new StatusError(statusCode)
  if (!mayBeJson(headers['content-type'])) throw new Error('the answer is not of a type for JSON')
  return jsonIn(await readAll(decoded(response), maxBytes))
}

/** Some servers compress whatever they are asked for. What comes out is bounded by whoever reads it. */
function decoded(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const { 'content-encoding': encoding = 'identity' } = response.headers
  if (encoding === 'identity') return response
  const decoder = DECODERS.get(encoding.toLowerCase())?.()
  if (decoder === undefined) throw new Error('the answer is compressed in a way that is not known')
  // An end of either is one of the other; who reads is told by an error.
  return pipeline(response, decoder, () => undefined)
}

function jsonIn(bytes: Buffer): JsonObject {
  // RFC 8259 section 8.1 lets readers ignore a byte order mark.
  const value = readStrictJson(
    bytes.subarray(bytes.indexOf(BYTE_ORDER_MARK) === 0 ? BYTE_ORDER_MARK.length : 0),
  )
  if (value === undefined) throw new Error('the answer is no JSON object, or an ambiguous one')
  return value
}

/** Node emits one of these, and after `101 Switching Protocols` neither of the first two. */
function responseTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked
      .on('response', resolve)
      .on('error', reject)
      .on('upgrade', ({ statusCode = 0 }, socket) => {
        socket.destroy()
        reject(new StatusError(statusCode))
      })
      .on('close', () => {
        reject(new Error('its server closed the connection without an answer'))
      })
  })
}

/** Files of static hosts and buckets have the type of any text or any bytes. A page of HTML is none, and neither is a picture. */
function mayBeJson(type = 'application/json'): boolean {
  return /^(?:application\/(?:[\w.-]+\+)?json|text\/(?:json|plain)|(?:application|binary)\/octet-stream)(?:\s*;|$)/i.test(
    type,
  )
}

async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxBytes) throw new Error(`the answer has more than ${String(maxBytes)} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
