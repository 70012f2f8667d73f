import type { Command } from 'commander'
import type { Page } from 'sallyport'
import { UsageError } from './exit.js'
import { print, printJson, tell } from './output.js'
import { parseCount } from './parse.js'
import { jsonOption, type OutputOptions } from './settings.js'
import { createTable, tableRoom, type Column } from './table.js'

/** How much of a list is wanted. */
export interface PagedOptions extends OutputOptions {
  readonly limit?: number
  readonly cursor?: string
  readonly all?: true
  readonly wide?: true
}

/** Which page is wanted. */
export interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}

const DEFAULT_LIMIT = 50
/** The most that a store is asked for at once. */
const PAGE = 200

export function addPaging(command: Command): Command {
  return command
    .option(
      '--limit <number>',
      `maximum number of rows (default: ${String(DEFAULT_LIMIT)})`,
      parseCount,
    )
    .option('--cursor <cursor>', 'where the list before this one ended')
    .option('--all', 'all of them')
    .option('--wide', 'cut nothing, however narrow the terminal is; times in full')
    .addOption(jsonOption('print a line of JSON for each'))
}

/** What an empty list says: of a list that was narrowed to something, there may be others. @param one how to get a first one */
export function noneOf(what: string, filter: object, one: string): string {
  const isNarrowed = Object.keys(filter).length > 0
  return isNarrowed ? `No ${what} match these options.` : `No ${what} yet. ${one}`
}

/**
 * Prints a list page by page, however long it is, and returns how many rows there were.
 * @param none what an empty list says
 * @throws {UsageError}
 */
export async function printPages<T>(
  options: PagedOptions,
  columns: readonly Column<T>[],
  read: (page: PageQuery) => Promise<Page<T>>,
  none: string,
): Promise<number> {
  if (options.all && options.limit !== undefined) throw new UsageError('give --all or --limit')
  const lay = createTable(columns, options.wide ? Infinity : tableRoom(), (titles) => {
    tell(`No room for ${titles.join(', ')}: use a wider terminal, --wide or --json.`)
  })
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
  if (shown === 0 && !options.json) tell(options.cursor === undefined ? none : 'There are no more.')
  if (cursor !== undefined) tell(`There are more: --cursor ${cursor}, or --all`)
  return shown
}

/** Pages of what a list has that is wanted, by reading all of it. */
export function pagesOf<T>(
  read: (page: PageQuery) => Promise<Page<T>>,
  isWanted: (item: T) => boolean,
): (page: PageQuery) => Promise<Page<T>> {
  return async ({ limit, cursor }) => {
    const found: T[] = []
    let from = cursor === undefined ? {} : { cursor }
    for (;;) {
      const page = await read({ limit: PAGE, ...from })
      const places = [...page.items.keys()].filter((at) => isWanted(page.items[at] as T))
      const taken = places.slice(0, limit - found.length)
      found.push(...taken.map((at) => page.items[at] as T))
      const last = taken.at(-1)
      if (found.length === limit && last !== undefined) {
        // Where the next page begins, only the store can say.
        const upTo = last + 1 < page.items.length ? await read({ limit: last + 1, ...from }) : page
        return { items: found, ...(upTo.cursor !== undefined && { cursor: upTo.cursor }) }
      }
      if (page.cursor === undefined) return { items: found }
      from = { cursor: page.cursor }
    }
  }
}
