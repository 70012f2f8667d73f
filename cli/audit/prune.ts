import type { Command } from 'commander'
import { RETENTION_DAYS } from 'sallyport'
import { pruneAuditFiles } from 'sallyport/file'
import { openTrailTable } from '../database.js'
import { UsageError } from '../exit.js'
import { count, print } from '../output.js'
import { parseCount } from '../parse.js'
import type { DatabaseOptions } from '../settings.js'
import { addPlace, checkServer, readTrail } from './source.js'

interface PruneCommandOptions extends DatabaseOptions {
  readonly olderThan?: number
  readonly retention?: number
}

export function addPrune(audit: Command): void {
  const command = audit
    .command('prune')
    .description(
      'Takes records off the beginning of each chain, up to a checkpoint that vouches for them. Refuses what is younger than the retention.',
    )
    .option(
      '--older-than <days>',
      'how old records must be; as the retention if not said',
      parseCount,
    )
    .option(
      '--retention <days>',
      'how many days records must be kept; 2192 if not said',
      parseCount,
    )
  addPlace(command).addHelpText('after', HELP).action(prune)
}

async function prune(directory: string | undefined, options: PruneCommandOptions): Promise<void> {
  const { retention = RETENTION_DAYS, olderThan = retention } = options
  if (olderThan < retention) {
    throw new UsageError(
      `records are kept for ${count(retention, 'day')}; --older-than must be at least that; to keep less, say so with --retention`,
    )
  }
  const now = Date.now()
  const before = new Date(now - olderThan * 86_400_000)
  const bounds = { before, now, retentionDays: retention }
  if (directory === undefined) {
    const { trail, close } = await openTrailTable(checkServer(options.database))
    try {
      print(`${count((await trail.prune(bounds)).records, 'record')} pruned.`)
    } finally {
      await close()
    }
    return
  }
  const { files, records } = await readTrail(directory, () => pruneAuditFiles(directory, bounds))
  print(`${count(records, 'record')} pruned, ${count(files, 'file')} removed.`)
}

const HELP = `
Examples:
  $ sallyport audit prune /var/log/api/audit
  $ sallyport audit prune ./audit --older-than 3000
  $ sallyport audit prune --database postgres://owner@db.example.com/api`
