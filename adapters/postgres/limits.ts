import { StoreError } from '../../src/index.js'
import type { PostgresPool, Run } from './client.js'

/** For the wait for a connection, and for a statement once it has one; the gate itself waits no longer than this for both. */
export const LIMIT_MS = 250
/** For a new connection, which outlives the call that it was opened for: whoever comes next finds it. */
export const CONNECT_MS = 2_000

/**
 * Runs statements that end within a limit on the server too. With the default of 250 ms, a pool that was made with this limit needs one
 * round trip for each; any other needs three, for a transaction around it.
 */
export function createLimitedRun(pool: PostgresPool, limitMs = LIMIT_MS): Run {
  const limited = limitMs === LIMIT_MS && isWithin(pool.options.statement_timeout)
  // A connection on which not even the server's own limit is heard of is broken.
  const silentMs = 2 * limitMs
  // Listened for once, however many stores share the pool: Node warns of more than ten.
  pool.removeListener('error', replaced)
  pool.on('error', replaced)
  return async (text, values) => {
    const begun = performance.now()
    const client = await pool.connect()
    const leftMs = Math.floor(begun + limitMs - performance.now())
    let lent = true
    const release = (error?: Error) => {
      clearTimeout(timer)
      client.removeListener('error', release)
      if (lent) client.release(error)
      lent = false
    }
    const timer = setTimeout(release, silentMs, new Error('The connection is silent.'))
    client.on('error', release)
    if (leftMs < 1) {
      release()
      throw new StoreError(`No connection was free within ${String(limitMs)} ms.`)
    }
    try {
      if (!limited) await client.query(`BEGIN; SET LOCAL statement_timeout = ${String(leftMs)}`)
      const { rows } = await client.query(text, values)
      if (!limited) await client.query('COMMIT')
      release()
      return rows
    } catch (error) {
      const restored = limited ? Promise.resolve() : client.query('ROLLBACK')
      restored.then(() => {
        release()
      }, release)
      throw error
    }
  }
}

/** Whatever an idle connection dies of, the next statement gets another one; unheard, it would end the process. */
function replaced(): void {
  // Nothing is lost with it.
}

function isWithin(limitMs: number | false | undefined): boolean {
  return typeof limitMs === 'number' && limitMs > 0 && limitMs <= LIMIT_MS
}
