import { constants, promises as fs, type Dirent, type Stats } from 'node:fs'

export type Handle = Awaited<ReturnType<typeof fs.open>>

/**
 * Opens a regular file for reading, and nothing else. It never waits: to open a FIFO without a writer would hold a thread of the
 * pool for good, and with four of them the whole process.
 * @throws {Error} where it cannot be opened, or is something else
 */
export async function openRegular(path: string): Promise<Handle> {
  const handle = await fs.open(path, constants.O_RDONLY | nonBlocking())
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new Error(`${path} is ${kindOf(stats)}, and no file.`)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** `O_NONBLOCK`, which Windows does not have. */
export function nonBlocking(): number {
  return 'O_NONBLOCK' in constants ? constants.O_NONBLOCK : 0
}

/** What something in a directory is, in words. */
export function kindOf(entry: Dirent | Stats): string {
  if (entry.isDirectory()) return 'a directory'
  if (entry.isFIFO()) return 'a FIFO'
  if (entry.isSocket()) return 'a socket'
  return entry.isFile() ? 'a file' : 'a device'
}
