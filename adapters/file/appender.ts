import { AuditError, type Clock } from '../../src/index.js'
import { createDirectories, syncDirectory } from './directories.js'
import { dayOf, trailFile } from './names.js'
import { cutOpen, openNew, stateOf, type FailedFile, type OpenFile } from './open-file.js'

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
  const directories = createDirectories(directory)
  let open: OpenFile | undefined
  /** A file that failed: what it has beyond its acknowledged bytes was never promised to anybody. */
  let failed: FailedFile | undefined
  let number = 0
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
      failed = { ...file, most: file.bytes + bytes.length }
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
    open ??= await reopened()
    const fits = open !== undefined && open.day === day && open.bytes + more <= maxBytes
    if (open !== undefined && (fits || open.bytes === 0)) return open
    await leave()
    open = await created(day)
    return open
  }

  async function created(day: string): Promise<OpenFile> {
    await directories.make()
    number += 1
    const made = await openNew(trailFile(directory, day, writer, number))
    try {
      await syncDirectory(directory)
    } catch (error) {
      failed = { ...made, most: 0 }
      await made.handle.close().catch(() => undefined)
      throw error
    }
    return made
  }

  /** The file that failed, without what was not acknowledged. None where it is gone, another one, or less than was acknowledged. */
  async function reopened(): Promise<OpenFile | undefined> {
    if (failed === undefined) return undefined
    const handle = await cutOpen(failed)
    const { bytes } = failed
    try {
      // One that has nothing yet may be one whose name is not on the disk.
      if (handle !== undefined && bytes === 0) await syncDirectory(directory)
    } catch (error) {
      await handle?.close().catch(() => undefined)
      throw error
    }
    const file = handle && { ...failed, handle }
    failed = undefined
    return file
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
