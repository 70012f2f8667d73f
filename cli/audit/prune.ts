import type { Command } from 'commander'
import { milliseconds, RETENTION, type PruneOptions } from 'sallyport'
import { pruneAuditFiles } from 'sallyport/file'
import { openTrailTable } from '../database.js'
import { UsageError } from '../exit.js'
import { count, print, tell } from '../output.js'
import { days, parseCount } from '../parse.js'
import type { DatabaseOptions } from '../settings.js'
import { addKeys, addPlace, checkServer, keysOf, readTrail, type KeyOptions } from './source.js'

const DAY_MS = 86_400_000

interface PruneCommandOptions extends DatabaseOptions, KeyOptions {
  readonly olderThan?: number
  readonly retention?: number
}

export function addPrune(audit: Command): void {
  const command = audit
    .command('prune')
    .description(
      'Takes records off the beginning of each chain, up to a checkpoint that vouches for them; with --public-key, one that this key has signed. Refuses what is younger than the retention.',
    )
    .option('--older-than <days>', 'how old records must be (default: the retention)', parseCount)
    .option('--retention <days>', 'how many days records must be kept (default: 2192)', parseCount)
  addPlace(addKeys(command)).addHelpText('after', HELP).action(prune)
}

async function prune(directory: string | undefined, options: PruneCommandOptions): Promise<void> {
  const { retention = milliseconds(RETENTION) / DAY_MS, olderThan = retention } = options
  if (olderThan < retention) {
    throw new UsageError(
      `records are kept for ${count(retention, 'day')}; --older-than must be at least that; to keep less, say so with --retention`,
    )
  }
  // What is too long is said in its own words: no date is so far back.
  const age = milliseconds(days(olderThan))
  const place = directory ?? { url: checkServer(options.database) }
  const publicKeys = keysOf(options)
  const isProven = publicKeys.length > 0
  if (!isProven) tell(UNPROVEN)
  const now = Date.now()
  const bounds: PruneOptions = {
    before: new Date(now - age),
    retention: days(retention),
    clock: () => now,
    ...(isProven && { publicKeys }),
  }
  if (typeof place !== 'string') {
    const { trail, close } = await openTrailTable(place.url)
    try {
      print(`${count((await trail.prune(bounds)).records, 'record')} pruned.`)
    } finally {
      await close()
    }
    return
  }
  const { files, records } = await readTrail(place, () => pruneAuditFiles(place, bounds))
  print(`${count(records, 'record')} pruned, ${count(files, 'file')} removed.`)
}

const UNPROVEN =
  'warning: without --public-key, it is not proven who wrote the checkpoints that chains are cut at: give the public key of audit.key'

const HELP = `
Examples:
  $ sallyport audit prune /var/log/api/audit --public-key audit.pub.pem
  $ sallyport audit prune ./audit --older-than 3000 --public-key 2029.pem --public-key 2030.pem
  $ sallyport audit prune --database postgres://owner@db.example.com/api --public-key audit.pub.pem`
