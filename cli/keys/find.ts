import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { ApiKey, Gate } from 'sallyport'
import { EXIT, UsageError, type Ended } from '../exit.js'
import { withGate } from '../gate.js'
import { tell } from '../output.js'
import { addPaging, pagesOf, printPages, type PagedOptions } from '../paged.js'
import { databaseOption } from '../settings.js'
import { keyColumns } from './columns.js'
import { hasHint, hasInName } from './filter.js'

export function addFind(keys: Command, ended: Ended): void {
  addPaging(
    keys
      .command('find')
      .description(
        "Finds keys by an id, a hint, a part of a name, or a secret that has leaked, in whatever state they are. Of a secret, '-' keeps it out of your shell's history.",
      )
      .argument('<text>', "what to look for; '-' for a secret on standard input"),
  )
    .addOption(databaseOption())
    .addHelpText('after', HELP)
    .action(async (words: string, options: PagedOptions) => {
      const found = await find(words, options)
      ended(found === 0 ? EXIT.refused : EXIT.done)
    })
}

async function find(words: string, options: PagedOptions): Promise<number> {
  const wanted = (words === '-' ? await text(process.stdin) : words).trim()
  if (wanted === '') throw new UsageError('give what to look for')
  return withGate(options, {}, async (gate) => {
    const key = (await gate.keys.get(wanted)) ?? (await gate.keys.findBySecret(wanted))
    const columns = keyColumns(options)
    if (key !== undefined) {
      return printPages(options, columns, () => Promise.resolve({ items: [key] }), NONE)
    }
    if (words === '-' || isLikeSecret(wanted)) tellOfHint()
    return printPages(options, columns, similarIn(gate, wanted), NONE)
  })
}

const NONE = 'No key found.'

function similarIn(gate: Gate, wanted: string) {
  const tests = [hasHint(wanted), hasInName(wanted), ({ id }: ApiKey) => id.startsWith(wanted)]
  return pagesOf(
    (page) => gate.keys.list(page),
    (key) => tests.some((test) => test(key)),
  )
}

/** A hint is 4 characters, and a name has spaces, or is short. */
function isLikeSecret(text: string): boolean {
  return text.length >= 24 && !/[\s.]/.test(text)
}

function tellOfHint(): void {
  tell(
    'No key has this secret under the peppers given (SALLYPORT_PEPPERS). Keys whose hint or name fits:',
  )
}

const HELP = `
A secret is found under the peppers of SALLYPORT_PEPPERS, or SALLYPORT_PEPPERS_FILE; without the one it is
stored under, only keys with its last 4 characters are listed. The secret itself is never printed.
Exit code 1: no key found.

Examples:
  $ sallyport keys find ...eSwg
  $ sallyport keys find 'billing server'
  $ sallyport keys find - < leaked.txt
  $ sallyport keys find key_4fQ2nT8vYb1LxWc0RzK7aM --json`
