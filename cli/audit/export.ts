import { once } from 'node:events'
import type { Command } from 'commander'
import { readEvents, matchesFilter } from 'sallyport'
import { jsonLine } from '../output.js'
import type { DatabaseOptions } from '../settings.js'
import { fhirOf } from './fhir/event.js'
import { addFilters, filterOf, type FilterOptions } from './filters.js'
import { addKeys, addPlace, tellingDamage, withTrail, type KeyOptions } from './source.js'

interface ExportOptions extends DatabaseOptions, FilterOptions, KeyOptions {
  readonly fhir?: true
}

export function addExport(audit: Command): void {
  const command = audit
    .command('export')
    .description('Prints what happened, oldest first, a line of JSON for each.')
    .option('--fhir', 'as AuditEvents of FHIR R4 (NDJSON), in the patterns of IHE BALP')
  addPlace(addKeys(addFilters(command)))
    .addHelpText('after', HELP)
    .action(exportTrail)
}

async function exportTrail(directory: string | undefined, options: ExportOptions): Promise<void> {
  const filter = filterOf(options)
  const range = {
    ...(options.from && { since: options.from }),
    ...(options.to && { until: options.to }),
  }
  const { publicKey = [] } = options
  await withTrail(directory, options, (reader) =>
    tellingDamage(options, async (read) => {
      for await (const event of readEvents(reader, range, undefined, read)) {
        if (!matchesFilter(event, filter)) continue
        const line = jsonLine(options.fhir ? fhirOf(event, publicKey.length > 0) : event)
        // A trail is long: it is read no faster than it is taken.
        if (!process.stdout.write(line)) await once(process.stdout, 'drain')
      }
    }),
  )
}

const HELP = `
Examples:
  $ sallyport audit export audit/ --fhir --from 2030-01-01 --to 2030-02-01 > january.ndjson
  $ sallyport audit export --database postgres://audit@db.example.com/api --phi Patient/123 --fhir`
