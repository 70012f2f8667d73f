import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Acceptance } from 'sallyport/access'
import { UsageError } from '../exit.js'
import { fileFault } from '../file-fault.js'
import { day, instant, plain, print, printJson } from '../output.js'
import { addPaging, noneOf, printPages, type PagedOptions } from '../paged.js'
import { parseEnd, parseName } from '../parse.js'
import { databaseOption } from '../settings.js'
import type { Column } from '../table.js'
import { addDecision, personOf, withAccess, type DecisionOptions } from './session.js'

interface ListOptions extends PagedOptions {
  readonly owner?: string
  readonly terms?: string
}

interface RecordOptions extends DecisionOptions {
  readonly owner: string
  readonly terms: string
  readonly termsVersion: string
  readonly file: string
  readonly signedBy: string
  readonly signedAt?: Date
  readonly until?: Date
}

export function addAgreements(program: Command): void {
  const agreements = program
    .command('agreements')
    .description('Lists, records and ends what organizations have agreed to.')
  addPaging(
    agreements
      .command('list')
      .description('Lists acceptances of terms, newest first.')
      .option('--owner <id>', 'only those of this organization')
      .option('--terms <name>', "only those of these terms, such as 'baa'"),
  )
    .addOption(databaseOption())
    .addHelpText('after', LIST_HELP)
    .action(list)
  addDecision(
    agreements
      .command('record')
      .description('Records an agreement that was signed elsewhere.')
      .requiredOption('--owner <id>', 'the organization', parseName)
      .requiredOption('--terms <name>', "the name of the terms in your app, such as 'baa'")
      .requiredOption('--terms-version <version>', 'the version that was signed')
      .requiredOption('--file <path>', 'the text that was signed; its digest is kept')
      .requiredOption('--signed-by <person>', 'who signed it', parseName)
      .option(
        '--signed-at <when>',
        "'2030-01-31' or '2030-01-31T12:00:00Z'; default: now",
        parseEnd,
      )
      .option('--until <when>', "when it ends: '2031-01-31' or '365d'", parseEnd),
  )
    .addHelpText('after', RECORD_HELP)
    .action(record)
  addDecision(
    agreements
      .command('end')
      .description('Ends an agreement before its time.')
      .argument('<id>', 'the id of the acceptance', parseName)
      .option('--reason <text>', 'why'),
  )
    .addHelpText('after', END_HELP)
    .action(end)
}

async function list(options: ListOptions): Promise<void> {
  const { owner, terms } = options
  const filter = {
    ...(owner !== undefined && { ownerId: owner }),
    ...(terms !== undefined && { terms }),
  }
  await withAccess(options, ({ agreements }) =>
    printPages(
      options,
      columns(options),
      (page) => agreements.list({ ...filter, ...page }),
      noneOf('agreements', filter, 'Record one: sallyport agreements record --help'),
    ),
  )
}

async function record(options: RecordOptions): Promise<void> {
  const { owner, terms: id, termsVersion: version, signedBy, signedAt, until } = options
  const text = readText(options.file)
  const digest = createHash('sha256').update(text).digest('base64url')
  const input = {
    ...{ ownerId: owner, by: { id: signedBy, ownerId: owner }, terms: { id, version } },
    recordedBy: personOf(options),
    ...(signedAt !== undefined && { at: signedAt }),
    ...(until !== undefined && { until }),
  }
  const acceptance = await withAccess(options, ({ agreements }) => agreements.record(input), {
    [id]: { version, digest },
  })
  if (options.json) printJson(acceptance)
  else
    print(`Recorded ${acceptance.id}: ${plain(owner)} has accepted ${plain(id)} ${plain(version)}.`)
}

async function end(id: string, options: DecisionOptions): Promise<void> {
  const { reason } = options
  const input = { by: personOf(options), ...(reason !== undefined && { reason }) }
  const ended = await withAccess(options, ({ agreements }) => agreements.withdraw(id, input))
  if (options.json) printJson(ended)
  else print(`Ended ${id} of ${plain(ended.ownerId)}.`)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`--file: ${fileFault(error)}`)
  }
}

function columns({ wide = false }: { readonly wide?: boolean }): readonly Column<Acceptance>[] {
  const when = wide ? instant : day
  return [
    { title: 'ID', width: 26, whole: true, of: ({ id }) => id },
    { title: 'OWNER', width: 14, of: ({ ownerId }) => ownerId },
    { title: 'TERMS', width: 16, of: ({ terms }) => `${terms.id} ${terms.version}` },
    { title: 'BY', width: 14, spare: 1, of: ({ by }) => by.name ?? by.id },
    { title: 'AT', width: 10, whole: true, of: ({ at }) => when(at) },
    {
      title: 'ENDS',
      width: 10,
      whole: true,
      spare: 2,
      of: ({ end: ended, until }) => (ended ? 'ended' : until ? when(until) : '-'),
    },
  ]
}

const LIST_HELP = `
Examples:
  $ sallyport agreements list --owner org_1
  $ sallyport agreements list --terms baa --all --json > baa.jsonl`

const RECORD_HELP = `
Examples:
  $ sallyport agreements record --owner org_1 --terms baa --terms-version 3 --file baa.md \\
      --signed-by 'Ann Smith' --signed-at 2030-01-31 --until 2033-01-31`

const END_HELP = `
Examples:
  $ sallyport agreements end agr_4fQ2nT8vYb1LxWc0RzK7aM --reason 'the contract has ended'`
