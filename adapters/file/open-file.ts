import { constants, promises as fs, type Stats } from 'node:fs'
import { codeOf, unlessGone, type TrailFile } from './names.js'
import { nonBlocking, type Handle } from './regular-file.js'

/** A file that is written to. */
export interface OpenFile extends TrailFile, Place {
  readonly handle: Handle
  /** What of it is acknowledged. */
  bytes: number
}

/** One that failed. */
export interface FailedFile extends OpenFile {
  /** What it has at most, if nothing else wrote to it. */
  readonly most: number
}

/** What tells a file from another one of the same name. */
interface Place {
  readonly device: number
  readonly inode: number
}

/** What keeps every file from being opened: it is tried again. Anything else is wrong with this one. */
const SHARED = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EROFS', 'EIO', 'ENOSPC', 'EDQUOT', 'ESTALE'])

/** Makes a file that is not there yet, for its user alone. */
export async function openNew(file: TrailFile): Promise<OpenFile> {
  const handle = await fs.open(file.path, 'ax', 0o600)
  try {
    const { dev, ino } = await handle.stat()
    return { ...file, handle, bytes: 0, device: dev, inode: ino }
  } catch (error) {
    await handle.close().catch(() => undefined)
    throw error
  }
}

function isAt(file: Place, stats: Stats): boolean {
  return stats.dev === file.device && stats.ino === file.inode
}

/** How a file stands that should have so many bytes: whether its name leads to it still, and nothing else wrote to it. */
export async function stateOf(
  file: OpenFile,
  bytes: number,
): Promise<'in place' | 'removed' | 'moved' | 'cut' | 'added to'> {
  const found = await fs.stat(file.path).catch(unlessGone)
  if (found === undefined || !isAt(file, found)) {
    return (await file.handle.stat()).nlink === 0 && found === undefined ? 'removed' : 'moved'
  }
  if (found.size === bytes) return 'in place'
  return found.size < bytes ? 'cut' : 'added to'
}

/**
 * Opens a file that failed, cut to what was acknowledged.
 * @returns `undefined` where it is not to be written on: it is gone, or another one, or something else wrote to it
 * @throws {Error} where no file could be opened now
 */
export async function cutOpen(file: FailedFile): Promise<Handle | undefined> {
  const { O_RDWR, O_APPEND } = constants
  let handle: Handle | undefined
  try {
    handle = await fs.open(file.path, O_RDWR | O_APPEND | nonBlocking())
    const stats = await handle.stat()
    const isOurs = isAt(file, stats) && stats.size >= file.bytes && stats.size <= file.most
    if (isOurs) {
      await handle.truncate(file.bytes)
      return handle
    }
    await handle.close()
    return undefined
  } catch (error) {
    await handle?.close().catch(() => undefined)
    if (SHARED.has(codeOf(error))) throw error
    return undefined
  }
}
