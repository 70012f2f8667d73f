import type { Command } from 'commander'
import type { Page } from 'sallyport'
import { UsageError } from './exit.js'
import { print, printJson, tell } from './output.js'
import { parseCount } from './parse.js'
import { jsonOption, type OutputOptions } from './settings.js'
import { createTable, type Column } from './table.js'

/** How much of a list is wanted. */
export interface PagedOptions extends OutputOptions {
  readonly limit?: number
  readonly cursor?: string
  readonly all?: true
}

const DEFAULT_LIMIT = 50
/** The most that a store is asked for at once. */
const PAGE = 200

export function addPaging(command: Command): Command {
  return command
    .option(
      '--limit <number>',
      `how many at most; ${String(DEFAULT_LIMIT)} if not said`,
      parseCount,
    )
    .option('--cursor <cursor>', 'where the list before this one ended')
    .option('--all', 'all of them')
    .addOption(jsonOption('print a line of JSON for each'))
}

/** Prints a list page by page, however long it is. @throws {UsageError} */
export async function printPages<T>(
  options: PagedOptions,
  columns: readonly Column<T>[],
  read: (page: { readonly limit: number; readonly cursor?: string }) => Promise<Page<T>>,
): Promise<void> {
  if (options.all && options.limit !== undefined) throw new UsageError('give --all or --limit')
  const lay = createTable(columns)
  let left = options.all ? Infinity : (options.limit ?? DEFAULT_LIMIT)
  let { cursor } = options
  let shown = 0
  do {
    const limit = Math.min(left, PAGE)
    const page: Page<T> = await read({ limit, ...(cursor !== undefined && { cursor }) })
    left -= page.items.length
    shown += page.items.length
    cursor = page.cursor
    if (options.json) page.items.forEach(printJson)
    else if (shown > 0) lay(page.items, cursor !== undefined && left > 0).forEach(print)
  } while (cursor !== undefined && left > 0)
  if (shown === 0 && !options.json) tell('There are none.')
  if (cursor !== undefined) tell(`There are more: --cursor ${cursor}, or --all`)
}
