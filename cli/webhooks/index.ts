import type { Command } from 'commander'
import type { KeyOutbox, OutboxFailure } from 'sallyport'
import { openDatabase } from '../database.js'
import { UsageError } from '../exit.js'
import { instant, print, tell } from '../output.js'
import { addPaging, printPages, type PagedOptions } from '../paged.js'
import { databaseOption, type DatabaseOptions } from '../settings.js'
import type { Column } from '../table.js'

/** A delivery that was given up, as it is shown. */
type Shown = Pick<OutboxFailure, 'seq' | 'target' | 'type' | 'subject' | 'attempts' | 'error'> & {
  readonly event: string
  readonly endedAt: Date
}

interface RetryOptions extends DatabaseOptions {
  readonly all?: true
}

const COLUMNS: readonly Column<Shown>[] = [
  { title: 'SEQ', width: 8, whole: true, of: ({ seq }) => seq },
  { title: 'GIVEN UP', width: 20, whole: true, of: ({ endedAt }) => instant(endedAt) },
  { title: 'TYPE', width: 16, of: ({ type }) => type },
  { title: 'ABOUT', width: 26, of: ({ subject }) => subject },
  { title: 'RECEIVER', width: 20, of: ({ target }) => target },
  { title: 'WHY', width: 24, of: ({ error }) => error },
]

export function addWebhooks(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .description(
      'Lists deliveries of events that were given up, of notify and of webhooks, and tries them again.',
    )
  addPaging(
    webhooks.command('list').description('Lists deliveries that were given up, the latest first.'),
  )
    .addOption(databaseOption())
    .addHelpText('after', LIST_HELP)
    .action(list)
  webhooks
    .command('retry')
    .description('Has a delivery tried again by the next instance that looks, or all of them.')
    .argument('[seq]', "the delivery, as 'list' has it")
    .option('--all', 'all that were given up')
    .addOption(databaseOption())
    .addHelpText('after', RETRY_HELP)
    .action(retry)
}

const NONE =
  'No deliveries were given up. After its last try, a delivery is listed here for 90 days.'

async function list(options: PagedOptions & DatabaseOptions): Promise<void> {
  await withOutbox(options, (outbox) =>
    printPages(
      options,
      COLUMNS,
      async (page) => {
        const { items, cursor } = await outbox.failures(page)
        return { items: items.map(shown), ...(cursor !== undefined && { cursor }) }
      },
      NONE,
    ),
  )
}

/** @throws {UsageError} */
async function retry(seq: string | undefined, options: RetryOptions): Promise<void> {
  if ((seq === undefined) === (options.all === undefined)) {
    throw new UsageError("give a delivery as 'sallyport webhooks list' has it, or --all")
  }
  const count = await withOutbox(options, async (outbox) => outbox.retry(seq))
  if (count === 0)
    tell(seq === undefined ? NONE : 'This delivery was not given up, or does not exist.')
  else print(`To be tried again: ${String(count)}`)
}

async function withOutbox<T>(
  options: DatabaseOptions,
  use: (outbox: KeyOutbox) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(options.database)
  try {
    const { outbox } = database.store
    if (outbox === undefined) throw new UsageError('this database keeps no events')
    return await use(outbox)
  } finally {
    await database.close()
  }
}

function shown({ seq, id, target, type, subject, attempts, endedAt, error }: OutboxFailure): Shown {
  return { seq, event: id, type, subject, target, attempts, endedAt, error }
}

const LIST_HELP = `
Examples:
  $ sallyport webhooks list --database keys.db
  $ sallyport webhooks list --all --json | jq -r .error | sort | uniq -c`
const RETRY_HELP = `
Examples:
  $ sallyport webhooks retry 17 --database keys.db
  $ sallyport webhooks retry --all`
