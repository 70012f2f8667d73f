import type { Command } from 'commander'
import { queryTrail } from 'sallyport'
import { addPaging, noneOf, printPages, type PagedOptions } from '../paged.js'
import { Unproven } from './unproven.js'
import { addFilters, columnsFor, filterOf, type FilterOptions } from './filters.js'
import { addKeys, addPlace, tellingDamage, withTrail, type KeyOptions } from './source.js'

type QueryOptions = PagedOptions & FilterOptions & KeyOptions

export function addQuery(audit: Command): void {
  const command = audit
    .command('query')
    .description(
      'Lists what happened, newest first: who touched what, and what they were answered.',
    )
  addPlace(addKeys(addPaging(addFilters(command))))
    .addHelpText('after', HELP)
    .action(query)
}

async function query(directory: string | undefined, options: QueryOptions): Promise<void> {
  const filter = filterOf(options)
  const unproven = new Unproven()
  await withTrail(directory, options, (reader) =>
    tellingDamage(options, (read) =>
      printPages(
        options,
        columnsFor(options),
        async (page) => unproven.noted(await queryTrail(reader, { ...filter, ...page }, read)),
        noneOf('records', filter, 'The API writes one for each request: call it with a key.'),
      ),
    ),
  )
  unproven.tell()
}

const HELP = `
Examples:
  $ sallyport audit query audit/ --phi Patient/123 --from 30d
  $ sallyport audit query audit/ --owner org_1 --outcome denied --all --json > denied.jsonl`
