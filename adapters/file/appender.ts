import { promises as fs } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Clock } from '../../src/index.js'
import { dayOf, trailFile, unlessGone, type TrailFile } from './names.js'

type Handle = Awaited<ReturnType<typeof fs.open>>

interface OpenFile extends TrailFile {
  readonly handle: Handle
  /** What of it is acknowledged. */
  bytes: number
}

/** Appends to the files of one writer, one call after the other. */
export interface Appender {
  /** Resolves once the text is on the disk. */
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
  let open: OpenFile | undefined
  /** A file that failed: what it has beyond its acknowledged bytes was never promised to anybody. */
  let failed: OpenFile | undefined
  /** The outermost directory that was made, until its name is on the disk. */
  let made: string | undefined
  let number = 0

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1')
    const file = await fileFor(dayOf(clock()), bytes.length)
    try {
      await writeAll(file.handle, bytes)
      await file.handle.datasync()
      // A file that was taken away goes on taking bytes, which are gone with it.
      if ((await file.handle.stat()).nlink === 0) throw new Error(`${file.name} was removed.`)
      file.bytes += bytes.length
    } catch (error) {
      // After a failed fsync nobody knows what of it is on the disk: it is opened anew.
      failed = file
      open = undefined
      await file.handle.close().catch(() => undefined)
      throw error
    }
  }

  async function fileFor(day: string, more: number): Promise<OpenFile> {
    open ??= await reopened()
    const fits = open !== undefined && open.day === day && open.bytes + more <= maxBytes
    if (open !== undefined && (fits || open.bytes === 0)) return open
    await open?.handle.close()
    open = undefined
    open = await created(day)
    return open
  }

  async function created(day: string): Promise<OpenFile> {
    await makeDirectory()
    number += 1
    const file = trailFile(directory, day, writer, number)
    const handle = await fs.open(file.path, 'ax', 0o600)
    try {
      await syncDirectory(directory)
    } catch (error) {
      failed = { ...file, handle, bytes: 0 }
      await handle.close()
      throw error
    }
    return { ...file, handle, bytes: 0 }
  }

  async function makeDirectory(): Promise<void> {
    made ??= await fs.mkdir(directory, { recursive: true, mode: 0o700 })
    if (made === undefined) return
    const outermost = resolve(made)
    for (let at = resolve(directory); at.length >= outermost.length; at = dirname(at)) {
      await syncDirectory(dirname(at))
    }
    made = undefined
  }

  /** The file that failed, without what was not acknowledged; none where it is gone, or less than was acknowledged. */
  async function reopened(): Promise<OpenFile | undefined> {
    if (failed === undefined) return undefined
    const { path, bytes } = failed
    const whole = (await fs.stat(path).catch(unlessGone))?.size ?? -1
    if (whole < bytes) {
      failed = undefined
      return undefined
    }
    await fs.truncate(path, bytes)
    // One that has nothing yet may be one whose name is not on the disk.
    if (bytes === 0) await syncDirectory(directory)
    const file = { ...failed, handle: await fs.open(path, 'a') }
    failed = undefined
    return file
  }

  return {
    append,
    async close() {
      await open?.handle.close()
      open = undefined
    },
  }
}

async function writeAll(handle: Handle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at)
    if (bytesWritten === 0) throw new Error('Nothing could be written.')
    at += bytesWritten
  }
}

/** The name of a new file is in its directory, which is on the disk only when that is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
