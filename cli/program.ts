import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addAgreements } from './access/agreements.js'
import { addAccess } from './access/index.js'
import { addAudit } from './audit/index.js'
import { addDescribe } from './describe.js'
import { addDoctor } from './doctor/index.js'
import type { Ended } from './exit.js'
import { addKeys } from './keys/index.js'
import { addMigrate } from './migrate.js'
import { addSigningKey } from './signing-key.js'
import { addWebhooks } from './webhooks/index.js'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

/** The whole command. It throws a CommanderError where commander would end the process. */
export function createProgram(ended: Ended): Command {
  const program = new Command('sallyport')
    .description('Manages the API keys of an app that uses sallyport, and its audit trail.')
    .version(version)
    .exitOverride()
    .configureHelp({ helpWidth: 100, sortSubcommands: false })
    .configureOutput({ writeErr: (text) => void process.stderr.write(text), outputError })
    .addHelpText('after', HELP)
  addKeys(program, ended)
  addAccess(program)
  addAgreements(program)
  addWebhooks(program)
  addMigrate(program, ended)
  addSigningKey(program)
  addAudit(program, ended)
  addDescribe(program)
  addDoctor(program, ended)
  return program
}

/** In one line, and without what may have been a secret. */
function outputError(text: string, write: (text: string) => void): void {
  const line = text.trim().replaceAll('\n', ' ')
  write(`${line.replace(/'(--?[\w-]+)=[^']*'/g, "'$1'").replace(/'[^' ]{20,}'/g, "'...'")}\n`)
}

const HELP = `
Environment:
  SALLYPORT_DATABASE        the database, instead of --database
  SALLYPORT_PREFIX          what secrets begin with, instead of --prefix
  SALLYPORT_PEPPERS         the app's peppers, the current one first, with commas between them
  SALLYPORT_PEPPERS_FILE    a file with the app's peppers, one on a line, instead
  SALLYPORT_AUDIT_KEY_FILE  a file with the key that signs what --trail records

Exit codes:
  0    done
  1    refused: an unknown key, one in another state, or an answer of no; a trail that is not whole;
       something that the doctor found
  2    wrong usage
  3    the database cannot be reached, or failed
  4    an import is finished, and some lines were refused
  70   a fault of the command itself, or what it has to say could not be written
  130  ended by Ctrl-C

Examples:
  $ sallyport migrate --database keys.db
  $ export SALLYPORT_DATABASE=keys.db SALLYPORT_PREFIX=acme
  $ sallyport keys create --name 'Billing server' --owner org_1 --environment live
  $ sallyport keys list --owner org_1`
