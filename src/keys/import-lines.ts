import * as z from 'zod/mini'
import type { ImportLinesOptions, ImportOutcome } from './import-outcome.js'
import { checkInput } from './input.js'
import type { KeyContext } from './key-context.js'
import type { TextPieces } from './lines.js'

const schema = z.strictObject({
  fromLine: z._default(z.int().check(z.minimum(1)), 1),
  unknownScopes: z._default(z.enum(['refuse', 'keep']), 'refuse'),
})

/**
 * Imports keys from JSON Lines, several at a time, and tells of each line in its turn; blank lines are passed over. Lines that were
 * imported before are `present`, so that a second run goes on where the first one stopped. What the source throws comes after the lines that
 * were whole.
 * @throws {MisuseError} for wrong options, never for a line. @throws {ImportStoppedError} while it runs
 */
export function importLines(
  context: KeyContext,
  pieces: TextPieces,
  options: ImportLinesOptions = {},
): AsyncGenerator<ImportOutcome, void, undefined> {
  return importBy(context, pieces, checkInput(schema, options, 'gate.keys.importLines'))
}

/** Most servers import no keys: what does it is loaded when it is asked for. */
async function* importBy(
  context: KeyContext,
  pieces: TextPieces,
  options: Required<ImportLinesOptions>,
): AsyncGenerator<ImportOutcome, void, undefined> {
  const { importPieces } = await import('./line-importer.js')
  yield* importPieces(context, pieces, options)
}
