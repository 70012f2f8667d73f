import { promises as fs } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The directory of a trail. */
export interface Directories {
  /** Makes it where it is not there, with those that lead to it; resolves when all of their names are on the disk. */
  make(): Promise<void>
}

export function createDirectories(directory: string): Directories {
  /** The outermost directory that was made, until its name is on the disk. */
  let made: string | undefined

  return {
    async make() {
      made ??= await fs.mkdir(directory, { recursive: true, mode: 0o700 })
      if (made === undefined) return
      const outermost = resolve(made)
      for (let at = resolve(directory); at.length >= outermost.length; at = dirname(at)) {
        await syncDirectory(dirname(at))
      }
      made = undefined
    },
  }
}

/** The name of a new file is in its directory, which is on the disk only when that is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
