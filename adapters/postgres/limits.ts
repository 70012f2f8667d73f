import * as v from 'valibot'
import { StoreError } from '../../src/index.js'
import { LIMIT_MS, type PooledClient, type PostgresPool, type Run } from './client.js'
import { ifUnderstood } from './read-answer.js'

/** What a session gives a statement by itself: with the wait for a connection and the way there and back, less than the call has. */
export const SESSION_MS = 200
/** For a new connection, which outlives the call that it was opened for: whoever comes next finds it. */
export const CONNECT_MS = 2_000
/** What is left of a call for the answer to a change: none is committed later than this before the call ends. */
const ANSWER_MS = 20

/** From this round trip on, a transaction has no time for its three. */
const FAR_MS = 60

export interface LimitedRunOptions {
  /** For a whole call. Default 250 ms. */
  readonly limitMs?: number
  /** What the statements do: an append that comes late is followed by a later word of the same. Default `'change'`. */
  readonly use?: 'read' | 'append' | 'change'
}

/** What the server said of a connection. */
interface Session {
  /** How long it lets a statement take by itself, in milliseconds; 0: for ever, or nobody can rely on it. */
  readonly limitMs: number
  readonly isFar: boolean
}

const sessions = new WeakMap<PooledClient, Session>()

/**
 * Runs statements that end within a limit on the server too. A change is a transaction that is committed in time or not at all: nothing is
 * changed after the caller was told that it failed. All else is one round trip where the session has a limit of its own that is short enough.
 */
export function createLimitedRun(pool: PostgresPool, options: LimitedRunOptions = {}): Run {
  const { limitMs = LIMIT_MS, use = 'change' } = options
  // A connection on which not even the server's own limit is heard of is broken.
  const silentMs = 2 * limitMs
  // Listened for once, however many stores share the pool: Node warns of more than ten.
  pool.removeListener('error', replaced)
  pool.on('error', replaced)

  function isLimited(session: Session | undefined, leftMs: number): boolean {
    if (session === undefined || session.limitMs === 0 || limitMs !== LIMIT_MS) return false
    if (use === 'read') return session.limitMs <= LIMIT_MS
    return session.limitMs <= leftMs && (use === 'append' || session.isFar)
  }

  return async (text, values, begun = performance.now()) => {
    const end = begun + limitMs - (use === 'read' ? 0 : ANSWER_MS)
    const client = await pool.connect()
    const leftMs = Math.floor(end - performance.now())
    let lent = true
    const release = (error?: Error) => {
      clearTimeout(timer)
      client.removeListener('error', release)
      if (lent) client.release(error)
      lent = false
    }
    const finish = (statement: string) =>
      client.query(statement).then(() => {
        release()
      })
    const timer = setTimeout(release, silentMs, new Error('The connection is silent.'))
    client.on('error', release)
    if (leftMs < 1) {
      release()
      throw new StoreError(`No connection was free within ${String(limitMs)} ms.`)
    }
    if (isLimited(sessions.get(client), leftMs)) {
      try {
        return (await client.query(text, values)).rows
      } finally {
        release()
      }
    }
    try {
      await begin(client, leftMs)
      const { rows } = await client.query(text, values)
      if (use === 'read') finish('COMMIT').catch(release)
      else if (performance.now() < end) await finish('COMMIT')
      else throw new StoreError(`The change was not made within ${String(limitMs)} ms.`)
      return rows
    } catch (error) {
      finish('ROLLBACK').catch(release)
      throw error
    }
  }
}

/** Begins a transaction with a limit. The first of a connection asks, on the same way, for the limit that its session has. */
async function begin(client: PooledClient, limitMs: number): Promise<void> {
  const limit = `BEGIN; SET LOCAL statement_timeout = ${String(limitMs)}`
  if (sessions.has(client)) {
    await client.query(limit)
    return
  }
  const begun = performance.now()
  const said: unknown = await client.query(`${askLimit(client)}; ${limit}`)
  sessions.set(client, { limitMs: limitIn(said), isFar: performance.now() - begun > FAR_MS })
}

/**
 * Asks the server for its statement timeout. The option of the pool proves nothing: a pooler drops it, and a role may have another value.
 * Behind a pooler, the answer does not count, as the next statement may run in another session; the process number of the server then differs from the client's.
 * A value from SET or from the server's configuration file does not count either: it may change meanwhile.
 */
function askLimit({ processID }: PooledClient): string {
  return `SELECT setting::text AS limit FROM pg_settings WHERE name = 'statement_timeout'
    AND source IN ('client', 'user', 'database', 'database user')
    AND pg_backend_pid() = ${String(processID ?? 0)}`
}

const answer = v.tuple([v.object({ rows: v.strictTuple([v.object({ limit: v.string() })]) })])

function limitIn(said: unknown): number {
  return Number(ifUnderstood(answer, said)?.[0].rows[0].limit ?? 0)
}

/** Whatever an idle connection dies of, the next statement gets another one; unheard, it would end the process. */
function replaced(): void {
  // Nothing is lost with it.
}
