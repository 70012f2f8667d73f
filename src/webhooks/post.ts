import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { DeliveryError } from '../events/target.js'
import { createHttpsAgent, createPlainAgent } from '../jwt/https-agent.js'
import { addressesFor, addressIn } from '../jwt/outbound.js'
import { isLoopback } from '../lib/ip-address.js'

const DAY_MS = 86_400_000
/** Of the answer, which is read so that the connection can be used again, and thrown away. */
const MAX_ANSWER = 65_536

export interface Post {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly limitMs: number
}

/** Posts to one URL. @throws {DeliveryError} unless the answer is 2xx */
export type Poster = (post: Post) => Promise<void>

/** Over TLS to public addresses, as they are when the connection is made; or, in development, to this machine. No redirect is followed. */
export function createPoster(url: URL, allowPrivate: boolean): Poster {
  const isPlain = url.protocol === 'http:'
  const allows = isPlain && !allowPrivate ? isLoopback : addressesFor(url, allowPrivate)
  const agent = isPlain ? createPlainAgent(allows) : createHttpsAgent(allows)
  const open = isPlain ? plainRequest : request

  return ({ body, headers, signal, limitMs }) =>
    new Promise((resolve, reject) => {
      const literal = addressIn(url)
      if (literal !== undefined && !allows(literal)) {
        reject(new DeliveryError('The endpoint is at a private address.'))
        return
      }
      const sent = {
        ...headers,
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'sallyport-webhooks',
      }
      const asked = open(url, { agent, method: 'POST', headers: sent, signal })
      const timer = setTimeout(() => {
        asked.destroy(new DeliveryError(`It did not answer within ${String(limitMs)} ms.`))
      }, limitMs)
      asked.on('close', () => {
        clearTimeout(timer)
        reject(new DeliveryError('The connection was closed without an answer.'))
      })
      asked.on('error', (error) => {
        reject(error instanceof DeliveryError ? error : new DeliveryError(wordsOf(error)))
      })
      asked.on('upgrade', (response, socket) => {
        socket.destroy()
        reject(refusalOf(response))
      })
      asked.on('response', (response) => {
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode <= 299) resolve()
        else reject(refusalOf(response))
        discard(response)
      })
      asked.end(body)
    })
}

function discard(response: IncomingMessage): void {
  let size = 0
  response.on('error', () => undefined)
  response.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > MAX_ANSWER) response.destroy()
  })
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage): DeliveryError {
  return new DeliveryError(`It was answered with status ${String(statusCode)}.`, {
    retryAfterMs: retryAfter(headers['retry-after']),
    isGone: statusCode === 410,
  })
}

/** Seconds, or a date (RFC 9110 section 10.2.3); at most a day. */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return ms > 0 ? Math.min(ms, DAY_MS) : undefined
}

/** What Node says has the address in it, and never a secret. */
function wordsOf(error: Error): string {
  const told = error.message === '' && 'code' in error ? String(error.code) : error.message
  return `The endpoint cannot be reached: ${told}`
}
