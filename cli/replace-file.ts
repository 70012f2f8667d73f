import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Makes a new file that only its user can read (0600, whatever the umask), and puts it in the place of the name. What had the name before is no longer
 * there: a symbolic link is replaced and never followed, and nobody who could read the old file can read the new one.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const part = join(dirname(file), `.${basename(file).slice(0, 100)}.${randomUUID()}.part`)
  const handle = await open(part, 'wx', 0o600)
  try {
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
