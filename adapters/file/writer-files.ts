import { createDirectories, syncDirectory } from './directories.js'
import { trailFile } from './names.js'
import { cutOpen, openNew, type FailedFile, type OpenFile } from './open-file.js'

/** The files of one writer, one after the other. */
export interface WriterFiles {
  /** Makes the next file of a day. */
  create(day: string): Promise<OpenFile>
  /** A file failed: what it has beyond its acknowledged bytes, at most `most`, was never promised to anybody. */
  fail(file: OpenFile, most: number): void
  /** The file that failed, without what was not acknowledged. None where it is gone, another one, or less than was acknowledged. */
  reopen(): Promise<OpenFile | undefined>
}

export function createWriterFiles(directory: string, writer: string): WriterFiles {
  const directories = createDirectories(directory)
  let failed: FailedFile | undefined
  let number = 0

  /** Closes the file where its name cannot be brought to the disk. */
  async function syncName(handle: OpenFile['handle'] | undefined): Promise<void> {
    try {
      await syncDirectory(directory)
    } catch (error) {
      await handle?.close().catch(() => undefined)
      throw error
    }
  }

  return {
    async create(day) {
      await directories.make()
      number += 1
      const made = await openNew(trailFile(directory, day, writer, number))
      failed = { ...made, most: 0 }
      await syncName(made.handle)
      failed = undefined
      return made
    },
    fail(file, most) {
      failed = { ...file, most }
    },
    async reopen() {
      if (failed === undefined) return undefined
      const handle = await cutOpen(failed)
      // One that has nothing yet may be one whose name is not on the disk.
      if (handle !== undefined && failed.bytes === 0) await syncName(handle)
      const file = handle && { ...failed, handle }
      failed = undefined
      return file
    },
  }
}
