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

export function isEmbedded(client: PostgresPool | EmbeddedPostgres): client is EmbeddedPostgres {
  return 'exec' in client
}

export function embeddedRun(client: EmbeddedPostgres): Run {
  return async (text, values) => (await client.query(text, values)).rows
}
