import type { NodeMessage, NodeResponse } from '../../src/index.js'

/** What is used of a Koa 2 or 3 context. */
export interface KoaContext {
  readonly originalUrl: string
  /** Cut by `koa-mount` on the way. */
  readonly url: string
  readonly req: NodeMessage & AsyncIterable<Uint8Array>
  readonly request: { readonly method: string; readonly body?: unknown }
  /** Its `auth` is of no type here: the app may have given it one. */
  readonly state: { auth?: unknown }
  readonly res: NodeResponse & { destroy?(): unknown }
  /** Set by `@koa/router`. */
  readonly _matchedRoute?: unknown
  /** Set by `@koa/router`. */
  readonly router?: unknown
  /** Set by `koa-mount`. */
  readonly mountPath?: unknown
  readonly params?: unknown
  readonly headerSent: boolean
  /** `false` where the app writes the answer itself. */
  readonly respond?: boolean | undefined
  status: number
  body: unknown
  set(headers: Record<string, string>): void
  vary(names: string): void
  remove(name: string): void
}

/** What functions in requirements are given, where they do not name a type: the `Context` of Koa, or of a router, fits as well. */
export interface RoutedContext extends KoaContext {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
}

export type Next = () => Promise<unknown>
