import {
  AuditError,
  hasMethods,
  MisuseError,
  type AuditEntry,
  type AuditSink,
} from '../../src/index.js'
import { grouped } from './names.js'
import { placeTaken } from './place-taken.js'

/** What is used of a writable stream. */
export interface AuditStreamTarget {
  write(text: string, done: (error?: Error | null) => void): unknown
  /** A stream that is destroyed may never call `done`: its `close` tells. */
  once?(event: 'close', listener: () => void): unknown
  removeListener?(event: 'close', listener: () => void): unknown
}

/** For the stream to take what was written. */
const LIMIT_MS = 5_000

/**
 * JSON Lines to a stream, such as `process.stdout`, for those who ship logs. A record counts as kept when the stream has taken it: what happens to it
 * behind that is the business of whoever ships it. What a stream has refused is written to it again, and may be there in part.
 * @throws {MisuseError} for what cannot be written to
 * @example audit: { sink: createAuditStream(process.stdout) }
 */
export function createAuditStream(stream: AuditStreamTarget): AuditSink {
  if (!hasMethods(stream, 'write')) {
    throw new MisuseError(
      'invalid_option',
      'createAuditStream: must be given a writable stream, such as process.stdout',
    )
  }
  /** The records of each writer that were in the last call that the stream has taken. */
  const taken = new Map<string, readonly AuditEntry[]>()
  /** What is under way; it never rejects. */
  let sending: Promise<void> | undefined

  async function append(entries: readonly AuditEntry[]): Promise<void> {
    const groups = grouped(entries, ({ record }) => record.writer)
    const missing = [...groups].flatMap(([writer, group]) =>
      missingOf(group, taken.get(writer) ?? []),
    )
    if (missing.length === 0) return
    await send(missing.map(({ line }) => `${line}\n`).join(''))
    for (const [writer, group] of groups) taken.set(writer, group)
  }

  function send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const closed = () => {
        reject(
          new AuditError('The stream was closed before it took what was written.', {
            fault: 'outage',
          }),
        )
      }
      stream.once?.('close', closed)
      stream.write(text, (error) => {
        stream.removeListener?.('close', closed)
        if (error) reject(refusedBy(error))
        else resolve()
      })
    })
  }

  return {
    // One after the other: what is handed in again, because the stream was slow, is not written twice.
    async write(entries) {
      while (sending !== undefined) await inTime(sending)
      const done = append(entries)
      sending = done
        .catch(() => undefined)
        .finally(() => {
          sending = undefined
        })
      await inTime(done)
    },
  }
}

function refusedBy(cause: Error): AuditError {
  return new AuditError(`The stream refused: ${cause.message}`, { cause, fault: 'outage' })
}

/** @throws {AuditError} where the stream takes nothing for 5 s. What is under way goes on: nothing more is written to it until that is over. */
async function inTime(done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new AuditError(`The stream took nothing within ${String(LIMIT_MS)} ms.`, {
          fault: 'outage',
        }),
      )
    }, LIMIT_MS).unref()
  })
  try {
    await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
  }
}

/** @throws {AuditError} for what is not the record that was taken under its number, or not known to be it */
function missingOf(
  group: readonly AuditEntry[],
  taken: readonly AuditEntry[],
): readonly AuditEntry[] {
  const last = taken.at(-1)?.record.seq ?? -1
  const lines = new Map(taken.map(({ record, line }) => [record.seq, line]))
  return group.filter(({ record, line }) => {
    if (record.seq > last) return true
    if (lines.get(record.seq) === line) return false
    throw placeTaken()
  })
}
