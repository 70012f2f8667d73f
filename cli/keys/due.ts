import type { Command } from 'commander'
import type { DueKey, Duration } from 'sallyport'
import { withGate } from '../gate.js'
import { day } from '../output.js'
import { parseDuration } from '../parse.js'
import { databaseOption } from '../settings.js'
import type { Column } from '../table.js'
import { addPaging, printPages, type PagedOptions } from '../paged.js'

interface DueOptions extends PagedOptions {
  readonly within?: Duration
  readonly rotateAfter?: Duration
  readonly owner?: string
  readonly environment?: string
}

const COLUMNS: readonly Column<DueKey>[] = [
  { title: 'DUE', width: 10, whole: true, of: ({ dueAt }) => day(dueAt) },
  { title: 'ID', width: 26, whole: true, of: ({ id }) => id },
  { title: 'NAME', width: 18, of: ({ name }) => name },
  { title: 'OWNER', width: 16, of: ({ ownerId }) => ownerId },
  { title: 'WHERE', width: 10, of: ({ environment }) => environment },
]

export function addDue(keys: Command): void {
  addPaging(
    keys
      .command('due')
      .description(
        'Lists active keys that wait for their rotation, the one that waits longest first.',
      )
      .option(
        '--within <time>',
        "also those that will be due within this time, such as '14d'",
        parseDuration,
      )
      .option(
        '--rotate-after <time>',
        "how old a key may grow: the app's own keys.rotateAfter; default: '90d'",
        parseDuration,
      )
      .option('--owner <id>', 'only those of this organization')
      .option('--environment <name>', 'only those of this environment'),
  )
    .addOption(databaseOption())
    .addHelpText('after', HELP)
    .action(due)
}

async function due(options: DueOptions): Promise<void> {
  const { within, rotateAfter, owner, environment } = options
  const query = {
    ...(within !== undefined && { within }),
    ...(owner !== undefined && { ownerId: owner }),
    ...(environment !== undefined && { environment }),
  }
  const app = rotateAfter === undefined ? {} : { rotateAfter }
  await withGate(options, app, (gate) =>
    printPages(options, COLUMNS, (page) => gate.keys.due({ ...query, ...page }), NONE),
  )
}

const NONE =
  'No keys are due for rotation. To see those that will be soon: sallyport keys due --within 14d'

const HELP = `
Examples:
  $ sallyport keys due --within 14d
  $ sallyport keys due --rotate-after 30d --owner org_1 --json`
