import { Option, type Command } from 'commander'
import {
  AuditError,
  MisuseError,
  queryTrail,
  type ApiKey,
  type AuditFilter,
  type Gate,
  type TrailReader,
} from 'sallyport'
import { withTrail } from '../audit/source.js'
import { isServer } from '../database.js'
import { explain, lacksTables, UsageError } from '../exit.js'
import { keyOf, withGate } from '../gate.js'
import { figure, instant, print, printJson, printRows, tell } from '../output.js'
import { parseId, parseMoment, parseName } from '../parse.js'
import { databaseOption, jsonOption, type OutputOptions } from '../settings.js'
import { createTable, type Column } from '../table.js'
import { showOwnerUsage, type OwnerUsageOptions } from './owner-usage.js'

interface KeyUsageOptions extends OutputOptions {
  readonly since?: Date
  readonly trail?: string
}

interface UsageOptions extends KeyUsageOptions, OwnerUsageOptions {
  readonly owner?: string
}

/** What became of a key on one day. */
interface UsageDay {
  readonly day: string
  /** As the key store has counted it. Absent: it keeps no counts. */
  used?: number
  /** Counted from the audit log. Absent: no audit log was given. */
  allowed?: number
  denied?: number
}

const DEFAULT_MS = 30 * 86_400_000

const COLUMNS: readonly Column<UsageDay>[] = [
  { title: 'DAY', of: ({ day }) => day },
  { title: 'USED', of: ({ used }) => figureOr(used) },
  { title: 'ALLOWED', of: ({ allowed }) => figureOr(allowed) },
  { title: 'DENIED', of: ({ denied }) => figureOr(denied) },
]

export function addUsage(keys: Command): void {
  keys
    .command('usage')
    .description(
      'Shows when and how often a key was used, by day (UTC); with an audit log, also how many of its requests were allowed and denied. Or what the requests of an organization came to.',
    )
    .argument('[id]', "the key's id", parseId)
    .option('--since <time>', 'since this day, or a time ago (default: 30d)', parseMoment)
    .option(
      '--trail <directory>',
      'where the files of the audit log are; without it, the table in PostgreSQL is read if there is one',
    )
    .option('--owner <id>', 'all requests of this organization', parseName)
    .option('--from <time>', 'with --owner: the first day (default: 29d before)', parseMoment)
    .option('--to <time>', 'with --owner: the last day (default: today)', parseMoment)
    .option('--environment <name>', 'with --owner: only those in this environment', parseName)
    .addOption(
      new Option('--by <what>', 'with --owner: what has a row of its own (default: day)').choices([
        'day',
        'key',
        'outcome',
      ]),
    )
    .option('--csv', 'with --owner: a table for a spreadsheet')
    .addOption(databaseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(usage)
}

/** @throws {UsageError} */
async function usage(id: string | undefined, options: UsageOptions): Promise<void> {
  const { since, trail, owner, from, to, environment, by, csv } = options
  const ofKey = since ?? trail
  const ofOwner = from ?? to ?? environment ?? by ?? csv
  if (id !== undefined && owner === undefined && ofOwner === undefined) {
    await showKeyUsage(id, options)
  } else if (id === undefined && owner !== undefined && ofKey === undefined) {
    await showOwnerUsage(owner, options)
  } else {
    throw new UsageError(
      'give the id of a key, and --since and --trail with it if you like; or --owner, and --from, --to, --environment, --by and --csv with it',
    )
  }
}

async function showKeyUsage(id: string, options: KeyUsageOptions): Promise<void> {
  const since = startOfDay(options.since ?? new Date(Date.now() - DEFAULT_MS))
  const days = new Map<string, UsageDay>()
  const key = await withGate(options, {}, async (gate) => {
    const found = await keyOf(gate, id)
    await countUses(gate, id, since, days)
    return found
  })
  await countOutcomes(id, options, since, days)
  const sorted = [...days.values()].sort((a, b) => (a.day < b.day ? 1 : -1))
  // The table is there also where an app keeps its audit log elsewhere, or none.
  const isTold = options.trail !== undefined || sorted.some(({ allowed }) => allowed !== undefined)
  if (options.json) {
    const { name, state, lastUsedAt, plan, limit } = key
    printJson({ id, name, state, lastUsedAt, plan, limit, since, days: sorted })
    return
  }
  describe(key)
  if (sorted.length === 0) print(`No use since ${instant(since)}.`)
  else createTable(isTold ? COLUMNS : COLUMNS.slice(0, 2))(sorted, false).forEach(print)
  tell('How much of its limits is used up is in the limit store of your app, not in this database.')
}

function describe({ id, name, state, lastUsedAt, plan, limit }: ApiKey): void {
  printRows([
    ['Id', id],
    ['Name', name],
    ['State', state],
    ['Last used', lastUsedAt ? instant(lastUsedAt) : 'never'],
    ['Plan', plan ?? "the app's default"],
    ['Limit', limit === undefined ? "the plan's own" : `${figure(limit)} in the first quota`],
  ])
  print('')
}

/** How often the key was in force for a request, whatever was decided after that. */
async function countUses(
  gate: Gate,
  id: string,
  since: Date,
  days: Map<string, UsageDay>,
): Promise<void> {
  try {
    for (const { day, count } of await gate.keys.usage(id, { since })) {
      const one = dayOf(days, day)
      one.used = (one.used ?? 0) + count
    }
  } catch (error) {
    if (!(error instanceof MisuseError && error.code === 'not_supported')) throw error
  }
}

/** Clocks of instances may be ahead. */
const DAY_MS = 86_400_000

async function countOutcomes(
  id: string,
  { database, trail }: KeyUsageOptions,
  since: Date,
  days: Map<string, UsageDay>,
): Promise<void> {
  if (trail === undefined && !(database && isServer(database))) return
  // Anybody who can add to a trail can name any day to come.
  const soon = new Date(Date.now() + DAY_MS)
  try {
    await withTrail(trail, { ...(database !== undefined && { database }) }, (reader) =>
      countEvents(reader, { keyId: id, kind: 'access', from: since, to: soon }, days),
    )
  } catch (error) {
    // Not everybody may read it.
    if (trail !== undefined || !(error instanceof AuditError)) throw error
    if (!lacksTables(error)) tell(`The audit log is left out: ${explain(error)}`)
  }
}

async function countEvents(
  reader: TrailReader,
  filter: AuditFilter,
  days: Map<string, UsageDay>,
): Promise<void> {
  let cursor: string | undefined
  do {
    const page = await queryTrail(reader, { ...filter, limit: 5_000, ...(cursor && { cursor }) })
    for (const event of page.items) {
      if (event.kind !== 'access') continue
      const { time, outcome, count = 1 } = event
      const one = dayOf(days, time.slice(0, 10))
      one.allowed = (one.allowed ?? 0) + (outcome === 'allowed' ? count : 0)
      one.denied = (one.denied ?? 0) + (outcome === 'allowed' ? 0 : count)
    }
    cursor = page.cursor
  } while (cursor !== undefined)
}

function dayOf(days: Map<string, UsageDay>, day: string): UsageDay {
  const known = days.get(day) ?? { day }
  days.set(day, known)
  return known
}

function startOfDay(date: Date): Date {
  return new Date(date.toISOString().slice(0, 10))
}

function figureOr(number: number | undefined): string {
  return number === undefined ? '-' : figure(number)
}

const HELP = `
A use is a request for which the key was in force, whatever was decided after that. Your app writes
its counts every 10 seconds.

Examples:
  $ sallyport keys usage key_4fQ2nT8vYb1LxWc0RzK7aM
  $ sallyport keys usage key_4fQ2nT8vYb1LxWc0RzK7aM --since 7d --trail /var/log/api/audit --json
  $ sallyport keys usage --owner org_1 --from 2030-01-01 --to 2030-01-31 --csv > january.csv
  $ sallyport keys usage --owner org_1 --environment live --by outcome`
