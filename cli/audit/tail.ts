import { hash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import { parseAuditLine, queryTrail, type AuditEvent, type TrailReader } from 'sallyport'
import { UsageError } from '../exit.js'
import { print, printJson } from '../output.js'
import { parseCount } from '../parse.js'
import { jsonOption, type OutputOptions } from '../settings.js'
import { createTable } from '../table.js'
import { Unproven } from './unproven.js'
import { checkProven, columnsFor, provenOption } from './filters.js'
import {
  addKeys,
  addPlace,
  tellDamaged,
  tellingDamage,
  withTrail,
  type KeyOptions,
} from './source.js'

interface TailOptions extends OutputOptions, KeyOptions {
  readonly lines: number
  readonly follow?: true
  readonly proven?: true
}

const MAX_LINES = 200
const POLL_MS = 1_000
/** How far a look goes back: records wait a little before they are written. */
const BACK_MS = 300_000
/** How many characters a look shows. */
const MAX_LOOK = 33_554_432

export function addTail(audit: Command): void {
  const command = audit
    .command('tail')
    .description('Shows what happened last, the latest at the end.')
    .option('-n, --lines <number>', 'how many, at most 200', parseCount, 20)
    .option('-f, --follow', 'go on with what happens, until Ctrl-C')
    .addOption(provenOption())
    .addOption(jsonOption('print a line of JSON for each'))
  addPlace(addKeys(command)).addHelpText('after', HELP).action(tail)
}

async function tail(directory: string | undefined, options: TailOptions): Promise<void> {
  if (options.lines > MAX_LINES) throw new UsageError('--lines must be at most 200')
  checkProven(options)
  // No checkpoint vouches yet for what is written just now.
  if (options.proven && options.follow) throw new UsageError('give --proven or --follow')
  const lay = createTable(columnsFor(options))
  const show = (events: readonly AuditEvent[]) => {
    if (options.json) events.forEach(printJson)
    else lay(events, options.follow === true).forEach(print)
  }
  await withTrail(directory, options, async (reader) => {
    const next = options.follow && (await createFollower(reader))
    const page = await tellingDamage(options, (read) =>
      queryTrail(reader, { limit: options.lines, ...(options.proven && { proven: true }) }, read),
    )
    show([...page.items].reverse())
    const unproven = new Unproven()
    unproven.noted(page)
    unproven.tell()
    if (!next) return
    for (;;) {
      await pause(POLL_MS)
      const news = await next()
      if (news.length > 0) show(news)
    }
  })
}

/** What is written from now on: one that is written again comes again, and no checkpoint vouches for it yet. */
async function createFollower(reader: TrailReader): Promise<() => Promise<AuditEvent[]>> {
  const read = (await reader.follow?.()) ?? createLook(reader)

  async function look(): Promise<AuditEvent[]> {
    const records = (await read()).map(parseAuditLine)
    tellDamaged(records.filter((record) => record === undefined).length)
    const events = records.flatMap((record) =>
      record !== undefined && 'outcome' in record ? [{ ...record, proven: false }] : [],
    )
    return events.sort((a, b) => (a.time < b.time ? -1 : 1))
  }

  await read()
  return look
}

/** The recent lines that were not there at the look before. */
function createLook(reader: TrailReader): () => Promise<readonly string[]> {
  let before = new Set<string>()
  return async () => {
    const now = Date.now()
    const seen = new Set<string>()
    const fresh: string[] = []
    let bytes = 0
    // Anybody may have added lines of a time to come, which would be read at each look.
    const range = { since: new Date(now - BACK_MS), until: new Date(now + BACK_MS) }
    for await (const { line } of reader.lines(range)) {
      const digest = hash('sha256', line, 'base64url')
      const isFresh = !before.has(digest)
      // What there is no room for is shown at the next look.
      if (isFresh && bytes > MAX_LOOK) continue
      seen.add(digest)
      if (!isFresh) continue
      fresh.push(line)
      bytes += line.length
    }
    before = seen
    return fresh
  }
}

const HELP = `
Examples:
  $ sallyport audit tail audit/ -n 50
  $ sallyport audit tail audit/ --follow --json`
