import type { Command } from 'commander'
import { StoreError, type DueKey, type Duration, type Gate, type TrailReader } from 'sallyport'
import { explain, lacksTables, UsageError } from '../../exit.js'
import { fileFault } from '../../file-fault.js'
import { withGate } from '../../gate.js'
import { print, printJson, tell } from '../../output.js'
import { parseCount, parseDuration, parseMoment } from '../../parse.js'
import { replaceFile } from '../../replace-file.js'
import { jsonOption, type OutputOptions } from '../../settings.js'
import { checkProven, provenOption } from '../filters.js'
import { addKeys, addPlace, tellingDamage, withTrail, type KeyOptions } from '../source.js'
import { createCalendar } from './calendar.js'
import { gather } from './gather.js'
import { pageOf } from './page.js'
import { reviewOf } from './review.js'
import type { Review } from './terms.js'
import { textOf } from './text.js'

interface ReportOptions extends OutputOptions, KeyOptions {
  readonly html?: string
  readonly to?: Date | 'now'
  readonly weeks: number
  readonly timeZone: string
  readonly rotateAfter?: Duration
  readonly keys?: string
  readonly proven?: true
}

const MAX_WEEKS = 52
/** Names are asked for one by one. */
const MAX_NAMES = 200

export function addReport(audit: Command): void {
  const command = audit
    .command('report')
    .description(
      'Reviews seven days against the weeks before them: new addresses, unusual hours, volume, first times, denials, keys overdue for rotation.',
    )
    .option('--html <file>', 'write one page for people, with charts')
    .option(
      '--to <time>',
      "the day after the last one, or a time ago; 'now' includes today (default: today)",
      (text: string) => (text === 'now' ? text : parseMoment(text)),
    )
    .option('--weeks <number>', 'number of earlier weeks to compare with', parseCount, 8)
    .option(
      '--time-zone <name>',
      "where days and hours are counted, such as 'America/New_York'",
      'UTC',
    )
    .option(
      '--rotate-after <time>',
      "how old a key may grow: the app's own keys.rotateAfter; default: '90d'",
      parseDuration,
    )
    .option('--keys <where>', 'the database of the keys, where --database is not')
    .addOption(provenOption())
    .addOption(jsonOption())
  addPlace(addKeys(command)).addHelpText('after', HELP).action(report)
}

async function report(directory: string | undefined, options: ReportOptions): Promise<void> {
  if (options.weeks > MAX_WEEKS) throw new UsageError('--weeks must be at most 52')
  checkProven(options)
  const review = await withTrail(directory, options, (reader, source) =>
    reviewed(options, reader, source),
  )
  if (options.html !== undefined) await write(options.html, pageOf(review))
  if (options.json) printJson(review)
  else if (options.html === undefined) textOf(review).forEach(print)
}

async function reviewed(
  options: ReportOptions,
  reader: TrailReader,
  source: string,
): Promise<Review> {
  const { timeZone, weeks, to, rotateAfter } = options
  const now = new Date()
  const calendar = createCalendar(timeZone)
  const { day: today } = calendar.at(now.toISOString())
  const ends =
    to === 'now' ? today + 1 : to === undefined ? today : calendar.at(to.toISOString()).day
  const gathered = await tellingDamage(options, (read) =>
    gather(reader, calendar, { ends, past: weeks, proven: options.proven === true }, read),
  )
  const context = { timeZone, source, madeAt: now, today, signed: options.publicKey !== undefined }
  const withoutKeys = () => reviewOf(gathered, { ...context, names: new Map(), overdue: undefined })
  const database = options.keys ?? options.database
  if (!database) return withoutKeys()
  const busiest = [...gathered.callers.values()].sort(
    (a, b) => (b.weeks[0] ?? 0) - (a.weeks[0] ?? 0),
  )
  const ids = busiest.slice(0, MAX_NAMES).map(({ id }) => id)
  const app = rotateAfter === undefined ? {} : { rotateAfter }
  try {
    return await withGate({ database }, app, async (gate) => {
      const overdue = await dueIn(gate)
      const names = await namesOf(gate, ids)
      return reviewOf(gathered, { ...context, names, overdue })
    })
  } catch (error) {
    // A trail may have a database of its own.
    if (options.keys !== undefined || !lacksTables(error)) throw error
    tell(
      "The keys are in another database: say where with '--keys', for their names and rotations.",
    )
    return withoutKeys()
  }
}

/** A key that cannot be read has no name; that the others can be was found out before. */
async function namesOf(gate: Gate, ids: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const id of ids.filter((one) => one.startsWith('key_'))) {
    const key = await gate.keys.get(id).catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error
      tell(`warning: ${explain(error)}`)
      return undefined
    })
    if (key !== undefined) names.set(id, key.name)
  }
  return names
}

async function dueIn(gate: Gate): Promise<DueKey[]> {
  const all: DueKey[] = []
  let cursor: string | undefined
  do {
    const page = await gate.keys.due({ limit: 200, ...(cursor !== undefined && { cursor }) })
    all.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined)
  return all
}

/** Readable for those who may read the trail, and for no one else on this machine. @throws {UsageError} */
async function write(file: string, text: string): Promise<void> {
  try {
    await replaceFile(file, text)
  } catch (error) {
    throw new UsageError(`--html: the file cannot be written: ${fileFault(error)}`)
  }
  tell('The page is written.')
}

const HELP = `
Examples:
  $ sallyport audit report audit/ --database keys.db --html review.html
  $ sallyport audit report --database postgres://audit@db.example.com/api --time-zone America/New_York
  $ sallyport audit report audit/ --to 2030-02-04 --weeks 12 --json > review.json`
