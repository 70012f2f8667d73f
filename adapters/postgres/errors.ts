import { DuplicateKeyError } from '../../src/index.js'
import type { Run } from './client.js'

const NOT_TEXT = '22021'
const TAKEN = '23505'

/** What cannot be text for PostgreSQL, such as an id with a NUL, is the name of nothing there. */
export function readWith(run: Run): Run {
  return async (text, values) => {
    try {
      return await run(text, values)
    } catch (error) {
      if (codeOf(error) === NOT_TEXT) return []
      throw error
    }
  }
}

/** @throws {DuplicateKeyError} where an id or a digest is taken. */
export function writeWith(run: Run): Run {
  return async (text, values) => {
    try {
      return await run(text, values)
    } catch (cause) {
      if (codeOf(cause) !== TAKEN) throw cause
      throw new DuplicateKeyError(undefined, { cause })
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
