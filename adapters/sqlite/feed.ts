import {
  StoreError,
  type KeyChanged,
  type KeyChangeFeed,
  type KeyChangeListener,
  type KeyChangeSubscription,
} from '../../src/index.js'
import { integerIn, textIn } from './column.js'
import type { Session } from './session.js'

/** How often a process looks whether another one has written. */
const POLL_MS = 200

/** Moves when another connection has committed something, of whatever kind. */
const DATA_VERSION = 'PRAGMA data_version'
const NEWEST = 'SELECT coalesce(max(seq), 0) AS seq FROM sallyport_key_changes'
const NEWS = 'SELECT seq, key_id, version FROM sallyport_key_changes WHERE seq > ? ORDER BY seq'

export interface ChangeFeed extends KeyChangeFeed {
  /** Tells those who listen on this connection what it has committed itself. */
  tell(): void
}

/** Triggers note each change in its own transaction; whoever listens, in any process on the file, reads what they noted. */
export function createChangeFeed(session: Session): ChangeFeed {
  const tellers = new Set<() => void>()

  function listen(listener: KeyChangeListener): KeyChangeSubscription {
    const reader = createReader(session)
    let over: StoreError | undefined

    function hear(news: () => readonly KeyChanged[]): void {
      if (over !== undefined) throw over
      try {
        for (const change of news()) listener.changed(change)
      } catch (cause) {
        const lost = new StoreError('Changes of keys cannot be read.', { cause })
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
      quietly(() => {
        hear(reader.read)
      })
    }
    const look = () => {
      hear(reader.readWhenMoved)
    }
    const timer = setInterval(() => {
      quietly(look)
    }, POLL_MS).unref()
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

/** What has changed since the reader was made, or was last asked. Throws when that is not known any more. */
function createReader(session: Session) {
  const number = (sql: string, column: string) => integerIn(session.statement(sql).get(), column)
  // In this order, here and below: what is committed in between is found at the next look, and not lost.
  let dataVersion = number(DATA_VERSION, 'data_version')
  let seen = number(NEWEST, 'seq')

  function read(): KeyChanged[] {
    if (number(NEWEST, 'seq') < seen) throw new StoreError('The database was replaced by another.')
    const rows = session.statement(NEWS).all(seen)
    const numbers = rows.map((row) => integerIn(row, 'seq'))
    const [first = seen + 1] = numbers
    if (first !== seen + 1) throw new StoreError('Changes were removed before they were read.')
    seen = numbers.at(-1) ?? seen
    return rows.map((row) => ({ id: textIn(row, 'key_id'), version: integerIn(row, 'version') }))
  }

  function readWhenMoved(): KeyChanged[] {
    const moved = number(DATA_VERSION, 'data_version')
    if (moved === dataVersion) return []
    dataVersion = moved
    return read()
  }

  return { read, readWhenMoved }
}

/** For those who are told by `lost`, and not by what is thrown. */
function quietly(attempt: () => void): void {
  try {
    attempt()
  } catch {
    // The listener was told.
  }
}
