// adapters/express/augment.d.ts
import type { Auth } from '../../src/index.js'
declare global {
  namespace Express {
    interface Request {
      /** Who the caller is; set by `guard`. `undefined` for an anonymous request behind `optional`. */
      auth?: Auth
    }
  }
}

// adapters/express/console.d.ts
import type { Answer, EndpointRequest } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'
/**
 * The pages of a developer console below one path: what `createConsole` of `sallyport/console` returns.
 * @example app.use('/portal', mountConsole(portal))
 * @throws {MisuseError} under a path with parameters: at start-up in `app.use`, else with the first request
 */
export declare function mountConsole(portal: (call: EndpointRequest) => Promise<Answer>): ((
  req: ExpressRequest,
  res: ExpressResponse,
  next: Next,
) => void) & {
  handle: (req: ExpressRequest, res: ExpressResponse, next: Next) => void
  set: () => void
  mountpath: string
  emit(event: string): void
}

// adapters/express/description.d.ts
import type { ServedDescription } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'
/**
 * Serves `/openapi.json` and `/postman.json` below the place where it is mounted, and lets all else pass: what `createDescription` of `sallyport/openapi` returns. Mount it before guards, since readers have no key
 * yet.
 * @example app.use(descriptionEndpoint(description))
 * @throws {MisuseError} at start-up
 */
export declare function descriptionEndpoint(
  description: ServedDescription,
): (req: ExpressRequest, res: ExpressResponse, next: Next) => void

// adapters/express/errors.d.ts
import type { Gate } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'
/**
 * Answers requests that no route has answered: 404 in the format of the gate's own errors. Mount it after all routes.
 * @example app.use(notFound(gate)).use(errors(gate))
 * @throws {MisuseError} at start-up
 */
export declare function notFound<S extends string>(
  gate: Gate<S>,
): (req: ExpressRequest, res: ExpressResponse, next: Next) => void
/**
 * Answers what handlers throw or pass to `next`, in the format of the gate's own errors: an answer of `gate.answer` as it is, an error with a `status` of 400 to 599 by its status, such as that of a
 * body parser, and all else with 500. The text of an exception of NestJS or http-errors is shown below 500, and no other; errors of 500 and more are passed to `onError`. Mount it last.
 * @example app.use(notFound(gate)).use(errors(gate))
 * @throws {MisuseError} at start-up
 */
export declare function errors<S extends string>(
  gate: Gate<S>,
): (error: unknown, req: ExpressRequest, res: ExpressResponse, next: Next) => void

// adapters/express/guard.d.ts
import type { AnyRequirement, Gate, GuardPlace } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse, Next, RoutedRequest } from './types.js'
/**
 * The first guard on a request authenticates and authorizes the caller; a later one checks only its own requirement. With `under`, for requests below that path alone.
 * @example app.use(guard(gate, { under: '/v1' }))
 * @throws {MisuseError} at start-up
 */
export declare function guard<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement?: AnyRequirement<NoInfer<S>, R> & GuardPlace,
): (req: ExpressRequest, res: ExpressResponse, next: Next) => void

// adapters/express/index.d.ts
import type {
  AccessRequirement,
  Auth,
  AuthOptions,
  Gate,
  KeyEndpointsRequirement,
} from '../../src/index.js'
import type { ExpressRequest, RoutedRequest } from './types.js'
export { mountConsole } from './console.js'
export { descriptionEndpoint } from './description.js'
export { errors, notFound } from './errors.js'
export { guard } from './guard.js'
export { auditEndpoints, usageEndpoints } from './reading.js'
export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'
/**
 * Create, list, show, update, rotate and revoke keys over JSON.
 * @example app.use('/v1/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
 */
export declare function keyEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement: KeyEndpointsRequirement<NoInfer<S>, R>,
): (
  req: ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/**
 * Ask for access, accept terms, decide.
 * @throws {MisuseError} at start-up, also where the gate has no `access`
 * @example app.use('/v1/access', accessEndpoints(gate, { scopes: ['manage:keys'], approverScopes: ['approve:access'] }))
 */
export declare function accessEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement: AccessRequirement<NoInfer<S>, R>,
): (
  req: ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/**
 * Who the caller is.
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export declare function authOf(req: ExpressRequest): Auth
/**
 * Who the caller is, behind a guard with `optional`; `undefined` for a request without credentials.
 * @example const owner = authOf(req, { optional: true })?.ownerId
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export declare function authOf(req: ExpressRequest, options: AuthOptions): Auth | undefined
/**
 * What a handler adds to the audit record of its request.
 * @throws {MisuseError} `not_guarded` as above
 * @example await auditOf(req).phi({ resource: 'Patient', action: 'read', ids: [req.params.id] })
 */
export declare function auditOf(req: ExpressRequest): import('../../src/index.js').AuditNote
/**
 * The tenant that a guard has verified.
 * @throws {MisuseError} `not_guarded` where no guard has asked for one.
 * @example const patients = await patientsOf(tenantOf(req))
 */
export declare function tenantOf(req: ExpressRequest): string

// adapters/express/reading.d.ts
import type { Gate, ReadingRequirement } from '../../src/index.js'
import type { ExpressRequest, RoutedRequest } from './types.js'
/**
 * What the requests of a caller's own owner came to, as JSON and CSV.
 * @throws {MisuseError} at start-up
 * @example app.use('/v1/usage', usageEndpoints(gate, { scopes: ['read:usage'] }))
 */
export declare function usageEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement: ReadingRequirement<NoInfer<S>, R>,
): (
  req: ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/**
 * The audit log of a caller's own owner: in pages, as an export, and a summary of a week. Each reading is in the log.
 * @throws {MisuseError} at start-up, also where the gate has no audit log
 * @example app.use('/v1/audit', auditEndpoints(gate, { scopes: ['read:audit'] }))
 */
export declare function auditEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement: ReadingRequirement<NoInfer<S>, R>,
): (
  req: ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void

// adapters/express/tokens.d.ts
import type { Gate } from '../../src/index.js'
/**
 * Short-lived tokens for keys.
 * @throws {MisuseError} at start-up, also where the gate issues none
 * @example app.use('/oauth/token', tokenEndpoint(gate))
 */
export declare function tokenEndpoint<S extends string>(
  gate: Gate<S>,
): (
  req: import('./types.js').ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/**
 * The public keys of the gate's tokens.
 * @throws {MisuseError} at start-up
 * @example app.use('/.well-known/jwks.json', jwksEndpoint(gate))
 */
export declare function jwksEndpoint<S extends string>(
  gate: Gate<S>,
): (
  req: import('./types.js').ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/**
 * Ends tokens before their time (RFC 7009).
 * @throws {MisuseError} at start-up
 * @example app.use('/oauth/revoke', revocationEndpoint(gate))
 */
export declare function revocationEndpoint<S extends string>(
  gate: Gate<S>,
): (
  req: import('./types.js').ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void

// adapters/express/types.d.ts
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
  ): {
    end(body?: string): unknown
  }
}
export type Next = (error?: unknown) => void

// adapters/file/files.d.ts
import { type AuditSink, type Clock, type TrailReader } from '../../src/index.js'
export interface AuditFilesOptions {
  /** How large a file may grow before the next one is begun. Default 64 MiB. */
  readonly maxBytes?: number
  /** For tests: says which day it is. Default `Date.now`. */
  readonly clock?: Clock
}
/** An audit trail in a directory, as a sink and to be read. */
export type AuditFiles = AuditSink & TrailReader
/**
 * JSON Lines in files of one directory, which is made if it is not there. Each process writes files of its own,
 * `2030-01-31.<writer>.0001.jsonl`, a new one each day (UTC) and when one is full: several processes may share a directory. A write
 * is acknowledged when it is on the disk.
 * @throws {MisuseError} where no directory is given, or `maxBytes` is no whole number of at least 1
 * @example audit: { sink: createAuditFiles('/var/log/api/audit'), key: signingKey }
 */
export declare function createAuditFiles(directory: string, options?: AuditFilesOptions): AuditFiles

// adapters/file/index.d.ts
export { createAuditFiles, type AuditFiles, type AuditFilesOptions } from './files.js'
export { pruneAuditFiles, type PrunedFiles } from './prune.js'
export { createAuditStream, type AuditStreamTarget } from './stream.js'

// adapters/file/prune.d.ts
import { type PruneOptions } from '../../src/index.js'
/** What went. */
export interface PrunedFiles {
  readonly files: number
  readonly records: number
}
/**
 * Takes old records off the beginning of each chain, up to a checkpoint that counts and is as old: it stays, and vouches for what was before it. A chain without
 * such a checkpoint stays whole. A file that is written anew keeps owner, group and mode.
 * @throws {MisuseError} where records would go that are younger than the retention
 * @throws {Error} where a file cannot be read, or not be written anew as it was: then nothing is changed
 * @example await pruneAuditFiles('/var/log/api/audit', { before: new Date('2024-01-01'), publicKeys })
 */
export declare function pruneAuditFiles(
  directory: string,
  options: PruneOptions,
): Promise<PrunedFiles>

// adapters/file/stream.d.ts
import { type AuditSink } from '../../src/index.js'
/** What is used of a writable stream. */
export interface AuditStreamTarget {
  write(text: string, done: (error?: Error | null) => void): unknown
  /** A stream that is destroyed may never call `done`: its `close` tells. */
  once?(event: 'close', listener: () => void): unknown
  removeListener?(event: 'close', listener: () => void): unknown
}
/**
 * JSON Lines to a stream, such as `process.stdout`, for those who ship logs. A record counts as kept when the stream has taken it: what happens to it
 * behind that is the business of whoever ships it. What a stream has refused is written to it again, and may be there in part.
 * @throws {MisuseError} for what cannot be written to
 * @example audit: { sink: createAuditStream(process.stdout) }
 */
export declare function createAuditStream(stream: AuditStreamTarget): AuditSink

// adapters/koa/augment.d.ts
import type { Auth } from '../../src/index.js'
declare module 'koa' {
  interface DefaultState {
    /** Who the caller is; set by `guard`. Behind `optional`, it may be `undefined`: use `authOf(ctx, { optional: true })` there. */
    auth: Auth
  }
}

// adapters/koa/console.d.ts
import type { Answer, EndpointRequest } from '../../src/index.js'
import type { KoaContext } from './types.js'
/**
 * The pages of a developer console below one path: what `createConsole` of `sallyport/console` returns.
 * @example app.use(mount('/portal', mountConsole(portal)))
 * @throws {MisuseError} with the first request, under a path with parameters
 */
export declare function mountConsole(
  portal: (call: EndpointRequest) => Promise<Answer>,
): (ctx: KoaContext) => Promise<void>

// adapters/koa/description.d.ts
import type { ServedDescription } from '../../src/index.js'
import type { KoaContext, Next } from './types.js'
/**
 * Serves `/openapi.json` and `/postman.json` below the place where it is mounted, and lets all else pass: what `createDescription` of `sallyport/openapi` returns. Use it before guards, since readers have no key
 * yet.
 * @example app.use(descriptionEndpoint(description))
 * @throws {MisuseError} at start-up
 */
export declare function descriptionEndpoint(
  description: ServedDescription,
): (ctx: KoaContext, next: Next) => Promise<void>

// adapters/koa/errors.d.ts
import type { Gate } from '../../src/index.js'
import type { KoaContext, Next } from './types.js'
/**
 * Answers requests that nothing behind it has answered, in the format of the gate's own errors: with 404, or with the status that was set without a body, such as 405 by `allowedMethods`. Use it before all
 * routes.
 * @example app.use(errors(gate)).use(notFound(gate))
 * @throws {MisuseError} at start-up
 */
export declare function notFound<S extends string>(
  gate: Gate<S>,
): (ctx: KoaContext, next: Next) => Promise<void>
/**
 * Answers what anything behind it throws, in the format of the gate's own errors: an answer of `gate.answer` as it is, an error with a `status` of 400 to 599 by its status, such as that of a body parser, and all
 * else with 500. The text of an exception of NestJS or http-errors is shown below 500, and no other; errors of 500 and more are passed to `onError`. Use it first.
 * @example app.use(errors(gate)).use(notFound(gate))
 * @throws {MisuseError} at start-up
 */
export declare function errors<S extends string>(
  gate: Gate<S>,
): (ctx: KoaContext, next: Next) => Promise<void>

// adapters/koa/guard.d.ts
import type { AnyRequirement, Gate, GuardPlace } from '../../src/index.js'
import type { KoaContext, Next, RoutedContext } from './types.js'
/**
 * The first guard on a request authenticates and authorizes the caller; a later one checks only its own requirement. With `under`, for requests below that path alone.
 * @example app.use(guard(gate, { under: '/v1' }))
 * @throws {MisuseError} at start-up
 */
export declare function guard<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement?: AnyRequirement<NoInfer<S>, C> & GuardPlace,
): (ctx: KoaContext, next: Next) => Promise<void>

// adapters/koa/index.d.ts
import type {
  AccessRequirement,
  Auth,
  AuthOptions,
  Gate,
  KeyEndpointsRequirement,
} from '../../src/index.js'
import type { KoaContext, RoutedContext } from './types.js'
export { mountConsole } from './console.js'
export { descriptionEndpoint } from './description.js'
export { errors, notFound } from './errors.js'
export { guard } from './guard.js'
export { auditEndpoints, usageEndpoints } from './reading.js'
export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'
/**
 * Create, list, show, update, rotate and revoke keys over JSON.
 * @example app.use(mount('/v1/keys', keyEndpoints(gate, { scopes: ['manage:keys'] })))
 */
export declare function keyEndpoints<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: KeyEndpointsRequirement<NoInfer<S>, C>,
): (ctx: KoaContext) => Promise<void>
/**
 * Ask for access, accept terms, decide.
 * @throws {MisuseError} at start-up, also where the gate has no `access`
 * @example app.use(mount('/v1/access', accessEndpoints(gate, { scopes: ['manage:keys'], approverScopes: ['approve:access'] })))
 */
export declare function accessEndpoints<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: AccessRequirement<NoInfer<S>, C>,
): (ctx: KoaContext) => Promise<void>
/**
 * Who the caller is.
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export declare function authOf(ctx: KoaContext): Auth
/**
 * Who the caller is, behind a guard with `optional`; `undefined` for a request without credentials.
 * @example const owner = authOf(ctx, { optional: true })?.ownerId
 * @throws {MisuseError} `not_guarded` where no guard let the request in
 */
export declare function authOf(ctx: KoaContext, options: AuthOptions): Auth | undefined
/**
 * What a handler adds to the audit record of its request.
 * @throws {MisuseError} `not_guarded` as above
 * @example await auditOf(ctx).phi({ resource: 'Patient', action: 'read', ids: [ctx.params.id] })
 */
export declare function auditOf(ctx: KoaContext): import('../../src/index.js').AuditNote
/**
 * The tenant that a guard has verified.
 * @throws {MisuseError} `not_guarded` where no guard has asked for one.
 * @example const patients = await patientsOf(tenantOf(ctx))
 */
export declare function tenantOf(ctx: KoaContext): string

// adapters/koa/reading.d.ts
import type { Gate, ReadingRequirement } from '../../src/index.js'
import type { KoaContext, RoutedContext } from './types.js'
/**
 * What the requests of a caller's own owner came to, as JSON and CSV.
 * @throws {MisuseError} at start-up
 * @example app.use(mount('/v1/usage', usageEndpoints(gate, { scopes: ['read:usage'] })))
 */
export declare function usageEndpoints<S extends string, R extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: ReadingRequirement<NoInfer<S>, R>,
): (ctx: KoaContext) => Promise<void>
/**
 * The audit log of a caller's own owner: in pages, as an export, and a summary of a week. Each reading is in the log.
 * @throws {MisuseError} at start-up, also where the gate has no audit log
 * @example app.use(mount('/v1/audit', auditEndpoints(gate, { scopes: ['read:audit'] })))
 */
export declare function auditEndpoints<S extends string, R extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement: ReadingRequirement<NoInfer<S>, R>,
): (ctx: KoaContext) => Promise<void>

// adapters/koa/tokens.d.ts
import type { Gate } from '../../src/index.js'
/**
 * Short-lived tokens for keys.
 * @throws {MisuseError} at start-up, also where the gate issues none
 * @example app.use(mount('/oauth/token', tokenEndpoint(gate)))
 */
export declare function tokenEndpoint<S extends string>(
  gate: Gate<S>,
): (ctx: import('./types.js').KoaContext) => Promise<void>
/**
 * The public keys of the gate's tokens.
 * @throws {MisuseError} at start-up
 * @example app.use(mount('/.well-known/jwks.json', jwksEndpoint(gate)))
 */
export declare function jwksEndpoint<S extends string>(
  gate: Gate<S>,
): (ctx: import('./types.js').KoaContext) => Promise<void>
/**
 * Ends tokens before their time (RFC 7009).
 * @throws {MisuseError} at start-up
 * @example app.use(mount('/oauth/revoke', revocationEndpoint(gate)))
 */
export declare function revocationEndpoint<S extends string>(
  gate: Gate<S>,
): (ctx: import('./types.js').KoaContext) => Promise<void>

// adapters/koa/types.d.ts
import type { NodeMessage, NodeResponse } from '../../src/index.js'
/** What is used of a Koa 2 or 3 context. */
export interface KoaContext {
  readonly originalUrl: string
  /** Cut by `koa-mount` on the way. */
  readonly url: string
  readonly req: NodeMessage & AsyncIterable<Uint8Array>
  readonly request: {
    readonly method: string
    readonly body?: unknown
  }
  /** Its `auth` is of no type here: the app may have given it one. */
  readonly state: {
    auth?: unknown
  }
  readonly res: NodeResponse & {
    destroy?(): unknown
  }
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

// adapters/openapi/description.d.ts
import { type Answer, type EndpointRequest, type Gate } from '../../src/index.js'
import { type OpenApiDocument } from './document.js'
import type { DescriptionOptions } from './options.js'
import { type PostmanCollection } from './postman.js'
/** An API's description: what `descriptionEndpoint` of an adapter serves and `sallyport describe` prints. */
export interface Description {
  openApi(): OpenApiDocument
  postman(): PostmanCollection
  /** For adapters: the answer to a request for one of the two, and nothing for any other. */
  answer(call: Pick<EndpointRequest, 'request' | 'target'>): Answer | undefined
}
/**
 * Describes an API as OpenAPI 3.1 and as a Postman collection. Both are made when the first is asked for, so `app` may get its routes afterwards. Neither has a secret.
 *
 * @example
 * export const description = createDescription(gate, { info: { title: 'Orders', version: '1.0.0' }, app })
 * app.use(descriptionEndpoint(description))
 */
export declare function createDescription<S extends string>(
  gate: Gate<S>,
  options: DescriptionOptions<S>,
): Description

// adapters/openapi/document.d.ts
import type { Gate, GateDescription } from '../../src/index.js'
import type { DescriptionOptions } from './options.js'
/** A document of OpenAPI 3.1: JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: DescriptionOptions['info']
  readonly servers: readonly {
    readonly url: string
    readonly description?: string
  }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, object>>
  }
  /** Every scope, with its level, title and description. */
  readonly 'x-scopes': GateDescription['scopes']
}
/**
 * An API as OpenAPI 3.1: environments as servers, places of credentials as security schemes, scopes, error bodies in the format of the gate, rate-limit headers, and your routes. It has no secret.
 *
 * @example
 * const document = openApi(gate, {
 *   info: { title: 'Orders', version: '1.0.0' },
 *   routes: [{ method: 'get', path: '/v1/orders', summary: 'List orders', scopes: ['read:orders'] }],
 * })
 */
export declare function openApi<S extends string>(
  gate: Gate<S>,
  options: DescriptionOptions<S>,
): OpenApiDocument
/** The addresses of an API. */
export declare function serversOf(
  { environments }: GateDescription,
  given: readonly string[] | undefined,
): OpenApiDocument['servers']

// adapters/openapi/index.d.ts
export { createDescription, type Description } from './description.js'
export { openApi, type OpenApiDocument } from './document.js'
export type { DescriptionOptions, RouteDescription } from './options.js'
export { postman, type PostmanCollection } from './postman.js'
export type { JsonSchema } from './schema.js'

// adapters/openapi/options.d.ts
/** A route of your app, for its description. */
export interface RouteDescription<S extends string = string> {
  /** In any case, such as `'get'`. */
  readonly method: string
  /** With its parameters in braces: `'/v1/orders/{id}'`. */
  readonly path: string
  /** A few words. Default: the method and the path. */
  readonly summary?: string
  /** Scopes that it asks for, all of them. Default: those of its guards, if `app` is known; else none. */
  readonly scopes?: readonly S[]
  /** Scopes of which it asks for at least one, beside all of `scopes`. Default: those of its guards, as above. */
  readonly anyScope?: readonly S[]
  /** `true`: it asks for no credentials. Default: `false`; if `app` is known, whether it has no guard. */
  readonly isPublic?: boolean
  /** `true`: requests without credentials pass as well. Default: as its guards say, else `false`. */
  readonly isOptional?: boolean
  /** Values of the path's parameters that lead somewhere. Default: none. */
  readonly params?: Readonly<Record<string, string>>
  /** Parameters of the query that a client may send, each with an example. Default: none. */
  readonly query?: Readonly<Record<string, string>>
  /** The media type that it reads. Default: that of its guards, else `'application/json'`. */
  readonly type?: string
  /** The media type that it answers with, if a client must name one in `Accept`. Default: that of its guards. */
  readonly accept?: string
  /** An example of the JSON that it takes. Default: it takes none. */
  readonly body?: unknown
  /** The status of its answer. Default 200; of a route that only its guards tell of, it is not known. */
  readonly status?: number
  /** An example of the JSON that it answers with. Default: none. */
  readonly answer?: unknown
}
/** What an API's description is made from, beside its gate. */
export interface DescriptionOptions<S extends string = string> {
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description?: string
  }
  readonly routes?: readonly RouteDescription<S>[]
  /**
   * Your Express or Koa app, or a router of either. What the guards of its routes ask for is read from it, and guarded routes that `routes` does not list are described by method and path. Default: only `routes`
   * are described.
   */
  readonly app?: object
  /**
   * Which of those guarded routes to leave out, with the scopes that only they ask for: anybody may read the documents. Called for each route that `routes` does not list. What it leaves out is as protected as before, no
   * more and no less. Default: none.
   * @example ({ path, scopes }) => path.startsWith('/v1/staff/') || scopes.includes('internal:root')
   */
  leaveOut?(
    route: Required<Pick<RouteDescription<S>, 'method' | 'path' | 'scopes' | 'anyScope'>>,
  ): boolean
  /**
   * Routers that are mounted on the app, by the path: neither framework says it. A router of `@koa/router` that the app uses directly needs no mention.
   * @example { '/v1': ordersRouter }
   */
  readonly routers?: Readonly<Record<string, object>>
  /** Where `keyEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly keys?: {
    readonly path: string
    readonly scopes: readonly S[]
  }
  /** Where `usageEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly usage?: {
    readonly path: string
    readonly scopes: readonly S[]
  }
  /** Where `auditEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly audit?: {
    readonly path: string
    readonly scopes: readonly S[]
  }
  /** Where `tokenEndpoint` and `jwksEndpoint` are mounted. Default: they are not described. */
  readonly token?: string
  readonly jwks?: string
  /** Addresses of the API, such as `'https://api.example.com'`. Default: the hosts of the gate's environments, with `https:`. */
  readonly servers?: readonly string[]
}

// adapters/openapi/postman.d.ts
import type { Gate } from '../../src/index.js'
import type { DescriptionOptions } from './options.js'
interface Field {
  readonly key: string
  readonly value: string
}
/** A collection of Postman, format 2.1: JSON. */
export interface PostmanCollection {
  readonly info: {
    readonly name: string
    readonly schema: string
  }
  /** `baseUrl` and `apiKey`, which is yours to fill in; `keyId`, which creating a key fills in. */
  readonly variable: readonly Field[]
  readonly item: readonly object[]
}
/**
 * An API as a Postman collection: each route with an example, and variables for the address and the key. It has no secret.
 *
 * @example
 * const collection = postman(gate, { info: { title: 'Orders', version: '1.0.0' } })
 */
export declare function postman<S extends string>(
  gate: Gate<S>,
  options: DescriptionOptions<S>,
): PostmanCollection
export {}

// adapters/openapi/schema.d.ts
/** The part of JSON Schema that describes examples. */
export interface JsonSchema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
}
/** What an example is of. */
export declare function schemaOf(example: unknown): JsonSchema

// adapters/postgres/access.d.ts
import { type AccessStore, type AgreementStore } from '../../src/access/index.js'
import type { EmbeddedPostgres, PostgresPool } from './client.js'
/**
 * Requests for access in PostgreSQL 14 or later, or in PGlite; `migrate` of the key store must have made the tables.
 * @example const access = createAccess({ store: createPostgresAccessStore(pool), agreements: createPostgresAgreementStore(pool) })
 */
export declare function createPostgresAccessStore(
  client: PostgresPool | EmbeddedPostgres,
): AccessStore
/**
 * Acceptances of terms, as `createPostgresAccessStore`.
 * @example const access = createAccess({ store: createPostgresAccessStore(pool), agreements: createPostgresAgreementStore(pool) })
 */
export declare function createPostgresAgreementStore(
  client: PostgresPool | EmbeddedPostgres,
): AgreementStore

// adapters/postgres/audit.d.ts
import {
  type AuditSink,
  type CheckpointCheck,
  type FoundLine,
  type PruneOptions,
  type SinkState,
  type TablesReport,
  type TrailLine,
  type TrailReader,
  type TrailSearch,
} from '../../src/index.js'
import { type EmbeddedPostgres, type PostgresPool } from './client.js'
/** A trail in PostgreSQL. */
export interface PostgresAuditSink extends AuditSink, TrailReader {
  /**
   * Makes the table that is missing, in the first schema of the search_path. Again is harmless, and so are two at once. A table of a newer
   * version is left alone. @throws {Error} what PostgreSQL says; also for a newer table that is no longer for this version.
   */
  migrate(): Promise<void>
  /** How the table stands to this version; changes nothing. @throws {Error} what PostgreSQL says. */
  tables(): Promise<TablesReport>
  /** @throws {AuditError} where the table is missing, or is not one that a trail can rest on. */
  state(check?: CheckpointCheck): Promise<SinkState>
  find(search: TrailSearch): Promise<readonly FoundLine[]>
  chain(writer: string, from: number): AsyncIterable<TrailLine>
  /**
   * Takes old records off the beginning of each chain, up to a signed checkpoint that is as old: it stays, and vouches for what was before it. A
   * chain without such a checkpoint stays whole. Asks for a role that may delete.
   * @throws {MisuseError} where records would go that are younger than the retention @throws {AuditError}
   */
  prune(options: PruneOptions): Promise<{
    readonly records: number
  }>
}
/**
 * A trail in a table that is only added to, in PostgreSQL 14 or later through a pool of pg, or in PGlite. What it acknowledges is committed: with
 * `synchronous_commit` off it acknowledges nothing.
 * @example audit: { sink: createPostgresAuditSink(pool), key: signingKey }
 */
export declare function createPostgresAuditSink(
  client: PostgresPool | EmbeddedPostgres,
): PostgresAuditSink

// adapters/postgres/client.d.ts
/** What a call has in all; the gate itself waits no longer. */
export declare const LIMIT_MS = 250
/** What a statement came to. */
interface Rows {
  readonly rows: readonly unknown[]
}
/** What is used of a connection that a pool lends. */
export interface PooledClient {
  /** The number that the server gave its process when the connection was made. */
  readonly processID?: number | null
  query(text: string, values?: unknown[]): Promise<Rows>
  /** With an error, the connection is ended and not lent again. */
  release(error?: Error | boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}
/** What is used of a `Pool` of pg. */
export interface PostgresPool {
  connect(): Promise<PooledClient>
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
  /** What the pool was made from; the connection that listens is made from the same. */
  readonly options: {
    /** Connections at most. */
    readonly max?: number | undefined
  }
}
/** What is used of a transaction of PGlite. */
export interface EmbeddedTransaction {
  query(text: string, values?: unknown[]): Promise<Rows>
}
/** What is used of PGlite. */
export interface EmbeddedPostgres {
  query(text: string, values?: unknown[]): Promise<Rows>
  exec(text: string): Promise<unknown>
  transaction<T>(work: (transaction: EmbeddedTransaction) => Promise<T>): Promise<T | undefined>
  listen(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>
}
/** Runs one statement and answers with its rows. `begun` is when the call began that it is for, by `performance.now()`; default: now. */
export type Run = (text: string, values: unknown[], begun?: number) => Promise<readonly unknown[]>
/** Which of the two it is. @throws {MisuseError} where it is neither: a URL, or a `Client`, which is one connection */
export declare function isEmbedded(
  client: PostgresPool | EmbeddedPostgres,
): client is EmbeddedPostgres
/**
 * PGlite runs one statement at a time, so a statement may have to wait for its turn. If its caller has given up by then, it is not run.
 */
export declare function embeddedRun(client: EmbeddedPostgres, limitMs?: number): Run
export {}

// adapters/postgres/index.d.ts
export { createPostgresAccessStore, createPostgresAgreementStore } from './access.js'
export { createPostgresAuditSink, type PostgresAuditSink } from './audit.js'
export type { EmbeddedPostgres, PooledClient, PostgresPool } from './client.js'
export { openPostgres, type OpenPostgres, type OpenPostgresOptions } from './pool.js'
export {
  createPostgresKeyStore,
  type PostgresKeyStore,
  type PostgresKeyStoreOptions,
} from './store.js'
export { createPostgresReplayStore } from './used-ids.js'
export { createPostgresReviewStore } from './reviews.js'

// adapters/postgres/pool.d.ts
import type { PostgresPool } from './client.js'
export interface OpenPostgresOptions {
  /** How many connections at most, beside the one that listens. Default 10. */
  readonly max?: number
}
/** A pool of pg with the limits that a key store wants. */
export interface OpenPostgres extends PostgresPool {
  /** Ends all connections that are not in use, and those in use as they are given back. */
  end(): Promise<void>
}
/**
 * A pool of pg for a key store: 2 s for a new connection and 200 ms for a statement. A parameter of the URL, such as `?application_name=`,
 * takes precedence. An idle pool does not keep the process alive. Needs the package pg.
 * @example const store = createPostgresKeyStore(await openPostgres(databaseUrl))
 */
export declare function openPostgres(
  url: string,
  options?: OpenPostgresOptions,
): Promise<OpenPostgres>

// adapters/postgres/reviews.d.ts
import { type ReviewStore } from '../../src/console/index.js'
import type { EmbeddedPostgres, PostgresPool } from './client.js'
/**
 * Signed reviews of the console in PostgreSQL 14 or later, or in PGlite; `migrate` of the key store must have made the table.
 * @example const portal = createConsole(gate, { user, secret, reviews: createPostgresReviewStore(pool) })
 * @throws {MisuseError} `invalid_option` where neither a Pool of pg nor PGlite is given
 */
export declare function createPostgresReviewStore(
  client: PostgresPool | EmbeddedPostgres,
): ReviewStore

// adapters/postgres/store.d.ts
import type { KeyStore, TablesReport } from '../../src/index.js'
import { type EmbeddedPostgres, type PostgresPool } from './client.js'
export interface PostgresKeyStoreOptions {
  /**
   * A pool whose options lead to PostgreSQL itself, where the first goes by way of a pooler: changes are heard on a session of their
   * own. `false`: they are not heard. Default: the first.
   */
  readonly listen?: PostgresPool | false
}
/** Keys in PostgreSQL. */
export interface PostgresKeyStore extends KeyStore {
  /**
   * Makes the tables that are missing, in the first schema of the search_path. Again is harmless, and so are two at once. Tables of a newer
   * version are left alone. @throws {Error} what PostgreSQL says; also for newer tables that are no longer for this version.
   */
  migrate(): Promise<void>
  /** How the tables stand to this version; changes nothing. @throws {Error} what PostgreSQL says. */
  tables(): Promise<TablesReport>
}
/**
 * Keys in PostgreSQL 14 or later, through a pool of pg, or in PGlite.
 * @example
 * ```ts
 * const store = createPostgresKeyStore(new Pool({ connectionString: databaseUrl }))
 * await store.migrate()
 * ```
 */
export declare function createPostgresKeyStore(
  client: PostgresPool | EmbeddedPostgres,
  options?: PostgresKeyStoreOptions,
): PostgresKeyStore

// adapters/postgres/used-ids.d.ts
import { type ReplayStore } from '../../src/index.js'
import { type EmbeddedPostgres, type PostgresPool } from './client.js'
/**
 * Remembers in PostgreSQL 14 or later, or in PGlite, what was used once, for all instances: forms of a console, or assertions. At most 100,000 of each owner, under their SHA-256;
 * those that have ended are removed with each that is added. `migrate` of the key store must have made the table.
 * @example const portal = createConsole(gate, { user, secret, forms: createPostgresReplayStore(pool) })
 * @throws {MisuseError} `invalid_option` where neither a Pool of pg nor PGlite is given
 */
export declare function createPostgresReplayStore(
  client: PostgresPool | EmbeddedPostgres,
): ReplayStore

// adapters/providers/auth0.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface Auth0Options {
  /** The tenant's domain, or a custom one: `'acme.eu.auth0.com'`. */
  readonly domain: string
  /** The identifier of the API in Auth0. */
  readonly audience: string | readonly string[]
}
/**
 * Access tokens of Auth0, of both dialects. Scopes are those of `scope` and, with RBAC, of `permissions`.
 * @example issuers: [auth0({ domain: 'acme.eu.auth0.com', audience: 'https://api.acme.example' })]
 */
export declare function auth0(options: Auth0Options): IssuerOptions

// adapters/providers/clerk.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface ClerkOptions {
  /** The domain of the Frontend API: `'clerk.acme.example'`, or `'acme-12.clerk.accounts.dev'` in development. */
  readonly domain: string
  /** The authorized parties: the origins of the apps that users sign in to, such as `'https://app.acme.example'`. */
  readonly clients: readonly string[]
}
/**
 * Session tokens of Clerk, version 2. The one scope is the role of the user in the active organization (`o.rol`).
 * @example issuers: [clerk({ domain: 'clerk.acme.example', clients: ['https://app.acme.example'] })]
 */
export declare function clerk(options: ClerkOptions): IssuerOptions

// adapters/providers/cloudflare-access.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface CloudflareAccessOptions {
  /** The name of the team, as in `https://acme.cloudflareaccess.com`. */
  readonly team: string
  /** The Application Audience (AUD) tag of the application. */
  readonly audience: string | readonly string[]
}
/**
 * Application tokens of Cloudflare Access, of users and of service tokens. They have no scopes.
 * @example issuers: [cloudflareAccess({ team: 'acme', audience: 'f861...' })]
 */
export declare function cloudflareAccess(options: CloudflareAccessOptions): IssuerOptions

// adapters/providers/cognito.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface CognitoOptions {
  /** The id of the user pool, which begins with its region: `'eu-west-1_Example'`. */
  readonly userPool: string
  /** The app clients whose tokens are accepted. */
  readonly clients: readonly string[]
  /** `'access'`: access tokens, with the scopes of `scope`. `'id'`: ID tokens, with the groups of the user as scopes. Default `'access'`. */
  readonly token?: 'access' | 'id'
}
/**
 * Tokens of an Amazon Cognito user pool. Access tokens have no `aud`: the app client takes its place.
 * @example issuers: [cognito({ userPool: 'eu-west-1_Example', clients: ['client_1'] })]
 */
export declare function cognito(options: CognitoOptions): IssuerOptions

// adapters/providers/entra.d.ts
import type { IssuerOptions, Tenants } from '../../src/index.js'
interface EntraCommon {
  /** What the API is called in `aud`: its client id in tokens of version 2, its application ID URI in those of version 1. */
  readonly audience: string | readonly string[]
  /** The version of access tokens: `requestedAccessTokenVersion` in the manifest of the API. Default 2. */
  readonly version?: 1 | 2
}
/** One tenant, or several. */
export type EntraOptions = EntraCommon &
  (
    | {
        /** The id of the tenant (directory): a GUID, not a domain. */
        readonly tenant: string
      }
    | {
        /** The ids of the tenants whose tokens are accepted, or a function that looks one up. */
        readonly tenants: Tenants
      }
  )
/**
 * Access tokens of Microsoft Entra ID, of users (`scp`) and of programs (app roles, `roles`). ID tokens name no client, and are rejected.
 * @example issuers: [entra({ tenant: '11111111-2222-3333-4444-555555555555', audience: 'client id of the API' })]
 */
export declare function entra(given: EntraOptions): IssuerOptions
export {}

// adapters/providers/firebase.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface FirebaseOptions {
  /** The id of the project. */
  readonly project: string
  /** Custom claims that count as a scope of their own name where they are `true`: `['admin']`. Default: none. */
  readonly flags?: readonly string[]
}
/**
 * ID tokens of Firebase Authentication, which are what its clients send to an API. Scopes are the custom claims of `flags`.
 * @example issuers: [firebase({ project: 'acme-prod', flags: ['admin'] })]
 */
export declare function firebase(options: FirebaseOptions): IssuerOptions

// adapters/providers/github-actions.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface GithubActionsOptions {
  /** What the workflow asks its token for. */
  readonly audience: string
  /** The repositories whose workflows are accepted: `'octo-org/octo-repo'`, or a list. */
  readonly repository: string | readonly string[]
  /** The branches or tags whose workflows are accepted: `'refs/heads/main'`, or a list. Default: all, those of pull requests too. */
  readonly ref?: string | readonly string[]
  /** The environments whose jobs are accepted: `'prod'`, or a list. Default: all, and jobs without one. */
  readonly environment?: string | readonly string[]
  /** What these workflows may do: the tokens have no scopes themselves. */
  readonly scopes: readonly string[]
}
/**
 * ID tokens of jobs of GitHub Actions, with `permissions: id-token: write`.
 * @example issuers: [githubActions({ audience: 'https://api.acme.example', repository: 'octo-org/octo-repo', ref: 'refs/heads/main', scopes: ['write:orders'] })]
 */
export declare function githubActions(options: GithubActionsOptions): IssuerOptions

// adapters/providers/google.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface GoogleOptions {
  /** The OAuth client that users sign in with, or the audience that a service account has asked for, such as the URL of a service. */
  readonly audience: string | readonly string[]
  /** The Google Workspace domain that users must be of (`hd`). Default: any account. */
  readonly domain?: string
}
/**
 * ID tokens of Google, of users and of service accounts; access tokens of Google are opaque. They have no scopes.
 * @example issuers: [google({ audience: '1.apps.googleusercontent.com' })]
 */
export declare function google(options: GoogleOptions): IssuerOptions

// adapters/providers/index.d.ts
export { auth0, type Auth0Options } from './auth0.js'
export { clerk, type ClerkOptions } from './clerk.js'
export { cloudflareAccess, type CloudflareAccessOptions } from './cloudflare-access.js'
export { cognito, type CognitoOptions } from './cognito.js'
export { entra, type EntraOptions } from './entra.js'
export { firebase, type FirebaseOptions } from './firebase.js'
export { githubActions, type GithubActionsOptions } from './github-actions.js'
export { google, type GoogleOptions } from './google.js'
export { keycloak, type KeycloakOptions } from './keycloak.js'
export { kubernetes, type KubernetesOptions } from './kubernetes.js'
export { oidc, type OidcOptions } from './oidc.js'
export { okta, type OktaOptions } from './okta.js'
export { supabase, type SupabaseOptions } from './supabase.js'
export { workos, type WorkosOptions } from './workos.js'
export { zitadel, type ZitadelOptions } from './zitadel.js'

// adapters/providers/keycloak.d.ts
import type { IssuerOptions } from '../../src/index.js'
interface KeycloakCommon {
  /** Where Keycloak is, with its relative path where it has one: `'https://sso.acme.example'`. */
  readonly url: string
  readonly realm: string
  /** Counts the roles of the realm as scopes. Default false. */
  readonly realmRoles?: boolean
  /** Counts the roles of this client, or of these, as scopes. Default: of none. */
  readonly clientRoles?: string | readonly string[]
}
/** One of `audience` and `clients`, or both. */
export type KeycloakOptions = KeycloakCommon &
  (
    | {
        /** What the API is called in `aud`, as its audience mapper says. */
        readonly audience: string | readonly string[]
        readonly clients?: readonly string[]
      }
    | {
        readonly audience?: undefined
        /** Without an audience mapper: the clients whose tokens are accepted. */
        readonly clients: readonly string[]
      }
  )
/**
 * Access tokens of a realm of Keycloak. ID tokens and refresh tokens are rejected.
 * @example issuers: [keycloak({ url: 'https://sso.acme.example', realm: 'shop', clients: ['web-app'], realmRoles: true })]
 */
export declare function keycloak(options: KeycloakOptions): IssuerOptions
export {}

// adapters/providers/kubernetes.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface KubernetesOptions {
  /** The audience of the projected token. */
  readonly audience: string
  /** The service accounts that are accepted, as namespace and name, and the scopes of each: `{ 'shop/orders': ['read:orders'] }`. */
  readonly accounts: Readonly<Record<string, readonly string[]>>
  /** The issuer of the cluster. Default `'https://kubernetes.default.svc.cluster.local'`. */
  readonly issuer?: string
}
/**
 * Projected tokens of service accounts, for an API in the same cluster. The keys are fetched from the API server with the pod's own token; start Node with
 * `NODE_EXTRA_CA_CERTS=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt`.
 * @example issuers: [kubernetes({ audience: 'https://api.acme.example', accounts: { 'shop/orders': ['read:orders'] } })]
 */
export declare function kubernetes(options: KubernetesOptions): IssuerOptions

// adapters/providers/oidc.d.ts
import type { IssuerOptions } from '../../src/index.js'
/** What a token of an OpenID provider may be signed with, as far as its keys are public. */
export declare const ALGORITHMS: readonly ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
export interface OidcOptions {
  /** The exact value of `iss`, including any trailing slash. The gate finds the keys from it. */
  readonly issuer: string
  /** What this API is called in `aud`. Not the id of a client: ID tokens would be accepted. */
  readonly audience: string | readonly string[]
}
/**
 * Access tokens of any OpenID provider that signs them as JWTs.
 * @example issuers: [oidc({ issuer: 'https://login.example.com', audience: 'https://api.example.com' })]
 */
export declare function oidc(options: OidcOptions): IssuerOptions

// adapters/providers/okta.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface OktaOptions {
  /** The domain of the organization, or a custom one: `'acme.okta.com'`. */
  readonly domain: string
  /** The audience of the authorization server. */
  readonly audience: string | readonly string[]
  /** The id of the custom authorization server. Default `'default'`. */
  readonly server?: string
}
/**
 * Access tokens of a custom authorization server of Okta; those of the organization's own server are for Okta alone. Scopes are those of `scp`.
 * @example issuers: [okta({ domain: 'acme.okta.com', audience: 'https://api.acme.example' })]
 */
export declare function okta(options: OktaOptions): IssuerOptions

// adapters/providers/supabase.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface SupabaseOptions {
  /** The reference of the project, as in its URL: `'abcdefghijklmnopqrst'`. */
  readonly project: string
  /** Lets in users that have signed in anonymously. Default false. */
  readonly anonymous?: boolean
}
/**
 * Access tokens of users of Supabase, with the new signing keys. Scopes are those of `app_metadata.roles`, which only your backend can change. The service keys of a
 * project (`anon`, `service_role`) are rejected.
 * @example issuers: [supabase({ project: 'abcdefghijklmnopqrst' })]
 */
export declare function supabase(options: SupabaseOptions): IssuerOptions

// adapters/providers/workos.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface WorkosOptions {
  /** The client id of the environment: `'client_01H...'`. Its keys sign for it alone. */
  readonly client: string
  /** The exact value of `iss`. Default `'https://api.workos.com'`; newer environments have their client or an authentication domain in it. */
  readonly issuer?: string
}
/**
 * Access tokens of WorkOS AuthKit. They name neither an audience nor a client: the keys are those of one client. Scopes are those of `permissions`.
 * @example issuers: [workos({ client: 'client_01H' })]
 */
export declare function workos(options: WorkosOptions): IssuerOptions

// adapters/providers/zitadel.d.ts
import type { IssuerOptions } from '../../src/index.js'
export interface ZitadelOptions {
  /** The URL of the instance, which is the value of `iss`: `'https://acme.zitadel.cloud'`. */
  readonly url: string
  /** The id of the project that the API belongs to. Tokens must be for it. */
  readonly project: string
}
/**
 * Access tokens of Zitadel, of clients whose token type is JWT. Scopes are those of `scope` and the roles of the project. ID tokens are rejected.
 * @example issuers: [zitadel({ url: 'https://acme.zitadel.cloud', project: '12345' })]
 */
export declare function zitadel(options: ZitadelOptions): IssuerOptions

// adapters/redis/clients.d.ts
/** What is used of a client that sends: of ioredis, iovalkey or node-redis. */
export interface RedisPublisher {
  publish(channel: string, message: string): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}
/** What is used of a client that listens. It resubscribes by itself after it lost its connection, as all of them do. */
export interface RedisSubscriber {
  /** node-redis calls the listener with each message; ioredis calls it once, with no message, and emits `message`. */
  subscribe(channel: string, listener: (...values: unknown[]) => void): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}
/** What is used of ioredis or iovalkey for scripts, of a server or of a cluster. */
export interface IoredisScripts {
  /** `'ready'` while commands can be sent. */
  readonly status: string
  evalsha(sha1: string, keys: number, ...keysAndValues: string[]): Promise<unknown>
  eval(script: string, keys: number, ...keysAndValues: string[]): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}
/** What is used of node-redis for scripts, of a server or of a cluster. */
export interface NodeRedisScripts {
  /** Whether commands can be sent; a cluster does not say. */
  readonly isReady?: boolean
  evalSha(sha1: string, given: NodeRedisArguments): Promise<unknown>
  eval(script: string, given: NodeRedisArguments): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}
export interface NodeRedisArguments {
  readonly keys: string[]
  readonly arguments: string[]
}
/** A client that runs scripts. */
export type RedisScripts = IoredisScripts | NodeRedisScripts
/** @throws {MisuseError} where it is no client, such as a URL, or has none of the methods */
export declare function checkClient(given: unknown, methods: readonly string[]): void

// adapters/redis/ids.d.ts
import { type ReplayStore, type TokenRevocations } from '../../src/index.js'
import type { RedisScripts } from './clients.js'
export interface RedisIdsOptions {
  /** How the keys of this store begin. Default `'sallyport:used'` for assertions, `'sallyport:revoked'` for tokens. */
  readonly prefix?: string
}
/**
 * Remembers in Redis or Valkey which assertions were used, for all instances of an API: at most 100,000 of each owner. The client stays yours: close it
 * after the gate.
 * @example tokens: { issuer, signingKeys, replayStore: createRedisReplayStore(redis) }
 */
export declare function createRedisReplayStore(
  client: RedisScripts,
  options?: RedisIdsOptions,
): ReplayStore
/**
 * Remembers in Redis or Valkey which tokens were revoked, for all instances of an API: at most 100,000 of each owner. It must not be one that evicts
 * keys.
 * @example tokens: { issuer, signingKeys, revocations: createRedisRevocations(redis) }
 */
export declare function createRedisRevocations(
  client: RedisScripts,
  options?: RedisIdsOptions,
): TokenRevocations

// adapters/redis/index.d.ts
export type {
  IoredisScripts,
  NodeRedisArguments,
  NodeRedisScripts,
  RedisPublisher,
  RedisScripts,
  RedisSubscriber,
} from './clients.js'
export { createRedisReplayStore, createRedisRevocations, type RedisIdsOptions } from './ids.js'
export { createRedisKeyChanges, type RedisKeyChangesOptions } from './key-changes.js'
export { createRedisLimitStore, type RedisLimitStoreOptions } from './limit-store.js'

// adapters/redis/key-changes.d.ts
import type { KeyChangeFeed } from '../../src/index.js'
import { type RedisPublisher, type RedisSubscriber } from './clients.js'
export interface RedisKeyChangesOptions {
  /** Sends changes. May be the client that the app uses for everything else. */
  readonly publisher: RedisPublisher
  /** Hears changes. A client that subscribes can do nothing else with most servers: give it a connection of its own. */
  readonly subscriber: RedisSubscriber
  /** Default `'sallyport:keys'`. Gates that share a key store share a channel. */
  readonly channel?: string
}
/**
 * Tells the instances of an API through Redis or Valkey which keys were changed: for the option `keys.changes`. The clients stay
 * yours: close them after the gate. Their connection may fail at any time.
 * @example keys: { prefix: 'acme', store, changes: createRedisKeyChanges({ publisher: redis, subscriber: redis.duplicate() }) }
 */
export declare function createRedisKeyChanges(options: RedisKeyChangesOptions): KeyChangeFeed

// adapters/redis/limit-store.d.ts
import type { LimitStore } from '../../src/index.js'
import type { RedisScripts } from './clients.js'
export interface RedisLimitStoreOptions {
  /** How the keys of this store begin. Default `'sallyport:limits'`. */
  readonly prefix?: string
}
/**
 * Counts in Redis or Valkey, for all instances of an API: one script and one round trip for each request, by the server's own clock. All
 * counters of a subject are one key, which expires. The client stays yours: close it after the gate.
 * @example limits: { store: createRedisLimitStore(new Redis(redisUrl)), defaultPlan: 'free' }
 */
export declare function createRedisLimitStore(
  client: RedisScripts,
  options?: RedisLimitStoreOptions,
): LimitStore

// adapters/sqlite/access.d.ts
import { type AccessStore, type AgreementStore } from '../../src/access/index.js'
import type { SqliteDatabase } from './types.js'
/**
 * Requests for access in an open database; `migrate` of the key store must have made the tables. The connection may be that of a key store.
 * @example const access = createAccess({ store: createSqliteAccessStore(keys.database), agreements: createSqliteAgreementStore(keys.database) })
 */
export declare function createSqliteAccessStore(database: SqliteDatabase): AccessStore
/**
 * Acceptances of terms in an open database, as `createSqliteAccessStore`.
 * @example const access = createAccess({ store: createSqliteAccessStore(keys.database), agreements: createSqliteAgreementStore(keys.database) })
 */
export declare function createSqliteAgreementStore(database: SqliteDatabase): AgreementStore

// adapters/sqlite/index.d.ts
export { createSqliteAccessStore, createSqliteAgreementStore } from './access.js'
export { openSqliteKeyStore, reportSqliteTables, type OpenSqliteOptions } from './open.js'
export { createSqliteKeyStore } from './store.js'
export type {
  OpenSqliteKeyStore,
  SqliteDatabase,
  SqliteKeyStore,
  SqliteStatement,
  SqliteValue,
} from './types.js'
export { createSqliteReplayStore } from './used-ids.js'
export { createSqliteReviewStore } from './reviews.js'

// adapters/sqlite/open.d.ts
import { type TablesReport } from '../../src/index.js'
import type { OpenSqliteKeyStore } from './types.js'
export interface OpenSqliteOptions {
  /** `false`: the tables are made elsewhere, and must be of this version. Default true. */
  readonly migrate?: boolean
}
/**
 * Opens a file, or makes it, with the first driver that works here: `node:sqlite`, better-sqlite3, `@photostructure/sqlite`; and
 * migrates it. Its folder must exist. `':memory:'` is a database that ends with its store.
 * @throws {MisuseError} `not_supported` when no driver works.
 * @throws {StoreError} as in `migrate`; with `migrate: false`, also when the tables are missing or of an older version.
 * @example keys: { prefix: 'acme', store: await openSqliteKeyStore('keys.db') }
 */
export declare function openSqliteKeyStore(
  path: string,
  options?: OpenSqliteOptions,
): Promise<OpenSqliteKeyStore>
/**
 * How the tables of a file stand to this version; changes nothing. The last connection that closes a file writes what is in its log into it, unless that
 * connection can only read; one that can only read leaves a log where there was none.
 * @throws {MisuseError} `not_supported` when no driver works. @throws {Error} what SQLite says.
 * @example const { usable } = await reportSqliteTables('keys.db')
 */
export declare function reportSqliteTables(path: string): Promise<TablesReport>

// adapters/sqlite/reviews.d.ts
import { type ReviewStore } from '../../src/console/index.js'
import type { SqliteDatabase } from './types.js'
/**
 * Signed reviews of the console in an open database; `migrate` of the key store must have made the table. The connection may be that of a key store.
 * @example const portal = createConsole(gate, { user, secret, reviews: createSqliteReviewStore(keys.database) })
 * @throws {MisuseError} `invalid_option` where no open database is given
 */
export declare function createSqliteReviewStore(database: SqliteDatabase): ReviewStore

// adapters/sqlite/store.d.ts
import type { SqliteDatabase, SqliteKeyStore } from './types.js'
/**
 * Keys in an open database; `migrate` must have made the tables. The connection is the store's: it sets `synchronous`, `foreign_keys`
 * and `busy_timeout`, and runs transactions of its own.
 * @example
 * ```ts
 * const store = createSqliteKeyStore(new DatabaseSync('keys.db'))
 * await store.migrate()
 * ```
 */
export declare function createSqliteKeyStore(database: SqliteDatabase): SqliteKeyStore

// adapters/sqlite/types.d.ts
import type { KeyStore, TablesReport } from '../../src/index.js'
/** What is bound to a parameter of a statement. */
export type SqliteValue = string | number | null
/** What is used of a prepared statement. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): {
    readonly changes: number | bigint
  }
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}
/** What is used of an open database of `node:sqlite`, better-sqlite3 or `@photostructure/sqlite`. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
}
/** Keys in a SQLite database. Every method but `migrate` answers at once. */
export interface SqliteKeyStore extends KeyStore {
  /**
   * Makes the tables, or brings them to what this version needs; again is harmless, also from several processes at once. Waits up to
   * 5 s for others to let go of the database. Tables of a newer version are left alone. @throws {TablesError} when those are no longer for this version.
   */
  migrate(): Promise<void>
  /** How the tables stand to this version; changes nothing. @throws {Error} what SQLite says. */
  tables(): TablesReport
}
/** A store with a connection of its own. */
export interface OpenSqliteKeyStore extends SqliteKeyStore {
  /** The connection, for other stores in the same file: `createSqliteAccessStore(store.database)`. */
  readonly database: SqliteDatabase
  /** Closes the database. Close the gates first: what they have counted is written then. */
  close(): void
}

// adapters/sqlite/used-ids.d.ts
import { type ReplayStore } from '../../src/index.js'
import type { SqliteDatabase } from './types.js'
/**
 * Remembers in an open database what was used once, for all processes that have the file open: forms of a console, or assertions. At most 100,000 of each owner, under their SHA-256.
 * `migrate` of the key store must have made the table. The connection may be that of a key store.
 * @example const portal = createConsole(gate, { user, secret, forms: createSqliteReplayStore(keys.database) })
 * @throws {MisuseError} `invalid_option` where no open database is given
 */
export declare function createSqliteReplayStore(database: SqliteDatabase): ReplayStore

// src/access/access-store.d.ts
import type { Page } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessPerson } from './person.js'
/**
 * Where a request for access is: it waits for a decision; or it was approved, and holds until its end; or it was denied; or what was approved is suspended for a
 * while; or it is over for good.
 */
export declare const ACCESS_STATES: readonly [
  'requested',
  'approved',
  'suspended',
  'denied',
  'ended',
]
export type AccessState = (typeof ACCESS_STATES)[number]
/** States that something may still become of. */
export declare const LIVE_STATES: readonly AccessState[]
/** A version of terms, by what was accepted of it. */
export interface TermsVersion {
  /** The name of the terms, such as `'api-terms'`. */
  readonly id: string
  readonly version: string
  /** SHA-256 of the text, in base64url. */
  readonly digest: string
}
/** One step in the life of a request: who took it, when, and in whose words. */
export interface AccessStep {
  readonly state: AccessState
  readonly by: AccessPerson
  readonly at: Date
  readonly reason?: string
}
/** A request for access as a store holds it, with all that has become of it. Records are not changed in place: a change is a new version. */
export interface AccessRequest {
  /** `acc_` and base62. */
  readonly id: string
  /** 1 at first, one more with each change. */
  readonly version: number
  readonly ownerId: string
  readonly state: AccessState
  /** What the API is to be used for, in the words of the owner. */
  readonly useCase: string
  /** Those that were asked for; once approved, those that were approved. */
  readonly environments: readonly string[]
  /** The same of scopes. Empty: no scopes were named, and keys may have any. */
  readonly scopes: readonly string[]
  /** The same of the plan. */
  readonly plan?: string
  /** The terms that had been accepted when access was requested. */
  readonly terms: readonly TermsVersion[]
  readonly requestedAt: Date
  /** When a decision is due. */
  readonly dueAt: Date
  /** When what was approved ends. Absent: it has no end. */
  readonly until?: Date
  /** What the approval is bound to, in the words of the approver. */
  readonly conditions?: string
  /** From the request on; the last one is that of `state`. */
  readonly steps: readonly AccessStep[]
}
/** Which requests, in pages. */
export interface AccessFilter {
  readonly ownerId?: string
  readonly state?: AccessState
  /** By the time of the request. Default `'newest'`: newest first. */
  readonly order?: 'newest' | 'oldest'
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/** What has changed in a store since one of its revisions. */
export interface AccessChanges {
  /** Names the present state of all records. It changes with each change of any record, whoever makes it, and never without one. */
  readonly revision: string
  /** The owners of the records that have changed since then; others have not. Absent: that is not known, and may be any owner. */
  readonly ownerIds?: readonly string[]
}
/**
 * Where requests for access live. Every method may answer at once or with a promise. What a store throws is an outage (503), and never "not approved".
 * `accessStoreCases` of `sallyport/testing` tests a store of your own.
 */
export interface AccessStore {
  /**
   * Stores a request; of two at once for one environment, one. False: another request of this owner for one of its environments is requested or suspended, or approved
   * with no end or one after `requestedAt` of this request.
   * @throws {Error} where the id is taken
   */
  insert(request: AccessRequest): MaybePromise<boolean>
  find(id: string): MaybePromise<AccessRequest | undefined>
  /** The requests of an owner, at most 100: first those that are requested, approved or suspended, and of all others the newest. */
  ofOwner(ownerId: string): MaybePromise<readonly AccessRequest[]>
  /** Puts the next version of a request in the place of the one before. False: that is no longer the one that is stored. */
  replace(next: AccessRequest): MaybePromise<boolean>
  /** A page of requests, each once over all pages. A cursor that is not of this store leads to an empty page. */
  list(filter: AccessFilter): MaybePromise<Page<AccessRequest>>
  /**
   * The revision, and who has changed since an earlier one. A caller asks for it, then reads; what it has read of an owner is up to date until the owner is named.
   * @param since absent: no revision is known yet
   */
  changes(since?: string): MaybePromise<AccessChanges>
}

// src/access/access.d.ts
import type { Policy } from '../core/policy.js'
import type { GateAccess } from '../gate/gate-access.js'
import type { Page } from '../keys/key-store.js'
import type { AccessFilter, AccessRequest } from './access-store.js'
import type { Agreements } from './agreements.js'
import type { ApproveInput, DecideInput, RequestAccessInput, StepInput } from './input.js'
import type { OwnerAccess } from './owner-access.js'
/** Who may use an API, and what they have agreed to. Every call throws a StoreError when a store fails. */
export interface Access extends GateAccess {
  /**
   * A policy: the caller's owner has access in the caller's environment that is approved and has not ended. Else 403 `access_not_approved`; an outage is 503.
   * @example createGate({ ...options, access, policies: [access.approved()] })
   */
  approved(): Policy
  /**
   * A policy: the caller's owner has accepted these terms, in a version that counts; without names, all that are required. Else 403 `terms_not_accepted`.
   * @throws {MisuseError} for terms that are not among the options
   * @example guard(gate, { scopes: ['read:patients'], policies: [access.accepted('baa')] })
   */
  accepted(...ids: readonly string[]): Policy
  /**
   * An owner asks for access.
   * @throws {AccessError} `invalid_input`, `not_eligible`, `already_requested`, `terms_not_accepted`, `unknown_agreement`
   */
  request(input: RequestAccessInput): Promise<AccessRequest>
  /** @throws {AccessError} `unknown_request`, `wrong_state`, `own_request`, `approver_suspended`, `invalid_input` for more than was asked for, `changed_meanwhile` */
  approve(id: string, input: ApproveInput): Promise<AccessRequest>
  /** @throws {AccessError} as `approve` */
  deny(id: string, input: DecideInput): Promise<AccessRequest>
  /** Suspends what was approved, from the next request on. @throws {AccessError} as `approve` */
  suspend(id: string, input: DecideInput): Promise<AccessRequest>
  /** Lifts a suspension. @throws {AccessError} as `approve`, and `too_many_steps` once the request has 100 steps: end it then, and have access requested anew */
  resume(id: string, input: StepInput): Promise<AccessRequest>
  /** Ends a request or what was approved, for good; an owner may end its own, unless it is suspended (`own_request`). @throws {AccessError} as `approve` */
  end(id: string, input: StepInput): Promise<AccessRequest>
  get(id: string): Promise<AccessRequest | undefined>
  /** In pages. @throws {AccessError} `invalid_input` */
  list(filter?: AccessFilter): Promise<Page<AccessRequest>>
  /** Where an owner is in each environment, what is missing, and the terms. @throws {AccessError} `invalid_input` @param environments default: those of the gate, and those of its requests */
  of(ownerId: string, environments?: readonly string[]): Promise<OwnerAccess>
  readonly agreements: Agreements
}

// src/access/agreement-store.d.ts
import type { Page } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessChanges, TermsVersion } from './access-store.js'
import type { AccessPerson } from './person.js'
/** How an acceptance ended before its time. */
export interface AcceptanceEnd {
  readonly by: AccessPerson
  readonly at: Date
  readonly reason?: string
}
/** That an owner has accepted a version of terms, as a store holds it. */
export interface Acceptance {
  /** `agr_` and base62. */
  readonly id: string
  readonly ownerId: string
  readonly terms: TermsVersion
  /** Who accepted, and from where; of an agreement that was signed elsewhere, who signed it. */
  readonly by: AccessPerson
  /** When it was accepted, or signed. */
  readonly at: Date
  /** Who wrote it down, where that is somebody else. */
  readonly recordedBy?: AccessPerson
  /** When it ends. Absent: it has no end. */
  readonly until?: Date
  /** Absent: it was not ended. */
  readonly end?: AcceptanceEnd
}
/** Which acceptances, newest first, in pages. */
export interface AcceptanceFilter {
  readonly ownerId?: string
  /** The name of the terms. */
  readonly terms?: string
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/**
 * Where acceptances of terms live. Every method may answer at once or with a promise. What a store throws is an outage (503), and never "not accepted".
 * `agreementStoreCases` of `sallyport/testing` tests a store of your own.
 */
export interface AgreementStore {
  /** @throws {Error} where the id is taken */
  insert(acceptance: Acceptance): MaybePromise<void>
  find(id: string): MaybePromise<Acceptance | undefined>
  /** The acceptances of an owner that were not ended, newest first, at most 1,000. */
  ofOwner(ownerId: string): MaybePromise<readonly Acceptance[]>
  /** Ends an acceptance once. False: there is none with this id, or it was ended before. */
  end(id: string, end: AcceptanceEnd): MaybePromise<boolean>
  /** A page of acceptances, each once over all pages. A cursor that is not of this store leads to an empty page. */
  list(filter: AcceptanceFilter): MaybePromise<Page<Acceptance>>
  /** As that of an `AccessStore`. */
  changes(since?: string): MaybePromise<AccessChanges>
}

// src/access/agreements.d.ts
import type { Page } from '../keys/key-store.js'
import type { Acceptance, AcceptanceFilter } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import {
  type AcceptedTerms,
  type AcceptInput,
  type RecordAgreementInput,
  type StepInput,
} from './input.js'
/** Acceptances of terms: `access.agreements`. Every call throws a StoreError when a store fails. */
export interface Agreements {
  /**
   * An owner accepts terms in the version that holds now. Accepted already: the acceptance that there is.
   * @throws {AccessError} `invalid_input`, `unknown_agreement`; `terms_not_accepted` for another version or text, and for terms that only the operator records
   */
  accept(input: AcceptInput): Promise<Acceptance>
  /**
   * Records an agreement that was signed elsewhere, of any version that counts. Recorded already, with the same beginning and end: the acceptance that there is.
   * @throws {AccessError} `invalid_input`, `unknown_agreement`; `terms_not_accepted` for a version that does not count; `own_request`, `approver_suspended` by the organization of `recordedBy`
   */
  record(input: RecordAgreementInput): Promise<Acceptance>
  /**
   * Ends an acceptance before its time. An owner may end its own.
   * @throws {AccessError} `invalid_input`, `unknown_acceptance`; `approver_suspended` by the organization of `by`; `wrong_state` where it was ended before
   */
  withdraw(id: string, input: StepInput): Promise<Acceptance>
  get(id: string): Promise<Acceptance | undefined>
  /** Newest first, in pages. @throws {AccessError} `invalid_input` */
  list(filter?: AcceptanceFilter): Promise<Page<Acceptance>>
}
export declare function createAgreements(context: AccessContext): Agreements
/** The terms that an owner may accept so: what is accepted is the text that holds now. @throws {AccessError} `unknown_agreement`, `terms_not_accepted` */
export declare function acceptableTerms(
  context: AccessContext,
  { id, version, digest }: AcceptedTerms,
): Terms

// src/access/check-options.d.ts
import type { Clock } from '../lib/clock.js'
import type { AccessStore, TermsVersion } from './access-store.js'
import type { AgreementStore } from './agreement-store.js'
import type { AccessOptions, TermsOptions } from './options.js'
/** Terms that were checked. */
export interface Terms
  extends TermsVersion, Pick<TermsOptions, 'text' | 'title' | 'url' | 'environments'> {
  /** Earlier versions that still count. */
  readonly alsoAccepted: readonly string[]
  readonly required: boolean
  readonly phi: boolean
  readonly acceptedBy: 'owner' | 'operator'
}
/** Checks every option by name. @throws {MisuseError} */
export declare function checkAccessOptions(options: AccessOptions): {
  terms: Map<string, Terms>
  store: AccessStore
  agreements: AgreementStore
  reviewDays: number
  holidays: string[]
  eligible?:
    | ((
        ownerId: string,
        asked: {
          readonly environments: readonly string[]
          readonly plan?: string
        },
      ) => import('../index.js').MaybePromise<true | string>)
    | undefined
  clock?: Clock | undefined
}

// src/access/context.d.ts
import type { EnrollmentEvent } from '../audit/enrollment.js'
import type { Clock } from '../lib/clock.js'
import type { Terms } from './check-options.js'
import type { AccessOptions } from './options.js'
import type { OwnerCache } from './owner-cache.js'
import type { TimedStores } from './timed-stores.js'
/** What every operation on requests and acceptances works with. */
export interface AccessContext {
  readonly stores: TimedStores
  readonly owners: OwnerCache
  readonly terms: ReadonlyMap<string, Terms>
  readonly reviewDays: number
  readonly holidays: readonly string[]
  readonly eligible?: AccessOptions['eligible'] | undefined
  readonly clock: Clock
  /** The environments of the gate; `undefined` where there is no gate. */
  readonly environments: () => readonly string[] | undefined
  /** The scopes of the gate; `undefined` where there is no gate. */
  readonly scopes: () => ReadonlyMap<string, unknown> | undefined
  /** The plans of the gate; `undefined` where there are none, or no gate. */
  readonly plans: () => readonly string[] | undefined
  /** Makes a change that is in the audit log, and that this process knows of at its next request. */
  readonly record: <T>(
    event: EnrollmentEvent,
    change: () => T | Promise<T>,
    isMade: (result: T) => boolean,
  ) => Promise<T>
}

// src/access/create-access.d.ts
import type { Access } from './access.js'
import type { AccessOptions } from './options.js'
/**
 * Requests for access to an API, decisions about them, and agreements. Give it to a gate as `access`: then no key is made without approved access, steps are in
 * the audit log, and `accessEndpoints` of an adapter serves it over HTTP.
 * @throws {MisuseError} by the name of the option that is wrong
 * @example
 * ```ts
 * const access = createAccess({
 *   store: createSqliteAccessStore(keys.database),
 *   agreements: createSqliteAgreementStore(keys.database),
 *   terms: { 'api-terms': { version: '2026-01', text: await readFile('terms.md', 'utf8') } },
 * })
 * const gate = createGate({ ...options, access, policies: [access.approved()] })
 * ```
 */
export declare function createAccess(options: AccessOptions): Access

// src/access/documents.d.ts
import * as v from 'valibot'
import type { Page } from '../keys/key-store.js'
import { type AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
/** The request in a JSON text, as `JSON.stringify` has written it. @throws {StoreError} for what is none: it must not open anything */
export declare function accessRequestFrom(json: unknown): AccessRequest
/** The same of an acceptance. @throws {StoreError} */
export declare function acceptanceFrom(json: unknown): Acceptance
/** What `JSON.stringify` has written, read by a schema. @throws {StoreError} for what is no `what` */
export declare function recordFrom<T>(
  schema: v.GenericSchema<unknown, T>,
  json: unknown,
  what: string,
): T
/** A place in a list, by a time in milliseconds and an id. */
export interface ListPlace {
  readonly at: number
  readonly id: string
}
/** How a row is read. */
export interface RowReader<Row, T> {
  /** The record in it. @throws {Error} for one that cannot be understood */
  readonly recordOf: (row: Row) => T
  readonly placeOf: (row: Row) => ListPlace
}
/**
 * A page of rows that were read up to one more than the page has: that one says whether there are more. A row that cannot be understood is left out:
 * the others are none the worse for it.
 * @param limit how many a page has
 */
export declare function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  { recordOf, placeOf }: RowReader<Row, T>,
): Page<T>
/** The place that a cursor of `pageOf` stands for; `undefined` for any other. */
export declare function placeIn(cursor: string): ListPlace | undefined
/** Which page of a list that is in memory. */
export interface PageOptions {
  readonly limit: number
  readonly cursor: string | undefined
  readonly order: 'newest' | 'oldest'
}
export declare function inOrder<T>(
  all: readonly T[],
  order: PageOptions['order'],
  placeOf: (one: T) => ListPlace,
): T[]
/** @param all in order */
export declare function pageFrom<T>(
  all: readonly T[],
  { limit, cursor, order }: PageOptions,
  placeOf: (one: T) => ListPlace,
): Page<T>

// src/access/index.d.ts
export type { Access } from './access.js'
export {
  ACCESS_STATES,
  LIVE_STATES,
  type AccessChanges,
  type AccessFilter,
  type AccessRequest,
  type AccessState,
  type AccessStep,
  type AccessStore,
  type TermsVersion,
} from './access-store.js'
export type {
  Acceptance,
  AcceptanceEnd,
  AcceptanceFilter,
  AgreementStore,
} from './agreement-store.js'
export type { Agreements } from './agreements.js'
export type { Terms } from './check-options.js'
export { createAccess } from './create-access.js'
export {
  acceptanceFrom,
  accessRequestFrom,
  pageOf,
  placeIn,
  type ListPlace,
  type RowReader,
} from './documents.js'
export type {
  AcceptedTerms,
  AcceptInput,
  ApproveInput,
  DecideInput,
  RecordAgreementInput,
  RequestAccessInput,
  StepInput,
} from './input.js'
export {
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type MemoryAccessOptions,
} from './memory-stores.js'
export type { AccessOptions, TermsOptions } from './options.js'
export type { OwnerAccess, OwnerTerms } from './owner-access.js'
export type { AccessPerson } from './person.js'
export type { EnvironmentAccess, MissingAccess } from './status.js'

// src/access/input.d.ts
import * as v from 'valibot'
import type { AccessPerson } from './person.js'
/** Terms that somebody accepts, as they were shown. */
export interface AcceptedTerms {
  readonly id: string
  readonly version: string
  /** SHA-256 of the text that was shown, in base64url; compared where it is given. */
  readonly digest?: string
}
/** What an owner asks for. */
export interface RequestAccessInput {
  readonly ownerId: string
  /** Who asks. */
  readonly by: AccessPerson
  /** What the API is to be used for: 1 to 4,000 characters. */
  readonly useCase: string
  /** At least one. */
  readonly environments: readonly string[]
  /** Those that the keys may have. Default: none are named, and keys may have any. */
  readonly scopes?: readonly string[]
  readonly plan?: string
  /** Terms that are accepted with the request. Default: none. */
  readonly accept?: readonly AcceptedTerms[]
}
/** How an approver decides. */
export interface ApproveInput {
  /** The approver; never of the owner that asked. */
  readonly by: AccessPerson
  /** Some of those that were asked for. Default: all. */
  readonly environments?: readonly string[]
  /** Default: those that were asked for. */
  readonly scopes?: readonly string[]
  /** The plan of new keys; one of the gate's. Default: what was asked for. */
  readonly plan?: string
  /** When the approval ends. Default: it has no end. */
  readonly until?: Date
  /** What it is bound to: 1 to 4,000 characters, for the owner to read. */
  readonly conditions?: string
  /** 1 to 1,000 characters, for the owner to read. */
  readonly reason?: string
}
/** A decision with a reason: 1 to 1,000 characters, for the owner to read. */
export interface DecideInput {
  readonly by: AccessPerson
  readonly reason: string
}
/** A step that needs no reason. */
export interface StepInput {
  readonly by: AccessPerson
  readonly reason?: string
}
/** Terms that an owner accepts. */
export interface AcceptInput {
  readonly ownerId: string
  /** Who accepts, and from where. */
  readonly by: AccessPerson
  readonly terms: AcceptedTerms
}
/** An agreement that was signed elsewhere. */
export interface RecordAgreementInput extends AcceptInput {
  /** Who writes it down; `by` has signed it. */
  readonly recordedBy: AccessPerson
  /** When it was signed. Default: now. */
  readonly at?: Date
  /** When it ends. Default: it has no end. */
  readonly until?: Date
}
export declare const requestSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly ownerId: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, 128, undefined>,
      v.CheckAction<
        string,
        'must not begin or end with white space, and must not have control characters'
      >,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  readonly by: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly useCase: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.TrimAction,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, number, undefined>,
      v.CheckAction<string, 'must not have control characters'>,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  readonly environments: v.SchemaWithPipe<
    readonly [
      v.SchemaWithPipe<
        readonly [
          v.ArraySchema<v.UnknownSchema, string | undefined>,
          v.MaxLengthAction<unknown[], number, undefined>,
          v.ArraySchema<
            v.SchemaWithPipe<
              readonly [
                v.StringSchema<undefined>,
                v.MinLengthAction<string, 1, undefined>,
                v.MaxCodePointsAction<string, 128, undefined>,
                v.CheckAction<
                  string,
                  'must not begin or end with white space, and must not have control characters'
                >,
                v.CheckAction<string, 'must not have an API key or a token in it'>,
              ]
            >,
            undefined
          >,
        ]
      >,
      v.MinLengthAction<string[], 1, undefined>,
    ]
  >
  readonly scopes: v.OptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.SchemaWithPipe<
          readonly [
            v.ArraySchema<v.UnknownSchema, string | undefined>,
            v.MaxLengthAction<unknown[], number, undefined>,
            v.ArraySchema<
              v.SchemaWithPipe<
                readonly [
                  v.StringSchema<undefined>,
                  v.MinLengthAction<string, 1, undefined>,
                  v.MaxCodePointsAction<string, 128, undefined>,
                  v.CheckAction<
                    string,
                    'must not begin or end with white space, and must not have control characters'
                  >,
                  v.CheckAction<string, 'must not have an API key or a token in it'>,
                ]
              >,
              undefined
            >,
          ]
        >,
        v.TransformAction<string[], string[]>,
      ]
    >,
    readonly []
  >
  readonly plan: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.RegexAction<string, 'must be the name of a plan'>]
    >,
    undefined
  >
  readonly accept: v.OptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.ArraySchema<v.UnknownSchema, string | undefined>,
        v.MaxLengthAction<unknown[], number, undefined>,
        v.ArraySchema<
          import('../lib/schema-objects.js').ObjectSchema<{
            readonly id: v.SchemaWithPipe<
              readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
            >
            readonly version: v.SchemaWithPipe<
              readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
            >
            readonly digest: v.ExactOptionalSchema<
              v.SchemaWithPipe<
                readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
              >,
              undefined
            >
          }>,
          undefined
        >,
      ]
    >,
    readonly []
  >
}>
export declare const approveSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly by: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly environments: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.SchemaWithPipe<
          readonly [
            v.ArraySchema<v.UnknownSchema, string | undefined>,
            v.MaxLengthAction<unknown[], number, undefined>,
            v.ArraySchema<
              v.SchemaWithPipe<
                readonly [
                  v.StringSchema<undefined>,
                  v.MinLengthAction<string, 1, undefined>,
                  v.MaxCodePointsAction<string, 128, undefined>,
                  v.CheckAction<
                    string,
                    'must not begin or end with white space, and must not have control characters'
                  >,
                  v.CheckAction<string, 'must not have an API key or a token in it'>,
                ]
              >,
              undefined
            >,
          ]
        >,
        v.MinLengthAction<string[], 1, undefined>,
      ]
    >,
    undefined
  >
  readonly scopes: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.SchemaWithPipe<
          readonly [
            v.ArraySchema<v.UnknownSchema, string | undefined>,
            v.MaxLengthAction<unknown[], number, undefined>,
            v.ArraySchema<
              v.SchemaWithPipe<
                readonly [
                  v.StringSchema<undefined>,
                  v.MinLengthAction<string, 1, undefined>,
                  v.MaxCodePointsAction<string, 128, undefined>,
                  v.CheckAction<
                    string,
                    'must not begin or end with white space, and must not have control characters'
                  >,
                  v.CheckAction<string, 'must not have an API key or a token in it'>,
                ]
              >,
              undefined
            >,
          ]
        >,
        v.TransformAction<string[], string[]>,
      ]
    >,
    undefined
  >
  readonly plan: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.RegexAction<string, 'must be the name of a plan'>]
    >,
    undefined
  >
  readonly until: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.DateSchema<undefined>,
        v.TransformAction<Date, Date>,
        v.CheckAction<Date, 'must lie between the years 1970 and 9999'>,
      ]
    >,
    undefined
  >
  readonly conditions: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.StringSchema<undefined>,
        v.TrimAction,
        v.MinLengthAction<string, 1, undefined>,
        v.MaxCodePointsAction<string, number, undefined>,
        v.CheckAction<string, 'must not have control characters'>,
        v.CheckAction<string, 'must not have an API key or a token in it'>,
      ]
    >,
    undefined
  >
  readonly reason: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.StringSchema<undefined>,
        v.TrimAction,
        v.MinLengthAction<string, 1, undefined>,
        v.MaxCodePointsAction<string, number, undefined>,
        v.CheckAction<string, 'must not have control characters'>,
        v.CheckAction<string, 'must not have an API key or a token in it'>,
      ]
    >,
    undefined
  >
}>
export declare const decideSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly by: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly reason: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.TrimAction,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, number, undefined>,
      v.CheckAction<string, 'must not have control characters'>,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
}>
export declare const stepSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly by: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly reason: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.StringSchema<undefined>,
        v.TrimAction,
        v.MinLengthAction<string, 1, undefined>,
        v.MaxCodePointsAction<string, number, undefined>,
        v.CheckAction<string, 'must not have control characters'>,
        v.CheckAction<string, 'must not have an API key or a token in it'>,
      ]
    >,
    undefined
  >
}>
export declare const acceptSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly ownerId: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, 128, undefined>,
      v.CheckAction<
        string,
        'must not begin or end with white space, and must not have control characters'
      >,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  readonly by: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly terms: import('../lib/schema-objects.js').ObjectSchema<{
    readonly id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    readonly version: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    readonly digest: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
  }>
}>
export declare const recordSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly ownerId: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, 128, undefined>,
      v.CheckAction<
        string,
        'must not begin or end with white space, and must not have control characters'
      >,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  readonly by: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly terms: import('../lib/schema-objects.js').ObjectSchema<{
    readonly id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    readonly version: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    readonly digest: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
  }>
  readonly recordedBy: import('../lib/schema-objects.js').ObjectSchema<{
    id: v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
    >
    name: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
    ownerId: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
      >,
      undefined
    >
    address: v.ExactOptionalSchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.TrimAction,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, number, undefined>,
          v.CheckAction<string, 'must not have control characters'>,
          v.CheckAction<string, 'must not have an API key or a token in it'>,
        ]
      >,
      undefined
    >
  }>
  readonly at: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.DateSchema<undefined>,
        v.TransformAction<Date, Date>,
        v.CheckAction<Date, 'must lie between the years 1970 and 9999'>,
      ]
    >,
    undefined
  >
  readonly until: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.DateSchema<undefined>,
        v.TransformAction<Date, Date>,
        v.CheckAction<Date, 'must lie between the years 1970 and 9999'>,
      ]
    >,
    undefined
  >
}>
export declare const ofSchema: import('../lib/schema-objects.js').ObjectSchema<{
  readonly ownerId: v.SchemaWithPipe<
    readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]
  >
  readonly environments: v.ExactOptionalSchema<
    v.ArraySchema<v.StringSchema<undefined>, undefined>,
    undefined
  >
}>
export declare const pageFields: {
  ownerId: v.ExactOptionalSchema<
    v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.CheckAction<string, 'must be an id'>]>,
    undefined
  >
  limit: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >,
    undefined
  >
  cursor: v.ExactOptionalSchema<
    v.SchemaWithPipe<
      readonly [v.StringSchema<undefined>, v.MaxCodePointsAction<string, 2048, undefined>]
    >,
    undefined
  >
}
/** How each call is written: shown where something of it is missing. */
declare const EXAMPLES: {
  readonly 'access.request': "access.request({ ownerId: 'org_1', by: { id: 'user_1' }, useCase: 'Billing', environments: ['live'], scopes: ['read:orders'] })"
  readonly 'access.approve': "access.approve(request.id, { by: { id: 'user_1' } })"
  readonly 'access.deny': "access.deny(request.id, { by: { id: 'user_1' }, reason: 'No agreement yet' })"
  readonly 'access.suspend': "access.suspend(request.id, { by: { id: 'user_1' }, reason: 'Key leaked' })"
  readonly 'access.resume': "access.resume(request.id, { by: { id: 'user_1' } })"
  readonly 'access.end': "access.end(request.id, { by: { id: 'user_1' } })"
  readonly 'access.get': 'access.get(request.id)'
  readonly 'access.list': "access.list({ ownerId: 'org_1', limit: 50 })"
  readonly 'access.of': "access.of('org_1', ['live'])"
  readonly 'access.agreements.accept': "access.agreements.accept({ ownerId: 'org_1', by: { id: 'user_1' }, terms: { id: 'baa', version: '2030-01' } })"
  readonly 'access.agreements.record': "access.agreements.record({ ownerId: 'org_1', by: { id: 'user_1' }, terms: { id: 'baa', version: '2030-01' }, recordedBy: { id: 'user_2' } })"
  readonly 'access.agreements.withdraw': "access.agreements.withdraw(agreement.id, { by: { id: 'user_1' } })"
  readonly 'access.agreements.get': 'access.agreements.get(agreement.id)'
  readonly 'access.agreements.list': "access.agreements.list({ ownerId: 'org_1', limit: 50 })"
}
/** Input that has the form it must have, completed with its defaults. @throws {AccessError} `invalid_input` */
export declare function checked<T>(
  schema: v.GenericSchema<unknown, T> & {
    readonly entries: object
  },
  input: unknown,
  where: keyof typeof EXAMPLES,
): T
/** The id of a request or an agreement. Refuses what is no text: a store would only say that it has no such id. @throws {AccessError} `invalid_input` */
export declare function checkedId(id: unknown, where: keyof typeof EXAMPLES): string
export {}

// src/access/memory-stores.d.ts
import type { KeyOutbox } from '../keys/outbox.js'
import { type AccessStore } from './access-store.js'
import type { AgreementStore } from './agreement-store.js'
export interface MemoryAccessOptions {
  /** Where the events `access.*` go: the outbox of the gate's key store, such as `createMemoryKeyStore().outbox`. Default: none, and steps cause no events. */
  readonly outbox?: Pick<KeyOutbox, 'add'> | undefined
}
/**
 * Requests for access in the memory of this process. They end with it.
 * @example
 * ```ts
 * const keys = createMemoryKeyStore()
 * const store = createMemoryAccessStore({ outbox: keys.outbox })
 * const access = createAccess({ store, agreements: createMemoryAgreementStore() })
 * ```
 */
export declare function createMemoryAccessStore(options?: MemoryAccessOptions): AccessStore
/**
 * Acceptances of terms in the memory of this process. They end with it.
 * @example const access = createAccess({ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() })
 */
export declare function createMemoryAgreementStore(): AgreementStore

// src/access/options.d.ts
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessStore } from './access-store.js'
import type { AgreementStore } from './agreement-store.js'
/** Terms that owners accept: of use, or an agreement such as a BAA. Give `text` or `digest`. */
export interface TermsOptions {
  /** Which version holds now, such as `'2026-01'`: 1 to 64 characters. Another version asks every owner again. */
  readonly version: string
  /** The whole text, for its digest, and for people who read it on the console where there is no `url`. It is not stored. */
  readonly text?: string
  /** In its place: SHA-256 of the text, in base64url. For owners who accept on the console, give `url` as well. */
  readonly digest?: string
  readonly title?: string
  /** Where people read them. */
  readonly url?: string
  /** Earlier versions that still count, such as while owners are asked to accept the new one. Default: none. */
  readonly alsoAccepted?: readonly string[]
  /** Whether a request for access needs them accepted, and a new key with it. Default `true`. */
  readonly required?: boolean
  /** Only for these environments. Default: for all. */
  readonly environments?: readonly string[]
  /** It is about health information, such as a BAA: the policy does not ask for it where that is `'synthetic'` (option `phi` of the gate). Default `false`. */
  readonly phi?: boolean
  /** `'operator'`: owners cannot accept them by themselves, such as what is signed on paper; code of the server or the command records it. Default `'owner'`. */
  readonly acceptedBy?: 'owner' | 'operator'
}
/** What `createAccess` is made from. */
export interface AccessOptions {
  /** Where requests live, such as `createPostgresAccessStore(pool)`. */
  readonly store: AccessStore
  /** Where acceptances live, such as `createPostgresAgreementStore(pool)`. */
  readonly agreements: AgreementStore
  /** The terms, by name: 1 to 64 lower-case letters, digits and `-`, a letter first. Default: none. */
  readonly terms?: Readonly<Record<string, TermsOptions>>
  /** In how many business days (Monday to Friday, UTC) a decision is due: 1 to 60. Default 2. */
  readonly reviewDays?: number
  /** Days that are no business days, such as `'2026-12-25'`. Default: none. */
  readonly holidays?: readonly string[]
  /**
   * Whether an owner may ask for access at all: `true`, or the reason why not, which the owner is told. It has 250 ms. Default: every owner may.
   * @example (ownerId) => planOf(ownerId) === 'free' ? 'API access is part of the Premium plan.' : true
   */
  readonly eligible?: (
    ownerId: string,
    asked: {
      readonly environments: readonly string[]
      readonly plan?: string
    },
  ) => MaybePromise<true | string>
  /** Milliseconds since the epoch. Default: that of the gate, or `Date.now`. */
  readonly clock?: Clock
}

// src/access/owner-access.d.ts
import type * as v from 'valibot'
import type { AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { AccessContext } from './context.js'
import type { ofSchema } from './input.js'
import { type EnvironmentAccess } from './status.js'
/** Terms, and what an owner has accepted of them. */
export interface OwnerTerms extends Terms {
  /** The acceptance that counts now. Absent: there is none. */
  readonly acceptance?: Acceptance
}
/** Where an owner is. */
export interface OwnerAccess {
  readonly ownerId: string
  readonly environments: readonly EnvironmentAccess[]
  readonly terms: readonly OwnerTerms[]
  /** At most 100: those that something may still become of, and the newest of all others. */
  readonly requests: readonly AccessRequest[]
}
export declare function ownerAccess(
  { owners, clock, terms, environments: ofGate }: AccessContext,
  { ownerId, environments: named }: v.InferOutput<typeof ofSchema>,
): Promise<OwnerAccess>

// src/access/owner-cache.d.ts
import type { Elapsed } from '../lib/elapsed.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { AccessRequest } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { TimedStores } from './timed-stores.js'
/** What is stored of an owner. */
export interface OwnerFacts {
  readonly requests: readonly AccessRequest[]
  /** Those that were not ended. */
  readonly acceptances: readonly Acceptance[]
}
/** Reads what is stored of owners, remembering it as long as the stores say that nothing has changed. */
export interface OwnerCache {
  /** @throws {StoreError} */
  find(ownerId: string): MaybePromise<OwnerFacts>
  /** The same after a look whether something has changed, however short ago the last one was. @throws {StoreError} */
  findNow(ownerId: string): MaybePromise<OwnerFacts>
  /** This process has changed something of an owner, or may have. */
  forget(ownerId: string): void
}
export declare function createOwnerCache(
  { access, agreements }: TimedStores,
  elapsed: Elapsed,
): OwnerCache

// src/access/person.d.ts
/** Who asks, decides or accepts: for records, and so that nobody decides a request of their own. */
export interface AccessPerson {
  /** Who it is, such as the id of a user or of a key: 1 to 1,024 characters. Safe to log, if what your app uses is. */
  readonly id: string
  readonly name?: string
  /** The organization that this person acts for. Default: none, such as for staff at a command line. */
  readonly ownerId?: string
  /** The IP address that the person was at. */
  readonly address?: string
}

// src/access/status.d.ts
import type { AccessRequest, AccessState } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { OwnerFacts } from './owner-cache.js'
/** What an owner lacks before it may have keys, and why: nothing is missing where all is well. */
export interface MissingAccess {
  /** `'request'`: access must be requested (again). `'decision'`: a request waits, or was suspended. `'terms'`: terms must be accepted. */
  readonly step: 'request' | 'decision' | 'terms'
  /** For the owner. */
  readonly message: string
  /** The terms of `'terms'`. */
  readonly terms?: {
    readonly id: string
    readonly version: string
  }
}
/** Where an owner is in one environment. */
export interface EnvironmentAccess {
  readonly environment: string
  /** `'none'`: nothing was ever requested. `'ended'`: also where an approval has come to its end. */
  readonly state: AccessState | 'none'
  /** The request that says so. */
  readonly request?: AccessRequest
  readonly missing: readonly MissingAccess[]
}
/** The request that decides in an environment, and what it says at this moment. A suspension comes first: no other approval goes past it. */
export declare function accessIn(
  { requests }: OwnerFacts,
  environment: string,
  now: number,
): {
  readonly state: AccessState | 'none'
  readonly request?: AccessRequest
}
/** An approval ends at its end, without a change. */
export declare function stateAt({ state, until }: AccessRequest, now: number): AccessState
/** Why there is no access, for the owner; `undefined` where there is. */
export declare function lackOfAccess(
  facts: OwnerFacts,
  environment: string,
  now: number,
): MissingAccess | undefined
/** The acceptance of terms that counts at this moment. */
export declare function acceptanceOf(
  { acceptances }: OwnerFacts,
  { id, version, digest, alsoAccepted }: Terms,
  now: number,
): Acceptance | undefined
/** What is said of terms that an owner has not accepted. */
export declare function lackOfTerms({ id, version, title }: Terms): MissingAccess
/** Whether terms are asked for in an environment. */
export declare function appliesIn({ environments }: Terms, environment: string): boolean
/** The terms of a list that apply in an environment, and that an owner has not accepted. */
export declare function lackingTerms(
  facts: OwnerFacts,
  terms: Iterable<Terms>,
  environment: string,
  now: number,
): readonly Terms[]
/** Those that a request for access, and a new key, need. */
export declare function requiredTerms(terms: ReadonlyMap<string, Terms>): readonly Terms[]

// src/access/timed-stores.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import type { AccessStore } from './access-store.js'
import type { Acceptance, AgreementStore } from './agreement-store.js'
/** Both stores, each call of which answers within 250 ms or throws a StoreError. */
export interface TimedStores {
  readonly access: AccessStore
  readonly agreements: Omit<AgreementStore, 'insert'> & {
    /** False: there is one with this id, such as that of another instance at the same moment. */
    insert(acceptance: Acceptance): MaybePromise<boolean>
  }
}
export declare function timedStores({
  access,
  agreements,
}: {
  readonly access: AccessStore
  readonly agreements: AgreementStore
}): TimedStores

// src/audit/access-context.d.ts
import type { Auth } from '../core/auth.js'
import type { createCleaner } from '../core/redaction.js'
import type { Proxies } from '../http/client-address.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { PendingRecord } from './pending-record.js'
import type { AccessRecord } from './record.js'
/** A record that is being composed. */
export type WritableRecord = {
  -readonly [Name in keyof AccessRecord]: AccessRecord[Name]
}
/** An access, as far as it is looked at to see what becomes of its record. */
export interface FollowedAccess extends PendingRecord {
  readonly recorded: boolean
  readonly required: boolean
  readonly ended: boolean
}
export interface AccessContext {
  readonly clean: ReturnType<typeof createCleaner>
  readonly proxies: Pick<Proxies, 'clientOf'>
  /** Whether the health information that a caller gets is made up. */
  readonly isSynthetic: (auth: Auth | undefined) => boolean
  /** What the records of this gate with this number are called. */
  readonly idOf: (number: number) => string
  /** More is known of an access that may have been written already. */
  readonly more: (access: FollowedAccess) => MaybePromise<void>
  /** What a handler told cannot be recorded. */
  readonly refuse: (error: Error) => Promise<never>
}

// src/audit/access.d.ts
import type { Auth } from '../core/auth.js'
import type { AuditNote, Decision } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { OAuthStep } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { GateRequest } from '../core/request.js'
import type { RequestContext } from '../core/request-context.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AccessContext } from './access-context.js'
import { type Common } from './actor.js'
import type { UnchainedRecord } from './chain.js'
import type { PendingRecord } from './pending-record.js'
import { RequestFacts } from './request-facts.js'
import { RequestNotes } from './request-notes.js'
/** One request on its way, as far as the trail has followed it. */
export declare class Access implements PendingRecord, AuditNote {
  #private
  auth: Auth | undefined
  /** The reason of a denial. */
  reason: Reason | undefined
  outcome: 'allowed' | 'denied' | undefined
  status: number | undefined
  aborted: boolean
  /** Whether it is for the trail at all. */
  recorded: boolean
  /** Whether it must be on durable storage before anything happens; and whether it has been brought on its way there. */
  required: boolean
  committed: boolean
  /** Whether all of it has been put on its way. */
  ended: boolean
  /** How many it stands for, and when the last of them was, in milliseconds since the epoch. */
  count: number
  until: number
  /** What those have in common: nothing else is told of them. */
  common: Common
  readonly at: number
  readonly facts: RequestFacts
  readonly notes: RequestNotes
  constructor(
    number: number,
    at: number,
    context: AccessContext,
    request: GateRequest | undefined,
    address?: string,
  )
  get whose(): string | undefined
  get queue(): 'allowed' | 'denied'
  get weight(): number
  /** Another guard has looked at it. */
  decided(decision: Decision, asking: RequestContext): void
  phi(access: PhiAccess): MaybePromise<void>
  oauth(step: OAuthStep): MaybePromise<void>
  /** The endpoint has refused what its guard had let in. */
  refused(reason: Reason): void
  /** Whether the trail that has this context follows it. */
  isOf(context: AccessContext): boolean
  /** Whether it was answered, or never will be. */
  get isOver(): boolean
  answered(status: number | undefined, aborted: boolean): void
  compose(): UnchainedRecord
}

// src/audit/accesses.d.ts
import type { Auth } from '../core/auth.js'
import type { AuditNote, Decision } from '../core/decision.js'
import type { Endings } from '../core/request-end.js'
import type { PhiHandling } from '../core/phi.js'
import type { RequestContext } from '../core/request-context.js'
import { type GateRequest } from '../core/request.js'
import type { AuditMode } from '../core/requirement.js'
import { Access } from './access.js'
import type { AccessContext } from './access-context.js'
import type { createDenialAggregator } from './denial-aggregator.js'
import type { Sinks, SinksContext } from './sinks.js'
import type { Watcher } from './watcher.js'
/** An access of which it is asked whether it is recorded. */
export interface AuditedAccess {
  /** Absent where it is not known who asks. */
  readonly auth?: Auth | undefined
  readonly request?: GateRequest | undefined
}
/** Which accesses are recorded: those of some environments, and those of nobody in particular; or what a function says. */
export type AuditWhen = readonly string[] | ((access: AuditedAccess) => boolean)
export interface TrailContext extends SinksContext {
  readonly mode: AuditMode
  readonly when?: AuditWhen | undefined
  readonly prefix: string
  /** What an environment does with health information. */
  readonly phiIn: (environment: string) => PhiHandling
  readonly proxies: AccessContext['proxies']
  readonly endings: Endings
  /** Told of each access that is over. Absent: nobody watches. */
  readonly watcher?: Pick<Watcher, 'note'> | undefined
}
/** The requests that a trail follows, from the first guard to their end. */
export interface Accesses {
  readonly clean: AccessContext['clean']
  /** What the next record of this gate is called. */
  readonly newId: () => string
  readonly begin: (
    request: GateRequest | undefined,
    earlier?: AuditNote,
    address?: string,
  ) => Access
  /** The access of a note of this trail; of any other, nothing. */
  noted(note: AuditNote | undefined): Access | undefined
  /** Takes note of a decision. Whether it may only be acted on once it is on durable storage. */
  mustWait(access: Access, asking: RequestContext, decision: Decision): boolean
}
export declare function createAccesses(
  context: TrailContext,
  sinks: Sinks,
  aggregator: ReturnType<typeof createDenialAggregator>,
): Accesses

// src/audit/actor.d.ts
import type { Auth } from '../core/auth.js'
import type { Operator } from '../core/changed-by.js'
import { type Cleaner } from '../core/redaction.js'
import type { Actor } from './record.js'
/** What several denials that are written as one have in common: all that is told of the first, its caller, the owner of their callers, or their reason alone. */
export type Common = 'all' | 'caller' | 'owner' | 'reason'
/** Who a caller is, as far as a record says it. */
export declare function actorOf(auth: Auth | Operator, clean: Cleaner): Actor
/** What is true of all of several callers: nobody is named for what another one did. */
export declare function inCommon(auth: Auth | undefined, common: Common, clean: Cleaner): Actor

// src/audit/audit.d.ts
import type { Clock } from '../lib/clock.js'
import type { ReadOptions } from './events.js'
import { type AuditPage, type AuditQuery, type AuditView } from './query.js'
import type { Sight } from './visible-records.js'
import type { AuditSink } from './sink.js'
import type { OwnAuditEvent } from './filter.js'
import type { Trail } from './trail.js'
/** The audit trail: `gate.audit`. */
export interface Audit {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /**
   * A page of what happened, newest first, from the first sink that can be read; as `queryTrail`. Checkpoints count that are signed with the gate's own key,
   * and with those of `publicKeys`.
   * @throws {MisuseError} also where no sink can be read @throws {AuditError}
   */
  query(query?: AuditQuery, options?: ReadOptions): Promise<AuditPage>
}
/** The audit trail of a person or a service: `gate.as(actor).audit`. */
export interface ActingAudit extends Omit<Audit, 'query'> {
  /**
   * As `gate.audit.query`, of what the actor may read. Who acts for an owner reads events without their place in the chain (`writer`, `seq`, `prev`), with ids of
   * their own: those of the trail count the records of all owners. Operators read all of it.
   */
  query(query?: AuditQuery, options?: ReadOptions): Promise<AuditPage<OwnAuditEvent>>
  /**
   * Records that the actor looks at the audit log: call it before you show what `query` has found. With `mode: 'required'`, it resolves once that is on durable storage.
   * @example await gate.as(ann).audit.note({ path: '/admin/audit', filter: { outcome: 'denied' } })
   * @throws {MisuseError} `not_supported` without an audit trail @throws {AuditError}
   */
  note(view: AuditView): Promise<void>
}
/** What somebody may know of the trail, in pages; as `gate.audit.query`. */
export type QuerySeen = (
  query: AuditQuery,
  options: ReadOptions | undefined,
  sight: Sight,
) => Promise<AuditPage>
/** The trail, and what somebody may know of it. */
export interface OpenAudit {
  readonly audit: Audit
  readonly querySeen: QuerySeen
}
/** @param key PEM of the private key of the gate's own checkpoints */
export declare function createAudit(
  trail: Trail,
  sinks: readonly AuditSink[],
  key: string | undefined,
  clock: Clock,
): OpenAudit

// src/audit/chain-end.d.ts
import type { AuditHead } from './record.js'
import type { CheckpointCheck } from './sink.js'
/**
 * Tells checkpoints that some keys have signed from lines that anybody can write.
 * @param publicKeys PEM (SPKI) of Ed25519 keys @throws {MisuseError} for one that is none
 */
export declare function checkpointCheck(publicKeys: readonly string[]): CheckpointCheck
/** How a chain ends. */
export interface ChainEnd {
  readonly head: AuditHead
  /** There is a signed checkpoint among the lines. */
  readonly isProven: boolean
}
/**
 * How a chain ends: with the last record that follows its last signed checkpoint by number and hash. Where there is none among the lines, with the last one.
 * @param newestFirst the last lines of the chain; those of others among them are left out
 */
export declare function endOfChain(
  newestFirst: Iterable<string>,
  writer: string,
  check?: CheckpointCheck,
): ChainEnd | undefined

// src/audit/chain.d.ts
import { type KeyObject } from 'node:crypto'
import type { AuditRecord, ChainedRecord, CheckpointRecord } from './record.js'
import type { AuditEntry } from './sink.js'
/** Distributes over the union: what a chain adds itself is left out. */
type Unsigned<T> = T extends CheckpointRecord ? Omit<T, 'signedBy' | 'signature'> : T
export type UnchainedRecord = Unsigned<AuditRecord>
/** The chain of one writer: numbers records and hashes each with the one before. */
export interface Chain {
  readonly writer: string
  add(record: UnchainedRecord): AuditEntry
  /** Goes back to before an entry: neither it nor what was added after it has been kept. */
  takeBack(entry: AuditEntry): void
}
/** @param key what checkpoints are signed with; without one, none can be added */
export declare function createChain(writer: string, key?: KeyObject): Chain
/** What a record says, to be said in another place. */
export declare function unchained({ record }: AuditEntry): UnchainedRecord
/** SHA-256 of a public key, to tell keys apart. */
export declare function keyIdOf(publicKey: KeyObject): string
/** Keys by their ids. @throws {MisuseError} */
export declare function publicKeysOf(pems: readonly string[]): ReadonlyMap<string, KeyObject>
/** The record of a line, if the line is what was written: its hash is right, and each member has the type that this version gives it. */
export declare function parseAuditLine(line: string): ChainedRecord | undefined
/** Whether a line that this version cannot read is one that a newer version has written: its hash is right, and it says so. */
export declare function isNewerLine(line: string): boolean
/** Whether the signature of a checkpoint's line is one by this key. */
export declare function isSignedBy(line: string, publicKey: KeyObject): boolean
/** One line of ASCII, whatever is in it: what is not printable is escaped. */
export declare function asciiJson(value: object | string): string
export {}

// src/audit/denial-aggregator.d.ts
import type { Access } from './access.js'
/** Denials that repeat: the first is written at once, the others of ten seconds as one. */
export interface DenialAggregator {
  /** Whether this one is taken into account, and need not be written by itself. */
  take(access: Access): boolean
  /** Writes what is counted so far. */
  flush(): void
}
export declare function createDenialAggregator(write: (access: Access) => void): DenialAggregator

// src/audit/enrollment.d.ts
import type { KeyOutcome } from '../keys/key-change.js'
import type { MaybePromise } from '../lib/maybe.js'
/** What becomes of an owner's access, and of what it has agreed to. */
export declare const ENROLLMENT_ACTIONS: readonly [
  'request',
  'approve',
  'deny',
  'suspend',
  'resume',
  'end',
  'accept',
  'withdraw',
]
export type EnrollmentAction = (typeof ENROLLMENT_ACTIONS)[number]
/** One step of an owner's access, as it is told to whoever remembers steps. */
export interface EnrollmentEvent {
  readonly action: EnrollmentAction
  /** The request for access, or the acceptance. */
  readonly subjectId: string
  readonly ownerId: string
  readonly environments?: readonly string[]
  /** The terms of an acceptance. */
  readonly terms?: {
    readonly id: string
    readonly version: string
  }
  /** Who took the step. */
  readonly by: EnrollmentPerson
}
/** Who took a step. */
export interface EnrollmentPerson {
  readonly id: string
  readonly name?: string
  readonly ownerId?: string
  readonly address?: string
}
/**
 * Told of a step that is about to be taken; what it answers is told how it ended. What it throws keeps the step from being taken.
 */
export type EnrollmentJournal = (
  event: EnrollmentEvent,
) => MaybePromise<(outcome: KeyOutcome) => MaybePromise<void>>

// src/audit/events.d.ts
import type { Clock } from '../lib/clock.js'
import type { AuditEvent } from './filter.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine, TrailRange, TrailReader } from './sink.js'
/** What readers of a trail are told beside the trail. */
export interface ReadOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints prove what is before them. Default: none, and nothing is proven. */
  readonly publicKeys?: readonly string[]
  /** Called with each line that is damaged: it is no record, and no event is made of it. */
  readonly onDamaged?: (line: TrailLine) => void
  /** Milliseconds since the epoch: a query shows what is later after all else. Default: `Date.now`. */
  readonly clock?: Clock
}
/**
 * The events of a trail in the order in which they were written first, each with its later words. A later word holds only in the same chain, while the event is not complete (it has no `status`, or was `aborted`), if it
 * takes back nothing, and before a checkpoint has vouched for the event or once another one vouches for the word. Of one that was answered, further health information holds alone, for 1,000 events. One that does not hold is an event of its
 * own. At most 10,000 events and 128 MiB wait for a later word or a checkpoint: one that has to give way comes as it is known then, and its later word comes by
 * itself. A chain that never had a checkpoint gives way before one that had.
 * @param aside told of what is no event: other records, and lines that are none
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 * @example for await (const event of readEvents(createAuditFiles('/var/log/api/audit'))) console.log(event.time, event.outcome)
 */
export declare function readEvents(
  reader: TrailReader,
  range?: TrailRange,
  aside?: (record: ChainedRecord | undefined, line: TrailLine) => void,
  options?: ReadOptions,
): AsyncGenerator<AuditEvent>

// src/audit/filter.d.ts
import type { Reason } from '../core/denial.js'
import type { EventRecord } from './words.js'
/** What happened, as an audit trail tells it: an access, or a change of a key. */
export type AuditEvent = EventRecord & {
  /**
   * Whether a checkpoint vouches for this record, signed with one of the public keys that the reader was given. Without keys, nothing is proven. Anybody who
   * can write to the trail may have made a record that is not proven.
   */
  readonly proven: boolean
}
/**
 * An event as its owner reads it, with `gate.as(actor)` or over HTTP: without its place among the records of all owners, and with an id that counts nothing. `hash` is that of the
 * line in the trail, by which those who run the API find it and can prove it.
 */
export type OwnAuditEvent = AuditEvent extends infer Event
  ? Event extends AuditEvent
    ? Omit<Event, 'writer' | 'seq' | 'prev'>
    : never
  : never
/** Which events. What is left out does not matter; of what is given, all must hold. */
export interface AuditFilter {
  readonly kind?: AuditEvent['kind']
  readonly ownerId?: string
  readonly tenantId?: string
  readonly keyId?: string
  /** `iss`, `client_id` and `sub` of a token, or the id of a person: with the owner, who has called. Of a change of a key and of a step of access: who has made it. */
  readonly issuer?: string
  readonly clientId?: string
  readonly subject?: string
  /** The `x-request-id` of an answer. */
  readonly requestId?: string
  readonly outcome?: AuditEvent['outcome']
  /** Why it was denied. */
  readonly reason?: Reason
  /** Accesses that touched health information of this kind; with `id`, those that named this very record. */
  readonly phi?: {
    readonly resource: string
    readonly id?: string
  }
  /**
   * `true`: only events that a checkpoint vouches for, which nobody without the gate's key can have added. `false`: only the others. Needs a public key. The
   * events of the last minute have no checkpoint yet.
   */
  readonly proven?: boolean
  /** At this instant or later. */
  readonly from?: Date
  /** Before this instant. */
  readonly to?: Date
}
/**
 * Whether an event is one of those that a filter asks for: `for await (const event of readEvents(reader)) if (matchesFilter(event, { tenantId }))`.
 * @param event from `readEvents`, `queryTrail` or `gate.audit.query`
 */
export declare function matchesFilter(
  event: EventRecord & Partial<Pick<AuditEvent, 'proven'>>,
  filter: AuditFilter,
): boolean
/** The same filter, with the names of owner and tenant as records have them. */
export declare function recordedFilter<F extends AuditFilter>(filter: F): F

// src/audit/findings.d.ts
/** What is wrong with a record. */
export type TrailFault =
  | 'changed'
  /** This version cannot read it: verify it with the newer one. */
  | 'made_by_a_newer_version'
  | 'out_of_place'
  | 'broken_link'
  | 'badly_signed'
  | 'unknown_signer'
  | 'missing'
  /** Its chain has ended before it: the last checkpoint said that nothing follows. */
  | 'after_end'
  /** Another chain has the event of this id, and no checkpoint vouches for this one. */
  | 'id_taken'
  /** A start that no checkpoint vouches for names what is not there. Neither invalid nor missing: anybody can write such a start. */
  | 'unproven_claim'
  /** Broken off by a crash: neither invalid nor missing. */
  | 'torn'
export interface TrailFinding {
  readonly fault: TrailFault
  /** The record that is wrong, or the first one that is there after those that are missing. */
  readonly where: string
  readonly writer?: string
  readonly seq?: number
  /** How many are missing. */
  readonly count?: number
}
/** What is wrong with a trail, by the places that it is about: no place takes the room of others. */
export interface Findings {
  /** @param isProven whether it is about what a checkpoint vouches for, where the chain and the file of it do not say so */
  readonly tell: (finding: TrailFinding, isProven?: boolean) => void
  /** A checkpoint vouches for a chain: what is wrong with it, and in the file where it stands, is told first. */
  readonly vouch: (writer: string, where: string) => void
  /** What is told from now on is about this line, in the order of reading. */
  readonly readTo: (position: number) => void
  /** Those that are told: what is about proven chains has the first claim on the room. */
  readonly all: () => readonly TrailFinding[]
}
export declare function createFindings(): Findings
/** The place of a line without the number at its end. */
export declare function fileOf(where: string): string

// src/audit/key-journal.d.ts
import type { ChangedBy } from '../core/changed-by.js'
import type { Cleaner } from '../core/redaction.js'
import type { AuditMode } from '../core/requirement.js'
import type { KeyJournal } from '../keys/audited-key-store.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { EnrollmentJournal } from './enrollment.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditView } from './query.js'
export interface JournalContext {
  readonly mode: AuditMode
  readonly clock: Clock
  readonly clean: Cleaner
  readonly newId: () => string
  readonly put: (pending: PendingRecord) => void
  readonly commit: (pending: PendingRecord) => Promise<void>
  readonly onError: (error: unknown) => void
}
/** What is told of changes of keys, of steps of access, and of looks at the trail itself. */
export interface Journals {
  readonly journal: KeyJournal
  readonly enrollment: EnrollmentJournal
  /** In mode `'required'`, it resolves once the look is on durable storage. */
  readonly view: (view: AuditView, by: ChangedBy) => MaybePromise<void>
}
/** In mode `'required'`, each intention is on durable storage before the change is made. */
export declare function createJournals(context: JournalContext): Journals

// src/audit/options.d.ts
import type { AuditMode } from '../core/requirement.js'
import type { AuditSink } from './sink.js'
import type { AuditWhen } from './accesses.js'
/** The audit trail. */
export interface AuditOptions {
  /**
   * Where records go: files of `sallyport/file`, or any object that has `write`. Several at once: each has a chain of its own, and one that
   * acknowledges is enough.
   */
  readonly sink: AuditSink | readonly AuditSink[]
  /**
   * `'best-effort'`: records are written beside the requests. `'required'`: a request is let in only once its record is on durable storage; where it is not
   * within 250 ms, it is refused with 503. A demand may say otherwise. Default `'best-effort'`.
   */
  readonly mode?: AuditMode
  /** The environments whose requests are recorded, beside those of nobody in particular; or a function that says. Default: all. */
  readonly when?: AuditWhen
  /** What checkpoints are signed with: the Ed25519 private key, in PEM (PKCS #8). Default: none, and nobody can prove that the trail is whole. */
  readonly key?: string
  /**
   * Whether what is unusual for a caller becomes an event `audit.unusual` when it happens: a new address, an hour, more requests than usual, many denials at once. Needs `notify` or
   * `webhooks`. Default false.
   */
  readonly unusual?: boolean
  /** The name of this instance in its records: 1 to 64 letters, digits, `_` and `-`. Default: `HOSTNAME` of its environment, or `local`. */
  readonly instance?: string
}

// src/audit/pending-record.d.ts
import type { UnchainedRecord } from './chain.js'
/** Something that waits to be written. It is asked what it has to say when its turn comes. */
export interface PendingRecord {
  /** In which queue it waits, and as what it is counted where it is dropped. */
  readonly queue: RecordQueue
  /** About how many bytes it holds, beyond what each may. */
  readonly weight: number
  /** Of which owner it tells, or of which address where that is not known: each has a share of a full queue. Absent: the server's own. */
  readonly whose?: string | undefined
  compose(): UnchainedRecord
}
export type RecordQueue = 'allowed' | 'denied' | 'keys'

// src/audit/profile.d.ts
/** Something about a caller that is not as it was before. */
export type Oddity =
  | {
      readonly what: 'new_address'
    }
  /** Of UTC, 0 to 23. */
  | {
      readonly what: 'unusual_hour'
      readonly hour: number
    }
  /** Of the week so far, and of a usual one. */
  | {
      readonly what: 'more_than_usual'
      readonly requests: number
      readonly usual: number
    }
/** What is usual for one caller. It takes some 1.5 KiB at most, without its addresses. */
export declare class Profile {
  #private
  constructor(firstAt: number)
  /** @param isRoom whether one more place may be remembered */
  note(at: number, place: string | undefined, isRoom: () => boolean, count?: number): Oddity[]
  /** Nobody has watched for so long: that time does not count. */
  unwatched(ms: number): void
  get places(): number
}

// src/audit/prune-anchor.d.ts
/** What may go of a chain. */
export interface PruneBounds {
  readonly writer: string
  /** Records before this may go. */
  readonly before: Date
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. Without it, every checkpoint that follows what is before it counts, whoever wrote it. */
  readonly publicKeys?: readonly string[]
}
/**
 * The last checkpoint among the records that may go: it counts, is in its place in the chain, and vouches for what is before it. What cannot be read is
 * evidence: it stays, and all that follows it.
 * @param lines of one chain, in their order @throws {MisuseError} for a public key that is none @throws what the lines throw
 */
export declare function pruneAnchor<
  T extends {
    readonly line: string
  },
>(lines: AsyncIterable<T>, { writer, before, publicKeys }: PruneBounds): Promise<T | undefined>

// src/audit/query.d.ts
import type { Page } from '../keys/key-store.js'
import type { ReadOptions } from './events.js'
import type { AuditEvent, AuditFilter } from './filter.js'
import type { Sight } from './visible-records.js'
import type { TrailReader } from './sink.js'
/** Which events, in pages. */
export interface AuditQuery extends AuditFilter {
  /** How many at most: 1 to 5,000. Default 50. A page may have fewer, also one that is not the last. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/** Events, newest first. */
export interface AuditPage<Event = AuditEvent> extends Page<Event> {
  /**
   * How many of the items no checkpoint vouches for: anybody who can add to the trail may have added them, and they take the places of others. Ask for `proven: true` to leave them out. Those of
   * the last minute have no checkpoint yet. Absent where no public key is known, as nothing is proven then.
   */
  readonly unproven?: number
}
/** A look at the audit log, on a page of your app. */
export interface AuditView {
  /** The address of the page, without its query. At most 256 characters are kept. */
  readonly path: string
  /** What was asked for, by name. */
  readonly filter: Readonly<Record<string, string>>
}
/**
 * A page of events, newest first. Events of the future come after all others, as anybody who can add to the trail can write any time: those more than 5
 * minutes after now. Of several records of one event, the last one that holds counts: see `readEvents`. What is written meanwhile disturbs no page: what was
 * there when the first was read is on exactly one. A cursor that is not of this call leads to an empty page.
 * @throws {MisuseError} also where `proven` is asked for without a public key @throws what the reader throws
 * @example
 * ```ts
 * const { items } = await queryTrail(reader, { phi: { resource: 'Patient' }, proven: true }, { publicKeys })
 * const { unproven = 0 } = await queryTrail(reader, { phi: { resource: 'Patient' } }, { publicKeys })
 * ```
 */
export declare function queryTrail(
  reader: TrailReader,
  query?: AuditQuery,
  options?: ReadOptions,
): Promise<AuditPage>
/** For what reads a query before it is checked. @throws {MisuseError} `invalid_option` */
export declare function checkArguments(query: unknown, options: unknown): void
/** @param sight which records are there at all. Default: all */
export declare function querySeen(
  reader: TrailReader,
  query?: AuditQuery,
  options?: ReadOptions,
  sight?: Sight,
): Promise<AuditPage>

// src/audit/reading-shares.d.ts
import type { NodeResponse } from '../core/request.js'
import type { Endings } from '../core/request-end.js'
import type { Clock } from '../lib/clock.js'
/** Names a person of the app: one and the same over HTTP, in all environments, and on the console. No id of another caller is like it. */
export declare function personReader(subject: string): string
/** Who reads: a caller, or a person of the console. */
export interface AuditReader {
  /** Which one of the owner's. */
  readonly id: string
  readonly ownerId: string
  /** Whether it reads thousands of records. */
  readonly isLarge: boolean
  /** What the answer goes to. Absent: it counts as over once it was read. */
  readonly response?: NodeResponse | undefined
}
/** Why there is no room for another reading. */
type Full = 'concurrency_exceeded' | 'burst_exceeded'
/** Reads, if the reader and the owner have room for one more reading, once it is their turn; otherwise, what `refuse` makes of the seconds to wait. */
export type ShareReading = <T, R>(
  reader: AuditReader,
  read: () => Promise<T>,
  refuse: (seconds: number, why: Full) => R,
) => Promise<T | R>
/**
 * Counts readings of the audit log, in the memory of this process, until their answers are sent. Each reads a trail in files from one end to the other: without a bound, one reader
 * holds up everybody.
 */
export declare function createReadingShares(clock: Clock, endings: Endings): ShareReading
export {}

// src/audit/record.d.ts
import type { Reason } from '../core/denial.js'
import type { OAuthStepName } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { AgreementNote } from '../core/policy.js'
import { type KeyAction, type KeyStanding } from '../keys/key-change.js'
import type { EnrollmentAction } from './enrollment.js'
/** How an access can end. */
export declare const ACCESS_OUTCOMES: readonly ['allowed', 'denied']
/** What a record can say of a change of a key: that it is about to be made, or how it ended. */
export declare const KEY_CHANGE_OUTCOMES: readonly ['intended', 'made', 'failed', 'unknown']
/** All outcomes that an audit event can have. */
export declare const AUDIT_OUTCOMES: readonly [
  'allowed',
  'denied',
  'intended',
  'made',
  'failed',
  'unknown',
]
/** What a record can be about. */
export declare const AUDIT_KINDS: readonly ['access', 'key', 'enrollment']
/** What every record of a trail has. */
interface Recorded {
  /** ISO 8601 in UTC, in milliseconds. */
  readonly time: string
}
/** Who asked, as far as it is known. Absent members are not known. */
export interface Actor {
  readonly environment?: string
  readonly ownerId?: string
  /** Of a request that was let in, the tenant that it may act for; of one that was denied, the one that it named. */
  readonly tenantId?: string
  readonly keyId?: string
  /** `iss`, `jti`, `client_id` and `sub` of a token. */
  readonly issuer?: string
  readonly tokenId?: string
  readonly clientId?: string
  /** Of a caller of your app and of an operator as well: who it is. */
  readonly subject?: string
  /** It presented no credential: your app said who it is (`otherwise` of a guard, `user`, or `gate.as`). */
  readonly app?: true
  /** It acted for whoever runs the API, such as your staff or a user of the command. */
  readonly operator?: true
  /** What people call it, where your app said so. */
  readonly name?: string
}
/**
 * One request and what was decided about it. It may be written again under the same `id`, in the same chain, when more is known of it:
 * see `readEvents` for which one holds.
 */
export interface AccessRecord extends Recorded, Actor {
  readonly kind: 'access'
  /** Unique among all records. */
  readonly id: string
  readonly outcome: (typeof ACCESS_OUTCOMES)[number]
  /** Why it was denied. */
  readonly reason?: Reason
  /** The status of the answer. Absent: it was not known when this was written or, with `aborted`, there was none. */
  readonly status?: number
  /** The connection ended before the answer did: the client went away. Without a status, it did before anything was sent. */
  readonly aborted?: true
  /** Absent where there was no HTTP request. */
  readonly method?: string
  /** Without its query. */
  readonly path?: string
  /** As the framework has it, such as `/patients/:id`. */
  readonly route?: string
  readonly requestId: string
  readonly scopesAsked?: readonly string[]
  /** Those of the caller. */
  readonly scopesGranted?: readonly string[]
  /** What it touched of health information; further things in `furtherPhi`. */
  readonly phi?: PhiAccess
  readonly furtherPhi?: readonly PhiAccess[]
  /** All of that was made up: the environment has no real health information. */
  readonly synthetic?: true
  /** On which agreements it was let in to health information, as policies have found, such as a BAA. */
  readonly agreements?: readonly AgreementNote[]
  /** The address of the client; that of the other end of the connection, where it is another. */
  readonly client?: string
  readonly peer?: string
  readonly userAgent?: string
  readonly latencyMs?: number
  /** It was a look at the audit log, which asked for this. Empty: for all of it. */
  readonly auditFilter?: Readonly<Record<string, string>>
  /** Steps of OAuth 2.0 that your own pages or authorization server took, or refused, with `auditOf(req).oauth`. */
  readonly oauthSteps?: readonly OAuthStepName[]
  /** Why the last of them was refused. */
  readonly oauthError?: string
  /** It stands for so many alike, the last of them at `until`. Absent: for one. */
  readonly count?: number
  readonly until?: string
}
/** A change of a key. It may be written again as an access is. */
export interface KeyChangeRecord extends Recorded {
  readonly kind: 'key'
  readonly id: string
  readonly action: KeyAction
  /**
   * `intended`: about to be made; where no other record follows, it may have been made or not. `unknown`: the store failed, and may
   * have made it.
   */
  readonly outcome: (typeof KEY_CHANGE_OUTCOMES)[number]
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what was changed; never the values. */
  readonly changed?: readonly string[]
  /** The key that took its place. */
  readonly successorId?: string
  /** Whether it was disabled or enabled. Absent: it stayed as it was. */
  readonly standing?: KeyStanding
  /** Why, where it was said: of a revocation, or of an update such as one that disables the key. At most 256 characters are kept. */
  readonly why?: string
  /** Who made it: a key or a token over HTTP, or whom your app named. Absent: code of the server that named nobody. */
  readonly by?: Actor
  readonly requestId?: string
  /** The address of the client: of the request at the key endpoints, or as `gate.as` was told it. */
  readonly client?: string
}
/** A step of an organization's access to the API: a request, a decision, an acceptance of terms. It may be written again as an access is. */
export interface EnrollmentRecord extends Recorded {
  readonly kind: 'enrollment'
  readonly id: string
  readonly action: EnrollmentAction
  /** As that of a change of a key. */
  readonly outcome: (typeof KEY_CHANGE_OUTCOMES)[number]
  /** The request for access, or the acceptance. */
  readonly subjectId: string
  readonly ownerId: string
  readonly environments?: readonly string[]
  /** What was accepted, or ended. */
  readonly terms?: {
    readonly id: string
    readonly version: string
  }
  /** Who took the step. */
  readonly by: Actor
  /** The address of that person. */
  readonly client?: string
}
/** Records that were dropped before they were written. */
export interface GapRecord extends Recorded {
  readonly kind: 'gap'
  /** How many, by what they would have told of. */
  readonly allowed: number
  readonly denied: number
  readonly keys: number
  /** When the first of them was dropped; `time` is when the last was. */
  readonly since: string
}
/** Where the chain of some writer ended when it was looked at. */
export interface AuditHead {
  readonly writer: string
  readonly seq: number
  readonly hash: string
}
/** A line that was broken off: never acknowledged, and kept as it is. */
export interface TornLine {
  /** In which file. */
  readonly where: string
  readonly bytes: number
  /** SHA-256 of them, in base64url. */
  readonly hash: string
}
/** A chain that could not go on, and why. */
export interface BrokenChain {
  readonly writer: string
  /** The first number of it that was not acknowledged. */
  readonly seq: number
  /** `place_taken`: another record has that number. `refused`: the sink did not take the record, and did not say why. */
  readonly why: 'place_taken' | 'refused'
}
/** The first record of each writer. */
export interface StartRecord extends Recorded {
  readonly kind: 'start'
  readonly instance: string
  /** What else is in the trail: from now on, what is cut off there is missed. */
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
  /** What is in the trail's place and could not be read, by name and with the reason. */
  readonly passed?: readonly string[]
  /** The chain of this process that this one goes on for. Absent: this is its first. */
  readonly instead?: BrokenChain
}
/** A signature over everything before it in its chain. */
export interface CheckpointRecord extends Recorded {
  readonly kind: 'checkpoint'
  /** SHA-256 of the public key (SPKI), in base64url. */
  readonly signedBy: string
  /** Ed25519 over the line without `signature` and `hash`, in base64url. */
  readonly signature: string
  /** Nothing follows. */
  readonly last?: true
}
/** Everything that a trail can hold. A closed list of members: no header, no body and no secret is among them. */
export type AuditRecord =
  AccessRecord | KeyChangeRecord | EnrollmentRecord | GapRecord | StartRecord | CheckpointRecord
/** Its place in a chain. */
export interface ChainPlace {
  /** The version of the format. */
  readonly v: 1
  /** One process of one instance: its name, `.`, and a random id of this start. */
  readonly writer: string
  /** 0 at first, one more with each record of the writer. */
  readonly seq: number
  /** `hash` of the record before it; of none, an empty text. */
  readonly prev: string
  /** SHA-256 of the line without this member, in base64url. */
  readonly hash: string
}
/** A record in its place. */
export type ChainedRecord = AuditRecord & ChainPlace
export {}

// src/audit/request-facts.d.ts
import type { Decision } from '../core/decision.js'
import { type GateRequest } from '../core/request.js'
import type { AccessContext, WritableRecord } from './access-context.js'
/** What a record says of its request. */
export declare class RequestFacts {
  #private
  /** @param address the client's, where there is no request */
  constructor(context: AccessContext, request: GateRequest | undefined, address: string | undefined)
  get requestId(): string
  /** The client's address, once it is settled. */
  get client(): string | undefined
  /** What it asks for, once it is settled. */
  get target(): string
  /** What is presented must not be found anywhere in the record. */
  presents(secret: string): void
  clean(text: string, max: number): string
  /** Another guard has looked at it. */
  decided(decision: Decision, request: GateRequest | undefined): void
  /** Takes what it needs of the request and lets go of it: what waits to be written holds no header. */
  settle(): void
  /** Nothing more will be asked of the request. */
  release(): void
  /** What was asked for. */
  writeTarget(record: WritableRecord): void
  /** Where it came from. */
  writeClient(record: WritableRecord): void
}

// src/audit/request-notes.d.ts
import type { Auth } from '../core/auth.js'
import type { Decision } from '../core/decision.js'
import type { OAuthStep } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { RequestContext } from '../core/request-context.js'
import type { AccessContext, WritableRecord } from './access-context.js'
import type { RequestFacts } from './request-facts.js'
/** What guards ask for and handlers tell of one request: its tenant, its scopes, health information with the agreements on it, steps of OAuth. */
export declare class RequestNotes {
  #private
  constructor(facts: RequestFacts)
  /** About how many bytes they hold. */
  get bytes(): number
  /** Whether a step was refused. */
  get isRefused(): boolean
  /** What refusals have in common: the steps of OAuth, and the tenant. */
  get matter(): string
  /** Another guard has looked at the request. */
  decided(decision: Decision, asking: RequestContext): void
  /** @throws {MisuseError} and notes nothing of it then */
  phi(access: PhiAccess): void
  /** @throws {MisuseError} and notes nothing of it then */
  oauth(step: OAuthStep): void
  write(record: WritableRecord, auth: Auth | undefined, context: AccessContext): void
}

// src/audit/retention.d.ts
import type { Clock } from '../lib/clock.js'
import { type Duration } from '../lib/duration.js'
/** How long an audit trail is kept where nobody says more: six years, with a day more for each leap year there can be. */
export declare const RETENTION = '2192d'
/** Which records of an audit trail may be removed. */
export interface PruneOptions {
  /** Records before this may go. A record younger than the retention stays. */
  readonly before: Date
  /**
   * PEM (SPKI) of the Ed25519 keys whose checkpoints count, at least one: a chain is cut only at a checkpoint that one of them signed. Default: every
   * checkpoint counts, and whoever can write to the trail can have written it.
   */
  readonly publicKeys?: readonly string[]
  /** How long you must keep records. Default `'2192d'`, six years. */
  readonly retention?: Duration
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: Clock
}
/** How long records are kept, in milliseconds. @throws {MisuseError} `invalid_option` where `retention` is no duration */
export declare function retentionMs(retention: unknown, call: string): number
/**
 * Checks what a sink is asked to prune, for sinks of your own as well.
 * @param call the name of the call, for messages
 * @throws {MisuseError} `invalid_option` where records younger than the retention would go, or no key is named
 * @example
 * ```ts
 * const { before, publicKeys } = checkPrune(options, 'prune')
 * ```
 */
export declare function checkPrune(
  options: PruneOptions,
  call: string,
): Pick<PruneOptions, 'before' | 'publicKeys'>

// src/audit/sink.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { AuditFilter } from './filter.js'
import type { AuditHead, ChainedRecord, TornLine } from './record.js'
/** The longest line of a trail, in bytes and without its end. A record that does not fit is not written. */
export declare const MAX_AUDIT_LINE = 4194304
/** How many ends of other chains the first record of a writer names. */
export declare const MAX_AUDIT_HEADS = 64
/** A record and the line that says it: one line of ASCII JSON, without its end. */
export interface AuditEntry {
  readonly record: ChainedRecord
  /** What is hashed and verified: to be kept as it is, byte by byte. */
  readonly line: string
}
/** What a sink holds of others when a writer starts. */
export interface SinkState {
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
  /** What could not be read, by name and with the reason: the trail begins without it. */
  readonly passed?: readonly string[]
}
/** Where a checkpoint stands, if a line is one that is signed with a known key. */
export type CheckpointCheck = (line: string) => AuditHead | undefined
/** Where records go. */
export interface AuditSink {
  /**
   * Keeps records, in their order. Resolves once all of them are on durable storage, or rejects: with an `AuditError` whose `fault` says
   * what to do about it. What was not acknowledged is written again, with the same `writer` and `seq`; also where a call has not answered
   * for 5 s. To have one twice is the same as to have it once.
   */
  write(entries: readonly AuditEntry[]): MaybePromise<void>
  /**
   * How the chains end that are there already, at most `MAX_AUDIT_HEADS` of them: the latest of those that have a checkpoint that is signed, and then of the others, as anybody
   * who can write to the trail can begin a chain. Asked before the first record.
   * @param check tells which lines are checkpoints that the key of the gate has signed; absent where it has none
   */
  state?(check?: CheckpointCheck): MaybePromise<SinkState>
  /** Called once, when nothing more comes. */
  close?(): MaybePromise<void>
}
/** A line of a trail, as it is kept. */
export interface TrailLine {
  readonly line: string
  /** For people: a file and the number of the line in it, or a row. */
  readonly where: string
  /** Broken off before its end. */
  readonly torn?: true
}
/** A trail that can be read. Readers are handed what was kept and judge it: no line is left out for being wrong. */
export interface TrailReader {
  /** All lines, those of each writer in the order of `seq`. With bounds, those outside of them may be left out. */
  lines(range?: TrailRange): AsyncIterable<TrailLine>
  /**
   * Every line that fits what is looked for, newest first by time, id, writer and number, from an index; also where a later word of its event fits no
   * longer. Who asks judges which word holds. It may find fewer than were asked for, where they are large, and is asked again for what is after the last of
   * them, until it finds none. One whose place is none is damaged, and ends nothing. Without it, a query reads all lines.
   */
  find?(search: TrailSearch): MaybePromise<readonly FoundLine[]>
  /** The lines of one chain from a number on, in the order of `seq`. Without it, what `find` finds is never proven. */
  chain?(writer: string, from: number): AsyncIterable<TrailLine>
  /**
   * Goes on from here: each call of what it resolves with answers the lines that were added since the one before. Without it, who follows a
   * trail reads again what is recent.
   */
  follow?(): MaybePromise<() => Promise<readonly string[]>>
}
/** Where an event is in a list of them. Two chains may have events of one time and id: only one of them is what its writer wrote. */
export interface TrailPosition {
  readonly time: string
  readonly id: string
  readonly writer: string
  readonly seq: number
}
/** What is looked for in a trail. */
export interface TrailSearch extends Omit<AuditFilter, 'proven'> {
  /** Only those of these environments, and those of none in particular. A reader that does not look at this member, or the next one, finds more, which is left out afterwards. */
  readonly environments?: readonly string[]
  /** Of accesses, only those for these tenants, and those that were allowed without one. */
  readonly tenants?: readonly string[]
  /** How many lines at most. */
  readonly limit: number
  /** Only what is after this one in that order. */
  readonly after?: TrailPosition
}
/** A line that was found. */
export interface FoundLine extends TrailLine {
  readonly at: TrailPosition
  /** Lines of the same chain with the same `id` that come after it, at most 16, in their order. */
  readonly later?: readonly TrailLine[]
}
/** By the time of records. */
export interface TrailRange {
  readonly since?: Date
  readonly until?: Date
}

// src/audit/sinks.d.ts
import type { Clock } from '../lib/clock.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditSink } from './sink.js'
/**
 * What is published on the channel `sallyport:audit` of `node:diagnostics_channel`: when an outage of a sink begins or records begin to be dropped,
 * and when all that waited is written again.
 */
export interface AuditOutage {
  readonly state: 'failing' | 'recovered'
  readonly sink: AuditSink
  /** Of `'failing'`. */
  readonly error?: unknown
  /** Of `'recovered'`: how many records were dropped since it was told last. */
  readonly dropped?: number
}
export interface SinksContext {
  readonly sinks: readonly AuditSink[]
  /** PEM of the Ed25519 private key. */
  readonly key?: string | undefined
  readonly instance: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** All sinks of a trail: what one of them keeps is kept. */
export interface Sinks {
  readonly put: (pending: PendingRecord) => void
  /** Resolves once one of them has the record on durable storage. @throws {AuditError} after 250 ms */
  readonly commit: (pending: PendingRecord) => Promise<void>
  /** @throws {AuditError} where that takes more than 5 s */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}
export declare function createSinks(context: SinksContext): Sinks

// src/audit/summary.d.ts
import type { OwnAuditEvent } from './filter.js'
import type { AuditPage, AuditQuery } from './query.js'
/** What happened in a week, counted. */
export interface WeekSummary {
  readonly from: Date
  /** The end: no event is from this instant or later. */
  readonly to: Date
  /** Requests by day of UTC, such as `'2030-01-31'`. */
  readonly allowed: Counts
  readonly denied: Counts
  /** Accesses to health information, by kind of resource. */
  readonly phi: Counts
  /** Requests by key, or else by subject or client of a token. */
  readonly callers: Counts
  /** How many addresses requests came from. */
  readonly addresses: number
  /** Of keys and of access. */
  readonly changes: number
  /** How many records were counted, and how many of them a checkpoint vouches for. */
  readonly verification: {
    readonly records: number
    readonly proven: number
    readonly unproven: number
  }
  /** False: there are more records, and only the latest were counted. */
  readonly isComplete: boolean
}
type Counts = Readonly<Record<string, number>>
/** Reads a page. */
export type ReadEvents = (query: AuditQuery) => Promise<AuditPage<OwnAuditEvent>>
/** The next part of the log: up to some 5,000 events, fewer where they are large. Where there are more, there is a cursor. */
export declare function readMany(
  read: ReadEvents,
  query: AuditQuery,
): Promise<AuditPage<OwnAuditEvent>>
/** The seven days before `to`. */
export declare function summaryOfWeek(read: ReadEvents, to: Date): Promise<WeekSummary>
export {}

// src/audit/trail-report.d.ts
import { type Findings, type TrailFault, type TrailFinding } from './findings.js'
import type { AuditHead } from './record.js'
/** What became of a trail. */
export interface TrailReport {
  readonly writers: number
  /** Records in their place that a signature vouches for. */
  readonly valid: number
  /** Records that are not what was written, or not where. */
  readonly invalid: number
  /** Records that were taken away. */
  readonly missing: number
  /** Records in their place that no signature vouches for: those after the last checkpoint, or all. */
  readonly unproven: number
  /** Lines that were broken off by a crash: they were never acknowledged. */
  readonly torn: number
  /** Accesses and changes that were dropped before they were written, as the trail itself says. */
  readonly dropped: number
  /**
   * The first hundred, in the order of reading: those about chains that a checkpoint vouches for before all others, and claims of starts that none vouches for
   * last. Of several chains and files with faults, no fewer of one than of another that has more.
   */
  readonly findings: readonly TrailFinding[]
}
/** Counts what became of a trail, while it is read. */
export interface Tally {
  readonly counts: Record<Exclude<keyof TrailReport, 'writers' | 'findings'>, number>
  readonly tell: Findings['tell']
  /** A record is not what was written, or not where. */
  readonly blame: (
    fault: TrailFault,
    where: string,
    record?: Pick<AuditHead, 'writer' | 'seq'>,
    isProven?: boolean,
  ) => TrailFinding
  /** So many records of a writer are missing, from this `seq` on. */
  readonly miss: (
    where: string,
    writer: string,
    seq: number,
    count: number,
    isProven?: boolean,
  ) => TrailFinding | undefined
  readonly vouch: Findings['vouch']
  readonly readTo: Findings['readTo']
  /** What is told in the end. */
  readonly findings: () => readonly TrailFinding[]
}
export declare function createTally(): Tally

// src/audit/trail.d.ts
import type { AuditNote, Decision } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TrailContext } from './accesses.js'
import { type Journals } from './key-journal.js'
import { type WatcherContext } from './watcher.js'
/** What the pipeline tells of each request. */
export interface Trail extends Journals {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /** A request has come, or a call without one from an address. An earlier guard may have begun with it, and left a note. */
  begin(request: GateRequest | undefined, earlier?: AuditNote, address?: string): AuditNote
  /** It was decided; where that must be on durable storage before anything else happens and cannot be, something else is. */
  decided<D extends Decision>(
    context: RequestContext,
    decision: D,
    unrecorded: () => D,
  ): MaybePromise<D>
  /** An endpoint of the gate refuses what its guard has let in. */
  refused(note: AuditNote | undefined, reason: Reason): void
  /** Records that the audit log itself was read, also where it is said that the request is not recorded. Resolves once that is on durable storage. @throws {AuditError} */
  readonly noteReading: (note: AuditNote) => Promise<void>
  close(): Promise<void>
}
/** What a trail is made from. */
export interface TrailOptions extends Omit<TrailContext, 'watcher'> {
  /** Told of what is unusual. Absent: nobody watches. */
  readonly tellUnusual?: WatcherContext['tell']
}
export declare function createTrail(options: TrailOptions): Trail

// src/audit/unusual.d.ts
import type { Oddity } from './profile.js'
import type { Actor } from './record.js'
/** One access, as far as it can be unusual. */
export interface WatchedAccess {
  readonly at: number
  /** Absent: nobody knows who it was. */
  readonly actor?: Actor | undefined
  /** The address of the client. */
  readonly client?: string | undefined
  readonly outcome: 'allowed' | 'denied'
  readonly reason?: string | undefined
  /** For how many it stands. */
  readonly count?: number | undefined
}
/** Something unusual in the audit log, when it happens. */
export type Unusual = (Oddity | DeniedBurst) & {
  readonly at: Date
  /** Names it over all instances: who has the same mark has seen the same. */
  readonly mark: string
  /** Names the caller, or the address where nobody knows the caller. */
  readonly subject: string
  readonly actor?: Actor | undefined
  readonly client?: string | undefined
}
/** More denials of one caller, or from one address, than happen by mistake. */
interface DeniedBurst {
  readonly what: 'denied_burst'
  /** Within a minute, until it was noticed. */
  readonly denied: number
  /** Of the last of them. */
  readonly reason?: string | undefined
}
/** Knows what is usual for each caller, in bounded memory: of the callers that were not seen for longest, nothing is known. */
export interface Watch {
  /** Takes note of an access that is over. */
  readonly note: (access: WatchedAccess) => readonly Unusual[]
  /** What was done in so long was not noted: nobody is known any longer for that. */
  readonly unwatched: (ms: number) => void
}
export declare function createWatch(): Watch
export {}

// src/audit/verify.d.ts
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { TrailLine } from './sink.js'
import { type TrailReport } from './trail-report.js'
export interface VerifyOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. */
  readonly publicKeys?: readonly string[]
  /** How old a chain must be for its beginning to be pruned. Default `'2192d'`. */
  readonly retention?: Duration
  readonly clock?: Clock
}
/**
 * Reads a whole trail and holds each record to its chain. It goes on after what is wrong.
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 * @example const { valid, missing, invalid } = await verifyTrail(createAuditFiles('/var/log/api/audit').lines(), { publicKeys })
 */
export declare function verifyTrail(
  lines: AsyncIterable<TrailLine> | Iterable<TrailLine>,
  options?: VerifyOptions,
): Promise<TrailReport>

// src/audit/visible-records.d.ts
import type { EventRecord } from './words.js'
/** Whose records somebody may know of, of one owner. */
export interface Reader {
  readonly ownerId: string
  /** Those that it manages. */
  readonly environments: readonly string[]
  /** Those that it acts for. Absent: it was given no list, and is not held to any. */
  readonly tenants: readonly string[] | undefined
}
/** Which records of a trail are there for somebody: pages are made of these alone, or their ends would tell of others. */
export interface Sight extends Pick<Reader, 'environments' | 'tenants'> {
  readonly sees: (event: EventRecord) => boolean
}
/** @param isTold whether it may know of a record beside that */
export declare function sightOf(
  { environments, tenants: given }: Reader,
  isTold: (event: EventRecord) => boolean,
): Sight

// src/audit/watcher.d.ts
import type { Clock } from '../lib/clock.js'
import type { AuditSink } from './sink.js'
import { type Unusual, type WatchedAccess } from './unusual.js'
export interface WatcherContext {
  readonly sinks: readonly AuditSink[]
  /** With it, only what a checkpoint vouches for says what is usual. */
  readonly key?: string | undefined
  readonly clock: Clock
  /** How many accesses are read at most. */
  readonly mostLearned?: number | undefined
  readonly tell: (found: readonly Unusual[]) => void
  readonly onError: (error: unknown) => void
}
/** Watches the accesses of a trail. */
export interface Watcher {
  note(access: WatchedAccess): void
  /** Resolves once the trail has been read. */
  readonly ready: Promise<void>
  close(): void
}
/** Knows what was usual before from the last four weeks of the first sink that can be read. */
export declare function createWatcher(context: WatcherContext): Watcher

// src/audit/words.d.ts
import {
  type AccessRecord,
  type ChainedRecord,
  type EnrollmentRecord,
  type KeyChangeRecord,
} from './record.js'
/** A record that tells of an event: an access, a change of a key, or a step of an organization's access. */
export type EventRecord = Extract<ChainedRecord, AccessRecord | KeyChangeRecord | EnrollmentRecord>
export declare function isEvent(record: ChainedRecord | undefined): record is EventRecord
/** Whether the client has gone: all is said of the event, unless its handler has more to tell. */
export declare function isAborted(event: EventRecord): boolean
/** Whether it was let in and has been answered: all is said of it, unless its handler tells of health information after that. */
export declare function isAnswered(event: EventRecord): boolean
/** Whether all is said of an event: no later word of it holds but of health information. Of a request whose client has gone, a handler that goes on may have more to tell. */
export declare function isComplete(event: EventRecord): boolean
/**
 * Whether a record is a later word of an event: of one that is not complete, and without taking back anything that was said; of one that was answered, with
 * further health information and nothing else. That it is of the same chain is for the caller to see.
 */
export declare function isLaterWord(event: EventRecord, later: EventRecord): boolean

// src/console/create-console.d.ts
import type { Answer } from '../core/decision.js'
import type { EndpointRequest } from '../http/body.js'
import type { ConsoleGates } from './gates.js'
import type { ConsoleOptions, ConsoleRequest } from './options.js'
/** What `mountConsole` of an adapter mounts: answers every request below its mount. */
export type Console = (call: EndpointRequest) => Promise<Answer>
/**
 * A developer console: pages on which people make, rotate and revoke API keys, see their use and their audit log. Mount it with `mountConsole` of `sallyport/express` or `sallyport/koa`.
 * @param gates one gate, or one for each environment by name
 * @example
 * const portal = createConsole(gate, {
 *   user: (req) => userOf(req),
 *   signInUrl: '/login',
 *   secret: consoleSecret,
 * })
 * app.use('/portal', mountConsole(portal))
 * @throws {MisuseError} `invalid_option`, by the name of the option
 */
export declare function createConsole<S extends string, R = ConsoleRequest>(
  gates: ConsoleGates<S>,
  options: ConsoleOptions<NoInfer<S>, R>,
): Console

// src/console/gates.d.ts
import type { Gate } from '../gate/gate.js'
/** One gate for all environments, or one for each by name. */
export type ConsoleGates<S extends string = string> = Gate<S> | Readonly<Record<string, Gate<S>>>
/** Where keys are looked for, and made. */
export interface Gates {
  /** What looks at requests: all of them are to trust the same proxies. */
  readonly first: Gate
  /** Each once. */
  readonly all: readonly Gate[]
  /** Whether one gate serves all environments: its keys are then in one list. */
  readonly isOne: boolean
  /** The gate of an environment; of several, `undefined` where none has this name. */
  of(environment: string): Gate | undefined
  /** Those of these environments that the gate is given for. */
  environmentsIn(gate: Gate, environments: readonly string[]): readonly string[]
  /** Those of these scopes that the gate knows: the same person may hold others in another one. */
  scopesIn(gate: Gate, scopes: readonly string[]): readonly string[]
  /** Those that no gate knows. */
  unknownScopes(scopes: readonly string[]): readonly string[]
  /** Every scope that a gate knows. */
  readonly scopes: () => ReadonlyMap<string, unknown>
  /** Whether one of them has an audit log. */
  readonly hasAudit: () => boolean
}
/** @throws {MisuseError} `invalid_option` */
export declare function readGates<S extends string>(given: ConsoleGates<S>): Gates

// src/console/index.d.ts
export { createConsole, type Console } from './create-console.js'
export type { ConsoleGates } from './gates.js'
export { columnChart, rowChart, type Chart, type Column, type Row } from './kit/charts.js'
export { html, Markup, type Piece } from './kit/html.js'
export type {
  ConsoleBrand,
  ConsoleDescription,
  ConsoleOptions,
  ConsoleRequest,
  ConsoleUser,
  Permission,
  StepUpAction,
} from './options.js'
export {
  createMemoryReviewStore,
  signedReviewFrom,
  type CountedRecords,
  type ReviewFilter,
  type ReviewStore,
  type SignedReview,
} from './review-store.js'
export type { Ranked, ReviewedWeek } from './trail/reviewed-week.js'

// src/console/kit/charts.d.ts
import { type Markup } from './html.js'
export interface Chart {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly description: string
}
/** One bar of two parts, the second upon the first. */
export interface Column {
  readonly label: string
  readonly calm: number
  readonly alarm: number
  /** What it says when it is pointed at. */
  readonly told: string
}
/** One bar that lies, with a mark at what is usual. */
export interface Row {
  readonly label: string
  readonly value: number
  readonly usual?: number
  readonly kind: 'calm' | 'alarm'
}
/** What the two parts of a column of requests are. */
export declare const LEGEND: Markup
/** Bars that stand side by side. */
export declare function columnChart(
  chart: Chart,
  columns: readonly Column[],
  labelEvery?: number,
): Markup
/** Bars that lie one below the other. */
export declare function rowChart(chart: Chart, rows: readonly Row[]): Markup

// src/console/kit/html.d.ts
/** HTML that may be put into a page as it is. */
export declare class Markup {
  readonly text: string
  constructor(text: string)
}
/** What may be put into a template. */
export type Piece = Markup | string | number | undefined | false | readonly Piece[]
/**
 * Makes HTML. Whatever is put into it is text, unless it was made here as well.
 * @example html`<td title="${key.hint}">${key.name}</td>`
 */
export declare function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup
/** An attribute without a value, where it holds: `<input ${flag('checked', isOn)}>`. */
export declare function flag(
  name: 'checked' | 'selected' | 'required' | 'autofocus' | 'open',
  holds: boolean,
): Markup | undefined
/** A long name, such as an address of mail, with the places where a line of it may end. */
export declare function breakable(name: string): Markup

// src/console/options.d.ts
import type { Access } from '../access/access.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { ReplayStore } from '../oauth/replay-store.js'
import type { ReviewStore } from './review-store.js'
/** What a role may allow. */
export declare const PERMISSIONS: readonly [
  'keys:view',
  'keys:own',
  'keys:all',
  'usage:view',
  'audit:view',
  'review:sign',
  'access:request',
  'access:decide',
]
/**
 * - `keys:view`: see the keys of the owner, and what they did.
 * - `keys:own`: make keys, and change those that the person has made.
 * - `keys:all`: make keys, and change all keys of the owner.
 * - `usage:view`: the page of usage. `audit:view`: the audit log and its weekly review.
 * - `review:sign`: sign the weekly review, with `reviews`.
 * - `access:request`: ask for access. `access:decide`: decide on requests of all owners that ask for environments of the person alone; for your own staff.
 */
export type Permission = (typeof PERMISSIONS)[number]
/** Who is signed in to your app. */
export interface ConsoleUser<S extends string = string> {
  /** Who it is within the owner: 1 to 128 characters. It is in the audit log, and in `createdBy` of keys. */
  readonly id: string
  /** What the page calls the person. Default: the id. */
  readonly name?: string
  /** Names the session. Forms are bound to it: it must change at each sign-in. */
  readonly sessionId: string
  /** The organization whose keys these are. */
  readonly ownerId: string
  /** One of `roles`. A role that is not among them has no permissions. */
  readonly role: string
  /** The plan of keys that the person makes. Default: the gate's own. */
  readonly plan?: string
  /** The environments whose keys the person may make and see, and about whose access it may decide with `access:decide`. */
  readonly environments: readonly string[]
  /** The scopes that the person holds, and may hand out. */
  readonly scopes: readonly S[]
  /** The tenants that keys of the person may act for, and whose requests the person sees in the audit log: with an empty list, those of none. Default: no list; keys act for none, and the log shows the requests of all. */
  readonly tenantIds?: readonly string[]
  /** The resources that keys of the person are held to. Default: they are not held to any. */
  readonly resources?: readonly string[]
}
/** What `stepUp` is asked about. */
export type StepUpAction =
  'create_key' | 'rotate_key' | 'revoke_key' | 'approve_access' | 'show_phi'
/** What is used of a framework's request, where `user` does not name its type. */
export interface ConsoleRequest {
  readonly headers: Readonly<Record<string, unknown>>
}
/** How the pages look. */
export interface ConsoleBrand {
  /** At most 64 characters. Default `'API keys'`. */
  readonly title?: string
  /** The text of an SVG file, shown beside the title. It gets an address of its own. Default: none. */
  readonly logo?: string
  /** Added to the style sheet. Default: none. */
  readonly css?: string
}
/** An API's description, as `createDescription` of `sallyport/openapi` returns it. It holds no secret: everyone who is signed in may download it. */
export interface ConsoleDescription {
  /** A document of OpenAPI. */
  openApi(): object
  /** A collection of Postman. */
  postman(): object
}
/** The options of `createConsole`. */
export interface ConsoleOptions<S extends string = string, R = ConsoleRequest> {
  /**
   * Says who is signed in, from the request alone; `undefined`: no one. Called for every request but those for assets. If it throws, the page is 503.
   * @example user: async (req) => userOf(await sessionOf(req))
   */
  readonly user: (request: R) => MaybePromise<ConsoleUser<S> | undefined>
  /** Where people sign in: a path or an `https:` URL. It gets `?return_to=` with the page that was asked for, without what was typed. Default: a page with status 401. */
  readonly signInUrl?: string
  /** Where people sign out, or go back to your app: a path or an `https:` URL, for a link beside the name of the person. Default: no link. */
  readonly signOutUrl?: string
  /**
   * Signs form tokens: at least 32 bytes, the same in all instances. Of a list, the first one signs, and all verify. Required while `NODE_ENV` is `production`; else, one is made up at
   * start-up.
   */
  readonly secret?: string | readonly string[]
  /** Permissions by role. Default: `member` and `admin`, as docs/console.md has them. */
  readonly roles?: Readonly<Record<string, readonly Permission[]>>
  /**
   * Asked before a secret is made, a key is revoked, access is approved, or ids of health information are shown. `true`: go on. `{ location }`: the person is sent there first, such as
   * to a second factor. Default: nothing is asked.
   */
  readonly stepUp?: (
    user: ConsoleUser<S>,
    action: StepUpAction,
  ) => MaybePromise<
    | true
    | {
        readonly location: string
      }
  >
  /** What rotation offers: durations, at most 10. Default `['0s', '1h', '24h', '7d']`; `'24h'` is chosen at first, or the first one. */
  readonly grace?: readonly Duration[]
  /** What creation offers: durations and `'never'`, at most 10. Default `['30d', '90d', '365d', 'never']`; `'90d'` is chosen at first, or the first one. */
  readonly expiry?: readonly (Duration | 'never')[]
  /** Where forms that were sent are kept, so that none makes a second key; instances share one. Default: in the memory of this process. */
  readonly forms?: ReplayStore
  /** Where signed weekly reviews of the audit log are kept: `createPostgresReviewStore`, `createSqliteReviewStore`, or one of your own. Default: none, and no review is signed. */
  readonly reviews?: ReviewStore
  /** What `createAccess` of `sallyport/access` returns, as the gate has it: pages to ask for access and to decide. Default: they are not there. */
  readonly access?: Access
  /** Endpoints to list on the page of how to call the API, and its documents to download: what `createDescription` of `sallyport/openapi` returns. Default: none. */
  readonly description?: ConsoleDescription
  readonly brand?: ConsoleBrand
  /** BCP 47, for dates and numbers. The words are English. Default `'en'`. */
  readonly locale?: string
  /** An IANA time zone for dates. Default `'UTC'`. */
  readonly timeZone?: string
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: Clock
  /** Called with every failure of a store, of `user` or of `stepUp`. Default: written to stderr. */
  readonly onError?: (error: unknown) => void
}

// src/console/review-store.d.ts
import * as v from 'valibot'
import type { Page } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { ReviewedWeek } from './trail/reviewed-week.js'
/** Whose records a review has counted. */
export interface CountedRecords {
  readonly environments: readonly string[]
  /** Of accesses, those for these tenants, and those for none. Absent: those for all. */
  readonly tenantIds?: readonly string[]
}
/** A weekly review of the audit log that somebody has signed. */
export interface SignedReview {
  /** `rev_` and base62. */
  readonly id: string
  readonly ownerId: string
  /** Whose log it was, where the console has several gates. */
  readonly environment?: string
  /** Who has signed it, from where, and when. */
  readonly by: {
    readonly id: string
    readonly name: string
    readonly address?: string
  }
  readonly at: Date
  /** What the person has written to it. */
  readonly note?: string
  /** The records that the person could see: who sees fewer does not see the review. Absent: a version that did not record it. */
  readonly counted?: CountedRecords
  /** All that the person has seen. Later records do not change it. */
  readonly week: ReviewedWeek
  /** SHA-256 of `week`, in base64url: it is in the audit log as well. */
  readonly digest: string
}
/** Which reviews, those signed last first, in pages. */
export interface ReviewFilter {
  readonly ownerId: string
  /** The last day of the week, such as `'2030-01-31'`. */
  readonly to?: string
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/** Where signed reviews are kept. Nothing of them is changed or removed. What a store throws, an answer that takes longer than 5 seconds, and one with what was not asked for, is an outage (503). `reviewStoreCases` of `sallyport/testing` tests a store of your own. */
export interface ReviewStore {
  /** @throws {Error} where the id is taken */
  insert(review: SignedReview): MaybePromise<unknown>
  find(id: string): MaybePromise<SignedReview | undefined>
  /** A page of reviews, each once over all pages. A cursor that is not of this store leads to an empty page. */
  list(filter: ReviewFilter): MaybePromise<Page<SignedReview>>
}
/**
 * Signed reviews in the memory of this process. They end with it: for demos and tests.
 * @example const portal = createConsole(gate, { user, secret, reviews: createMemoryReviewStore() })
 */
export declare function createMemoryReviewStore(): ReviewStore
/** What a review has, but for when it was signed: a date, or its text. */
export declare function reviewMembers(): {
  note: v.ExactOptionalSchema<v.StringSchema<undefined>, undefined>
  counted: v.ExactOptionalSchema<
    import('../lib/schema-objects.js').ObjectSchema<{
      environments: v.ArraySchema<v.StringSchema<undefined>, undefined>
      tenantIds: v.ExactOptionalSchema<
        v.ArraySchema<v.StringSchema<undefined>, undefined>,
        undefined
      >
    }>,
    undefined
  >
  week: import('../lib/schema-objects.js').ObjectSchema<{
    isComplete: v.BooleanSchema<undefined>
    addresses: v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >
    changes: v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >
    records: v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >
    unproven: v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >
    phi: v.ArraySchema<
      v.StrictTupleSchema<
        [
          v.StringSchema<undefined>,
          v.SchemaWithPipe<
            readonly [
              v.NumberSchema<undefined>,
              v.IntegerAction<number, undefined>,
              v.MinValueAction<number, number, undefined>,
              v.MaxValueAction<number, number, undefined>,
            ]
          >,
        ],
        undefined
      >,
      undefined
    >
    morePhi: v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >
    callers: v.ArraySchema<
      v.StrictTupleSchema<
        [
          v.StringSchema<undefined>,
          v.SchemaWithPipe<
            readonly [
              v.NumberSchema<undefined>,
              v.IntegerAction<number, undefined>,
              v.MinValueAction<number, number, undefined>,
              v.MaxValueAction<number, number, undefined>,
            ]
          >,
        ],
        undefined
      >,
      undefined
    >
    moreCallers: v.SchemaWithPipe<
      readonly [
        v.NumberSchema<undefined>,
        v.IntegerAction<number, undefined>,
        v.MinValueAction<number, number, undefined>,
        v.MaxValueAction<number, number, undefined>,
      ]
    >
    from: v.StringSchema<undefined>
    to: v.StringSchema<undefined>
    allowed: v.GenericSchema<unknown, Record<string, number>>
    denied: v.GenericSchema<unknown, Record<string, number>>
  }>
  digest: v.StringSchema<undefined>
  by: import('../lib/schema-objects.js').ObjectSchema<{
    readonly id: v.StringSchema<undefined>
    readonly name: v.StringSchema<undefined>
    readonly address: v.ExactOptionalSchema<v.StringSchema<undefined>, undefined>
  }>
  id: v.StringSchema<undefined>
  ownerId: v.StringSchema<undefined>
  environment: v.ExactOptionalSchema<v.StringSchema<undefined>, undefined>
}
/** The review in a JSON text, as `JSON.stringify` has written it: for a store of your own. @throws {StoreError} for what is none */
export declare function signedReviewFrom(json: unknown): SignedReview

// src/console/trail/reviewed-week.d.ts
import type { WeekSummary } from '../../audit/summary.js'
type Counts = Readonly<Record<string, number>>
/** Names with their counts, the largest count first. */
export type Ranked = readonly (readonly [name: string, count: number])[]
/** A week of the audit log as a review shows it, and as a signed review keeps it. */
export interface ReviewedWeek {
  /** The first and the last day, of UTC, such as `'2030-01-31'`. */
  readonly from: string
  readonly to: string
  /** Requests by day. */
  readonly allowed: Counts
  readonly denied: Counts
  /** Accesses to health information by kind, the 20 most frequent, and how many other kinds there were. */
  readonly phi: Ranked
  readonly morePhi: number
  /** Requests by caller, the same. */
  readonly callers: Ranked
  readonly moreCallers: number
  /** How many addresses requests came from. */
  readonly addresses: number
  /** Of keys and of access. */
  readonly changes: number
  /** How many records were counted, and how many of them no signature proves. */
  readonly records: number
  readonly unproven: number
  /** False: there were more records, and only the latest were counted. */
  readonly isComplete: boolean
}
/** What is shown of a week. */
export declare function seenOf(
  { from, to }: Pick<ReviewedWeek, 'from' | 'to'>,
  week: WeekSummary,
): ReviewedWeek
/** SHA-256 of what is shown, in base64url: the same for the same figures, whatever order they were read in. */
export declare function digestOf(week: ReviewedWeek): string
export {}

// src/core/accepts.d.ts
/** Which media types a route takes and makes. */
export interface AcceptsRequirement {
  /** What it reads: a body of another type is 415. Default: any. */
  readonly type?: string | readonly string[]
  /** What it answers with: a client whose `Accept` takes none of it is 406. Default: not looked at. */
  readonly accept?: string | readonly string[]
  /**
   * `true`: both headers are part of every request, with a body or without. A request that lacks one, or names another type, is 400. Default `false`: a request without them passes, but for a body without a type.
   */
  readonly required?: boolean
}
/** The same with lists of types in lower case. */
export interface CheckedAccepts {
  readonly type: readonly string[] | undefined
  readonly accept: readonly string[] | undefined
  readonly required: boolean
}
/** @throws {MisuseError} `invalid_option`, `unknown_option` */
export declare function readAccepts(given: AcceptsRequirement): CheckedAccepts

// src/core/app-caller.d.ts
import { type Identity } from './auth.js'
/** A caller whom your app knows without a credential of this API: what `otherwise` of a guard returns. */
export interface AppCaller<S extends string = string> {
  /** Whom it acts for: 1 to 1,024 characters, no control character, no white space at either end. */
  readonly ownerId: string
  /** Who it is within the owner, such as the id of a user; as `ownerId`. It is in the audit log. Default: it is not said. */
  readonly subject?: string
  /** What people call it, such as `'Ann Lee'`; the first 128 characters of it are in the audit log. Default: it is not said. */
  readonly name?: string
  /** One of the gate's. Default: that of the host, where environments have hosts; else the first of `environments`, or of the gate. */
  readonly environment?: string
  /** The environments whose keys it manages at the key endpoints, of the gate's; at least one. Default: as for a key of its environment. */
  readonly environments?: readonly string[]
  /** Those that the gate does not know are left out. Default: none. */
  readonly scopes?: readonly S[]
  /** The tenants that it may act for, each as `ownerId`: an empty list also keeps from it what the audit log has of tenants. Default: no list, it acts for none. */
  readonly tenantIds?: readonly string[]
  /** The resources that it is held to, as those of keys: `'records/rec_1'`, `'records/*'`. Default: it is not held to any. */
  readonly resources?: readonly string[]
  /** Default: `limits.defaultPlan`. */
  readonly plan?: string
  /** More that handlers shall know of the caller: JSON values. Default: none. */
  readonly metadata?: Readonly<Record<string, unknown>>
}
/** What callers of the app are held against. */
export interface AppCallerContext {
  readonly environments: readonly string[]
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** Told of others that the app names. Absent: nobody is. */
  readonly tellUnknown?: ((scope: string) => void) | undefined
  readonly defaultPlan: string | undefined
}
/**
 * What the app said of who sends a request.
 * @param own the environment of a caller whose environment is not said. Default: the first
 * @throws {TypeError} for what is no caller
 */
export declare function readOtherwise(
  said: unknown,
  context: AppCallerContext,
  own?: string,
): Identity
/** The same of whomever the app names; read once: what is judged is what is kept. @throws {TypeError} saying what is wrong with it */
export declare function readAppCaller(
  said: unknown,
  { environments: served, scopes: known, tellUnknown, defaultPlan }: AppCallerContext,
  own?: string | undefined,
): Identity

// src/core/auth.d.ts
import type { Tally } from './tally.js'
/** Header names (lower case) and values. */
export type Headers = Readonly<Record<string, string>>
/** What is known of every caller. */
interface Caller<S extends string> {
  /** The organization that it acts for. */
  readonly ownerId: string
  readonly environment: string
  readonly scopes: readonly S[]
  /** The tenants that it may act for. */
  readonly tenantIds: readonly string[]
  /** There where its list of tenants was given, and is empty: it also reads and hands out nothing of any tenant. Absent with an empty `tenantIds`: it was given no list. */
  readonly noTenants?: true
  /** The resources that it is held to, such as `records/rec_1` or `records/*`. Absent: it is not held to any. */
  readonly resources?: readonly string[]
  /** The plan whose limits hold for it: its own, or the default; absent where it has neither. */
  readonly plan?: string
  /** Its own limit, in the place of the first quota of the plan. */
  readonly limit?: number
  /** What the app stored with the key, or said of the caller: JSON values. */
  readonly metadata: Readonly<Record<string, unknown>>
}
/** Who presented an API key. */
export interface KeyAuth<S extends string = string> extends Caller<S> {
  readonly kind: 'key'
  /** The key's id; safe to log and to show. */
  readonly keyId: string
  /** The name that its owner gave the key. */
  readonly name: string
  /** When the key stops working; absent when it has no end. */
  readonly expiresAt?: Date
}
/** Who presented a token of an issuer that the gate trusts. */
export interface TokenAuth<S extends string = string> extends Caller<S> {
  readonly kind: 'token'
  /** `iss`: who says so. */
  readonly issuer: string
  /** `sub`: whom the token is about. Unique within its issuer only. */
  readonly subject?: string
  /** `client_id`: the client that was given the token. */
  readonly clientId?: string
  /** `jti`: safe to log. */
  readonly tokenId?: string
  /** The key that it was made from, where this gate has made it. */
  readonly keyId?: string
  /** `exp`. */
  readonly expiresAt: Date
  /** Everything that the token says. */
  readonly claims: Readonly<Record<string, unknown>>
}
/**
 * A caller without a credential of this API, whom your app knows by itself, such as by its session: what `otherwise` of a guard returned. It has made
 * the decision; `auth` is of this request alone.
 */
export interface AppAuth<S extends string = string> extends Caller<S> {
  readonly kind: 'app'
  /** Who it is within the owner, such as the id of a user. Safe to log, if what your app uses is. */
  readonly subject?: string
  /** What people call it, if your app said so. */
  readonly name?: string
  /** The environments whose keys it manages at the key endpoints, if your app said so. */
  readonly environments?: readonly string[]
  /** Never there: it presented no key. */
  readonly keyId?: never
  /** Never there: how long a session lasts is up to your app. */
  readonly expiresAt?: never
}
/** Who presented a credential: an API key or a token. */
export type CredentialAuth<S extends string = string> = KeyAuth<S> | TokenAuth<S>
/**
 * Who the caller is, once verified: what `authOf(req)` returns. Frozen; that of a key or a token is shared by all its requests.
 */
export type Auth<S extends string = string> = CredentialAuth<S> | AppAuth<S>
/** Of a list of tenants that may have been left out: an empty one is not an absent one. */
export declare function givenTenants(
  given: readonly string[] | undefined,
): Pick<Auth, 'tenantIds' | 'noTenants'>
/** The tenants that a caller is held to, in what it reads and in the keys that it makes; none where the list is empty. `undefined`: it was given no list. */
export declare function tenantsHeldTo({
  tenantIds,
  noTenants,
}: Pick<Auth, 'tenantIds' | 'noTenants'>): readonly string[] | undefined
/** Freezes an auth that ends at `endsAt`, in milliseconds since the epoch. A date cannot be frozen: each reader is given its own. */
export declare function ending<T extends object>(
  auth: T,
  endsAt: number,
): Readonly<
  T & {
    readonly expiresAt: Date
  }
>
/** A set of addresses that can be asked. */
export interface AddressRules {
  /** Whether this address is in the set. What is no address, or is unknown, never is. */
  includes(address: string | undefined): boolean
}
/** An auth with what the rules ask of it, prepared once for all its requests. */
export interface Identity {
  readonly auth: Auth
  readonly scopes: ReadonlySet<string>
  readonly tenants: ReadonlySet<string>
  /** Absent: not held to any. */
  readonly resources?: ReadonlySet<string> | undefined
  /** Absent: from anywhere. */
  readonly addresses?: AddressRules | undefined
  /** What its answers tell beside the usual headers. */
  readonly headers?: Headers | undefined
  /** Where its requests are counted; that of a token which was made from a key is the key's. Absent: it has none prepared. */
  readonly tally?: Tally | undefined
  /** When its key was made by a rotation, in milliseconds since the epoch. Absent: its key is no successor, or it has none. */
  readonly successorSince?: number | undefined
}
/** What the rules ask of a caller, from its auth: all of it. */
export declare function identityOf<A extends Auth>(
  auth: A,
): {
  readonly auth: A
} & Pick<Identity, 'scopes' | 'tenants' | 'resources'>
export {}

// src/core/caller.d.ts
/** What says who a caller is: an `Auth`, or what an audit record has of one. */
export interface CallerFacts {
  readonly environment?: string
  readonly ownerId?: string
  /** The key that was presented, or that the token was made from. */
  readonly keyId?: string
  /** `iss`, `client_id` and `sub` of a token. */
  readonly issuer?: string
  readonly clientId?: string
  /** Of a caller of your app, who it is within the owner. */
  readonly subject?: string
  /** `'app'` of an `Auth` whose caller `otherwise` of a guard named. */
  readonly kind?: string
  /** The same of an audit record. */
  readonly app?: true
}
/** What an `Auth` has at least. */
type Known = CallerFacts &
  (
    | {
        readonly keyId: string
      }
    | {
        readonly issuer: string
      }
    | {
        readonly kind: 'app'
      }
  )
/**
 * Who a caller is, as a text that two callers never share; `undefined` where nothing says who it is. A key is its environment and its id, and a token
 * that was made from a key is that key. Any other token is its environment, issuer, client, subject and owner: one user is another caller in each client
 * and for each organization, and a client without a user is another caller than a user of the same name (RFC 9068 section 5). A caller of your app is its environment, owner and subject.
 *
 * @example
 * log.info({ caller: callerId(authOf(req)) }, 'export started')
 */
export declare function callerId(caller: Known): string
export declare function callerId(caller: CallerFacts): string | undefined
export {}

// src/core/catalogue-options.d.ts
/** A scope with words for people. */
export interface ScopeOptions {
  /** How high it is: a whole number from 1 to 9; with the option `levels`, one of their names, and required. Default 1. */
  readonly level?: number | string
  /** A few words for people, of which no two scopes have the same. */
  readonly title?: string
  /** A sentence or two for people. */
  readonly description?: string
}
/** A level of scopes that has a name. */
export interface LevelOptions {
  readonly name: string
  readonly title?: string
  readonly description?: string
  /**
   * The levels before it whose scopes its holders hand out, beside those that these are above. Default: all before it. `[]`: none, it stands apart.
   * @example ['standard']
   */
  readonly above?: readonly string[]
}

// src/core/catalogue.d.ts
/** How high a scope is: a number, or the name of a level. */
export type Level = number | string
/** Every scope the API knows, each with its level. */
export interface Catalogue {
  readonly levels: ReadonlyMap<string, Level>
  /** Whether one of these scopes is of a higher level. Nothing is above a scope that is not known. */
  isBelow(scope: string, held: readonly string[]): boolean
  /** @throws {MisuseError} `unknown_scope` naming the nearest scope. */
  check(scopes: readonly string[], where: string): void
}
/** @param below the levels below each level that has a name */
export declare function createCatalogue(
  levels: ReadonlyMap<string, Level>,
  below: ReadonlyMap<Level, ReadonlySet<Level>>,
): Catalogue
/** What may stand in a challenge: RFC 6750 section 3. */
export declare const SCOPE: RegExp
/** Knows no scope, and takes every one that could be. */
export declare function createOpenCatalogue(): Catalogue

// src/core/cause.d.ts
/** Every check that a denial can name, once. docs/reasons.md says what each one is. */
export declare const DENIAL_CHECKS: readonly [
  'place',
  'empty',
  'count',
  'syntax',
  'header_lines',
  'origin',
  'https',
  'host',
  'tls_version',
  'kind',
  'length',
  'prefix',
  'environment',
  'checksum',
  'stored',
  'size',
  'format',
  'typ',
  'alg',
  'kid',
  'signature',
  'iss',
  'aud',
  'client_id',
  'sub',
  'jti',
  'exp',
  'nbf',
  'iat',
  'lifetime',
  'cnf',
  'id_token',
  'scope',
  'claims',
  'active',
  'token_type',
  'identify',
  'account',
  'replay',
  'client',
  'request',
  'address',
  'resource',
  'tenant',
  'policy',
  'plan',
  'limit',
]
/** What was checked when a request was rejected: one of `DENIAL_CHECKS`. */
export type DenialCheck = (typeof DENIAL_CHECKS)[number]
/**
 * Why a request was rejected, for logs: its reason may stand for several causes. The client is not told.
 *
 * @example
 * { check: 'aud', expected: "'https://api.example.com'", got: "'https://api.example.com/'" }
 */
export interface DenialCause {
  readonly check: DenialCheck
  /** At most 256 characters. */
  readonly expected: string
  /**
   * What came instead, at most 256 characters of printable ASCII; everything else is escaped. It never has a credential in it. It ends with `(signature not verified)`
   * where anyone could have written it into a token.
   */
  readonly got: string
}

// src/core/changed-by.d.ts
import type { Auth } from './auth.js'
/** Someone who acts for whoever runs the API, such as its staff: no rule holds it back, and records name it. */
export interface Operator {
  readonly kind: 'operator'
  readonly subject: string
  readonly name?: string
  readonly ownerId?: string
}
/** Who makes a change, as it is recorded. Absent members are not known. */
export interface ChangedBy {
  readonly auth: Auth | Operator
  readonly requestId?: string
  /** The client's address, where no record of a request has it. */
  readonly address?: string
}

// src/core/charge.d.ts
import type { Refusal } from './denial.js'
import type { Limit, LimitVerdict } from './limit.js'
/** One of the requests that a caller may have under way at once. */
export interface Slot {
  readonly name: string
  /** Gives it back. Again is harmless. */
  readonly end: () => void
}
/** What one guard has taken from limits. */
export interface Take {
  /** Whose limits they are. */
  readonly subject: string
  readonly limits: readonly Limit[]
  readonly cost: number
  readonly verdict: LimitVerdict
}
/** What a request was counted as, and how the limits of its caller stand since. */
export interface Charge {
  /** What it has cost by now; of a request that several guards look at, the highest that one of them asked for. */
  readonly cost: number
  readonly limits: readonly Limit[]
  /** Absent where there is nothing to count against, or nobody who could count. */
  readonly verdict?: LimitVerdict
  /** Whose limits they are. Absent where nothing was counted. */
  readonly subject?: string
  /** What was taken, where that is more than one take. */
  readonly takes?: readonly Take[]
  /** What it holds while it is under way; absent where that is not limited. */
  readonly slot?: Slot
  /** Why it goes no further. */
  readonly refusal?: Refusal
}

// src/core/credential.d.ts
/** What the caller presented. It is a secret: it never goes into an error, a log or a record. */
export interface Credential {
  readonly value: string
  /** What stands in the place where it stood. */
  readonly accepts: 'key' | 'token' | 'either'
  /** Of a cookie: the pages that may send requests with it, beside those of the request's own origin; `false`: all. */
  readonly origins?: readonly string[] | false
}
/** A credential, without a place where it did not come over HTTP. */
export type PresentedCredential = Pick<Credential, 'value'> & Partial<Credential>

// src/core/decision.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Auth, Headers } from './auth.js'
import type { DenialCause } from './cause.js'
import type { Reason } from './denial.js'
import type { OAuthStep } from './oauth-step.js'
import type { PhiAccess } from './phi.js'
/** A whole HTTP answer: an adapter copies it and adds nothing. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Serialized; absent where the status allows none. */
  readonly body?: string
}
/** What a handler adds to the record of its request. */
export interface AuditNote {
  /**
   * It touched this health information. Where the record is `'required'`, it resolves once that is on durable storage; a handler that waits for it
   * answers nothing that is not recorded. @throws {AuditError} where it is not within 250 ms
   */
  phi(access: PhiAccess): MaybePromise<void>
  /**
   * It was a step of OAuth 2.0 at a sign-in page or an authorization server of your own. May be called for several steps. One with `error` makes the record one of a denial. Resolves as `phi`.
   * @throws {AuditError} as `phi`
   */
  oauth(step: OAuthStep): MaybePromise<void>
}
/** Let in. `A` is what is known of the caller: a guard with `optional` lets in requests without one as well. */
export interface Grant<S extends string = string, A extends Auth<S> | undefined = Auth<S>> {
  readonly allowed: true
  /** `undefined` where a guard with `optional` has found no credential. */
  readonly auth: A
  /** The tenant whose data the request touches, where a guard has asked for one: the caller may act for it. */
  readonly tenantId?: string | undefined
  /** Names this request in answers and records. */
  readonly requestId: string
  readonly audit: AuditNote
  /** To be set on the response. */
  readonly headers: Headers
  /**
   * The request is over: it is no longer one of those that its caller has under way. A gate that is given the response of a request
   * (`request.response`) calls this itself; whoever calls `gate.verify`, or `gate.check` without one, does when the work is done. Again is
   * harmless.
   */
  end(): void
}
/**
 * Turned away, with the whole answer. It is made when it is first read: a flood of refusals costs little. Logged, as JSON or by `console.log`, it shows `allowed`, `status`,
 * `code`, `reason`, `requestId` and `cause`, and never a credential.
 */
export interface Denial extends Answer {
  readonly allowed: false
  /** The true reason, for logs; the answer may be vaguer. */
  readonly reason: Reason
  /** What was checked, what was expected and what came, for logs. Absent where the reason says it all. The client is not told. */
  readonly cause?: DenialCause | undefined
  /** What the caller may know of it: one code for all credentials that do not work. */
  readonly code: string
  readonly requestId: string
  readonly body: string
}
export type Decision<S extends string = string, A extends Auth<S> | undefined = Auth<S>> =
  Grant<S, A> | Denial
/** A grant of any guard. */
export type AnyGrant = Grant<string, Auth | undefined>

// src/core/denial.d.ts
import type { Auth } from './auth.js'
import type { DenialCause } from './cause.js'
/** Why a request was refused: the closed list. `http/reasons.ts` says what each means on the wire. */
export declare const REASON_NAMES: readonly [
  'missing_credentials',
  'multiple_credentials',
  'malformed_request',
  'unknown_key',
  'key_expired',
  'key_revoked',
  'key_disabled',
  'wrong_environment',
  'token_malformed',
  'token_expired',
  'token_invalid',
  'token_revoked',
  'insufficient_scope',
  'https_required',
  'tls_version_not_allowed',
  'unknown_host',
  'connection_closed',
  'origin_not_allowed',
  'address_not_allowed',
  'resource_not_allowed',
  'tenant_mismatch',
  'phi_not_allowed',
  'policy_denied',
  'access_not_approved',
  'terms_not_accepted',
  'plan_without_access',
  'quota_exceeded',
  'credits_exhausted',
  'burst_exceeded',
  'concurrency_exceeded',
  'route_limit_exceeded',
  'anonymous_limit_exceeded',
  'too_many_failures',
  'limiter_unavailable',
  'audit_unavailable',
  'store_unavailable',
  'store_busy',
  'issuer_unavailable',
  'issuer_busy',
  'policy_unavailable',
  'caller_unavailable',
  'caller_busy',
  'invalid_input',
  'scope_not_grantable',
  'not_grantable',
  'not_found',
  'method_not_allowed',
  'key_conflict',
  'access_conflict',
  'idempotency_key_reused',
  'unsupported_media_type',
  'not_acceptable',
  'body_too_large',
]
export type Reason = (typeof REASON_NAMES)[number]
/** What a refusal may say beside its reason. */
export interface RefusalDetails {
  /** The scopes that the route requires, for the challenge. */
  readonly scopes?: readonly string[]
  /** Those of them that the caller does not have, for the body. */
  readonly missing?: readonly string[]
  /** What to tell the caller in place of the reason's own sentence. */
  readonly detail?: string
  /** When to come back at the earliest, in seconds; in the place of the reason's own. */
  readonly retryAfter?: number
  /** In the place of the reason's own status. */
  readonly status?: number
  /** Response headers beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whose credential was refused, for records alone. */
  readonly auth?: Auth
  /** There is no credential where one is read, not even something empty: a guard may let that in. */
  readonly isAbsent?: true
}
/** What the operator is told of a refusal. */
export interface Diagnosis {
  /** What was checked. */
  readonly cause: DenialCause
  /** What the operator can do about it. */
  readonly fix?: string | undefined
  /** Whose token it is, by the option. */
  readonly issuer?: string | undefined
  /** Whether it is a mistake of the app, which no client can change. */
  readonly isMistake?: true
  /** Whether it is business as usual, which is in the denial alone: nobody has to do anything. */
  readonly isOrdinary?: true
}
/** A rule's no: a value, never thrown. A class, so that nothing a client sends can pass for one. */
export declare class Refusal {
  readonly reason: Reason
  readonly details: RefusalDetails
  /** Asked with the credential of the request, which is never in what it returns. Absent: the reason says it all. */
  readonly diagnose: ((presented: string | undefined) => Diagnosis) | undefined
  /** @param diagnose asked when the diagnosis is read: a flood of refusals costs little */
  constructor(
    reason: Reason,
    details?: RefusalDetails,
    diagnose?: (presented: string | undefined) => Diagnosis,
  )
}
export declare function isRefusal(value: unknown): value is Refusal

// src/core/error-codes.d.ts
/**
 * Every code of every error, by its class. docs/errors.md says what each means and what to do.
 * @example
 * ```ts
 * ERROR_CODES.KeyError.includes('unknown_key') // true
 * ```
 */
export declare const ERROR_CODES: {
  readonly MisuseError: readonly [
    'unknown_option',
    'invalid_option',
    'unknown_scope',
    'unknown_environment',
    'unknown_plan',
    'unknown_reason',
    'invalid_key_input',
    'not_guarded',
    'not_supported',
  ]
  readonly StoreError: readonly ['store_unavailable']
  readonly TablesError: readonly ['tables_version']
  readonly ImportStoppedError: readonly ['import_stopped']
  readonly DuplicateKeyError: readonly ['duplicate_key']
  readonly KeyError: readonly [
    'unknown_key',
    'not_active',
    'already_rotated',
    'changed_meanwhile',
    'already_issued',
    'idempotency_key_reused',
    'not_grantable',
    'access_not_approved',
    'terms_not_accepted',
  ]
  readonly AccessError: readonly [
    'invalid_input',
    'unknown_request',
    'unknown_agreement',
    'unknown_acceptance',
    'not_eligible',
    'terms_not_accepted',
    'already_requested',
    'wrong_state',
    'own_request',
    'approver_suspended',
    'too_many_steps',
    'changed_meanwhile',
  ]
  readonly LimitStoreError: readonly ['limit_store_unavailable']
  readonly AuditError: readonly ['audit_unavailable']
  readonly TokenStoreError: readonly ['token_store_unavailable']
  readonly IdShareError: readonly ['share_exceeded']
  readonly IssuerError: readonly ['issuer_unavailable', 'key_unusable']
  readonly DiagnosisError: readonly ['request_rejected']
}
/** The codes of a class. */
export type CodeOf<Name extends keyof typeof ERROR_CODES> = (typeof ERROR_CODES)[Name][number]
/** What an app can get wrong; each has a section in docs/misuse.md. */
export type MisuseCode = CodeOf<'MisuseError'>
/** What stands in the way of a change to a key. */
export type KeyErrorCode = CodeOf<'KeyError'>
/** What stands in the way of a request for access, a decision or an acceptance. */
export type AccessErrorCode = CodeOf<'AccessError'>

// src/core/errors.d.ts
import type { DenialCause } from './cause.js'
import type { Denial } from './decision.js'
import type { AccessErrorCode, CodeOf, KeyErrorCode, MisuseCode } from './error-codes.js'
/**
 * The base of every error of this package. `instanceof` holds for errors of another copy of it as well.
 * @example
 * ```ts
 * try {
 *   await gate.keys.rotate(id)
 * } catch (error) {
 *   if (error instanceof SallyportError) console.error(error.code)
 *   else throw error
 * }
 * ```
 */
export declare abstract class SallyportError extends Error {
  /** Which error it is, of the list of its class. */
  abstract readonly code: string
}
/** The app's own mistake, told as early as it can be known. The message says what to write instead. */
export declare class MisuseError extends SallyportError {
  readonly name = 'MisuseError'
  readonly code: MisuseCode
  constructor(code: MisuseCode, message: string)
}
/**
 * A denial on its way to the framework's error handling, with `onDenied: 'next'`. Its `status`, `headers` and `expose` are
 * what Express, Koa and http-errors look for.
 */
export declare class DeniedError extends SallyportError {
  readonly name = 'DeniedError'
  /** The code that the caller is told. */
  readonly code: string
  /** The whole answer that would have been given. */
  readonly denial: Denial
  readonly status: number
  readonly statusCode: number
  readonly headers: Denial['headers']
  readonly expose = true
  constructor(denial: Denial)
}
/** Why a request was rejected, and what you can do: told to `onError` while `NODE_ENV` is not `production`. Nothing has failed. */
export declare class DiagnosisError extends SallyportError {
  readonly name = 'DiagnosisError'
  readonly code: CodeOf<'DiagnosisError'>
  readonly cause: DenialCause
}
/** The key store failed or did not answer within 250 ms. `cause` has what it threw. */
export declare class StoreError extends SallyportError {
  readonly name: string
  readonly code: CodeOf<'StoreError' | 'TablesError' | 'ImportStoppedError'>
}
/** The tables are not what this version works with: none of its keys can be judged. */
export declare class TablesError extends StoreError {
  readonly name: string
  readonly code = 'tables_version'
}
/** The store failed while lines were being imported. */
export declare class ImportStoppedError extends StoreError {
  readonly name = 'ImportStoppedError'
  readonly code = 'import_stopped'
  /** To go on with, as `fromLine`: all lines before it are done. */
  readonly line: number
  constructor(line: number, cause: StoreError)
}
/** The id or the digest of a record to insert is taken. */
export declare class DuplicateKeyError extends SallyportError {
  readonly name = 'DuplicateKeyError'
  readonly code: CodeOf<'DuplicateKeyError'>
  constructor(message?: string, options?: ErrorOptions)
}
/** A key could not be changed; `code` says why. */
export declare class KeyError extends SallyportError {
  readonly name = 'KeyError'
  readonly code: KeyErrorCode
  constructor(code: KeyErrorCode, message: string)
}
/** A request for access, a decision about one or an acceptance of terms could not be made; `code` says why. */
export declare class AccessError extends SallyportError {
  readonly name = 'AccessError'
  readonly code: AccessErrorCode
  constructor(code: AccessErrorCode, message: string)
}
/** The limit store failed, or did not answer within 50 ms, or it answers again. `cause` has what it threw. */
export declare class LimitStoreError extends SallyportError {
  readonly name = 'LimitStoreError'
  readonly code: CodeOf<'LimitStoreError'>
  /** Whether the outage has begun or is over. */
  readonly outage: 'begun' | 'over'
  constructor(message: string, outage: 'begun' | 'over', options?: ErrorOptions)
}
/**
 * Why a sink did not keep records, and what the trail does next.
 * - `outage`: nothing is wrong with the records. They are written again every 250 ms.
 * - `moved`: what was written to is no longer in its place. They are written again at once, for the sink to put elsewhere.
 * - `place_taken`: another record has the `writer` and `seq` of one of them. A new chain is begun, whose start names the conflict.
 * - `unfit`: one of them cannot be kept, however often it is tried. They are written one by one; that one is dropped and counted.
 */
export type AuditFault = 'outage' | 'moved' | 'place_taken' | 'unfit'
/** A sink failed, or did not acknowledge a record in time. */
export declare class AuditError extends SallyportError {
  readonly name = 'AuditError'
  readonly code: CodeOf<'AuditError'>
  /**
   * Absent: the sink does not say. The records are written again; after 1 s, a new chain is tried, and the records one by one if the sink
   * takes the start of it.
   */
  readonly fault?: AuditFault
  constructor(
    message: string,
    options?: ErrorOptions & {
      readonly fault?: AuditFault
    },
  )
}
/** The store of revocations or of used assertions failed, or did not answer within 50 ms. `cause` has what it threw. */
export declare class TokenStoreError extends SallyportError {
  readonly name = 'TokenStoreError'
  readonly code: CodeOf<'TokenStoreError'>
}
/** One owner has as many ids in a store of tokens as it may have. The store goes on for all others: this is no outage. */
export declare class IdShareError extends SallyportError {
  readonly name = 'IdShareError'
  readonly code: CodeOf<'IdShareError'>
}
/** Something of an issuer could not be had, or is nothing that may be trusted: its keys, of which the last good ones count for an hour, or what it says of a token. */
export declare class IssuerError extends SallyportError {
  readonly name = 'IssuerError'
  /** `key_unusable`: one key of a set was left out; the others count. */
  readonly code: CodeOf<'IssuerError'>
  /** As the option has it. */
  readonly issuer: string
  constructor(what: string, issuer: string, cause: unknown, code?: 'key_unusable')
}

// src/core/gate-actor.d.ts
import { type AppCaller, type AppCallerContext } from './app-caller.js'
import type { AppAuth } from './auth.js'
import type { ChangedBy } from './changed-by.js'
/** A person or a service that acts by `gate.as`, as your app knows it. With `scopes`, it may do no more than a key with these rights may at the key endpoints. */
export interface GateActor<S extends string = string> extends Pick<
  AppCaller<S>,
  'name' | 'environments' | 'scopes' | 'tenantIds' | 'resources' | 'plan'
> {
  /** Who it is, such as the id of a user: 1 to 1,024 characters, no control character, no white space at either end. It is in the audit log. */
  readonly subject: string
  /** The organization that it acts for, as `subject`. Needed with `scopes`: it manages the keys of this owner alone. */
  readonly ownerId?: string
  /** The client's address, for the audit log. Default: it is not said. */
  readonly address?: string
  /** The id of the request that it acts by, for the audit log: 1 to 256 characters. Default: it is not said. */
  readonly requestId?: string
}
/** An actor, checked. */
export interface CheckedActor extends ChangedBy {
  /** Absent: an operator, whom no rule holds back. */
  readonly held?: AppAuth
}
/** @throws {MisuseError} */
export declare function readActor(actor: GateActor, context: AppCallerContext): CheckedActor

// src/core/granted.d.ts
import type { Auth } from './auth.js'
import type { AuditNote } from './decision.js'
import { GRANT, type NodeMessage } from './request.js'
/** What a guard leaves on a message. */
export type Granted = Pick<NodeMessage, typeof GRANT>
/** For adapters: the message of a context such as Koa's; nothing where the app gave no context, which `authIn` then says. */
export declare function messageOf<T>(
  context:
    | {
        readonly req: T
      }
    | undefined,
): T | undefined
/** What `authOf` can be asked for. */
export interface AuthOptions {
  /** `true`: `undefined` for a request that a guard with `optional` let in without a caller. Default: `false`, such a request is an error. */
  readonly optional: boolean
}
/**
 * For adapters: whose request this is. `where` names the call.
 * @throws {MisuseError} `not_guarded` where no guard let it in, or one let it in without a caller and the call does not say `optional`
 */
export declare function authIn(message: Granted | undefined, where: string): Auth
export declare function authIn(
  message: Granted | undefined,
  where: string,
  options: AuthOptions | undefined,
): Auth | undefined
/** For adapters: what a handler adds to the record of its request. @throws {MisuseError} `not_guarded` where no guard let it in. */
export declare function auditIn(message: Granted | undefined, where: string): AuditNote
/** For adapters: the tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export declare function tenantIn(message: Granted | undefined, where: string): string

// src/core/guard-mark.d.ts
import type { CheckedAccepts } from './accepts.js'
import type { AnyRequirement } from './requirement.js'
/** What a guard asks of requests, for descriptions of an API. */
export interface GuardMark {
  readonly scopes: readonly string[]
  /** Empty: none of them is asked for. */
  readonly anyScope: readonly string[]
  /** Whether requests without credentials pass. */
  readonly isOptional: boolean
  readonly accepts: CheckedAccepts | undefined
  /** Whether it looks at a request with this URL. */
  readonly isUnder: (url: string) => boolean
}
/**
 * For adapters: makes a guard known to `sallyport/openapi`, which finds it among the middleware of an app.
 * @param asked what `gate.requirement` has returned
 */
export declare function markGuard<T extends object>(
  guard: T,
  asked: AnyRequirement,
  isUnder?: (url: string) => boolean,
): T
/** What a middleware asks for, if it is a guard. */
export declare function guardMarkOf(middleware: unknown): GuardMark | undefined

// src/core/guard-path.d.ts
/** For adapters: what their functions are given first must be a gate. @throws {MisuseError} `invalid_option` */
export declare function checkGate(gate: unknown, where: string): void
/** What a guard is given that requirements do not have. */
export interface GuardPlace {
  /**
   * A path such as `'/v1'`: the guard looks at requests of this path and below it only, and lets all others pass. It decides on the decoded path, in any letter
   * case, with or without a trailing slash. Default: all requests that come to it.
   */
  readonly under?: string
}
/** Takes a guard's place from what it is given. @throws {MisuseError} `invalid_option` */
export declare function readGuardPlace<T extends object>(
  given: (T & GuardPlace) | undefined,
): {
  readonly requirement: T | undefined
  /** Whether the guard looks at a request with one of these URLs. Absent: at all. */
  readonly isUnder: ((...urls: readonly string[]) => boolean) | undefined
}

// src/core/identifier.d.ts
/** The longest owner of a token, in characters. */
export declare const MAX_OWNER = 1024
/** What `isIdentifier` asks for, for messages. */
export declare const IDENTIFIER_RULE =
  'must not begin or end with white space, and must not have control characters'
/**
 * Whether text is the one spelling of an owner, a tenant or another thing that is compared character by character: 1 to `max` characters, no
 * white space or byte order mark around it, no control character and no half of a surrogate pair. What is not is refused, never cut: cut
 * after it was judged, it would name somebody else.
 * @example if (!isIdentifier(ownerId)) throw new Error('no id of an owner')
 */
export declare function isIdentifier(text: unknown, max?: number): text is string

// src/core/limit.d.ts
/** Days and months of UTC. */
export type Calendar = 'day' | 'month'
/**
 * One limit, as a store counts it. A `quota` is a window that begins with the first request in it and ends `windowMs` later, or one of the
 * calendar; a `burst` is a bucket of `limit` that is refilled evenly over `windowMs` (GCRA); `credit` is a count that does not end with a
 * window: at its end, it is refilled. Of `concurrency`, each request takes one, whatever it costs, until it is over or for `windowMs`.
 */
export interface Limit {
  /** What it is called in headers, and what it is counted under: a quota and a burst of one name are two counters. */
  readonly name: string
  readonly kind: 'quota' | 'burst' | 'credit' | 'concurrency'
  /** How much of it there is, of credits at first: a whole number from 1 to 1,000,000,000; of concurrency, to 10,000. */
  readonly limit: number
  /**
   * Whole milliseconds: up to 366 days. For a burst up to 30 days, and `limit` times `windowMs` below 2^53. Of credits, 0 where they are
   * never refilled. With `calendar`, that of the longest.
   */
  readonly windowMs: number
  /** The window of a quota or of credits is the day or month of UTC, and no request begins it. */
  readonly calendar?: Calendar
  /** What credits are refilled to, where less is left: 1 to 1,000,000,000. Default: `limit`. */
  readonly refill?: number
}
/** How one limit stands after a request. */
export interface LimitState {
  readonly remaining: number
  /** When all of it is there again, or credits are refilled, in milliseconds since the epoch; Infinity for never. */
  readonly resetAt: number
  /** When a refused request can be made at the earliest; Infinity for never. Absent where this limit allows it. */
  readonly retryAt?: number
}
export interface LimitVerdict {
  /** Whether the cost was taken from all limits. If not, it was taken from none. */
  readonly allowed: boolean
  /** The instant of the verdict, by the clock that counted. In milliseconds since the epoch. */
  readonly at: number
  /** In the order of the limits of the request. */
  readonly states: readonly LimitState[]
}

// src/core/mount-path.d.ts
import type { Answer } from './decision.js'
import type { GateRequest } from './request.js'
/** For adapters: pages with relative links are mounted below one path, which has no parameters. @throws {MisuseError} `invalid_option` */
export declare function checkMountPath(paths: unknown, where: string): void
/** The same for a request, where a router does not say at start-up. @throws {MisuseError} `invalid_option` */
export declare function checkMountParams(params: unknown, where: string): void
/** For adapters: what is mounted must be what `createConsole` has returned. @throws {MisuseError} `invalid_option` */
export declare function checkConsole(portal: unknown, where: string): void
/** What `createDescription` of `sallyport/openapi` returns, as adapters serve it. */
export interface ServedDescription {
  answer(call: { readonly request: GateRequest; readonly target: string }): Answer | undefined
}
/** For adapters: the same for what `createDescription` has returned. @throws {MisuseError} `invalid_option` */
export declare function checkDescription(description: unknown, where: string): void

// src/core/oauth-step.d.ts
/** What a sign-in page or an authorization server of your own does in the course of OAuth 2.0. */
export declare const OAUTH_STEPS: readonly ['sign_in', 'consent', 'token', 'revocation']
export type OAuthStepName = (typeof OAUTH_STEPS)[number]
/** A step that a handler has taken, or refused, for the record of its request. */
export interface OAuthStep {
  /** `'token'`: a code, a refresh token or another grant was exchanged for a token. */
  readonly step: OAuthStepName
  /** Why it was refused, such as `'invalid_grant'` of RFC 6749 section 5.2, or `'access_denied'`: 1 to 64 lower-case letters and `_`. Absent: it was done. */
  readonly error?: string
  /** The account, by its id in your app. Leave it out where nobody has proven to be it and it may be something else, such as a password in the wrong field. */
  readonly subject?: string
  /** The organization of the account: it finds the record in its own view of the log. */
  readonly ownerId?: string
  readonly clientId?: string
  /** Those that were asked for, and with `'consent'` and `'token'` those that were given. At most 100. */
  readonly scopes?: readonly string[]
}

// src/core/otherwise.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { AppCaller } from './app-caller.js'
import type { GateRequest } from './request.js'
/** How a guard finds callers that present no credential. */
export interface OtherwiseOptions<S extends string = string, R = never> {
  /**
   * Says who sends a request without a credential, from the request alone, such as from a session; `undefined`: no one whom your app knows. Called only if no
   * credential is there. What it returns is held to everything that a key is held to, and is `kind: 'app'` in `authOf`. If it throws, or does not answer within 250 ms, the request
   * gets 503 and `onError` is called. Default: a request without a credential has no caller.
   * @example
   * guard(gate, { scopes: ['read:orders'], otherwise: async (req) => callerOf(await sessionOf(req)) })
   */
  readonly otherwise?: (request: R) => MaybePromise<AppCaller<S> | undefined>
  /**
   * Pages that may send requests for a caller of `otherwise` beside those of the request's own origin: a list of origins, such as `'https://app.example.com'`. Methods other than GET, HEAD,
   * OPTIONS and TRACE, and upgrades, must come from one of them (`Origin`, `Sec-Fetch-Site`), as browsers send cookies with requests that other sites make. `false`: not checked, for callers that no browser speaks
   * for, such as by a client certificate. Default: no others.
   */
  readonly origins?: readonly string[] | false
}
/** How a guard asks the app. */
export interface AskedOtherwise {
  readonly find: (request: GateRequest) => unknown
  readonly origins: readonly string[] | false
}
/** @throws {MisuseError} `invalid_option` for what asks for a caller, beside what asks for none */
export declare function checkOptional(requirement: object): void
/** @throws {MisuseError} `invalid_option` */
export declare function askOtherwise({
  otherwise,
  origins,
}: OtherwiseOptions): AskedOtherwise | undefined

// src/core/phi.d.ts
/** What is done with health information, in the words of REST; a search is over many records. */
export declare const PHI_ACTIONS: readonly ['create', 'read', 'update', 'delete', 'search']
export type PhiAction = (typeof PHI_ACTIONS)[number]
/** What an environment does with protected health information (PHI). */
export declare const PHI_HANDLINGS: readonly ['allowed', 'synthetic', 'refused']
/**
 * `'allowed'`: it is real, and each access is recorded. `'synthetic'`: it is made up; no audit trail and no agreement is needed. `'refused'`: there is
 * none, and routes that touch it answer 403.
 */
export type PhiHandling = (typeof PHI_HANDLINGS)[number]
/** Protected health information that a request touches. */
export interface PhiAccess {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** Of which records: at most 1,000, of 1 to 128 characters each. */
  readonly ids?: readonly string[]
}

// src/core/policy.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Auth } from './auth.js'
import type { PhiHandling } from './phi.js'
import type { GateRequest } from './request.js'
/** An agreement on which a caller is let in. */
export interface AgreementNote {
  /** Of the terms, such as `'baa'`. */
  readonly id: string
  /** That was accepted. */
  readonly version: string
}
/** What a policy is told. */
export interface PolicyContext {
  readonly auth: Auth
  /** Absent in `gate.verify`. */
  readonly request: GateRequest | undefined
  /** The tenant that a guard has verified. */
  readonly tenantId: string | undefined
  /** The client's, as far as it is known. */
  readonly address: string | undefined
  /** What the caller's environment does with health information. `'synthetic'`: there is none that an agreement would be needed for. */
  readonly phi: PhiHandling
  /** Takes note of an agreement that the policy has found: where the request touches health information, its audit record has it in `agreements`. 8 at most, of 64 characters. */
  readonly agreed: (agreement: AgreementNote) => void
}
/** The reasons that a policy can give. */
export declare const POLICY_REASONS: readonly [
  'policy_denied',
  'access_not_approved',
  'terms_not_accepted',
]
/**
 * `true` lets in. `false` is `policy_denied`, 403; an object is the same with another status, from 400 to 499 other than 401 and 407, with a message
 * of its own, or with another reason. Anything else is an outage.
 */
export type PolicyVerdict =
  | boolean
  | {
      readonly status?: number
      readonly message?: string
      /** Default `'policy_denied'`. */
      readonly reason?: (typeof POLICY_REASONS)[number]
    }
/** A rule that the app brings along. It has 250 ms. */
export type Policy = (context: PolicyContext) => MaybePromise<PolicyVerdict>

// src/core/redaction.d.ts
/** Makes text fit for a record: without secrets, without what some stores cannot keep, and of at most so many characters. */
export type Cleaner = (text: string, max: number) => string
/** @param prefix what the keys of the gate begin with; `presented` is what this very request came with */
export declare function createCleaner(
  prefix: string,
): (text: string, max: number, presented?: string) => string
/**
 * An owner or a tenant as records have it. By these names it is decided who reads a record: one that is too long or has what looks like a secret is cut and cleaned, and marked with the SHA-256 of
 * all of it but the secret. So it is no other name.
 * @param clean that of the record. Default: for a query, which has no key
 */
export declare function recordedName(name: string, clean?: Cleaner): string
/** What a client has written, without secrets, whether or not they are percent-encoded there. */
export declare function discreet(text: string, presented: string | undefined): string
/** What is percent-encoded, decoded as far as it is ASCII. */
export declare function decodedOf(text: string): string

// src/core/refuse.d.ts
import type { DenialCheck } from './cause.js'
import { Refusal, type Reason, type RefusalDetails } from './denial.js'
/** A check that failed, before it is put into words. */
export interface Finding {
  readonly check: DenialCheck
  /** What it was looked for in, where the check alone does not say: the name of a claim. */
  readonly name?: string | undefined
  /** A text as it is to be read, or the values that would have been right. */
  readonly expected: string | readonly unknown[]
  /** A value, which is quoted, or `told(...)`. */
  readonly got: unknown
  /** What the operator can do. One sentence. */
  readonly fix?: string | undefined
  /** Whose token it is, by the option. */
  readonly issuer?: string | undefined
  /** Whether it is a mistake of the app, which no client can change. */
  readonly isMistake?: true
  /** Whether it is business as usual, of which `onError` is not told. */
  readonly isOrdinary?: true
  /** Whether the value is that of a token whose signature was not verified. */
  readonly isUnproven?: boolean
}
/** What came, in words of our own. */
export declare function told(text: string): unknown
/**
 * A refusal with its cause, which is put into words when it is read. A client may write its credential anywhere: what the request was presented with is left out.
 * @param finding or how it is found out, by what was presented
 */
export declare function refuse(
  reason: Reason,
  finding: Finding | ((presented: string) => Finding),
  details?: RefusalDetails,
): Refusal
/** The same refusal, of a token whose signature has not been looked at. */
export declare function unproven(refusal: Refusal): Refusal
/** A text that came from elsewhere, to be shown to the operator: without secrets, and escaped. */
export declare function printable(text: string): string

// src/core/request-context.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Auth, Identity } from './auth.js'
import type { Charge } from './charge.js'
import type { PresentedCredential } from './credential.js'
import type { AuditNote } from './decision.js'
import type { Refusal } from './denial.js'
import type { AskedOtherwise } from './otherwise.js'
import type { AgreementNote } from './policy.js'
import type { GateRequest } from './request.js'
import type { AskedResource, CheckedRequirement } from './requirement.js'
import type { UsageOutcome } from './tally.js'
/** Reads addresses out of a request, past the proxies that the gate trusts. */
export interface ClientAddresses {
  /** The client's address in its one spelling, or `undefined` where it cannot be known; never a guess. */
  clientOf(request: GateRequest): string | undefined
  /**
   * The address that answers for a request: whoever handed it to the outermost of our proxies, also where what stands further left of X-Forwarded-For
   * makes the client unknown.
   */
  senderOf(request: GateRequest): string | undefined
  /** What one caller can be taken to have around an address: an IPv4 address, or an IPv6 network of 48 bits. */
  networkOf(address: string): string | undefined
  /** What one host can be taken to have: an IPv4 address, also where it is written as IPv6, or an IPv6 network of 64 bits. */
  hostOf(address: string): string | undefined
}
/** Slows down addresses that try keys. An unknown address is never refused. */
export interface BruteForce {
  /** A refusal while this address has a penalty in force. */
  check(sender: string | undefined): Refusal | undefined
  /** This address has presented a key that does not exist. Charged to the address, never to a key: nobody can lock out somebody else. */
  recordFailure(sender: string | undefined): void
}
/** A resource that a guard has checked. It holds for the match of a route in which it was found, and for no other. */
export interface CheckedResource {
  readonly asked: AskedResource
  /** `type/id` */
  readonly resource: string
  readonly url: string | undefined
  readonly match: unknown
}
/** What a gate lends to each of its requests. */
export interface RequestServices {
  readonly proxies: ClientAddresses
  /** Absent: there is no brute-force protection. */
  readonly bruteForce: BruteForce | undefined
}
/** What is known of a request before the first step. */
export interface KnownBefore {
  /** Absent where the caller did not come over HTTP. */
  readonly request: GateRequest | undefined
  readonly requirement: CheckedRequirement
  /** What an earlier guard of the same gate has left. */
  readonly earlier?: RequestContext | undefined
  /** What the audit trail has of the request; absent where there is no trail. */
  readonly note?: AuditNote | undefined
  /** The client's address where there is no request. */
  readonly address?: string | undefined
}
/**
 * What is known about one request so far. Each step of the pipeline reads it and adds to it. All fields are set by the constructor, so that its shape
 * never changes.
 */
export declare class RequestContext {
  #private
  readonly request: GateRequest | undefined
  readonly requirement: CheckedRequirement
  readonly earlier: RequestContext | undefined
  readonly note: AuditNote | undefined
  credential: PresentedCredential | undefined
  /** Whose the credential is, also where it does not work any more. */
  auth: Auth | undefined
  /** The tenant whose data the request touches, once it is known that the caller may act for it. */
  tenantId: string | undefined
  /** The tenant that the caller has named, where the route asks for one: it may be that of somebody else. Null: it has named none. */
  namedTenant: string | null | undefined
  /** The resource that the caller was held to, and where. */
  checked: CheckedResource | undefined
  /** What the limits have counted. */
  charge: Charge | undefined
  /** What it was counted as in the usage of its caller, by this guard or an earlier one. Absent: nobody knows whose it is. */
  counted: UsageOutcome | undefined
  /** Whether it asks for something that lasts: what was answered about its token before is no answer. */
  anew: boolean
  /** Whether it takes nothing of any limit: the limits of an owner must not keep it from stopping a key that uses them up. */
  isFree: boolean
  /** Whether an endpoint of the gate goes on with what is let in, and may refuse it yet: it tells observers itself what it has come to. */
  isPart: boolean
  /** Whether observers were told what that endpoint has come to. */
  isTold: boolean
  /** Who calls, if that is known. */
  known: Identity | undefined
  /** On which agreements it is let in, as policies have found. */
  agreements: readonly AgreementNote[]
  /** How this guard, or an earlier one, asks the app for a caller. */
  readonly askedOtherwise: AskedOtherwise | undefined
  constructor(
    services: RequestServices,
    { request, requirement, earlier, note, address }: KnownBefore,
  )
  /** Who calls. @throws {Error} before a step has found out */
  get caller(): Identity
  set caller(caller: Identity)
  /** A policy has found an agreement. */
  agreed(id: string, version: string): void
  /** What was presented, as text; empty where nothing was. */
  get secret(): string
  /** The same request with a credential of its own: a call of the token endpoint may bring several. */
  with(credential: PresentedCredential | undefined): RequestContext
  /** The client's address, as far as it is known. */
  client(): string | undefined
  /** The address that answers for the request: brute-force protection counts by it. */
  sender(): string | undefined
  /** The network that answers for the request, for what callers share. Absent where its address is not known. */
  network(): string | undefined
  /** The host that answers for the request, for what is counted by address. Absent where its address is not known. */
  host(): string | undefined
  /** Asked before a credential that may be a guess is looked up: a refusal, and nobody else is asked. */
  checkBruteForce(): Refusal | undefined
  /** The credential was a guess. */
  recordFailure(): void
}
/** One step of the pipeline: a refusal, or `undefined` to let the request go on. A promise only where the step has to wait. */
export type Step = (context: RequestContext) => MaybePromise<Refusal | undefined>

// src/core/request-end.d.ts
import { type NodeResponse } from './request.js'
type Act = () => void
/**
 * The one place of a gate that knows when a request is over: its response has closed, its connection has ended before its turn came, or the gate
 * closes. Node gives a response its socket when those before it on the connection are answered; until then, and once a handler has taken the socket away from
 * it, it never emits `close`.
 */
export declare class Endings {
  #private
  /** Calls `act` once, when the request that `response` answers is over; immediately where it is over already. */
  follow(response: NodeResponse, act: Act): void
  isOver(response: NodeResponse): boolean
  /** Ends what carries an answer that nobody is to wait for any longer: its connection, or its stream of HTTP/2. */
  end(response: NodeResponse): void
  /** Takes every request that is in progress for over. */
  close(): void
}
export {}

// src/core/request-value.d.ts
import { type GateRequest } from './request.js'
/**
 * Where a value stands in a request: in a header of this name that is there once, in a part of the path that the route names, in a member of the
 * body that a parser has read; or what a function makes of the framework's own request, at once. A value is one text: a list, a number, an
 * object or nothing at all is none.
 */
export type RequestValue<R = never> =
  | {
      readonly header: string
    }
  | {
      readonly param: string
    }
  | {
      readonly body: string
    }
  | ((request: R) => unknown)
/** Looks a value up. */
export interface ReadValue {
  (request: GateRequest): unknown
  /** What to tell of a request that has no value there. Absent: a function of the app looks. */
  readonly lacks?: (request: GateRequest | undefined) => Lack
}
/** Where a value was looked for, and was not. */
export interface Lack {
  /** After the words for what was looked for: ` in the header 'x-tenant', once`. */
  readonly where: string
  readonly fix?: string
  /** The place is one that the route does not have: no client can change that. */
  readonly isMistake?: true
}
/** What a function of the app has looked for, somewhere. */
export declare const LACKS_SOMEWHERE: Lack
/** @throws {MisuseError} for what names no place, or several. */
export declare function readerOf(source: RequestValue, where: string): ReadValue

// src/core/request.d.ts
import type { AnyGrant } from './decision.js'
/** The other end of the connection: the client itself, or the last proxy before us. */
export interface Peer {
  /** IP address: IPv4 also where the socket is IPv6 and the client is not, no zone (`gateRequestOf` spells it so); absent for a Unix socket or a closed connection. */
  readonly address?: string | undefined
  /** Whether it is the other end of a Unix socket. Without it, a peer without an address is nobody. Default false. */
  readonly unix?: boolean | undefined
  /** Whether the connection had ended before its address was asked for, which nobody can tell any more. The request is then refused: `connection_closed`. Default false. */
  readonly closed?: boolean | undefined
  /** Whether this very connection is TLS. */
  readonly encrypted: boolean
  /** As Node names it (`'TLSv1.2'`, `'TLSv1.3'`); absent where the socket does not tell. */
  readonly tlsVersion?: string | undefined
}
/** What is used of the socket below a request. */
export interface NodeConnection {
  readonly destroyed?: boolean
  once(event: 'close', listener: () => void): unknown
  destroy?(): unknown
}
interface ResponseStream {
  readonly closed?: boolean
  readonly aborted?: boolean
  close?(code: number): unknown
}
/** What is used of Node's ServerResponse, and of its Http2ServerResponse, where the stream below it knows more. */
export interface NodeResponse {
  readonly statusCode: number
  readonly writableFinished: boolean
  /** Whether its head was written. */
  readonly headersSent?: boolean
  /** Whether `close` was emitted. */
  readonly closed?: boolean
  readonly stream?: ResponseStream | undefined
  /** Its request, which leads to the connection. */
  readonly req?:
    | {
        readonly socket?: NodeConnection | null | undefined
      }
    | undefined
  once(event: 'close', listener: () => void): unknown
  destroy?(): unknown
}
/** Whether it has what a gate judges: code that no compiler has checked may give anything. */
export declare function isGateRequest(
  given:
    | {
        rawHeaders?: unknown
        peer?: unknown
      }
    | null
    | undefined,
): boolean
/** Whether `close` was emitted: whoever listens for it now waits for ever. */
export declare function isClosed({ closed, stream }: NodeResponse): boolean
/**
 * The status of an answer that is over; `undefined` where the app has set what is none, and nothing could be sent, and where no head was written: what Node has set by itself is no
 * answer.
 */
export declare function statusOf({ statusCode, headersSent }: NodeResponse): number | undefined
/** Whether the whole answer was handed on. A stream of HTTP/2 is finished when its client gives it up, too. */
export declare function isFinished({ writableFinished, stream }: NodeResponse): boolean
/** What a framework knows of a request. */
export interface FrameworkRequest {
  /** Its own request, which functions in requirements are given. */
  readonly native: unknown
  /** The pattern of its path, such as `/patients/:id`. */
  route?(): string | undefined
  /** An object of this match of a route alone: each other match, also of the same request, has another. Default: what `params` returns. */
  match?(): unknown
  /** The parts of the path that the route names, by name. */
  params(): unknown
  /** As a parser has left it. */
  body(): unknown
}
/** All that the core may know of an HTTP request. */
export interface GateRequest {
  /** In capitals, as received. */
  readonly method: string
  /** Path and query as the client sent them, before any router cut them. */
  readonly url: string
  /**
   * Names and values in turn, in the order of the wire: Node's `rawHeaders`. The joined form
   * (`headers`) is not enough, it hides the second of two Authorization lines.
   */
  readonly rawHeaders: readonly string[]
  /**
   * The joined form beside it, by names in lower case, where code before the gate may have changed it: a header that it has set, replaced or deleted counts as it left it. A
   * header that came more than once counts as it came. Absent: `rawHeaders` is all there is.
   */
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly peer: Peer
  /**
   * How many header lines the server takes at most; it may have dropped others without a word. `Infinity`: it takes
   * all. Default 1,000, as in Node.
   */
  readonly maxHeaderLines?: number | undefined
  /** What a framework knows of the request beyond this, for requirements that ask for it. */
  readonly framework?: FrameworkRequest | undefined
  /** What an earlier guard on this request decided; it is then not decided, counted or recorded again. */
  readonly grant?: AnyGrant | undefined
  /** Where its answer goes. Absent: it is recorded when it is decided, with the status of the decision, and nobody knows when it is over, but for whoever calls `end` of its grant. */
  readonly response?: NodeResponse | undefined
}
/** Where a request carries its grant, for guards after the first: `req.auth` is claimed by other libraries too. */
export declare const GRANT: unique symbol
/** What is used of Node's IncomingMessage. */
export interface NodeMessage {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Absent, or empty, where a host without sockets makes the request: `headers` is then all there is. */
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly socket: {
    readonly remoteAddress?: string | undefined
    readonly localAddress?: string | undefined
    readonly destroyed?: boolean
    readonly encrypted?: boolean
    getProtocol?(): string | null
  }
  [GRANT]?: AnyGrant
}
/**
 * A request of `node:http` as a gate sees it. `url` is as the client sent it, where a router has cut the message's own. With the response, the gate
 * knows when the request is over, and how it was answered.
 * @throws {MisuseError} `invalid_option` for anything else, such as a `Request` of fetch: its headers cannot be read as they came
 * @example const decision = await gate.check(gateRequestOf(req, req.url, res))
 */
export declare function gateRequestOf(
  message: NodeMessage,
  url?: string,
  response?: NodeResponse,
  framework?: FrameworkRequest,
): GateRequest
/** The values of one header, one for each line that has this name. `name` is in lower case. */
export declare function fieldLines(request: GateRequest, name: string): string[]
/** A header that came once at most, as code before the gate has left it: `came` on the wire, `left` among the joined headers. */
export declare function settledLine(came: string | undefined, left: unknown): string | undefined
/** The path of a request target, which a client may also send with scheme and host (RFC 9112 section 3.2). */
export declare function pathOf(url: string): string
/** The pattern of its path, where the framework tells. One that fails at it does not tell: no request and no record is lost for its name. */
export declare function routeOf({ framework }: GateRequest): string | undefined
/** An object that is the same for two guards in one match of a route. Without a framework, one request is one match. */
export declare function matchOf(request: GateRequest | undefined): object | undefined
/** The query of a request target, without its question mark. */
export declare function queryOf(url: string): string
/** Header names compare without case (RFC 9110 section 5.1); most differ in length already. */
export declare function isField(name: string | undefined, lowerCase: string): boolean
export {}

// src/core/requirement-reader.d.ts
import type { Catalogue } from './catalogue.js'
import { type RouteLimit } from './route-limit-options.js'
import type { Limit } from './limit.js'
import { CheckedRequirement, type AnyRequirement } from './requirement.js'
/** What requirements are checked by. */
export interface RequirementChecks {
  readonly catalogue: Catalogue
  /** The limit that no cost may be above. */
  readonly smallest: number
  /** Whether there is an audit trail. */
  readonly audited: boolean
  /** Whether a route may touch health information where there is none: in no environment is it real. */
  readonly isWithoutPhi: boolean
  readonly readLimit: (given: RouteLimit, cost: number, isLasting: boolean) => Limit
  /** Whether the limit store gives back what was taken. */
  readonly givesBack: boolean
  /** Whether `createGate` has an option of this name. */
  readonly isGateOption: (name: string) => boolean
}
/** @param isLasting whether it is read once, and not with each request. Default false */
export type RequirementReader<S extends string> = (
  requirement?: AnyRequirement<S>,
  isLasting?: boolean,
) => CheckedRequirement<S>
/**
 * Checks a requirement once.
 * @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope`
 */
export declare function createRequirementReader<S extends string>(
  checks: RequirementChecks,
): RequirementReader<S>

// src/core/requirement.d.ts
import { type AcceptsRequirement, type CheckedAccepts } from './accepts.js'
import type { CountedResponses, RouteLimit } from './route-limit-options.js'
import type { Limit } from './limit.js'
import { type AskedOtherwise, type OtherwiseOptions } from './otherwise.js'
import type { PhiAction } from './phi.js'
import type { Policy } from './policy.js'
import { type ReadValue, type RequestValue } from './request-value.js'
/**
 * `'best-effort'`: recorded beside the request. `'required'`: on durable storage before the handler runs, or the request is
 * refused with 503.
 */
export type AuditMode = 'best-effort' | 'required'
/** What a route touches of protected health information. */
export interface PhiRequirement {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** The parameter of the route that says of which record: `'id'` for `/patients/:id`. */
  readonly param?: string
}
/** What a route touches. */
export interface ResourceRequirement<R = never> {
  /** 1 to 64 letters, digits, `_` and `-`, a letter first. */
  readonly type: string
  /** Where its id stands. Absent: the route touches all of the type, as a list does. */
  readonly id?: RequestValue<R>
}
/**
 * What one route asks of its caller. `R` is what functions in it are given: the framework's own request, or a `GateRequest` in `gate.check`; `never`
 * is any.
 */
export interface Requirement<S extends string = string, R = never> extends OtherwiseOptions<S, R> {
  /** See `OptionalRequirement`. Default: `false`, and a request without credentials gets 401. */
  readonly optional?: false
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /** Scopes of which the caller must hold at least one, beside all of `scopes`: at least one name. Default: none. */
  readonly anyScope?: readonly S[]
  /**
   * How much of the caller's limits the request takes: a whole number; 0 takes nothing and always passes. Where several guards look at a
   * request, it costs as much as the highest of them asks for. Default 1.
   */
  readonly cost?: number
  /**
   * How much of this route each caller may ask for, whatever its plan; needs no plans. Who is one caller is what `limits.by` says. Beyond it, 429 `route_limit_exceeded`. Default: no such limit.
   * @example { name: 'exports', limit: 10, window: '1h' }
   */
  readonly limit?: RouteLimit
  /**
   * Which responses count: what others took is given back when they are over, but for places under way. Where several guards look at a request, the last one that says so decides. Default: all.
   * @example 'failure'
   */
  readonly count?: CountedResponses
  /** What the route touches, for callers that are held to single resources. Default: it does not say, and is closed to them. */
  readonly resource?: ResourceRequirement<R>
  /** Where the request names the tenant whose data it touches: one that the caller may act for. Default: of none. */
  readonly tenant?: RequestValue<R>
  /** Rules of the app for this route; they come last. Default: none. */
  readonly policies?: readonly Policy[]
  /**
   * Which media types the route takes and makes, by `Content-Type` and `Accept`. It comes last: rights are checked first. Default: not looked at.
   * @example { type: 'application/json', accept: 'application/json', required: true }
   */
  readonly accepts?: AcceptsRequirement
  /** What it touches of health information. It is recorded, and by default the record is `'required'`. */
  readonly phi?: PhiRequirement
  /** Default: `'required'` with `phi`, and else the `mode` of the gate's audit trail. */
  readonly audit?: AuditMode
}
/**
 * What a guard asks that lets requests without credentials pass. Who presents a credential is held to it: one that is not valid is 401, two are 400. It can ask for nothing
 * that only a caller has.
 * @example
 * app.use(guard(gate, { optional: true }))
 * app.get('/', (req, res) => res.json({ for: authOf(req, { optional: true })?.ownerId }))
 */
export interface OptionalRequirement<S extends string = string, R = never>
  extends Pick<Requirement<S, R>, 'cost' | 'limit' | 'count' | 'audit'>, OtherwiseOptions<S, R> {
  readonly optional: true
}
/** Everything that a guard can be given. */
export type AnyRequirement<S extends string = string, R = never> =
  Requirement<S, R> | OptionalRequirement<S, R>
/** Either of the two, once it is known that nothing contradicts itself. */
export type Asked<S extends string> = Omit<Requirement<S>, 'optional'> & {
  readonly optional?: boolean
}
/** What a route touches, ready to be looked up. */
export interface AskedResource {
  readonly type: string
  readonly readId: ReadValue | undefined
}
/** A requirement that need not be checked again. */
export declare class CheckedRequirement<S extends string = string> {
  readonly scopes: readonly S[]
  /** Empty: none of them is asked for. */
  readonly anyScope: readonly S[]
  readonly cost: number
  readonly routeLimit: Limit | undefined
  /** Absent: all responses. */
  readonly counted: CountedResponses | undefined
  readonly policies: readonly Policy[]
  readonly touches: AskedResource | undefined
  readonly readTenant: ReadValue | undefined
  readonly mediaTypes: CheckedAccepts | undefined
  /** Whether a request without a caller passes. */
  readonly isOptional: boolean
  /** How the app is asked for a caller without a credential. */
  readonly askedOtherwise: AskedOtherwise | undefined
  /** Whether either of the two: a request without a credential may go on. */
  readonly isOpen: boolean
  readonly phi?: PhiRequirement
  readonly audit?: AuditMode
  /** @throws {MisuseError} `invalid_option` */
  constructor(
    {
      scopes,
      anyScope,
      cost,
      policies,
      resource,
      tenant,
      accepts,
      phi,
      audit,
      count,
      optional,
      ...others
    }: Asked<S>,
    routeLimit?: Limit,
  )
  /** Whether it asks more than who the caller is. */
  get asksForRights(): boolean
}

// src/core/route-limit-options.d.ts
import type { Duration } from '../lib/duration.js'
import type { Calendar } from './limit.js'
/** A limit of a route's own, beside those of the caller's plan. */
export interface RouteLimit {
  /**
   * What it is counted under: 1 to 64 letters, digits, `_` and `-`, a letter first. Routes that name the same share one count. Default: a count of its own, told apart by the order in which
   * guards are made; give a name where several versions of the app run on one limit store.
   */
  readonly name?: string
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'` to `'366d'`, beginning with the first request; or the `'day'` or `'month'` of UTC. */
  readonly window: Duration | Calendar
}
/** A response that is over: that of Node, as the framework left it. */
export interface CountedResponse {
  readonly statusCode: number
  getHeader?(name: string): unknown
}
/**
 * Which responses count against the limits: `'success'`, those with a status below 400; `'failure'`, the others; or a function that returns `true` for a response that counts, and answers
 * at once. A response that its client did not wait for always counts.
 */
export type CountedResponses = 'success' | 'failure' | ((response: CountedResponse) => boolean)
/** @throws {MisuseError} `invalid_option` */
export declare function checkCount(count: unknown): void

// src/core/tally.d.ts
/**
 * What became of a request of a known caller: let in, or the class of the reason. `'unauthenticated'`: its credential does not work any more, or not here; `'forbidden'`: it may not do
 * this; `'limited'`: a limit was reached; `'invalid'`: the request is wrong in itself; `'unavailable'`: something that the gate needs did not answer.
 */
export declare const USAGE_OUTCOMES: readonly [
  'allowed',
  'unauthenticated',
  'forbidden',
  'limited',
  'invalid',
  'unavailable',
]
export type UsageOutcome = (typeof USAGE_OUTCOMES)[number]
/** Whose requests are counted. */
export interface Counted {
  readonly ownerId: string
  readonly environment: string
  /** Absent: the caller has presented neither a key nor a token that was made from one. */
  readonly keyId?: string | undefined
}
export type OutcomeCounts = Record<UsageOutcome, number>
/** How often somebody has called since this was last collected. */
export interface Tally extends Counted {
  /** Below zero where a request that was counted elsewhere turned out to be something else. */
  readonly counts: OutcomeCounts
  /** Requests for which the caller was in force. */
  uses: number
  /** Milliseconds since the epoch. */
  lastUsedAt: number
  /** Whether it is to be collected. */
  isTouched: boolean
}
export declare function createTally({ ownerId, environment, keyId }: Counted): Tally
export declare function noCounts(): OutcomeCounts
/** Moves what is counted into `waiting`, and begins anew. */
export declare function collectInto(waiting: OutcomeCounts, tally: Tally): void

// src/events/types.d.ts
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
/** Something that happened to a key, or to access: for `notify`, webhooks and the channel `sallyport:keys`. It has no secret, digest or token. */
export interface GateEvent {
  /** The same with each try and for each receiver: who has seen it before can pass it over. */
  readonly id: string
  /** Such as `'key.revoked'`. Later versions may have others. */
  readonly type: string
  /** When it happened. */
  readonly timestamp: Date
  /** What JSON can say: of `key.*`, the key as the key endpoints show it, after the change. */
  readonly data: Readonly<Record<string, unknown>>
}
/** Somebody to whom events are delivered. */
export interface EventTarget {
  /** Names it in the store: what waits for it is found by this name. 1 to 200 characters. */
  readonly name: string
  readonly wants: (type: string) => boolean
  /**
   * Delivers, or throws: then it is tried again. A `DeliveryError` says more. It must settle within `limitMs`.
   * @param isFirst whether it was never tried before
   * @param signal the gate is closing
   */
  readonly send: (event: GateEvent, isFirst: boolean, signal: AbortSignal) => Promise<void>
  /** How long a delivery may take, in milliseconds. */
  readonly limitMs: number
}
/** What a gate delivers to beside `notify`: what `createWebhooks` of `sallyport/webhooks` returns. */
export interface GateWebhooks {
  readonly targets: readonly EventTarget[]
}
/** The option `reminders`. */
export interface ReminderOptions {
  /**
   * Whether an owner wants to be reminded of its keys, as its settings in your app say: true or false, may be async. If it throws, answers something else, or takes more than 5 s, `onError` is
   * called, and the owner is asked about again in the next look; after 10 of them, the look is given up until then. Default: as the owner has chosen with `gate.events.chooseReminders`, such
   * as in the console; the key store keeps it.
   */
  readonly wants?: (ownerId: string) => MaybePromise<boolean>
  /**
   * So many days before a key is due for rotation (`keys.rotateAfter`); 0: when it is due. 1 to 8 whole numbers from 0 to 365. Owners choose among them. Default `[14, 7, 0]`.
   */
  readonly before?: readonly number[]
  /** Also of active keys without a successor that were not used for so long, once for each time of disuse. A day or more. Default: none. */
  readonly unusedFor?: Duration
  /** Also of active keys without an end and without a successor that are older than this, once for each. A day or more. Default: none. */
  readonly endlessFor?: Duration
}
/** Of which reminders an owner has chosen which. */
export interface ReminderChoice {
  /** Descending. Empty: no reminders. */
  readonly chosen: readonly number[]
  /** `before` of the option `reminders`, descending. */
  readonly offered: readonly number[]
}
/** Why there is a reminder of a key. */
export type ReminderCause = 'rotation' | 'unused' | 'endless'
/** A reminder that nobody had given before. */
export interface Reminder {
  readonly keyId: string
  readonly ownerId: string
  readonly name: string
  /** Why: it is due for rotation, nobody uses it, or it has no end. */
  readonly why: ReminderCause
  /** When it is due: when it is as old, or was unused for as long, as the options say. */
  readonly dueAt: Date
  /** The step that was reached; 0: it is due. */
  readonly daysBefore: number
}
/** Told of each event: for mail, chat, or anything that is no webhook. A promise that is rejected, or takes more than 30 s, is a delivery that failed. */
export type Notify = (event: GateEvent) => MaybePromise<unknown>
/** A delivery that was given up. */
export interface FailedDelivery {
  /** For `retry`. */
  readonly seq: string
  /** `'notify'`, or the name of the endpoint. */
  readonly target: string
  readonly event: GateEvent
  /** Tries that have failed. */
  readonly attempts: number
  readonly endedAt: Date
  /** Why the last try failed. */
  readonly error: string
}
/** What a run has done. */
export interface EventRun {
  /** Events of keys that have ended, end soon or are due, as nobody had noted before. */
  readonly found: number
  readonly delivered: number
  /** Tries that failed. */
  readonly failed: number
}
/** Events: `gate.events`. Each call throws a MisuseError `not_supported` for a gate without `notify` and `webhooks`, and what the store throws. */
export interface GateEvents {
  /**
   * Looks for keys whose time has come and delivers what waits and may be tried now. The gate does the same by itself, every second and every 5 minutes: this is for tests, and for
   * platforms that stop a process between requests.
   */
  run(): Promise<EventRun>
  /**
   * Notes `key.due` for keys that have reached a step before their rotation is due, as the option `reminders` has them, and resolves to those that are new. The gate does the same
   * every hour, where it has that option. Without it, every owner counts, and the steps are 14, 7 and 0 days. It needs an outbox, and neither `notify` nor `webhooks`.
   * @param ownerId only the keys of this owner, whether it wants to be reminded or not
   */
  remind(ownerId?: string): Promise<readonly Reminder[]>
  /**
   * What an owner has chosen of reminders: so many days before a key is due; none: it wants no reminders, which is how it is at first. And what it can choose from.
   * @throws {MisuseError} `not_supported` unless the gate has `reminders` without `wants`
   */
  reminders(ownerId: string): Promise<ReminderChoice>
  /**
   * Keeps what an owner chooses: its keys are told of from the next look on, on every instance.
   * @param daysBefore some of those that can be chosen; none: no reminders
   * @example await gate.events.chooseReminders('org_1', [14, 0])
   * @throws {MisuseError} `not_supported` as `reminders`; `invalid_key_input` for days that cannot be chosen
   */
  chooseReminders(ownerId: string, daysBefore: readonly number[]): Promise<void>
  /** Deliveries that were given up, the latest first, in pages. @param page `limit`: 1 to 200, default 50 */
  failed(page?: { readonly limit?: number; readonly cursor?: string }): Promise<{
    readonly items: readonly FailedDelivery[]
    readonly cursor?: string
  }>
  /** Tries again what was given up: one, or all. Resolves to how many. @param seq of `failed` */
  retry(seq?: string): Promise<number>
}

// src/gate/act-as.d.ts
import type { ActingAudit, Audit, QuerySeen } from '../audit/audit.js'
import type { Trail } from '../audit/trail.js'
import type { Catalogue } from '../core/catalogue.js'
import type { CheckedActor } from '../core/gate-actor.js'
import type { KeyEndpointsContext } from '../keys/http/context.js'
import { type Keys } from '../keys/keys.js'
import type { KeyRuntime } from '../keys/runtime.js'
import type { Tokens } from '../oauth/tokens.js'
/** What a person or a service does with a gate: `gate.as(actor)`. */
export interface ActingGate<S extends string = string> {
  /** As `gate.keys`; records of changes say who made them, and so do new keys (`createdBy`). */
  readonly keys: Keys<S>
  readonly tokens: Tokens<S>
  readonly audit: ActingAudit
}
export interface ActAsContext<S extends string> extends Pick<
  KeyRuntime<object>,
  'contextFor' | 'heldContextFor'
> {
  readonly catalogue: Catalogue
  readonly managedBy: KeyEndpointsContext<S>['managedBy']
  readonly audit: Audit
  readonly querySeen: QuerySeen
  readonly view: Trail['view'] | undefined
}
export declare function createActAs<S extends string>(
  context: ActAsContext<S>,
): (actor: CheckedActor) => Omit<ActingGate<S>, 'tokens'>

// src/gate/audit-endpoints.d.ts
import type { Answer, Denial } from '../core/decision.js'
import { type EndpointRequest } from '../http/body.js'
import { type OwnerGate, type ReadingRequirement } from './owner-endpoint.js'
/**
 * For adapters: the audit log of a caller's own owner over HTTP: `GET /` in pages, `GET /export` as lines of JSON, `GET /summary` of a week. Each reading is in the log before it is
 * answered, as a read of `AuditEvent`, and takes its share of those in progress.
 * @throws {MisuseError} at start-up, also where the gate has no audit log
 */
export declare function createAuditEndpoints<S extends string>(
  gate: OwnerGate,
  requirement: ReadingRequirement<S>,
): (call: EndpointRequest) => Promise<Answer | Denial>

// src/gate/create-gate.d.ts
import type { Gate } from './gate.js'
import type { GateOptions } from './options.js'
/**
 * Makes a gate: what decides over each request, and issues and revokes what callers present. All options are checked before it returns.
 * @throws {MisuseError} by the name of the option that is wrong, with what to write instead.
 * @example
 * ```ts
 * const gate = createGate({
 *   environment: 'live',
 *   keys: { prefix: 'acme', store: await openSqliteKeyStore('keys.db') },
 *   scopes: ['read:orders', 'write:orders'],
 * })
 * ```
 */
export declare function createGate<const S extends string>(options: GateOptions<S>): Gate<S>

// src/gate/description.d.ts
import type { LevelOptions, ScopeOptions } from '../core/catalogue-options.js'
import type { Reason } from '../core/denial.js'
import type { PhiHandling } from '../core/phi.js'
import type { CredentialKind } from '../http/options.js'
import type { Duration } from '../lib/duration.js'
import type { Plan } from '../limits/plans.js'
/** An environment, as its gate describes it. */
export interface EnvironmentDescription {
  readonly name: string
  /** In lower case. Empty: it is served on every host, or is the default of all that are not listed. */
  readonly hosts: readonly string[]
  /** Whether it is served on hosts that are not listed. */
  readonly isDefault: boolean
  /** The environments whose keys its callers manage: its own among them. */
  readonly manages: readonly string[]
  readonly phi: PhiHandling
  /** How its data is reset. Absent: never. */
  readonly reset?: {
    readonly every: 'day'
    /** In UTC, such as `'03:00Z'`. */
    readonly at: string
    /** When the last reset ended. Absent: never, or this instance does not know yet. */
    readonly last?: Date
    readonly next: Date
  }
}
/** A place where a gate reads credentials. */
export interface PlaceDescription {
  readonly in: 'header' | 'cookie' | 'query'
  /** In lower case, if it is a header. */
  readonly name: string
  /** What stands before the credential in a header, such as `'Bearer'`. */
  readonly scheme?: string
  readonly accepts: CredentialKind
}
/** What a reason is on the wire. */
export interface ErrorDescription {
  readonly status: number
  /** In the error format of the gate, with a request id that stands for any. */
  readonly body: unknown
}
/** What a gate says of itself: for pages of documentation and for tools. It has no secret. */
export interface GateDescription<S extends string = string> {
  readonly environments: readonly EnvironmentDescription[]
  readonly scopes: readonly (ScopeOptions & {
    readonly name: S
    readonly level: number | string
  })[]
  /** The levels that have names, the lowest first. */
  readonly levels: readonly LevelOptions[]
  readonly plans: Readonly<Record<string, Plan>>
  readonly defaultPlan?: string
  readonly credentials: readonly PlaceDescription[]
  readonly keys: {
    readonly prefix: string
    /** A regular expression for the secrets of all environments. Imported keys may look otherwise. */
    readonly pattern: string
    /** How long a rotated key works beside its successor, if it is not said otherwise. */
    readonly gracePeriod: Duration
    /** How old a key may grow before it is due for rotation. */
    readonly rotateAfter: Duration
  }
  /** The issuers whose tokens are accepted. `'dynamic'`: a function of the app finds them. */
  readonly issuers:
    | 'dynamic'
    | readonly {
        readonly issuer: string
        readonly environment: string
      }[]
  /** How the gate issues tokens. Absent: it issues none. */
  readonly tokens?: {
    readonly issuer: string
    readonly audience: readonly string[]
    readonly lifetime: Duration
  }
  /** What the audit log has. Absent: there is none. */
  readonly audit?: {
    /**
     * Which requests are in it, as `audit.when` has them: `'all'`; `'some'`: a function of the app says which; a list: those with credentials of these environments, and those of nobody in
     * particular.
     */
    readonly requests: 'all' | 'some' | readonly string[]
  }
  /** Who is told of events. Absent: nobody. */
  readonly events?: {
    /** Whether `notify` is. */
    readonly notify: boolean
    /** How many endpoints of `webhooks` are. */
    readonly webhooks: number
    /** Who says which owners are reminded of keys that are due: the owners choose, or `reminders.wants` answers for them. Absent: nobody is reminded. */
    readonly reminders?: 'chosen' | 'answered'
  }
  readonly errors: {
    readonly contentType: string
    readonly responses: Readonly<Record<Reason, ErrorDescription>>
  }
  readonly realm: string
}

// src/gate/environment-options.d.ts
import type { ResetOptions } from './reset-options.js'
/** One environment of a gate that tells them apart. */
export interface EnvironmentOptions {
  /**
   * The host names under which it is served: compared whole, without case and port. A host belongs to one environment. Default: none; the environment is
   * then served on every host where no environment has hosts, and else only as the `default`.
   * @example ['api.acme.example']
   */
  readonly hosts?: readonly string[]
  /**
   * The other environments whose keys its callers manage through the key endpoints. Default: none; where no environment says it, the first manages all.
   * @example ['sandbox']
   */
  readonly manages?: readonly string[]
  /**
   * Resets its data every day, once over all instances. Its keys stay. The key store must have `jobs`. Default: its data is never reset.
   * @example { every: 'day', at: '03:00Z', run: async () => wipeSandbox() }
   */
  readonly reset?: ResetOptions
}
/**
 * The environments of a gate, by name. The member `default` is no environment: it names the one that is served on hosts that none has.
 *
 * @example
 * const environment: EnvironmentMap = {
 *   live: { hosts: ['api.acme.example'] },
 *   sandbox: { hosts: ['api-sandbox.acme.example'] },
 * }
 */
export interface EnvironmentMap {
  readonly [name: string]: EnvironmentOptions | string | undefined
  /** The environment of a host that is not listed. Default: none, and such a request is rejected with 421 `unknown_host`. */
  readonly default?: string
}

// src/gate/gate-access.d.ts
import type { EnrollmentJournal } from '../audit/enrollment.js'
import type { Auth } from '../core/auth.js'
import type { Answer, Decision, Denial, Grant } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import type { Requirement } from '../core/requirement.js'
import type { EndpointRequest } from '../http/body.js'
import type { AdmitKey } from '../keys/access-rule.js'
import type { Clock } from '../lib/clock.js'
/** A guard of endpoints that read a body. */
export interface EndpointGuard {
  /** @param contains whether it stops something, or shows what to stop: a share of those takes nothing of any limit */
  readonly check: (request: GateRequest, contains: boolean) => Promise<Decision>
  /** Judges the caller of a request with a grant by what is stored now: a change lasts longer than what is remembered. @throws {StoreError} */
  readonly checkAnew: (request: GateRequest, grant: Grant) => Promise<Decision>
}
/** What a gate lends to what decides about access to it. */
export interface LentByGate {
  readonly clock: Clock
  readonly environments: readonly string[]
  /** The environments that a caller manages, its own among them: as for keys, its word counts in no other. */
  readonly managedBy: (auth: Auth) => readonly string[]
  /** The scopes, by name. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** The names of the plans. Absent: there are none, and a key may name any. */
  readonly plans: readonly string[] | undefined
  /** Absent: there is no audit log. */
  readonly journal: EnrollmentJournal | undefined
  /** A guard with this requirement. @throws {MisuseError} */
  readonly guardWith: (requirement: Requirement) => EndpointGuard
  /** The address of the client, as far as it is known. */
  readonly clientOf: (request: GateRequest) => string | undefined
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  /** A request with a grant is answered. */
  readonly done: (request: GateRequest) => void
  readonly onError: (error: unknown) => void
}
/** What the access endpoints ask of their callers. */
export type AccessRequirement<S extends string = string, R = never> = Requirement<S, R> & {
  /** What a caller needs to ask for access and to accept terms for its owner: at least one, or every key could. */
  readonly scopes: readonly S[]
  /** What an approver needs, in the place of `scopes`: at least one. Nobody decides a request of their own owner. */
  readonly approverScopes: readonly S[]
}
/** Terms in another version than somebody has accepted. */
export interface ChangedTerms {
  readonly id: string
  /** That holds now. */
  readonly version: string
  /** SHA-256 of the text, in base64url. */
  readonly digest: string
  /** That was accepted. */
  readonly previous: string
  readonly title?: string
  readonly url?: string
}
/** What decides about access to a gate: what `createAccess` of `sallyport/access` returns. */
export interface GateAccess {
  /** Told once, by the gate. @throws {MisuseError} where it belongs to another gate already */
  attach(gate: LentByGate): void
  readonly admitKey: AdmitKey
  /** Terms of which somebody has accepted another version: for events `terms.changed`. */
  changedTerms?(): Promise<readonly ChangedTerms[]>
  /** Ids of terms that owners accept and that a page can neither show nor link to: they have a digest alone. */
  readonly unreadableTerms?: readonly string[]
  /** What the adapters mount. @throws {MisuseError} for a requirement that is wrong in itself */
  endpoints(requirement: AccessRequirement): (call: EndpointRequest) => Promise<Answer | Denial>
}
/**
 * Access over HTTP, under the path where it is mounted: for owners `GET /`, `POST /requests` and `POST /agreements`; for approvers `GET /requests` and
 * `POST /requests/:id/approve`, `deny`, `suspend`, `resume`; for both `GET /requests/:id` and `POST /requests/:id/end`.
 * @throws {MisuseError} at start-up, also where the gate has no option `access`
 */
export type AccessEndpoints<S extends string = string> = (
  requirement: AccessRequirement<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>
export declare function createAccessMount<S extends string>(
  access: GateAccess | undefined,
): AccessEndpoints<S>

// src/gate/gate-limits.d.ts
import type { Auth } from '../core/auth.js'
import type { KnownKey } from '../keys/authenticate.js'
import { type KeyContext } from '../keys/key-context.js'
import type { KeyRecord } from '../keys/record.js'
import type { PeekLimits, CallerLimits } from '../limits/peek.js'
/** The limits of callers: `gate.limits`. */
export interface GateLimits {
  /**
   * How much of its limits a caller has used up, without using any: its quotas, credits and bursts, and how many of its requests are under way. `undefined`: its plan limits
   * nothing, or there are no plans. The limit store is asked, and not what a leased store has taken ahead: that counts as used.
   * @param caller what `authOf` returned, or a key
   * @example const standing = await gate.limits.peek(authOf(req))
   * @example const standing = await gate.limits.peek({ keyId: 'key_4fQ2nT8vYb1LxWc0RzK7aM' })
   * @throws {LimitStoreError} while the limit store does not answer: nobody knows then
   * @throws {KeyError} `unknown_key`
   */
  peek(
    caller:
      | Auth
      | {
          readonly keyId: string
        },
  ): Promise<CallerLimits | undefined>
}
/** @param prepare what is known of whoever presents this key */
export declare function createGateLimits(
  peek: PeekLimits,
  keys: KeyContext,
  prepare: (record: KeyRecord) => KnownKey,
): GateLimits

// src/gate/gate.d.ts
import type { Audit } from '../audit/audit.js'
import type { Auth, CredentialAuth } from '../core/auth.js'
import type { Decision, Denial } from '../core/decision.js'
import type { GateActor } from '../core/gate-actor.js'
import type { GateRequest } from '../core/request.js'
import type { AnyRequirement, Requirement } from '../core/requirement.js'
import type { AnswerOptions } from '../http/answers.js'
import type { AnswerError } from '../http/app-answer.js'
import type { AnswerWords } from '../http/error-formats.js'
import type { KeyEndpoints } from '../keys/http/endpoints.js'
import type { Keys } from '../keys/keys.js'
import type { GateEvents } from '../events/types.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { TokenEndpoints } from '../oauth/http/endpoints.js'
import type { Tokens } from '../oauth/tokens.js'
import type { ActingGate } from './act-as.js'
import type { AccessEndpoints } from './gate-access.js'
import type { GateLimits } from './gate-limits.js'
import type { OwnerServices } from './owner-endpoint.js'
import type { GateDescription } from './description.js'
/** What a gate makes of a request before it asks who calls. */
export interface Inspection {
  /** Names this request in responses and logs. */
  readonly requestId: string
  /** The client's address, past the proxies that the gate trusts. Absent: it cannot be known. */
  readonly address?: string
  /** The request did not come over HTTPS as the gate requires it. Absent: it did. */
  readonly denial?: Denial
}
/** Resets of environments, as their option `reset` has them. */
export interface GateResets {
  /**
   * Resets the environments that are due and that no other instance resets, and resolves to their names. The gate does the same by itself, four times a minute: this is for tests, and for
   * platforms that stop a process between requests. What `run` throws is told to `onError`.
   */
  run(): Promise<readonly string[]>
}
/** The guarded entrance of an API: everything hangs from it. */
export interface Gate<S extends string = string> {
  /**
   * Authenticates and authorizes a request. Synchronous once the gate is open, if the key is cached. A failing store is a denial with status 503.
   * @throws {MisuseError} for a requirement that is wrong in itself, or a request that `gateRequestOf` has not made
   */
  check<R = GateRequest>(
    request: GateRequest,
    requirement?: Requirement<S, R>,
  ): MaybePromise<Decision<S>>
  /** The same with a requirement that may be optional: a request without a caller is let in with `auth: undefined`. */
  check<R = GateRequest>(
    request: GateRequest,
    requirement: AnyRequirement<S, R> | undefined,
  ): MaybePromise<Decision<S, Auth<S> | undefined>>
  /**
   * Authenticates a credential without HTTP, for a socket upgrade or a worker. Checks the key's IP allowlist and the policies of every request. `address` is the
   * client's; a key with an allowlist is rejected without it. It is counted as a request. An empty credential, or one that is no string, is `missing_credentials`.
   */
  verify(credential: string, address?: string): MaybePromise<Decision<S, CredentialAuth<S>>>
  /**
   * Checks the transport of a request, and finds its client's address: for pages of your own that are no part of the API. It asks for no credential, charges no limit and records nothing.
   * @example const { denial, address } = gate.inspect(gateRequestOf(req))
   */
  inspect(request: GateRequest): Inspection
  /** A requirement checked once, at start-up, for use with every request. @throws {MisuseError} */
  requirement(requirement?: Requirement<S>): Requirement<S>
  requirement(requirement: AnyRequirement<S> | undefined): AnyRequirement<S>
  /**
   * An error answer of your app: throw it in a handler, and `errors(gate)` sends it in the format of the gate's own errors. `status` is 400 to 599. What you state comes before
   * the format's `words`; what you leave out is theirs, or the name of the status.
   * @example if (order === undefined) throw gate.answer(404, { message: 'There is no such order.' })
   * @throws {MisuseError} `invalid_option`, `unknown_option`
   */
  answer(status: number, words?: AnswerWords): AnswerError
  /**
   * What it is made from, for documentation and tools: environments, scopes, plans, places of credentials, errors. It has no secret.
   * @example const { scopes } = gate.describe()
   */
  describe(): GateDescription<S>
  readonly keys: Keys<S>
  /**
   * The same as a person or a service: the audit log and new keys (`createdBy`) name it. With `scopes`, it is held to what a key with these rights may do at the key
   * endpoints: the keys of its owner, in its environments, with scopes that it can hand out. Without `scopes`, it is an operator, whom no rule holds back: your own staff or program.
   * @example
   * const ann = gate.as({ subject: 'user_1', name: 'Ann', ownerId: 'org_1', scopes: ['read:orders'] })
   * await ann.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] })
   * @throws {MisuseError} for what is no actor
   */
  as(actor: GateActor<S>): ActingGate<S>
  readonly tokens: Tokens<S>
  readonly limits: GateLimits
  readonly audit: Audit
  /** What `notify` and `webhooks` are told of. */
  readonly events: GateEvents
  readonly resets: GateResets
  /** What the adapters mount. */
  readonly endpoints: TokenEndpoints & {
    readonly keys: KeyEndpoints<S>
    readonly access: AccessEndpoints<S>
    /** For endpoints where owners read what is theirs. */
    readonly owner: OwnerServices
    /** For `failureAnswer`. */
    readonly answers: AnswerOptions
  }
  /** What adapters do with a denial. */
  readonly onDenied: 'respond' | 'next'
  /**
   * Writes the uses and the records of the audit trail so far, gives back limits taken ahead, and stops listening for changes and delivering events. Requests that are still
   * in progress count as over: their records say `aborted`, and their places are given back. Safe to call repeatedly.
   * @throws {AuditError} where the audit trail could not be written within 5 s; what a limit store or a feed fails with. Where several fail, an `AggregateError` with the `errors` of all. All else is closed by then.
   * @example await gate.close().catch(console.error)
   */
  close(): Promise<void>
}

// src/gate/options.d.ts
import type { AuditOptions } from '../audit/options.js'
import type { PhiHandling } from '../core/phi.js'
import type { LevelOptions, ScopeOptions } from '../core/catalogue-options.js'
import type { Policy } from '../core/policy.js'
import type { ErrorFormat } from '../http/error-formats.js'
import type { BruteForceOptions, CredentialOptions } from '../http/options.js'
import type { ProxyHeaders } from '../http/forwarded.js'
import type { TrustedProxies } from '../http/proxy-schema.js'
import type { TlsVersion } from '../http/transport.js'
import type { IntrospectionOptions } from '../jwt/introspection-options.js'
import type { FindIssuer, IssuerOptions } from '../jwt/issuer-options.js'
import type { OutboundFetch } from '../jwt/outbound.js'
import type { KeyOptions } from '../keys/options.js'
import type { Clock } from '../lib/clock.js'
import type { LimitOptions } from '../limits/options.js'
import type { Plan } from '../limits/plans.js'
import type { TokenOptions } from '../oauth/options.js'
import type { EnvironmentMap } from './environment-options.js'
import type { GateWebhooks, Notify, ReminderOptions } from '../events/types.js'
import type { GateAccess } from './gate-access.js'
/** What a gate is made from. Durations have units, names are checked, nothing is guessed. */
export interface GateOptions<S extends string = string> {
  /**
   * The environment that this gate serves, or several: a list, each on every host; or an object that gives each its hosts. Keys of any other are refused.
   * Each is 1 to 32 lower-case letters and digits, a letter first.
   * @example { live: { hosts: ['api.acme.example'] }, sandbox: { hosts: ['api-sandbox.acme.example'] } }
   */
  readonly environment: string | readonly string[] | EnvironmentMap
  readonly keys: KeyOptions
  /**
   * Every scope of the API: a list, or names with levels from 1 to 9 or options, such as `{ level: 1, title: 'Read orders' }`. A name is 1 to 128 visible ASCII characters without
   * quote and backslash. A caller of the key endpoints hands out scopes that
   * it holds and scopes below its own highest level. In a list all are of level 1.
   */
  readonly scopes: readonly S[] | Readonly<Record<S, number | string | ScopeOptions>>
  /**
   * Levels of scopes by name, the lowest first, in place of numbers: names, or objects. Each is above all before it, if it does not say what it is `above`. Default: none.
   * @example ['standard', 'admin', { name: 'publisher', above: ['standard'] }]
   */
  readonly levels?: readonly (string | LevelOptions)[]
  /** The issuers whose JWTs are accepted beside keys, in `Authorization: Bearer`: a list, or a function that finds one when a token comes. Default: none. */
  readonly issuers?: readonly IssuerOptions[] | FindIssuer
  /** What asks issuers and introspection in place of the gate's own client, such as a `fetch` through a proxy. Addresses are not checked then. Default: none. */
  readonly fetch?: OutboundFetch
  /** Where opaque tokens are asked about (RFC 7662), from `Authorization: Bearer`. Default: none are taken. */
  readonly introspection?: IntrospectionOptions
  /** How the gate issues tokens of its own, from its keys. Default: it issues none. */
  readonly tokens?: TokenOptions
  readonly credentials?: CredentialOptions
  /** The oldest TLS version accepted where the socket tells it. Default `'TLSv1.2'`. */
  readonly minTlsVersion?: TlsVersion
  /**
   * The proxies in front of this server. Only from them are X-Forwarded-For (read from the right) and X-Forwarded-Proto believed. A list of addresses,
   * CIDR networks, `'loopback'`, `'linklocal'` (169.254.0.0/16, fe80::/10), `'uniquelocal'` (the private networks of IPv4, fc00::/7) and `'unix'`,
   * the peer of a Unix socket; or how many proxies there are, 1 to 10, where nobody but they can connect. Default: none.
   * @example ['10.0.0.0/8', 'loopback']
   */
  readonly trustProxy?: TrustedProxies
  /** Which header fields these proxies write: `'x-forwarded'`, or `'forwarded'` (RFC 7239). The others are ignored. Default `'x-forwarded'`. */
  readonly proxyHeaders?: ProxyHeaders
  /**
   * What each plan allows, by its name: 1 to 64 letters, digits, `_` and `-`, a letter first. Default: none, and nothing is limited.
   */
  readonly plans?: Readonly<Record<string, Plan>>
  readonly limits?: LimitOptions
  /** Rules of the app for every request; they come last, in this order. A requirement has those of its route. Default: none. */
  readonly policies?: readonly Policy[]
  /** The status of `tenant_mismatch`. Default 403. */
  readonly tenantMismatchStatus?: 400 | 403 | 404
  /** Default: nothing is recorded. */
  readonly audit?: AuditOptions
  /**
   * What each environment does with protected health information, which routes name in `phi`: `'allowed'`, `'synthetic'` or `'refused'`. Default: `'allowed'`, which needs an
   * audit trail.
   * @example { live: 'allowed', sandbox: 'synthetic', ci: 'refused' }
   */
  readonly phi?: Readonly<Record<string, PhiHandling>>
  /**
   * Who may use the API: what `createAccess` of `sallyport/access` returns. No key is made for an owner without approved access. Requests are held to it by
   * `policies`. Default: every owner may have keys.
   * @example { access, policies: [access.approved()] }
   */
  readonly access?: GateAccess
  /**
   * Told of what happens to keys and to access, at least once, the events of one key in order; what fails is tried again for three days. The key store must have an `outbox`.
   * Default: nobody is told.
   * @example async ({ type, data }) => { if (type === 'key.expiring') await mail(data) }
   */
  readonly notify?: Notify
  /** The same events as signed webhooks: what `createWebhooks` of `sallyport/webhooks` returns. Default: none. */
  readonly webhooks?: GateWebhooks
  /**
   * Events `key.due` before a key is due for rotation, for owners that want them; `{}`: for those that have chosen it, such as in the console. Default: none.
   * @example { wants: async (ownerId) => (await settingsOf(ownerId)).remindsOfRotation }
   */
  readonly reminders?: ReminderOptions
  /**
   * Keys that do not exist are counted against the address that they come from, which is refused for a while after a few of them; `false`: they are
   * not. Loopback addresses are never refused while `NODE_ENV` is not `production`. Default `true`.
   * @example { attempts: 10, exempt: ['10.0.0.0/8'] }
   */
  readonly bruteForce?: boolean | BruteForceOptions
  /** The shape of error answers. Default `problemDetails()`. */
  readonly errorFormat?: ErrorFormat
  /** `'respond'` answers refusals; `'next'` hands a `DeniedError` to the framework's error handling. Default `'respond'`. */
  readonly onDenied?: 'respond' | 'next'
  /** Names the protection space in challenges (RFC 9110 section 11.5): 1 to 64 printable ASCII characters. Default `'api'`. */
  readonly realm?: string
  /**
   * A header whose request id is taken over, where a proxy in front sets it: 8 to 128 of `A-Z a-z 0-9 . _ ~ -`, else the
   * request gets a new one. Its name is as that of `credentials.header`. Default: none, every request gets a new one.
   */
  readonly requestIdHeader?: string
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: Clock
  /**
   * Told of failing stores and error formats; it gets no secrets. While `NODE_ENV` is not `production`, also of why requests were rejected (`DiagnosisError`), once a
   * minute for each check and issuer. Default: `console.error`.
   */
  readonly onError?: (error: unknown) => void
}

// src/gate/owner-endpoint.d.ts
import type { ActingAudit } from '../audit/audit.js'
import type { ShareReading } from '../audit/reading-shares.js'
import type { Auth } from '../core/auth.js'
import type { Answer, AuditNote, Decision, Denial, Grant } from '../core/decision.js'
import { Refusal } from '../core/denial.js'
import { type GateRequest, type NodeResponse } from '../core/request.js'
import type { Requirement } from '../core/requirement.js'
import { type EndpointRequest } from '../http/body.js'
import type { Keys } from '../keys/keys.js'
import type { ApiKey } from '../keys/record.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { PlanOverride } from '../limits/plans.js'
/** What a gate lends to the endpoints where owners read what is theirs. */
export interface OwnerServices {
  /** @throws {MisuseError} for a requirement that is wrong in itself */
  readonly guardWith: (requirement: Requirement) => (request: GateRequest) => MaybePromise<Decision>
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  /** A request with a grant is answered. */
  readonly done: (request: GateRequest) => void
  /** The keys that a caller may know of. */
  readonly keysOf: (auth: Auth) => Pick<Keys, 'usageOfOwner'>
  /** The records that a caller may read. */
  readonly auditOf: (auth: Auth) => Pick<ActingAudit, 'query'>
  /** The plan and the limit of a key that are in force, where `limits.override` says others than the key has. */
  readonly inForce: (key: ApiKey) => PlanOverride
  /** Brings a reading of the audit log to durable storage, also where `audit.when` leaves it out. Absent: there is no audit log. @throws {AuditError} */
  readonly noteReading: ((note: AuditNote) => Promise<void>) | undefined
  /** Reads the audit log, if the caller and its owner have room for one more reading. */
  readonly shareReading: ShareReading
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** Of a gate, what these endpoints need. */
export interface OwnerGate {
  readonly endpoints: {
    readonly owner: OwnerServices
  }
}
/** What those endpoints ask of their callers: at least one scope, or every key could read. */
export type ReadingRequirement<S extends string = string, R = never> = Requirement<S, R> & {
  readonly scopes: readonly S[]
}
/** One request of a caller who may read. */
export interface OwnerCall {
  readonly grant: Grant
  /** The parameters of the query, each once. */
  readonly query: Readonly<Record<string, string>>
  /** What the answer goes to. */
  readonly response: NodeResponse | undefined
}
/** What is answered. */
export interface Reading {
  readonly type: 'application/json' | 'application/x-ndjson' | 'text/csv'
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}
/** By path below the place where the endpoint is mounted. */
type Readings = Readonly<Record<string, (call: OwnerCall) => Promise<Reading | Refusal>>>
/** @throws {MisuseError} for a requirement that is wrong in itself */
export declare function createOwnerEndpoint<S extends string>(
  {
    endpoints: { owner },
  }: OwnerGate,
  name: string,
  given: ReadingRequirement<S>,
  readings: Readings,
): (call: EndpointRequest) => Promise<Answer | Denial>
/** A table to be saved, and not shown. */
export declare function csvReading(file: string, body: string): Reading
export {}

// src/gate/reset-options.d.ts
import type { MaybePromise } from '../lib/maybe.js'
/** What the reset of an environment is told. */
export interface ResetRun {
  readonly environment: string
  /** The time that it is for: the same for each try. */
  readonly dueAt: Date
  /** The gate is closing, another instance has taken over, or an hour is over: stop. */
  readonly signal: AbortSignal
}
/** How the data of an environment, such as a sandbox, is reset. Its keys stay. */
export interface ResetOptions {
  readonly every: 'day'
  /** The time of day in UTC, as hours and minutes, such as `'03:00Z'`. */
  readonly at: string
  /**
   * Resets the data of your app. It is called once for each day over all instances, and again a minute later after it has failed, or its instance died: calling it twice must be
   * harmless. It has one hour.
   */
  readonly run: (run: ResetRun) => MaybePromise<unknown>
  /**
   * A header that tells callers of this environment when the next reset is, in ISO 8601. Default: none.
   * @example 'x-sandbox-reset'
   */
  readonly header?: string
}
/** A reset, checked. */
export interface CheckedReset extends ResetOptions {
  readonly environment: string
  /** From midnight UTC, in milliseconds. */
  readonly atMs: number
}
/** @throws {MisuseError} */
export declare function readReset(environment: string, given: unknown): CheckedReset

// src/gate/usage-endpoints.d.ts
import type { Answer, Denial } from '../core/decision.js'
import { type EndpointRequest } from '../http/body.js'
import type { OwnerUsage } from '../keys/owner-usage.js'
import { type OwnerGate, type ReadingRequirement } from './owner-endpoint.js'
/**
 * For adapters: the usage of a caller's own owner over HTTP, `GET /` with `from`, `to`, `environment`, `by` and `format`. A caller sees the environments whose keys it manages.
 * @throws {MisuseError} at start-up
 */
export declare function createUsageEndpoints<S extends string>(
  gate: OwnerGate,
  requirement: ReadingRequirement<S>,
): (call: EndpointRequest) => Promise<Answer | Denial>
/** A table for a spreadsheet, with a line for each row of a usage. What a program would take for a formula is text. */
export declare function usageCsv({ rows }: OwnerUsage): string

// src/http/answers.d.ts
import type { Auth, Headers } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { Answer, AnyGrant, AuditNote, Denial } from '../core/decision.js'
import type { DenialCause } from '../core/cause.js'
import type { Reason, Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import { type GateRequest } from '../core/request.js'
import { type RefusalOptions } from './error-answer.js'
/** How a gate answers. */
export interface AnswerOptions extends RefusalOptions {
  /** The header whose request id is taken over; absent: none is. */
  readonly incomingId: string | undefined
  /** In lower case: where credentials stand. */
  readonly credentialHeaders: readonly string[]
  /** The same, for caches. */
  readonly vary: string
  /** The same where the app may know the caller, as by its session. */
  readonly varyWithSession: string
  /** What a caller of an environment is told of it. Absent: nothing of any. */
  readonly environmentHeaders: ((environment: string) => Headers | undefined) | undefined
  /** Of requests that no trail follows. */
  readonly unaudited: AuditNote
}
/** What Node shows of a decision. */
declare const INSPECT: unique symbol
/** Words for a refusal: the answer is made when it is first read. */
export declare class LazyDenial implements Denial {
  #private
  readonly allowed = false
  readonly status: number
  readonly code: string
  readonly reason: Reason
  readonly requestId: string
  readonly cause?: DenialCause | undefined
  constructor(
    refusal: Refusal,
    request: GateRequest | undefined,
    options: AnswerOptions,
    charge?: Charge,
    presented?: string,
  )
  get headers(): Headers
  get body(): string
  [INSPECT](): object
  /** The same of a request that was counted since. */
  static counted(denial: LazyDenial, charge: Charge): LazyDenial
  static causeOf(denial: LazyDenial): DenialCause | undefined
  static answer(denial: LazyDenial): Required<Answer>
}
/** Let in; what was found out stays for later guards on the same request. */
export declare class LazyGrant implements AnyGrant {
  #private
  readonly allowed = true
  constructor(context: RequestContext, options: AnswerOptions)
  get auth(): Auth | undefined
  get tenantId(): string | undefined
  get audit(): AuditNote
  get requestId(): string
  /** A shared cache must not serve one caller's answer to another; the app may say otherwise. */
  get headers(): Headers
  end(): void
  toJSON(): object
  [INSPECT](): object
  /** What was found out, if the gate with these options let it in. */
  contextFor(options: AnswerOptions): RequestContext | undefined
}
/** What an earlier guard of the gate with these options has found out of this request, if it let it in. */
export declare function earlierContext(
  { grant }: GateRequest,
  options: AnswerOptions,
): RequestContext | undefined
/** One request has one id, however many guards of a gate it meets. */
export declare function idOf(request: GateRequest | undefined, options: AnswerOptions): string
/**
 * The id that came in `header`, where the API takes ids over and this one is well formed and has no secret in it; else `req_` and 22 base62 characters.
 * It stands in answers, records and logs: so it must not be a part of what came in a header for credentials.
 */
export declare function requestIdOf(
  request: GateRequest | undefined,
  header: string | undefined,
  credentialHeaders: readonly string[],
): string
export {}

// src/http/app-answer.d.ts
import type { AnswerWords } from './error-formats.js'
/**
 * An error answer of your app, as `gate.answer` makes it: thrown in a handler, `errors(gate)` sends it in the format of the gate's own errors. `status`, `statusCode` and `expose` are what
 * other error handling looks for.
 */
export interface AnswerError extends Error {
  readonly status: number
  readonly statusCode: number
  readonly expose: true
}
/** What the app has stated itself; another copy of this package finds it as well. */
export declare const STATED: unique symbol
/**
 * An error answer of the app, with `status` from 400 to 599.
 * @throws {MisuseError} `invalid_option`, `unknown_option`
 */
export declare function createAnswer(status: number, words?: AnswerWords): AnswerError
export declare function isErrorStatus(status: unknown): status is number

// src/http/app-errors.d.ts
import type { Answer } from '../core/decision.js'
import type { GateRequest } from '../core/request.js'
import { type AnswerOptions } from './answers.js'
/** The answer to a request that failed behind the gate. */
export interface FailureAnswer extends Answer {
  /** Headers of the answer that the app had begun: they tell of another body. */
  readonly stale: readonly string[]
}
/** For adapters: the answer for what an app has thrown. Faults are told to `onError`. */
export declare function failureAnswer(
  gate: {
    readonly endpoints: {
      readonly answers: AnswerOptions
    }
  },
  request: GateRequest,
  error: unknown,
): FailureAnswer

// src/http/body.d.ts
import { Refusal } from '../core/denial.js'
import { type GateRequest } from '../core/request.js'
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
/** The JSON object in the body; an empty body is an empty object. */
export declare function readJsonObject(call: EndpointRequest): Promise<object | Refusal>
/**
 * Whether a body that the app's parser has read is over the bound, before anything looks closer: by its `Content-Length`, which is missing or of the packed
 * body where it was sent in chunks or compressed; and by what is counted until the bound is reached.
 */
export declare function isTooLarge({ request, parsed }: EndpointRequest): boolean
export declare function isJsonType(type: string): boolean
/** All of a body, within bounds. */
export declare function readBytes(stream: AsyncIterable<Uint8Array>): Promise<Buffer | Refusal>
export declare function invalid(detail: string): Refusal

// src/http/client-address.d.ts
import type { ClientAddresses } from '../core/request-context.js'
import { type ProxyHeaders, type ProxyTrust } from './forwarded.js'
import { type TrustedProxies } from './proxy-schema.js'
/** The reverse proxies between this server and its clients. */
export interface Proxies extends ClientAddresses, ProxyTrust {}
export declare function createProxies(trustProxy: TrustedProxies, headers?: ProxyHeaders): Proxies

// src/http/error-answer.d.ts
import type { Headers } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { Answer } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import { type ErrorContext, type ErrorFormat } from './error-formats.js'
export interface FormatOptions {
  readonly format: ErrorFormat
  /** Told when the error format throws. */
  readonly onError: (error: unknown) => void
}
/** What all responses to refused requests need. */
export interface RefusalOptions extends FormatOptions {
  /** Of `Authorization`, for challenges; `undefined`: none is accepted. */
  readonly scheme: string | undefined
  readonly realm: string
  /** What is said where there are no credentials: what is missing, and where it goes. */
  readonly missing: string
  /** What answers tell of the limits of whoever asked. */
  readonly limitHeaders: (charge: Charge) => Headers
}
/** The whole response to a request that was refused. */
export declare function refusalAnswer(
  refusal: Refusal,
  requestId: string,
  options: RefusalOptions,
  charge: Charge | undefined,
): Required<Answer>
/** A whole error answer, in the format of the app. `more`: headers beside those that each has. */
export declare function errorAnswer(
  context: ErrorContext,
  options: FormatOptions,
  more: Headers,
): Required<Answer>
/** The body of an error. A format that fails must not turn a refusal into a crash: the default format answers then. */
export declare function formatted(
  context: ErrorContext,
  { format, onError }: FormatOptions,
): {
  readonly type: string
  readonly body: string
}

// src/http/error-formats.d.ts
import { type Reason } from '../core/denial.js'
/** What an error answer of your app says. */
export interface AnswerWords {
  /** For programs. Default: the name of the status, such as `not_found`. */
  readonly code?: string
  /** For people. Default: the name of the status, such as `Not Found`. */
  readonly message?: string
}
/** What a format may tell of a refusal, or of an error of the app. */
export interface ErrorContext {
  readonly status: number
  /** The true reason. Telling it apart for unknown, revoked and expired keys helps whoever tries keys. Absent for an error of the app. */
  readonly reason?: Reason
  /** The public code: the same for all credentials that do not work. */
  readonly code: string
  readonly message: string
  /** Of an error of the app: what `gate.answer` was given, or the text of its exception. It comes before all other words. */
  readonly stated?: AnswerWords
  readonly requestId: string
  /** The scopes that the route asks for and the caller does not have; absent for every other reason. */
  readonly missingScopes?: readonly string[]
  /** When to come back at the earliest, in whole seconds, as in `Retry-After`; absent where that is not said. */
  readonly retryAfter?: number
}
/** The body of an API's error answers. */
export interface ErrorFormat {
  /** For the Content-Type header. */
  readonly contentType: string
  /** Returns a value for `JSON.stringify`. */
  body(context: ErrorContext): unknown
}
/** An API's own words for a refusal. */
export interface ErrorWords {
  readonly code?: string
  readonly message?: string | ((context: ErrorContext) => string)
}
/** Words by reason, or by status (400 to 599) for all reasons and errors of the app that have it; the reason's come first. */
export type ErrorVocabulary = Readonly<Partial<Record<Reason, ErrorWords>>> &
  Readonly<Record<number, ErrorWords>>
export interface ProblemOptions {
  /** The start of each problem type's address; the code is added to it. Default: `about:blank` alone. */
  readonly typeBase?: string
}
export interface EnvelopeOptions {
  readonly words?: ErrorVocabulary
  /** Goes into each answer as `docsUrl`. */
  readonly docsUrl?: string
}
/**
 * RFC 9457 problem details, with `code`, `requestId` and, for `insufficient_scope`, `missingScopes` as extensions: the default.
 * @throws {MisuseError}
 * @example createGate({ errorFormat: problemDetails({ typeBase: 'https://docs.acme.example/errors/' }), ...options })
 */
export declare function problemDetails(options?: ProblemOptions): ErrorFormat
/**
 * `{"error": {"code", "message", "requestId", "docsUrl"?}}`
 * @throws {MisuseError}
 * @example createGate({ errorFormat: nestedErrors(), ...options })
 */
export declare function nestedErrors(options?: EnvelopeOptions): ErrorFormat
/**
 * `{"error": code, "message", "docsUrl"?}`
 * @throws {MisuseError}
 * @example createGate({ errorFormat: flatErrors({ docsUrl: 'https://docs.acme.example/errors' }), ...options })
 */
export declare function flatErrors(options?: EnvelopeOptions): ErrorFormat

// src/http/forwarded.d.ts
import { type GateRequest, type Peer } from '../core/request.js'
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
export declare function forwardedFields(headers: ProxyHeaders): ForwardedFields

// src/http/options.d.ts
import type { Duration } from '../lib/duration.js'
/** How addresses that try keys are slowed down. */
export interface BruteForceOptions {
  /** How many unknown keys in a row an address may present before it is refused: 0 to 1,000. Default 3. */
  readonly attempts?: number
  /** What each unknown key adds to the penalty of its address; so fast it is also forgiven. `'1s'` to `'1h'`. Default `'5s'`. */
  readonly penalty?: Duration
  /** The longest that an address is refused: `'1s'` to `'24h'`. Default: the penalty of all attempts and of the one after them, `'20s'`. */
  readonly maxPenalty?: Duration
  /** Addresses and CIDR networks that are never refused, such as that of your own monitoring. Default: none. */
  readonly exempt?: readonly string[]
}
/** What a place has: an API key, an access token, or either. Default `'either'`. */
export type CredentialKind = 'key' | 'token' | 'either'
/**
 * Where a credential stands. Name one of `header`, `cookie` and `query`.
 *
 * @example
 * const places: CredentialPlace[] = [
 *   { header: 'Authorization', scheme: 'ApiKey', accepts: 'key' },
 *   { header: 'Cf-Access-Jwt-Assertion', accepts: 'token' },
 *   { cookie: 'session', accepts: 'token' },
 * ]
 */
export interface CredentialPlace {
  /** A header: letters, digits and single hyphens between them, in any case. Not `cookie` or `host`; `authorization` with a `scheme` only. */
  readonly header?: string
  /** What stands before the credential in the header, such as `'Bearer'`. Default: nothing does. */
  readonly scheme?: string
  /**
   * A cookie. Requests that may change something, and upgrades, must then come from a page of your own: `Sec-Fetch-Site` says `same-origin` or `none`, or `Origin` has the
   * host of the request or is one of `origins`. Else 403 `origin_not_allowed`.
   */
  readonly cookie?: string
  /** A parameter of the query. Read from `GET` requests alone, which upgrades are too. URLs are logged by proxies and kept by browsers: use short-lived tokens. */
  readonly query?: string
  readonly accepts?: CredentialKind
  /** With `cookie`: other origins whose pages may use it, such as `'https://app.example.com'`. `false`: any, which is safe only where you check that yourself. Default: none. */
  readonly origins?: readonly string[] | false
}
/** Where callers present their credentials. */
export interface CredentialOptions {
  /** Take keys and tokens from `Authorization: Bearer` (RFC 6750). Default true. */
  readonly bearer?: boolean
  /**
   * The API's own header for keys, or `false` for none: letters, digits and single hyphens between them, in any case. Not
   * `authorization`, `cookie` or `host`. Default `'x-api-key'`.
   */
  readonly header?: string | false
  /**
   * All places, 1 to 8, in place of `bearer` and `header`. What stands elsewhere does not count, but for `access_token` in the query beside `Authorization: Bearer`. Default: `Authorization: Bearer` for either, and `X-API-Key` for keys.
   */
  readonly from?: readonly CredentialPlace[]
}

// src/http/proxy-schema.d.ts
import * as v from 'valibot'
/** The reverse proxies in front of a server. */
export type TrustedProxies =
  | readonly string[]
  | {
      readonly hops: number
    }
/** In the place of an address: the peer of a Unix socket, which has none. */
export declare const UNIX = 'unix'
export declare const trustProxy: () => v.OptionalSchema<
  v.UnionSchema<
    [
      v.ArraySchema<
        v.SchemaWithPipe<
          readonly [
            v.StringSchema<undefined>,
            v.CheckAction<
              string,
              "must be an IP address, a CIDR network such as '10.0.0.0/8', 'loopback', 'linklocal', 'uniquelocal' or 'unix'"
            >,
            v.CheckAction<
              string,
              'trusts every client, and each could write its own address; list the networks of your proxies alone'
            >,
          ]
        >,
        undefined
      >,
      import('../lib/schema-objects.js').ObjectSchema<{
        readonly hops: v.SchemaWithPipe<
          readonly [
            v.NumberSchema<undefined>,
            v.IntegerAction<number, undefined>,
            v.MinValueAction<number, number, undefined>,
            v.MaxValueAction<number, number, undefined>,
          ]
        >
      }>,
    ],
    "must list your proxies, such as ['10.0.0.0/8'], ['loopback'], ['uniquelocal'] or ['unix'], or count them, such as { hops: 1 }: see docs/proxies.md. Who is trusted here can write any client address"
  >,
  readonly []
>
export declare const proxyHeaders: () => v.OptionalSchema<
  v.PicklistSchema<['x-forwarded', 'forwarded'], "must be 'x-forwarded' or 'forwarded'">,
  'x-forwarded'
>
/** The networks of proxies, with those that have names. */
export declare function networksOf(proxies: readonly string[]): readonly string[]

// src/http/source.d.ts
/** What one caller can be taken to have: an IPv4 address, or an IPv6 network of 64 bits, within which a host chooses its address itself. */
export interface Source {
  readonly family: 'v4' | 'v6'
  /** The same for all addresses of the source, however they are written. */
  readonly block: string
}
/**
 * Where an address is from; `undefined` for what is none. An IPv4-mapped IPv6 address is the IPv4 address.
 * @example sourceOf('2001:db8:1:2::9') // the network of 64 bits
 */
export declare function sourceOf(address: string): Source | undefined
/** What one organization can be taken to have: an IPv4 address, or an IPv6 network of 48 bits (RFC 6177), which has 65,536 sources. */
export declare function networkOf({ family, block }: Source): string

// src/http/transport.d.ts
import { Refusal } from '../core/denial.js'
import type { GateRequest } from '../core/request.js'
import type { ProxyTrust } from './forwarded.js'
/** TLS versions that a gate may ask for at least. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'
/**
 * Refuses what did not come over HTTPS, to us or to the first of our proxies. A secret that went over the wire in
 * the clear is answered with a refusal, not a redirect, so that its sender notices. With `isDevelopment`, plain HTTP from the machine itself is let in,
 * unless a proxy has sent it. Refuses also whoever was gone before it was asked from where it came.
 */
export declare function createTransportRule(
  proxies: ProxyTrust,
  minTlsVersion: TlsVersion,
  isDevelopment: boolean,
): (request: GateRequest) => Refusal | undefined

// src/index.d.ts
export type { ActingAudit, Audit } from './audit/audit.js'
export { checkpointCheck, endOfChain, type ChainEnd } from './audit/chain-end.js'
export { parseAuditLine } from './audit/chain.js'
export { readEvents, type ReadOptions } from './audit/events.js'
export {
  matchesFilter,
  type AuditEvent,
  type AuditFilter,
  type OwnAuditEvent,
} from './audit/filter.js'
export type { AuditOptions } from './audit/options.js'
export { pruneAnchor, type PruneBounds } from './audit/prune-anchor.js'
export { queryTrail, type AuditPage, type AuditQuery, type AuditView } from './audit/query.js'
export type {
  AccessRecord,
  AuditHead,
  AuditRecord,
  BrokenChain,
  ChainedRecord,
  ChainPlace,
  EnrollmentRecord,
  CheckpointRecord,
  GapRecord,
  KeyChangeRecord,
  StartRecord,
  TornLine,
} from './audit/record.js'
export { AUDIT_KINDS, AUDIT_OUTCOMES } from './audit/record.js'
export {
  MAX_AUDIT_HEADS,
  MAX_AUDIT_LINE,
  type AuditEntry,
  type SinkState,
  type AuditSink,
  type CheckpointCheck,
  type FoundLine,
  type TrailLine,
  type TrailPosition,
  type TrailRange,
  type TrailReader,
  type TrailSearch,
} from './audit/sink.js'
export type { TrailFault, TrailFinding } from './audit/findings.js'
export type { TrailReport } from './audit/trail-report.js'
export type { AuditOutage } from './audit/sinks.js'
export type { AuditedAccess, AuditWhen } from './audit/accesses.js'
export { checkPrune, RETENTION, type PruneOptions } from './audit/retention.js'
export { verifyTrail, type VerifyOptions } from './audit/verify.js'
export type { AcceptsRequirement } from './core/accepts.js'
export type { AppCaller } from './core/app-caller.js'
export type { AppAuth, Auth, CredentialAuth, Headers, KeyAuth, TokenAuth } from './core/auth.js'
export { DENIAL_CHECKS, type DenialCause, type DenialCheck } from './core/cause.js'
export { callerId, type CallerFacts } from './core/caller.js'
export type { CountedResponse, CountedResponses, RouteLimit } from './core/route-limit-options.js'
export type { Answer, AnyGrant, AuditNote, Decision, Denial, Grant } from './core/decision.js'
export type { Reason } from './core/denial.js'
export {
  ERROR_CODES,
  type AccessErrorCode,
  type KeyErrorCode,
  type MisuseCode,
} from './core/error-codes.js'
export {
  ImportStoppedError,
  DuplicateKeyError,
  AccessError,
  KeyError,
  StoreError,
  TablesError,
  LimitStoreError,
  AuditError,
  type AuditFault,
  DeniedError,
  DiagnosisError,
  MisuseError,
  SallyportError,
  TokenStoreError,
  IdShareError,
  IssuerError,
} from './core/errors.js'
export type * from './core/granted.js'
export { auditIn, authIn, messageOf, tenantIn } from './core/granted.js'
export type { GateActor } from './core/gate-actor.js'
export { guardMarkOf, markGuard, type GuardMark } from './core/guard-mark.js'
export { checkGate, readGuardPlace, type GuardPlace } from './core/guard-path.js'
export { IDENTIFIER_RULE, isIdentifier } from './core/identifier.js'
export type { Calendar, Limit, LimitVerdict, LimitState } from './core/limit.js'
export type * from './core/mount-path.js'
export {
  checkConsole,
  checkDescription,
  checkMountParams,
  checkMountPath,
} from './core/mount-path.js'
export type { OAuthStep, OAuthStepName } from './core/oauth-step.js'
export type { PhiAccess, PhiAction, PhiHandling } from './core/phi.js'
export type { OtherwiseOptions } from './core/otherwise.js'
export type { AgreementNote, Policy, PolicyVerdict, PolicyContext } from './core/policy.js'
export type { RequestValue } from './core/request-value.js'
export {
  gateRequestOf,
  GRANT,
  type FrameworkRequest,
  type GateRequest,
  type NodeMessage,
  type NodeResponse,
  type Peer,
} from './core/request.js'
export type {
  AnyRequirement,
  AuditMode,
  OptionalRequirement,
  Requirement,
  PhiRequirement,
  ResourceRequirement,
} from './core/requirement.js'
export { USAGE_OUTCOMES, type UsageOutcome } from './core/tally.js'
export type { ActingGate } from './gate/act-as.js'
export type * from './events/types.js'
export { createGate } from './gate/create-gate.js'
export type {
  AccessEndpoints,
  AccessRequirement,
  ChangedTerms,
  GateAccess,
  LentByGate,
} from './gate/gate-access.js'
export type { LevelOptions, ScopeOptions } from './core/catalogue-options.js'
export type * from './gate/description.js'
export type { EnvironmentMap, EnvironmentOptions } from './gate/environment-options.js'
export type { GateLimits } from './gate/gate-limits.js'
export { createAuditEndpoints } from './gate/audit-endpoints.js'
export type { OwnerGate, OwnerServices, ReadingRequirement } from './gate/owner-endpoint.js'
export { createUsageEndpoints, usageCsv } from './gate/usage-endpoints.js'
export type { Gate, GateResets, Inspection } from './gate/gate.js'
export type { ResetOptions, ResetRun } from './gate/reset-options.js'
export type { GateOptions } from './gate/options.js'
export type { EndpointRequest } from './http/body.js'
export type { AnswerOptions } from './http/answers.js'
export type { AnswerError } from './http/app-answer.js'
export { failureAnswer, type FailureAnswer } from './http/app-errors.js'
export {
  flatErrors,
  nestedErrors,
  problemDetails,
  type AnswerWords,
  type EnvelopeOptions,
  type ErrorContext,
  type ErrorFormat,
  type ErrorVocabulary,
  type ErrorWords,
  type ProblemOptions,
} from './http/error-formats.js'
export type * from './http/options.js'
export type { ProxyHeaders } from './http/forwarded.js'
export type { TrustedProxies } from './http/proxy-schema.js'
export { sourceOf, type Source } from './http/source.js'
export type { TlsVersion } from './http/transport.js'
export type { Algorithm } from './jwt/algorithms.js'
export type { IdentifyToken, IsTokenRevoked, TokenIdentity } from './jwt/authenticate.js'
export type { TokenBounds } from './jwt/bounds.js'
export type { ClaimValue, TokenProfile } from './jwt/claim-rules.js'
export type { IntrospectionOptions } from './jwt/introspection-options.js'
export type { FindIssuer, IssuerOptions } from './jwt/issuer-options.js'
export type {
  OutboundFetch,
  OutboundHeaders,
  OutboundRequest,
  OutboundResponse,
} from './jwt/outbound.js'
export type { Tenants } from './jwt/tenants.js'
export type { AdmitKey, AskedKey, KeyAdmission } from './keys/access-rule.js'
export type * from './keys/change-feed.js'
export type { IssuedKey } from './keys/create.js'
export type { DueKey, DueQuery } from './keys/due.js'
export type { KeyKind } from './keys/format.js'
export type { KeyEndpoints } from './keys/http/endpoints.js'
export type { CallerMetadata } from './keys/caller-metadata.js'
export type { KeyEndpointsRequirement } from './keys/http/settings.js'
export type { ImportOutcome } from './keys/import-lines.js'
export type { ImportLinesOptions } from './keys/import-options-schema.js'
export type { ImportKeyInput, LegacyKey } from './keys/import.js'
export type { LegacyKeys } from './keys/legacy.js'
export type { CreateKeyInput } from './keys/input.js'
export type { KeyAction, KeyStanding } from './keys/key-change.js'
export type * from './keys/key-store.js'
export type { OwnerUsage, OwnerUsageOptions, UsageFigures, UsageRow } from './keys/owner-usage.js'
export type { Keys, UsageQuery } from './keys/keys.js'
export type { TextPieces } from './keys/lines.js'
export { createMemoryKeyStore } from './keys/memory-store.js'
export type { KeyOptions } from './keys/options.js'
export { messageId } from './keys/outbox.js'
export type * from './keys/outbox.js'
export type * from './keys/jobs.js'
export type * from './keys/reminder-choices.js'
export type { FindPeppers } from './keys/peppers.js'
export {
  applyKeyPatch,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
  type KeyCreator,
  type KeyRetry,
  type KeyState,
} from './keys/record.js'
export type { RevokedKey, RevokeOptions } from './keys/revocation.js'
export type { RevokeAllInput, RevokedKeys } from './keys/revoke-all.js'
export type { RotatedKey, RotateOptions } from './keys/rotate.js'
export { createTablesGuard, refuseUnknown, tablesMadeBy } from './keys/tables.js'
export type * from './keys/tables.js'
export type { UpdatedKey, UpdateKeyInput } from './keys/update.js'
export type { Clock } from './lib/clock.js'
export { hasMethods } from './lib/has-methods.js'
export { understood } from './lib/readable-rows.js'
export { isDuration, milliseconds, type Duration } from './lib/duration.js'
export type { MaybePromise } from './lib/maybe.js'
export { createLeasedLimitStore } from './limits/leased-store.js'
export type { LimitRequest, LimitStore } from './limits/limit-store.js'
export { createMemoryLimitStore } from './limits/memory-store.js'
export type { LimitOptions } from './limits/options.js'
export type {
  PlanLimit,
  CallerOverride,
  Concurrency,
  Credits,
  Plan,
  PlanOverride,
  Quota,
} from './limits/plans.js'
export type { CallerLimit, CallerLimits } from './limits/peek.js'
export type { RateLimitHeaders } from './limits/rate-limit-headers.js'
export type { LimitRefusal } from './limits/refusals.js'
export type { TokenEndpoints } from './oauth/http/endpoints.js'
export type { KeptId } from './oauth/id-table.js'
export type { IssuedToken } from './oauth/issue.js'
export type { TokenOptions } from './oauth/options.js'
export { createMemoryReplayStore, type ReplayStore } from './oauth/replay-store.js'
export { createMemoryRevocations, type TokenRevocations } from './oauth/revocations.js'
export type { FindServiceAccount, ServiceAccount } from './oauth/service-accounts.js'
export type { FindSigningKeys } from './oauth/signing-keys.js'
export type { ForgottenTokens } from './oauth/forgotten.js'
export type { ExchangeOptions, GrantInput, Tokens } from './oauth/tokens.js'
export type { CacheEvent } from './telemetry/cache-events.js'
export type { DecisionMade } from './telemetry/decisions.js'
export type { Outage } from './telemetry/outages.js'

// src/jwt/algorithms.d.ts
import type { JWK } from 'jose'
/** What each algorithm is used with: RFC 7518 section 3.1, RFC 8037, RFC 9864. */
declare const KEYS: {
  readonly RS256: {
    readonly kty: 'RSA'
  }
  readonly RS384: {
    readonly kty: 'RSA'
  }
  readonly RS512: {
    readonly kty: 'RSA'
  }
  readonly PS256: {
    readonly kty: 'RSA'
  }
  readonly PS384: {
    readonly kty: 'RSA'
  }
  readonly PS512: {
    readonly kty: 'RSA'
  }
  readonly ES256: {
    readonly kty: 'EC'
    readonly crv: 'P-256'
  }
  readonly ES384: {
    readonly kty: 'EC'
    readonly crv: 'P-384'
  }
  readonly ES512: {
    readonly kty: 'EC'
    readonly crv: 'P-521'
  }
  readonly EdDSA: {
    readonly kty: 'OKP'
    readonly crv: 'Ed25519'
  }
  readonly Ed25519: {
    readonly kty: 'OKP'
    readonly crv: 'Ed25519'
  }
}
/** Bytes that a secret must have at least: RFC 7518 section 3.2, as long as the hash. */
declare const SECRET_BYTES: {
  readonly HS256: 32
  readonly HS384: 48
  readonly HS512: 64
}
export type PublicAlgorithm = keyof typeof KEYS
export type SecretAlgorithm = keyof typeof SECRET_BYTES
/** How a token may be signed: the fully specified names, and `EdDSA`. There is no `none`. */
export type Algorithm = PublicAlgorithm | SecretAlgorithm
export declare const PUBLIC_ALGORITHMS: readonly PublicAlgorithm[]
export declare const ALGORITHMS: readonly Algorithm[]
export declare function isSecretAlgorithm(algorithm: Algorithm): algorithm is SecretAlgorithm
export declare function secretBytesOf(algorithm: SecretAlgorithm): number
/**
 * The one algorithm that a public key is for: the one that it names, or the first of these that it fits. `undefined` for a key that no token may be
 * checked with.
 */
export declare function algorithmFor(
  key: JWK,
  algorithms: readonly Algorithm[],
): PublicAlgorithm | undefined
/** The same by its kind and name alone: whether it is a sound key is not looked at. */
export declare function intendedAlgorithm(
  key: JWK,
  algorithms: readonly Algorithm[],
): PublicAlgorithm | undefined
/** Whether it is a key at all: a point on its curve; a modulus that is long enough and of no broken generator, an exponent that is odd and not small. */
export declare function isSound(key: JWK): boolean
export {}

// src/jwt/authenticate.d.ts
import { type Identity, type TokenAuth } from '../core/auth.js'
import type { Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { TokenClaims } from './claim-rules.js'
import type { TokenCache, Weighed } from './token-cache.js'
import type { VerifiedToken } from './verify.js'
/** What a token's claims mean to the app. */
export interface TokenIdentity {
  /**
   * Whom the caller acts for: 1 to 1,024 characters, no control character, no white space at either end. Default, where the property is missing: issuer and subject
   * together.
   */
  readonly ownerId?: string
  /** The tenants that it may act for, each as `ownerId`: an empty list also keeps from it what the audit log has of tenants. Default: no list, it acts for none. */
  readonly tenantIds?: readonly string[]
  /** The resources that it is held to, as those of keys: `'records/rec_1'`, `'records/*'`. Default: it is not held to any. */
  readonly resources?: readonly string[]
  /** In the place of the scopes of the token. */
  readonly scopes?: readonly string[]
  /** Default: `limits.defaultPlan`. */
  readonly plan?: string
  /** More that handlers shall know of the caller: JSON values. */
  readonly metadata?: Readonly<Record<string, unknown>>
}
/**
 * Says who a token's caller is, from its verified claims; `undefined`: nobody that the app knows. If it throws, or does not answer within 250 ms, the request gets 503
 * and `onError` is called.
 */
export type IdentifyToken = (
  claims: Readonly<Record<string, unknown>>,
) => MaybePromise<TokenIdentity | undefined>
/** Says whether a token was revoked. Called with each request; errors are as those of `IdentifyToken`. */
export type IsTokenRevoked = (auth: TokenAuth) => MaybePromise<boolean>
/** What the tokens of an issuer mean to the app. */
export interface TokenMeaning {
  /** The environment that they are for. */
  readonly environment: string
  readonly identify?: IdentifyToken | undefined
  readonly isRevoked?: IsTokenRevoked | undefined
}
/** Who a token's caller is. */
export type KnownToken = Identity
/** A token as it is cached. */
export interface RememberedToken extends Weighed {
  /** Milliseconds since the epoch, the tolerance for clocks included. */
  readonly endsAt: number
  /** Why it counts no more, from then on. */
  expired(): Refusal
  /** Who its caller is, or why it is nobody any more: asked with each use. */
  stands(): MaybePromise<KnownToken | Refusal>
}
export interface TokenContext {
  /** How the tokens of an issuer are understood. */
  readonly meaningOf: (issuer: ProvenToken['issuer']) => TokenMeaning | undefined
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** Told of others that `identify` returns. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
  readonly defaultPlan: string | undefined
  readonly onError: (error: unknown) => void
}
/** A token that is what it says, however that was found out. */
export interface ProvenToken {
  readonly token: TokenClaims
  readonly issuer: Pick<VerifiedToken['issuer'], 'issuer' | 'toleranceMs'>
}
/** Says whose token this is: at once where it was verified a short while ago. */
export type TokenAuthenticator = (context: RequestContext) => MaybePromise<KnownToken | Refusal>
/** For a change that lasts, what an authorization server, `identify` or the issuers of the app have answered before is no answer. */
export declare function createTokenAuthenticator(
  cache: TokenCache<RememberedToken>,
  clock: Clock,
): TokenAuthenticator
/** What is remembered of a verified token; a refusal where the app does not know its caller. */
export declare function createTokenPreparer(
  context: TokenContext,
): (proven: ProvenToken) => MaybePromise<RememberedToken | Refusal>
/** About how many bytes are taken by a token's claims and what goes with each token. */
export declare function weightOfToken({ claims, scopes }: TokenClaims): number

// src/jwt/bounds.d.ts
/** In bytes. As much as Node reads of all headers of a request, unless it is told otherwise. */
export declare const MAX_TOKEN = 16384
export declare const MAX_AUDIENCES = 64
export declare const MAX_SCOPES = 512
/** In bytes. */
export declare const MAX_ID = 1024
/** How large a token of an issuer may be. */
export interface TokenBounds {
  /** Bytes of the whole token: 1,024 to 65,536. Default 16,384, as much as Node reads of all headers; see `server.maxHeaderSize`. */
  readonly token: number
  /** Audiences in `aud`: 1 to 1,024. Default 64. */
  readonly audiences: number
  /** Scopes that the gate knows; others are dropped first: 1 to 4,096. Default 512. */
  readonly scopes: number
  /** Bytes of `sub`, `jti`, the client's id and each audience: 64 to 4,096. Default 1,024. */
  readonly id: number
}
export declare const BOUNDS: TokenBounds
/** Of `kid` and `typ`, in bytes. */
export declare const MAX_NAME = 256

// src/jwt/claim-rules.d.ts
import type { DenialCheck } from '../core/cause.js'
import type { Refusal } from '../core/denial.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { TokenBounds } from './bounds.js'
import type { JsonObject } from './strict-json.js'
/** `'rfc9068'`: a JWT access token as RFC 9068 has it. `'any'`: any JWT that is meant for this API. */
export type TokenProfile = 'rfc9068' | 'any'
/** What a claim may be held to. */
export type ClaimValue = string | number | boolean
/** What one issuer's tokens must say. */
export interface ClaimRules {
  readonly issuer: string
  /** What `iss` of its tokens may be; `undefined` among them: it may be missing. Absent: the issuer. */
  readonly names?: readonly (string | undefined)[] | undefined
  /** `false`: `aud` is not looked at, and `clients` says whose tokens count. */
  readonly audience: readonly string[] | false
  /** The clients whose tokens count. Absent, or `false`: those of all. `'named'`: of all, if the token names one. */
  readonly clients?: readonly string[] | 'named' | false | undefined
  /** Whether what only an ID token has may be there. */
  readonly idTokens?: boolean | undefined
  /** Claims that must have one of these values. */
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>> | undefined
  /** The claims that scopes are read from. Absent: `scope`, else `scp`. */
  readonly scopes?: readonly string[] | undefined
  /** The claim that names the subject. Absent: `sub`. */
  readonly subjectClaim?: string | undefined
  readonly profile: TokenProfile
  /** How far clocks may be apart. */
  readonly toleranceMs: number
  readonly maxLifetimeMs: number
  /** `false`: a token without `exp` ends `maxLifetimeMs` after its `iat`. Absent: each must have `exp`. */
  readonly needsExpiry?: boolean | undefined
  /** Absent: the default ones. */
  readonly bounds?: TokenBounds | undefined
  /** The scopes that the gate knows: others are dropped. Absent: none are dropped here. */
  readonly known?: Pick<ReadonlySet<string>, 'has'> | undefined
  /** Told of those that are dropped. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
}
/** What a token says, once it is proven. */
export interface TokenClaims {
  readonly issuer: string
  readonly subject: string | undefined
  readonly clientId: string | undefined
  readonly tokenId: string | undefined
  readonly scopes: readonly string[]
  /** `exp`, in milliseconds since the epoch. */
  readonly expiresAt: number
  /** All of them. */
  readonly claims: JsonObject
}
/** One way in which claims are not what they must be. */
export type Wrong = (
  check: DenialCheck,
  expected: string | readonly unknown[],
  got: unknown,
  fix?: string,
) => Refusal

// src/jwt/https-agent.d.ts
import { Agent as PlainAgent } from 'node:http'
import { Agent } from 'node:https'
/** Whether an address may be connected to. */
export type AddressCheck = (address: string) => boolean
/**
 * An agent whose connections all go to addresses that `allows` accepts. It checks the addresses that a name resolves to, and then the address of the
 * socket itself. Only one rule of addresses may use an agent: it hands out sockets again without another check. It takes nothing over from the
 * global agent of the process, neither its open sockets nor its settings.
 */
export declare function createHttpsAgent(allows: AddressCheck): Agent
/** The same without TLS. */
export declare function createPlainAgent(allows: AddressCheck): PlainAgent
export declare function privateAddress(): Error

// src/jwt/inline-keys.d.ts
import { type Algorithm } from './algorithms.js'
import { type KeySet } from './key-set.js'
import type { JsonObject } from './strict-json.js'
/** Keys as the option says them. */
export interface InlineKeys {
  readonly algorithms: readonly Algorithm[]
  readonly jwks?: JsonObject | undefined
  readonly publicKey?: readonly string[] | undefined
  readonly secret?: readonly (string | Uint8Array)[] | undefined
}
/** Keys that are given with the option; `undefined` where they are to be asked for. @throws {KeySetError} */
export declare function inlineKeys(given: InlineKeys): KeySet | undefined
/** Whether these algorithms are all for a secret, or all for public keys; `undefined`: some of each. */
export declare function secrecyOf(algorithms: readonly Algorithm[]): boolean | undefined

// src/jwt/introspection-options.d.ts
import type { Duration } from '../lib/duration.js'
import type { TokenBounds } from './bounds.js'
import type { ClaimValue } from './claim-rules.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import type { OutboundFetch } from './outbound.js'
/**
 * An authorization server that is asked what opaque tokens are (RFC 7662). It is asked about what stands in `Authorization: Bearer`, is no JWT of one of the
 * `issuers`, and does not begin as keys of the gate do.
 */
export interface IntrospectionOptions {
  /** Its introspection endpoint: an `https:` URL; while `NODE_ENV` is not `production`, also an `http:` URL of this machine. */
  readonly endpoint: string
  /** What it is called: `auth.issuer`, and `iss` of its answers where they have one. 1 to 256 visible ASCII characters. */
  readonly issuer: string
  /**
   * What this API is called in `aud`, or several such names, 1 to 16. An answer for none of them, or without `aud`, is refused. `false`: the server answers
   * for this API alone, and has seen to it.
   */
  readonly audience: string | readonly string[] | false
  /** The clients whose tokens are accepted, 1 to 64, as those of `issuers`: what `client_id` says. `'named'`: any client, if the answer names one. Default: all clients. */
  readonly clients?: readonly string[] | 'named'
  /** Members of the answer that must have a value, or one of several, as those of `issuers`. Default: none. */
  readonly claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>
  /** The members that scopes are read from, as those of `issuers`. Default: `scope`, else `scp`. */
  readonly scopes?: string | readonly string[]
  /** How large a token and its answer may be, as those of `issuers`. */
  readonly bounds?: Partial<TokenBounds>
  /** This API's own credentials at the server, sent as HTTP Basic (RFC 6749 section 2.3.1). */
  readonly clientId: string
  readonly clientSecret: string
  /** How its opaque tokens begin, such as `'oat_'`: what begins otherwise is a key. Default: whatever does not begin as keys of the gate do. */
  readonly prefix?: string
  /** How far its clock may be from ours: up to five minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** For how long an answer is believed, a token that was revoked meanwhile included: up to a minute. Default `'10s'`. */
  readonly cacheFor?: Duration
  /** Which of the gate's environments its tokens are for. Default: the first. */
  readonly environment?: string
  /** As that of `issuers`; it is given the whole answer. */
  readonly identify?: IdentifyToken
  /** As that of `issuers`. */
  readonly isRevoked?: IsTokenRevoked
  /** Lets it be asked at an address that is not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
  /** Lets it be asked without TLS, for development in a network of containers. Refused in production. Default false. */
  readonly allowHttp?: boolean
  /** As that of `issuers`. */
  readonly fetch?: OutboundFetch
}

// src/jwt/issuer-options.d.ts
import type { Tenants } from './tenants.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Algorithm } from './algorithms.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import type { TokenBounds } from './bounds.js'
import type { ClaimValue, TokenProfile } from './claim-rules.js'
import type { JwkSet } from './jwk.js'
import type { OutboundFetch, OutboundHeaders } from './outbound.js'
/**
 * One issuer whose tokens are taken. Its keys are given by `jwks`, `publicKey` or `secret`, fetched from `jwksUri`, or found by discovery from `issuer`
 * where it has none of these.
 */
export interface IssuerOptions {
  /**
   * The exact value of `iss`, including any trailing slash: an `https:` URL, or another name where its keys are given. `{tenant}` stands for a tenant, with
   * `tenants`. While `NODE_ENV` is not `production`, also an `http:` URL of this machine. `false`: tokens without `iss`, signed with a `secret` of the app's own; then
   * `audience` must be `false`, and neither who made a token nor for whom is checked.
   */
  readonly issuer: string | false
  /** Other values of `iss` that mean this issuer, 0 to 16. Default: none. */
  readonly aliases?: readonly string[]
  /**
   * What this API is called in `aud`, or several such names, 1 to 16. A token for none of them is rejected. `false`: for issuers that put no `aud` into access
   * tokens. `clients` is required then, and ID tokens are rejected: those whose `aud` is their own client, and those with `at_hash` or `c_hash`.
   */
  readonly audience: string | readonly string[] | false
  /**
   * The clients whose tokens are accepted, 1 to 64: what `client_id` says, else `azp`, `cid` or `appid`. Required with `audience: false`. `'named'`: any client, if
   * the token names one, which ID tokens of some issuers do not. `false`, with `audience: false`: the keys, which must be given, are for this API's own client alone.
   * Default: all clients that the issuer gives tokens for this API.
   */
  readonly clients?: readonly string[] | 'named' | false
  /** Accepts ID tokens that are for `audience`, which have `at_hash` or `c_hash` at times. Default false. */
  readonly idTokens?: boolean
  /**
   * Claims that must have a value, or one of several: `{ token_use: 'access' }`. A claim within another is named with a dot. 1 to 16 values each. Default:
   * none.
   */
  readonly claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>
  /**
   * The claims that scopes are read from: `'permissions'`, `'realm_access.roles'`, or several of them, 1 to 16. Each is a text with spaces, a list of texts, or an
   * object whose names are the scopes; other forms give no scopes. Default: `scope`, else `scp`.
   */
  readonly scopes?: string | readonly string[]
  /** How large its tokens may be. Default: 16,384 bytes, 64 audiences, 512 scopes that the gate knows, ids of 1,024 bytes. */
  readonly bounds?: Partial<TokenBounds>
  /** How its tokens may be signed. Either all with public keys, or one with a secret. */
  readonly algorithms: readonly Algorithm[]
  /** Where its keys are: an `https:` URL of a JWK Set. */
  readonly jwksUri?: string
  /** Its public keys. */
  readonly jwks?: JwkSet
  /** Its public key in PEM (SPKI), or up to 8 of them while it changes. With one algorithm. */
  readonly publicKey?: string | readonly string[]
  /** What HMAC tokens are signed with: at least 32 bytes, 48 for HS384, 64 for HS512; or up to 8 such secrets while it changes. With one algorithm. */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
  /**
   * `'rfc9068'`: its tokens are JWT access tokens of type `at+jwt`, with the claims that RFC 9068 asks for. `'any'`: of type `JWT` or none, with `iss`,
   * `aud` and `exp` at least; `sub` may be a whole number, which counts as its text, or empty, which counts as absent. Default `'rfc9068'`.
   */
  readonly profile?: TokenProfile
  /**
   * The claim that names the user, in the place of `sub`: `'id'` for tokens of `jwt.sign({ id }, secret)`, `'oid'` for those of Entra ID. Dots lead into objects. It becomes `auth.subject`,
   * and is written where the audit log and keys say who did something. Default `'sub'`.
   */
  readonly subjectClaim?: string
  /** How far its clock may be from ours: up to five minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** The longest time from `iat` to `exp` that is believed. Default `'24h'`. */
  readonly maxLifetime?: Duration
  /** Which of the gate's environments its tokens are for; where that has hosts, they work there alone. Default: the first. */
  readonly environment?: string
  /**
   * Who the caller is, from the verified claims; `undefined` rejects the token with 401. May be async, within 250 ms; an error or the time limit is 503. Called once for each
   * token, and again after 5 minutes or `gate.tokens.forget`. Default: the owner is issuer and subject together, `https://issuer.example#user-1`.
   */
  readonly identify?: IdentifyToken
  /** Whether a token was revoked: `true` rejects it with 401 `token_revoked`. Called with each request; may be async, as `identify`. Default: none is. */
  readonly isRevoked?: IsTokenRevoked
  /** The tenants whose tokens are accepted, where `issuer` has `{tenant}` in it: a list, or a function, which may be async, within 250 ms. Default: no tenants. */
  readonly tenants?: Tenants
  /** The claim that must have the tenant of `issuer`. Default `'tid'`. */
  readonly tenantClaim?: string
  /** Lets keys be fetched from addresses that are not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
  /** Lets the issuer be asked without TLS, for development in a network of containers. Refused in production. Default false. */
  readonly allowHttp?: boolean
  /** Headers of requests for its keys, or a function that returns them, which may be async. Default: none. */
  readonly headers?: OutboundHeaders
  /** What fetches its keys in place of the gate's own client, such as a `fetch` through a proxy. Addresses are not checked then. Default: that of the gate. */
  readonly fetch?: OutboundFetch
}
/**
 * Finds the options of the issuer of a token by its `iss`, which is not proven yet; `undefined`: the app knows none. Within 250 ms. What it returns is remembered
 * for 5 minutes, `undefined` for 30 seconds.
 */
export type FindIssuer = (iss: string) => MaybePromise<IssuerOptions | undefined>

// src/jwt/issuers.d.ts
import { type Duration } from '../lib/duration.js'
import type { Elapsed } from '../lib/elapsed.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { Algorithm } from './algorithms.js'
import type { TokenBounds } from './bounds.js'
import type { ClaimRules, ClaimValue, TokenProfile } from './claim-rules.js'
import { type InlineKeys } from './inline-keys.js'
import { type KeySource } from './key-source.js'
import { type OutboundFetch, type OutboundHeaders } from './outbound.js'
/** An issuer as the option says it, with every default. */
export interface IssuerDescription extends InlineKeys {
  /** `false`: tokens without `iss`. */
  readonly issuer: string | false
  readonly aliases: readonly string[]
  readonly audience: readonly string[] | false
  readonly clients?: readonly string[] | 'named' | false | undefined
  readonly idTokens: boolean
  readonly subjectClaim: string
  readonly claims?: Readonly<Record<string, readonly ClaimValue[]>> | undefined
  readonly scopes?: readonly string[] | undefined
  readonly bounds: TokenBounds
  readonly profile: TokenProfile
  readonly clockTolerance: Duration
  readonly maxLifetime: Duration
  readonly jwksUri?: string | undefined
  readonly allowPrivateAddresses: boolean
  readonly allowHttp: boolean
  readonly headers?: OutboundHeaders | undefined
  readonly fetch?: OutboundFetch | undefined
}
/** Whose tokens are taken, and by which rules. */
export interface Issuer extends ClaimRules {
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeySource
}
export interface IssuerContext {
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** Told of others that come. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
  /** What fetches keys, where the issuer has nothing of its own. Absent: our own client. */
  readonly fetch?: OutboundFetch | undefined
  /** By which keys grow old. */
  readonly elapsed: Elapsed
  readonly onError: (error: unknown) => void
}
/** What the issuer of tokens is called that name none. With its space, it is nothing that an issuer can be called. */
export declare const NO_ISSUER = '(no issuer)'
/**
 * @param keys where they come from, if that is known already
 * @throws {KeySetError} for inline keys that no token may be checked with.
 */
export declare function createIssuer(
  description: IssuerDescription,
  context: IssuerContext,
  keys?: KeySource,
): Issuer
/** Whether the keys of both come from the same place. Functions of the app's, which may be made for each answer, are taken for the same. */
export declare function hasSameKeys(one: IssuerDescription, other: IssuerDescription): boolean

// src/jwt/jwk.d.ts
/** A JSON Web Key (RFC 7517 section 4), with the members of RSA, EC and octet key pairs (RFC 7518 section 6, RFC 8037 section 2). */
export interface Jwk {
  /** The family of the key: `'RSA'`, `'EC'` or `'OKP'`. */
  kty?: string
  /** `'sig'` for a key of signatures. */
  use?: string
  key_ops?: string[]
  /** The algorithm that the key is for, such as `'RS256'`. */
  alg?: string
  /** The name by which tokens refer to the key. */
  kid?: string
  /** Modulus and exponent of an RSA key. */
  n?: string
  e?: string
  /** The curve and the point of an EC key; of an octet key pair, `x` alone. */
  crv?: string
  x?: string
  y?: string
  /** The private part. The further ones are of an RSA key. */
  d?: string
  p?: string
  q?: string
  dp?: string
  dq?: string
  qi?: string
  x5c?: string[]
  x5t?: string
  'x5t#S256'?: string
  x5u?: string
}
/** A JWK Set (RFC 7517 section 5). */
export interface JwkSet {
  keys: Jwk[]
}

// src/jwt/key-set.d.ts
import type { CompactVerifyGetKey } from 'jose'
import { type Algorithm } from './algorithms.js'
import type { TokenHeader } from './parse.js'
import { type JsonObject } from './strict-json.js'
export declare const MAX_KEYS = 64
/** Keys that tokens are checked with; another object when they are others. */
export interface KeySet {
  /** Whether a token with this header can be checked at all. */
  knows(header: TokenHeader): boolean
  /** Tried one after the other; each finds the key for a token, or is a key. */
  readonly keys: readonly CompactVerifyGetKey[]
  /** How many keys it has. */
  readonly size: number
  /** What its keys are called in tokens, for people. */
  readonly kids: readonly string[]
  /** The same for sets of the same keys. */
  readonly name: string
}
/** A set that nobody should trust; the message begins with what is wrong, and never has a key in it. */
export declare class KeySetError extends Error {
  readonly name = 'KeySetError'
}
/**
 * The keys of a JWK Set (RFC 7517 section 5) that tokens may be checked with, each pinned to one algorithm (RFC 8725 section 3.1). A key that is for
 * something else, or is not understood, is left out; one that is meant for tokens and cannot be used is told of.
 * @param onUnusable called with what is wrong with a key, after "A key of issuer 'x' cannot be used:"
 * @throws {KeySetError} for what is no JWK Set, and for one with a secret in it: who publishes that has lost it.
 */
export declare function createKeySet(
  document: JsonObject,
  algorithms: readonly Algorithm[],
  onUnusable?: (why: string) => void,
): KeySet
/** Secrets, for one algorithm. A token may say what it likes about which key that is. */
export declare function createSecretKeySet(secrets: readonly Uint8Array[]): KeySet
/** Public keys in PEM, for one algorithm. They have no names, so a token may say what it likes about which one it is. */
export declare function createPemKeySet(pems: readonly string[], algorithm: Algorithm): KeySet

// src/jwt/key-source.d.ts
import { Refusal } from '../core/denial.js'
import type { Elapsed } from '../lib/elapsed.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeySet } from './key-set.js'
import type { TokenHeader } from './parse.js'
/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The keys that count at this moment; `undefined` where there are none. Asks nobody to wait. */
  current(): KeySet | undefined
  /** The keys that a token with this header is to be checked with, or why they cannot be had; `undefined`: there is no key for it. */
  find(header: TokenHeader): MaybePromise<KeySet | Refusal | undefined>
}
export declare function createFixedKeySource(set: KeySet): KeySource
/**
 * Keys that somebody else publishes. They are asked for once however many wait for them, again when a token names one that is not among them, and
 * beside the requests when they have grown old. While asking fails, the last good ones count. Anybody can make up the names of keys: questions are apart, and each is asked for
 * all who wait. So nobody uses up what others need, and that there is no such key was said by the issuer a few seconds ago at most.
 */
export declare function createRemoteKeySource(
  load: () => Promise<KeySet>,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): KeySource

// src/jwt/outbound.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { AddressCheck } from './https-agent.js'
/** What is read of an answer. That of `fetch` has it. */
export interface OutboundResponse {
  readonly status: number
  readonly headers: {
    get(name: string): string | null
  }
  /** The pieces of the body, as bytes: what `for await` can read. */
  readonly body: unknown
}
/** What a request asks for. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Record<string, string>
  readonly body?: string
  /** Redirects are not to be followed. */
  readonly redirect: 'manual'
  /** Aborted where the time is over. */
  readonly signal: AbortSignal
}
/** A function in place of the gate's own client, with the form of `fetch`: for a proxy or an agent of your own. */
export type OutboundFetch = (url: string, request: OutboundRequest) => Promise<OutboundResponse>
/** Headers of requests for keys and metadata, or a function that is called for each of them. */
export type OutboundHeaders =
  Readonly<Record<string, string>> | (() => MaybePromise<Readonly<Record<string, string>>>)
/** Whether a URL without TLS may be asked: of this machine, or one that the option allows; never in production. */
export declare function isPlainAllowed(url: URL, allowHttp: boolean): boolean
/** The addresses that may be connected to for a URL that the app has named, and for those that it leads to. */
export declare function addressesFor(named: URL, allowPrivate: boolean): AddressCheck
/** `localhost` (RFC 6761 section 6.3), 127.0.0.0/8 and ::1, in the way that a URL is understood. */
export declare function isLocal(url: URL): boolean
/** The address that stands in the URL itself, in the way that a URL is understood: `0x7f.1` is 127.0.0.1. */
export declare function addressIn({ hostname }: URL): string | undefined

// src/jwt/parse.d.ts
import { type Refusal } from '../core/denial.js'
import { type JsonObject } from './strict-json.js'
/** What a token says of itself. Nothing of it is proven. */
export interface TokenShape {
  readonly header: TokenHeader
  readonly claims: JsonObject
}
export interface TokenHeader {
  readonly alg: string
  readonly kid: string | undefined
  readonly typ: string | undefined
}
/**
 * Whether a credential is meant as a token: it has a dot, and what stands before the first one is a JSON object in base64url. No key that was issued
 * here has a dot.
 */
export declare function isTokenLike(credential: string): boolean
/**
 * Reads a token that is written as RFC 7515 section 7.1 has it, in the one way that this can be done: three parts of canonical base64url, so
 * that no second text is the same token; a header and claims that are read alike by everybody. Refuses anything else. Keys that a
 * header brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at. At most `most` bytes of it are read.
 */
export declare function readShape(token: string, most?: number): TokenShape | Refusal
/** @param issuer absent where it is not known yet */
export declare function refuseSize(token: string, most: number, issuer?: string): Refusal

// src/jwt/strict-json.d.ts
/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>
export declare const MAX_JSON_DEPTH = 16
/**
 * The object that these bytes are as JSON, read in the one way that all readers agree on: UTF-8 without a byte order mark, nothing around it, no name
 * twice in one object, at most 16 objects and lists in each other. `undefined` for anything else.
 */
export declare function readStrictJson(bytes: Uint8Array): JsonObject | undefined
export declare function isJsonObject(value: unknown): value is JsonObject

// src/jwt/tenants.d.ts
import type { IssuerDescription } from './issuers.js'
import { type MaybePromise } from '../lib/maybe.js'
/** The tenants whose tokens count: a list, or a function that says so of each. */
export type Tenants = readonly string[] | ((tenant: string) => MaybePromise<boolean>)
/** What stands for the tenant in `issuer` and `jwksUri`. */
export declare const TENANT = '{tenant}'
/** Of many tenants, each of which has an issuer of its own. */
export interface TenantPattern extends IssuerDescription {
  readonly tenants?: Tenants | undefined
  /** The claim that names the tenant. */
  readonly tenantClaim: string
}
/** The issuer of one tenant, whose tokens must name that tenant; `undefined`: it is of no pattern, or the tenant does not count. */
export declare function issuerOfTenant<T extends TenantPattern>(
  patterns: readonly T[],
  iss: string,
): MaybePromise<T | undefined>

// src/jwt/token-cache.d.ts
import { type Refusal } from '../core/denial.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { TokenClaims } from './claim-rules.js'
import type { VerifiedToken, VerifyToken } from './verify.js'
/** What a token stands for. */
export interface Weighed {
  /** About how many bytes are taken by what is remembered of the token. */
  readonly weight: number
}
/** Whoever can get many tokens for itself gets them with the same subject; a client without a user has none. */
export declare function whoseIs({ issuer, subject, clientId }: TokenClaims): string
/** Tokens that were verified a short while ago. */
export interface TokenCache<T> {
  /** Answers at once for a token that is remembered; asks nobody for anything. */
  recall(token: string): T | Refusal | undefined
  /**
   * Finds out what a token stands for, and remembers it. `source`: who brings it; absent where that is not known. `anew`: whether what was answered to others, or is
   * being asked for them, is no answer.
   */
  find(token: string, source?: string, anew?: boolean): MaybePromise<T | Refusal>
  /** Whether a token was good before, whatever has become of it since. Absent where none can be guessed. */
  knows?(token: string): boolean
  /** Forgets what these tokens stand for: they are looked at anew. */
  readonly forget: (whose: (token: TokenClaims) => boolean) => void
}
/**
 * Remembers what good tokens stand for, under a digest of the whole token: no part of it that is not signed could be another's. Of a gate, whose rules do not
 * change. An entry counts while its issuer has the very keys that it was verified with, and for 5 minutes at most; whether the token has ended is
 * for the caller to ask each time.
 */
export declare function createTokenCache<T extends Weighed>(
  verify: VerifyToken,
  prepare: (verified: VerifiedToken) => MaybePromise<T | Refusal>,
): TokenCache<T>

// src/jwt/verify.d.ts
import type { Refusal } from '../core/denial.js'
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { TokenClaims } from './claim-rules.js'
import type { Issuer } from './issuers.js'
import type { KeySet } from './key-set.js'
import { type TokenShape } from './parse.js'
/** A token that is what it says, and what this was found out with. */
export interface VerifiedToken {
  readonly token: TokenClaims
  readonly issuer: Issuer
  readonly keys: KeySet
}
/** Whose tokens are taken. */
export interface IssuerBook {
  /**
   * Whose token it is, by its `iss`, which is not proven; `undefined`: that of nobody. `source`: who brings it; absent where that is not known. `anew`: whether the app
   * is asked again, where it is asked.
   */
  find(
    iss: string | undefined,
    source?: string,
    anew?: boolean,
  ): MaybePromise<Issuer | Refusal | undefined>
  /** The names that count, for people. */
  readonly names: readonly string[]
  /** Bytes that the longest token of any of them may have. */
  readonly longest: number
}
export interface VerifyContext {
  readonly issuers: IssuerBook
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** `source`: who brings the token; absent where that is not known. `anew`: whether the app is asked again whose tokens count. */
export type VerifyToken = (
  token: string,
  source?: string,
  anew?: boolean,
) => MaybePromise<VerifiedToken | Refusal>
/**
 * Verifies tokens: first how one is written, then whose it is, then its signature, then its claims. The issuer comes before its keys: a
 * key of one issuer never verifies a token of another (RFC 8725 section 3.8).
 */
export declare function createTokenVerifier(context: VerifyContext): VerifyToken
/** Those issuers and no others. */
export declare function createIssuerBook(issuers: readonly Issuer[]): IssuerBook
/** Checks the signature of a token, then its claims. */
export declare function proveToken(
  token: string,
  shape: TokenShape,
  rules: Omit<Issuer, 'keys'>,
  keys: KeySet,
  { clock, onError }: Pick<VerifyContext, 'clock' | 'onError'>,
): Promise<TokenClaims | Refusal>

// src/keys/access-rule.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyRecord } from './record.js'
/** What is asked about a key before it is made. */
export type AskedKey = Pick<KeyRecord, 'ownerId' | 'environment' | 'scopes' | 'plan'>
/** Whether an owner may have a key: not, and what is missing in words for the owner; or yes, and what it has by its approval. */
export type KeyAdmission =
  | {
      readonly refused: 'access_not_approved' | 'terms_not_accepted'
      readonly message: string
    }
  | {
      readonly refused?: never
      /** For a key that names none. */
      readonly plan?: string
    }
/** Says whether an owner may have keys. @throws {StoreError} where that cannot be known */
export type AdmitKey = (key: AskedKey) => MaybePromise<KeyAdmission>

// src/keys/audited-key-store.d.ts
import type { ChangedBy } from '../core/changed-by.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyAction, KeyOutcome, KeyStanding } from './key-change.js'
import type { KeyChange, KeyStore } from './key-store.js'
import type { KeyRecord } from './record.js'
import type { TimedKeyStore } from './store-timeout.js'
/** A change of a key, as it is told to whoever remembers changes. */
export interface KeyEvent {
  readonly action: KeyAction
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what changes. */
  readonly changed?: readonly string[]
  readonly successorId?: string
  /** Absent: it stays as it is. */
  readonly standing?: KeyStanding
  /** Why, as who makes it says. */
  readonly why?: string
}
/**
 * Told of changes that are about to be made, and by whom; what it answers is told how they ended. What it throws keeps them from being made.
 */
export type KeyJournal = (
  events: readonly KeyEvent[],
  by: ChangedBy | undefined,
) => MaybePromise<(outcome: KeyOutcome) => MaybePromise<void>>
/** A change of a record that was read already. */
export interface KnownChange extends KeyChange {
  readonly record?: KeyRecord
}
/** A store whose journal is told why a key is changed: of a revocation, the record itself says it. */
export interface ReasonedKeyStore extends KeyStore {
  update(
    ...change: [...Parameters<KeyStore['update']>, why?: string | undefined]
  ): ReturnType<KeyStore['update']>
}
/** The same store, each change of which is told to a journal. */
export declare function createAuditedKeyStore(
  store: TimedKeyStore,
  tell: (events: readonly KeyEvent[]) => ReturnType<KeyJournal>,
  inserting?: 'create' | 'import',
): TimedKeyStore & ReasonedKeyStore

// src/keys/authenticate.d.ts
import { type Identity } from '../core/auth.js'
import { Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import { type Tally } from '../core/tally.js'
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { KeyCache } from './key-cache.js'
import type { LegacyLookup } from './legacy.js'
import type { KeyRecord } from './record.js'
/** A key as it is cached: who it is, and what decides whether it still stands. */
export interface KnownKey extends Identity {
  /** Why it is refused whatever the time is; absent: it is not. */
  readonly refusal: Refusal | undefined
  /** What is said after `endsAt`. */
  readonly ended: Refusal
  /** Milliseconds since the epoch. */
  readonly endsAt: number
  readonly tally: Tally
}
/** Says whose key a secret is. */
export interface KeyAuthenticator {
  /** A secret that was a key's when the store was last asked is no guess, whatever has been changed of it since. */
  (context: RequestContext): MaybePromise<KnownKey | Refusal>
  /** The same for the key with this id, for whoever holds something that was made from it. */
  byId(id: string): MaybePromise<KnownKey | Refusal>
}
/** What a key authenticator works with. */
export interface KeyAuthenticatorContext {
  readonly cache: KeyCache<KnownKey>
  /** That of the keys of the gate. */
  readonly prefix: string
  readonly environments: readonly string[]
  readonly clock: Clock
  /** Asked about secrets that are not of the gate's own format. Absent: nobody knows them. */
  readonly askLegacy: LegacyLookup | undefined
  readonly onError: (error: unknown) => void
}
/**
 * Says whose key a secret is. A mistyped secret is refused without asking the store; a store that fails is told to `onError` and is
 * no verdict on the key.
 */
export declare function createKeyAuthenticator(context: KeyAuthenticatorContext): KeyAuthenticator
/** @throws {StoreError} for a record that cannot be understood: its key must not work. */
export declare function createKeyPreparer(
  environments: readonly string[],
  defaultPlan: string | undefined,
): (record: KeyRecord) => KnownKey

// src/keys/caller-metadata.d.ts
import type { KeyPatch, KeyRecord } from './record.js'
/**
 * Which members of a key's metadata callers may set: none, all, or those of these names.
 */
export type CallerMetadata = 'none' | 'all' | readonly string[]
type Metadata = KeyRecord['metadata']
/** In characters of JSON. */
export declare const MAX_METADATA = 4096
/**
 * The metadata of a key after a caller has set it: members that it may not set stay as they are, whether it repeats or leaves them out. Another value
 * for one of them is refused.
 * @throws {RefusedChange}
 * @param rule absent: callers set all but what code has set
 */
export declare function metadataAfter(
  { metadata: before, metadataOverHttp: theirs }: Pick<KeyRecord, 'metadata' | 'metadataOverHttp'>,
  wanted: Metadata,
  rule: CallerMetadata | undefined,
): Pick<KeyPatch, 'metadata' | 'metadataOverHttp'>
export {}

// src/keys/calls.d.ts
import type * as v from 'valibot'
/** How each call is written: shown where an argument, or a part of it, is missing. */
declare const EXAMPLES: {
  readonly 'gate.keys.create': "gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] })"
  readonly 'gate.keys.get': 'gate.keys.get(key.id)'
  readonly 'gate.keys.findBySecret': 'gate.keys.findBySecret(secret)'
  readonly 'gate.keys.list': "gate.keys.list({ ownerId: 'org_1', limit: 50 })"
  readonly 'gate.keys.update': "gate.keys.update(key.id, { name: 'CI', scopes: ['read:orders'] })"
  readonly 'gate.keys.rotate': "gate.keys.rotate(key.id, { gracePeriod: '24h' })"
  readonly 'gate.keys.revoke': "gate.keys.revoke(key.id, { reason: 'leaked' })"
  readonly 'gate.keys.revokeAll': "gate.keys.revokeAll({ ownerId: 'org_1', reason: 'leaked' })"
  readonly 'gate.keys.import': "gate.keys.import({ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'], secret })"
  readonly 'gate.keys.importLines': "gate.keys.importLines(createReadStream('keys.jsonl', 'utf8'))"
  readonly 'gate.keys.due': "gate.keys.due({ within: '14d', limit: 50 })"
  readonly 'gate.keys.usage': "gate.keys.usage(key.id, { since: new Date('2030-01-01') })"
  readonly 'gate.keys.usageOfOwner': "gate.keys.usageOfOwner('org_1', { from: new Date('2030-01-01') })"
  readonly 'gate.events.chooseReminders': "gate.events.chooseReminders('org_1', [14, 7])"
  readonly 'gate.events.reminders': "gate.events.reminders('org_1')"
  readonly 'gate.events.failed': 'gate.events.failed({ limit: 50 })'
  readonly 'gate.limits.peek': 'gate.limits.peek(authOf(req))'
  readonly "'keys.legacy'": "{ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] }"
}
/** A call that is checked. */
export type CheckedCall = keyof typeof EXAMPLES
/** Input that has the form it must have, completed with its defaults. @throws {MisuseError} `invalid_key_input` */
export declare function checkInput<T>(
  schema: v.GenericSchema<unknown, T> & {
    readonly entries: object
  },
  input: unknown,
  where: CheckedCall,
): T
/** @throws {MisuseError} `invalid_key_input`, with how the call is written */
export declare function refuseArgument(where: CheckedCall, complaint: string): never
export {}

// src/keys/change-feed.d.ts
import type { MaybePromise } from '../lib/maybe.js'
/** A key that was changed, and the version that it has since. */
export interface KeyChanged {
  readonly id: string
  readonly version: number
}
/** Who wants to know of changes. */
export interface KeyChangeListener {
  /** Told of each change, of any instance, in any order, and possibly again. */
  changed(change: KeyChanged): void
  /** Told once when changes may have gone by unheard: this subscription is over. */
  lost(cause: unknown): void
}
/** One instance, listening. */
export interface KeyChangeSubscription {
  /**
   * Resolves once the listener was told of every change that was committed before this call; rejects where that cannot be known. Absent where
   * a change is told before the call that made it returns.
   */
  catchUp?(): MaybePromise<void>
  /** Stops listening, whatever state the connection is in. */
  close(): MaybePromise<void>
}
/** How the instances of an API tell each other that a key was changed. */
export interface KeyChangeFeed {
  /** Listens from the moment on at which it resolves. */
  listen(listener: KeyChangeListener): MaybePromise<KeyChangeSubscription>
  /**
   * Tells all instances of a change that is committed. Absent where the store does, in the transaction of the change. What is heard from a
   * feed that has it may come from anybody: it makes an instance read a key anew, and no more.
   */
  publish?(change: KeyChanged): MaybePromise<void>
}

// src/keys/create.d.ts
import { Refusal } from '../core/denial.js'
import type { AdmitKey, AskedKey } from './access-rule.js'
import { type CreateKeyInput } from './input.js'
import type { Judge, KeyContext } from './key-context.js'
import { type ApiKey, type KeyRecord } from './record.js'
/** A key with its secret, which is stored nowhere. */
export interface IssuedKey extends ApiKey {
  readonly secret: string
}
/** @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`, and as `checkAdmittedKey`. @throws {StoreError} */
export declare function createKey(
  context: KeyContext,
  input: CreateKeyInput,
  judge?: Judge,
): Promise<IssuedKey>
/** The record of a key that begins now. What a caller has set of its metadata is not what code has set. */
export declare function firstRecord(
  context: KeyContext,
  fields: ReturnType<typeof checkNewKey>,
  secret: string,
): KeyRecord
/** What a key that begins now can have. @throws {MisuseError} */
export declare function checkNewKey(
  context: KeyContext,
  input: CreateKeyInput,
): {
  expiresAt?: Date
  resources?: string[]
  tenantIds?: string[]
  allowedIps?: string[]
  environment: string
  limit?: number
  plan?: string
  kind: 'sk' | 'pk'
  scopes: string[]
  metadata: Record<string, unknown>
  name: string
  ownerId: string
}
/**
 * The same of a key that its owner may have. Where the input names no plan, it is the one that access was approved with, else that of the maker; who may not do
 * everything can name no other.
 * @throws {MisuseError} @throws {KeyError} `access_not_approved`, `terms_not_accepted`. @throws {RefusedChange} @throws {StoreError}
 */
export declare function checkAdmittedKey(
  context: KeyContext,
  input: CreateKeyInput,
): Promise<{
  expiresAt?: Date
  resources?: string[]
  tenantIds?: string[]
  allowedIps?: string[]
  environment: string
  limit?: number
  plan?: string
  kind: 'sk' | 'pk'
  scopes: string[]
  metadata: Record<string, unknown>
  name: string
  ownerId: string
}>
/** A plan is nobody's to hand out; who names the one that the key has anyway says nothing new. */
export declare function refusePlan(
  named: string | undefined,
  own: string | undefined,
): Refusal | undefined
/** The plan that an owner's access was approved for, if it may have this key. @throws {KeyError} as `checkAdmittedKey`. @throws {StoreError} */
export declare function admit(admitKey: AdmitKey, asked: AskedKey): Promise<string | undefined>
/** @throws {DuplicateKeyError} @throws {StoreError} */
export declare function storeKey(
  context: KeyContext,
  record: KeyRecord,
  secret: string,
): Promise<IssuedKey>
/** @throws {KeyError} `already_issued`, where a store says that the id or the digest is taken. */
export declare function refuseTaken(cause: unknown): never
/** A record that is not stored yet. */
export declare function newRecord(
  context: KeyContext,
  fields: Pick<KeyRecord, 'name' | 'ownerId' | 'environment' | 'kind' | 'scopes' | 'metadata'>,
  digest: string,
  hint: string,
): KeyRecord

// src/keys/digest.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import { type FindPeppers, type PepperContext } from './peppers.js'
/** SHA-256 in base64url, in one shot: the name under which a secret is remembered, and what is stored of a key where there is no pepper. */
export declare function fingerprint(secret: string): string
/** Turns the fingerprint of a secret into what is stored of it. */
export interface Digester {
  /** To be awaited before anything else: peppers that come from elsewhere are there then. @throws {StoreError} while they cannot be had */
  ready(): MaybePromise<unknown>
  /** Whether there are other peppers since a moment ago. @throws {StoreError} while nobody can tell */
  again(): MaybePromise<boolean>
  /** What a new key is stored under. */
  current(fingerprint: string): string
  /** All that a key may be stored under, that of the newest pepper first. */
  candidates(fingerprint: string): readonly string[]
}
/**
 * HMAC-SHA256 of the fingerprint with each pepper, the first being the current one; the fingerprint itself last, for keys that were stored
 * before there was a pepper. Of the fingerprint and not of the secret, so that a key which is imported by its digest is stored like any other.
 */
export declare function createDigester(
  given: readonly string[] | FindPeppers,
  context: PepperContext,
): Digester
/** A SHA-256 in hex, base64 or base64url as a fingerprint; `undefined` if it is none. */
export declare function readFingerprint(text: string): string | undefined

// src/keys/due.d.ts
import * as v from 'valibot'
import { type Duration } from '../lib/duration.js'
import type { KeyContext } from './key-context.js'
import type { KeyFilter, Page } from './key-store.js'
import { type ApiKey } from './record.js'
/** Which keys wait for their rotation. */
export interface DueQuery extends Pick<KeyFilter, 'ownerId' | 'environment' | 'limit' | 'cursor'> {
  /** Also those that will be due within this time. Default `'0s'`: those that are due. */
  readonly within?: Duration
}
/** A key that should be rotated. */
export interface DueKey extends ApiKey {
  /** When it should have a successor. */
  readonly dueAt: Date
}
export declare function within(): v.CustomSchema<
  `${number}ms` | `${number}s` | `${number}m` | `${number}h` | `${number}d`,
  v.ErrorMessage<v.CustomIssue> | undefined
>
/** Keys that were made before this are due within a time from now. */
export declare function madeBefore({ rotateAfter }: KeyContext, time: Duration, now: number): Date
/** Active keys without a successor, in the order in which they are due. @throws {MisuseError} @throws {StoreError} */
export declare function listDueKeys(context: KeyContext, query: DueQuery): Promise<Page<DueKey>>

// src/keys/feed-monitor.d.ts
import type { Elapsed } from '../lib/elapsed.js'
import type { KeyChangeFeed, KeyChangeListener } from './change-feed.js'
/** Three beats: whoever has not caught up for so long may have missed a change. */
export declare const PROOF_MS = 3000
export interface FeedMonitorListener extends Pick<KeyChangeListener, 'changed'> {
  /**
   * Changes may have been missed since `provenAt`, by `elapsed`: what is remembered is no answer any more where the
   * store gives one. `-Infinity`: nothing was proven since the last time.
   */
  forget(lastConfirmedAt: number): void
}
/** Whether what is remembered of keys still holds. */
export interface FeedMonitor {
  /** Begins to listen, unless it does already. */
  start(listener: FeedMonitorListener): void
  /** Every change from before this was heard, by `elapsed`. `Infinity`: nothing is missed unnoticed; `-Infinity`: nothing is heard. Read with each request: no call. */
  readonly lastConfirmedAt: number
  /** Which unbroken stretch of listening this is; `undefined` where nothing is heard. */
  epoch(): number | undefined
  close(): Promise<void>
}
/**
 * Listens, and proves once a second that it hears: what was committed before a beat has been heard when the beat has. A
 * silent connection, a broken one and a suspended process all show in the same way: the last proof is too old.
 */
export declare function createFeedMonitor(
  feed: KeyChangeFeed | undefined,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): FeedMonitor

// src/keys/format.d.ts
/** `sk`: secret, for servers. `pk`: publishable, may stand in a client. */
export type KeyKind = 'sk' | 'pk'
/** 27 base62 characters are 160.7 bits. */
export declare const BODY_LENGTH = 27
export declare const CHECKSUM_LENGTH = 6
/** 22 base62 characters are 131 bits. */
export declare const ID_LENGTH = 22
/** The longest secret, issued or imported, in characters. */
export declare const MAX_SECRET_LENGTH = 256
/**
 * CRC32 (the one of zip and PNG) of the first `end` characters of an ASCII string. Not `zlib.crc32`: that is made for buffers, and
 * the call into it costs twice as much as the work on the 40 characters that every request brings.
 */
export declare function crc32(text: string, end: number): number
/** CRC32 of the text in six base62 digits. It finds typing errors and random strings; it proves nothing. */
export declare function checksum(text: string): string
/** The id of a key: `key_<body>`; a new one unless its body is given. */
export declare function mintId(body?: string): string
/** A secret: `<prefix>_<environment>_<kind>_<body><checksum>`; a new one unless its body is given. */
export declare function mintSecret(
  prefix: string,
  environment: string,
  kind: KeyKind,
  body?: string,
): string
/**
 * Whether a string has the shape of a secret with this prefix and a checksum that is wrong. False for any
 * other shape: keys issued elsewhere look as they like.
 */
export declare function isMistyped(secret: string, prefix: string): boolean
/** Whether a string has the shape of a secret with this prefix, whatever its checksum is. */
export declare function isOwnFormat(secret: string, prefix: string): boolean
/**
 * What a key is recognised by where its secret may not be shown: its last 4 characters, and how it begins if that is the prefix of this
 * gate: of a secret from elsewhere, the beginning may be the secret part.
 */
export declare function hintOf(secret: string, prefix: string): string

// src/keys/http/context.d.ts
import type { Catalogue } from '../../core/catalogue.js'
import type { Credential } from '../../core/credential.js'
import type { Decision, Denial } from '../../core/decision.js'
import type { Refusal } from '../../core/denial.js'
import type { GateRequest } from '../../core/request.js'
import type { RequirementReader } from '../../core/requirement-reader.js'
import type { CheckedRequirement } from '../../core/requirement.js'
import type { Clock } from '../../lib/clock.js'
import type { MaybePromise } from '../../lib/maybe.js'
import type { ApiKey } from '../record.js'
import type { KeyRuntime } from '../runtime.js'
type Decide<S extends string> = (
  request: GateRequest,
  requirement: CheckedRequirement<S>,
  isFree?: boolean,
) => MaybePromise<Decision<S>>
/** What the key endpoints of a gate work with. */
export interface KeyEndpointsContext<S extends string> extends Pick<
  KeyRuntime<object>,
  'heldContextFor' | 'lookAgain'
> {
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly catalogue: Catalogue
  /** Those whose keys a caller of this environment manages. */
  readonly managedBy: (environment: string) => readonly string[]
  readonly readRequirement: RequirementReader<S>
  readonly check: Decide<S>
  /** The same anew, whatever was decided before, without counting the request twice. */
  readonly checkAgain: Decide<S>
  /** For a caller that ends its own credential: it is neither charged nor held to its address list. */
  readonly checkEnd: (request: GateRequest) => MaybePromise<Decision<S>>
  /** Counts a request that was let in for free. */
  readonly charge: Decide<S>
  /** The client's address, as far as it is known. */
  readonly clientOf: (request: GateRequest) => string | undefined
  /** When the key of a caller that was let in was made by a rotation, in milliseconds since the epoch. */
  readonly successorSince: (request: GateRequest) => number | undefined
  /** The plan and the limit of a key that are in force, where they are others than those of the key. */
  readonly inForce: (key: ApiKey) => Pick<ApiKey, 'plan' | 'limit'>
  readonly clock: Clock
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  /** A request with a grant is answered. */
  readonly done: (request: GateRequest) => void
  readonly onError: (error: unknown) => void
}
export {}

// src/keys/http/endpoints.d.ts
import type { Answer, Denial } from '../../core/decision.js'
import type { EndpointRequest } from '../../http/body.js'
import type { KeyEndpointsRequirement } from './settings.js'
/**
 * Keys over HTTP, under the path where they are mounted: `POST /`, `GET /`, `GET /due`, `GET /:id`, `PATCH /:id`, `DELETE /:id`,
 * `POST /:id/rotate`; and for whoever holds a key, `GET /self` and `DELETE /self`. A caller sees and touches only keys of its own owner.
 * @throws {MisuseError} at start-up
 */
export type KeyEndpoints<S extends string = string> = (
  requirement: KeyEndpointsRequirement<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>

// src/keys/http/settings.d.ts
import type { RequirementReader } from '../../core/requirement-reader.js'
import { CheckedRequirement, type Requirement } from '../../core/requirement.js'
import type { CallerMetadata } from '../caller-metadata.js'
/** What the key endpoints requirement of their callers: at least one scope, or every key could manage keys. And what callers may do there. */
export type KeyEndpointsRequirement<S extends string = string, R = never> = Requirement<S, R> & {
  readonly scopes: readonly S[]
  /**
   * In which environments callers may make keys, of those that they manage: see `manages` of the option `environment`. Default: their
   * own. Credits, quotas and other limits are counted for each environment.
   */
  readonly environments?: readonly string[]
  /** Which metadata callers may set. Default: all but the members that code of the server has set. */
  readonly metadata?: CallerMetadata
}
/** What callers may do, checked. Absent members have their defaults. */
export type CallerSettings = Pick<KeyEndpointsRequirement, 'environments' | 'metadata'>
/** What is asked of callers, and what they may do. */
export interface ManagingRequirement<S extends string> {
  readonly requirement: CheckedRequirement<S>
  readonly settings: CallerSettings
}
/** @throws {MisuseError} `invalid_option` and what a requirement can be wrong in */
export declare function readManagingRequirement<S extends string>(
  readRequirement: RequirementReader<S>,
  given: KeyEndpointsRequirement<S>,
  served: readonly string[],
): ManagingRequirement<S>

// src/keys/import-lines.d.ts
import { type ImportLinesOptions } from './import-options-schema.js'
import type { KeyContext } from './key-context.js'
import { type TextPieces } from './lines.js'
/** What became of one line. `present`: a key with this secret, or this digest, was there before. */
export type ImportOutcome = {
  readonly line: number
} & (
  | {
      readonly outcome: 'imported'
      readonly id: string
    }
  | {
      readonly outcome: 'present'
    }
  /** The reason has nothing of what the line says but names of ours. */
  | {
      readonly outcome: 'refused'
      readonly reason: string
    }
)
/**
 * Imports keys from JSON Lines, several at a time, and tells of each line in its turn; blank lines are passed over. Lines that were
 * imported before are `present`, so that a second run goes on where the first one stopped. What the source throws comes after the lines that
 * were whole.
 * @throws {MisuseError} for wrong options, never for a line. @throws {ImportStoppedError} while it runs
 */
export declare function importLines(
  context: KeyContext,
  pieces: TextPieces,
  options?: ImportLinesOptions,
): AsyncGenerator<ImportOutcome, void, undefined>

// src/keys/import-options-schema.d.ts
export interface ImportLinesOptions {
  /** The first line to import; those before it are passed over. Default 1. */
  readonly fromLine?: number
  /** What becomes of a scope that the gate does not know: its line is refused, or it is kept all the same. Default `'refuse'`. */
  readonly unknownScopes?: 'refuse' | 'keep'
}
/** @throws {MisuseError} */
export declare function readImportOptions(options?: ImportLinesOptions): {
  fromLine: number
  unknownScopes: 'refuse' | 'keep'
}

// src/keys/import.d.ts
import { type CreateKeyInput } from './input.js'
import type { KeyContext } from './key-context.js'
import { type ApiKey, type KeyCreator, type KeyRecord } from './record.js'
/** A key that was issued elsewhere: its secret, in any format, or what is left of it. */
export type ImportKeyInput<S extends string = string> = CreateKeyInput<S> & {
  /** Who made it where it was issued: at least `subject`, `keyId` or `clientId`, each member of 1 to 1,024 characters, no control character. Default: who imports it, if that is known. */
  readonly createdBy?: KeyCreator
} & (
    | {
        /** 8 to 256 visible ASCII characters without comma, quote or backslash. */
        readonly secret: string
        readonly digest?: never
        readonly algorithm?: never
      }
    | {
        /** SHA-256 of the secret in hex, base64 or base64url. */
        readonly digest: string
        /** What made the digest. No other digest can be verified: give `keys.legacy` for those. Default `'sha256'`. */
        readonly algorithm?: 'sha256'
        readonly secret?: never
      }
  )
/**
 * Stores a key issued elsewhere, so that it keeps working here.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`. @throws {StoreError}
 */
export declare function importKey(context: KeyContext, input: ImportKeyInput): Promise<ApiKey>
/** A key that the app has verified in its own way. */
export interface LegacyKey extends CreateKeyInput {
  /**
   * The id of its row in your old store, 1 to 128 characters. Of one id, one secret is imported, once: another spelling of it that you accept too is rejected with 401, also after the
   * key was revoked. Default: each spelling that you accept is a key of its own.
   */
  readonly legacyId?: string
}
/**
 * Stores the key of a secret that the app has verified. Where it is there already, another request or another instance was faster.
 * @param secret of any form
 * @returns `false`: the app has accepted another spelling of a secret that is a key already
 * @throws {MisuseError} for input that no key can have. @throws {StoreError}
 */
export declare function importLegacyKey(
  context: KeyContext,
  secret: string,
  { legacyId, ...input }: LegacyKey,
): Promise<boolean>
/** A key to import. */
export interface Import {
  /** As it will be stored. */
  readonly record: KeyRecord
  /** What the same key may be stored under already, beside the digest of the record. */
  readonly older: readonly string[]
  /** Of its secret. */
  readonly fingerprint: string
}
/** @throws {MisuseError} for input that no key can have */
export declare function readImport(context: KeyContext, input: ImportKeyInput): Import
/**
 * Whether there is a key under one of these digests: a second one would outlive the revocation of the first. To be asked before the new one is
 * inserted: a key that is renewed meanwhile is then met by its current digest.
 */
export declare function isAnyStored(
  context: KeyContext,
  digests: readonly string[],
): Promise<boolean>

// src/keys/input.d.ts
import * as v from 'valibot'
import { type CheckedCall } from './calls.js'
import type { KeyKind } from './format.js'
import type { KeyContext } from './key-context.js'
/** What the issuer of a key decides. */
export interface CreateKeyInput<S extends string = string> {
  /** What people call it: 1 to 128 characters, none of them a control character. */
  readonly name: string
  /** The organization it belongs to: 1 to 128 characters, no control character, no white space at either end. */
  readonly ownerId: string
  /** Default: the gate's environment, where it has just one. */
  readonly environment?: string
  /** Default `'sk'`. */
  readonly kind?: KeyKind
  /** At most 64. Default: none. */
  readonly scopes?: readonly S[]
  /** Addresses and CIDR networks it works from, at most 256. Default: anywhere. An empty list: nowhere. */
  readonly allowedIps?: readonly string[]
  /** The tenants it may act for, where a route asks for one: at most 256, as `ownerId`. Compared character by character. Default: none. */
  readonly tenantIds?: readonly string[]
  /**
   * Single resources that it is held to, at most 256: `'records/rec_1'`, or `'records/*'` for all of a type. A type is 1 to 64 letters, digits, `_`
   * and `-`, a letter first; an id 1 to 128 of `A-Z a-z 0-9 . _ ~ : @ -`. Default: it is not held to any. An empty list: nothing.
   */
  readonly resources?: readonly string[]
  /** The name of its plan, of those given to `createGate`. Default: the gate's own default. */
  readonly plan?: string
  /** A limit of its own in the place of the plan's first quota: a whole number from 1 to 1,000,000,000. */
  readonly limit?: number
  /** When it ends. Default: never. */
  readonly expiresAt?: Date
  /** JSON values for the app's own use, at most 4,096 characters and 16 levels deep. Not for secrets: it is stored as it is. */
  readonly metadata?: Readonly<Record<string, unknown>>
}
/**
 * Text for people, of 1 to `max` characters after white space around it is cut, that every store keeps as it is, and every terminal shows as it is: databases disagree about NUL
 * and about halves of surrogate pairs.
 */
export declare function plainText(
  max: number,
): v.SchemaWithPipe<
  readonly [
    v.StringSchema<undefined>,
    v.TrimAction,
    v.MinLengthAction<string, 1, undefined>,
    v.MaxCodePointsAction<string, number, undefined>,
    v.CheckAction<string, 'must not have control characters'>,
    v.CheckAction<string, 'must not have an API key or a token in it'>,
  ]
>
/**
 * What is no instant of ISO 8601 in four digits, databases and people read in different ways. A copy: whoever gave the date can change it while the change
 * that it is part of waits for a store.
 */
export declare const instant: () => v.SchemaWithPipe<
  readonly [
    v.DateSchema<undefined>,
    v.TransformAction<Date, Date>,
    v.CheckAction<Date, 'must lie between the years 1970 and 9999'>,
  ]
>
export declare const keyFields: () => {
  name: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.TrimAction,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, number, undefined>,
      v.CheckAction<string, 'must not have control characters'>,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  ownerId: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, 128, undefined>,
      v.CheckAction<
        string,
        'must not begin or end with white space, and must not have control characters'
      >,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  environment: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, 128, undefined>,
      v.CheckAction<
        string,
        'must not begin or end with white space, and must not have control characters'
      >,
      v.CheckAction<string, 'must not have an API key or a token in it'>,
    ]
  >
  scopes: v.SchemaWithPipe<
    readonly [
      v.SchemaWithPipe<
        readonly [
          v.ArraySchema<v.UnknownSchema, string | undefined>,
          v.MaxLengthAction<unknown[], number, undefined>,
          v.ArraySchema<
            v.SchemaWithPipe<
              readonly [
                v.StringSchema<undefined>,
                v.MinLengthAction<string, 1, undefined>,
                v.MaxCodePointsAction<string, 128, undefined>,
                v.CheckAction<
                  string,
                  'must not begin or end with white space, and must not have control characters'
                >,
                v.CheckAction<string, 'must not have an API key or a token in it'>,
              ]
            >,
            undefined
          >,
        ]
      >,
      v.TransformAction<string[], string[]>,
    ]
  >
  allowedIps: v.SchemaWithPipe<
    readonly [
      v.ArraySchema<v.UnknownSchema, string | undefined>,
      v.MaxLengthAction<unknown[], number, undefined>,
      v.ArraySchema<
        v.SchemaWithPipe<
          readonly [v.StringSchema<undefined>, v.MaxCodePointsAction<string, 64, undefined>]
        >,
        undefined
      >,
    ]
  >
  tenantIds: v.SchemaWithPipe<
    readonly [
      v.SchemaWithPipe<
        readonly [
          v.ArraySchema<v.UnknownSchema, string | undefined>,
          v.MaxLengthAction<unknown[], number, undefined>,
          v.ArraySchema<
            v.SchemaWithPipe<
              readonly [
                v.StringSchema<undefined>,
                v.MinLengthAction<string, 1, undefined>,
                v.MaxCodePointsAction<string, 128, undefined>,
                v.CheckAction<
                  string,
                  'must not begin or end with white space, and must not have control characters'
                >,
                v.CheckAction<string, 'must not have an API key or a token in it'>,
              ]
            >,
            undefined
          >,
        ]
      >,
      v.TransformAction<string[], string[]>,
    ]
  >
  resources: v.SchemaWithPipe<
    readonly [
      v.SchemaWithPipe<
        readonly [
          v.ArraySchema<v.UnknownSchema, string | undefined>,
          v.MaxLengthAction<unknown[], number, undefined>,
          v.ArraySchema<
            v.SchemaWithPipe<
              readonly [
                v.StringSchema<undefined>,
                v.CheckAction<
                  string,
                  "must be a type and an id, such as 'records/rec_1', or 'records/*'"
                >,
                v.CheckAction<string, 'must not have an API key or a token in it'>,
              ]
            >,
            undefined
          >,
        ]
      >,
      v.TransformAction<string[], string[]>,
    ]
  >
  plan: v.SchemaWithPipe<
    readonly [v.StringSchema<undefined>, v.RegexAction<string, 'must be the name of a plan'>]
  >
  limit: v.SchemaWithPipe<
    readonly [
      v.NumberSchema<undefined>,
      v.IntegerAction<number, undefined>,
      v.MinValueAction<number, number, undefined>,
      v.MaxValueAction<number, number, undefined>,
    ]
  >
  expiresAt: v.SchemaWithPipe<
    readonly [
      v.DateSchema<undefined>,
      v.TransformAction<Date, Date>,
      v.CheckAction<Date, 'must lie between the years 1970 and 9999'>,
    ]
  >
  metadata: v.SchemaWithPipe<
    readonly [
      v.CustomSchema<unknown, `must not be nested more than ${string} levels deep`>,
      v.GenericSchema<unknown, Record<string, unknown>>,
      v.CheckAction<Record<string, unknown>, 'must be at most 4,096 characters of JSON'>,
      v.CheckAction<
        Record<string, unknown>,
        'must be text that every database can keep: no NUL, no half of a surrogate pair'
      >,
      v.CheckAction<Record<string, unknown>, 'must not have an API key or a token in it'>,
    ]
  >
}
/** Every name that the input for a new key can have. */
export declare const CREATE_NAMES: () => string[]
/** An id that no key can have finds nothing, which says nothing of the key that was meant. @throws {MisuseError} */
export declare function checkKeyId(id: unknown, where: string): void
/** The fields of a new key, checked and completed. @throws {MisuseError} */
export declare function checkKeyInput(
  context: KeyContext,
  input: CreateKeyInput,
  where: CheckedCall,
): {
  expiresAt?: Date
  resources?: string[]
  tenantIds?: string[]
  allowedIps?: string[]
  environment: string
  limit?: number
  plan?: string
  kind: 'sk' | 'pk'
  scopes: string[]
  metadata: Record<string, unknown>
  name: string
  ownerId: string
}
/** @throws {MisuseError} naming the first rule that is no address and no network. */
export declare function checkNetworks(
  rules: readonly string[] | null | undefined,
  where: string,
): void

// src/keys/jobs.d.ts
import type { MaybePromise } from '../lib/maybe.js'
/** What an instance asks for before it does a job. */
export interface JobClaim {
  /** Names the job over all instances: 1 to 200 characters. */
  readonly name: string
  /** The time that the job is for. */
  readonly dueAt: Date
  /** Names this very claim. The same holder may claim again, to hold it for longer. */
  readonly holder: string
  readonly now: Date
  /** Nobody else gets it from `now` until then. A store that several machines use counts that time by its own clock: theirs may differ. */
  readonly until: Date
}
/** How a job stands. */
export interface JobState {
  /** Whether the holder of the claim is to do it now. */
  readonly isYours: boolean
  /** The job was done for this time last, or is not to be done for it. */
  readonly doneFor: Date
  /** When it was done last. Absent: never. */
  readonly doneAt?: Date
}
/** Jobs that are done once for each time over all instances, in the store of the keys. */
export interface KeyJobs {
  /**
   * Gives the job to the holder, where it was not done for `dueAt` or a later time and nobody else holds it. Of a job that it has never heard of, it notes `dueAt` as done and gives
   * it to nobody: what was not there before is not late.
   */
  claim(claim: JobClaim): MaybePromise<JobState>
  /** It was done for `dueAt`. False, and nothing else: somebody else holds it by now. */
  done(claim: Pick<JobClaim, 'name' | 'dueAt' | 'holder'>, at: Date): MaybePromise<boolean>
}

// src/keys/key-cache.d.ts
import type { Elapsed } from '../lib/elapsed.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { KeyChanged } from './change-feed.js'
import { type FeedMonitor, type FeedMonitorListener } from './feed-monitor.js'
import type { KeyRecord } from './record.js'
import type { Search } from './search.js'
import type { TimedKeyStore } from './store-timeout.js'
/** Finds keys by handles, which are the fingerprints of their secrets or `handleOfId`, remembering what `prepare` made of them. */
export interface KeyCache<T> extends Pick<FeedMonitorListener, 'forget'> {
  /** What is remembered under a handle. */
  recall(handle: string): T | undefined
  /** Whether this was a key's fingerprint when the store was last asked. */
  knows(handle: string): boolean
  /** What the key with this handle is, or `undefined` if there is none. `source`: who brings it; empty: nobody knows. @throws {StoreError} @throws {CrowdedError} */
  find(handle: string, source?: string): MaybePromise<T | undefined>
  /** Told of a change that the store has acknowledged to this process. */
  readonly changed: (change: KeyChanged) => void
  /** Told of what a management call read: what it says of a key must hold for the next request. */
  readonly observed: (found: KeyChanged) => void
  /** Remembers that this is a key's fingerprint: a look at it is no guess, whatever penalty its address has. The key itself is read when it is used. */
  readonly issued: (handle: string, ownerId: string) => void
  /** Forgets a key whose change may have been made or not: it is read anew. */
  readonly invalidate: (id: string) => void
  /** Leaves no timer. */
  readonly close: () => void
}
export interface KeyCacheContext<T> {
  readonly store: TimedKeyStore
  readonly search: Search
  readonly monitor: FeedMonitor
  readonly elapsed: Elapsed
  readonly prepare: (record: KeyRecord) => T
}
export declare function createKeyCache<T extends object>(context: KeyCacheContext<T>): KeyCache<T>

// src/keys/key-change.d.ts
/** Which changes of a key are recorded. */
export declare const KEY_ACTIONS: readonly ['create', 'import', 'update', 'rotate', 'revoke']
export type KeyAction = (typeof KEY_ACTIONS)[number]
/** What a key is after it was disabled or enabled. */
export declare const KEY_STANDINGS: readonly ['disabled', 'enabled']
export type KeyStanding = (typeof KEY_STANDINGS)[number]
/** How a change of a key ended. `unknown`: the store failed, and may have made it all the same. */
export declare const KEY_OUTCOMES: readonly ['made', 'failed', 'unknown']
export type KeyOutcome = (typeof KEY_OUTCOMES)[number]

// src/keys/key-context.d.ts
import type { Auth } from '../core/auth.js'
import type { Catalogue } from '../core/catalogue.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AdmitKey } from './access-rule.js'
import type { KeyChanged } from './change-feed.js'
import type { Digester } from './digest.js'
import type { ReasonedKeyStore } from './audited-key-store.js'
import type { CallerCondition, KeyStore } from './key-store.js'
import type { EffectiveBy, KeyCreator, KeyPatch, KeyRecord } from './record.js'
/** What a key says of its limits. */
export interface PlanChoice {
  readonly plan?: string
  readonly limit?: number
}
/** What every operation on keys works with. */
export interface KeyContext {
  /** Who makes the changes. Absent: code of the server that names nobody. */
  readonly creator?: KeyCreator
  /** Somebody who may not do everything: what it sets is told apart from what code of the server sets, and it hands out no plan but its own. */
  readonly heldBy?: Pick<Auth, 'plan'>
  /** What must still hold of it when a change is made. */
  readonly provided?: CallerCondition
  readonly store: ReasonedKeyStore
  /** The same, for keys that come from elsewhere. */
  readonly imports: KeyStore
  readonly digester: Digester
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly prefix: string
  readonly environments: readonly string[]
  /** Whether an owner may have a new key. Absent: every owner may. */
  readonly admitKey?: AdmitKey | undefined
  /** How old a key may grow before it is due for rotation. */
  readonly rotateAfter: Duration
  /** Whether a key may have this plan and this limit. @throws {MisuseError} */
  readonly checkPlan: (chosen: PlanChoice, where: string) => void
  /** Tells everybody of a change that is committed. Resolves to the moment at which it is in effect everywhere at the latest. */
  readonly announce: (id: string, version: number) => Promise<Date>
  /** The moment at which all that is committed by now is in effect everywhere at the latest. */
  readonly settledBy: () => Date
  /** Told of each record on whose state the answer of a call rests. */
  readonly observed: (record: KeyChanged) => void
  /** Told of the fingerprint of a secret that is a key's: one that is made, imported or found here. */
  readonly issued: (fingerprint: string, ownerId: string) => void
  /** Told of a change that may have been made or not. */
  readonly invalidate: (id: string) => void
  /** Writes the uses that this process has counted. */
  readonly flushUsage: () => Promise<void>
}
/** Throws where somebody may not make a change of this very version. */
export type Judge = (record: KeyRecord) => void
/** What is to become of a change of this very version by somebody who may not make all of them. Throws where it may not be made. */
export type Amend = (record: KeyRecord, patch: KeyPatch) => KeyPatch
export declare function findKey(context: KeyContext, id: string): Promise<KeyRecord>
/** A key after a change, and when the change is in effect everywhere. */
export interface ChangedKey extends EffectiveBy {
  readonly record: KeyRecord
}
/**
 * Reads a key, decides, writes; from the start again when somebody was faster. `decide` answers `undefined` when there
 * is nothing to change. `why` is for the journal.
 */
export declare function changeKey(
  context: KeyContext,
  id: string,
  decide: (record: KeyRecord) => MaybePromise<KeyPatch | undefined>,
  why?: string,
): Promise<ChangedKey>
/** A write to the store. One that throws may have been made all the same. */
export declare function write(
  context: KeyContext,
  ids: readonly string[],
  attempt: () => MaybePromise<boolean>,
): Promise<boolean>
/** Tries a compare-and-set until it wins; a few times only, for a store that never lets it win is broken. `attempt` is told how many tries came before. */
export declare function persist<T>(
  context: KeyContext,
  id: string,
  attempt: (record: KeyRecord, before: number) => Promise<T | undefined>,
  attempts?: number,
): Promise<T>

// src/keys/key-store.d.ts
import type { UsageOutcome } from '../core/tally.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyJobs } from './jobs.js'
import type { KeyOutbox } from './outbox.js'
import type { KeyPatch, KeyRecord, KeyState } from './record.js'
import type { ReminderChoices } from './reminder-choices.js'
/** Who made a key, as `createdBy` has it: all members that are given. `subject` or `keyId` is among them. */
export interface KeyMaker {
  /** A person, or an operator; with `issuer`, the subject of its tokens alone. */
  readonly subject?: string
  readonly issuer?: string
  /** The API key, or the one that the maker's token was made from. */
  readonly keyId?: string
  /** Whom the app has named alone, by `gate.as` or `otherwise`: the subject of a token may have the same id, and is somebody else. */
  readonly app?: true
}
/** Which keys to list, in pages. */
export interface KeyFilter {
  readonly ownerId?: string
  readonly environment?: string
  readonly state?: KeyState
  readonly createdBy?: KeyMaker
  /** Text in the name or in the hint, of 1 to 128 characters; letter case of A to Z does not matter. */
  readonly search?: string
  /** Keys made before this instant and not used since. Uses of the last 10 s may be missing. */
  readonly unusedSince?: Date
  /** Active keys without a successor that are due for rotation, or will be within this time: see `rotateAfter`. */
  readonly dueWithin?: Duration
  /** By the time of creation. Default `'newest'`: newest first. */
  readonly order?: 'newest' | 'oldest'
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/** What a store is asked to list. */
export interface KeyQuery extends Omit<KeyFilter, 'state' | 'dueWithin'> {
  /** Only keys that are in this state at this instant. */
  readonly standing?: {
    readonly state: KeyState
    readonly at: Date
  }
  /** Only keys without a successor that were made at this instant or before. */
  readonly unrotatedSince?: Date
  /** Only keys that are not revoked and end after the one instant, and at the other or before; or those that never end. */
  readonly ending?:
    | {
        readonly after: Date
        readonly until: Date
      }
    | 'never'
}
/** How often a key was used on one day in one environment. */
export interface KeyUsage {
  readonly keyId: string
  readonly environment: string
  /** Of UTC, such as `'2030-01-31'`. */
  readonly day: string
  readonly count: number
  readonly lastUsedAt: Date
}
/** What a store may answer that has added to counts. */
export interface UsageAdded {
  /** How many of the counts are at their end, and stay there. */
  readonly full: number
}
/** How many requests of one day came to one outcome. */
export interface OutcomeCount {
  readonly ownerId: string
  readonly environment: string
  /** The key that was presented, or that the token was made from. Absent: the caller has presented neither. */
  readonly keyId?: string
  /** Of UTC, such as `'2030-01-31'`. */
  readonly day: string
  readonly outcome: UsageOutcome
  readonly count: number
}
/** What a store is asked to add up for an owner. */
export interface OwnerUsageQuery {
  /** The first and the last day, of UTC. */
  readonly from: string
  readonly to: string
  /** Default: all, each for itself. */
  readonly environment?: string
  /** What has sums of its own in each environment. */
  readonly by: 'day' | 'key'
}
/** How many requests of an owner in one environment came to one outcome. */
export interface UsageSum {
  readonly environment: string
  /** Where the sums are by day. */
  readonly day?: string
  /** Where they are by key. Absent: of callers without one. */
  readonly keyId?: string
  /** `'unclassified'`: uses of its keys that are in none of the other outcomes, except for `'unauthenticated'`, which is no use. An older version counted them. */
  readonly outcome: string
  readonly count: number
}
/** One of several changes that a store makes together. */
export interface KeyChange {
  readonly id: string
  readonly patch: KeyPatch
  /** Absent: whatever the version is, as for a revocation. A store that cannot do that answers false. */
  readonly expectedVersion?: number
}
/**
 * What must still hold of who asks for a change when the change is made: the store checks it in the same statement or transaction. Where it does not
 * hold, the store changes nothing and answers false.
 */
export interface CallerCondition {
  /** While the making of keys is suspended for this owner, none is made. */
  readonly ownerId: string
  /** The key that asks, by itself or by a token, and the version on which its rights were judged. Absent: the caller has no key. */
  readonly key?: {
    readonly id: string
    readonly version: number
  }
}
export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly cursor?: string
}
/**
 * Where keys live. Every method may answer at once or with a promise. What a store throws is an outage to the gate
 * (503), never a bad credential.
 */
export interface KeyStore {
  findByDigest(digest: string): MaybePromise<KeyRecord | undefined>
  /** With `lastUsedAt`, as in `list`, where usage is recorded. */
  findById(id: string): MaybePromise<KeyRecord | undefined>
  /** `false`, and nothing else: the condition does not hold. @throws {DuplicateKeyError} when the id or the digest is taken. */
  insert(record: KeyRecord, provided?: CallerCondition): MaybePromise<unknown>
  /**
   * Inserts those of several new records whose id and digest are free, also among themselves; says of each whether it was. Without
   * it, an import inserts them one by one.
   */
  insertAll?(records: readonly KeyRecord[]): MaybePromise<readonly boolean[]>
  /**
   * Applies the patch and adds one to the version. False: the version is no longer this, there is no such key, or the condition does not hold.
   */
  update(
    id: string,
    patch: KeyPatch,
    expectedVersion: number,
    provided?: CallerCondition,
  ): MaybePromise<boolean>
  /**
   * Several updates at once, all or none; false as in `update`. Without it, the gate makes them one after the other, and a
   * process that dies in between leaves the rest to whoever tries again.
   */
  updateAll?(changes: readonly KeyChange[]): MaybePromise<boolean>
  /**
   * Ends the key at `endsAt`, links it to its successor (`rotatedTo`, and `rotatedAt` from the successor's `createdAt`) and inserts
   * that, both or neither; false as in `update`.
   */
  rotate(
    id: string,
    expectedVersion: number,
    endsAt: Date,
    successor: KeyRecord,
    provided?: CallerCondition,
  ): MaybePromise<boolean>
  /**
   * For so many milliseconds from now, `insert` and `rotate` with a condition of this owner answer false. Each call that asks for it has an id of its own: with
   * the same id it asks for longer, and with 0 it lifts what it has asked for itself, while that of others stands. What was begun before may still be made, where
   * the store answers with a promise. Without it, `revokeAll` may have to be called again while others make keys.
   */
  suspendCreation?(ownerId: string, id: string, durationMs: number): MaybePromise<unknown>
  /**
   * A page of keys, each once over all pages. A record that cannot be understood is left out, so that the others can be managed; its key
   * does not work. A cursor that is not of this store leads to an empty page.
   */
  list(query: KeyQuery): MaybePromise<Page<KeyRecord>>
  /**
   * Adds counts to those of the same key, environment and day, and keeps the later `lastUsedAt`; in a place of its own, so that a use
   * never changes a record. What it is told of keys that it does not have is dropped. In the same transaction, it adds `outcomes` to those of the same owner,
   * environment, key, day and outcome, whether it has that key or not; a store without `usageOfOwner` leaves them.
   * A count that is at its end stays there, and all others are written; a store may answer `UsageAdded`: how many are at their end.
   */
  recordUsage(usage: readonly KeyUsage[], outcomes?: readonly OutcomeCount[]): MaybePromise<unknown>
  /** The days on which a key was used, latest first, from a day on. Without it, `gate.keys.usage` throws `not_supported`. */
  usageOf?(keyId: string, sinceDay: string): MaybePromise<readonly KeyUsage[]>
  /**
   * The sums of an owner: by day, the latest first, or by key; each once, none of 0. Those of environments are apart. Without it,
   * `gate.keys.usageOfOwner` throws `not_supported`.
   */
  usageOfOwner?(ownerId: string, query: OwnerUsageQuery): MaybePromise<readonly UsageSum[]>
  /** How other instances learn of a change. Without it, they do when what they remember of a key ends, after 30 s. */
  readonly changes?: KeyChangeFeed
  /** Where the event of each change waits for its delivery. Without it, a gate takes neither `notify` nor `webhooks`. */
  readonly outbox?: KeyOutbox
  /** Where instances agree on who does what is done once over all of them. Without it, no environment has a `reset`. */
  readonly jobs?: KeyJobs
  /** Which owners want reminders. Without it, `reminders.wants` must be a function. */
  readonly reminders?: ReminderChoices
  /**
   * How many calls the store works on at once, such as the connections of its pool. Looking for keys that were not seen lately takes half of
   * it at most, so that no flood of them keeps other calls from the store. Default: there is no such bound.
   */
  readonly concurrency?: number
}

// src/keys/keys.d.ts
import { type IssuedKey } from './create.js'
import { type DueKey, type DueQuery } from './due.js'
import { type ImportOutcome } from './import-lines.js'
import type { ImportLinesOptions } from './import-options-schema.js'
import { type ImportKeyInput } from './import.js'
import { type CreateKeyInput } from './input.js'
import type { KeyContext } from './key-context.js'
import type { KeyFilter, KeyUsage, Page } from './key-store.js'
import type { TextPieces } from './lines.js'
import { type OwnerUsage, type OwnerUsageOptions } from './owner-usage.js'
import { type ApiKey } from './record.js'
import type { RevokedKey, RevokeOptions } from './revocation.js'
import { type RevokeAllInput, type RevokedKeys } from './revoke-all.js'
import { type RotatedKey, type RotateOptions } from './rotate.js'
import { type UpdatedKey, type UpdateKeyInput } from './update.js'
/** The life of keys: `gate.keys`. Every call throws a StoreError when the store fails. */
export interface Keys<S extends string = string> {
  /** Issues a key. Its secret is in the answer and nowhere else. @throws {MisuseError} */
  create(input: CreateKeyInput<S>): Promise<IssuedKey>
  get(id: string): Promise<ApiKey | undefined>
  /**
   * The key that a secret belongs to, in whatever state it is: to find out whose key has leaked. It is no authentication: it counts no use, and asks
   * for no address, scope or end. For that there is `gate.verify`.
   * @param secret the whole secret, of at most 256 characters; one of a pepper that the gate does not have is not found
   * @example const key = await gate.keys.findBySecret(leaked)
   * if (key) await gate.keys.revoke(key.id, { reason: 'seen in a public repository' })
   */
  findBySecret(secret: string): Promise<ApiKey | undefined>
  /** Newest first, in pages. @throws {MisuseError} */
  list(filter?: KeyFilter): Promise<Page<ApiKey>>
  /** @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile` */
  update(id: string, input: UpdateKeyInput<S>): Promise<UpdatedKey>
  /** Issues a successor; the key itself goes on for its grace. @throws {MisuseError} @throws {KeyError} also `already_rotated` */
  rotate(id: string, options?: RotateOptions): Promise<RotatedKey>
  /**
   * Revokes a key immediately and for good, and its partner in a grace; with `descendants`, also what was made by it. It wins against changes of the
   * key that are made at the same time. Safe to call repeatedly. @throws {MisuseError} @throws {KeyError} `unknown_key`
   */
  revoke(id: string, options?: RevokeOptions): Promise<RevokedKey>
  /**
   * Revokes every key of an owner, or all that somebody made: `{ createdBy: { subject: 'user_1' } }`. While it works, no caller of that owner makes a key. @throws {MisuseError}
   * @throws {KeyError} `changed_meanwhile` from a store without `suspendCreation`, where keys keep being made
   */
  revokeAll(input: RevokeAllInput): Promise<RevokedKeys>
  /** Takes over a key that was issued elsewhere. @throws {MisuseError} @throws {KeyError} `already_issued` */
  import(input: ImportKeyInput<S>): Promise<ApiKey>
  /**
   * Takes over a file of keys: JSON Lines, each line what `import` takes, with `expiresAt` as ISO 8601 text, at most 65,536 bytes long. Tells
   * of each line in its turn; a bad one is refused and passed over. To be read to its end: what is not asked for is not imported.
   * @throws {MisuseError} for wrong options. @throws {ImportStoppedError} while it runs, with the line to go on with
   */
  importLines(
    pieces: TextPieces,
    options?: ImportLinesOptions,
  ): AsyncGenerator<ImportOutcome, void, undefined>
  /** Keys that wait for their rotation, the one that waits longest first, in pages. @throws {MisuseError} */
  due(query?: DueQuery): Promise<Page<DueKey>>
  /**
   * How often a key was used, by day and environment, latest first. What this process counted is written first; of others, the
   * last 10 s may be missing. @throws {MisuseError} `not_supported` where the store keeps no usage.
   */
  usage(id: string, query?: UsageQuery): Promise<readonly KeyUsage[]>
  /**
   * How many requests of an owner came to which outcome, by day or by key, each environment for itself. What this process counted is written first; of
   * others, the last 10 s may be missing.
   * @example const { totals, rows } = await gate.keys.usageOfOwner('org_1', { from: new Date('2030-01-01') })
   * @throws {MisuseError} `invalid_key_input`; `not_supported` where the store keeps no usage of owners
   */
  usageOfOwner(ownerId: string, options?: OwnerUsageOptions): Promise<OwnerUsage>
}
export interface UsageQuery {
  /** Default: 30 days ago. */
  readonly since?: Date
}
export declare function createKeys<S extends string>(context: KeyContext): Keys<S>

// src/keys/legacy.d.ts
import { Refusal } from '../core/denial.js'
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { LegacyKey } from './import.js'
/**
 * Verifies a secret that is not of the gate's own format, in whatever way the app has stored it: bcrypt, argon2, scrypt, HMAC. Returns the key that it belongs to, or `undefined`
 * for a secret that is wrong.
 *
 * The gate stores the returned key and lets the request in; it does not call again for that secret. `undefined` rejects the request with 401 and counts as a failed guess.
 * Anything else (an error, no answer within 250 ms, input that no key can have) is 503 with a call of `onError`, and never counts as a guess.
 *
 * Return `legacyId`, the id of the row. bcrypt ignores everything after 72 bytes, and decoders of hex or base64 accept several spellings: with the id, the first spelling that comes is
 * the key, and you revoke it once. Without it, each spelling that you accept is a key of its own, also after you have revoked another one.
 *
 * @param secret as the client sent it, 1 to 256 characters
 *
 * @example
 * const legacy: LegacyKeys = async (secret) => {
 *   if (!/^old_[0-9a-z]{32}$/.test(secret)) return undefined
 *   const row = await findByPrefix(secret.slice(0, 8))
 *   if (row === undefined || !(await bcrypt.compare(secret, row.hash))) return undefined
 *   return { legacyId: row.id, name: row.name, ownerId: row.ownerId, scopes: ['read:orders'] }
 * }
 */
export type LegacyKeys = (secret: string) => MaybePromise<LegacyKey | undefined>
export interface LegacyContext {
  readonly legacy: LegacyKeys
  /** Stores what the app has returned. Resolves to whether the secret is that of a key now. */
  readonly importKey: (secret: string, input: LegacyKey) => Promise<boolean>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** A secret that no stored key has. */
export interface LegacyQuestion {
  readonly secret: string
  readonly fingerprint: string
  /** Who brings it; absent: an address that is not known. */
  readonly source: string | undefined
}
/** Resolves to whether there is a key now. A refusal: nobody can tell. */
export type LegacyLookup = (question: LegacyQuestion) => MaybePromise<boolean | Refusal>
/** Asks the app about secrets that no stored key has, a few at once, and about each of them once at a time. */
export declare function createLegacyLookup(context: LegacyContext): LegacyLookup

// src/keys/lines.d.ts
/** Text in pieces of any size: strings, or bytes of UTF-8. Lines end with a line feed, which need not be where a piece ends. */
export type TextPieces = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>
export interface Line {
  /** The first is 1. */
  readonly number: number
  /** Absent where the line is longer than the bound, or is no UTF-8. */
  readonly text?: string
}
/** Cuts text into lines, and hands on together those that end in one piece. Of a line longer than `maxBytes` nothing is kept, however long it is. */
export declare function linesOf(
  pieces: TextPieces,
  maxBytes: number,
): AsyncGenerator<readonly Line[]>

// src/keys/memory-store.d.ts
import type { KeyStore } from './key-store.js'
/**
 * Keys in the memory of this process: for tests, demonstrations and keys that are imported at every start.
 * @example createGate({ keys: { prefix: 'acme', store: createMemoryKeyStore() }, environment: 'test', scopes: ['read:orders'] })
 */
export declare function createMemoryKeyStore(): KeyStore

// src/keys/options.d.ts
import type { Duration } from '../lib/duration.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyStore } from './key-store.js'
import type { LegacyKeys } from './legacy.js'
import type { FindPeppers } from './peppers.js'
/** How the keys of an API are made, and where they are kept. */
export interface KeyOptions {
  /** What the secrets of this API begin with: 2 to 16 lower-case letters and digits, a letter first. */
  readonly prefix: string
  /**
   * Secrets of at least 32 characters that go into the digests (HMAC-SHA256 of the SHA-256 of a key), so that a stolen table of digests
   * cannot be tried out. The first is current; the others still verify. Or a function that answers them, such as from a secrets manager. Default: none, and digests are plain SHA-256.
   */
  readonly peppers?: readonly string[] | FindPeppers
  /** Default: a store in memory, `createMemoryKeyStore()`. A call that takes longer than 250 ms has failed. */
  readonly store?: KeyStore
  /** How instances learn of each other's changes. Default: the store's own way, where it has one. */
  readonly changes?: KeyChangeFeed
  /** How old a key may grow before `gate.keys.due` names it. Default `'90d'`. */
  readonly rotateAfter?: Duration
  /**
   * Verifies secrets that were issued elsewhere, when they are first used: `(secret) => key | undefined`, may be async. Called for secrets that no stored key has and that are not
   * of the gate's own format, for 8 at once; it has 250 ms. Default: such secrets are 401.
   */
  readonly legacy?: LegacyKeys
}

// src/keys/outbox.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyRecord } from './record.js'
/** Something that happened, and is not a change of a key: those are noted by the store itself. */
export interface OutboxEvent {
  /** Such as `'key.expired'`. */
  readonly type: string
  /** What it is about, such as the id of a key: events of one subject are delivered in order. */
  readonly subject: string
  /** When it happened. */
  readonly at: Date
  /** What JSON can say. */
  readonly data: Readonly<Record<string, unknown>>
  /** An event with a mark that was added before is not added again, by whichever instance. A store may forget marks after 400 days. */
  readonly once?: string
}
/** An event on its way to one target. */
export interface OutboxDelivery {
  /** Names the delivery in its store. */
  readonly seq: string
  /** Of the event, for all its targets and tries: `msg_` and 22 characters of base64url. */
  readonly id: string
  readonly target: string
  readonly type: string
  readonly subject: string
  readonly at: Date
  /** After a change of a key: the key as it was then, with an empty text in the place of its digest. */
  readonly key?: KeyRecord
  /** Of an event that was added. */
  readonly data?: Readonly<Record<string, unknown>>
  /** Tries that have failed. */
  readonly attempts: number
}
/** A delivery that was given up. */
export interface OutboxFailure extends OutboxDelivery {
  readonly endedAt: Date
  /** Why the last try failed. */
  readonly error: string
}
/** Failures of one page. */
export interface OutboxFailures {
  readonly items: readonly OutboxFailure[]
  /** Absent on the last page. */
  readonly cursor?: string
}
/** What an instance asks for. */
export interface OutboxClaim {
  readonly target: string
  /** Names this very claim: what it has is told by the same name how it ended. */
  readonly holder: string
  readonly now: Date
  /** Nobody else gets them from `now` until then. A store that several machines use counts that time by its own clock: theirs may differ. */
  readonly until: Date
  readonly limit: number
}
/** How a try failed. */
export interface OutboxFault {
  readonly at: Date
  readonly error: string
  /** When it may be tried again. Absent: never, it is given up. */
  readonly nextAt?: Date
}
/**
 * Events that wait for their delivery, in the store of the keys. The event of a change is written in the transaction of the change: `key.created`, `key.rotated` (of the key
 * that has a successor now), `key.revoked`, `key.disabled`, and `key.updated` for any other change that can be seen. A new digest alone is none.
 */
export interface KeyOutbox {
  /**
   * From now on, each event is kept for these targets too. Idempotent. Targets that nobody has named for 30 days are forgotten, with what waits for them.
   */
  subscribe(targets: readonly string[]): MaybePromise<unknown>
  /** Adds events for all targets; says of each whether it is new. */
  add(events: readonly OutboxEvent[]): MaybePromise<readonly boolean[]>
  /**
   * Those that may be tried now and that nobody holds: at most one for each subject, and none before an older one of its subject. Of more than are asked for, the oldest and any others: who has
   * many keys with many events is not before all others.
   */
  claim(claim: OutboxClaim): MaybePromise<readonly OutboxDelivery[]>
  /** It has arrived. What somebody else holds by now stays. */
  delivered(seq: string, holder: string): MaybePromise<unknown>
  /** It has not. What somebody else holds by now stays as it is. */
  failed(seq: string, holder: string, fault: OutboxFault): MaybePromise<unknown>
  /** Gives back what a claim has, as if it had not been tried. */
  release(holder: string): MaybePromise<unknown>
  /** What was given up, the latest first, in pages of 1 to 200. */
  failures(page: { readonly limit: number; readonly cursor?: string }): MaybePromise<OutboxFailures>
  /** Tries again what was given up: one, or all that there is. Resolves to how many. */
  retry(seq?: string): MaybePromise<number>
}
/** The id of a message, of 16 random bytes as hex digits and dashes. */
export declare function messageId(uuid: string): string

// src/keys/owner-usage.d.ts
import { type UsageOutcome } from '../core/tally.js'
import type { KeyContext } from './key-context.js'
/** Which requests of an owner to sum up. */
export interface OwnerUsageOptions {
  /** The first day, of UTC. Default: 29 days before the last. */
  readonly from?: Date
  /** The last day, of UTC. Default: today. At most 366 days are summed up. */
  readonly to?: Date
  /** Default: all. Each has figures of its own: those of a sandbox are in no figure of another environment. */
  readonly environment?: string
  /** What has a row of its own in each environment. Default `'day'`. */
  readonly by?: 'day' | 'key'
}
/** Requests in one environment. */
export interface UsageFigures {
  readonly environment: string
  /** Of all outcomes. */
  readonly total: number
  /** `unclassified`: uses of keys that an older version has counted, which knew of no outcomes. */
  readonly outcomes: Readonly<Record<UsageOutcome | 'unclassified', number>>
}
/** The requests of one day, or of one key, in one environment. */
export interface UsageRow extends UsageFigures {
  /** Of UTC, such as `'2030-01-31'`, where rows are by day. */
  readonly day?: string
  /** Where rows are by key. Absent: callers that presented neither a key nor a token that was made from one. */
  readonly keyId?: string
}
/** How often an owner has called. */
export interface OwnerUsage {
  readonly ownerId: string
  /** The first and the last day, of UTC. */
  readonly from: string
  readonly to: string
  /** By environment. No environment is in the sums of another. */
  readonly totals: readonly UsageFigures[]
  /** Latest day first, or the key with the most requests. Where there was nothing, there is no row. */
  readonly rows: readonly UsageRow[]
}
/** See `gate.keys.usageOfOwner`. @param isSeen which environments to tell of */
export declare function usageOfOwner(
  context: KeyContext,
  ownerId: string,
  options: OwnerUsageOptions,
  isSeen?: (environment: string) => boolean,
): Promise<OwnerUsage>
/** Of UTC, such as `'2030-01-31'`. */
export declare function dayOf(date: Date): string

// src/keys/peppers.d.ts
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type SecretSource } from '../telemetry/secret-source.js'
/**
 * Where the peppers of an API come from: such as a secrets manager. Asked at start, every five minutes, and when a key is not found, then once in five seconds for all requests.
 * @returns the peppers, the current one first: at least one, of at least 32 characters each
 */
export type FindPeppers = () => MaybePromise<readonly string[]>
/** The peppers that count at this moment. */
export interface Peppers {
  /** The current one first. */
  readonly all: readonly string[]
  /** What new keys are stored under. */
  readonly current: string | undefined
}
export interface PepperContext {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** Asks a function of the app. */
export declare function createPepperSource(
  find: FindPeppers,
  { clock, onError }: PepperContext,
): SecretSource<Peppers>

// src/keys/record.d.ts
import type { KeyKind } from './format.js'
/** A key as a store holds it; never its secret. Records are not changed in place: a change is a new version. */
export interface KeyRecord {
  /** `key_` and base62. */
  readonly id: string
  /** 1 at first, one more with each change. */
  readonly version: number
  /** Base64url of 32 bytes; unique. */
  readonly digest: string
  /** How the secret begins, and its last 4 characters. */
  readonly hint: string
  readonly name: string
  readonly ownerId: string
  readonly environment: string
  readonly kind: KeyKind
  readonly scopes: readonly string[]
  /** Addresses and networks that the key works from. Absent: anywhere; empty: nowhere. */
  readonly allowedIps?: readonly string[]
  /** The tenants that the key may act for. Absent or empty: none; with an empty list, it reads no records of requests for tenants either. */
  readonly tenantIds?: readonly string[]
  /** The resources that the key is held to. Absent: it is not; empty: to none. */
  readonly resources?: readonly string[]
  /** The name of its plan. Absent: the default of the gate. */
  readonly plan?: string
  /** In the place of the first quota of its plan. */
  readonly limit?: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Date
  readonly expiresAt?: Date
  readonly revokedAt?: Date
  /** Why it was revoked, in somebody's words. */
  readonly revocationReason?: string
  readonly disabledAt?: Date
  /** The key that this one took the place of. */
  readonly rotatedFrom?: string
  /** The key that took the place of this one. */
  readonly rotatedTo?: string
  /** When its successor was made. */
  readonly rotatedAt?: Date
  /**
   * Who made it, over HTTP or by `gate.as`; of a successor, who rotated it. Absent: code of the server that named nobody, or a version that did not record it.
   */
  readonly createdBy?: KeyCreator
  /** When a caller of the key endpoints disabled it. Unless this equals `disabledAt`, code of the server did. */
  readonly disabledOverHttpAt?: Date
  /** The names of the metadata members that callers of the key endpoints have set. All others are those of code. */
  readonly metadataOverHttp?: readonly string[]
  /** What a repeated request to create this key is recognised by. */
  readonly retry?: KeyRetry
  /** Filled in by the store, from what it was told of uses; never part of a patch. */
  readonly lastUsedAt?: Date
}
/**
 * Who made a key: an API key, the bearer of a token, a caller of your app, or someone who acts for the operator. Later versions may know others, and store
 * other members; a version that does not know them leaves them out.
 */
export interface KeyCreator {
  /** The API key, or the one that the caller's token was made from. */
  readonly keyId?: string
  /** `iss` of the caller's token. */
  readonly issuer?: string
  /** `sub` of the caller's token; of a caller of your app, who it is within the owner; of an operator, who it is. */
  readonly subject?: string
  /** `client_id` of the caller's token. */
  readonly clientId?: string
  /** It presented no credential: your app said who it is (`otherwise`, `user` or `gate.as`). */
  readonly app?: true
  /** It acted for whoever runs the API, such as your staff: `subject` is no customer's. */
  readonly operator?: true
  /** What people call it. */
  readonly name?: string
}
/** See `Idempotency-Key`: neither value can be turned into the secret. */
export interface KeyRetry {
  readonly salt: string
  /** SHA-256 of what was asked for. */
  readonly request: string
}
/** What an update may change; `null` takes a value away. */
export interface KeyPatch {
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly allowedIps?: readonly string[] | null
  readonly tenantIds?: readonly string[] | null
  readonly resources?: readonly string[] | null
  readonly plan?: string | null
  readonly limit?: number | null
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly expiresAt?: Date | null
  readonly revokedAt?: Date
  readonly revocationReason?: string
  readonly disabledAt?: Date | null
  readonly disabledOverHttpAt?: Date | null
  readonly metadataOverHttp?: readonly string[] | null
  readonly rotatedTo?: string
  readonly rotatedAt?: Date
  /** The same secret under the current pepper. */
  readonly digest?: string
}
/** How many levels of objects and lists metadata may have. */
export declare const MAX_METADATA_DEPTH = 16
/** Whether a key works at this moment, and if not, why. A revoked key stays revoked, whatever else it is. */
export type KeyState = 'active' | 'disabled' | 'expired' | 'revoked'
export declare const KEY_STATES: readonly ['active', 'disabled', 'expired', 'revoked']
/** The state of a key at an instant in milliseconds since the epoch. It ends at `expiresAt`, not after it. */
export declare function stateOf(record: KeyRecord, now: number): KeyState
/** Whether a key is over for good; one that is disabled could be enabled again. */
export declare function hasEnded(record: KeyRecord, now: number): boolean
/** The record after a patch: the next version. */
export declare function applyKeyPatch(record: KeyRecord, patch: KeyPatch): KeyRecord
/** A key as its owner may see it. */
export interface ApiKey extends Omit<KeyRecord, 'digest' | 'version' | 'retry'> {
  /** At the moment of the call. */
  readonly state: KeyState
}
/** A change, and the moment from which on no instance goes by what was before it. */
export interface EffectiveBy {
  readonly effectiveBy: Date
}
export declare function shown(record: KeyRecord, now: number): ApiKey

// src/keys/reminder-choices.d.ts
import type { MaybePromise } from '../lib/maybe.js'
/** Which owners want to be reminded of their keys, and when, in the store of the keys. */
export interface ReminderChoices {
  /** So many days before a key is due, as the owner has chosen last. Empty: it wants no reminders. `undefined`: it has chosen nothing yet. */
  find(ownerId: string): MaybePromise<readonly number[] | undefined>
  /** Keeps what the owner chooses: whole numbers from 0 to 365, at most 8. */
  choose(ownerId: string, daysBefore: readonly number[]): MaybePromise<unknown>
}

// src/keys/revocation.d.ts
import * as v from 'valibot'
import { type KeyContext } from './key-context.js'
import type { KeyChange } from './key-store.js'
import { type ApiKey, type EffectiveBy, type KeyPatch, type KeyRecord } from './record.js'
export interface RevokeOptions {
  /** Why, in 1 to 256 characters; whoever lists the keys can read it. */
  readonly reason?: string
  /** Whether to revoke as well what was made by it, directly and indirectly, and the successors of all that. Default false. */
  readonly descendants?: boolean
  /** Whether the other key of a rotation's grace goes on. Default false: both are revoked. Not with `descendants`, which ends successors. */
  readonly alone?: boolean
}
/** A key that was revoked. */
export interface RevokedKey extends ApiKey, EffectiveBy {}
export declare const revokeOptions: () => {
  reason: v.OptionalSchema<
    v.SchemaWithPipe<
      readonly [
        v.StringSchema<undefined>,
        v.TrimAction,
        v.MinLengthAction<string, 1, undefined>,
        v.MaxCodePointsAction<string, number, undefined>,
        v.CheckAction<string, 'must not have control characters'>,
        v.CheckAction<string, 'must not have an API key or a token in it'>,
      ]
    >,
    undefined
  >
  descendants: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
  alone: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
}
export declare const TWO_WISHES =
  "must have 'alone' or 'descendants', not both: one keeps the successor of a key, the other ends it"
/** A successor counts as made by the key before it. */
export declare function isOneWish(
  wishes: Partial<Record<'alone' | 'descendants', boolean | undefined>>,
): boolean
export declare const revokeOptionsSchema: () => v.SchemaWithPipe<
  readonly [
    import('../lib/schema-objects.js').ObjectSchema<{
      reason: v.OptionalSchema<
        v.SchemaWithPipe<
          readonly [
            v.StringSchema<undefined>,
            v.TrimAction,
            v.MinLengthAction<string, 1, undefined>,
            v.MaxCodePointsAction<string, number, undefined>,
            v.CheckAction<string, 'must not have control characters'>,
            v.CheckAction<string, 'must not have an API key or a token in it'>,
          ]
        >,
        undefined
      >
      descendants: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
      alone: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
    }>,
    v.CheckAction<
      {
        reason?: string | undefined
        descendants?: boolean | undefined
        alone?: boolean | undefined
      },
      "must have 'alone' or 'descendants', not both: one keeps the successor of a key, the other ends it"
    >,
  ]
>
export declare function revocation(revokedAt: Date, reason: string | undefined): KeyPatch
/** Also where nothing was left to do: the answer of an earlier call may have been lost. */
export declare function ended(context: KeyContext, record: KeyRecord): Promise<RevokedKey>
/** All or none where the store can; else the one that was asked for first, so that trying again does the rest. */
export declare function commit(context: KeyContext, changes: readonly KeyChange[]): Promise<boolean>

// src/keys/revoke-all.d.ts
import type { KeyContext } from './key-context.js'
import type { KeyMaker } from './key-store.js'
import type { EffectiveBy, KeyPatch } from './record.js'
import { type RevokeOptions } from './revocation.js'
/** What to revoke: every key of an owner, or of a maker, or both; with `environment`, those of one environment. */
export type RevokeAllInput = RevokeOptions & {
  readonly environment?: string
} & (
    | {
        readonly ownerId: string
        readonly createdBy?: KeyMaker
      }
    | {
        readonly ownerId?: string
        readonly createdBy: KeyMaker
      }
  )
/** How many keys lost their force. */
export interface RevokedKeys extends EffectiveBy {
  readonly revoked: number
}
/**
 * Revokes every key of an owner, or of a maker over all owners. While it works on an owner, no caller of that owner makes a key, however many try: no key that was made
 * before it resolved is active afterwards.
 * @throws {MisuseError} @throws {StoreError}
 * @throws {KeyError} `changed_meanwhile` where the store cannot suspend the making of keys, and others keep making them.
 */
export declare function revokeAllKeys(
  context: KeyContext,
  input: RevokeAllInput,
): Promise<RevokedKeys>
/** Revokes what was made by these keys of an owner, directly and indirectly. Says how many were revoked. */
export declare function revokeDescendants(
  context: KeyContext,
  {
    ownerId,
    ids,
  }: {
    readonly ownerId: string
    readonly ids: readonly string[]
  },
  patch: KeyPatch,
): Promise<number>

// src/keys/rotate.d.ts
import { type Duration } from '../lib/duration.js'
import { type IssuedKey } from './create.js'
import { type Judge, type KeyContext } from './key-context.js'
import { type ApiKey, type EffectiveBy } from './record.js'
export interface RotateOptions {
  /** How long the old key goes on working; never beyond its own end. `'0s'`: not at all. Default `'24h'`. */
  readonly gracePeriod?: Duration
}
/** The successor, and the key it took the place of, with the end of its grace in `expiresAt`. */
export interface RotatedKey extends IssuedKey, EffectiveBy {
  readonly previous: ApiKey
}
/**
 * Issues a successor with the same rights and the same end. A predecessor that is still in its own grace ends now: at
 * most two secrets live at a time.
 * @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`, `already_issued`. @throws {StoreError}
 */
export declare function rotateKey(
  context: KeyContext,
  id: string,
  options?: RotateOptions,
  judge?: Judge,
): Promise<RotatedKey>

// src/keys/runtime.d.ts
import type { Auth } from '../core/auth.js'
import type { ChangedBy } from '../core/changed-by.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type KeyJournal } from './audited-key-store.js'
import type { KeyChangeFeed } from './change-feed.js'
import { type LegacyKey } from './import.js'
import { type KeyCache } from './key-cache.js'
import type { KeyContext } from './key-context.js'
import type { CallerCondition, KeyStore } from './key-store.js'
import type { FindPeppers } from './peppers.js'
import type { KeyRecord } from './record.js'
import { type UsageRecorder } from './usage.js'
/** What the keys of a gate are made from. */
export interface KeysContext<T> extends Pick<
  KeyContext,
  'admitKey' | 'catalogue' | 'checkPlan' | 'clock' | 'environments' | 'prefix' | 'rotateAfter'
> {
  readonly store: KeyStore
  /** Absent: the store's own feed. */
  readonly changes: KeyChangeFeed | undefined
  readonly peppers: readonly string[] | FindPeppers
  /** Absent: nobody is told of changes. */
  readonly journal: KeyJournal | undefined
  /** What a change of the store waits for. Absent: nothing. */
  readonly beforeChange: (() => MaybePromise<void>) | undefined
  /** What is remembered of a record. */
  readonly prepare: (record: KeyRecord) => T
  readonly onError: (error: unknown) => void
}
/** What is stored of a caller who asks for a change. */
export interface StoredCaller {
  readonly provided: CallerCondition
  /** Its key, or the key that its token was made from. Absent: it has none, or that is not there any more. */
  readonly record?: KeyRecord
}
/** Everything about keys that outlives a request. */
export interface KeyRuntime<T> {
  /** What code of the server works with; and whoever acts for the operator, by name. */
  readonly contextFor: (by?: ChangedBy) => KeyContext
  /** What those work with who may not do everything. `provided` must still hold of them when a change is made. */
  readonly heldContextFor: (by: ChangedBy, provided: CallerCondition | undefined) => KeyContext
  /**
   * What is stored now of the key behind a caller; and what is remembered of it is no answer any more. A change lasts longer than what an instance
   * remembers. @throws {StoreError}
   */
  readonly lookAgain: (auth: Auth) => Promise<StoredCaller>
  /** Stores the key of a secret that the app has verified. Resolves to whether the secret is that of a key now. @throws {MisuseError} @throws {StoreError} */
  readonly importLegacy: (secret: string, input: LegacyKey) => Promise<boolean>
  readonly cache: KeyCache<T>
  readonly usage: UsageRecorder
  readonly close: () => Promise<void>
}
export declare function createKeyRuntime<T extends object>(context: KeysContext<T>): KeyRuntime<T>

// src/keys/search.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import type { Digester } from './digest.js'
import type { KeyStore } from './key-store.js'
import type { KeyRecord } from './record.js'
/** Looks for a key under all digests that its secret may be stored under. */
export type Search = (
  fingerprint: string,
  find: KeyStore['findByDigest'],
) => MaybePromise<KeyRecord | undefined>
/** `outdated` is told of a key that is stored under an older digest than the current one. */
export declare function createSearch(
  digester: Digester,
  outdated: (record: KeyRecord, fingerprint: string) => void,
): Search

// src/keys/store-timeout.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyStore } from './key-store.js'
/** A store that answers in time, and keeps some of itself back from a flood. */
export interface TimedKeyStore extends KeyStore {
  /**
   * `findByDigest` for a secret that was not seen lately: such look-ups take half of what the store can do at once, and the time for an answer begins with their turn. `source`: who
   * brings it. @throws {CrowdedError} where it got no turn: the store was not asked
   */
  findStranger(digest: string, source: string): ReturnType<KeyStore['findByDigest']>
}
interface TimedOptions {
  /** Default: the store's own feed. */
  readonly changes?: KeyChangeFeed | undefined
  /** What a change waits for, as long as for the store. That it fails keeps no change back. */
  readonly beforeChange?: (() => MaybePromise<void>) | undefined
}
/** The same store, which answers within 250 ms or throws a StoreError, and throws nothing else but DuplicateKeyError. */
export declare function createTimedKeyStore(
  store: KeyStore,
  { changes, beforeChange }?: TimedOptions,
): TimedKeyStore
export {}

// src/keys/tables.d.ts
/** What is written beside tables of their version. */
export interface TablesVersion {
  /** How many steps have made them. */
  readonly version: number
  /** The oldest version that may still work with them. */
  readonly readableFrom: number
}
/** How the tables of a part stand to this version. */
export interface TablesReport {
  readonly part: 'keys' | 'audit'
  /** Absent where they are missing. */
  readonly tables?: TablesVersion
  /** Up to which version this one knows them, and needs them. */
  readonly known: number
  /** Whether this version works with them. */
  readonly usable: boolean
  /** Those that the version says are there, and that are not. Absent: all are there, or there are no tables at all. */
  readonly missing?: readonly string[]
}
/** Holds a store to tables that it understands. */
export interface TablesGuard {
  /** @throws {TablesError} where the tables are missing, older, or newer and no longer for this version */
  check(found: TablesVersion | undefined): void
  /** The same, and once for each change of the version: what was understood before may mean something else. */
  settle(found: TablesVersion | undefined): void
  /** @param missing tables that should be there, and are not */
  report(found: TablesVersion | undefined, missing?: readonly string[]): TablesReport
}
/** The tables that the steps of a migration make, by the names that all of them begin with. */
export declare function tablesMadeBy(steps: readonly string[]): readonly string[]
/** @param known the version up to which this one knows the tables */
export declare function createTablesGuard(part: TablesReport['part'], known: number): TablesGuard
/** @throws {TablesError} for a key with values that this version does not know, by the names of their columns */
export declare function refuseUnknown(id: string, columns: readonly string[]): void

// src/keys/update.d.ts
import { type Amend, type KeyContext } from './key-context.js'
import { type ApiKey, type EffectiveBy } from './record.js'
/** What may change of a key while it lives; what is absent stays. Bounds as in `CreateKeyInput`. */
export interface UpdateKeyInput<S extends string = string> {
  readonly name?: string
  readonly scopes?: readonly S[]
  /** `null`: from anywhere. */
  readonly allowedIps?: readonly string[] | null
  /** `null`: no list; as an empty one, it acts for none, but reads the audit log of all. */
  readonly tenantIds?: readonly string[] | null
  /** `null`: no longer held to any. */
  readonly resources?: readonly string[] | null
  /** `null`: no end. */
  readonly expiresAt?: Date | null
  /** `null`: the gate's default. */
  readonly plan?: string | null
  /** `null`: that of the plan. */
  readonly limit?: number | null
  readonly metadata?: Readonly<Record<string, unknown>>
  /** A disabled key is refused until it is enabled again. */
  readonly disabled?: boolean
  /** Why, for the audit log alone: 1 to 256 characters without control characters. It is not kept with the key. */
  readonly reason?: string
  /** The key as `get` or `list` has returned it: where somebody has changed it since, nothing is changed (`changed_meanwhile`). Default: it is changed as it is now. */
  readonly expected?: ApiKey
}
/** A key after a change. */
export interface UpdatedKey extends ApiKey, EffectiveBy {}
/**
 * Changes a key; its next request is judged by the change. What has ended stays ended.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`; for scopes that are added, `access_not_approved` and
 * `terms_not_accepted`. @throws {StoreError}
 */
export declare function updateKey(
  context: KeyContext,
  id: string,
  input: UpdateKeyInput,
  amend?: Amend,
): Promise<UpdatedKey>

// src/keys/usage-writer.d.ts
import type { Tally } from '../core/tally.js'
import type { KeyStore } from './key-store.js'
/** Writes what requests came to, in batches. */
export interface UsageWriter {
  /** Takes what a tally has counted, and begins it anew. */
  readonly add: (tally: Tally, day: string) => void
  /** Writes in 10 s, unless it will already. */
  readonly schedule: () => void
  /** Writes what is counted so far. What fails is told to `onError` and kept for the next time. */
  readonly flush: () => Promise<void>
  /** Flushes for the last time, and goes past what the store refuses. */
  readonly close: () => Promise<void>
}
/**
 * What fails again in the writing of every 10 s is divided: what the store refuses of it is set apart, told once, and tried alone from then on. All else is
 * written.
 * @param collect adds what is counted so far; called before each writing
 */
export declare function createUsageWriter(
  store: Pick<KeyStore, 'recordUsage'>,
  collect: () => void,
  onError: (error: unknown) => void,
): UsageWriter

// src/keys/usage.d.ts
import type { Decision } from '../core/decision.js'
import type { RequestContext } from '../core/request-context.js'
import { type Counted, type Tally, type UsageOutcome } from '../core/tally.js'
import type { Clock } from '../lib/clock.js'
import type { KeyStore } from './key-store.js'
import { type UsageWriter } from './usage-writer.js'
/** Counts requests where they are decided, and writes the counts where no decision reads. */
export interface UsageRecorder extends Pick<UsageWriter, 'flush' | 'close'> {
  /** @param before what the same request was counted as by an earlier guard */
  readonly used: (tally: Tally, outcome: UsageOutcome, before?: UsageOutcome) => void
  /** The same for a caller whose credential did not work: no use. */
  readonly turnedAway: (caller: Counted, outcome: UsageOutcome, before?: UsageOutcome) => void
  /** The tally of callers that have none prepared: one for each object. */
  readonly tallyOf: (caller: Counted) => Tally
}
export declare function createUsageRecorder(
  store: Pick<KeyStore, 'recordUsage'>,
  clock: Clock,
  onError: (error: unknown) => void,
): UsageRecorder
/** Counts what a request has come to, and returns that. Of several guards on one request, the last one says. */
export type CountUse = <D extends Decision>(context: RequestContext, decision: D) => D
export declare function createUseCounter({ used, turnedAway, tallyOf }: UsageRecorder): CountUse

// src/lib/clock.d.ts
/** Milliseconds since the Unix epoch. */
export type Clock = () => number

// src/lib/duration.d.ts
declare const UNITS: {
  readonly ms: 1
  readonly s: 1000
  readonly m: 60000
  readonly h: 3600000
  readonly d: 86400000
}
/** A length of time with its unit: `'250ms'`, `'30s'`, `'15m'`, `'24h'`, `'90d'`; at most 100 years. */
export type Duration = `${number}${keyof typeof UNITS}`
/**
 * Whether a value is a `Duration`.
 * @example isDuration('90d') // true
 */
export declare function isDuration(value: unknown): value is Duration
/**
 * The length of a duration in milliseconds.
 * @example milliseconds('15m') // 900000
 */
export declare function milliseconds(duration: Duration): number
export {}

// src/lib/elapsed.d.ts
import type { Clock } from './clock.js'
/** Milliseconds that have passed since some moment. Never goes back. */
export type Elapsed = () => number
/**
 * The monotonic clock, and what it has slept through: that of a suspended machine stands still, and its wall clock does not. A wall clock
 * that is set forward looks the same and counts as time that has passed; one that is set back changes nothing.
 */
export declare function createElapsed(clock: Clock): Elapsed

// src/lib/has-methods.d.ts
/** Whether something has all of these methods: what a store or a sink is given may come from JavaScript. */
export declare function hasMethods(given: unknown, ...names: readonly string[]): boolean

// src/lib/maybe.d.ts
/** A value now, or a promise of it: what every port may answer. */
export type MaybePromise<T> = T | Promise<T>
export declare function isPromise<T>(value: MaybePromise<T>): value is Promise<T>
/**
 * The value of a function of the app that must answer at once. Where it has promised one instead, and the promise is rejected, `onError` is told: a
 * rejection that nobody handles would end the process.
 * @throws {TypeError} for a promise
 */
export declare function atOnce<T>(value: T, name: string, onError: (error: unknown) => void): T
/**
 * Goes on with a value: at once when it is here, later when it is promised. What comes back is a promise of Node's own, whatever went in: a thenable of
 * somebody else's may return nothing from its `then`.
 */
export declare function then<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R>
/** Runs `attempt` and hands what it throws, now or later, to `onError`. */
export declare function recover<T, R>(
  attempt: () => MaybePromise<T>,
  onError: (error: unknown) => MaybePromise<R>,
): MaybePromise<T | R>
/** Runs `after` once the value is here or has failed. */
export declare function lastly<T>(value: MaybePromise<T>, after: () => void): MaybePromise<T>
/**
 * Gives up on a promise after `limitMs` milliseconds and throws what `late` makes.
 * A value that is already here is never late. What comes back is a promise of Node's own, whatever went in.
 * @param defer When to give up once it is time: `setImmediate` lets an answer be read that came while this process was busy.
 */
export declare function withTimeout<T>(
  value: MaybePromise<T>,
  limitMs: number,
  late: () => Error,
  defer?: (giveUp: () => void) => unknown,
): MaybePromise<T>
/** Resolves once all of these have ended, or after `limitMs` milliseconds; leaves no timer. */
export declare function settledWithin(
  running: Iterable<Promise<unknown>>,
  limitMs: number,
): Promise<void>
/**
 * Makes a call that holds something, and lets go of it once: when the call has ended, or when nobody can believe any more that it will. What becomes of the call is for its caller.
 * @param limitMs how long it is held at most, in milliseconds
 */
export declare function holding<T>(
  call: () => MaybePromise<T>,
  limitMs: number,
  letGo: () => void,
): MaybePromise<T>
/** One question about a subject: an answer, or `undefined` when there is nothing to say. */
export type Check<Subject, Answer> = (subject: Subject) => MaybePromise<Answer | undefined>
/** Asks the checks in order and stops at the first answer; waits only for a check that makes it wait. */
export declare function first<Subject, Answer>(
  checks: readonly Check<Subject, Answer>[],
  subject: Subject,
  from?: number,
): MaybePromise<Answer | undefined>

// src/lib/readable-rows.d.ts
/** What `read` makes of each row. A row that it throws for is left out: the others are none the worse for it. */
export declare function understood<Row, T>(rows: readonly Row[], read: (row: Row) => T): T[]

// src/limits/charger.d.ts
import type { Auth } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { Refusal } from '../core/denial.js'
import type { Endings } from '../core/request-end.js'
import type { Limit } from '../core/limit.js'
import type { NodeResponse } from '../core/request.js'
import type { CheckedRequirement } from '../core/requirement.js'
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { Limiter } from './limiter.js'
import { type SubjectContext } from './subject.js'
export interface ChargerContext extends SubjectContext {
  readonly limiter: Limiter
  readonly clock: Clock
  readonly dryRun: boolean
  readonly endings: Endings
}
/** A request on its way to the store. */
export interface Asking {
  readonly auth: Auth
  readonly requirement: CheckedRequirement
  /** What it was counted as before. */
  readonly earlier: Charge | undefined
  readonly response: NodeResponse | undefined
  /** What `limits.override` said in the place of the caller's plan, once it was asked. */
  plan: string | undefined
}
/** Takes what a request costs out of these limits: out of all, or of none. */
export interface Charger {
  readonly take: (asking: Asking, limits: readonly Limit[], owed: number) => MaybePromise<Charge>
  readonly refuse: (auth: Auth, charge: Charge, refusal: Refusal) => Charge
}
export declare function createCharger(context: ChargerContext): Charger

// src/limits/leased-store.d.ts
import type { LimitStore } from './limit-store.js'
/**
 * The same store, with fewer round trips: it takes at once what several requests will need, and answers those that follow by itself. It never
 * admits more than the limits. What was taken of a quota ends with its window; of a burst, it is used within 100 ms, and bursts are smaller
 * by what comes back in that time. What is taken and not used is lost to its owner, at most 1/16 of what is left at a time; what is left of quotas
 * when the gate is closed, or of an owner among more than 10,000, is given back. A refusal is remembered for 1 second at most.
 * @throws {MisuseError} where no limit store is given
 * @example limits: { store: createLeasedLimitStore(createRedisLimitStore(redis)), defaultPlan: 'free' }
 */
export declare function createLeasedLimitStore(store: LimitStore): LimitStore

// src/limits/limit-cause.d.ts
import type { Auth } from '../core/auth.js'
import type { Limit, LimitState } from '../core/limit.js'
import { type Finding } from '../core/refuse.js'
/** Whose request a limit has refused, for the operator. */
export interface Counted {
  /** Absent: a request without valid credentials. */
  readonly auth?: Auth | undefined
  /** What `limits.override` said in the place of the caller's own. */
  readonly plan?: string | undefined
  /** Whose counters these are. */
  readonly subject?: string | undefined
  /** What was asked for. */
  readonly owed: number
}
/** A limit that had no room. */
export interface FullLimit {
  readonly limit: Limit
  readonly state: LimitState
  readonly isOfPlan: boolean
}
/** Which limit had no room, and what is left of it for whom. A store of your own may not say which. */
export declare function limitFinding(full: FullLimit | undefined, counted: Counted): Finding
/** Whose plan has no access. */
export declare function planFinding(counted: Omit<Counted, 'owed'>): Finding

// src/limits/limit-store.d.ts
import type { Limit, LimitVerdict } from '../core/limit.js'
import type { MaybePromise } from '../lib/maybe.js'
/** One request, and all that it is counted against. */
export interface LimitRequest {
  /** Whose limits these are. */
  readonly subject: string
  /** At least one; no two of the same name. */
  readonly limits: readonly Limit[]
  /** How much of each: a whole number; 0 asks how things stand. */
  readonly cost: number
  /** The instant, in milliseconds since the epoch, for a store that has no clock of its own. */
  readonly at: number
  /**
   * Names the request where there is a limit of kind `concurrency`: what it takes of that is held under this name, once, however often it
   * asks. 1 to 64 of `A-Z a-z 0-9 _ -`.
   */
  readonly slot?: string
  /**
   * The subject is a client address. Anyone can have many: they must not push out the counts of others, and nothing is worth being taken ahead for them.
   */
  readonly anonymous?: true
}
/** Where requests are counted. What it throws, or a call that takes longer than 50 ms, is an outage of the limiter. */
export interface LimitStore {
  /** Takes the cost from all limits or from none, however many ask at once. */
  consume(request: LimitRequest): MaybePromise<LimitVerdict>
  /**
   * Gives back the slot of a request that is over, and `cost` of its other limits, where its response does not count or a lease has taken more than it used. Of quotas and
   * credits: in the window in which `taken` was taken. Of bursts: as much as has not come back by itself since `taken.at`. So never more is there than if nothing had been taken. What is not held any
   * longer is not given back. `at` is now. Called once for each take. Without this, a store can be used neither for plans with concurrency nor for requirements with `count`.
   */
  release?(request: LimitRequest, taken: LimitVerdict): MaybePromise<unknown>
  /** Called once, when the gate is closed. What it has opened itself, it closes. */
  close?(): MaybePromise<unknown>
}

// src/limits/limiter.d.ts
import type { LimitStoreError } from '../core/errors.js'
import type { LimitVerdict } from '../core/limit.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { LimitRequest, LimitStore } from './limit-store.js'
export interface LimiterContext {
  readonly store: LimitStore
  /**
   * What becomes of requests while the store fails. `'local'`: this process counts them itself, against its share of the limits. `'deny'`:
   * `LimitStoreError`. `'allow'`: all are let in.
   */
  readonly onStoreError: 'local' | 'deny' | 'allow'
  /** Among how many processes limits are shared out. */
  readonly instances: number
  /** Told once when an outage begins, and once when it is over. */
  readonly onError: (error: LimitStoreError) => void
}
/** A limit store that is always there. */
export interface Limiter extends LimitStore {
  /** How things stand in the store, and nowhere else. @throws {LimitStoreError} while it is away */
  peek(request: Omit<LimitRequest, 'cost' | 'slot'>): Promise<LimitVerdict>
  /** Nobody waits for it. What a store that is away does not take back, it is given when it answers again. */
  release(request: LimitRequest, taken: LimitVerdict): void
  close(): MaybePromise<unknown>
}
/**
 * The same store, whatever becomes of it: it answers within 50 ms or is answered for. While it is away no request waits for it, and one
 * at a time asks for nothing, to see whether it is back.
 */
export declare function createLimiter(context: LimiterContext): Limiter

// src/limits/memory-store.d.ts
import type { LimitStore } from './limit-store.js'
/**
 * Counts in the memory of this process: at most 1,000,000 quotas and as many bursts, in 64 MiB, as many credits, in 32 MiB, and as many client addresses, in 32 MiB. What is full
 * again makes room; beyond that, one of those that end first gives way, and its owner begins anew: it takes as many owners to bring that
 * about. Credits that were used are forgotten when the process ends.
 * @example limits: { store: createMemoryLimitStore(), defaultPlan: 'free' }
 */
export declare function createMemoryLimitStore(): LimitStore

// src/limits/options.d.ts
import type { Auth } from '../core/auth.js'
import type { LimitStore } from './limit-store.js'
import type { CallerOverride, Quota } from './plans.js'
import type { RateLimitHeaders } from './rate-limit-headers.js'
/** How the plans are applied, and what is limited beside them. */
export interface LimitOptions {
  /**
   * Who shares a limit: all keys of an owner, each key for itself, or all callers of whom a function returns the same text, of 1 to 256
   * characters. Each environment is counted for itself. Default `'owner'`.
   */
  readonly by?: 'owner' | 'key' | ((auth: Auth) => string)
  /** The plan of keys that have none. Default: none, and a key must have one. */
  readonly defaultPlan?: string
  /**
   * How many requests without credentials the gate takes from one client address, an IPv4 address or an IPv6 network of 64 bits; beyond that, 429
   * `anonymous_limit_exceeded`. A `limit` of 1 to 1,000,000,000 in a `window` from `'1s'` to `'366d'`, or a `'day'` or `'month'` of UTC. Needs no plans. Default: no such limit.
   * @example { limit: 60, window: '1m' }
   */
  readonly anonymous?: Quota
  /**
   * What holds for a caller in the place of what its key says: another plan, another limit, another amount of credits; `undefined` for
   * nothing. Asked with every request, it must answer at once.
   */
  readonly override?: (auth: Auth) => CallerOverride | undefined
  /** Where requests are counted. Default: in the memory of this process, `createMemoryLimitStore()`. */
  readonly store?: LimitStore
  /**
   * What becomes of requests while the store fails: `'local'`, each process counts them against its share of the limits; `'deny'`, they are
   * refused; `'allow'`, all are let in. Default `'local'`.
   */
  readonly onStoreError?: 'local' | 'deny' | 'allow'
  /** How many processes share the store, and what it counts while it fails: 1 to 10,000. Default 1. */
  readonly instances?: number
  /** Which headers tell of the limits. An empty list: none. Default `['x-ratelimit']`. */
  readonly headers?: readonly RateLimitHeaders[]
  /** Counts, and tells on the channel `sallyport:limits` what would be refused, but refuses nothing. Default false. */
  readonly dryRun?: boolean
}

// src/limits/peek.d.ts
import type { Auth } from '../core/auth.js'
import type { Limit } from '../core/limit.js'
import type { LimitsContext } from './rule.js'
/** How one limit of a caller stands. */
export interface CallerLimit {
  /** As in `RateLimit-Policy`. */
  readonly name: string
  readonly kind: Limit['kind']
  readonly limit: number
  readonly used: number
  readonly remaining: number
  /** When all of it is there again, or credits are refilled. Absent: never, or nobody knows, as of requests under way. */
  readonly resetAt?: Date
}
/** How the limits of a caller's plan stand. */
export interface CallerLimits {
  /** By the clock that counted. */
  readonly at: Date
  /** Quotas, credits, bursts and requests under way, in the order of the plan; not those of single routes. */
  readonly limits: readonly CallerLimit[]
}
/** See `gate.limits.peek`. */
export type PeekLimits = (auth: Auth) => Promise<CallerLimits | undefined>
export declare function createPeek(context: LimitsContext): PeekLimits

// src/limits/plans.d.ts
import type { Calendar, Limit } from '../core/limit.js'
import { type Duration } from '../lib/duration.js'
/** So much of something in such a time. */
export interface PlanLimit<Window = Duration> {
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'`; up to `'366d'` for a quota, up to `'30d'` for a burst, whose limit times window in milliseconds is below 2^53. */
  readonly window: Window
}
/** So many requests in a window. `'day'` and `'month'` are those of UTC: they begin at midnight, whenever the first request comes. */
export type Quota = PlanLimit<Duration | Calendar>
/** A count that requests take from. What is left of it does not end with a window. */
export interface Credits {
  /** How many there are at first: a whole number from 1 to 1,000,000,000. */
  readonly amount: number
  /** Default: they are never refilled. */
  readonly refill?: {
    /** When: at the beginning of each day or month of UTC, or so long after the first request since; from `'1s'` to `'366d'`. */
    readonly every: Duration | Calendar
    /** To how many, where less is left: a whole number from 1 to 1,000,000,000. Default: `amount`. */
    readonly amount?: number
  }
}
/** So many requests under way at once. */
export interface Concurrency {
  /** A whole number from 1 to 10,000. */
  readonly limit: number
  /**
   * A request is under way until its response is closed, and for so long at most: what a process that dies has let in is over then. `'1s'` to
   * `'1d'`. Default `'60s'`.
   */
  readonly lease?: Duration
}
/** What a plan allows: nothing at all, or so much. */
export type Plan =
  | {
      readonly access: false
    }
  | {
      readonly access?: true
      /**
       * How many requests, in a window that begins with the first of them, or with the calendar; several windows hold together. Default
       * `'unlimited'`, where there is something else.
       */
      readonly quota?: Quota | readonly Quota[] | 'unlimited'
      /** How many requests at once, with the room for new ones coming back evenly over the window. Default: no such limit. */
      readonly burst?: PlanLimit | readonly PlanLimit[]
      /** A count that is used up, and refilled or not. Default: no such limit. */
      readonly credits?: Credits
      /** How many requests may be under way at once. Default: no such limit. */
      readonly concurrency?: number | Concurrency
    }
/** The plan of a caller, and numbers of its own. */
export interface PlanOverride {
  readonly plan?: string
  /** In the place of the plan's first quota; of its credits where it has none. A whole number from 1 to 1,000,000,000. */
  readonly limit?: number
}
/** What an app says of a caller in the place of its key. */
export interface CallerOverride extends PlanOverride {
  /** In the place of the `amount` of the plan's credits: a whole number from 1 to 1,000,000,000. */
  readonly credits?: number
}
/** Who has a plan: a caller, as far as its limits go. */
export interface PlanHolder {
  readonly ownerId: string
  readonly keyId?: string | undefined
  readonly plan?: string | undefined
  readonly limit?: number | undefined
}
/** The plans of an API. */
export interface Plans {
  readonly names: readonly string[]
  /** What a caller is counted against; `undefined` where its plan is without access. @throws {MisuseError} naming the caller, for what no plan has */
  limitsOf(caller: PlanHolder, own?: CallerOverride): readonly Limit[] | undefined
  /** @throws {MisuseError} `unknown_plan` naming the nearest; `invalid_key_input` for a limit that has nothing to take the place of */
  check(chosen: PlanOverride, where: string): void
  /** The smallest limit of all: no request that costs more would ever pass everywhere. */
  readonly smallest: number
  /** What plans have limits of. */
  readonly kinds: ReadonlySet<Limit['kind']>
}
export declare const MAX_LIMIT = 1000000000
export declare const MAX_CONCURRENCY = 10000
export declare function createPlans(
  plans: Readonly<Record<string, Plan>>,
  defaultPlan: string | undefined,
): Plans
/** What to say of a plan that is not there. */
export declare function unknownPlan(plan: string, known: readonly string[], where: string): string
/** Called by its window: a plan that has the same window goes on with the same count, whatever its limit is. */
export declare function limitFrom(
  kind: Limit['kind'],
  { limit, window }: Quota,
  called?: string,
): Limit
/** `1h` for `60m` as well. */
export declare function windowName(window: Duration | Calendar): string

// src/limits/rate-limit-headers.d.ts
import type { Headers } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
/**
 * `'x-ratelimit'`: `X-RateLimit-Limit`, `-Remaining` and `-Reset`. `'ratelimit'`: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10.
 */
export type RateLimitHeaders = 'x-ratelimit' | 'ratelimit'
/** What an answer tells of the limits of whoever asked. */
export declare function rateLimitHeaders(
  { limits, verdict }: Charge,
  kinds: readonly RateLimitHeaders[],
): Headers

// src/limits/refusals.d.ts
import type { Auth } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import { Refusal, type Reason } from '../core/denial.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import { type Counted } from './limit-cause.js'
/** What is published on the channel `sallyport:limits` of `node:diagnostics_channel` when a limit refuses. */
export interface LimitRefusal {
  readonly reason: Reason
  /** Absent: a request without credentials. */
  readonly auth?: Auth | undefined
  /** The client's address, of a request without credentials; absent where it is not known. */
  readonly address?: string | undefined
  /** What the caller is counted against, and how much of each is left. */
  readonly limits: readonly (Limit & {
    readonly remaining: number
  })[]
  readonly cost: number
  /** Whether the request went on all the same. */
  readonly dryRun: boolean
}
/** A charge that a store has counted. */
export interface CountedCharge extends Charge {
  readonly verdict: LimitVerdict
}
export declare const LIMITER_UNAVAILABLE: Refusal
/** A charge that goes no further; with `dryRun`, it does, and observers alone are told. */
export declare function refuseCharge(
  who: Pick<LimitRefusal, 'auth' | 'address'>,
  charge: Charge,
  refusal: Refusal,
  dryRun: boolean,
): Charge
/** Of a caller whose plan has no access. */
export declare function withoutAccess(counted: Omit<Counted, 'owed'>): Refusal
/** A limit that is no plan's, and the reason of a request that only it refuses. */
interface OwnLimit {
  readonly limit: Limit
  readonly reason: Reason
}
/**
 * Why the limits of a charge refuse it, and when they would not.
 * @param counted whose request it is, and what it asked for
 * @param own its reason is given where none of a plan refuses
 */
export declare function refusalFor(
  { limits, verdict }: CountedCharge,
  counted: Counted,
  own?: OwnLimit,
): Refusal
export {}

// src/limits/rule.d.ts
import type { Auth, Identity } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { NodeResponse } from '../core/request.js'
import type { CheckedRequirement } from '../core/requirement.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { CallerOverride, Plans } from './plans.js'
import { type ChargerContext } from './charger.js'
export interface LimitsContext extends ChargerContext {
  /** Absent: callers have no plans. */
  readonly plans: Plans | undefined
  readonly override?: ((auth: Auth) => CallerOverride | undefined) | undefined
}
/** Counts a request, and says whether it may go on. What was counted before on the same request is not counted again. `undefined`: nothing is limited. */
export type LimitsRule = (
  identity: Identity,
  requirement: CheckedRequirement,
  earlier: Charge | undefined,
  response: NodeResponse | undefined,
) => MaybePromise<Charge> | undefined
/** All windows of the caller's plan, and the limit of the route, have room for what the request costs, and give it; or none of them does. */
export declare function createLimitsRule(context: LimitsContext): LimitsRule

// src/limits/subject.d.ts
import type { Auth } from '../core/auth.js'
export interface SubjectContext {
  readonly by: 'owner' | 'key' | ((auth: Auth) => string)
  readonly onError: (error: unknown) => void
}
/** Whose counters these are; each environment has its own. */
export declare function subjectOf(auth: Auth, { by, onError }: SubjectContext): string

// src/oauth/assertion.d.ts
import { Refusal } from '../core/denial.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { ReplayStore } from './replay-store.js'
import { type ServiceAccount } from './service-accounts.js'
export interface AssertionContext<A extends ServiceAccount> {
  /** Whom an assertion is for: the gate, as it is called in its tokens. */
  readonly issuer: string
  readonly find: (id: string) => MaybePromise<A | undefined>
  /** Asked before an account is looked for whose id may be a guess. */
  readonly refuseGuess: (id: string) => Refusal | undefined
  readonly replays: ReplayStore
  /** Ids that were presented again after their use. */
  readonly spent: Pick<Map<string, true>, 'has'> & {
    readonly set: (id: string, value: true) => unknown
  }
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** An assertion that is good by itself. */
export interface Proven<A extends ServiceAccount> {
  readonly account: A
  /** Uses up its id: a refusal where that was done before. Of several calls at the same time, one succeeds. */
  readonly use: () => Promise<Refusal | undefined>
}
/**
 * Whose assertion this is (RFC 7523 section 3): signed by a key of the account, about itself, for this gate alone, and short-lived. Whoever makes a token for it must `use` it first.
 * `unknown_key` where there is no such account. What the finder and the store of used assertions throw goes through.
 */
export declare function verifyAssertion<A extends ServiceAccount>(
  assertion: string,
  context: AssertionContext<A>,
): Promise<Proven<A> | Refusal>

// src/oauth/forgotten.d.ts
import { MisuseError } from '../core/errors.js'
/** Whose tokens are to be forgotten. */
export interface ForgottenTokens {
  /** `auth.issuer` of the tokens. */
  readonly issuer: string
  /** `auth.subject` of the tokens. Default: those of all subjects. */
  readonly subject?: string
}
/** What is said where a gate issues no tokens. */
export declare function issuesNone(where: string): MisuseError
/** @throws {MisuseError} */
export declare function readForgotten(whose: ForgottenTokens): ForgottenTokens

// src/oauth/http/answers.d.ts
import type { Headers } from '../../core/auth.js'
import type { DenialCause } from '../../core/cause.js'
import type { Answer } from '../../core/decision.js'
import type { Reason } from '../../core/denial.js'
import type { IssuedToken } from '../issue.js'
/** RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 8693 section 2.2.2. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'
/** Why an OAuth endpoint says no: a value, never thrown. */
export declare class OAuthFault {
  readonly code: OAuthErrorCode
  readonly description: string
  /** The true one, for records alone. */
  readonly reason: Reason
  /** That of the credential that was denied; absent: the description says it. */
  readonly cause: DenialCause | undefined
  constructor(
    code: OAuthErrorCode,
    description: string,
    {
      reason,
      cause,
    }?: {
      readonly reason?: Reason
      readonly cause?: DenialCause | undefined
    },
  )
}
export declare function isFault(value: object): value is OAuthFault
/** RFC 6749 section 5.2: 401 where the client could not be authenticated, else 400. */
export declare function answerFault(
  { code, description }: OAuthFault,
  realm: string,
  headers: Headers,
): Answer
/** RFC 6749 section 5.1; `issued_at` beside it. */
export declare function answerToken(token: IssuedToken, more: object, headers: Headers): Answer
export declare function answerEmpty(headers: Headers): Answer

// src/oauth/http/conclude.d.ts
import type { CredentialAuth, Headers, Identity } from '../../core/auth.js'
import type { PresentedCredential } from '../../core/credential.js'
import type { Answer, Decision, Denial } from '../../core/decision.js'
import { Refusal } from '../../core/denial.js'
import type { RequestContext } from '../../core/request-context.js'
import type { GateRequest } from '../../core/request.js'
import type { EndpointRequest } from '../../http/body.js'
import { type MaybePromise } from '../../lib/maybe.js'
import { type OAuthFault } from './answers.js'
type Authenticated = Decision<string, CredentialAuth>
type Authenticate = (
  context: RequestContext,
  credential: PresentedCredential,
) => MaybePromise<Authenticated>
/** The pipeline of the gate, for endpoints that read credentials of their own out of a request. */
export interface EndpointPipeline {
  /** One record for each call, however many credentials it brings. */
  readonly begin: (request: GateRequest) => RequestContext
  /** All steps for a credential, wherever in the request it stood. */
  readonly authenticate: Authenticate
  /** The same for a client that ends a token of its own, which is never charged. */
  readonly authenticateToRevoke: Authenticate
  /** The steps after authentication, for a caller that has proven in another way who it is. */
  readonly authorize: (context: RequestContext, caller: Identity) => MaybePromise<Decision>
  /** Counts a call that is denied for want of credentials: the denial with what its address has left, or another where that has made too many. */
  readonly countMissing: (context: RequestContext, denied: Denial) => MaybePromise<Denial>
  /** What the answer tells of the limits that the call was counted against. */
  readonly limitsOf: (context: RequestContext) => Headers
  /** A call that anybody may make, counted against its address: a denial, which is recorded, where that has made too many. What is let in is not recorded. */
  readonly admitAnybody: (request: GateRequest) => MaybePromise<Denial | Admittance>
  /** The outcome is recorded; where it must be and cannot be, nobody is let in. */
  readonly finish: (context: RequestContext, decided: Decision) => MaybePromise<Decision>
}
/** A call of anybody that was let in. */
export interface Admittance {
  /** How the limit of its address stands. */
  readonly headers: Headers
  readonly refuse: (refusal: Refusal) => Denial
}
/** One call of an endpoint, on its way through the pipeline. */
export interface EndpointCall {
  readonly context: RequestContext
  readonly authenticate: (credential: PresentedCredential) => MaybePromise<Authenticated>
  readonly authenticateToRevoke: (credential: PresentedCredential) => MaybePromise<Authenticated>
  readonly authorize: (caller: Identity) => MaybePromise<Decision>
}
/** An answer, and what it is recorded as. */
export interface Concluded {
  readonly answer: Answer
  readonly decision: Decision
}
export type Conclusion = Concluded | OAuthFault | Denial
interface ConclusionContext {
  readonly realm: string
  readonly deny: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly pipeline: EndpointPipeline
}
/** An endpoint of which each call leaves one record, whatever it comes to. */
export declare function recorded(
  context: ConclusionContext,
  handle: (endpointRequest: EndpointRequest, call: EndpointCall) => Promise<Conclusion>,
): (endpointRequest: EndpointRequest) => Promise<Answer | Denial>
/** A fault of somebody who was let in, with what answers tell it. */
export declare function concludedFault(
  { realm, deny }: Pick<ConclusionContext, 'realm' | 'deny'>,
  request: GateRequest,
  fault: OAuthFault,
  headers?: Headers,
): Concluded
export {}

// src/oauth/http/endpoints.d.ts
import type { Answer, Denial } from '../../core/decision.js'
import type { EndpointRequest } from '../../http/body.js'
import { type IssuingContext } from './token.js'
type Answerer = (call: EndpointRequest) => Promise<Answer | Denial>
/** What the adapters mount. @throws {MisuseError} `not_supported`, when called, where the gate issues no tokens */
export interface TokenEndpoints {
  readonly token: () => Answerer
  readonly jwks: () => Answerer
  readonly revocation: () => Answerer
}
/** Of a gate that issues tokens. */
export declare function createTokenEndpoints(context: IssuingContext): TokenEndpoints
export {}

// src/oauth/http/form.d.ts
import { Refusal } from '../../core/denial.js'
import { type EndpointRequest } from '../../http/body.js'
/** Parameters of a request to an OAuth endpoint. One without a value counts as one that is not there (RFC 6749 section 3.2). */
export interface Form {
  readonly get: (name: string) => string | undefined
  /** Of a parameter that may be there several times. */
  readonly all: (name: string) => readonly string[]
  /** Whether there is something that no OAuth endpoint asks for. */
  readonly hasOthers: boolean
}
/** The parameters in the body: a form, as RFC 6749 has it, or a JSON object, where `scope` may be a list. An empty body has none. */
export declare function readForm(call: EndpointRequest): Promise<Form | Refusal>

// src/oauth/http/token.d.ts
import type { Credential } from '../../core/credential.js'
import type { Answer, Denial, Grant } from '../../core/decision.js'
import { Refusal } from '../../core/denial.js'
import type { GateRequest } from '../../core/request.js'
import { type EndpointRequest } from '../../http/body.js'
import { type Holder } from '../issue.js'
import type { TokenService } from '../token-service.js'
import { OAuthFault } from './answers.js'
import { type EndpointCall, type EndpointPipeline } from './conclude.js'
import { type Form } from './form.js'
/** What of a gate the endpoints of its tokens work with. */
export interface IssuingContext {
  readonly own: TokenService
  readonly realm: string
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly pipeline: EndpointPipeline
  readonly deny: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly onError: (error: unknown) => void
}
/** A request to the token endpoint, read. */
export interface TokenRequest {
  readonly context: IssuingContext
  readonly request: GateRequest
  readonly call: EndpointCall
  readonly form: Form
  readonly presented: Credential | Refusal
}
/** Who gets a token, and what for. */
export interface Entitled {
  readonly holder: Holder
  readonly grant: Grant
  readonly audience: readonly string[]
  /** Uses up what a token is made for once, when it is made: why not, where that was done before. */
  readonly use?: () => Promise<OAuthFault | Denial | undefined>
  /** More members of the answer. */
  readonly more?: object
}
/** What a way to get a token comes to: an OAuth error, or a denial where the gate itself said no. */
export type Outcome = Entitled | OAuthFault | Denial
type GrantType = (asked: TokenRequest) => Promise<Outcome>
/**
 * The token endpoint (RFC 6749 section 3.2). Without `grant_type`, the key where the gate takes keys from is exchanged; what is wrong with that key
 * is answered as by any guard.
 */
export declare function createTokenEndpoint(
  context: IssuingContext,
  grantTypes: ReadonlyMap<string, GrantType>,
): (call: EndpointRequest) => Promise<Answer | Denial>
/** What all OAuth endpoints ask of a request before they look at what it asks. */
export declare function readCall(
  endpointRequest: EndpointRequest,
  context: IssuingContext,
  call: EndpointCall,
): Promise<TokenRequest | OAuthFault | Denial>
export declare function isUnread(
  asked: TokenRequest | OAuthFault | Denial,
): asked is OAuthFault | Denial
export {}

// src/oauth/id-table.d.ts
import type { Clock } from '../lib/clock.js'
/** What a store of ids is told beside an id. */
export interface KeptId {
  /** For how long the id is to be kept, in milliseconds, by the clock of the gate. A store on another machine goes by this, and not by an instant of a clock that is not its own. */
  readonly forMs: number
  /** Whose token or assertion it is: a store that is bounded gives each owner a share. Absent where the app does not say. */
  readonly ownerId?: string
}
/** Ids, each until an instant. None is forgotten before its time: a table that is full takes no more. */
export interface IdTable {
  /** False: it is there already. @throws {RangeError} when full @throws {IdShareError} when its owner has as many as there are places left */
  add(id: string, until: number, kept?: KeptId): boolean
  has(id: string): boolean
}
export declare function createIdTable(clock: Clock): IdTable

// src/oauth/issue.d.ts
import { type CredentialAuth } from '../core/auth.js'
import { Refusal } from '../core/denial.js'
import type { Clock } from '../lib/clock.js'
import type { LoadSigningKeys } from './signing-keys.js'
/** A token that a gate has made. It is a secret, as a key is. */
export interface IssuedToken {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  /** Seconds. */
  readonly expiresIn: number
  readonly scopes: readonly string[]
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** `jti`: safe to log. */
  readonly tokenId: string
}
/** What somebody wants of a token. */
export interface TokenWish {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly string[] | undefined
  /** Some of the audiences of the gate's tokens. Default: all of them. */
  readonly audience?: readonly string[] | undefined
}
/** For whom a token is. */
export interface Holder {
  /** `client_id` and `sub`: the key, or the service account, that the token stands and falls with. */
  readonly clientId: string
  readonly ownerId: string
  readonly environment: string
  readonly scopes: readonly string[]
  readonly plan?: string | undefined
  /** Absent: it was given no list. */
  readonly tenantIds?: readonly string[] | undefined
  /** Absent: it is not held to any. */
  readonly resources?: readonly string[] | undefined
  /** No token of it lives longer. */
  readonly expiresAt?: Date | undefined
}
export interface IssueContext {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly lifetimeMs: number
  readonly load: LoadSigningKeys
  readonly clock: Clock
}
export declare const NO_TOKEN_FOR_TOKEN: Refusal
/** The holder of what was presented: a token passes on what it has itself. */
export declare function holderOf(auth: CredentialAuth): Holder
/**
 * Makes JWT access tokens as RFC 9068 has them: never with a scope that its holder lacks (`insufficient_scope`), never beyond its end.
 */
export declare function createIssuance(
  context: IssueContext,
): (holder: Holder, wish: TokenWish) => Promise<IssuedToken | Refusal>

// src/oauth/options.d.ts
import type { Jwk } from '../jwt/jwk.js'
import type { Duration } from '../lib/duration.js'
import type { ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import type { FindServiceAccount, ServiceAccount } from './service-accounts.js'
import type { FindSigningKeys } from './signing-keys.js'
/** How the gate issues tokens. */
export interface TokenOptions {
  /** What the gate is called in `iss` of its tokens: an `https:` URL. */
  readonly issuer: string
  /** For whom its tokens are: what this API is called in `aud`, then others that take its tokens, 1 to 16 in all. Default: the issuer. */
  readonly audience?: string | readonly string[]
  /**
   * Which of `audience` are names of this API itself. The gate accepts tokens for these only; those for others can only be issued here (RFC 9068 section 4). Default:
   * the first of `audience`.
   */
  readonly accepts?: string | readonly string[]
  /**
   * Private keys for RS256, ES256 or EdDSA, as JWK or in PEM (PKCS #8). The first signs; the others, of which the public part is enough, verify what they
   * have signed before. Or a function that answers them, such as from a secrets manager. Default: one that ends with the process; in production there is none.
   */
  readonly signingKeys?: readonly (Jwk | string)[] | FindSigningKeys
  /** How long its tokens live, at most 24 hours, and never longer than their keys. Default `'1h'`. */
  readonly lifetime?: Duration
  /**
   * Programs that get tokens for assertions which they sign with keys of their own (RFC 7523): a list, or a function that finds one by its id. The function is
   * asked for each assertion and with each use of a token. Default: none.
   */
  readonly serviceAccounts?: readonly ServiceAccount[] | FindServiceAccount
  /** Where the ids of revoked tokens are. Default: in the memory of this process, `createMemoryRevocations()`. */
  readonly revocations?: TokenRevocations
  /** Where it is kept which assertions were used. Default: in the memory of this process, `createMemoryReplayStore()`. */
  readonly replayStore?: ReplayStore
}

// src/oauth/replay-store.d.ts
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import { type KeptId } from './id-table.js'
/** What was used once, and must not be used again. What it throws, and an answer that takes longer than 50 ms, is an outage (503). */
export interface ReplayStore {
  /**
   * Keeps an id until an instant, in milliseconds since the epoch by the clock of the gate; `kept` says for how long that is. False where it is kept already. A store
   * that has too many ids of this owner throws an `IdShareError`. Of any number of calls at the same time, in all
   * processes, one is answered with true.
   */
  addIfAbsent(id: string, until: number, kept?: KeptId): MaybePromise<boolean>
}
/**
 * Keeps at most 100,000 ids, for this process alone; of one owner, as many as places are left. When it is full, it takes no more rather than forget one.
 * @example tokens: { issuer, signingKeys, replayStore: createMemoryReplayStore() }
 */
export declare function createMemoryReplayStore(clock?: Clock): ReplayStore
/** The same store, of which only yes and no count: any other answer would be taken for a first use. */
export declare function checkedReplayStore(store: ReplayStore): ReplayStore
/** What is neither yes nor no is not taken for a no. @throws {TypeError} */
export declare function yesOrNo(answer: unknown): boolean

// src/oauth/revocations.d.ts
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type KeptId } from './id-table.js'
/**
 * Which tokens were ended before their time. Every method may answer at once or with a promise. What it throws, and an answer that takes longer than
 * 50 ms, is an outage (503), and never "not revoked".
 */
export interface TokenRevocations {
  /**
   * Keeps an id until an instant, in milliseconds since the epoch by the clock of the gate; `kept` says for how long that is. Again is harmless. A store that has
   * too many ids of this owner throws an `IdShareError`.
   */
  add(tokenId: string, until: number, kept?: KeptId): MaybePromise<void>
  has(tokenId: string): MaybePromise<boolean>
}
/**
 * Keeps at most 100,000 ids, for this process alone; of one owner, as many as places are left. When it is full, it takes no more rather than forget one.
 * @example tokens: { issuer, signingKeys, revocations: createMemoryRevocations() }
 */
export declare function createMemoryRevocations(clock?: Clock): TokenRevocations

// src/oauth/service-accounts.d.ts
import * as v from 'valibot'
import type { JwkSet } from '../jwt/jwk.js'
import { type KeySet } from '../jwt/key-set.js'
import type { MaybePromise } from '../lib/maybe.js'
/** A program with keys of its own. It signs an assertion (RFC 7523) with one of them, and gets a token for that. */
export interface ServiceAccount {
  /** `iss` and `sub` of its assertions: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`; not like the id of a key. */
  readonly id: string
  readonly ownerId: string
  /** Its public keys. Any of RS, PS, ES and EdDSA. */
  readonly jwks: JwkSet
  /** What its tokens may do at most. */
  readonly scopes: readonly string[]
  /** The tenants that it may act for. Default: none. */
  readonly tenantIds?: readonly string[]
  /** Default: the first of the gate. */
  readonly environment?: string
  /** Default: `limits.defaultPlan`. */
  readonly plan?: string
  /** More that handlers shall know of it: JSON values. */
  readonly metadata?: Readonly<Record<string, unknown>>
}
/** Finds a service account by its id. Asked for each assertion, and for each use of a token. If it throws, or does not answer within 250 ms, that is an outage (503). */
export type FindServiceAccount = (id: string) => MaybePromise<ServiceAccount | undefined>
export declare const serviceAccount: () => import('../lib/schema-objects.js').ObjectSchema<{
  readonly id: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.RegexAction<string, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ - and not begin with 'key_'">,
    ]
  >
  readonly ownerId: v.SchemaWithPipe<
    readonly [
      v.StringSchema<undefined>,
      v.MinLengthAction<string, 1, undefined>,
      v.MaxCodePointsAction<string, 128, undefined>,
      v.CheckAction<
        string,
        'must not begin or end with white space, and must not have control characters'
      >,
    ]
  >
  readonly jwks: v.SchemaWithPipe<
    readonly [
      v.UnknownSchema,
      v.TransformAction<unknown, unknown>,
      v.CustomSchema<JwkSet, v.ErrorMessage<v.CustomIssue> | undefined>,
    ]
  >
  readonly scopes: v.SchemaWithPipe<
    readonly [
      v.ArraySchema<v.UnknownSchema, string | undefined>,
      v.MaxLengthAction<unknown[], number, undefined>,
      v.ArraySchema<
        v.SchemaWithPipe<
          readonly [
            v.StringSchema<undefined>,
            v.MaxCodePointsAction<string, 128, undefined>,
            v.RegexAction<string, undefined>,
          ]
        >,
        undefined
      >,
    ]
  >
  readonly tenantIds: v.OptionalSchema<
    v.ArraySchema<
      v.SchemaWithPipe<
        readonly [
          v.StringSchema<undefined>,
          v.MinLengthAction<string, 1, undefined>,
          v.MaxCodePointsAction<string, 128, undefined>,
          v.CheckAction<
            string,
            'must not begin or end with white space, and must not have control characters'
          >,
        ]
      >,
      undefined
    >,
    undefined
  >
  readonly environment: v.OptionalSchema<v.StringSchema<undefined>, undefined>
  readonly plan: v.OptionalSchema<v.StringSchema<undefined>, undefined>
  readonly metadata: v.OptionalSchema<
    v.CustomSchema<Record<string, unknown>, v.ErrorMessage<v.CustomIssue> | undefined>,
    undefined
  >
}>
/** Whether there could be an account of that id. */
export declare function isAccountId(id: unknown): id is string
/**
 * Checks what a finder answers, and makes something of it. An object that was checked before and still says the very same is not checked again:
 * what was made of it is.
 * @throws {TypeError} for what is no service account.
 */
export declare function createAccountCheck<T>(
  make: (account: ServiceAccount) => T,
): (value: unknown) => T
/** The keys of an account. A set that says the same as another one is read once. @throws {KeySetError} */
export declare function keysOf(jwks: unknown): KeySet

// src/oauth/signing-key.d.ts
import { type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
/** No token of a gate lives longer, whatever its options say. */
export declare const MAX_LIFETIME_MS = 86400000
/** How a gate signs: one of these, by the type of its key. */
export type SigningAlgorithm = 'RS256' | 'ES256' | 'EdDSA'
export declare const SIGNING_ALGORITHMS: readonly SigningAlgorithm[]
interface ReadKey {
  readonly alg: SigningAlgorithm
  /** Absent for a key that only verifies. */
  readonly privateKey: KeyObject | undefined
  readonly jwk: JWK
}
/** What is wrong with keys to sign with; `undefined`: nothing. Never with a part of a key. */
export declare function complaintAboutSigningKeys(
  given: readonly (JWK | string)[],
): string | undefined
export declare function readSigningKey(input: JWK | string): ReadKey | undefined
export {}

// src/oauth/signing-keys.d.ts
import { type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { Refusal } from '../core/denial.js'
import { type KeySet } from '../jwt/key-set.js'
import type { Jwk } from '../jwt/jwk.js'
import type { KeySource } from '../jwt/key-source.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type SigningAlgorithm } from './signing-key.js'
/** What a gate signs with and verifies with. */
export interface SigningKeys {
  readonly signer: {
    readonly alg: SigningAlgorithm
    readonly kid: string
    readonly key: KeyObject
  }
  /** Public keys only. */
  readonly jwks: {
    readonly keys: readonly JWK[]
  }
  readonly set: KeySet
}
/**
 * Where the keys to sign with come from: such as a secrets manager. Asked at start, every five minutes, and when a token names a key that is not known, then once in five seconds for all requests.
 * @returns the keys as `tokens.signingKeys` takes them, the one that signs first: at least one
 */
export type FindSigningKeys = () => MaybePromise<readonly (Jwk | string)[]>
/** Makes the keys ready when they are first needed. @throws {TokenStoreError} while there are none */
export interface LoadSigningKeys {
  (): MaybePromise<SigningKeys>
  /** The same at once; `undefined`: they are not ready yet. */
  readonly current: () => SigningKeys | undefined
  /** Whether there are others since a moment ago, for a token that names one that is not among them. @throws {TokenStoreError} while nobody can tell */
  readonly again: () => MaybePromise<boolean>
}
/** Who is told when a function of the app does not answer, and what time it is. */
export interface OwnKeysContext {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/**
 * The keys of a gate: the first signs, all verify and are published. Without any, one is made for the life of this process, with a warning.
 * They were looked at by `complaintAboutSigningKeys`.
 */
export declare function createSigningKeys(
  given: readonly (JWK | string)[] | FindSigningKeys,
  context: OwnKeysContext,
): LoadSigningKeys
/** The same keys, for those who verify. What cannot be had is told by those who ask for it. */
export declare function createOwnKeySource(load: LoadSigningKeys): KeySource
/** What an answer is where the keys cannot be had, which was told already. @throws anything else */
export declare function keysUnavailable(error: unknown): Refusal

// src/oauth/token-service.d.ts
import { type Identity } from '../core/auth.js'
import { Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { TokenClaims } from '../jwt/claim-rules.js'
import type { Issuer } from '../jwt/issuers.js'
import type { Jwk } from '../jwt/jwk.js'
import { type VerifiedToken } from '../jwt/verify.js'
import { type Duration } from '../lib/duration.js'
import { type MaybePromise } from '../lib/maybe.js'
import { type Proven } from './assertion.js'
import { type Holder, type IssuedToken, type TokenWish } from './issue.js'
import { type ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import { type FindServiceAccount, type ServiceAccount } from './service-accounts.js'
import { type FindSigningKeys, type OwnKeysContext, type SigningKeys } from './signing-keys.js'
/** How a gate issues tokens, as its options say it, with every default. */
export interface TokenServiceDescription {
  readonly issuer: string
  /** For whom it can issue tokens. */
  readonly audience: readonly string[]
  /** Which of those it is itself. */
  readonly accepts: readonly string[]
  readonly lifetime: Duration
  readonly signingKeys: readonly (Jwk | string)[] | FindSigningKeys
  /** All that the gate serves, its first one first. */
  readonly environments: readonly string[]
  readonly serviceAccounts: readonly ServiceAccount[] | FindServiceAccount
  readonly revocations: TokenRevocations
  readonly replayStore: ReplayStore
}
/** A service account, in an environment that the gate serves. */
export type KnownAccount = ServiceAccount & {
  readonly environment: string
}
/** A gate as the issuer of tokens. What it cannot find out is `store_unavailable`, and told to `onError`. */
export interface TokenService {
  /** By which rules its tokens are verified: those of any other issuer. */
  readonly rules: Issuer
  /** For whom it can issue tokens. Those that are for others only are not accepted here (RFC 9068 section 4). */
  readonly audience: readonly string[]
  /** What a token of this gate says, whomever it is for, whether or not it was revoked, and whatever time it is: another instance may have another clock. */
  verify(token: string): MaybePromise<VerifiedToken | Refusal>
  issue(holder: Holder, wish: TokenWish): Promise<IssuedToken | Refusal>
  jwks(): Promise<SigningKeys['jwks']>
  /** The service account that has signed this, which is used up when a token is issued for it; `unknown_key` where there is none. One that has signed well before is no guess. */
  accountOf(assertion: string, context: RequestContext): Promise<Proven<KnownAccount> | Refusal>
  /** The account as a caller, before it has a token. */
  identityOf(account: KnownAccount): Identity
  accountById(id: string): MaybePromise<KnownAccount | Refusal | undefined>
  isRevoked(tokenId: string): MaybePromise<boolean | Refusal>
  /** Ends a token by its id: of one that is known, how long it lives and whose it is; else it is taken to live as long as any. @throws {TokenStoreError} */
  revoke(tokenId: string, known?: Pick<TokenClaims, 'claims'>): Promise<void>
}
export declare function createTokenService(
  description: TokenServiceDescription,
  { clock, onError }: OwnKeysContext,
): TokenService

// src/oauth/tokens.d.ts
import type { Catalogue } from '../core/catalogue.js'
import type { CredentialAuth } from '../core/auth.js'
import type { Decision, Denial } from '../core/decision.js'
import { type Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type ForgottenTokens } from './forgotten.js'
import { type IssuedToken } from './issue.js'
import type { TokenService } from './token-service.js'
export interface ExchangeOptions<S extends string = string> {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for a key with an address list. */
  readonly address?: string
}
/** What a service account shows for a token. */
export interface GrantInput<S extends string = string> {
  /** A JWT that it has signed (RFC 7523 section 3): good for 5 minutes at most, and once. */
  readonly assertion: string
  /** Some of the scopes of the account. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for brute-force protection and the audit log. Default: none. */
  readonly address?: string
}
/** Short-lived tokens from keys, and what is remembered of others: `gate.tokens`. `exchange`, `grant` and `revoke` throw `not_supported` where the gate issues none. */
export interface Tokens<S extends string = string> {
  /**
   * Makes a token from the secret of a key. @throws {MisuseError} @throws {DeniedError} for a key that does not work, or lacks a scope
   */
  exchange(secret: string, options?: ExchangeOptions<S>): Promise<IssuedToken>
  /**
   * Makes a token for an assertion of a service account, without a request: what the token endpoint does for `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`.
   * @example const { accessToken } = await gate.tokens.grant({ assertion })
   * @throws {MisuseError} @throws {DeniedError} for an assertion that is not valid here, or a scope that the account lacks
   */
  grant(input: GrantInput<S>): Promise<IssuedToken>
  /**
   * Ends a token of this gate before its time, by itself or by its id (`jti`); again is harmless. @throws {MisuseError}
   * @throws {DeniedError} for a token of somebody else. @throws {TokenStoreError} Then it may still work.
   */
  revoke(tokenOrId: string): Promise<void>
  /**
   * Forgets who the callers of these tokens are, in this process: `identify` is called anew with the next request. Without `subject`, the issuer is looked for
   * anew, too, where `issuers` is a function or it has `tenants`. @throws {MisuseError}
   */
  forget(whose: ForgottenTokens): void
}
export interface TokensContext {
  /** Absent where the gate issues no tokens. */
  readonly own: TokenService | undefined
  readonly forget: (whose: ForgottenTokens) => void
  readonly verify: (
    credential: string,
    address?: string,
  ) => MaybePromise<Decision<string, CredentialAuth>>
  /** All steps after `identify`, which puts a caller into the context. */
  readonly admit: (
    identify: (context: RequestContext) => MaybePromise<Refusal | undefined>,
    address?: string,
  ) => MaybePromise<Decision>
  readonly deny: (refusal: Refusal) => Denial
  readonly catalogue: Catalogue
}
/** The gate as an issuer. @throws {MisuseError} `not_supported` where it issues no tokens */
export declare function issuerOf(own: TokenService | undefined, where: string): TokenService
export declare function createTokens<S extends string>(context: TokensContext): Tokens<S>

// src/telemetry/cache-events.d.ts
import { type MaybePromise } from '../lib/maybe.js'
/** What is published on the channel `sallyport:cache` of `node:diagnostics_channel`. */
export type CacheEvent =
  | {
      /** The store was asked for a key that was not remembered, or not recently enough. */
      readonly event: 'read'
      readonly outcome: 'found' | 'unknown' | 'failed'
      /** How long that took, in milliseconds. */
      readonly ms: number
    }
  | {
      /** Changes may have been missed: each key is read anew. */
      readonly event: 'forgotten'
    }
/** Tells how long a reading took and what it found. `isNone`: whether what it threw says that nothing was asked. */
export declare function toldReading<T>(
  read: () => MaybePromise<T | undefined>,
  isNone: (error: unknown) => boolean,
): MaybePromise<T | undefined>
export declare function tellForgotten(): void

// src/telemetry/decisions.d.ts
import type { Auth } from '../core/auth.js'
import type { Decision } from '../core/decision.js'
import type { RequestContext } from '../core/request-context.js'
/** What is published on the channel `sallyport:decisions` of `node:diagnostics_channel` for each decision of a guard. */
export interface DecisionMade {
  /** Its `auth` is `undefined` where a guard with `optional` let in a request without a caller. */
  readonly decision: Decision<string, Auth | undefined>
  /** Whose credential it was; absent where that is not known. */
  readonly auth?: Auth | undefined
  /** The client's address, past the proxies of `trustProxy`. Absent where it is not known. */
  readonly client?: string | undefined
  /** Absent, as all that follows, where it did not come over HTTP. */
  readonly method?: string | undefined
  /** Without its query, and without what looks like a secret. */
  readonly path?: string | undefined
  /** The pattern of its path, where the framework tells. */
  readonly route?: string | undefined
}
type Told = DecisionMade['decision']
export declare const decisions: import('diagnostics_channel').Channel<unknown, unknown>
/** Tells observers of a decision. What an endpoint of the gate goes on with is told when that is done, with what it has come to: `endpointDone`. */
export declare function tellDecision(decision: Decision, context: RequestContext): void
/** An endpoint of the gate is done with what its guard has let in: it is told once, as refused where it was. */
export declare function endpointDone(decision: Told, context: RequestContext | undefined): void
export {}

// src/telemetry/outages.d.ts
/**
 * What is published on the channel `sallyport:outages` of `node:diagnostics_channel`: once when an outage begins, with the `error` that it began
 * with, and once when it is over.
 */
export interface Outage {
  /**
   * `'key_store'`: it failed, or did not answer within 250 ms. `'key_changes'`: changes of keys are not heard, and each key is read anew.
   * `'limit_store'`: `limits.onStoreError` says what becomes of requests. `'token_revocations'`, `'replay_store'`: it failed, or did not answer within
   * 50 ms. `'issuer'`: its keys, or what it says of tokens, cannot be had. `'peppers'`, `'signing_keys'`: the function that answers them failed. `'access_store'`, `'agreement_store'`: as `'key_store'`.
   */
  readonly part:
    | 'key_store'
    | 'key_changes'
    | 'limit_store'
    | 'token_revocations'
    | 'replay_store'
    | 'issuer'
    | 'peppers'
    | 'signing_keys'
    | 'access_store'
    | 'agreement_store'
  readonly state: 'failing' | 'recovered'
  /** Of `'issuer'`: which one, as the option has it. */
  readonly issuer?: string
  /** Of all others: which one, the very object that the option has. It tells gates of one process apart. */
  readonly store?: unknown
  readonly error?: unknown
}
/** Tells of the outages of one part. What has begun does not begin again. */
export declare class OutageReporter {
  #private
  constructor(part: Outage['part'], which: Pick<Outage, 'issuer' | 'store'>)
  begun(error: unknown): void
  over(): void
}

// src/telemetry/secret-source.d.ts
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import { type Outage } from './outages.js'
/** Secrets that a function of the app answers: those of a secrets manager, which change while the process runs. */
export interface SecretSource<T> {
  /** What was answered last. Waits for the first answer alone. @throws what `failed` makes, while there was none */
  readonly get: () => MaybePromise<T>
  /** The same at once; `undefined`: there was none yet. */
  readonly current: () => T | undefined
  /** Asks again for something that nobody knows, unless that was done a moment ago. Resolves to whether the answer is another one. @throws while asking fails: nobody can tell then */
  readonly again: () => MaybePromise<boolean>
}
export interface SecretSourceContext<T> {
  readonly ask: () => MaybePromise<unknown>
  /** Makes something of an answer. @throws for one that cannot be used; never with a part of it */
  readonly read: (answer: unknown) => MaybePromise<T>
  readonly part: Outage['part']
  readonly failed: (cause: unknown) => Error
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** Asks at once, and again where an answer is old or does not know what is asked for. While that fails, the last good answer counts. */
export declare function createSecretSource<T>(context: SecretSourceContext<T>): SecretSource<T>

// src/telemetry/unknown-scopes.d.ts
/**
 * Told of each scope that the gate leaves out because it does not know it.
 * @param issuer whose it is: an issuer, or what of the app has said it
 * @param from who has said it, for the message
 */
export type TellUnknownScope = (scope: string, issuer: string, from: string) => void
/** Warns the developer once of each scope of each issuer: a role that is mistyped looks like one that is missing. */
export declare function createUnknownScopes(known: ReadonlyMap<string, unknown>): TellUnknownScope

// src/testing/access-events.d.ts
import type { AccessStore } from '../access/access-store.js'
import type { KeyOutbox } from '../keys/outbox.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { TestCase } from './suite.js'
/** An access store, and the outbox of the key store beside it, where its events go. */
export interface AccessStoreWithOutbox {
  readonly access: AccessStore
  readonly outbox: KeyOutbox
}
/**
 * What an access store does that tells its steps through the outbox of the key store: events `access.*` for `notify` and webhooks. `open` gives both; what other tests have stored
 * may be in them. Whoever opens a store closes it.
 * @example for (const { name, run } of accessEventCases(open)) test(name, run)
 */
export declare function accessEventCases(
  open: () => MaybePromise<AccessStoreWithOutbox>,
): readonly TestCase[]

// src/testing/access-store.d.ts
import type { AccessRequest, AccessState, AccessStore } from '../access/access-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TestCase } from './suite.js'
/** A request as no store has it yet, of an owner of its own. */
export declare function request(fields?: Partial<AccessRequest>): AccessRequest
/** The next version, in another state. */
export declare function after(
  before: AccessRequest,
  state: AccessState,
  fields?: Partial<AccessRequest>,
): {
  id: string
  version: number
  ownerId: string
  state: AccessState
  useCase: string
  environments: readonly string[]
  scopes: readonly string[]
  plan?: string
  terms: readonly import('../access/access-store.js').TermsVersion[]
  requestedAt: Date
  dueAt: Date
  until?: Date
  conditions?: string
  steps:
    | readonly import('../access/access-store.js').AccessStep[]
    | (
        | import('../access/access-store.js').AccessStep
        | {
            state: 'denied' | 'ended' | 'requested' | 'approved' | 'suspended'
            by: {
              id: string
            }
            at: Date
            reason: string
          }
      )[]
}
/**
 * What every AccessStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; what other tests have stored may be in it.
 * Whoever opens a store closes it.
 * @example for (const { name, run } of accessStoreCases(open)) test(name, run)
 */
export declare function accessStoreCases(
  open: () => MaybePromise<AccessStore | readonly [AccessStore, AccessStore]>,
): readonly TestCase[]

// src/testing/agreement-store.d.ts
import type { AgreementStore } from '../access/agreement-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TestCase } from './suite.js'
/**
 * What every AgreementStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; what other tests have stored may be in
 * it. Whoever opens a store closes it.
 * @example for (const { name, run } of agreementStoreCases(open)) test(name, run)
 */
export declare function agreementStoreCases(
  open: () => MaybePromise<AgreementStore | readonly [AgreementStore, AgreementStore]>,
): readonly TestCase[]

// src/testing/audit-sink.d.ts
import type { AuditSink } from '../audit/sink.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TestCase } from './suite.js'
/**
 * What every AuditSink must do. `open` gives a sink, or two handles on one trail, as two instances of an API have them. What it keeps is looked at
 * where it is a TrailReader as well; the cases of the optional `rest` ask nothing of one without it. `broken` gives a sink that cannot
 * write, for the case of a write that fails: without it, there is none. Whoever opens a sink closes it.
 * @example for (const { name, run } of auditSinkCases(open)) test(name, run)
 */
export declare function auditSinkCases(
  open: () => MaybePromise<AuditSink | readonly [AuditSink, AuditSink]>,
  broken?: () => MaybePromise<AuditSink>,
): readonly TestCase[]

// src/testing/clock.d.ts
import type { Clock } from '../lib/clock.js'
import { type Duration } from '../lib/duration.js'
/** A clock that stands still until it is moved: `createGate({ clock: time.clock, ... })`. */
export interface TestClock {
  readonly clock: Clock
  advance(duration: Duration): void
}
/**
 * @param start Default 2030-01-01T00:00:00Z.
 * @example
 * ```ts
 * const time = createTestClock()
 * const gate = createGate({ clock: time.clock, ...options })
 * time.advance('90d')
 * ```
 */
export declare function createTestClock(start?: Date): TestClock

// src/testing/index.d.ts
export { accessEventCases, type AccessStoreWithOutbox } from './access-events.js'
export { accessStoreCases } from './access-store.js'
export { agreementStoreCases } from './agreement-store.js'
export { auditSinkCases } from './audit-sink.js'
export { createTestClock, type TestClock } from './clock.js'
export { keyStoreCases } from './key-store.js'
export { limitStoreCases } from './limit-store.js'
export { replayStoreCases } from './replay-store.js'
export { reviewStoreCases } from './review-store.js'
export { tokenRevocationsCases } from './token-revocations.js'
export type { TestCase } from './suite.js'
export { createTestGate } from './test-gate.js'
export type { TestCaller, TestClaims, TestGate, TestGateOptions, TestRejection } from './types.js'

// src/testing/key-store.d.ts
import type { KeyStore } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TestCase } from './suite.js'
/**
 * What every KeyStore must do. `open` gives an empty store, or one in which the keys of these cases are new; or two handles on one, as two
 * instances of an API have them: what one writes, the other must read. Cases about what a store may leave out (`insertAll`, `updateAll`,
 * `usageOf`, `usageOfOwner`, `changes`, `suspendCreation`, `outbox`, `jobs`,
 * `reminders`) ask nothing of one that does. Whoever opens a store closes it.
 * @example for (const { name, run } of keyStoreCases(open)) test(name, run)
 */
export declare function keyStoreCases(
  open: () => MaybePromise<KeyStore | readonly [KeyStore, KeyStore]>,
): readonly TestCase[]

// src/testing/limit-store.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { LimitStore } from '../limits/limit-store.js'
import { type TestCase } from './suite.js'
/**
 * What every LimitStore must do. `open` gives a store, or two handles on one, as two instances of an API have them. A store that has no clock of
 * its own is told the time of this machine, and some cases wait for it. The cases of
 * the optional `release` ask nothing of a store without one. Whoever opens a store closes it.
 * @example for (const { name, run } of limitStoreCases(open)) test(name, run)
 */
export declare function limitStoreCases(
  open: () => MaybePromise<LimitStore | readonly [LimitStore, LimitStore]>,
): readonly TestCase[]

// src/testing/replay-store.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { ReplayStore } from '../oauth/replay-store.js'
import { type TestCase } from './suite.js'
/**
 * What every ReplayStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; some cases wait for the clock.
 * `broken` gives a store that is away, or full, for the case of a call that fails: without it, there is none. Whoever opens a store closes it.
 * @example for (const { name, run } of replayStoreCases(open)) test(name, run)
 */
export declare function replayStoreCases(
  open: () => MaybePromise<ReplayStore | readonly [ReplayStore, ReplayStore]>,
  broken?: () => MaybePromise<ReplayStore>,
): readonly TestCase[]

// src/testing/review-store.d.ts
import type { ReviewStore } from '../console/review-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TestCase } from './suite.js'
/**
 * What every ReviewStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; what other tests have stored may be in it.
 * Whoever opens a store closes it.
 * @example for (const { name, run } of reviewStoreCases(open)) test(name, run)
 */
export declare function reviewStoreCases(
  open: () => MaybePromise<ReviewStore | readonly [ReviewStore, ReviewStore]>,
): readonly TestCase[]

// src/testing/suite.d.ts
import type { MaybePromise } from '../lib/maybe.js'
/** One case of a suite, for any test runner: `for (const { name, run } of cases) test(name, run)`. */
export interface TestCase {
  /** Does not change between versions. */
  readonly id: string
  readonly name: string
  /** Rejects with an AssertionError where the store does not do what `name` says. */
  readonly run: () => Promise<void>
}
/** A case that wants a store. */
export interface CaseOn<Store> extends Omit<TestCase, 'run'> {
  /** `other` is a second handle on what the store keeps, or the store itself. */
  readonly run: (store: Store, other: Store) => Promise<void>
}
/** Cases that each open the store that they run on. */
export declare function casesOn<Store extends object>(
  open: () => MaybePromise<Store | readonly [Store, Store]>,
  cases: readonly CaseOn<Store>[],
): readonly TestCase[]

// src/testing/test-gate.d.ts
import type { TestGate, TestGateOptions } from './types.js'
/**
 * A gate for tests, from the options of your gate or from `scopes` alone. Keys and counts are in memory, nothing is asked over the network, HTTPS is not required, and there is no
 * brute-force protection. Audit sinks are those of the option `audit`; without it, nothing is recorded, and a guard with `phi` is an error, as it is with `createGate`.
 * @example
 * const gate = createTestGate({ scopes: ['orders:read', 'orders:write'] })
 * const app = makeApp(gate)
 * @throws {MisuseError} for a wrong option, and `not_supported` while `NODE_ENV` is `production`
 */
export declare function createTestGate<const S extends string>(
  options: TestGateOptions<S>,
): TestGate<S>

// src/testing/token-revocations.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { TokenRevocations } from '../oauth/revocations.js'
import { type TestCase } from './suite.js'
/**
 * What every TokenRevocations must do. `open` gives a store, or two handles on one, as two instances of an API have them; some cases wait for the
 * clock. `broken` gives a store that is away, or full, for the case of a call that fails: without it, there is none. Whoever opens a store closes it.
 * @example for (const { name, run } of tokenRevocationsCases(open)) test(name, run)
 */
export declare function tokenRevocationsCases(
  open: () => MaybePromise<TokenRevocations | readonly [TokenRevocations, TokenRevocations]>,
  broken?: () => MaybePromise<TokenRevocations>,
): readonly TestCase[]

// src/testing/types.d.ts
import type { AppAuth, Headers, KeyAuth, TokenAuth } from '../core/auth.js'
import type { Denial } from '../core/decision.js'
import type { Reason } from '../core/denial.js'
import type { Gate } from '../gate/gate.js'
import type { GateOptions } from '../gate/options.js'
import type { CreateKeyInput } from '../keys/input.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
/** What a gate for tests is made from: the options of your gate, or `scopes` alone. */
export interface TestGateOptions<S extends string = string>
  extends Partial<Omit<GateOptions<S>, 'scopes'>>, Pick<GateOptions<S>, 'scopes'> {}
/**
 * A caller that a test makes up: what `authOf` returns, or a part of it. Default: an API key of the owner `org_test`, without scopes and tenants, in the first environment of the
 * gate, with its default plan, or else the first that lets requests in.
 */
export type TestCaller<S extends string = string> =
  | Partial<KeyAuth<S>>
  | (Partial<TokenAuth<S>> & Pick<TokenAuth<S>, 'kind'>)
  | (Partial<AppAuth<S>> & Pick<AppAuth<S>, 'kind'>)
/** Claims of a token, beside those that have a default; `undefined` leaves one out. */
export type TestClaims = Readonly<Record<string, unknown>>
/** What a rejection that a test asks for says beside its reason. */
export interface TestRejection<S extends string = string> {
  /** How many requests it holds for: a whole number from 1. Default 1. */
  readonly times?: number
  /** `Retry-After`, in whole seconds from 1. Default: that of the reason; 1 with status 429. */
  readonly retryAfter?: number
  /** The scopes that the caller is said to lack, for `insufficient_scope`. Default: none. */
  readonly scopes?: readonly S[]
}
/** A gate for the tests of your routes. Give it to the function that makes your app, in the place of the real one. */
export interface TestGate<S extends string = string> extends Gate<S> {
  /**
   * The secret of a new API key. Default: without scopes, of the owner `org_test`, in the first environment of the gate.
   * @example await gate.keyFor('orders:read')
   * @example await gate.keyFor({ scopes: ['orders:read'], tenantIds: ['clinic_1'], plan: 'pro' })
   * @throws {MisuseError} for what no key can have, as `gate.keys.create`
   */
  keyFor(...scopes: readonly S[]): Promise<string>
  keyFor(key: Partial<CreateKeyInput<S>>): Promise<string>
  /**
   * A JWT access token of an issuer that this gate trusts, signed without a request. Default claims: `iss`, `aud`, `sub`, `client_id`, `jti`, `iat`, and `exp` an hour later. An `azp`, `cid` or `appid` that you give takes the place of the default `client_id`. With the `iss` of
   * one of your `issuers`, it is a token of that one, and is read by its rules.
   * @example gate.tokenFor({ sub: 'user_1', scope: 'orders:read' })
   */
  tokenFor(claims?: TestClaims): string
  /**
   * Headers for a request of a caller that you make up: there is no key and no token. `authOf` returns it, and guards check their requirements against it.
   * @example await request(app).get('/orders').set(gate.signInAs({ scopes: ['orders:read'] }))
   * @throws {MisuseError} for what no caller can be
   */
  signInAs(caller: TestCaller<S>): Headers
  /**
   * Signs in a request that no HTTP brings, as the first guard would: an Express `req`, or a Koa `ctx`, for a handler that your test calls itself. Later guards check their own requirements.
   * @example
   * await gate.signIn(req, { scopes: ['orders:read'] })
   * listOrders(req, res)
   * @throws {DeniedError} where a policy of the gate or a limit rejects the caller
   */
  signIn(request: object, caller: TestCaller<S>): Promise<void>
  /**
   * The next request that a guard looks at is rejected for this reason, with the response that it has in production.
   * @example gate.rejectNext('quota_exceeded', { retryAfter: 30 })
   * @throws {MisuseError} `unknown_reason`, `invalid_option`
   */
  rejectNext(reason: Reason, rejection?: TestRejection<S>): void
  /**
   * The denial of the last request that a guard or the gate has rejected, with its true `reason`, such as `'key_revoked'`: the response has the same code for all credentials that do not work.
   * @example expect(gate.lastDenial?.reason).toBe('key_expired')
   */
  readonly lastDenial: Denial | undefined
  /** Moves the clock of the gate forward: keys and tokens expire, and limits are refilled. @throws {MisuseError} for what is no duration */
  advance(duration: Duration): void
  /** The time by the gate, in milliseconds since the epoch: that of `Date.now`, or of the option `clock`, and all that `advance` has added. */
  readonly clock: Clock
}
