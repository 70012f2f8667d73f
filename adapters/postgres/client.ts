import { hasMethods, MisuseError, StoreError } from '../../src/index.js'

/** What a call has in all; the gate itself waits no longer. */
export const LIMIT_MS = 250

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
export function isEmbedded(client: PostgresPool | EmbeddedPostgres): client is EmbeddedPostgres {
  if (hasMethods(client, 'exec', 'transaction')) return true
  // A `Client` has none.
  const options: unknown = hasMethods(client, 'connect') && Reflect.get(client, 'options')
  if (typeof options === 'object' && options !== null) return false
  throw new MisuseError(
    'invalid_option',
    'A store in PostgreSQL needs a Pool of pg, or PGlite; write createPostgresKeyStore(new Pool({ connectionString: process.env.DATABASE_URL }))',
  )
}

/**
 * PGlite runs one statement at a time, so a statement may have to wait for its turn. If its caller has given up by then, it is not run.
 */
export function embeddedRun(client: EmbeddedPostgres, limitMs = LIMIT_MS): Run {
  return async (text, values, begun = performance.now()) => {
    const end = begun + limitMs
    const rows = await client.transaction(async (transaction) => {
      if (performance.now() >= end) {
        throw new StoreError(`PGlite was not free within ${String(limitMs)} ms.`)
      }
      return (await transaction.query(text, values)).rows
    })
    return rows ?? []
  }
}
