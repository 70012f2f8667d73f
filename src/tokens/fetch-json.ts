import { lookup } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { readStrictJson, type JsonObject } from './strict-json.js'

/** A form that is posted, and who posts it. */
interface Form {
  readonly body: string
  /** For the header of this name. */
  readonly authorization: string
}

export interface FetchOptions {
  /** Default: nothing is posted. */
  readonly form?: Form
  /** Until the answer is read. Default 3,000. */
  readonly limitMs?: number
  /** Of the answer. Default 524,288. */
  readonly maxBytes?: number
}

/** Whether an address may be connected to. */
export type AddressCheck = (address: string) => boolean

/** The server answered, and not with what it was asked for. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: number

  constructor(status: number) {
    super(`was answered with status ${String(status)}`)
    this.status = status
  }
}

/**
 * Fetches a JSON object over HTTPS: at most 512 KiB within 3 seconds unless said otherwise, without redirects, from an address that may be connected to. It is the address
 * of the connection that is checked, so that a name cannot point elsewhere in between.
 */
export async function fetchJson(
  url: URL,
  allows: AddressCheck,
  { form, limitMs = 3_000, maxBytes = 524_288 }: FetchOptions = {},
): Promise<JsonObject> {
  if (url.protocol !== 'https:') throw new Error('is not at an https URL')
  const literal = addressIn(url)
  if (literal !== undefined && !allows(literal)) throw privateAddress()
  const response = await send(url, allows, limitMs, form)
  try {
    const { statusCode = 0, headers } = response
    if (statusCode !== 200) throw new StatusError(statusCode)
    if (!isJson(headers['content-type'])) throw new Error('is not of a type for JSON')
    if (headers['content-encoding'] !== undefined) throw new Error('is compressed')
    const value = readStrictJson(await readAll(response, maxBytes))
    if (value === undefined) throw new Error('is no JSON object, or an ambiguous one')
    return value
  } finally {
    response.destroy()
  }
}

/** The address that stands in the URL itself, in the way that a URL is understood: `0x7f.1` is 127.0.0.1. */
export function addressIn({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? undefined : host
}

function privateAddress(): Error {
  return new Error("is at a private address; set 'allowPrivateAddresses' if that is meant")
}

function send(
  url: URL,
  allows: AddressCheck,
  limitMs: number,
  form: Form | undefined,
): Promise<IncomingMessage> {
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...(form && {
      authorization: form.authorization,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(form.body),
    }),
  }
  return new Promise((resolve, reject) => {
    request(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers,
      lookup: guarded(allows),
      // It goes on until the answer is read.
      signal: AbortSignal.timeout(limitMs),
    })
      .on('response', resolve)
      .on('error', reject)
      .end(form?.body)
  })
}

function guarded(allows: AddressCheck): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = error === null ? addresses : []
      if (first === undefined) callback(error ?? new Error('has no address'), [])
      else if (!addresses.every(({ address }) => allows(address))) callback(privateAddress(), [])
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

function isJson(type = ''): boolean {
  return /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i.test(type)
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > maxBytes) throw new Error(`has more than ${String(maxBytes)} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
