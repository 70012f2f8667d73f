import { DuplicateKeyError } from '../../src/index.js'
import type { Run } from './client.js'

const TAKEN = '23505'

/** @throws {DuplicateKeyError} where an id or a digest is taken. */
export function writeWith(run: Run): Run {
  return async (...statement) => {
    try {
      return await run(...statement)
    } catch (cause) {
      if (codeOf(cause) !== TAKEN) throw cause
      throw new DuplicateKeyError(undefined, { cause })
    }
  }
}

/** The SQLSTATE of an error. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
