import { isDeeperThan } from '../lib/depth.js'
import { fieldLines, type GateRequest } from '../terms/request.js'
import { isRefusal, Refusal } from '../terms/denial.js'

/** A request to an endpoint: what a gate is shown, and what endpoints need beside it. */
export interface EndpointRequest {
  readonly request: GateRequest
  /** What is left of the request's URL below the place where the endpoint is mounted. */
  readonly target: string
  /** What a body parser before us made of the body; `undefined` if there was none. */
  readonly parsed: unknown
  /** The body on the wire. */
  readonly stream: AsyncIterable<Uint8Array>
}

/** The body of an endpoint's request, in bytes at most. */
const MAX_BODY = 65_536
const MAX_DEPTH = 16
const JSON_MEDIA_TYPE = /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i

/** The JSON object in the body; an empty body is an empty object. */
export async function readJsonObject(call: EndpointRequest): Promise<object | Refusal> {
  const value = call.parsed ?? (await parse(call))
  // Before anything walks through it: recursion on a deep value would exhaust the stack.
  if (isDeeperThan(value, MAX_DEPTH))
    return invalid(`The body is nested more than ${String(MAX_DEPTH)} levels deep.`)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  return invalid('The body must be a JSON object.')
}

async function parse(call: EndpointRequest): Promise<unknown> {
  const bytes = await readBytes(call.stream)
  if (isRefusal(bytes)) return bytes
  if (bytes.length === 0) return {}
  const [type = ''] = fieldLines(call.request, 'content-type')
  if (!isJsonType(type)) return new Refusal('unsupported_media_type')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return invalid('The body is not valid JSON.')
  }
}

export function isJsonType(type: string): boolean {
  return JSON_MEDIA_TYPE.test(type)
}

/** All of a body, within bounds. */
export async function readBytes(stream: AsyncIterable<Uint8Array>): Promise<Buffer | Refusal> {
  try {
    return await gather(stream)
  } catch {
    return invalid('The body ended before its end.')
  }
}

async function gather(stream: AsyncIterable<Uint8Array>): Promise<Buffer | Refusal> {
  const chunks: Uint8Array[] = []
  let length = 0
  // What is too long is still read to its end, and dropped: a client that is writing does not hear an early answer.
  for await (const chunk of stream) {
    length += chunk.length
    if (length <= MAX_BODY) chunks.push(chunk)
    else if (length > 16 * MAX_BODY) break
  }
  return length > MAX_BODY ? new Refusal('body_too_large') : Buffer.concat(chunks)
}

export function invalid(detail: string): Refusal {
  return new Refusal('invalid_input', { detail })
}
