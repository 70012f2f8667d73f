import { promises as fs } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TrailFile } from './names.js'
import { openRegular, type Handle } from './regular-file.js'

/** The rest of a file, whole on the disk, which waits to take its place. */
export interface Replacement {
  take(): Promise<void>
  discard(): Promise<void>
}

const CHUNK_BYTES = 1_048_576

/**
 * What a file has from a byte on, beside it under another name, with the owner, group and mode that the file has.
 * @throws {Error} where that cannot be made; then nothing of it is left
 */
export async function replacementFrom(file: TrailFile, at: number): Promise<Replacement> {
  const path = join(dirname(file.path), `.${file.name}.part`)
  const source = await openRegular(file.path)
  try {
    // One that was killed may have left it. It is made anew, and never written through a link.
    await fs.rm(path, { force: true })
    const target = await fs.open(path, 'wx', 0o600)
    try {
      await copyFrom(source, at, target)
      await likewise(source, target)
      await target.sync()
    } finally {
      await target.close()
    }
  } catch (error) {
    await fs.rm(path, { force: true })
    throw error
  } finally {
    await source.close()
  }
  return {
    take: () => fs.rename(path, file.path),
    discard: () => fs.rm(path, { force: true }),
  }
}

async function copyFrom(source: Handle, at: number, target: Handle): Promise<void> {
  const { size } = await source.stat()
  const buffer = Buffer.alloc(CHUNK_BYTES)
  for (let from = at; from < size;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, from)
    await target.writeFile(buffer.subarray(0, bytesRead))
    from += bytesRead
  }
}

/** Gives the new file the owner, group and mode of the old one. */
async function likewise(source: Handle, target: Handle): Promise<void> {
  const [wanted, made] = [await source.stat(), await target.stat()]
  if (made.uid !== wanted.uid || made.gid !== wanted.gid) await target.chown(wanted.uid, wanted.gid)
  await target.chmod(wanted.mode & 0o7777)
}
