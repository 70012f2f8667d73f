import type { AuditSink } from '../../src/index.js'

/** What is used of a writable stream. */
export interface AuditStreamTarget {
  write(text: string, done: (error?: Error | null) => void): unknown
}

/**
 * JSON Lines to a stream, such as `process.stdout`, for those who ship logs. A record counts as kept when the stream has taken it: what happens to it
 * behind that is the business of whoever ships it.
 */
export function createAuditStream(stream: AuditStreamTarget): AuditSink {
  return {
    write: (entries) =>
      new Promise((resolve, reject) => {
        stream.write(entries.map(({ line }) => `${line}\n`).join(''), (error) => {
          if (error) reject(error)
          else resolve()
        })
      }),
  }
}
