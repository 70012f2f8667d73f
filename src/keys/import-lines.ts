import { z } from 'zod'
import { createOpenCatalogue } from '../terms/catalogue.js'
import { MisuseError } from '../terms/misuse.js'
import { importKey, type ImportKeyInput } from './import.js'
import { checkInput, CREATE_NAMES } from './input.js'
import { linesOf, type Line, type TextPieces } from './lines.js'
import type { KeyRoom } from './room.js'
import { KeyError, StoreError } from './store.js'

export interface ImportLinesOptions {
  /** The first line to import; those before it are passed over. Default 1. */
  readonly fromLine?: number
  /** What becomes of a scope that the gate does not know: its line is refused, or it is kept all the same. Default `'refuse'`. */
  readonly unknownScopes?: 'refuse' | 'keep'
}

/** What became of one line. `present`: a key with this secret, or this digest, was there before. */
export type ImportOutcome = { readonly line: number } & (
  | { readonly outcome: 'imported'; readonly id: string }
  | { readonly outcome: 'present' }
  /** The reason has nothing of what the line says but names of ours. */
  | { readonly outcome: 'refused'; readonly reason: string }
)

/** The store failed while lines were being imported. */
export class ImportStoppedError extends StoreError {
  /** To go on with, as `fromLine`: all lines before it are done. */
  readonly line: number

  constructor(line: number, cause: StoreError) {
    super(`The import stopped before line ${String(line)}: ${cause.message}`, { cause })
    this.line = line
  }
}

const AT_ONCE = 16
const MAX_LINE_BYTES = 65_536
const NAMES = [...CREATE_NAMES, 'secret', 'digest']

const schema = z.strictObject({
  fromLine: z.int().min(1).default(1),
  unknownScopes: z.enum(['refuse', 'keep']).default('refuse'),
})
const object = z.looseObject({})
const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .transform((text) => new Date(text))
  .optional()

/** What became of a line, once it is asked for: a failure waits its turn. */
type Settled = () => ImportOutcome

/**
 * Imports keys from JSON Lines, up to 16 at a time, and tells of each line in its turn; blank lines are passed over. Lines that were
 * imported before are `present`, so that a second run goes on where the first one stopped.
 * @throws {MisuseError} for wrong options, never for a line. @throws {ImportStoppedError} while it runs
 */
export function importLines(
  room: KeyRoom,
  pieces: TextPieces,
  options: ImportLinesOptions = {},
): AsyncGenerator<ImportOutcome, void, undefined> {
  const { fromLine, unknownScopes } = checkInput(schema, options, 'gate.keys.importLines')
  const keeping = { ...room, catalogue: createOpenCatalogue() }
  return outcomesOf(unknownScopes === 'keep' ? keeping : room, pieces, fromLine)
}

async function* outcomesOf(
  room: KeyRoom,
  pieces: TextPieces,
  fromLine: number,
): AsyncGenerator<ImportOutcome, void, undefined> {
  const underWay: Promise<Settled>[] = []
  try {
    for await (const line of linesOf(pieces, MAX_LINE_BYTES)) {
      if (line.number < fromLine || line.text?.trim() === '') continue
      underWay.push(settle(room, line))
      if (underWay.length < AT_ONCE) continue
      const next = await underWay.shift()
      if (next !== undefined) yield next()
    }
    for (const next of underWay) yield (await next)()
  } finally {
    // Who stops early, or is stopped, must find that nothing is written any more.
    await Promise.all(underWay)
  }
}

async function settle(room: KeyRoom, line: Line): Promise<Settled> {
  try {
    const outcome = await importLine(room, line)
    return () => outcome
  } catch (error) {
    const failure = error instanceof StoreError ? new ImportStoppedError(line.number, error) : error
    return () => {
      throw failure
    }
  }
}

async function importLine(room: KeyRoom, { number: line, text }: Line): Promise<ImportOutcome> {
  const refused = (reason: string) => ({ line, outcome: 'refused', reason }) as const
  if (text === undefined) {
    return refused(`is longer than ${String(MAX_LINE_BYTES)} bytes, or is not UTF-8`)
  }
  const input = parse(text)
  if (input === undefined) return refused('is not a JSON object')
  const expiresAt = instant.safeParse(input['expiresAt'])
  if (!expiresAt.success) {
    return refused("'expiresAt' must be an ISO 8601 instant, such as '2030-01-31T00:00:00Z'")
  }
  try {
    // Checked by the call itself, field by field.
    const given = { ...input, ...(expiresAt.data && { expiresAt: expiresAt.data }) }
    const { id } = await importKey(room, given as unknown as ImportKeyInput)
    return { line, outcome: 'imported', id }
  } catch (error) {
    if (error instanceof KeyError && error.code === 'already_issued') {
      return { line, outcome: 'present' }
    }
    if (!(error instanceof MisuseError)) throw error
    return refused(withoutValues(error.message.replace('gate.keys.import: ', ''), input))
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return object.safeParse(JSON.parse(text)).data
  } catch {
    // What JSON.parse throws repeats a part of the line.
    return undefined
  }
}

/** A line that is mixed up may have its secret anywhere: no word of it is repeated. */
function withoutValues(reason: string, input: Readonly<Record<string, unknown>>): string {
  const given = [...Object.keys(input), ...Object.values(input).flat()]
  return given
    .filter((word) => typeof word === 'string' && !NAMES.includes(word))
    .reduce<string>((text, word) => text.replaceAll(`'${String(word)}'`, "'...'"), reason)
}
