import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { readInput } from '../lib/issue.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

export interface ImportLinesOptions {
  /** The first line to import; those before it are passed over. Default 1. */
  readonly fromLine?: number
  /** What becomes of a scope that the gate does not know: its line is refused, or it is kept all the same. Default `'refuse'`. */
  readonly unknownScopes?: 'refuse' | 'keep'
}

const schema = lazily(() =>
  strictObject({
    fromLine: v.optional(wholeNumber(1), 1),
    unknownScopes: v.optional(v.picklist(['refuse', 'keep']), 'refuse'),
  }),
)

/** @throws {MisuseError} */
export function readImportOptions(options: ImportLinesOptions = {}) {
  return readInput(
    schema(),
    options,
    "gate.keys.importLines(createReadStream('keys.jsonl', 'utf8'), { fromLine: 1 })",
    (complaint) => new MisuseError('invalid_key_input', `gate.keys.importLines: ${complaint}`),
  )
}
