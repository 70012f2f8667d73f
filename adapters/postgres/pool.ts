import type { PostgresPool } from './client.js'
import { loadDriver } from './driver.js'
import { CONNECT_MS, SESSION_MS } from './limits.js'

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
export async function openPostgres(
  url: string,
  options: OpenPostgresOptions = {},
): Promise<OpenPostgres> {
  const { Pool } = await loadDriver()
  return new Pool({
    connectionString: url,
    max: options.max ?? 10,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: SESSION_MS,
    fallback_application_name: 'sallyport',
    keepAlive: true,
    allowExitOnIdle: true,
  })
}
