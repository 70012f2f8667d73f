import { Option, type Command } from 'commander'
import type { ApiKey, KeyState } from 'sallyport'
import { withGate } from '../gate.js'
import { day } from '../output.js'
import { databaseOption } from '../settings.js'
import type { Column } from '../table.js'
import { addPaging, printPages, type PagedOptions } from '../paged.js'

interface ListOptions extends PagedOptions {
  readonly owner?: string
  readonly environment?: string
  readonly state?: KeyState
}

const STATES = ['active', 'disabled', 'expired', 'revoked'] satisfies KeyState[]

const COLUMNS: readonly Column<ApiKey>[] = [
  { title: 'ID', width: 26, of: ({ id }) => id },
  { title: 'NAME', width: 16, of: ({ name }) => name },
  { title: 'OWNER', width: 14, of: ({ ownerId }) => ownerId },
  { title: 'WHERE', width: 10, of: ({ environment }) => environment },
  { title: 'STATE', width: 8, of: ({ state }) => state },
  { title: 'ENDS', width: 10, of: ({ expiresAt }) => (expiresAt ? day(expiresAt) : '-') },
]

export function addList(keys: Command): void {
  addPaging(
    keys
      .command('list')
      .description('Lists keys, newest first.')
      .option('--owner <id>', 'only those of this organization')
      .option('--environment <name>', 'only those of this environment')
      .addOption(new Option('--state <state>', 'only those in this state').choices(STATES)),
  )
    .addOption(databaseOption())
    .addHelpText('after', HELP)
    .action(list)
}

async function list(options: ListOptions): Promise<void> {
  const { owner, environment, state } = options
  const filter = {
    ...(owner !== undefined && { ownerId: owner }),
    ...(environment !== undefined && { environment }),
    ...(state !== undefined && { state }),
  }
  await withGate(options, {}, (gate) =>
    printPages(options, COLUMNS, (page) => gate.keys.list({ ...filter, ...page })),
  )
}

const HELP = `
Examples:
  $ sallyport keys list --owner org_1 --state active
  $ sallyport keys list --all --json > keys.jsonl`
