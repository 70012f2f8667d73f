import { AuditError, type Clock } from '../../src/index.js'
import { dayOf } from './names.js'
import { stateOf, type OpenFile } from './open-file.js'
import { createWriterFiles } from './writer-files.js'

/** A file that was in its place so short a time ago is not looked for before the next write. */
const TRUSTED_MS = 20

/** Appends to the files of one writer, one call after the other. */
export interface Appender {
  /**
   * Resolves once the text is on the disk, in a file that readers find.
   * @throws {AuditError} `moved`: the file is not in its place, or not as it was left; the next call begins another
   */
  append(text: string): Promise<void>
  close(): Promise<void>
}

export interface AppenderContext {
  readonly directory: string
  readonly writer: string
  readonly maxBytes: number
  readonly clock: Clock
}

export function createAppender(context: AppenderContext): Appender {
  const { directory, writer, maxBytes, clock } = context
  const files = createWriterFiles(directory, writer)
  let open: OpenFile | undefined
  /** When the open file was last seen in its place, on the monotonic clock. */
  let seenAt = -Infinity

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1')
    if (open !== undefined && performance.now() - seenAt > TRUSTED_MS)
      await leaveUnlessInPlace(open)
    const file = await fileFor(dayOf(clock()), bytes.length)
    try {
      await writeAll(file, bytes)
      await file.handle.datasync()
      await checkPlace(file, file.bytes + bytes.length)
      file.bytes += bytes.length
    } catch (error) {
      // After a failed fsync nobody knows what of it is on the disk: it is opened anew.
      files.fail(file, file.bytes + bytes.length)
      await leave()
      throw error
    }
  }

  /** What something else has moved, cut or added to is not written on. */
  async function leaveUnlessInPlace(file: OpenFile): Promise<void> {
    try {
      await checkPlace(file, file.bytes)
    } catch (error) {
      await leave()
      throw error
    }
  }

  /** @throws {AuditError} */
  async function checkPlace(file: OpenFile, bytes: number): Promise<void> {
    const state = await stateOf(file, bytes)
    seenAt = performance.now()
    if (state === 'removed') throw new AuditError(`${file.name} was removed.`, { fault: 'outage' })
    if (state === 'in place') return
    const message = `${file.name} was ${state} by something else. The audit trail goes on in another file.`
    throw new AuditError(message, { fault: 'moved' })
  }

  /** Nothing of it waits to be written: that it cannot be closed does not matter. */
  async function leave(): Promise<void> {
    const left = open
    open = undefined
    await left?.handle.close().catch(() => undefined)
  }

  async function fileFor(day: string, more: number): Promise<OpenFile> {
    open ??= await files.reopen()
    const fits = open !== undefined && open.day === day && open.bytes + more <= maxBytes
    if (open !== undefined && (fits || open.bytes === 0)) return open
    await leave()
    open = await files.create(day)
    return open
  }

  return { append, close: leave }
}

async function writeAll({ handle }: OpenFile, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at)
    if (bytesWritten === 0) throw new Error('Nothing could be written.')
    at += bytesWritten
  }
}
