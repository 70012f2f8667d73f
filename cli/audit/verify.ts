import type { Command } from 'commander'
import { verifyTrail, type TrailFinding, type TrailReport } from 'sallyport'
import { EXIT, type Ended } from '../exit.js'
import { count, figure, plain, print, printJson } from '../output.js'
import { days, parseCount } from '../parse.js'
import { jsonOption, type OutputOptions } from '../settings.js'
import { addKeys, addPlace, keysOf, withTrail, type KeyOptions } from './source.js'

interface VerifyCommandOptions extends OutputOptions, KeyOptions {
  readonly retention?: number
  readonly unsigned?: true
}

export function addVerify(audit: Command, ended: Ended): void {
  const command = audit
    .command('verify')
    .description(
      'Holds each record of a trail to its chain, and goes on after what is wrong. Ends with 1 if a record is invalid or missing, or nothing is proven: without --public-key, nothing is. If nobody signs the trail, give --unsigned.',
    )
    .option('--retention <days>', 'how many days records are kept (default: 2192)', parseCount)
    .option('--unsigned', 'do not ask for proof: nobody signs this trail')
    .addOption(jsonOption())
  addPlace(addKeys(command))
    .addHelpText('after', HELP)
    .action(async (directory: string | undefined, options: VerifyCommandOptions) => {
      ended(await verify(directory, options))
    })
}

async function verify(directory: string | undefined, options: VerifyCommandOptions) {
  const { retention, json, unsigned = false } = options
  const publicKeys = keysOf(options)
  const report = await withTrail(directory, options, (reader) =>
    verifyTrail(reader.lines(), {
      publicKeys,
      ...(retention !== undefined && { retention: days(retention) }),
    }),
  )
  if (json) printJson(report)
  else print(summary(report, { signed: publicKeys.length > 0, unsigned }))
  // Of a trail that was taken away, or looked for in the wrong place, nothing is wrong.
  const { writers, valid, invalid, missing } = report
  const isProven = valid > 0 || (unsigned && writers > 0)
  return isProven && invalid + missing === 0 ? EXIT.done : EXIT.refused
}

const UNPROVEN = 'Without --public-key, nothing is proven.'
const SAY_UNSIGNED = `${UNPROVEN} If nobody signs this trail, give --unsigned.`

const NOT_YET =
  'No checkpoint vouches for these records yet. While the API runs with audit.key, the next one comes within 60 s.'

function summary(
  report: TrailReport,
  { signed, unsigned }: { readonly signed: boolean; readonly unsigned: boolean },
): string {
  const { writers, valid, invalid, missing, unproven, torn, dropped, findings } = report
  const counted = findings.filter(({ fault }) => fault !== 'unproven_claim')
  const told = counted.reduce((sum, { count: many = 1 }) => sum + many, 0)
  const more = invalid + missing + torn > told ? ['...'] : []
  return [
    `${count(writers, 'writer')}: ${figure(valid)} valid, ${figure(invalid)} invalid, ${figure(missing)} missing, ${figure(unproven)} unproven`,
    ...(writers + invalid > 0 ? [] : ['There are no records here.']),
    ...(signed ? [] : [unsigned ? UNPROVEN : SAY_UNSIGNED]),
    ...(signed && unproven > 0 && valid + invalid + missing === 0 ? [NOT_YET] : []),
    ...(torn > 0 ? [`${count(torn, 'line')} broken off by a crash, and never acknowledged`] : []),
    ...(dropped > 0 ? [`${count(dropped, 'record')} dropped before they were written`] : []),
    ...findings.map(describe),
    ...more,
  ].join('\n')
}

function describe({ fault, where, writer, seq, count: many }: TrailFinding): string {
  const which = writer === undefined ? '' : ` ${plain(writer)} ${String(seq)}`
  const number = many === undefined ? '' : `, ${count(many, 'record')}`
  return `${plain(where)}: ${fault.replaceAll('_', ' ')}${which}${number}`
}

const HELP = `
Examples:
  $ sallyport audit verify /var/log/api/audit --public-key audit.pub.pem
  $ sallyport audit verify ./audit --public-key 2029.pem --public-key 2030.pem --json
  $ sallyport audit verify ./audit --unsigned
  $ sallyport audit verify --database postgres://audit@db.example.com/api --public-key audit.pub.pem`
