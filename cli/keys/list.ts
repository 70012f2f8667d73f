import { Option, type Command } from 'commander'
import type { KeyState } from 'sallyport'
import { withGate } from '../gate.js'
import {
  addPaging,
  noneOf,
  pagesOf,
  printPages,
  type PagedOptions,
  type PageQuery,
} from '../paged.js'
import { databaseOption } from '../settings.js'
import { keyColumns } from './columns.js'
import { addKeyFilters, keyFilterOf, type KeyFilterOptions } from './filter.js'

interface ListOptions extends PagedOptions, KeyFilterOptions {
  readonly owner?: string
  readonly environment?: string
  readonly state?: KeyState
}

const STATES = ['active', 'disabled', 'expired', 'revoked'] satisfies KeyState[]

export function addList(keys: Command): void {
  const command = keys
    .command('list')
    .description('Lists keys, newest first.')
    .option('--owner <id>', 'only those of this organization')
    .option('--environment <name>', 'only those of this environment')
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
  addPaging(addKeyFilters(command))
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
  const isWanted = keyFilterOf(options)
  await withGate(options, {}, async (gate) => {
    const read = (page: PageQuery) => gate.keys.list({ ...filter, ...page })
    const narrowed = isWanted === undefined ? filter : { ...filter, isWanted }
    const none = noneOf('keys', narrowed, FIRST)
    const pages = isWanted ? pagesOf(read, isWanted) : read
    await printPages(options, keyColumns(options), pages, none)
  })
}

const FIRST =
  "Create one: sallyport keys create --name 'Billing server' --owner org_1 --environment live"

const HELP = `
Examples:
  $ sallyport keys list --owner org_1 --state active
  $ sallyport keys list --hint ...eSwg --wide
  $ sallyport keys list --scope write:orders --metadata team=billing
  $ sallyport keys list --all --json > keys.jsonl`
