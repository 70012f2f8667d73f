import type { NodeMessage, NodeResponse } from '../../src/index.js'

/** What is used of an Express 4 or 5 request. */
export interface ExpressRequest extends NodeMessage, AsyncIterable<Uint8Array> {
  /** Cut by the routers on the way. */
  readonly url: string
  readonly originalUrl: string
  readonly body?: unknown
  readonly baseUrl?: string
  readonly route?: unknown
  /** Of no type here: other libraries may have given it one. */
  auth?: unknown
}

/** What functions in requirements are given, where they do not name a type: Express's own `Request` fits as well. */
export interface RoutedRequest extends ExpressRequest {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
}

/** What is used of an Express 4 or 5 response. */
export interface ExpressResponse extends NodeResponse {
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
  removeHeader(name: string): unknown
  /** Absent where nothing of Express is: in a plain response of Node. */
  vary?(names: string): unknown
  writeHead(
    status: number,
    headers: Readonly<Record<string, string>>,
  ): { end(body?: string): unknown }
}

export type Next = (error?: unknown) => void
