import * as v from 'valibot'
import { isDay, isInstant } from '../lib/instants.js'
import { complaintIn, ifValid } from '../lib/issue.js'
import { createOpenCatalogue } from '../core/catalogue.js'
import { DuplicateKeyError, ImportStoppedError, MisuseError, StoreError } from '../core/errors.js'
import { readImportOptions, type ImportLinesOptions } from './import-options-schema.js'
import { isAnyStored, readImport, type Import, type ImportKeyInput } from './import.js'
import { CREATE_NAMES } from './input.js'
import type { KeyContext } from './key-context.js'
import { linesOf, type Line, type TextPieces } from './lines.js'
import { creatorSchema } from './maker.js'
import type { KeyRecord } from './record.js'
import { lazily } from '../lib/lazily.js'
import { looseObject } from '../lib/schema-objects.js'

/** What became of one line. `present`: a key with this secret, or this digest, was there before. */
export type ImportOutcome = { readonly line: number } & (
  | { readonly outcome: 'imported'; readonly id: string }
  | { readonly outcome: 'present' }
  /** The reason has nothing of what the line says but names of ours. */
  | { readonly outcome: 'refused'; readonly reason: string }
)

/** How many batches are under way, and of how many lines each is, where the store takes several at once, and where it does not. */
const TOGETHER = { atOnce: 4, lines: 64 }
const ONE_BY_ONE = { atOnce: 16, lines: 1 }
/** How often lines are tried where the store fails: nobody waits for them as for a request. */
const ATTEMPTS = 3
const MAX_LINE_BYTES = 65_536
/** Algorithms by which others store keys: words that a reason may repeat. */
const ALGORITHMS = [
  ...['sha256', 'sha1', 'sha224', 'sha384', 'sha512', 'md5', 'bcrypt', 'scrypt', 'pbkdf2'],
  ...['argon2', 'argon2d', 'argon2i', 'argon2id'],
  ...['hmac', 'hmac-sha1', 'hmac-sha256', 'hmac-sha512'],
]
const NAMES = lazily(() => [
  ...CREATE_NAMES(),
  ...['createdBy', 'secret', 'digest', 'algorithm', 'keys.legacy'],
  ...Object.keys(creatorSchema().entries),
  ...ALGORITHMS,
])

const object = lazily(() => looseObject({}))
const instant = lazily(() =>
  v.optional(
    v.pipe(
      v.string(),
      v.check((text) => isInstant(text) || isDay(text)),
      v.transform((text) => new Date(text)),
    ),
  ),
)

/** What became of some lines, once it is asked for: a failure waits its turn. */
type Settled = () => readonly ImportOutcome[]

/** A line that has a key to import, or is refused. */
type Read = ImportOutcome | ({ readonly line: number } & Import)

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
  const { fromLine, unknownScopes } = readImportOptions(options)
  const keeping = { ...context, catalogue: createOpenCatalogue() }
  return outcomesOf(unknownScopes === 'keep' ? keeping : context, pieces, fromLine)
}

async function* outcomesOf(
  context: KeyContext,
  pieces: TextPieces,
  fromLine: number,
): AsyncGenerator<ImportOutcome, void, undefined> {
  const { atOnce, lines } = context.store.insertAll === undefined ? ONE_BY_ONE : TOGETHER
  const underWay: Promise<Settled>[] = []
  let failure: { readonly cause: unknown } | undefined
  const read = untilFailure(linesOf(pieces, MAX_LINE_BYTES), (cause) => {
    failure = { cause }
  })
  try {
    for await (const some of read) {
      const wanted = some.filter(({ number, text }) => number >= fromLine && text?.trim() !== '')
      for (let at = 0; at < wanted.length; at += lines) {
        underWay.push(settle(context, wanted.slice(at, at + lines)))
        if (underWay.length < atOnce) continue
        const next = await underWay.shift()
        if (next !== undefined) yield* next()
      }
    }
    for (const next of underWay) yield* (await next)()
    // What was read before is told: it is imported.
    if (failure !== undefined) throw failure.cause
  } finally {
    // Who stops early, or is stopped, must find that nothing is written any more.
    await Promise.all(underWay)
  }
}

async function* untilFailure<T>(
  source: AsyncIterable<T>,
  failed: (cause: unknown) => void,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* source
  } catch (cause) {
    failed(cause)
  }
}

async function settle(context: KeyContext, lines: readonly Line[]): Promise<Settled> {
  const first = lines[0]?.number ?? 1
  try {
    await context.digester.ready()
    const outcomes = await importPatiently(
      context,
      lines.map((line) => read(context, line)),
    )
    return () => outcomes
  } catch (error) {
    const failure = error instanceof StoreError ? new ImportStoppedError(first, error) : error
    return () => {
      throw failure
    }
  }
}

async function importPatiently(
  context: KeyContext,
  lines: readonly Read[],
  attempt = 1,
): Promise<ImportOutcome[]> {
  try {
    return await importAll(context, lines, attempt > 1)
  } catch (error) {
    if (!(error instanceof StoreError) || attempt === ATTEMPTS) throw error
    return importPatiently(context, lines, attempt + 1)
  }
}

/** @param again whether some may be there because they were tried before */
async function importAll(
  context: KeyContext,
  lines: readonly Read[],
  again: boolean,
): Promise<ImportOutcome[]> {
  const fresh: KeyRecord[] = []
  for (const line of lines) {
    if ('record' in line && !(await isAnyStored(context, line.older))) fresh.push(line.record)
  }
  const free = await insertEach(context, fresh)
  const inserted = new Set(fresh.filter((_, at) => free[at]))
  for (const record of again ? fresh : []) {
    if (!inserted.has(record) && (await context.store.findById(record.id))) inserted.add(record)
  }
  await Promise.all([...inserted].map(({ id, version }) => context.announce(id, version)))
  return lines.map((line) => {
    if (!('record' in line)) return line
    const { line: number, record } = line
    if (!inserted.has(record)) return { line: number, outcome: 'present' }
    return { line: number, outcome: 'imported', id: record.id }
  })
}

/** Whether each was inserted. @throws {StoreError} */
async function insertEach(
  { imports: store }: KeyContext,
  records: readonly KeyRecord[],
): Promise<readonly boolean[]> {
  if (store.insertAll !== undefined) return records.length === 0 ? [] : store.insertAll(records)
  const inserted: boolean[] = []
  for (const record of records) {
    try {
      await store.insert(record)
      inserted.push(true)
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error
      inserted.push(false)
    }
  }
  return inserted
}

function read(context: KeyContext, { number: line, text }: Line): Read {
  const refused = (reason: string) => ({ line, outcome: 'refused', reason }) as const
  if (text === undefined) {
    return refused(`is longer than ${String(MAX_LINE_BYTES)} bytes, or is not UTF-8`)
  }
  const input = parse(text)
  if (input === undefined) return refused('is not a JSON object')
  const expiresAt = v.safeParse(instant(), input['expiresAt'])
  if (!expiresAt.success) {
    return refused("'expiresAt' must be an ISO 8601 instant, such as '2030-01-31T00:00:00Z'")
  }
  try {
    // Checked by the call itself, field by field.
    const given = { ...input, ...(expiresAt.output && { expiresAt: expiresAt.output }) }
    return { line, ...readImport(context, given as unknown as ImportKeyInput) }
  } catch (error) {
    if (!(error instanceof MisuseError)) throw error
    return refused(withoutValues(complaintIn(error), input))
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return ifValid(object(), JSON.parse(text))
  } catch {
    // What JSON.parse throws repeats a part of the line.
    return undefined
  }
}

/** A line that is mixed up may have its secret anywhere: no word of it is repeated. */
function withoutValues(reason: string, input: Readonly<Record<string, unknown>>): string {
  const given = [input, ifValid(object(), input['createdBy']) ?? {}].flatMap((one) => [
    ...Object.keys(one),
    ...Object.values(one).flat(),
  ])
  // The longest first: a shorter one may be a part of it.
  return given
    .filter((word) => typeof word === 'string' && !NAMES().includes(word))
    .map(String)
    .sort((a, b) => b.length - a.length)
    .reduce(
      (text, word) => text.replaceAll(`'${word}'`, "'...'"),
      reason.replace(/^'metadata\..*'/s, "'metadata'"),
    )
}
