import type { Command } from 'commander'
import { ImportStoppedError, StoreError, type ImportOutcome } from 'sallyport'
import { EXIT, type Ended, type Exit } from '../exit.js'
import { withKeys } from '../gate.js'
import { count, figure, plain, print, printJson, tell } from '../output.js'
import { collect, parseCount } from '../parse.js'
import { createProgress, type Progress } from '../progress.js'
import {
  addChange,
  missingPeppers,
  prefixOf,
  prefixOption,
  scopeOption,
  type ChangeOptions,
} from '../settings.js'
import { openSource, type Source } from './source.js'

interface ImportOptions extends ChangeOptions {
  readonly environment?: readonly string[]
  readonly prefix?: string
  readonly scope?: readonly string[]
  readonly fromLine?: number
}

/** What has become of the lines so far. */
interface Tally extends Record<ImportOutcome['outcome'], number> {
  /** The line to go on with. */
  nextLine: number
}

export function addImport(keys: Command, ended: Ended): void {
  const command = keys
    .command('import')
    .description(
      'Takes over keys that were issued elsewhere, from a file of JSON Lines. A bad line is reported and passed over, and so is a key that is there already.',
    )
    .argument('<file>', "the file, or '-' for standard input")
    .option('--environment <name>', 'where the keys work; several times for several', collect)
    .addOption(scopeOption('a scope that keys may have; several times (default: any)'))
    .option('--from-line <number>', 'the line to begin with', parseCount)
    .addOption(prefixOption())
  addChange(command)
    .addHelpText('after', HELP)
    .action(async (file: string, options: ImportOptions) => {
      ended(await importFile(file, options))
    })
}

async function importFile(file: string, options: ImportOptions): Promise<Exit> {
  const { environment: environments = [], scope: scopes } = options
  const noEnvironment =
    environments.length === 0 ? ["say where the keys work: '--environment live'"] : []
  const prefix = prefixOf(options, [...noEnvironment, ...missingPeppers(process.env)])
  const app = { prefix, environments, ...(scopes && { scopes }) }
  const source = await openSource(file)
  const progress = createProgress(process.stderr, source.bytes)
  const tally = { imported: 0, present: 0, refused: 0, nextLine: options.fromLine ?? 1 }
  let interrupted = false
  try {
    await withKeys(options, app, async (keys) => {
      const pieces = counted(source, progress)
      const unknownScopes = scopes === undefined ? 'keep' : 'refuse'
      const fromLine = tally.nextLine
      for await (const outcome of keys.importLines(pieces, { fromLine, unknownScopes })) {
        note(outcome, tally, progress)
      }
    })
  } catch (error) {
    if (error instanceof ImportStoppedError) adviseToGoOn(error.line, progress)
    // What a source throws once it was interrupted says only that.
    if (error instanceof StoreError || !source.interrupted()) throw error
    interrupted = true
  } finally {
    progress.end()
    source.close()
  }
  return conclude(options, tally, interrupted)
}

function note(outcome: ImportOutcome, tally: Tally, progress: Progress): void {
  tally[outcome.outcome] += 1
  tally.nextLine = outcome.line + 1
  if (outcome.outcome === 'refused') {
    progress.tell(`line ${String(outcome.line)}: ${plain(outcome.reason)}`)
  }
  progress.line(outcome.line)
}

async function* counted(source: Source, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const piece of source.pieces) {
    yield piece
    progress.read(piece.length)
  }
}

function conclude(options: ImportOptions, tally: Tally, interrupted: boolean): Exit {
  const { imported, present, refused } = tally
  if (options.json) printJson({ ...tally, finished: !interrupted })
  else {
    const others = `${figure(present)} there already, ${figure(refused)} refused`
    print(`Imported ${count(imported, 'key')}; ${others}.`)
  }
  if (interrupted) {
    adviseToGoOn(tally.nextLine)
    return EXIT.interrupted
  }
  return refused === 0 ? EXIT.done : EXIT.incomplete
}

function adviseToGoOn(line: number, to: { tell(text: string): void } = { tell }): void {
  to.tell(`To go on: the same command with --from-line ${String(line)}`)
}

const HELP = `
Needs --environment, --database, --prefix and the peppers; of what is missing, all is asked for at
once. --prefix is for secrets: it tells a mistyped key of this app, and has no part in a digest.

Each line is a JSON object with name, ownerId, and secret, or digest: the SHA-256 of the secret in
hex, base64 or base64url. It may have environment (needed where --environment names several), kind,
scopes, allowedIps, tenantIds, resources, plan, limit, expiresAt (ISO 8601) and metadata. Blank lines
are passed over; a line has at most 65,536 bytes.

Keys are stored under the first of the app's peppers: SALLYPORT_PEPPERS, which must be set, and is
empty where the app has none, or SALLYPORT_PEPPERS_FILE. With others than the app's, a key that is
there is not found, and stored twice. A second run passes over what is there, so that an import can
be started again, or be gone on with by --from-line.

Examples:
  $ export SALLYPORT_DATABASE=keys.db SALLYPORT_PREFIX=acme SALLYPORT_PEPPERS=
  $ sallyport keys import keys.jsonl --environment live
  $ sallyport keys import keys.jsonl --environment live --environment test 2> refused.txt
  $ zcat keys.jsonl.gz | sallyport keys import - --environment live --from-line 40001`
