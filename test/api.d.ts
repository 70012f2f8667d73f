// adapters/express/augment.d.ts
import type { Auth } from '../../src/index.js'
declare global {
  namespace Express {
    interface Request {
      /** Who the caller is; set by `guard`. */
      auth?: Auth
    }
  }
}

// adapters/express/index.d.ts
import type { Auth, Demand, Gate, KeyEndpointsDemand } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse, Next, RoutedRequest } from './types.js'
export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'
/** Both doors for the first guard on a request; for a later one, its own demand. @throws {MisuseError} at start-up */
export declare function guard<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  demand?: Demand<NoInfer<S>, R>,
): (req: ExpressRequest, res: ExpressResponse, next: Next) => void
/** Create, list, show, update, rotate and revoke keys over JSON: `app.use('/v1/keys', keyEndpoints(gate, demand))`. */
export declare function keyEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  demand: KeyEndpointsDemand<NoInfer<S>, R>,
): (req: ExpressRequest, res: ExpressResponse, next: Next) => void
/** Who the caller is. @throws {MisuseError} `not_guarded` where no guard let the request in. */
export declare function authOf(req: ExpressRequest): Auth
/** What a handler adds to the audit record of its request. @throws {MisuseError} `not_guarded` as above */
export declare function auditOf(req: ExpressRequest): import('../../src/index.js').AuditNote
/** The tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export declare function tenantOf(req: ExpressRequest): string

// adapters/express/tokens.d.ts
import type { Gate } from '../../src/index.js'
/** Short-lived tokens for keys: `app.use('/v1/auth/token', tokenEndpoint(gate))`. @throws {MisuseError} at start-up, also where the gate issues none */
export declare function tokenEndpoint<S extends string>(
  gate: Gate<S>,
): (
  req: import('./types.js').ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/** The public keys of the gate's tokens: `app.use('/.well-known/jwks.json', jwksEndpoint(gate))`. @throws {MisuseError} at start-up */
export declare function jwksEndpoint<S extends string>(
  gate: Gate<S>,
): (
  req: import('./types.js').ExpressRequest,
  res: import('./types.js').ExpressResponse,
  next: import('./types.js').Next,
) => void
/** Ends tokens before their time (RFC 7009): `app.use('/v1/auth/revoke', revocationEndpoint(gate))`. @throws {MisuseError} at start-up */
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
/** What functions in demands are given, where they do not name a type: Express's own `Request` fits as well. */
export interface RoutedRequest extends ExpressRequest {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
}
/** What is used of an Express 4 or 5 response. */
export interface ExpressResponse extends NodeResponse {
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
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
 */
export declare function createAuditFiles(directory: string, options?: AuditFilesOptions): AuditFiles

// adapters/file/index.d.ts
export { createAuditFiles, type AuditFiles, type AuditFilesOptions } from './files.js'
export { pruneAuditFiles, type PruneOptions, type PrunedFiles } from './prune.js'
export { createAuditStream, type AuditStreamTarget } from './stream.js'

// adapters/file/prune.d.ts
export interface PruneOptions {
  /** Records before this may go. What is younger than the retention stays, whatever is said here. */
  readonly before: Date
  /** Milliseconds since the epoch. Default: now. */
  readonly now?: number
  /** For how many days records are kept: at least as long as whoever must keep them says. Default 2,192: six years. */
  readonly retentionDays?: number
}
/** What went. */
export interface PrunedFiles {
  readonly files: number
  readonly records: number
}
/**
 * Takes old records off the beginning of each chain, up to a checkpoint that is as old: it stays, and vouches for what was before it. A chain without
 * such a checkpoint stays whole.
 * @throws {MisuseError} where records would go that are younger than the retention
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
}
/**
 * JSON Lines to a stream, such as `process.stdout`, for those who ship logs. A record counts as kept when the stream has taken it: what happens to it
 * behind that is the business of whoever ships it. What a stream has refused is written to it again, and may be there in part.
 * @throws {MisuseError} for what cannot be written to
 */
export declare function createAuditStream(stream: AuditStreamTarget): AuditSink

// adapters/koa/augment.d.ts
import type { Auth } from '../../src/index.js'
declare module 'koa' {
  interface DefaultState {
    /** Who the caller is; set by `guard`. */
    auth: Auth
  }
}

// adapters/koa/index.d.ts
import type { Auth, Demand, Gate, KeyEndpointsDemand } from '../../src/index.js'
import type { KoaContext, Next, RoutedContext } from './types.js'
export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'
/** Both doors for the first guard on a request; for a later one, its own demand. @throws {MisuseError} at start-up */
export declare function guard<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  demand?: Demand<NoInfer<S>, C>,
): (ctx: KoaContext, next: Next) => Promise<void>
/** Create, list, show, update, rotate and revoke keys over JSON: `mount('/v1/keys', keyEndpoints(gate, demand))`. */
export declare function keyEndpoints<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  demand: KeyEndpointsDemand<NoInfer<S>, C>,
): (ctx: KoaContext) => Promise<void>
/** Who the caller is. @throws {MisuseError} `not_guarded` where no guard let the request in. */
export declare function authOf(ctx: KoaContext): Auth
/** What a handler adds to the audit record of its request. @throws {MisuseError} `not_guarded` as above */
export declare function auditOf(ctx: KoaContext): import('../../src/index.js').AuditNote
/** The tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export declare function tenantOf(ctx: KoaContext): string

// adapters/koa/tokens.d.ts
import type { Gate } from '../../src/index.js'
/** Short-lived tokens for keys: `mount('/v1/auth/token', tokenEndpoint(gate))`. @throws {MisuseError} at start-up, also where the gate issues none */
export declare function tokenEndpoint<S extends string>(
  gate: Gate<S>,
): (ctx: import('./types.js').KoaContext) => Promise<void>
/** The public keys of the gate's tokens: `mount('/.well-known/jwks.json', jwksEndpoint(gate))`. @throws {MisuseError} at start-up */
export declare function jwksEndpoint<S extends string>(
  gate: Gate<S>,
): (ctx: import('./types.js').KoaContext) => Promise<void>
/** Ends tokens before their time (RFC 7009): `mount('/v1/auth/revoke', revocationEndpoint(gate))`. @throws {MisuseError} at start-up */
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
  readonly res: NodeResponse
  /** Set by `@koa/router`. */
  readonly _matchedRoute?: unknown
  readonly params?: unknown
  readonly headerSent: boolean
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}
/** What functions in demands are given, where they do not name a type: the `Context` of Koa, or of a router, fits as well. */
export interface RoutedContext extends KoaContext {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
}
export type Next = () => Promise<unknown>

// adapters/postgres/audit.d.ts
import {
  type AuditRest,
  type AuditSink,
  type FoundLine,
  type TrailReader,
  type TrailSearch,
} from '../../src/index.js'
import { type EmbeddedPostgres, type PostgresPool } from './client.js'
import { type PruneAuditOptions } from './prune.js'
/** A trail in PostgreSQL. */
export interface PostgresAuditSink extends AuditSink, TrailReader {
  /**
   * Makes the table that is missing, in the first schema of the search_path. Again is harmless, and so are two at once. A table of a newer
   * version is refused. @throws {Error} what PostgreSQL says.
   */
  migrate(): Promise<void>
  /** @throws {AuditError} where the table is missing, or is not one that a trail can rest on. */
  rest(): Promise<AuditRest>
  find(search: TrailSearch): Promise<readonly FoundLine[]>
  /**
   * Takes old records off the beginning of each chain, up to a checkpoint that is as old: it stays, and vouches for what was before it. A chain
   * without such a checkpoint stays whole. Asks for a role that may delete.
   * @throws {MisuseError} where records would go that are younger than the retention @throws {AuditError}
   */
  prune(options: PruneAuditOptions): Promise<{
    readonly records: number
  }>
}
/**
 * A trail in a table that is only added to, in PostgreSQL 14 or later through a pool of pg, or in PGlite. What it acknowledges is committed: with
 * `synchronous_commit` off it acknowledges nothing.
 */
export declare function createPostgresAuditSink(
  client: PostgresPool | EmbeddedPostgres,
): PostgresAuditSink

// adapters/postgres/client.d.ts
/** What a statement came to. */
interface Rows {
  readonly rows: readonly unknown[]
}
/** What is used of a connection that a pool lends. */
export interface PooledClient {
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
    /** Milliseconds. */
    readonly statement_timeout?: number | false | undefined
    /** Connections at most. */
    readonly max?: number | undefined
  }
}
/** What is used of PGlite. */
export interface EmbeddedPostgres {
  query(text: string, values?: unknown[]): Promise<Rows>
  exec(text: string): Promise<unknown>
  listen(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>
}
/** Runs one statement and answers with its rows. */
export type Run = (text: string, values: unknown[]) => Promise<readonly unknown[]>
export declare function isEmbedded(
  client: PostgresPool | EmbeddedPostgres,
): client is EmbeddedPostgres
export declare function embeddedRun(client: EmbeddedPostgres): Run
export {}

// adapters/postgres/index.d.ts
export { createPostgresAuditSink, type PostgresAuditSink } from './audit.js'
export type { EmbeddedPostgres, PooledClient, PostgresPool } from './client.js'
export { openPostgres, type OpenPostgres, type OpenPostgresOptions } from './pool.js'
export {
  createPostgresKeyStore,
  type PostgresKeyStore,
  type PostgresKeyStoreOptions,
} from './store.js'
export type { PruneAuditOptions } from './prune.js'

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
 * A pool of pg for a key store: 2 s for a new connection and 250 ms for a statement. A parameter of the URL, such as `?application_name=`,
 * takes precedence. An idle pool does not keep the process alive. Needs the package pg.
 */
export declare function openPostgres(
  url: string,
  options?: OpenPostgresOptions,
): Promise<OpenPostgres>

// adapters/postgres/prune.d.ts
import { type TrailLine } from '../../src/index.js'
export interface PruneAuditOptions {
  /** Records before this may go. What is younger than the retention stays, whatever is said here. */
  readonly before: Date
  /** Milliseconds since the epoch. Default: now. */
  readonly now?: number
  /** For how many days records are kept: at least as long as whoever must keep them says. Default 2,192: six years. */
  readonly retentionDays?: number
}
/** @throws {MisuseError} */
export declare function pruneBound(options: PruneAuditOptions): Date
/** The number of the last checkpoint among the records that may go. */
export declare function anchorOf(
  lines: AsyncIterable<TrailLine>,
  before: string,
): Promise<number | undefined>

// adapters/postgres/store.d.ts
import type { KeyStore } from '../../src/index.js'
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
   * version are refused. @throws {Error} what PostgreSQL says.
   */
  migrate(): Promise<void>
}
/** Keys in PostgreSQL 14 or later, through a pool of pg, or in PGlite. */
export declare function createPostgresKeyStore(
  client: PostgresPool | EmbeddedPostgres,
  options?: PostgresKeyStoreOptions,
): PostgresKeyStore

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

// adapters/redis/ids.d.ts
import type { ReplayStore, TokenRevocations } from '../../src/index.js'
import type { RedisScripts } from './clients.js'
export interface RedisIdsOptions {
  /** How the keys of this store begin. Default `'sallyport:used'` for assertions, `'sallyport:revoked'` for tokens. */
  readonly prefix?: string
}
/** Remembers in Redis or Valkey which assertions were used, for all instances of an API. The client stays yours: close it after the gate. */
export declare function createRedisReplayStore(
  client: RedisScripts,
  options?: RedisIdsOptions,
): ReplayStore
/** Remembers in Redis or Valkey which tokens were revoked, for all instances of an API. It must not be one that evicts keys. */
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
import type { RedisPublisher, RedisSubscriber } from './clients.js'
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
 */
export declare function createRedisLimitStore(
  client: RedisScripts,
  options?: RedisLimitStoreOptions,
): LimitStore

// adapters/sqlite/index.d.ts
export { openSqliteKeyStore, type OpenSqliteOptions } from './open.js'
export { createSqliteKeyStore } from './store.js'
export type {
  OpenSqliteKeyStore,
  SqliteDatabase,
  SqliteKeyStore,
  SqliteStatement,
  SqliteValue,
} from './types.js'

// adapters/sqlite/open.d.ts
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
 */
export declare function openSqliteKeyStore(
  path: string,
  options?: OpenSqliteOptions,
): Promise<OpenSqliteKeyStore>

// adapters/sqlite/store.d.ts
import type { SqliteDatabase, SqliteKeyStore } from './types.js'
/**
 * Keys in an open database; `migrate` must have made the tables. The connection is the store's: it sets `synchronous`, `foreign_keys`
 * and `busy_timeout`, and runs transactions of its own.
 */
export declare function createSqliteKeyStore(database: SqliteDatabase): SqliteKeyStore

// adapters/sqlite/types.d.ts
import type { KeyStore } from '../../src/index.js'
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
   * 5 s for others to let go of the database. @throws {StoreError} when the tables are of a newer version.
   */
  migrate(): Promise<void>
}
/** A store with a connection of its own. */
export interface OpenSqliteKeyStore extends SqliteKeyStore {
  /** Closes the database. Close the gates first: what they have counted is written then. */
  close(): void
}

// src/admit/transport.d.ts
import type { Proxies } from '../net/proxies.js'
import { Refusal } from '../terms/denial.js'
import { type GateRequest } from '../terms/request.js'
/** TLS versions that a gate may ask for at least. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'
/**
 * Refuses what did not come over HTTPS, to us or to the first of our proxies. A secret that went over the wire in
 * the clear is answered with a refusal, not a redirect, so that its sender notices.
 */
export declare function createTransportRule(
  proxies: Proxies,
  minTlsVersion: TlsVersion,
  allowLoopback: boolean,
): (request: GateRequest) => Refusal | undefined

// src/authorize/limits.d.ts
import type { Charge } from '../limits/charge.js'
import type { Limiter } from '../limits/limiter.js'
import type { CallerOverride, Plans } from '../limits/plans.js'
import { type Limit } from '../limits/store.js'
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { Auth, Identity } from '../terms/auth.js'
import type { Demand } from '../terms/demand.js'
import { type Reason } from '../terms/denial.js'
import { type NodeResponse } from '../terms/request.js'
/** What is published on the channel `sallyport:limits` of `node:diagnostics_channel` when a limit refuses. */
export interface LimitRefusal {
  readonly reason: Reason
  readonly auth: Auth
  /** What the caller is counted against, and how much of each is left. */
  readonly limits: readonly (Limit & {
    readonly remaining: number
  })[]
  readonly cost: number
  /** Whether the request went on all the same. */
  readonly shadow: boolean
}
export interface LimitsContext {
  readonly plans: Plans
  readonly limiter: Limiter
  readonly clock: Clock
  readonly by: 'owner' | 'key' | ((auth: Auth) => string)
  readonly override?: ((auth: Auth) => CallerOverride | undefined) | undefined
  readonly shadow: boolean
  readonly onError: (error: unknown) => void
}
/** Counts a request, and says whether it may go on. What was counted before on the same request is not counted again. */
export type LimitsRule = (
  identity: Identity,
  demand: Demand,
  earlier: Charge | undefined,
  response: NodeResponse | undefined,
) => MaybePromise<Charge>
/** All windows of the caller's plan have room for what the request costs, and give it; or none of them does. */
export declare function createLimitsRule(context: LimitsContext): LimitsRule

// src/endpoints/body.d.ts
import { type GateRequest } from '../terms/request.js'
import { Refusal } from '../terms/denial.js'
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
export declare function isJsonType(type: string): boolean
/** All of a body, within bounds. */
export declare function readBytes(stream: AsyncIterable<Uint8Array>): Promise<Buffer | Refusal>
export declare function invalid(detail: string): Refusal

// src/endpoints/conclude.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import type { Identity } from '../terms/auth.js'
import type { Credential } from '../terms/credential.js'
import type { Answer, Decision, Denial } from '../terms/decision.js'
import { Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import type { Headers } from '../terms/headers.js'
import type { GateRequest } from '../terms/request.js'
import type { EndpointRequest } from './body.js'
import { type OAuthFault } from './oauth.js'
/** A call of an endpoint, as the gate follows it: one access, however many credentials it shows. */
export interface Reception extends Guesser {
  /** Both doors for a credential, wherever in the request it stood. */
  enter(presented: Pick<Credential, 'value'> & Partial<Credential>): MaybePromise<Decision>
  /** The second door, for somebody who has proven in another way who it is. */
  admit(identity: Identity): MaybePromise<Decision>
  /** What it came to is recorded; where it must be and cannot be, nobody is let in. */
  conclude(decided: Decision): MaybePromise<Decision>
}
/** An answer, and what it is recorded as. */
export interface Concluded {
  readonly answer: Answer
  readonly decision: Decision
}
export type Conclusion = Concluded | OAuthFault | Denial
interface ConclusionContext {
  readonly realm: string
  readonly refuse: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly receive: (request: GateRequest) => Reception
}
/** An endpoint of which each call leaves one record, whatever it comes to. */
export declare function recorded(
  context: ConclusionContext,
  handle: (call: EndpointRequest, reception: Reception) => Promise<Conclusion>,
): (call: EndpointRequest) => Promise<Answer | Denial>
/** A fault of somebody who was let in, with what answers tell it. */
export declare function concludedFault(
  { realm, refuse }: Pick<ConclusionContext, 'realm' | 'refuse'>,
  request: GateRequest,
  fault: OAuthFault,
  headers?: Headers,
): Concluded
export {}

// src/endpoints/form.d.ts
import { Refusal } from '../terms/denial.js'
import { type EndpointRequest } from './body.js'
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

// src/endpoints/keys.d.ts
import type { Keys } from '../keys/keys.js'
import type { ActingOnKeys } from '../keys/open.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Catalogue } from '../terms/catalogue.js'
import type { Credential } from '../terms/credential.js'
import type { Answer, Decision, Denial, Grant } from '../terms/decision.js'
import type { CheckedDemand, Demand } from '../terms/demand.js'
import { Refusal } from '../terms/denial.js'
import { type GateRequest } from '../terms/request.js'
import { type EndpointRequest } from './body.js'
/** What the key endpoints demand of their callers: at least one scope, or every key could manage keys. */
export type KeyEndpointsDemand<S extends string = string, R = never> = Demand<S, R> & {
  readonly scopes: readonly S[]
}
/**
 * Keys over HTTP, under the path where they are mounted: `POST /`, `GET /`, `GET /:id`, `PATCH /:id`, `DELETE /:id`,
 * `POST /:id/rotate`; and for whoever holds a key, `GET /self` and `DELETE /self`. A caller sees and touches only keys of its own owner.
 * @throws {MisuseError} at start-up
 */
export type KeyEndpoints<S extends string = string> = (
  demand: KeyEndpointsDemand<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>
type Decide<S extends string> = (
  request: GateRequest,
  demand: CheckedDemand<S>,
) => MaybePromise<Decision<S>>
export interface KeyEndpointsContext<S extends string> {
  readonly keys: Keys<S>
  /** What whoever was let in does with keys. */
  readonly acting: (by: Grant) => ActingOnKeys
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly catalogue: Catalogue
  readonly environments: readonly string[]
  readonly readDemand: (demand: Demand<S>) => CheckedDemand<S>
  readonly check: Decide<S>
  /** The same anew, whatever was decided before, without counting the request twice. */
  readonly checkAgain: Decide<S>
  readonly refuse: (refusal: Refusal, request: GateRequest) => Denial
  readonly onError: (error: unknown) => void
}
export declare function createKeyEndpoints<S extends string>(
  context: KeyEndpointsContext<S>,
): KeyEndpoints<S>
export {}

// src/endpoints/oauth.d.ts
import type { Answer } from '../terms/decision.js'
import type { Reason } from '../terms/denial.js'
import type { Headers } from '../terms/headers.js'
import type { IssuedToken } from '../tokens/exchange.js'
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
  constructor(code: OAuthErrorCode, description: string, reason?: Reason)
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

// src/endpoints/token.d.ts
import type { Credential } from '../terms/credential.js'
import type { Answer, Denial, Grant } from '../terms/decision.js'
import { Refusal } from '../terms/denial.js'
import type { GateRequest } from '../terms/request.js'
import { type Holder } from '../tokens/exchange.js'
import type { OwnIssuer } from '../tokens/own-issuer.js'
import { type EndpointRequest } from './body.js'
import { type Reception } from './conclude.js'
import { type Form } from './form.js'
import { OAuthFault } from './oauth.js'
/** What of a gate the endpoints of its tokens work with. */
export interface IssuingContext {
  readonly own: OwnIssuer
  readonly realm: string
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly receive: (request: GateRequest) => Reception
  readonly refuse: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly onError: (error: unknown) => void
}
/** A request to the token endpoint, read. */
export interface TokenRequest {
  readonly context: IssuingContext
  readonly request: GateRequest
  readonly reception: Reception
  readonly form: Form
  readonly presented: Credential | Refusal
}
/** Who gets a token, and what for. */
export interface Entitled {
  readonly holder: Holder
  readonly grant: Grant
  readonly audience: readonly string[]
  /** More members of the answer. */
  readonly more?: object
}
/** What a way to get a token comes to: an OAuth error, or a denial where the gate itself said no. */
export type Outcome = Entitled | OAuthFault | Denial
type GrantType = (asked: TokenRequest) => Promise<Outcome>
export declare const NO_TOKEN_FOR_TOKEN: Refusal
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
  call: EndpointRequest,
  context: IssuingContext,
  reception: Reception,
): Promise<TokenRequest | OAuthFault | Denial>
export declare function isUnread(
  asked: TokenRequest | OAuthFault | Denial,
): asked is OAuthFault | Denial
export {}

// src/endpoints/tokens.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Answer, Decision, Denial } from '../terms/decision.js'
import type { Catalogue } from '../terms/catalogue.js'
import { type IssuedToken } from '../tokens/exchange.js'
import type { OwnIssuer } from '../tokens/own-issuer.js'
import type { EndpointRequest } from './body.js'
import { type IssuingContext } from './token.js'
export interface ExchangeOptions<S extends string = string> {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for a key with an address list. */
  readonly address?: string
}
/** Short-lived tokens from keys: `gate.tokens`. Every call throws `not_supported` where the gate issues none. */
export interface Tokens<S extends string = string> {
  /**
   * Makes a token from the secret of a key. @throws {MisuseError} @throws {DeniedError} for a key that does not work, or lacks a scope
   */
  exchange(secret: string, options?: ExchangeOptions<S>): Promise<IssuedToken>
  /**
   * Ends a token of this gate before its time, by itself or by its id (`jti`); again is harmless. @throws {MisuseError}
   * @throws {DeniedError} for a token of somebody else. @throws {TokenStoreError} Then it may still work.
   */
  revoke(tokenOrId: string): Promise<void>
}
type Answerer = (call: EndpointRequest) => Promise<Answer | Denial>
/** What the adapters mount. @throws {MisuseError} `not_supported`, when called, where the gate issues no tokens */
export interface TokenEndpoints {
  readonly token: () => Answerer
  readonly jwks: () => Answerer
  readonly revocation: () => Answerer
}
export interface TokensContext extends Omit<IssuingContext, 'own'> {
  readonly own: OwnIssuer | undefined
  readonly verify: (credential: string, address?: string) => MaybePromise<Decision>
  readonly catalogue: Catalogue
}
export declare function createTokens<S extends string>(
  context: TokensContext,
): {
  readonly tokens: Tokens<S>
  readonly endpoints: TokenEndpoints
}
export {}

// src/gate.d.ts
import { type KeyEndpoints } from './endpoints/keys.js'
import { type TokenEndpoints, type Tokens } from './endpoints/tokens.js'
import type { Keys } from './keys/keys.js'
import { type MaybePromise } from './lib/maybe.js'
import { type Audit } from './record/audit.js'
import type { GateOptions } from './options/options.js'
import type { Decision } from './terms/decision.js'
import { type Demand } from './terms/demand.js'
import type { GateRequest } from './terms/request.js'
/** The guarded entrance of an API: everything hangs from it. */
export interface Gate<S extends string = string> {
  /**
   * Both doors: who is it, and may they. Answers at once where the key is known already. A failing store is a denial with
   * status 503.
   * @throws {MisuseError} for a demand that is wrong in itself
   */
  check<R = GateRequest>(request: GateRequest, demand?: Demand<S, R>): MaybePromise<Decision<S>>
  /**
   * The first door without HTTP, for a socket upgrade or a worker, the address list of the key, and the policies of every request. `address` is the
   * client's; a key with a list is refused without it. It is counted as a request. An empty credential is `missing_credentials`.
   */
  verify(credential: string, address?: string): MaybePromise<Decision<S>>
  /** A demand checked once, at start-up, for use with every request. @throws {MisuseError} */
  demand(demand?: Demand<S>): Demand<S>
  readonly keys: Keys<S>
  readonly tokens: Tokens<S>
  readonly audit: Audit
  /** What the adapters mount. */
  readonly endpoints: TokenEndpoints & {
    readonly keys: KeyEndpoints<S>
  }
  /** What adapters do with a denial. */
  readonly deny: 'respond' | 'next'
  /** Writes the uses and the records of the audit trail so far, gives back limits taken ahead, and stops listening for changes. Again is harmless. */
  close(): Promise<void>
}
/** @throws {MisuseError} by the name of the option that is wrong, with what to write instead. */
export declare function createGate<const S extends string>(options: GateOptions<S>): Gate<S>

// src/identify/token.d.ts
import type { Clock } from '../lib/clock.js'
import type { Tally } from '../keys/usage.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { TokenClaims } from '../tokens/claims.js'
import type { TokenCache } from '../tokens/verified.js'
import type { VerifiedToken } from '../tokens/verify.js'
import { type Identity } from '../terms/auth.js'
import { Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
/** What a token's claims mean to the app. */
export interface TokenIdentity {
  /** Whom the caller acts for: 1 to 1,024 characters. */
  readonly ownerId: string
  /** The tenants that it may act for. Default: none. */
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
/** Says who a token's caller is, from its verified claims; `undefined`: nobody that the app knows. */
export type IdentifyToken = (claims: Readonly<Record<string, unknown>>) => TokenIdentity | undefined
/** Who a token's caller is. */
export interface KnownToken extends Identity {
  /** Of a token that was made from a key: a use of it is one of the key. */
  readonly tally?: Tally
}
/** A token as it is cached. */
export interface RememberedToken {
  /** Milliseconds since the epoch, the tolerance for clocks included. */
  readonly endsAt: number
  /** Who its caller is, or why it is nobody any more: asked with each use. */
  stands(): MaybePromise<KnownToken | Refusal>
}
export interface TokenContext {
  /** Of each issuer: the environment that its tokens are for, and how they are understood. */
  readonly issuers: ReadonlyMap<
    string,
    {
      readonly environment: string
      readonly identify?: IdentifyToken | undefined
    }
  >
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  readonly defaultPlan: string | undefined
  readonly onError: (error: unknown) => void
}
/** A token that is what it says, however that was found out. */
export interface ProvenToken {
  readonly token: TokenClaims
  readonly issuer: Pick<VerifiedToken['issuer'], 'toleranceMs'>
}
/** Says whose token this is: at once where it was verified a short while ago. */
export type TokenIdentifier = (
  token: string,
  guesser: Guesser,
) => MaybePromise<KnownToken | Refusal>
export declare function createTokenIdentifier(
  cache: TokenCache<RememberedToken>,
  clock: Clock,
): TokenIdentifier
/** What is remembered of a verified token; a refusal where the app does not know its caller. */
export declare function createTokenPreparer(
  context: TokenContext,
): (proven: ProvenToken) => RememberedToken | Refusal

// src/index.d.ts
export { createGate, type Gate } from './gate.js'
export type {
  AuditOptions,
  CredentialOptions,
  GateOptions,
  KeyOptions,
  LimitOptions,
} from './options/options.js'
export type { IntrospectionOptions } from './options/introspection-options.js'
export type { IssuerOptions } from './options/issuer-options.js'
export type { TokenOptions } from './options/token-options.js'
export type { TlsVersion } from './admit/transport.js'
export type { LimitRefusal } from './authorize/limits.js'
export type { EndpointRequest } from './endpoints/body.js'
export type { KeyEndpoints, KeyEndpointsDemand } from './endpoints/keys.js'
export type { ExchangeOptions, TokenEndpoints, Tokens } from './endpoints/tokens.js'
export type { IdentifyToken, TokenIdentity } from './identify/token.js'
export type { IssuedKey } from './keys/create.js'
export type { DueKey, DueQuery } from './keys/due.js'
export type {
  KeyChanged,
  KeyChangeFeed,
  KeyChangeListener,
  KeyChangeSubscription,
} from './keys/feed.js'
export type { KeyKind } from './keys/format.js'
export type { ImportKeyInput } from './keys/import.js'
export {
  ImportStoppedError,
  type ImportLinesOptions,
  type ImportOutcome,
} from './keys/import-lines.js'
export type { CreateKeyInput } from './keys/input.js'
export type { Keys, UsageQuery } from './keys/keys.js'
export type { TextPieces } from './keys/lines.js'
export { createMemoryKeyStore } from './keys/memory.js'
export {
  patched,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
  type KeyRetry,
  type KeyState,
} from './keys/record.js'
export type { RevokeAllInput, RevokedKey, RevokedKeys, RevokeOptions } from './keys/revoke.js'
export type { RotatedKey, RotateOptions } from './keys/rotate.js'
export {
  DuplicateKeyError,
  KeyError,
  StoreError,
  type KeyChange,
  type KeyFilter,
  type KeyObstacle,
  type KeyQuery,
  type KeyStore,
  type KeyUsage,
  type Page,
} from './keys/store.js'
export type { UpdatedKey, UpdateKeyInput } from './keys/update.js'
export type { Clock } from './lib/clock.js'
export type { Duration } from './lib/duration.js'
export type { MaybePromise } from './lib/maybe.js'
export { createLeasedLimitStore } from './limits/leased.js'
export { createMemoryLimitStore } from './limits/memory.js'
export type { Calendar } from './limits/calendar.js'
export type {
  Allowance,
  CallerOverride,
  Concurrency,
  Credits,
  Plan,
  PlanOverride,
  Quota,
} from './limits/plans.js'
export {
  LimitStoreError,
  type Limit,
  type LimitRequest,
  type LimitStore,
  type LimitVerdict,
  type Standing,
} from './limits/store.js'
export { openAuditLine } from './record/chain.js'
export type {
  AccessRecord,
  AuditHead,
  AuditRecord,
  ChainedRecord,
  ChainPlace,
  CheckpointRecord,
  GapRecord,
  KeyAction,
  KeyChangeRecord,
  StartRecord,
  TornLine,
} from './record/record.js'
export type { Audit } from './record/audit.js'
export type { AuditOutage } from './record/trail.js'
export type { DecisionMade } from './record/decisions.js'
export type { CacheEvent } from './keys/cache-events.js'
export type { Outage } from './terms/outages.js'
export { eventsOf } from './record/event.js'
export type { AuditEvent, AuditFilter } from './record/filter.js'
export { queryTrail, type AuditQuery } from './record/query.js'
export type { AuditedAccess, AuditWhen } from './record/trail.js'
export type { TrailFault, TrailFinding, TrailReport } from './record/report.js'
export { RETENTION_DAYS, verifyTrail, type VerifyOptions } from './record/verify.js'
export {
  AuditError,
  type AuditEntry,
  type AuditRest,
  type AuditSink,
  type FoundLine,
  type TrailLine,
  type TrailPosition,
  type TrailRange,
  type TrailReader,
  type TrailSearch,
} from './record/sink.js'
export {
  flatErrors,
  nestedErrors,
  problemDetails,
  type EnvelopeOptions,
  type ErrorContext,
  type ErrorFormat,
  type ErrorVocabulary,
  type ErrorWords,
  type ProblemOptions,
} from './respond/error-formats.js'
export type { RateFields } from './respond/rate-fields.js'
export { checkGate } from './terms/argument.js'
export type { Auth, KeyAuth, TokenAuth } from './terms/auth.js'
export type { Answer, AuditNote, Decision, Denial, Grant } from './terms/decision.js'
export type { AuditMode, Demand, PhiDemand, ResourceDemand } from './terms/demand.js'
export type { Reason } from './terms/denial.js'
export { DeniedError } from './terms/denied-error.js'
export type { Headers } from './terms/headers.js'
export { auditIn, authIn, tenantIn } from './terms/granted.js'
export { GRANT, gateRequestOf, type NodeMessage } from './terms/message.js'
export { MisuseError, type MisuseCode } from './terms/misuse.js'
export type { PhiAccess, PhiAction } from './terms/phi.js'
export type { Policy, PolicyVerdict, PolicyVisit } from './terms/policy.js'
export type { FrameworkRequest, GateRequest, NodeResponse, Peer } from './terms/request.js'
export type { RequestValue } from './terms/request-value.js'
export type { Algorithm } from './tokens/algorithms.js'
export type { TokenProfile } from './tokens/claims.js'
export { TokenStoreError } from './tokens/bounded.js'
export { createMemoryReplayStore, type ReplayStore } from './tokens/replay-store.js'
export { createMemoryRevocations, type TokenRevocations } from './tokens/revocations.js'
export type { FindServiceAccount, ServiceAccount } from './tokens/service-accounts.js'
export type { IssuedToken } from './tokens/exchange.js'
export { IssuerError } from './tokens/issuers.js'

// src/keys/bounded.d.ts
import { type KeyStore } from './store.js'
/** A store that answers in time, and keeps some of itself back from a flood. */
export interface BoundedKeyStore extends KeyStore {
  /** `findByDigest` for a secret that was not seen lately: such look-ups take half of what the store can do at once. */
  findStranger(digest: string): ReturnType<KeyStore['findByDigest']>
}
/** The same store, which answers within 250 ms or throws a StoreError, and throws nothing else but DuplicateKeyError. */
export declare function createBoundedStore(
  store: KeyStore,
  changes?: import('./feed.js').KeyChangeFeed | undefined,
): BoundedKeyStore

// src/keys/cache-events.d.ts
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
/** Tells how long a reading took and what it found. */
export declare function toldReading<T>(
  read: () => MaybePromise<T | undefined>,
): MaybePromise<T | undefined>
export declare function tellForgotten(): void

// src/keys/cached.d.ts
import type { Elapsed } from '../lib/elapsed.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { BoundedKeyStore } from './bounded.js'
import type { KeyChanged } from './feed.js'
import type { KeyRecord } from './record.js'
import type { Search } from './search.js'
import type { Watch, WatchListener } from './watch.js'
/** How long a key is remembered. */
export declare const CACHE_TTL_MS = 30000
/** What a key is remembered under for those who hold no secret of it: its id after a character that no fingerprint begins with. */
export declare function handleOfId(id: string): string
/** Finds keys by handles, which are the fingerprints of their secrets or `handleOfId`, remembering what `prepare` made of them. */
export interface KeyCache<T> extends Pick<WatchListener, 'forget'> {
  /** What is remembered under a handle. */
  recall(handle: string): T | undefined
  /** Whether this was a key's fingerprint when the store was last asked, and no change of that has been heard. */
  knows(handle: string): boolean
  /** What the key with this handle is, or `undefined` if there is none. @throws {StoreError} */
  find(handle: string): MaybePromise<T | undefined>
  /** Told of a change that the store has acknowledged to this process. */
  readonly changed: (change: KeyChanged) => void
  /** Told of what a management call read: what it says of a key must hold for the next request. */
  readonly seen: (found: KeyChanged) => void
  /** Forgets a key whose change may have been made or not. */
  readonly doubt: (id: string) => void
}
export interface KeyCacheContext<T> {
  readonly store: BoundedKeyStore
  readonly search: Search
  readonly watch: Watch
  readonly elapsed: Elapsed
  readonly prepare: (record: KeyRecord) => T
}
export declare function createKeyCache<T extends object>(context: KeyCacheContext<T>): KeyCache<T>

// src/keys/create-once.d.ts
import { type IssuedKey } from './create.js'
import type { CreateKeyInput } from './input.js'
import type { KeyRoom } from './room.js'
/** What makes two requests for a key the same request. */
export interface Occasion {
  /** Who asks, and what the request is called by it. */
  readonly name: string
  /** The secret of who asks. */
  readonly callerSecret: string
}
/**
 * Creates a key; asked again on the same occasion, answers with the same key. No secret is kept for that: it follows from the
 * caller's own secret and a salt that is stored, and whoever has only one of the two has neither.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `idempotency_key_reused` for another input, after
 * 24 h, and where the key has ended or its secret can no longer be worked out. @throws {StoreError}
 */
export declare function createKeyOnce(
  room: KeyRoom,
  input: CreateKeyInput,
  occasion: Occasion,
): Promise<IssuedKey>

// src/keys/create.d.ts
import { type CreateKeyInput } from './input.js'
import { type ApiKey, type KeyRecord } from './record.js'
import type { KeyRoom } from './room.js'
/** A key with its secret, which is stored nowhere. */
export interface IssuedKey extends ApiKey {
  readonly secret: string
}
/** @throws {MisuseError} for input that no key can have. @throws {StoreError} */
export declare function createKey(room: KeyRoom, input: CreateKeyInput): Promise<IssuedKey>
/** What a key that begins now can have. @throws {MisuseError} */
export declare function checkNewKey(
  room: KeyRoom,
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
  metadata: Record<string, import('zod').JSONType>
  name: string
  ownerId: string
}
/** @throws {DuplicateKeyError} @throws {StoreError} */
export declare function storeKey(
  room: KeyRoom,
  record: KeyRecord,
  secret: string,
): Promise<IssuedKey>
/** A record that is not stored yet. */
export declare function newRecord(
  room: KeyRoom,
  fields: Pick<KeyRecord, 'name' | 'ownerId' | 'environment' | 'kind' | 'scopes' | 'metadata'>,
  digest: string,
  hint: string,
): KeyRecord

// src/keys/digest.d.ts
/** Turns the fingerprint of a secret into what is stored of it. */
export interface Digester {
  /** What a new key is stored under. */
  current(fingerprint: string): string
  /** All that a key may be stored under, the current one first. */
  candidates(fingerprint: string): readonly string[]
}
/**
 * HMAC-SHA256 of the fingerprint with each pepper, the first being the current one; the fingerprint itself last, for keys that were stored
 * before there was a pepper. Of the fingerprint and not of the secret, so that a key which is imported by its digest is stored like any other.
 */
export declare function createDigester(peppers: readonly string[]): Digester
/** A SHA-256 in hex, base64 or base64url as a fingerprint; `undefined` if it is none. */
export declare function readFingerprint(text: string): string | undefined

// src/keys/due.d.ts
import { type Duration } from '../lib/duration.js'
import { type ApiKey } from './record.js'
import type { KeyRoom } from './room.js'
import type { KeyFilter, Page } from './store.js'
/** Which keys wait for their rotation. */
export interface DueQuery extends Omit<KeyFilter, 'state'> {
  /** Also those that will be due within this time. Default `'0s'`: those that are due. */
  readonly within?: Duration
}
/** A key that should be rotated. */
export interface DueKey extends ApiKey {
  /** When it should have a successor. */
  readonly dueAt: Date
}
/** Active keys without a successor, in the order in which they are due. @throws {MisuseError} @throws {StoreError} */
export declare function listDueKeys(room: KeyRoom, query: DueQuery): Promise<Page<DueKey>>

// src/keys/feed.d.ts
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

// src/keys/format.d.ts
/** `sk`: secret, for servers. `pk`: publishable, may stand in a client. */
export type KeyKind = 'sk' | 'pk'
/** 27 base62 characters are 160.7 bits. */
export declare const BODY_LENGTH = 27
/** 22 base62 characters are 131 bits. */
export declare const ID_LENGTH = 22
/** The longest secret, issued or imported, in characters. */
export declare const MAX_SECRET_LENGTH = 256
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
/**
 * What a key is recognised by where its secret may not be shown: its last 4 characters, and how it begins if that is the prefix of this
 * gate: of a secret from elsewhere, the beginning may be the secret part.
 */
export declare function hintOf(secret: string, prefix: string): string

// src/keys/import-lines.d.ts
import { type TextPieces } from './lines.js'
import type { KeyRoom } from './room.js'
import { StoreError } from './store.js'
export interface ImportLinesOptions {
  /** The first line to import; those before it are passed over. Default 1. */
  readonly fromLine?: number
  /** What becomes of a scope that the gate does not know: its line is refused, or it is kept all the same. Default `'refuse'`. */
  readonly unknownScopes?: 'refuse' | 'keep'
}
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
/** The store failed while lines were being imported. */
export declare class ImportStoppedError extends StoreError {
  readonly name = 'ImportStoppedError'
  /** To go on with, as `fromLine`: all lines before it are done. */
  readonly line: number
  constructor(line: number, cause: StoreError)
}
/**
 * Imports keys from JSON Lines, several at a time, and tells of each line in its turn; blank lines are passed over. Lines that were
 * imported before are `present`, so that a second run goes on where the first one stopped. What the source throws comes after the lines that
 * were whole.
 * @throws {MisuseError} for wrong options, never for a line. @throws {ImportStoppedError} while it runs
 */
export declare function importLines(
  room: KeyRoom,
  pieces: TextPieces,
  options?: ImportLinesOptions,
): AsyncGenerator<ImportOutcome, void, undefined>

// src/keys/import.d.ts
import { type CreateKeyInput } from './input.js'
import { type ApiKey, type KeyRecord } from './record.js'
import type { KeyRoom } from './room.js'
/** A key that was issued elsewhere: its secret, in any format, or what is left of it. */
export type ImportKeyInput<S extends string = string> = CreateKeyInput<S> &
  (
    | {
        /** 8 to 256 visible ASCII characters without comma, quote or backslash. */
        readonly secret: string
        readonly digest?: never
      }
    | {
        /** SHA-256 of the secret in hex, base64 or base64url. */
        readonly digest: string
        readonly secret?: never
      }
  )
/**
 * Stores a key issued elsewhere, so that it keeps working here.
 * @throws {MisuseError} for input that no key can have. @throws {KeyError} `already_issued`. @throws {StoreError}
 */
export declare function importKey(room: KeyRoom, input: ImportKeyInput): Promise<ApiKey>
/** A key to import. */
export interface Import {
  /** As it will be stored. */
  readonly record: KeyRecord
  /** What the same key may be stored under already, beside the digest of the record. */
  readonly older: readonly string[]
}
/** @throws {MisuseError} for input that no key can have */
export declare function readImport(room: KeyRoom, input: ImportKeyInput): Import
/**
 * Whether there is a key under one of these digests: a second one would outlive the revocation of the first. To be asked before the new one is
 * inserted: a key that is renewed meanwhile is then met by its current digest.
 */
export declare function isAnyStored(room: KeyRoom, digests: readonly string[]): Promise<boolean>

// src/keys/input.d.ts
import { z } from 'zod'
import type { KeyKind } from './format.js'
import type { KeyRoom } from './room.js'
/** What the issuer of a key decides. */
export interface CreateKeyInput<S extends string = string> {
  /** What people call it: 1 to 128 characters, none of them a control character. */
  readonly name: string
  /** The organization it belongs to: 1 to 128 characters, none of them a control character. */
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
 * Text of 1 to `max` characters that every store keeps as it is, and every terminal shows as it is: databases disagree about NUL
 * and about halves of surrogate pairs.
 */
export declare function plainText(max: number): z.ZodString
/** What is no instant of ISO 8601 in four digits, databases and people read in different ways. */
export declare const instant: z.ZodDate
export declare const keyFields: {
  name: z.ZodString
  ownerId: z.ZodString
  environment: z.ZodString
  scopes: z.ZodPipe<z.ZodArray<z.ZodString>, z.ZodTransform<string[], string[]>>
  allowedIps: z.ZodArray<z.ZodString>
  tenantIds: z.ZodPipe<z.ZodArray<z.ZodString>, z.ZodTransform<string[], string[]>>
  resources: z.ZodPipe<
    z.ZodArray<z.ZodString & z.ZodType<string, string, z.core.$ZodTypeInternals<string, string>>>,
    z.ZodTransform<string[], string[]>
  >
  plan: z.ZodString
  limit: z.ZodInt
  expiresAt: z.ZodDate
  metadata: z.ZodPipe<z.ZodCustom<unknown, unknown>, z.ZodRecord<z.ZodString, z.ZodJSONSchema>>
}
/** Every name that the input for a new key can have. */
export declare const CREATE_NAMES: string[]
/** Input that has the form it must have, completed with its defaults. @throws {MisuseError} `invalid_key_input` */
export declare function checkInput<T>(
  schema: z.ZodType<T> & z.ZodObject,
  input: unknown,
  where: string,
): T
/** The fields of a new key, checked and completed. @throws {MisuseError} */
export declare function checkKeyInput(
  room: KeyRoom,
  input: CreateKeyInput,
  where: string,
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
  metadata: Record<string, z.core.util.JSONType>
  name: string
  ownerId: string
}
/** @throws {MisuseError} naming the first rule that is no address and no network. */
export declare function checkNetworks(
  room: KeyRoom,
  rules: readonly string[] | null | undefined,
  where: string,
): void

// src/keys/judged.d.ts
import { type RevokedKey, type RevokeOptions } from './revoke.js'
import type { Judge, KeyRoom } from './room.js'
import { type RotatedKey, type RotateOptions } from './rotate.js'
import { type UpdatedKey, type UpdateKeyInput } from './update.js'
/**
 * Changes for those who may not make all of them. Each is judged on the very version that it is made of: between a look at a key and a change
 * of it, others may have given it more.
 */
export interface JudgedKeys {
  update(id: string, input: UpdateKeyInput, judge: Judge): Promise<UpdatedKey>
  rotate(id: string, options: RotateOptions, judge: Judge): Promise<RotatedKey>
  revoke(id: string, options: RevokeOptions, judge: Judge): Promise<RevokedKey>
  giveUp(id: string, options: RevokeOptions, judge: Judge): Promise<RevokedKey>
}
export declare function createJudgedKeys(room: KeyRoom): JudgedKeys

// src/keys/keys.d.ts
import { type IssuedKey } from './create.js'
import { type DueKey, type DueQuery } from './due.js'
import { type ImportKeyInput } from './import.js'
import { type ImportLinesOptions, type ImportOutcome } from './import-lines.js'
import { type CreateKeyInput } from './input.js'
import type { TextPieces } from './lines.js'
import { type ApiKey } from './record.js'
import {
  type RevokeAllInput,
  type RevokedKey,
  type RevokedKeys,
  type RevokeOptions,
} from './revoke.js'
import type { KeyRoom } from './room.js'
import { type RotatedKey, type RotateOptions } from './rotate.js'
import type { KeyFilter, KeyUsage, Page } from './store.js'
import { type UpdatedKey, type UpdateKeyInput } from './update.js'
/** The life of keys: `gate.keys`. Every call throws a StoreError when the store fails. */
export interface Keys<S extends string = string> {
  /** Issues a key. Its secret is in the answer and nowhere else. @throws {MisuseError} */
  create(input: CreateKeyInput<S>): Promise<IssuedKey>
  get(id: string): Promise<ApiKey | undefined>
  /** Newest first, in pages. @throws {MisuseError} */
  list(filter?: KeyFilter): Promise<Page<ApiKey>>
  /** @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile` */
  update(id: string, input: UpdateKeyInput<S>): Promise<UpdatedKey>
  /** Issues a successor; the key itself goes on for its grace. @throws {MisuseError} @throws {KeyError} also `already_rotated` */
  rotate(id: string, options?: RotateOptions): Promise<RotatedKey>
  /** Ends a key at once and for good, and its partner in a grace; again is harmless. @throws {KeyError} `unknown_key` */
  revoke(id: string, options?: RevokeOptions): Promise<RevokedKey>
  /** Ends every key of an owner. @throws {MisuseError} @throws {KeyError} `changed_meanwhile` */
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
}
export interface UsageQuery {
  /** Default: 30 days ago. */
  readonly since?: Date
}
export declare function createKeys<S extends string>(room: KeyRoom): Keys<S>

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

// src/keys/memory.d.ts
import { type KeyStore } from './store.js'
/** Keys in the memory of this process: for tests, demonstrations and keys that are imported at every start. */
export declare function createMemoryKeyStore(): KeyStore

// src/keys/open.d.ts
import { type KeyCache } from './cached.js'
import type { IssuedKey } from './create.js'
import { type Occasion } from './create-once.js'
import type { KeyChangeFeed } from './feed.js'
import type { CreateKeyInput } from './input.js'
import { type JudgedKeys } from './judged.js'
import { type Keys } from './keys.js'
import type { KeyRecord } from './record.js'
import { type KeyJournal } from './recorded.js'
import type { KeyRoom } from './room.js'
import type { KeyStore } from './store.js'
import type { Grant } from '../terms/decision.js'
import { type Tally } from './usage.js'
/** What the keys of a gate are made from. */
export interface KeysContext<T> extends Pick<
  KeyRoom,
  'catalogue' | 'checkPlan' | 'clock' | 'environments' | 'isNetwork' | 'prefix' | 'rotateAfter'
> {
  readonly store: KeyStore
  /** Absent: the store's own feed. */
  readonly changes: KeyChangeFeed | undefined
  readonly peppers: readonly string[]
  /** Absent: nobody is told of changes. */
  readonly journal: KeyJournal | undefined
  /** What is remembered of a record. */
  readonly prepare: (record: KeyRecord) => T
  readonly onError: (error: unknown) => void
}
/** What somebody does with keys. */
export interface ActingOnKeys<S extends string = string> {
  readonly keys: Keys<S>
  /** For requests that may be repeated. */
  readonly createOnce: (input: CreateKeyInput, occasion: Occasion) => Promise<IssuedKey>
  /** For callers of the key endpoints. */
  readonly judged: JudgedKeys
}
/** Everything about keys that outlives a request. */
export interface OpenKeys<S extends string, T> {
  /** The same keys for whoever a request let in; without one, for code of the server. */
  readonly acting: (by?: Grant) => ActingOnKeys<S>
  readonly cache: KeyCache<T>
  readonly used: (tally: Tally) => void
  readonly close: () => Promise<void>
}
export declare function openKeys<S extends string, T extends object>(
  context: KeysContext<T>,
): OpenKeys<S, T>

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
  /** The tenants that the key may act for. Absent or empty: none. */
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
  /** What a repeated request to create this key is recognised by. */
  readonly retry?: KeyRetry
  /** Filled in by the store, from what it was told of uses; never part of a patch. */
  readonly lastUsedAt?: Date
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
  readonly tenantIds?: readonly string[]
  readonly resources?: readonly string[] | null
  readonly plan?: string | null
  readonly limit?: number | null
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly expiresAt?: Date | null
  readonly revokedAt?: Date
  readonly revocationReason?: string
  readonly disabledAt?: Date | null
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
export declare function patched(record: KeyRecord, patch: KeyPatch): KeyRecord
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

// src/keys/recorded.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Grant } from '../terms/decision.js'
import type { BoundedKeyStore } from './bounded.js'
/** A change of a key, as it is told to whoever remembers changes. */
export interface KeyEvent {
  readonly action: 'create' | 'import' | 'update' | 'rotate' | 'revoke'
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what changes. */
  readonly changed?: readonly string[]
  readonly successorId?: string
}
/** How a change ended. `unknown`: the store failed, and may have made it all the same. */
export type KeyOutcome = 'made' | 'failed' | 'unknown'
/**
 * Told of changes that are about to be made, and by whom; what it answers is told how they ended. What it throws keeps them from being made.
 */
export type KeyJournal = (
  events: readonly KeyEvent[],
  by: Grant | undefined,
) => MaybePromise<(outcome: KeyOutcome) => MaybePromise<void>>
/** The same store, each change of which is told to a journal. */
export declare function createRecordedStore(
  store: BoundedKeyStore,
  tell: (events: readonly KeyEvent[]) => ReturnType<KeyJournal>,
  inserting?: 'create' | 'import',
): BoundedKeyStore

// src/keys/revoke.d.ts
import { type ApiKey, type EffectiveBy } from './record.js'
import { type Judge, type KeyRoom } from './room.js'
export interface RevokeOptions {
  /** Why, in 1 to 256 characters; whoever lists the keys can read it. */
  readonly reason?: string
}
/** A key that was revoked. */
export interface RevokedKey extends ApiKey, EffectiveBy {}
/** What to revoke: every key of an owner, or those of one environment. */
export interface RevokeAllInput extends RevokeOptions {
  readonly ownerId: string
  readonly environment?: string
}
/** How many keys lost their force. */
export interface RevokedKeys extends EffectiveBy {
  readonly revoked: number
}
/**
 * Ends a key now and for good; in a rotation's grace, both keys, in one step where the store can. Again is harmless.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `changed_meanwhile`. @throws {StoreError}
 */
export declare function revokeKey(
  room: KeyRoom,
  id: string,
  options?: RevokeOptions,
  judge?: Judge,
): Promise<RevokedKey>
/**
 * The same for whoever holds the key, and for that key alone: who holds one of two in a grace cannot end the other.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `changed_meanwhile`. @throws {StoreError}
 */
export declare function giveUpKey(
  room: KeyRoom,
  id: string,
  options: RevokeOptions,
  judge: Judge,
): Promise<RevokedKey>
/**
 * Ends every key of an owner. One that is made meanwhile is found as well: it is done when a look at all of them finds none.
 * @throws {MisuseError} @throws {KeyError} `changed_meanwhile`. @throws {StoreError}
 */
export declare function revokeAllKeys(room: KeyRoom, input: RevokeAllInput): Promise<RevokedKeys>

// src/keys/room.d.ts
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Catalogue } from '../terms/catalogue.js'
import type { Digester } from './digest.js'
import type { KeyChanged } from './feed.js'
import type { EffectiveBy, KeyPatch, KeyRecord } from './record.js'
import { type KeyStore } from './store.js'
/** What a key says of its limits. */
export interface PlanChoice {
  readonly plan?: string
  readonly limit?: number
}
/** What every operation on keys works with. */
export interface KeyRoom {
  readonly store: KeyStore
  /** The same, for keys that come from elsewhere. */
  readonly imports: KeyStore
  readonly digester: Digester
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly prefix: string
  readonly environments: readonly string[]
  /** How old a key may grow before it is due for rotation. */
  readonly rotateAfter: Duration
  /** Whether a rule of an address list can be understood. */
  readonly isNetwork: (rule: string) => boolean
  /** Whether a key may have this plan and this limit. @throws {MisuseError} */
  readonly checkPlan: (chosen: PlanChoice, where: string) => void
  /** Tells everybody of a change that is committed. Resolves to the moment at which it is in effect everywhere at the latest. */
  readonly announce: (id: string, version: number) => Promise<Date>
  /** The moment at which all that is committed by now is in effect everywhere at the latest. */
  readonly settledBy: () => Date
  /** Told of each record on whose state the answer of a call rests. */
  readonly seen: (record: KeyChanged) => void
  /** Told of a change that may have been made or not. */
  readonly doubt: (id: string) => void
  /** Writes the uses that this process has counted. */
  readonly flushUsage: () => Promise<void>
}
/** Throws where somebody may not make a change of this very version. */
export type Judge = (record: KeyRecord) => void
export declare function findKey(room: KeyRoom, id: string): Promise<KeyRecord>
/** A key after a change, and when the change is in effect everywhere. */
export interface ChangedKey extends EffectiveBy {
  readonly record: KeyRecord
}
/**
 * Reads a key, decides, writes; from the start again when somebody was faster. `decide` answers `undefined` when there
 * is nothing to change.
 */
export declare function changeKey(
  room: KeyRoom,
  id: string,
  decide: (record: KeyRecord) => KeyPatch | undefined,
): Promise<ChangedKey>
/** A write to the store. One that throws may have been made all the same. */
export declare function write(
  room: KeyRoom,
  ids: readonly string[],
  attempt: () => MaybePromise<boolean>,
): Promise<boolean>
/** Tries a compare-and-set until it wins; a few times only, for a store that never lets it win is broken. */
export declare function persist<T>(
  room: KeyRoom,
  id: string,
  attempt: (record: KeyRecord) => Promise<T | undefined>,
): Promise<T>

// src/keys/rotate.d.ts
import { type Duration } from '../lib/duration.js'
import { type IssuedKey } from './create.js'
import { type ApiKey, type EffectiveBy } from './record.js'
import { type Judge, type KeyRoom } from './room.js'
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
 * @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`. @throws {StoreError}
 */
export declare function rotateKey(
  room: KeyRoom,
  id: string,
  options?: RotateOptions,
  judge?: Judge,
): Promise<RotatedKey>

// src/keys/search.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import type { Digester } from './digest.js'
import type { KeyRecord } from './record.js'
import type { KeyStore } from './store.js'
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

// src/keys/store.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { KeyChangeFeed } from './feed.js'
import type { KeyPatch, KeyRecord, KeyState } from './record.js'
/** Which keys to list, in pages. */
export interface KeyFilter {
  readonly ownerId?: string
  readonly environment?: string
  readonly state?: KeyState
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/** What a store is asked to list. */
export interface KeyQuery extends Omit<KeyFilter, 'state'> {
  /** Only keys that are in this state at this instant. */
  readonly standing?: {
    readonly state: KeyState
    readonly at: Date
  }
  /** Only keys without a successor that were made at this instant or before. */
  readonly unrotatedSince?: Date
  /** By the time of creation. Default `'newest'`: newest first. */
  readonly order?: 'newest' | 'oldest'
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
/** One of several changes that a store makes together. */
export interface KeyChange {
  readonly id: string
  readonly patch: KeyPatch
  readonly expectedVersion: number
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
  /** @throws {DuplicateKeyError} when the id or the digest is taken. */
  insert(record: KeyRecord): MaybePromise<void>
  /**
   * Inserts those of several new records whose id and digest are free, also among themselves; says of each whether it was. Without
   * it, an import inserts them one by one.
   */
  insertAll?(records: readonly KeyRecord[]): MaybePromise<readonly boolean[]>
  /** Applies the patch and adds one to the version. False: the version is no longer this, or there is no such key. */
  update(id: string, patch: KeyPatch, expectedVersion: number): MaybePromise<boolean>
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
  ): MaybePromise<boolean>
  /**
   * A page of keys, each once over all pages. A record that cannot be understood is left out, so that the others can be managed; its key
   * does not work. A cursor that is not of this store leads to an empty page.
   */
  list(query: KeyQuery): MaybePromise<Page<KeyRecord>>
  /**
   * Adds counts to those of the same key, environment and day, and keeps the later `lastUsedAt`; in a place of its own, so that a use
   * never changes a record. What it is told of keys that it does not have is dropped.
   */
  recordUsage(usage: readonly KeyUsage[]): MaybePromise<void>
  /** The days on which a key was used, latest first, from a day on. Without it, `gate.keys.usage` throws `not_supported`. */
  usageOf?(keyId: string, sinceDay: string): MaybePromise<readonly KeyUsage[]>
  /** How other instances learn of a change. Without it, they do when what they remember of a key ends, after 30 s. */
  readonly changes?: KeyChangeFeed
  /**
   * How many calls the store works on at once, such as the connections of its pool. Looking for keys that were not seen lately takes half of
   * it at most, so that no flood of them keeps other calls from the store. Default: there is no such bound.
   */
  readonly concurrency?: number
}
/** The key store failed or did not answer within 250 ms. `cause` has what it threw. */
export declare class StoreError extends Error {
  readonly name: string
}
/** The id or the digest of a record to insert is taken. */
export declare class DuplicateKeyError extends Error {
  readonly name = 'DuplicateKeyError'
  constructor(message?: string, options?: ErrorOptions)
}
/** What stands in the way of a change to a key. */
export type KeyObstacle =
  | 'unknown_key'
  | 'not_active'
  | 'already_rotated'
  | 'changed_meanwhile'
  | 'already_issued'
  | 'idempotency_key_reused'
/** A key could not be changed; `code` says why. */
export declare class KeyError extends Error {
  readonly name = 'KeyError'
  readonly code: KeyObstacle
  constructor(code: KeyObstacle, message: string)
}

// src/keys/update.d.ts
import { type ApiKey, type EffectiveBy } from './record.js'
import { type Judge, type KeyRoom } from './room.js'
/** What may change of a key while it lives; what is absent stays. Bounds as in `CreateKeyInput`. */
export interface UpdateKeyInput<S extends string = string> {
  readonly name?: string
  readonly scopes?: readonly S[]
  /** `null`: from anywhere. */
  readonly allowedIps?: readonly string[] | null
  readonly tenantIds?: readonly string[]
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
}
/** A key after a change. */
export interface UpdatedKey extends ApiKey, EffectiveBy {}
/**
 * Changes a key; its next request is judged by the change. What has ended stays ended.
 * @throws {MisuseError} @throws {KeyError} `unknown_key`, `not_active`, `already_rotated`, `changed_meanwhile`.
 * @throws {StoreError}
 */
export declare function updateKey(
  room: KeyRoom,
  id: string,
  input: UpdateKeyInput,
  judge?: Judge,
): Promise<UpdatedKey>

// src/keys/usage.d.ts
import type { Clock } from '../lib/clock.js'
import type { KeyStore } from './store.js'
/** How often one key was used since its count was last collected. */
export interface Tally {
  readonly keyId: string
  readonly environment: string
  count: number
  /** Milliseconds since the epoch. */
  lastUsedAt: number
}
/** Counts uses where they happen, and writes them where no decision reads. */
export interface UsageRecorder {
  readonly used: (tally: Tally) => void
  /** Writes what is counted so far. What fails is told to `onError` and kept for the next time. */
  readonly flush: () => Promise<void>
  /** Flushes for the last time. */
  close(): Promise<void>
}
export declare function createUsageRecorder(
  store: Pick<KeyStore, 'recordUsage'>,
  clock: Clock,
  onError: (error: unknown) => void,
): UsageRecorder

// src/keys/watch.d.ts
import type { Elapsed } from '../lib/elapsed.js'
import type { KeyChangeFeed, KeyChangeListener } from './feed.js'
export interface WatchListener extends Pick<KeyChangeListener, 'changed'> {
  /**
   * Changes may have been missed since `provenAt`, by `elapsed`: what is remembered is no answer any more where the
   * store gives one. `-Infinity`: nothing was proven since the last time.
   */
  forget(provenAt: number): void
}
/** Whether what is remembered of keys still holds. */
export interface Watch {
  /** Begins to listen, unless it does already. */
  start(listener: WatchListener): void
  /** Whether every change older than this was heard. In milliseconds, `now` by `elapsed`. Default 3 s. */
  isCurrent(now: number, ageMs?: number): boolean
  /** Which unbroken stretch of listening this is; `undefined` where nothing is heard. */
  stretch(): number | undefined
  close(): Promise<void>
}
/**
 * Listens, and proves once a second that it hears: what was committed before a beat has been heard when the beat has. A
 * silent connection, a broken one and a suspended process all show in the same way: the last proof is too old.
 */
export declare function createWatch(
  feed: KeyChangeFeed | undefined,
  elapsed: Elapsed,
  onError: (error: unknown) => void,
): Watch

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
export declare function isDuration(value: unknown): value is Duration
/** The duration in milliseconds. */
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

// src/lib/maybe.d.ts
/** A value now, or a promise of it: what every port may answer. */
export type MaybePromise<T> = T | Promise<T>
export declare function isPromise<T>(value: MaybePromise<T>): value is Promise<T>
/** Goes on with a value: at once when it is here, later when it is promised. */
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
export declare function within<T>(
  value: MaybePromise<T>,
  limitMs: number,
  late: () => Error,
  defer?: (giveUp: () => void) => unknown,
): MaybePromise<T>

// src/limits/calendar.d.ts
/** Days and months of UTC. */
export type Calendar = 'day' | 'month'
/** The longest of each, in milliseconds. */
export declare const LONGEST_MS: Readonly<Record<Calendar, number>>
/** When the day or month of an instant is over, in milliseconds since the epoch. */
export declare function calendarEnd(calendar: Calendar, at: number): number

// src/limits/charge.d.ts
import type { Refusal } from '../terms/denial.js'
import type { Limit, LimitVerdict } from './store.js'
/** One of the requests that a caller may have under way at once. */
export interface Slot {
  readonly name: string
  /** Gives it back. Again is harmless. */
  readonly end: () => void
}
/** What a request was counted as, and how the limits of its caller stand since. */
export interface Charge {
  /** What it has cost by now; of a request that several guards look at, the highest that one of them asked for. */
  readonly cost: number
  readonly limits: readonly Limit[]
  /** Absent where there is nothing to count against, or nobody who could count. */
  readonly verdict?: LimitVerdict
  /** What it holds while it is under way; absent where that is not limited. */
  readonly slot?: Slot
  /** Why it goes no further. */
  readonly refusal?: Refusal
}

// src/limits/leased.d.ts
import type { LimitStore } from './store.js'
/**
 * The same store, with fewer round trips: it takes at once what several requests will need, and answers those that follow by itself. It never
 * admits more than the limits. What was taken of a quota ends with its window; of a burst, it is used within 100 ms, and bursts are smaller
 * by what comes back in that time. What is taken and not used is lost to its owner, at most 1/16 of what is left at a time; what is left of quotas
 * when the gate is closed is given back. A refusal is remembered for 1 second at most.
 */
export declare function createLeasedLimitStore(store: LimitStore): LimitStore

// src/limits/limiter.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import { LimitStoreError, type LimitRequest, type LimitStore, type LimitVerdict } from './store.js'
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
  /** Nobody waits for it. What a store that is away does not take back, it is given when it answers again. */
  release(request: LimitRequest, taken: LimitVerdict): void
  close(): MaybePromise<unknown>
}
/**
 * The same store, whatever becomes of it: it answers within 50 ms or is answered for. While it is away no request waits for it, and one
 * at a time asks for nothing, to see whether it is back.
 */
export declare function createLimiter(context: LimiterContext): Limiter

// src/limits/memory.d.ts
import type { LimitStore } from './store.js'
/**
 * Counts in the memory of this process: at most 1,000,000 quotas and as many bursts, in 64 MiB, and as many credits, in 32 MiB. What is full
 * again makes room; beyond that, one of those that end first gives way, and its owner begins anew: it takes as many owners to bring that
 * about. Credits that were used are forgotten when the process ends.
 */
export declare function createMemoryLimitStore(): LimitStore

// src/limits/plans.d.ts
import { type Duration } from '../lib/duration.js'
import { type Calendar } from './calendar.js'
import type { Limit } from './store.js'
/** So much of something in such a time. */
export interface Allowance<Window = Duration> {
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'`; up to `'366d'` for a quota, up to `'30d'` for a burst, whose limit times window in milliseconds is below 2^53. */
  readonly window: Window
}
/** So many requests in a window. `'day'` and `'month'` are those of UTC: they begin at midnight, whenever the first request comes. */
export type Quota = Allowance<Duration | Calendar>
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
      readonly burst?: Allowance | readonly Allowance[]
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
/** The plans of an API. */
export interface Plans {
  /** What a caller is counted against; `undefined` where its plan is without access. @throws {RangeError} for what no plan has */
  limitsOf(
    plan: string | undefined,
    limit: number | undefined,
    credits: number | undefined,
  ): readonly Limit[] | undefined
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
/** `1h` for `60m` as well. */
export declare function windowName(window: Duration | Calendar): string

// src/limits/store.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Calendar } from './calendar.js'
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
}
/** How one limit stands after a request. */
export interface Standing {
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
  readonly standings: readonly Standing[]
}
/** Where requests are counted. What it throws, or a call that takes longer than 50 ms, is an outage of the limiter. */
export interface LimitStore {
  /** Takes the cost from all limits or from none, however many ask at once. */
  consume(request: LimitRequest): MaybePromise<LimitVerdict>
  /**
   * Gives back the slot of a request that is over, and `cost` of its quotas, where a lease has taken more than it used: of a quota whose window is
   * still the one of which the verdict tells. What is not held any longer is not given back. Without this, a store can be used for plans without
   * concurrency only.
   */
  release?(request: LimitRequest, taken: LimitVerdict): MaybePromise<unknown>
  /** Called once, when the gate is closed. What it has opened itself, it closes. */
  close?(): MaybePromise<unknown>
}
/** The limit store failed, or did not answer within 50 ms, or it answers again. `cause` has what it threw. */
export declare class LimitStoreError extends Error {
  readonly name = 'LimitStoreError'
  /** Whether the outage has begun or is over. */
  readonly outage: 'begun' | 'over'
  constructor(message: string, outage: 'begun' | 'over', options?: ErrorOptions)
}

// src/net/proxies.d.ts
import { type GateRequest } from '../terms/request.js'
/** What lies between us and the client. */
export interface Proxies {
  /** Whether the connection comes from a proxy of ours, whose X-Forwarded fields may be believed. */
  trusts(address: string | undefined): boolean
  /** The client's address, or `undefined` where it cannot be known; never a guess. */
  clientOf(request: GateRequest): string | undefined
  /**
   * Who handed the request to the outermost of our proxies, where what stands further left of X-Forwarded-For makes the client unknown: it was
   * written by that very sender.
   */
  senderOf(request: GateRequest): string | undefined
}
export declare function createProxies(trustProxy: readonly string[]): Proxies

// src/options/introspection-options.d.ts
import type { IdentifyToken } from '../identify/token.js'
import type { Duration } from '../lib/duration.js'
/**
 * An authorization server that is asked what opaque tokens are (RFC 7662). It is asked about what stands in `Authorization: Bearer`, is no JWT of one of the
 * `issuers`, and does not begin as keys of the gate do.
 */
export interface IntrospectionOptions {
  /** Its introspection endpoint: an `https:` URL. */
  readonly endpoint: string
  /** What it is called: `auth.issuer`, and `iss` of its answers where they have one. 1 to 256 visible ASCII characters. */
  readonly issuer: string
  /**
   * What this API is called in `aud`, or several such names, 1 to 16. An answer for none of them, or without `aud`, is refused. `false`: the server answers
   * for this API alone, and has seen to it.
   */
  readonly audience: string | readonly string[] | false
  /** This API's own credentials at the server, sent as HTTP Basic (RFC 6749 section 2.3.1). */
  readonly clientId: string
  readonly clientSecret: string
  /** How its opaque tokens begin, such as `'oat_'`: what begins otherwise is a key. Default: whatever does not begin as keys of the gate do. */
  readonly prefix?: string
  /** How far its clock may be from ours: up to two minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** For how long an answer is believed, a token that was revoked meanwhile included: up to a minute. Default `'10s'`. */
  readonly cacheFor?: Duration
  /** Which of the gate's environments its tokens are for. Default: the first. */
  readonly environment?: string
  /** As that of `issuers`; it is given the whole answer. */
  readonly identify?: IdentifyToken
  /** Lets it be asked at an address that is not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
}

// src/options/issuer-options.d.ts
import type { JSONWebKeySet } from 'jose'
import type { IdentifyToken } from '../identify/token.js'
import type { Duration } from '../lib/duration.js'
import type { Algorithm } from '../tokens/algorithms.js'
import type { TokenProfile } from '../tokens/claims.js'
/**
 * One issuer whose tokens are taken. Its keys are given by `jwks`, `publicKey` or `secret`, fetched from `jwksUri`, or found by discovery from `issuer`
 * where it has none of these.
 */
export interface IssuerOptions {
  /** What `iss` of its tokens is, character by character: an `https:` URL, or another name where its keys are given. */
  readonly issuer: string
  /** What this API is called in `aud`, or several such names, 1 to 16. A token for none of them is refused. */
  readonly audience: string | readonly string[]
  /** How its tokens may be signed. Either all with public keys, or one with a secret. */
  readonly algorithms: readonly Algorithm[]
  /** Where its keys are: an `https:` URL of a JWK Set. */
  readonly jwksUri?: string
  /** Its public keys. */
  readonly jwks?: JSONWebKeySet
  /** Its one public key, in PEM (SPKI). With one algorithm. */
  readonly publicKey?: string
  /** What HMAC tokens are signed with: at least 32 bytes, 48 for HS384, 64 for HS512. With one algorithm. */
  readonly secret?: string | Uint8Array
  /**
   * `'rfc9068'`: its tokens are JWT access tokens of type `at+jwt`, with the claims that RFC 9068 asks for. `'any'`: of type `JWT` or none, with `iss`,
   * `aud` and `exp` at least. Default `'rfc9068'`.
   */
  readonly profile?: TokenProfile
  /** How far its clock may be from ours: up to two minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** The longest time from `iat` to `exp` that is believed. Default `'24h'`. */
  readonly maxLifetime?: Duration
  /** Which of the gate's environments its tokens are for. Default: the first. */
  readonly environment?: string
  /**
   * Who the caller is, from the verified claims; `undefined` refuses the token. It must answer at once. Default: the owner is issuer and subject
   * together, `https://issuer.example#user-1`.
   */
  readonly identify?: IdentifyToken
  /** Lets keys be fetched from addresses that are not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
}

// src/options/options.d.ts
import type { TlsVersion } from '../admit/transport.js'
import type { KeyChangeFeed } from '../keys/feed.js'
import type { KeyStore } from '../keys/store.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { CallerOverride, Plan } from '../limits/plans.js'
import type { LimitStore } from '../limits/store.js'
import type { AuditSink } from '../record/sink.js'
import type { AuditWhen } from '../record/trail.js'
import type { ErrorFormat } from '../respond/error-formats.js'
import type { RateFields } from '../respond/rate-fields.js'
import type { Auth } from '../terms/auth.js'
import type { AuditMode } from '../terms/demand.js'
import type { Policy } from '../terms/policy.js'
import type { IntrospectionOptions } from './introspection-options.js'
import type { IssuerOptions } from './issuer-options.js'
import type { TokenOptions } from './token-options.js'
export interface KeyOptions {
  /** What the secrets of this API begin with: 2 to 16 lower-case letters and digits, a letter first. */
  readonly prefix: string
  /**
   * Secrets of at least 32 characters that go into the digests (HMAC-SHA256 of the SHA-256 of a key), so that a stolen table of digests
   * cannot be tried out. The first is current; the others still verify. Default: none, and digests are plain SHA-256.
   */
  readonly peppers?: readonly string[]
  /** Default: a store in memory, `createMemoryKeyStore()`. A call that takes longer than 250 ms has failed. */
  readonly store?: KeyStore
  /** How instances learn of each other's changes. Default: the store's own way, where it has one. */
  readonly changes?: KeyChangeFeed
  /** How old a key may grow before `gate.keys.due` names it. Default `'90d'`. */
  readonly rotateAfter?: Duration
}
export interface CredentialOptions {
  /** Take keys from `Authorization: Bearer` (RFC 6750). Default true. */
  readonly bearer?: boolean
  /**
   * The API's own header for keys, or `false` for none: letters, digits and single hyphens between them, in any case. Not
   * `authorization`, `cookie` or `host`. Default `'x-api-key'`.
   */
  readonly header?: string | false
}
/** How the plans are applied. */
export interface LimitOptions {
  /**
   * Who shares a limit: all keys of an owner, each key for itself, or all callers of whom a function returns the same text, of 1 to 256
   * characters. Each environment is counted for itself. Default `'owner'`.
   */
  readonly by?: 'owner' | 'key' | ((auth: Auth) => string)
  /** The plan of keys that have none. Default: none, and a key must have one. */
  readonly defaultPlan?: string
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
  readonly headers?: readonly RateFields[]
  /** Counts, and tells on the channel `sallyport:limits` what would be refused, but refuses nothing. Default false. */
  readonly shadow?: boolean
}
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
  /** The name of this instance in its records: 1 to 64 letters, digits, `_` and `-`. Default: `HOSTNAME` of its environment, or `local`. */
  readonly instance?: string
}
/** What a gate is made from. Durations have units, names are checked, nothing is guessed. */
export interface GateOptions<S extends string = string> {
  /**
   * The environment that this gate serves, or several. Keys of any other are refused. Each is 1 to 32 lower-case letters and
   * digits, a letter first.
   */
  readonly environment: string | readonly string[]
  readonly keys: KeyOptions
  /**
   * Every scope of the API: a list, or names with levels from 1 to 9. A name is 1 to 128 visible ASCII characters without
   * quote and backslash. A caller of the key endpoints hands out scopes that
   * it holds and scopes below its own highest level. In a list all are of level 1.
   */
  readonly scopes: readonly S[] | Readonly<Record<S, number>>
  /** Whose tokens are taken beside keys, from `Authorization: Bearer`. Default: none. */
  readonly issuers?: readonly IssuerOptions[]
  /** Where opaque tokens are asked about (RFC 7662), from `Authorization: Bearer`. Default: none are taken. */
  readonly introspection?: IntrospectionOptions
  /** How the gate issues tokens of its own, from its keys. Default: it issues none. */
  readonly tokens?: TokenOptions
  readonly credentials?: CredentialOptions
  /** The oldest TLS version accepted where the socket tells it. Default `'TLSv1.2'`. */
  readonly minTlsVersion?: TlsVersion
  /**
   * Addresses and networks of the proxies in front of this server. Only from them are X-Forwarded-For (read from the right)
   * and X-Forwarded-Proto believed. Default: none.
   */
  readonly trustProxy?: readonly string[]
  /**
   * What each plan allows, by its name: 1 to 64 letters, digits, `_` and `-`, a letter first. Default: none, and nothing is limited.
   */
  readonly plans?: Readonly<Record<string, Plan>>
  readonly limits?: LimitOptions
  /** Rules of the app for every request; they come last, in this order. A demand has those of its route. Default: none. */
  readonly policies?: readonly Policy[]
  /** The status of `tenant_mismatch`. Default 403. */
  readonly tenantMismatch?: 400 | 403 | 404
  /** Default: nothing is recorded. */
  readonly audit?: AuditOptions
  /**
   * Whether keys that do not exist are counted against the address that they come from, which is refused for a while after a few of them. Default
   * true.
   */
  readonly penalties?: boolean
  /** The shape of error answers. Default `problemDetails()`. */
  readonly errors?: ErrorFormat
  /** `'respond'` answers refusals; `'next'` hands a `DeniedError` to the framework's error handling. Default `'respond'`. */
  readonly deny?: 'respond' | 'next'
  /** Names the protection space in challenges (RFC 9110 section 11.5): 1 to 64 printable ASCII characters. Default `'api'`. */
  readonly realm?: string
  /**
   * A header whose request id is taken over, where a proxy in front sets it: 8 to 128 of `A-Z a-z 0-9 . _ ~ -`, else the
   * request gets a new one. Its name is as that of `credentials.header`. Default: none, every request gets a new one.
   */
  readonly requestIdHeader?: string
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: Clock
  /** Told of failing stores and error formats; it gets no secrets. Default: `console.error`. */
  readonly onError?: (error: unknown) => void
}

// src/options/token-options.d.ts
import type { JWK } from 'jose'
import type { Duration } from '../lib/duration.js'
import type { ReplayStore } from '../tokens/replay-store.js'
import type { TokenRevocations } from '../tokens/revocations.js'
import type { FindServiceAccount, ServiceAccount } from '../tokens/service-accounts.js'
/** How the gate issues tokens. */
export interface TokenOptions {
  /** What the gate is called in `iss` of its tokens: an `https:` URL. */
  readonly issuer: string
  /** For whom its tokens are: what this API is called in `aud`, or several such names, 1 to 16. Default: the issuer. */
  readonly audience?: string | readonly string[]
  /**
   * Private keys for RS256, ES256 or EdDSA, as JWK or in PEM (PKCS #8). The first signs; the others, of which the public part is enough, verify what they
   * have signed before. Default: one that ends with the process; in production there is none.
   */
  readonly signingKeys?: readonly (JWK | string)[]
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

// src/record/access.d.ts
import type { Proxies } from '../net/proxies.js'
import type { Auth } from '../terms/auth.js'
import type { AuditNote, Decision } from '../terms/decision.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Demand } from '../terms/demand.js'
import type { Reason } from '../terms/denial.js'
import type { PhiAccess } from '../terms/phi.js'
import { type GateRequest } from '../terms/request.js'
import type { UnchainedRecord } from './chain.js'
import type { Draft } from './draft.js'
import type { createCleaner } from './text.js'
export interface AccessContext {
  readonly clean: ReturnType<typeof createCleaner>
  readonly proxies: Pick<Proxies, 'clientOf'>
  /** What the records of this gate with this number are called. */
  readonly idOf: (number: number) => string
  /** More is known of an access that may have been written already. */
  readonly more: (access: Access) => MaybePromise<void>
}
/** One request on its way, as far as the trail has followed it. */
export declare class Access implements Draft, AuditNote {
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
  /** How many it stands for, and when the last of them was, in milliseconds since the epoch. */
  count: number
  until: number
  /** Whether those have nothing but their reason in common: none of them is named. */
  mixed: boolean
  readonly at: number
  constructor(
    number: number,
    at: number,
    context: AccessContext,
    request: GateRequest | undefined,
    address?: string,
  )
  get lane(): 'allowed' | 'denied'
  /** The client's address, once it is settled. */
  get client(): string | undefined
  /** What it asks for, once it is settled. */
  get target(): string
  /** What is presented must not be found anywhere in the record. */
  presents(secret: string): void
  /** Another guard has looked at it. */
  decided(decision: Decision, demand: Demand, request: GateRequest | undefined): void
  /** Health information that it touches. */
  touches(access: PhiAccess): void
  /** Told by a handler. */
  phi(access: PhiAccess): MaybePromise<void>
  /** Whether the trail that has this context follows it. */
  isOf(context: AccessContext): boolean
  answered(status: number, aborted: boolean): void
  /** Takes what it needs of the request and lets go of it: what waits to be written holds no header. */
  settle(): void
  /** Nothing more will be asked of the request. */
  release(): void
  compose(): UnchainedRecord
}

// src/record/audit.d.ts
import type { Page } from '../keys/store.js'
import type { AuditEvent } from './filter.js'
import { type AuditQuery } from './query.js'
import type { AuditSink } from './sink.js'
import type { Trail } from './trail.js'
/** The audit trail: `gate.audit`. */
export interface Audit {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /**
   * A page of what happened, newest first, from the first sink that can be read; as `queryTrail`.
   * @throws {MisuseError} also where no sink can be read @throws {AuditError}
   */
  query(query?: AuditQuery): Promise<Page<AuditEvent>>
}
export declare function createAudit(trail: Trail | undefined, sinks?: readonly AuditSink[]): Audit

// src/record/chain.d.ts
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
}
/** @param key what checkpoints are signed with; without one, none can be added */
export declare function createChain(writer: string, key?: KeyObject): Chain
/** SHA-256 of a public key, to tell keys apart. */
export declare function keyIdOf(publicKey: KeyObject): string
/** Keys by their ids. @throws {MisuseError} */
export declare function publicKeysOf(pems: readonly string[]): ReadonlyMap<string, KeyObject>
/** The record of a line, if the line is what was written: its hash is right, and it is of this version. */
export declare function openAuditLine(line: string): ChainedRecord | undefined
/** Whether the signature of a checkpoint's line is one by this key. */
export declare function isSignedBy(line: string, publicKey: KeyObject): boolean
export {}

// src/record/decisions.d.ts
import type { Auth } from '../terms/auth.js'
import type { Decision } from '../terms/decision.js'
import { type GateRequest } from '../terms/request.js'
/** What is published on the channel `sallyport:decisions` of `node:diagnostics_channel` for each decision of a guard. */
export interface DecisionMade {
  readonly decision: Decision
  /** Whose credential it was; absent where that is not known. */
  readonly auth?: Auth | undefined
  /** Absent, as all that follows, where it did not come over HTTP. */
  readonly method?: string | undefined
  /** Without its query, and without what looks like a secret. */
  readonly path?: string | undefined
  /** The pattern of its path, where the framework tells. */
  readonly route?: string | undefined
}
export declare const decisions: import('diagnostics_channel').Channel<unknown, unknown>
/** No header of the request: a credential stands there. @param presented with what it came */
export declare function decisionMade(
  decision: Decision,
  auth: Auth | undefined,
  request: GateRequest | undefined,
  presented: string | undefined,
): DecisionMade

// src/record/draft.d.ts
import type { UnchainedRecord } from './chain.js'
/** Something that waits to be written. It is asked what it has to say when its turn comes. */
export interface Draft {
  /** In which queue it waits, and as what it is counted where it is dropped. */
  readonly lane: Lane
  compose(): UnchainedRecord
}
export type Lane = 'allowed' | 'denied' | 'keys'

// src/record/event.d.ts
import type { AuditEvent } from './filter.js'
import type { ChainedRecord } from './record.js'
import type { TrailLine, TrailRange, TrailReader } from './sink.js'
/** The event of a line, if it tells of one. */
export declare function eventIn(line: string): AuditEvent | undefined
/**
 * The events of a trail in the order in which they were written first, each as it was written last. One that is written again after 10,000
 * others comes twice: no more than that is held.
 * @param aside told of what is no event: other records, and lines that are none
 */
export declare function eventsOf(
  reader: TrailReader,
  range?: TrailRange,
  aside?: (record: ChainedRecord | undefined, line: TrailLine) => void,
): AsyncGenerator<AuditEvent>

// src/record/filter.d.ts
import type { Reason } from '../terms/denial.js'
import type { AccessRecord, ChainedRecord, KeyChangeRecord } from './record.js'
/** What happened, as a trail tells it: an access, or a change of a key. */
export type AuditEvent = Extract<ChainedRecord, AccessRecord | KeyChangeRecord>
/** Which events. What is left out does not matter; of what is given, all must hold. */
export interface AuditFilter {
  readonly kind?: AuditEvent['kind']
  readonly ownerId?: string
  readonly tenantId?: string
  readonly keyId?: string
  /** `sub` of a token. */
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
  /** At this instant or later. */
  readonly from?: Date
  /** Before this instant. */
  readonly to?: Date
}
/** Whether an event is one of those that are looked for. */
export declare function fits(event: AuditEvent, filter: AuditFilter): boolean

// src/record/query.d.ts
import type { Page } from '../keys/store.js'
import { type AuditEvent, type AuditFilter } from './filter.js'
import type { TrailReader } from './sink.js'
/** Which events, in pages. */
export interface AuditQuery extends AuditFilter {
  /** How many at most: 1 to 200. Default 50. A page may have fewer, also one that is not the last. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}
/**
 * A page of events, newest first. Of several records with one `id`, the last one holds. What is written meanwhile disturbs no page: what was
 * there when the first was read is on exactly one. A cursor that is not of this call leads to an empty page.
 * @throws {MisuseError} @throws what the reader throws
 */
export declare function queryTrail(
  reader: TrailReader,
  query?: AuditQuery,
): Promise<Page<AuditEvent>>

// src/record/record.d.ts
import type { Reason } from '../terms/denial.js'
import type { PhiAccess } from '../terms/phi.js'
/** What every record of a trail has. */
interface Recorded {
  /** ISO 8601 in UTC, in milliseconds. */
  readonly time: string
}
/** Who asked, as far as it is known. Absent members are not known. */
export interface Recognised {
  readonly environment?: string
  readonly ownerId?: string
  readonly tenantId?: string
  readonly keyId?: string
  /** `iss`, `jti`, `client_id` and `sub` of a token. */
  readonly issuer?: string
  readonly tokenId?: string
  readonly clientId?: string
  readonly subject?: string
}
/**
 * One request and what was decided about it. It may be written again under the same `id` when more is known of it: the last
 * one holds.
 */
export interface AccessRecord extends Recorded, Recognised {
  readonly kind: 'access'
  /** Unique among all records. */
  readonly id: string
  readonly outcome: 'allowed' | 'denied'
  /** Why it was denied. */
  readonly reason?: Reason
  /** The status of the answer. Absent: it was not known when this was written. */
  readonly status?: number
  /** The connection ended before the answer did. */
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
  /** The address of the client; that of the other end of the connection, where it is another. */
  readonly client?: string
  readonly peer?: string
  readonly userAgent?: string
  readonly latencyMs?: number
  /** It stands for so many alike, the last of them at `until`. Absent: for one. */
  readonly count?: number
  readonly until?: string
}
/** Which change of a key. */
export type KeyAction = 'create' | 'import' | 'update' | 'rotate' | 'revoke'
/** A change of a key. As with an access, the last one with the same `id` holds. */
export interface KeyChangeRecord extends Recorded {
  readonly kind: 'key'
  readonly id: string
  readonly action: KeyAction
  /**
   * `intended`: about to be made; where no other record follows, it may have been made or not. `unknown`: the store failed, and may
   * have made it.
   */
  readonly outcome: 'intended' | 'made' | 'failed' | 'unknown'
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what was changed; never the values. */
  readonly changed?: readonly string[]
  /** The key that took its place. */
  readonly successorId?: string
  /** The key or token that asked for it over HTTP. Absent: code of the server. */
  readonly by?: Recognised
  readonly requestId?: string
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
/** The first record of each writer. */
export interface StartRecord extends Recorded {
  readonly kind: 'start'
  readonly instance: string
  /** What else is in the trail: from now on, what is cut off there is missed. */
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
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
  AccessRecord | KeyChangeRecord | GapRecord | StartRecord | CheckpointRecord
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

// src/record/report.d.ts
import type { AuditHead } from './record.js'
/** What is wrong with a record. */
export type TrailFault =
  | 'changed'
  | 'out_of_place'
  | 'does_not_follow'
  | 'badly_signed'
  | 'unknown_signer'
  | 'missing'
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
  /** The first hundred, in the order of reading. */
  readonly findings: readonly TrailFinding[]
}
/** Counts what became of a trail, while it is read. */
export interface Tally {
  readonly counts: Record<Exclude<keyof TrailReport, 'writers' | 'findings'>, number>
  readonly findings: readonly TrailFinding[]
  readonly tell: (finding: TrailFinding) => void
  /** A record is not what was written, or not where. */
  readonly blame: (fault: TrailFault, where: string, record?: AuditHead) => void
  /** So many records of a writer are missing, from this `seq` on. */
  readonly miss: (where: string, writer: string, seq: number, count: number) => void
}
export declare function createTally(): Tally

// src/record/sink.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { AuditFilter } from './filter.js'
import type { AuditHead, ChainedRecord, TornLine } from './record.js'
/** A record and the line that says it: one line of ASCII JSON, without its end. */
export interface AuditEntry {
  readonly record: ChainedRecord
  /** What is hashed and verified: to be kept as it is, byte by byte. */
  readonly line: string
}
/** What a sink holds of others when a writer starts. */
export interface AuditRest {
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
}
/** Where records go. */
export interface AuditSink {
  /**
   * Keeps records, in their order. Resolves once all of them are on durable storage, or rejects. What was not acknowledged is
   * written again, with the same `writer` and `seq`; also where a call has not answered for 5 s. To have one twice is the same as to have it once.
   */
  write(entries: readonly AuditEntry[]): MaybePromise<void>
  /** How the chains end that are there already, at most 64 of them, the latest. Asked before the first record. */
  rest?(): MaybePromise<AuditRest>
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
   * The lines of the events that are looked for, newest first by time and id, each as it was written last: from an index. Without it, a query
   * reads all lines.
   */
  find?(search: TrailSearch): MaybePromise<readonly FoundLine[]>
  /**
   * Goes on from here: each call of what it resolves with answers the lines that were added since the one before. Without it, who follows a
   * trail reads again what is recent.
   */
  follow?(): MaybePromise<() => Promise<readonly string[]>>
}
/** Where an event stands in a list of them. */
export interface TrailPosition {
  readonly time: string
  readonly id: string
}
/** What is looked for in a trail. */
export interface TrailSearch extends AuditFilter {
  /** How many lines at most. */
  readonly limit: number
  /** Only events that are older than this one, or of the same time with a lesser id. */
  readonly after?: TrailPosition
}
/** A line that was found. */
export interface FoundLine extends TrailLine {
  readonly at: TrailPosition
}
/** By the time of records. */
export interface TrailRange {
  readonly since?: Date
  readonly until?: Date
}
/** A sink failed, or did not acknowledge a record in time. */
export declare class AuditError extends Error {
  readonly name = 'AuditError'
}

// src/record/text.d.ts
/** Makes text fit for a record: without secrets, without what some stores cannot keep, and of at most so many characters. */
export type Cleaner = (text: string, max: number) => string
/** @param prefix what the keys of the gate begin with; `presented` is what this very request came with */
export declare function createCleaner(
  prefix: string,
): (text: string, max: number, presented?: string) => string
/** What a client has written, without secrets, whether or not they are percent-encoded there. */
export declare function discreet(text: string, presented: string | undefined): string

// src/record/trail.d.ts
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import type { Auth } from '../terms/auth.js'
import type { KeyJournal } from '../keys/recorded.js'
import type { AuditNote, Decision } from '../terms/decision.js'
import type { AuditMode, Demand } from '../terms/demand.js'
import { type GateRequest } from '../terms/request.js'
import { Access, type AccessContext } from './access.js'
import { type AuditSink } from './sink.js'
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
/** An access of which it is asked whether it is recorded. */
export interface AuditedAccess {
  /** Absent where it is not known who asks. */
  readonly auth?: Auth | undefined
  readonly request?: GateRequest | undefined
}
/** Which accesses are recorded: those of some environments, and those of nobody in particular; or what a function says. */
export type AuditWhen = readonly string[] | ((access: AuditedAccess) => boolean)
export interface TrailContext {
  readonly sinks: readonly AuditSink[]
  readonly mode: AuditMode
  readonly when?: AuditWhen | undefined
  /** PEM of the Ed25519 private key. */
  readonly key?: string | undefined
  readonly instance: string
  readonly prefix: string
  readonly clock: Clock
  readonly proxies: AccessContext['proxies']
  readonly onError: (error: unknown) => void
}
/** A request on its way. */
export interface Followed {
  readonly request: GateRequest | undefined
  readonly demand: Demand
  readonly access: Access | undefined
  /** Whose credential it brings, once that is known. */
  readonly auth: Auth | undefined
}
/** What the corridor tells of each request. */
export interface Trail {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /** A request has come; or an earlier guard has begun with it, and left a note. */
  follow(request: GateRequest, earlier: AuditNote | undefined): Access
  /** Somebody called without a request, from an address. */
  begin(address: string | undefined): Access
  /** It was decided; where that must be on durable storage before anything else happens and cannot be, something else is. */
  settle<D extends Decision>(
    followed: Followed,
    decided: MaybePromise<D>,
    unrecorded: () => D,
  ): MaybePromise<D>
  readonly journal: KeyJournal
  close(): Promise<void>
}
export declare function createTrail(context: TrailContext): Trail

// src/record/verify.d.ts
import type { Clock } from '../lib/clock.js'
import { type TrailReport } from './report.js'
import type { TrailLine } from './sink.js'
/** For how long records are kept: six years and a day more for each leap year there can be. */
export declare const RETENTION_DAYS = 2192
export interface VerifyOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. */
  readonly publicKeys?: readonly string[]
  /** How old a chain must be for its beginning to be pruned. Default 2,192 days. */
  readonly retentionDays?: number
  readonly clock?: Clock
}
/**
 * Reads a whole trail and holds each record to its chain. It goes on after what is wrong.
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 */
export declare function verifyTrail(
  lines: AsyncIterable<TrailLine> | Iterable<TrailLine>,
  options?: VerifyOptions,
): Promise<TrailReport>

// src/respond/error-formats.d.ts
import type { Reason } from '../terms/denial.js'
/** What a format may tell of a refusal. */
export interface ErrorContext {
  readonly status: number
  /** The true reason. Telling it apart for unknown, revoked and expired keys helps whoever tries keys. */
  readonly reason: Reason
  /** The public code: the same for all credentials that do not work. */
  readonly code: string
  readonly message: string
  readonly requestId: string
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
/** Words by reason, or by status for all reasons that have it; the reason's come first. */
export type ErrorVocabulary = Readonly<
  Partial<
    Record<Reason | 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 429 | 503, ErrorWords>
  >
>
export interface ProblemOptions {
  /** The start of each problem type's address; the code is added to it. Default: `about:blank` alone. */
  readonly typeBase?: string
}
export interface EnvelopeOptions {
  readonly words?: ErrorVocabulary
  /** Goes into each answer as `docsUrl`. */
  readonly docsUrl?: string
}
/** RFC 9457 problem details, with `code` and `requestId` as extensions: the default. @throws {MisuseError} */
export declare function problemDetails(options?: ProblemOptions): ErrorFormat
/** `{"error": {"code", "message", "requestId", "docsUrl"?}}` @throws {MisuseError} */
export declare function nestedErrors(options?: EnvelopeOptions): ErrorFormat
/** `{"error": code, "message", "docsUrl"?}` @throws {MisuseError} */
export declare function flatErrors(options?: EnvelopeOptions): ErrorFormat

// src/respond/rate-fields.d.ts
import type { Charge } from '../limits/charge.js'
import type { Headers } from '../terms/headers.js'
/**
 * `'x-ratelimit'`: `X-RateLimit-Limit`, `-Remaining` and `-Reset`. `'ratelimit'`: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10.
 */
export type RateFields = 'x-ratelimit' | 'ratelimit'
/** What an answer tells of the limits of whoever asked. */
export declare function rateFields(
  charge: Charge | undefined,
  kinds: readonly RateFields[],
): Headers

// src/terms/argument.d.ts
/** For adapters: what their functions are given first must be a gate. @throws {MisuseError} `invalid_option` */
export declare function checkGate(gate: unknown, where: string): void

// src/terms/auth.d.ts
import type { Headers } from './headers.js'
/** What is known of every caller. */
interface Caller<S extends string> {
  /** The organization that it acts for. */
  readonly ownerId: string
  readonly environment: string
  readonly scopes: readonly S[]
  /** The tenants that it may act for. */
  readonly tenantIds: readonly string[]
  /** The resources that it is held to, such as `records/rec_1` or `records/*`. Absent: it is not held to any. */
  readonly resources?: readonly string[]
  /** The plan whose limits hold for it: its own, or the default; absent where it has neither. */
  readonly plan?: string
  /** Its own limit, in the place of the first quota of the plan. */
  readonly limit?: number
  /** What the app stored with the key, or said of the token's caller: JSON values. */
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
 * Who the caller is, once verified: what `authOf(req)` returns. Frozen, and shared by all requests
 * of the same key or token.
 */
export type Auth<S extends string = string> = KeyAuth<S> | TokenAuth<S>
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
}
export {}

// src/terms/catalogue.d.ts
/** Every scope the API knows, each with its level. */
export interface Catalogue {
  readonly levels: ReadonlyMap<string, number>
  /** @throws {MisuseError} `unknown_scope` naming the nearest scope. */
  check(scopes: readonly string[], where: string): void
}
export declare function createCatalogue(levels: ReadonlyMap<string, number>): Catalogue
/** What may stand in a challenge: RFC 6750 section 3. */
export declare const SCOPE: RegExp
/** Knows no scope, and takes every one that could be. */
export declare function createOpenCatalogue(): Catalogue

// src/terms/credential.d.ts
/** What the caller presented. It is a secret: it never goes into an error, a log or a record. */
export interface Credential {
  readonly value: string
  /** Where it stood: `Authorization: Bearer`, or the API's own header. */
  readonly from: 'bearer' | 'header'
}

// src/terms/decision.d.ts
import type { Auth } from './auth.js'
import type { Reason } from './denial.js'
import type { Headers } from './headers.js'
import type { MaybePromise } from '../lib/maybe.js'
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
}
/** Let in. */
export interface Grant<S extends string = string> {
  readonly allowed: true
  readonly auth: Auth<S>
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
/** Turned away, with the whole answer. It is made when it is first read: a flood of refusals costs little. */
export interface Denial extends Answer {
  readonly allowed: false
  /** The true reason, for logs; the answer may be vaguer. */
  readonly reason: Reason
  /** What the caller may know of it: one code for all credentials that do not work. */
  readonly code: string
  readonly requestId: string
  readonly body: string
}
export type Decision<S extends string = string> = Grant<S> | Denial

// src/terms/demand.d.ts
import type { Catalogue } from './catalogue.js'
import { type PhiAction } from './phi.js'
import type { Policy } from './policy.js'
import { type ReadValue, type RequestValue } from './request-value.js'
/**
 * `'best-effort'`: recorded beside the request. `'required'`: on durable storage before the handler runs, or the request is
 * refused with 503.
 */
export type AuditMode = 'best-effort' | 'required'
/** What a route touches of protected health information. */
export interface PhiDemand {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** The parameter of the route that says of which record: `'id'` for `/patients/:id`. */
  readonly param?: string
}
/** What a route touches. */
export interface ResourceDemand<R = never> {
  /** 1 to 64 letters, digits, `_` and `-`, a letter first. */
  readonly type: string
  /** Where its id stands. Absent: the route touches all of the type, as a list does. */
  readonly id?: RequestValue<R>
}
/**
 * What one route asks of its caller. `R` is what functions in it are given: the framework's own request, or a `GateRequest` in `gate.check`; `never`
 * is any.
 */
export interface Demand<S extends string = string, R = never> {
  /** Scopes that the caller must hold, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /**
   * How much of the caller's limits the request takes: a whole number; 0 takes nothing and always passes. Where several guards look at a
   * request, it costs as much as the highest of them asks for. Default 1.
   */
  readonly cost?: number
  /** What the route touches, for callers that are held to single resources. Default: it does not say, and is closed to them. */
  readonly resource?: ResourceDemand<R>
  /** Where the request names the tenant whose data it touches: one that the caller may act for. Default: of none. */
  readonly tenant?: RequestValue<R>
  /** Rules of the app for this route; they come last. Default: none. */
  readonly policies?: readonly Policy[]
  /** What it touches of health information. It is recorded, and by default the record is `'required'`. */
  readonly phi?: PhiDemand
  /** Default: `'required'` with `phi`, and else the `mode` of the gate's audit trail. */
  readonly audit?: AuditMode
}
/** What a route touches, ready to be looked up. */
export interface AskedResource {
  readonly type: string
  readonly readId: ReadValue | undefined
}
/** A demand that need not be checked again. */
export declare class CheckedDemand<S extends string = string> {
  readonly scopes: readonly S[]
  readonly cost: number
  readonly policies: readonly Policy[]
  readonly touches: AskedResource | undefined
  readonly readTenant: ReadValue | undefined
  readonly phi?: PhiDemand
  readonly audit?: AuditMode
  /** @throws {MisuseError} `invalid_option` */
  constructor({ scopes, cost, policies, resource, tenant, phi, audit }: Demand<S>)
  /** Whether it asks more than who the caller is. */
  get asksForRights(): boolean
}
/**
 * Checks a demand once; `smallest` is the limit that no cost may be above, and `audited` whether there is an audit trail.
 * @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope`
 */
export declare function createDemandReader<S extends string>(
  catalogue: Catalogue,
  smallest: number,
  audited?: boolean,
): (demand?: Demand<S>) => CheckedDemand<S>

// src/terms/denial.d.ts
import type { Auth } from './auth.js'
/** Why a request was refused: the closed list. `respond/reasons.ts` says what each means on the wire. */
export type Reason =
  | 'missing_credentials'
  | 'multiple_credentials'
  | 'malformed_request'
  | 'unknown_key'
  | 'key_expired'
  | 'key_revoked'
  | 'key_disabled'
  | 'wrong_environment'
  | 'token_malformed'
  | 'token_expired'
  | 'token_invalid'
  | 'token_revoked'
  | 'insufficient_scope'
  | 'https_required'
  | 'address_not_allowed'
  | 'resource_not_allowed'
  | 'tenant_mismatch'
  | 'policy_denied'
  | 'plan_without_access'
  | 'quota_exceeded'
  | 'credits_exhausted'
  | 'burst_exceeded'
  | 'concurrency_exceeded'
  | 'too_many_failures'
  | 'limiter_unavailable'
  | 'audit_unavailable'
  | 'store_unavailable'
  | 'issuer_unavailable'
  | 'policy_unavailable'
  | 'invalid_input'
  | 'scope_not_grantable'
  | 'not_found'
  | 'method_not_allowed'
  | 'key_conflict'
  | 'idempotency_key_reused'
  | 'unsupported_media_type'
  | 'body_too_large'
/** What a refusal may say beside its reason. */
export interface RefusalDetails {
  /** The scopes that the route demands, for the challenge. */
  readonly scopes?: readonly string[]
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
}
/** A rule's no: a value, never thrown. A class, so that nothing a client sends can pass for one. */
export declare class Refusal {
  readonly reason: Reason
  readonly details: RefusalDetails
  constructor(reason: Reason, details?: RefusalDetails)
}
export declare function isRefusal(value: object): value is Refusal

// src/terms/denied-error.d.ts
import type { Denial } from './decision.js'
/**
 * A denial on its way to the framework's error handling, with `deny: 'next'`. Its `status`, `headers` and `expose` are
 * what Express, Koa and http-errors look for.
 */
export declare class DeniedError extends Error {
  readonly name = 'DeniedError'
  /** The whole answer that would have been given. */
  readonly denial: Denial
  readonly status: number
  readonly statusCode: number
  readonly headers: Denial['headers']
  readonly expose = true
  constructor(denial: Denial)
}

// src/terms/granted.d.ts
import type { Auth } from './auth.js'
import type { AuditNote } from './decision.js'
import { GRANT, type NodeMessage } from './message.js'
/** For adapters: whose request this is. `where` names the call. @throws {MisuseError} `not_guarded` where no guard let it in. */
export declare function authIn(message: Pick<NodeMessage, typeof GRANT>, where: string): Auth
/** For adapters: what a handler adds to the record of its request. @throws {MisuseError} `not_guarded` where no guard let it in. */
export declare function auditIn(message: Pick<NodeMessage, typeof GRANT>, where: string): AuditNote
/** For adapters: the tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export declare function tenantIn(message: Pick<NodeMessage, typeof GRANT>, where: string): string

// src/terms/guesser.d.ts
import type { Refusal } from './denial.js'
/** Who presents a credential that may be a guess. */
export interface Guesser {
  /** Asked before such a credential is looked up: a refusal, and nobody else is asked. */
  refuseGuess(): Refusal | undefined
  /** It was one. */
  chargeGuess(): void
}

// src/terms/headers.d.ts
/** Header names (lower case) and values. */
export type Headers = Readonly<Record<string, string>>

// src/terms/message.d.ts
import type { Grant } from './decision.js'
import type { FrameworkRequest, GateRequest, NodeResponse } from './request.js'
/** Where a request carries its grant, for guards after the first: `req.auth` is claimed by other libraries too. */
export declare const GRANT: unique symbol
/** What is used of Node's IncomingMessage. */
export interface NodeMessage {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
  readonly socket: {
    readonly remoteAddress?: string | undefined
    readonly encrypted?: boolean
    getProtocol?(): string | null
    readonly server?: {
      readonly maxHeadersCount?: number | null
    } | null
  }
  [GRANT]?: Grant
}
/**
 * A request of `node:http` as a gate sees it. `url` is as the client sent it, where a router has cut the message's own. With the response, the gate
 * knows when the request is over, and how it was answered.
 */
export declare function gateRequestOf(
  message: NodeMessage,
  url?: string,
  response?: NodeResponse,
  framework?: FrameworkRequest,
): GateRequest

// src/terms/misuse.d.ts
/** What an app can get wrong; each has a section in docs/misuse.md. */
export type MisuseCode =
  | 'unknown_option'
  | 'invalid_option'
  | 'unknown_scope'
  | 'unknown_environment'
  | 'unknown_plan'
  | 'unknown_reason'
  | 'invalid_key_input'
  | 'not_guarded'
  | 'not_supported'
/** The app's own mistake, told as early as it can be known. The message says what to write instead. */
export declare class MisuseError extends TypeError {
  readonly name = 'MisuseError'
  readonly code: MisuseCode
  constructor(code: MisuseCode, message: string)
}

// src/terms/outages.d.ts
/**
 * What is published on the channel `sallyport:outages` of `node:diagnostics_channel`: once when an outage begins, with the `error` that it began
 * with, and once when it is over.
 */
export interface Outage {
  /**
   * `'key_store'`: it failed, or did not answer within 250 ms. `'key_changes'`: changes of keys are not heard, and each key is read anew.
   * `'limit_store'`: `limits.onStoreError` says what becomes of requests. `'token_revocations'`, `'replay_store'`: it failed, or did not answer within
   * 50 ms. `'issuer'`: its keys, or what it says of tokens, cannot be had.
   */
  readonly part:
    'key_store' | 'key_changes' | 'limit_store' | 'token_revocations' | 'replay_store' | 'issuer'
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

// src/terms/phi.d.ts
/** What is done with health information, in the words of REST; a search is over many records. */
export declare const PHI_ACTIONS: readonly ['create', 'read', 'update', 'delete', 'search']
export type PhiAction = (typeof PHI_ACTIONS)[number]
/** Protected health information that a request touches. */
export interface PhiAccess {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** Of which records: at most 1,000, of 1 to 128 characters each. */
  readonly ids?: readonly string[]
}

// src/terms/policy.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { Auth } from './auth.js'
import type { GateRequest } from './request.js'
/** What a policy is told. */
export interface PolicyVisit {
  readonly auth: Auth
  /** Absent in `gate.verify`. */
  readonly request: GateRequest | undefined
  /** The tenant that a guard has verified. */
  readonly tenantId: string | undefined
  /** The client's, as far as it is known. */
  readonly address: string | undefined
}
/**
 * `true` lets in. `false` is `policy_denied`, 403; an object is the same with another status, from 400 to 499 other than 401 and 407, or with a message
 * of its own. Anything else is an outage.
 */
export type PolicyVerdict =
  | boolean
  | {
      readonly status?: number
      readonly message?: string
    }
/** A rule that the app brings along. It has 250 ms. */
export type Policy = (visit: PolicyVisit) => MaybePromise<PolicyVerdict>

// src/terms/request-value.d.ts
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
export type ReadValue = (request: GateRequest) => unknown
/** @throws {MisuseError} for what names no place, or several. */
export declare function readerOf(source: RequestValue, where: string): ReadValue

// src/terms/request.d.ts
import type { Grant } from './decision.js'
/** The other end of the connection: the client itself, or the last proxy before us. */
export interface Peer {
  /** IP address as the socket has it; absent for a Unix socket or a closed connection. */
  readonly address?: string | undefined
  /** Whether this very connection is TLS. */
  readonly encrypted: boolean
  /** As Node names it (`'TLSv1.2'`, `'TLSv1.3'`); absent where the socket does not tell. */
  readonly tlsVersion?: string | undefined
}
/** What is used of Node's ServerResponse, and of its Http2ServerResponse, where the stream below it knows more. */
export interface NodeResponse {
  readonly statusCode: number
  readonly writableFinished: boolean
  /** Whether `close` was emitted. */
  readonly closed?: boolean
  readonly stream?:
    | {
        readonly closed?: boolean
        readonly aborted?: boolean
      }
    | undefined
  once(event: 'close', listener: () => void): unknown
}
/** Whether `close` was emitted: whoever listens for it now waits for ever. */
export declare function isClosed({ closed, stream }: NodeResponse): boolean
/** Whether the whole answer was handed on. A stream of HTTP/2 is finished when its client gives it up, too. */
export declare function isFinished({ writableFinished, stream }: NodeResponse): boolean
/** What a framework knows of a request. */
export interface FrameworkRequest {
  /** Its own request, which functions in demands are given. */
  readonly native: unknown
  /** The pattern of its path, such as `/patients/:id`. */
  route?(): string | undefined
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
  readonly peer: Peer
  /**
   * How many header lines the server takes at most; it may have dropped others without a word. `Infinity`: it takes
   * all. Default 1,000, as in Node.
   */
  readonly maxHeaderLines?: number | undefined
  /** What a framework knows of the request beyond this, for demands that ask for it. */
  readonly framework?: FrameworkRequest | undefined
  /** What an earlier guard on this request decided; it is then not decided, counted or recorded again. */
  readonly grant?: Grant | undefined
  /** Where its answer goes. Absent: it is recorded when it is decided, with the status of the decision, and nobody knows when it is over, but for whoever calls `end` of its grant. */
  readonly response?: NodeResponse | undefined
}
/** The values of one header, one for each line that has this name. `name` is in lower case. */
export declare function fieldLines(request: GateRequest, name: string): string[]
/** The path of a request target, which a client may also send with scheme and host (RFC 9112 section 3.2). */
export declare function pathOf(url: string): string
/** The pattern of its path, where the framework tells. One that fails at it does not tell: no request and no record is lost for its name. */
export declare function routeOf({ framework }: GateRequest): string | undefined
/** The query of a request target, without its question mark. */
export declare function queryOf(url: string): string
/** Header names compare without case (RFC 9110 section 5.1); most differ in length already. */
export declare function isField(name: string | undefined, lowerCase: string): boolean

// src/testing/audit-sink.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { AuditSink } from '../record/sink.js'
import { type TestCase } from './suite.js'
/**
 * What every AuditSink must do. `open` gives a sink, or two handles on one trail, as two instances of an API have them. What it keeps is looked at
 * where it is a TrailReader as well; the cases of the optional `rest` ask nothing of one without it. `broken` gives a sink that cannot
 * write, for the case of a write that fails: without it, there is none. Whoever opens a sink closes it.
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
/** @param start Default 2030-01-01T00:00:00Z. */
export declare function createTestClock(start?: Date): TestClock

// src/testing/index.d.ts
export { auditSinkCases } from './audit-sink.js'
export { createTestClock, type TestClock } from './clock.js'
export { keyStoreCases } from './key-store.js'
export { limitStoreCases } from './limit-store.js'
export { replayStoreCases } from './replay-store.js'
export { tokenRevocationsCases } from './token-revocations.js'
export type { TestCase } from './suite.js'

// src/testing/key-store.d.ts
import type { KeyStore } from '../keys/store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { type TestCase } from './suite.js'
/**
 * What every KeyStore must do. `open` gives an empty store, or one in which the keys of these cases are new; or two handles on one, as two
 * instances of an API have them: what one writes, the other must read. Cases about what a store may leave out (`insertAll`, `updateAll`,
 * `usageOf`, `changes`) ask nothing of one that does. Whoever opens a store closes it.
 */
export declare function keyStoreCases(
  open: () => MaybePromise<KeyStore | readonly [KeyStore, KeyStore]>,
): readonly TestCase[]

// src/testing/limit-store.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { LimitStore } from '../limits/store.js'
import { type TestCase } from './suite.js'
/**
 * What every LimitStore must do. `open` gives a store, or two handles on one, as two instances of an API have them. A store that has no clock of
 * its own is told the time of this machine, and some cases wait for it. The cases of
 * the optional `release` ask nothing of a store without one. Whoever opens a store closes it.
 */
export declare function limitStoreCases(
  open: () => MaybePromise<LimitStore | readonly [LimitStore, LimitStore]>,
): readonly TestCase[]

// src/testing/replay-store.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { ReplayStore } from '../tokens/replay-store.js'
import { type TestCase } from './suite.js'
/**
 * What every ReplayStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; some cases wait for the clock.
 * `broken` gives a store that is away, or full, for the case of a call that fails: without it, there is none. Whoever opens a store closes it.
 */
export declare function replayStoreCases(
  open: () => MaybePromise<ReplayStore | readonly [ReplayStore, ReplayStore]>,
  broken?: () => MaybePromise<ReplayStore>,
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

// src/testing/token-revocations.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import type { TokenRevocations } from '../tokens/revocations.js'
import { type TestCase } from './suite.js'
/**
 * What every TokenRevocations must do. `open` gives a store, or two handles on one, as two instances of an API have them; some cases wait for the
 * clock. `broken` gives a store that is away, or full, for the case of a call that fails: without it, there is none. Whoever opens a store closes it.
 */
export declare function tokenRevocationsCases(
  open: () => MaybePromise<TokenRevocations | readonly [TokenRevocations, TokenRevocations]>,
  broken?: () => MaybePromise<TokenRevocations>,
): readonly TestCase[]

// src/tokens/algorithms.d.ts
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
export {}

// src/tokens/bounded.d.ts
import { type MaybePromise } from '../lib/maybe.js'
/** The store of revocations or of used assertions failed, or did not answer within 50 ms. `cause` has what it threw. */
export declare class TokenStoreError extends Error {
  readonly name = 'TokenStoreError'
}
/** Makes a call of a store. @throws {TokenStoreError} */
export type BoundedCall = <T>(call: () => MaybePromise<T>) => MaybePromise<T>
/** Calls of one store, each of which has its time; and its outages are told. */
export declare function createBounded(
  part: 'token_revocations' | 'replay_store',
  what: string,
  store: unknown,
): BoundedCall

// src/tokens/claims.d.ts
import { Refusal } from '../terms/denial.js'
import type { JsonObject } from './strict-json.js'
export declare const MAX_AUDIENCES = 16
export declare const MAX_SCOPES = 64
export declare const MAX_SCOPE = 128
/** `'rfc9068'`: a JWT access token as RFC 9068 has it. `'any'`: any JWT that is meant for this API. */
export type TokenProfile = 'rfc9068' | 'any'
/** What one issuer's tokens must say. */
export interface ClaimRules {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly profile: TokenProfile
  /** How far clocks may be apart. */
  readonly toleranceMs: number
  readonly maxLifetimeMs: number
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
export declare function requiredClaims(profile: TokenProfile): string[]
export declare function isTyped(typ: string | undefined, profile: TokenProfile): boolean
/**
 * Reads the claims of a token whose signature is good, and refuses what is not exactly of the type and within the bounds that RFC 7519 section 4.1
 * and RFC 9068 section 2.2 give it. `now` is in milliseconds.
 */
export declare function readClaims(
  claims: JsonObject,
  rules: ClaimRules,
  now: number,
): TokenClaims | Refusal

// src/tokens/exchange.d.ts
import type { Clock } from '../lib/clock.js'
import type { Auth } from '../terms/auth.js'
import { Refusal } from '../terms/denial.js'
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
/** Whether this is how a gate names its tokens. */
export declare function isTokenId(text: string): boolean
/** The holder of what was presented: a token passes on what it has itself. */
export declare function holderOf(auth: Auth): Holder
/**
 * Makes JWT access tokens as RFC 9068 has them: never with a scope that its holder lacks (`insufficient_scope`), never beyond its end.
 */
export declare function createIssuance(
  context: IssueContext,
): (holder: Holder, wish: TokenWish) => Promise<IssuedToken | Refusal>

// src/tokens/fetch-json.d.ts
import { type JsonObject } from './strict-json.js'
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
export declare class StatusError extends Error {
  readonly name = 'StatusError'
  readonly status: number
  constructor(status: number)
}
/**
 * Fetches a JSON object over HTTPS: at most 512 KiB within 3 seconds unless said otherwise, without redirects, from an address that may be connected to. It is the address
 * of the connection that is checked, so that a name cannot point elsewhere in between.
 */
export declare function fetchJson(
  url: URL,
  allows: AddressCheck,
  { form, limitMs, maxBytes }?: FetchOptions,
): Promise<JsonObject>
/** The address that stands in the URL itself, in the way that a URL is understood: `0x7f.1` is 127.0.0.1. */
export declare function addressIn({ hostname }: URL): string | undefined
export {}

// src/tokens/issuers.d.ts
import { type Duration } from '../lib/duration.js'
import { type Algorithm } from './algorithms.js'
import type { ClaimRules, TokenProfile } from './claims.js'
import { type AddressCheck } from './fetch-json.js'
import { type KeySet } from './key-set.js'
import { type KeySource } from './key-source.js'
import type { JsonObject } from './strict-json.js'
/** An issuer as the option says it, with every default. */
export interface IssuerDescription {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly algorithms: readonly Algorithm[]
  readonly profile: TokenProfile
  readonly clockTolerance: Duration
  readonly maxLifetime: Duration
  readonly jwksUri?: string | undefined
  readonly jwks?: JsonObject | undefined
  readonly publicKey?: string | undefined
  readonly secret?: string | Uint8Array | undefined
  readonly allowPrivateAddresses: boolean
}
/** Whose tokens are taken, and by which rules. */
export interface Issuer extends ClaimRules {
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeySource
}
export interface IssuerContext {
  /** Whether an address is one of the public Internet. */
  readonly isPublic: AddressCheck
  readonly onError: (error: unknown) => void
}
/** Something of an issuer could not be had, or is nothing that may be trusted: its keys, of which the last good ones count for an hour, or what it says of a token. */
export declare class IssuerError extends Error {
  readonly name = 'IssuerError'
  /** As the option has it. */
  readonly issuer: string
  constructor(what: string, issuer: string, cause: unknown)
}
/** @throws {KeySetError} for inline keys that no token may be checked with. */
export declare function createIssuer(description: IssuerDescription, context: IssuerContext): Issuer
/** Keys that are given with the option; `undefined` where they are to be asked for. @throws {KeySetError} */
export declare function inlineKeys(
  description: Pick<IssuerDescription, 'algorithms' | 'jwks' | 'publicKey' | 'secret'>,
): KeySet | undefined
/** Whether these algorithms are all for a secret, or all for public keys; `undefined`: some of each. */
export declare function secrecyOf(algorithms: readonly Algorithm[]): boolean | undefined

// src/tokens/key-set.d.ts
import { type JWTVerifyGetKey } from 'jose'
import { type Algorithm } from './algorithms.js'
import type { TokenHeader } from './shape.js'
import { type JsonObject } from './strict-json.js'
export declare const MAX_KEYS = 64
/** Keys that tokens are checked with; another object when they are others. */
export interface KeySet {
  /** Whether a token with this header can be checked at all. */
  knows(header: TokenHeader): boolean
  readonly getKey: JWTVerifyGetKey
  /** How many keys it has. */
  readonly size: number
  /** The same for sets of the same keys. */
  readonly name: string
}
/** A set that nobody should trust; the message begins with what is wrong, and never has a key in it. */
export declare class KeySetError extends Error {
  readonly name = 'KeySetError'
}
/**
 * The keys of a JWK Set (RFC 7517 section 5) that tokens may be checked with, each pinned to one algorithm (RFC 8725 section 3.1). A key that is for
 * something else, or is not understood, is left out.
 * @throws {KeySetError} for what is no JWK Set, and for one with a secret in it: who publishes that has lost it.
 */
export declare function createKeySet(document: JsonObject, algorithms: readonly Algorithm[]): KeySet
/** One secret, for one algorithm. A token may say what it likes about which key that is. */
export declare function createSecretKeySet(secret: Uint8Array): KeySet

// src/tokens/key-source.d.ts
import type { MaybePromise } from '../lib/maybe.js'
import { Refusal } from '../terms/denial.js'
import type { KeySet } from './key-set.js'
import type { TokenHeader } from './shape.js'
/** Where the keys of an issuer come from. */
export interface KeySource {
  /** The keys that count at this moment; `undefined` where there are none. Asks nobody to wait. */
  current(): KeySet | undefined
  /** The keys that a token with this header is to be checked with, or why there are none. */
  find(header: TokenHeader): MaybePromise<KeySet | Refusal>
}
export declare const UNKNOWN_KEY: Refusal
export declare function createFixedKeySource(set: KeySet): KeySource
/**
 * Keys that somebody else publishes. They are asked for once however many wait for them, again when a token names one that is not among them, and
 * beside the requests when they have grown old. While asking fails, the last good ones count.
 */
export declare function createRemoteKeySource(
  load: () => Promise<KeySet>,
  onError: (error: unknown) => void,
): KeySource

// src/tokens/own-issuer.d.ts
import type { JWK } from 'jose'
import type { Clock } from '../lib/clock.js'
import { type Duration } from '../lib/duration.js'
import { type MaybePromise } from '../lib/maybe.js'
import { type Identity } from '../terms/auth.js'
import { Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import { type Holder, type IssuedToken, type TokenWish } from './exchange.js'
import type { Issuer } from './issuers.js'
import type { ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import { type FindServiceAccount, type ServiceAccount } from './service-accounts.js'
import { type SigningKeys } from './signing-keys.js'
import { type VerifiedToken } from './verify.js'
/** No token of a gate lives longer, whatever its options say. */
export declare const MAX_LIFETIME_MS = 86400000
/** How a gate issues tokens, as its options say it, with every default. */
export interface OwnIssuerDescription {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly lifetime: Duration
  readonly signingKeys: readonly (JWK | string)[]
  /** All that the gate serves, its first one first. */
  readonly environments: readonly string[]
  readonly serviceAccounts: readonly ServiceAccount[] | FindServiceAccount
  readonly revocations: TokenRevocations
  readonly replayStore: ReplayStore
}
export interface OwnIssuerContext {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/** A service account, in an environment that the gate serves. */
export type KnownAccount = ServiceAccount & {
  readonly environment: string
}
/** A gate as the issuer of tokens. What it cannot find out is `store_unavailable`, and told to `onError`. */
export interface OwnIssuer {
  /** By which rules its tokens are verified: those of any other issuer. */
  readonly rules: Issuer
  /** What a token of this gate says, whether or not it was revoked. */
  verify(token: string): MaybePromise<VerifiedToken | Refusal>
  issue(holder: Holder, wish: TokenWish): Promise<IssuedToken | Refusal>
  jwks(): Promise<SigningKeys['jwks']>
  /** The service account that has signed this; `unknown_key` where there is none. One that has signed well before is no guess. */
  accountOf(assertion: string, guesser: Guesser): Promise<KnownAccount | Refusal>
  /** The account as a caller, before it has a token. */
  identityOf(account: KnownAccount): Identity
  accountById(id: string): MaybePromise<KnownAccount | Refusal | undefined>
  isRevoked(tokenId: string): MaybePromise<boolean | Refusal>
  /** Ends a token that would live until then, in milliseconds; without it, as long as any. @throws {TokenStoreError} */
  revoke(tokenId: string, expiresAt?: number): Promise<void>
}
export declare function createOwnIssuer(
  description: OwnIssuerDescription,
  { clock, onError }: OwnIssuerContext,
): OwnIssuer

// src/tokens/replay-store.d.ts
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
/** What was used once, and must not be used again. What it throws, and an answer that takes longer than 50 ms, is an outage (503). */
export interface ReplayStore {
  /**
   * Keeps an id until an instant, in milliseconds since the epoch; false where it is kept already. Of any number of calls at the same time, in all
   * processes, one is answered with true.
   */
  addIfAbsent(id: string, until: number): MaybePromise<boolean>
}
/** Keeps at most 100,000 ids, for this process alone. When it is full, it takes no more rather than forget one. */
export declare function createMemoryReplayStore(clock?: Clock): ReplayStore

// src/tokens/revocations.d.ts
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
/**
 * Which tokens were ended before their time. Every method may answer at once or with a promise. What it throws, and an answer that takes longer than
 * 50 ms, is an outage (503), and never "not revoked".
 */
export interface TokenRevocations {
  /** Keeps an id until an instant, in milliseconds since the epoch. Again is harmless. */
  add(tokenId: string, until: number): MaybePromise<void>
  has(tokenId: string): MaybePromise<boolean>
}
/** Keeps at most 100,000 ids, for this process alone. When it is full, it takes no more rather than forget one. */
export declare function createMemoryRevocations(clock?: Clock): TokenRevocations

// src/tokens/service-accounts.d.ts
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import type { MaybePromise } from '../lib/maybe.js'
import { type KeySet } from './key-set.js'
/** A program with keys of its own. It signs an assertion (RFC 7523) with one of them, and gets a token for that. */
export interface ServiceAccount {
  /** `iss` and `sub` of its assertions: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`; not like the id of a key. */
  readonly id: string
  readonly ownerId: string
  /** Its public keys. Any of RS, PS, ES and EdDSA. */
  readonly jwks: JSONWebKeySet
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
/** Finds a service account by its id. Asked for each assertion, and for each use of a token. What it throws is an outage (503). */
export type FindServiceAccount = (id: string) => MaybePromise<ServiceAccount | undefined>
export declare const serviceAccount: z.ZodObject<
  {
    id: z.ZodString
    ownerId: z.ZodString
    jwks: z.ZodCustom<JSONWebKeySet, JSONWebKeySet>
    scopes: z.ZodArray<z.ZodString>
    tenantIds: z.ZodOptional<z.ZodArray<z.ZodString>>
    environment: z.ZodOptional<z.ZodString>
    plan: z.ZodOptional<z.ZodString>
    metadata: z.ZodOptional<z.ZodCustom<Record<string, unknown>, Record<string, unknown>>>
  },
  z.core.$strict
>
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

// src/tokens/shape.d.ts
import { type JsonObject } from './strict-json.js'
/** In bytes. It leaves room for less than 6,144 bytes of claims. */
export declare const MAX_TOKEN = 8192
export declare const MAX_ID = 256
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
 * that no second text is the same token; a header and claims that are read alike by everybody. `undefined` for anything else. Keys that a
 * header brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 */
export declare function readShape(token: string): TokenShape | undefined

// src/tokens/signing-keys.d.ts
import { type KeyObject } from 'node:crypto'
import { type JWK } from 'jose'
import { type KeySet } from './key-set.js'
import { type KeySource } from './key-source.js'
/** How a gate signs: one of these, by the type of its key. */
export type SigningAlgorithm = 'RS256' | 'ES256' | 'EdDSA'
export declare const SIGNING_ALGORITHMS: readonly SigningAlgorithm[]
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
/** Makes the keys ready when they are first needed. */
export type LoadSigningKeys = () => Promise<SigningKeys>
/** What is wrong with keys to sign with; `undefined`: nothing. Never with a part of a key. */
export declare function complaintAboutSigningKeys(
  given: readonly (JWK | string)[],
): string | undefined
/**
 * The keys of a gate: the first signs, all verify and are published. Without any, one is made for the life of this process, with a warning.
 * They were looked at by `complaintAboutSigningKeys`.
 */
export declare function createSigningKeys(given: readonly (JWK | string)[]): LoadSigningKeys
/** The same keys, for those who verify. */
export declare function createOwnKeySource(load: LoadSigningKeys): KeySource

// src/tokens/strict-json.d.ts
/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>
export declare const MAX_JSON_DEPTH = 16
/**
 * The object that these bytes are as JSON, read in the one way that all readers agree on: UTF-8 without a byte order mark, nothing around it, no name
 * twice in one object, at most 16 objects and lists in each other. `undefined` for anything else.
 */
export declare function readStrictJson(bytes: Uint8Array): JsonObject | undefined
export declare function isJsonObject(value: unknown): value is JsonObject

// src/tokens/verified.d.ts
import { type MaybePromise } from '../lib/maybe.js'
import { type Refusal } from '../terms/denial.js'
import type { VerifiedToken } from './verify.js'
/** Tokens that were verified a short while ago. */
export interface TokenCache<T> {
  /** Answers at once for a token that is remembered; asks nobody for anything. */
  recall(token: string): T | Refusal | undefined
  /** Finds out what a token stands for, and remembers it. */
  find(token: string): MaybePromise<T | Refusal>
  /** Whether a token was good before, whatever has become of it since. Absent where none can be guessed. */
  knows?(token: string): boolean
}
/**
 * Remembers what good tokens stand for, under a digest of the whole token: no part of it that is not signed could be another's. Of a gate, whose rules do not
 * change. An entry counts while its issuer has the very keys that it was verified with, and for 5 minutes at most; whether the token has ended is
 * for the caller to ask each time.
 */
export declare function createTokenCache<T extends object>(
  verify: (token: string) => MaybePromise<VerifiedToken | Refusal>,
  prepare: (verified: VerifiedToken) => T | Refusal,
): TokenCache<T>

// src/tokens/verify.d.ts
import type { Clock } from '../lib/clock.js'
import { type MaybePromise } from '../lib/maybe.js'
import { Refusal } from '../terms/denial.js'
import { type TokenClaims } from './claims.js'
import type { Issuer } from './issuers.js'
import type { KeySet } from './key-set.js'
import { type TokenShape } from './shape.js'
/** A token that is what it says, and what this was found out with. */
export interface VerifiedToken {
  readonly token: TokenClaims
  readonly issuer: Issuer
  readonly keys: KeySet
}
export interface VerifyContext {
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}
/**
 * Verifies tokens: first how one is written, then whose it is, then its signature, then its claims. The issuer comes before its keys: a
 * key of one issuer never verifies a token of another (RFC 8725 section 3.8).
 */
export declare function createTokenVerifier(
  context: VerifyContext,
): (token: string) => MaybePromise<VerifiedToken | Refusal>
/** Checks the signature of a token, then its claims. */
export declare function proveToken(
  token: string,
  shape: TokenShape,
  rules: Omit<Issuer, 'keys'>,
  keys: KeySet,
  { clock, onError }: Pick<VerifyContext, 'clock' | 'onError'>,
): Promise<TokenClaims | Refusal>
