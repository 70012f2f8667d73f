import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UsageError } from '../exit.js'
import { fileFault } from '../file-fault.js'

/** What is imported from, until it ends or Ctrl-C is pressed. */
export interface Source {
  readonly pieces: AsyncIterable<Uint8Array>
  /** How long it is, where that is known. */
  readonly bytes: number | undefined
  interrupted(): boolean
  close(): void
}

/** Opens a file, or standard input for `-`. @throws {UsageError} when it cannot be read. */
export async function openSource(file: string): Promise<Source> {
  const { stream, bytes } = file === '-' ? { stream: process.stdin } : await openFile(file)
  let interrupted = false
  const interrupt = () => {
    interrupted = true
    // Ends a wait for input, too. Pressed again, Ctrl-C ends the process.
    stream.destroy()
  }
  process.once('SIGINT', interrupt)
  return {
    pieces: stream as AsyncIterable<Uint8Array>,
    bytes,
    interrupted: () => interrupted,
    close() {
      process.removeListener('SIGINT', interrupt)
      stream.destroy()
    },
  }
}

async function openFile(file: string): Promise<{ stream: Readable; bytes?: number }> {
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory()) {
      await handle.close()
      throw new UsageError(`'${file}' is a directory`)
    }
    return { stream: handle.createReadStream(), ...(stat.isFile() && { bytes: stat.size }) }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`'${file}' cannot be read: ${fileFault(error)}`)
  }
}
