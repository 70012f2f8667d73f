import { Option, type Command } from 'commander'
import { ACCESS_STATES, type AccessRequest, type AccessState } from 'sallyport/access'
import { day, instant } from '../output.js'
import { addPaging, noneOf, printPages, type PagedOptions } from '../paged.js'
import { databaseOption } from '../settings.js'
import type { Column } from '../table.js'
import { withAccess } from './session.js'

interface ListOptions extends PagedOptions {
  readonly owner?: string
  readonly state?: AccessState
}

export function addAccessList(access: Command): void {
  const command = access
    .command('list')
    .description('Lists requests for access, the one that waits longest first.')
    .option('--owner <id>', 'only those of this organization')
    .addOption(new Option('--state <state>', 'only those in this state').choices(ACCESS_STATES))
  addPaging(command).addOption(databaseOption()).addHelpText('after', HELP).action(list)
}

const FIRST =
  'Owners ask in your console, or your code does: access.request({ ownerId, by, useCase, environments })'

async function list(options: ListOptions): Promise<void> {
  const { owner, state } = options
  const filter = {
    ...(owner !== undefined && { ownerId: owner }),
    ...(state !== undefined && { state }),
  }
  await withAccess(options, (access) =>
    printPages(
      options,
      columns(options),
      (page) => access.list({ ...filter, order: 'oldest', ...page }),
      noneOf('requests for access', filter, FIRST),
    ),
  )
}

function columns({ wide = false }: { readonly wide?: boolean }): readonly Column<AccessRequest>[] {
  const when = wide ? instant : day
  return [
    { title: 'ID', width: 26, whole: true, of: ({ id }) => id },
    { title: 'OWNER', width: 14, of: ({ ownerId }) => ownerId },
    { title: 'STATE', width: 9, whole: true, of: ({ state }) => state },
    { title: 'WHERE', width: 16, spare: 2, of: ({ environments }) => environments.join(' ') },
    { title: 'DUE', width: 10, whole: true, spare: 3, of: ({ dueAt }) => when(dueAt) },
    { title: 'BY', width: 12, spare: 4, of: ({ steps }) => steps.at(-1)?.by.id ?? '-' },
    { title: 'USE CASE', width: 24, spare: 1, of: ({ useCase }) => useCase },
  ]
}

const HELP = `
Examples:
  $ sallyport access list --state requested
  $ sallyport access list --owner org_1 --all --json > access.jsonl`
