import {
  StoreError,
  TablesError,
  type KeyChanged,
  type KeyChangeFeed,
  type KeyChangeListener,
  type KeyChangeSubscription,
} from '../../src/index.js'
import { integerIn, textIn } from './column.js'
import type { Session } from './session.js'

/** How often a process looks whether another one has written. */
const POLL_MS = 200

/** As cheap as `PRAGMA data_version`, and moves for changes of keys alone, and for those of this connection too. */
const NEWEST = 'SELECT coalesce(max(seq), 0) AS seq FROM sallyport_key_changes'
const NEWS = 'SELECT seq, key_id, version FROM sallyport_key_changes WHERE seq > ? ORDER BY seq'

export interface ChangeFeed extends KeyChangeFeed {
  /** Tells those who listen on this connection what it has committed itself. */
  tell(): void
}

/**
 * Triggers note each change in its own transaction; whoever listens, in any process on the file, reads what they noted.
 * @param settle looks each time whether the tables are still those that this version understands
 */
export function createChangeFeed(session: Session, settle: () => void): ChangeFeed {
  const tellers = new Set<() => void>()

  function listen(listener: KeyChangeListener): KeyChangeSubscription {
    settle()
    const read = createReader(session)
    let over: StoreError | undefined

    function look(): void {
      if (over !== undefined) throw over
      try {
        settle()
        for (const change of read()) listener.changed(change)
      } catch (cause) {
        const lost =
          cause instanceof TablesError
            ? cause
            : new StoreError('Changes of keys cannot be read.', { cause })
        end(lost)
        listener.lost(lost)
        throw lost
      }
    }
    function end(why: StoreError): void {
      over ??= why
      clearInterval(timer)
      tellers.delete(tell)
    }
    const tell = () => {
      try {
        look()
      } catch {
        // The listener was told.
      }
    }
    const timer = setInterval(tell, POLL_MS).unref()
    tellers.add(tell)
    return {
      catchUp: look,
      close() {
        end(new StoreError('This subscription is closed.'))
      },
    }
  }

  return {
    listen,
    tell() {
      for (const tell of tellers) tell()
    },
  }
}

/** Answers what has changed since it was made, or last asked. Throws when that is not known any more. */
function createReader(session: Session): () => KeyChanged[] {
  const newest = () => integerIn(session.statement(NEWEST).get(), 'seq')
  let seen = newest()
  return () => {
    const now = newest()
    if (now === seen) return []
    if (now < seen) throw new StoreError('The database was replaced by another.')
    const rows = session.statement(NEWS).all(seen)
    const numbers = rows.map((row) => integerIn(row, 'seq'))
    if (numbers[0] !== seen + 1) {
      throw new StoreError('Changes were removed before they were read.')
    }
    seen = numbers.at(-1) ?? seen
    return rows.map((row) => ({ id: textIn(row, 'key_id'), version: integerIn(row, 'version') }))
  }
}
