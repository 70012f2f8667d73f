import type { CheckpointCheck } from '../../src/index.js'
import { linesOf } from './lines.js'
import { codeOf, type TrailFile } from './names.js'

/** Of a file: a checkpoint comes after at most 1,000 records. */
const MAX_LINES = 1_100
const MAX_BYTES = 4_194_304
/** Of all files together: a process waits for this before its first record. */
const MAX_FILES = 10_000
const MAX_ALL_BYTES = 134_217_728

/** What says nothing of the file: it is tried again. */
const TRANSIENT = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ESTALE'])

export function isTransient(error: unknown): boolean {
  return TRANSIENT.has(codeOf(error))
}

/**
 * Finds out which chains have a signed checkpoint. One is enough: it says who wrote the chain of that name. Chains that it has no time to look at
 * count as such that have none.
 */
export function createSearch(
  check: CheckpointCheck,
): (files: readonly TrailFile[]) => Promise<boolean> {
  let filesLeft = MAX_FILES
  let bytesLeft = MAX_ALL_BYTES

  async function isIn({ path, writer }: TrailFile): Promise<boolean> {
    let bytes = 0
    filesLeft -= 1
    try {
      for await (const { line, number, end } of linesOf(path)) {
        bytes = end
        if (check(line)?.writer === writer) return true
        if (number > MAX_LINES || bytes > Math.min(MAX_BYTES, bytesLeft)) break
      }
    } catch (error) {
      if (isTransient(error)) throw error
    } finally {
      bytesLeft -= bytes
    }
    return false
  }

  return async (files) => {
    for (const file of files) {
      if (filesLeft <= 0 || bytesLeft <= 0) return false
      if (await isIn(file)) return true
    }
    return false
  }
}
