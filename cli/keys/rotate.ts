import type { Command } from 'commander'
import type { Duration } from 'sallyport'
import { withKeys } from '../gate.js'
import { instant, plain, print, printJson, tell } from '../output.js'
import { parseDuration, parseId } from '../parse.js'
import { addChange, prefixOf, prefixOption, type ChangeOptions } from '../settings.js'

interface RotateOptions extends ChangeOptions {
  readonly grace?: Duration
  readonly prefix?: string
}

export function addRotate(keys: Command): void {
  const command = keys
    .command('rotate')
    .description(
      'Creates the successor of a key, with the same rights and the same end. Its secret is printed on standard output, this once.',
    )
    .argument('<id>', "the key's id", parseId)
    .option('--grace <time>', "how long the old key keeps working (default: '24h')", parseDuration)
    .addOption(prefixOption())
  addChange(command).addHelpText('after', HELP).action(rotate)
}

async function rotate(id: string, options: RotateOptions): Promise<void> {
  const { grace } = options
  const how = grace === undefined ? {} : { gracePeriod: grace }
  const app = { prefix: prefixOf(options) }
  const key = await withKeys(options, app, (keys) => keys.rotate(id, how))
  if (options.json) {
    printJson(key)
    return
  }
  const { expiresAt } = key.previous
  if (expiresAt) tell(`${id} ends at ${instant(expiresAt)}.`)
  tell(`Its successor is ${key.id}. The secret is shown this once:`)
  print(plain(key.secret))
}

const HELP = `
What is said of peppers by 'sallyport keys create --help' holds for the successor.

Examples:
  $ export SALLYPORT_DATABASE=keys.db SALLYPORT_PREFIX=acme
  $ sallyport keys rotate key_4fQ2nT8vYb1LxWc0RzK7aM
  $ sallyport keys rotate key_4fQ2nT8vYb1LxWc0RzK7aM --grace 7d`
