import { isRefusal, Refusal } from '../core/denial.js'
import { fieldLines, type GateRequest } from '../core/request.js'
import { isDeeperThan } from '../lib/copy.js'
import { isObject } from '../lib/is-object.js'

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
const TOO_LARGE = new Refusal('body_too_large')
const JSON_MEDIA_TYPE = /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i

/** The JSON object in the body; an empty body is an empty object. */
export async function readJsonObject(call: EndpointRequest): Promise<object | Refusal> {
  if (isTooLarge(call)) return TOO_LARGE
  const value = call.parsed ?? (await parse(call))
  // Before anything walks through it: recursion on a deep value would exhaust the stack.
  if (isDeeperThan(value, MAX_DEPTH))
    return invalid(`The body is nested more than ${String(MAX_DEPTH)} levels deep.`)
  if (isObject(value)) return value
  return invalid('The body must be a JSON object.')
}

/**
 * Whether a body that the app's parser has read is over the bound, before anything looks closer: by its `Content-Length`, which is missing or of the packed
 * body where it was sent in chunks or compressed; and by what is counted until the bound is reached.
 */
export function isTooLarge({ request, parsed }: EndpointRequest): boolean {
  if (parsed === undefined) return false
  const length = Number(fieldLines(request, 'content-length')[0] ?? 0)
  return length > MAX_BODY || leastLength(parsed, MAX_BODY) > MAX_BODY
}

/** How many characters a value had as JSON or as a form, at least; what is over `most` is not counted to its end. */
function leastLength(value: unknown, most: number): number {
  const waiting: unknown[] = [value]
  let count = 0
  while (waiting.length > 0 && count <= most) {
    const next = waiting.pop()
    if (typeof next === 'string') count += next.length
    else if (typeof next !== 'object' || next === null) count += 1
    else count += addMembers(next, waiting, most)
  }
  return count
}

/** Adds the members of a value to those that wait. @returns how many characters their names and what parts them have, at least */
function addMembers(value: object, waiting: unknown[], most: number): number {
  let count = 0
  // A list of a million members has no list of their names made for that.
  const names = Array.isArray(value) ? value.keys() : Object.keys(value)
  for (const name of names) {
    count += typeof name === 'string' ? name.length + 1 : 1
    if (count > most) break
    waiting.push(Reflect.get(value, name))
  }
  return count
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
  return length > MAX_BODY ? TOO_LARGE : Buffer.concat(chunks)
}

export function invalid(detail: string): Refusal {
  return new Refusal('invalid_input', { detail })
}
