import type { PostgresPool } from './client.js'
import { MIGRATE } from './schema.js'

/** Without the limits of other statements: tables may be large, and another instance may be at it. */
export async function migratePool(pool: PostgresPool): Promise<void> {
  const client = await pool.connect()
  // The statement itself fails as well.
  const ignore = () => undefined
  client.on('error', ignore)
  try {
    await client.query(MIGRATE)
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  } finally {
    client.removeListener('error', ignore)
  }
}
