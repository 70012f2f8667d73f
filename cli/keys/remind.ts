import type { Command } from 'commander'
import type { Duration, Reminder } from 'sallyport'
import { withGate } from '../gate.js'
import { day, jsonLine, plain, print } from '../output.js'
import { parseDuration } from '../parse.js'
import { databaseOption, type DatabaseOptions } from '../settings.js'

interface RemindOptions extends DatabaseOptions {
  readonly rotateAfter?: Duration
  readonly owner?: string
  readonly json?: boolean
}

export function addRemind(keys: Command): void {
  keys
    .command('remind')
    .description(
      'Notes a reminder, once for each key, 14 and 7 days before its rotation is due and when it is, and prints those that are new. Instances with notify or webhooks send them.',
    )
    .option(
      '--rotate-after <time>',
      "how old a key may grow: the app's own keys.rotateAfter; default: '90d'",
      parseDuration,
    )
    .option('--owner <id>', 'only those of this organization')
    .option('--json', 'print a line of JSON for each')
    .addOption(databaseOption())
    .addHelpText('after', HELP)
    .action(remind)
}

async function remind(options: RemindOptions): Promise<void> {
  const { rotateAfter, owner, json } = options
  const app = rotateAfter === undefined ? {} : { rotateAfter }
  await withGate(options, app, async (gate) => {
    for (const reminder of await gate.events.remind(owner)) {
      print(json ? jsonLine(reminder) : plain(lineOf(reminder)))
    }
  })
}

function lineOf({ dueAt, keyId, name, ownerId }: Reminder): string {
  return [day(dueAt), keyId, ownerId, name].join('  ')
}

const HELP = `
Examples:
  $ sallyport keys remind --database keys.db
  $ sallyport keys remind --rotate-after 30d --owner org_1 --json`
