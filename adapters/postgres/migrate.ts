import { setTimeout as rest } from 'node:timers/promises'
import type { PooledClient, PostgresPool } from './client.js'

const PATIENCE_MS = 5_000
const REST_MS = 50

/** Without the limits of other statements: tables may be large, and another instance may be at it. */
export async function migratePool(pool: PostgresPool, statements: string): Promise<void> {
  const client = await connect(pool)
  // The statement itself fails as well.
  const ignore = () => undefined
  client.on('error', ignore)
  try {
    await client.query(statements)
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  } finally {
    client.removeListener('error', ignore)
  }
}

/** What a pool has for a connection is for requests: when many instances start at once, each is given more. */
async function connect(pool: PostgresPool): Promise<PooledClient> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await pool.connect()
    } catch (error) {
      const late = error instanceof Error && /timeout/.test(error.message)
      if (!late || performance.now() > end) throw error
      await rest(REST_MS)
    }
  }
}
