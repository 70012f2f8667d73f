import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { RevokeOptions as KeyRevocation } from 'sallyport'
import { DeclinedError, UsageError } from '../exit.js'
import { withKeys } from '../gate.js'
import { count, instant, plain, print, printJson } from '../output.js'
import { parseId } from '../parse.js'
import { addChange, type ChangeOptions } from '../settings.js'

interface RevokeOptions extends ChangeOptions {
  readonly owner?: string
  readonly environment?: string
  readonly reason?: string
  readonly yes?: true
  readonly descendants?: true
}

export function addRevoke(keys: Command): void {
  const command = keys
    .command('revoke')
    .description(
      "Ends a key at once and for good, and its partner in a rotation's grace; or every key of an organization.",
    )
    .argument('[id]', "the key's id", parseId)
    .option('--owner <id>', 'every key of this organization')
    .option('--environment <name>', 'with --owner: only those of this environment')
    .option('--reason <text>', 'why; anyone who lists the keys can read it')
    .option('--descendants', 'also the keys that were made by it, directly and indirectly')
    .option('--yes', 'with --owner: do not ask')
  addChange(command).addHelpText('after', HELP).action(revoke)
}

async function revoke(id: string | undefined, options: RevokeOptions): Promise<void> {
  const { owner, environment, reason, descendants } = options
  const why = {
    ...(reason !== undefined && { reason }),
    ...(descendants !== undefined && { descendants }),
  }
  if (id !== undefined && owner === undefined && environment === undefined) {
    await revokeOne(id, why, options)
  } else if (id === undefined && owner !== undefined) {
    await revokeAll(
      { ownerId: owner, ...(environment !== undefined && { environment }) },
      why,
      options,
    )
  } else {
    throw new UsageError('give the id of a key, or --owner, and --environment with it if you like')
  }
}

async function revokeOne(id: string, why: KeyRevocation, options: RevokeOptions): Promise<void> {
  const key = await withKeys(options, {}, (keys) => keys.revoke(id, why))
  if (options.json) printJson(key)
  else print(`Revoked ${id} (${plain(key.name)}), everywhere by ${instant(key.effectiveBy)}.`)
}

async function revokeAll(
  whose: { readonly ownerId: string; readonly environment?: string },
  why: KeyRevocation,
  options: RevokeOptions,
): Promise<void> {
  const { ownerId, environment } = whose
  const where = environment === undefined ? '' : ` in ${plain(environment)}`
  if (!options.yes) await confirm(`Revoke every key of ${plain(ownerId)}${where}, for good? [y/N] `)
  const ended = await withKeys(options, {}, (keys) => keys.revokeAll({ ...whose, ...why }))
  if (options.json) printJson(ended)
  else print(`Revoked ${count(ended.revoked, 'key')}, everywhere by ${instant(ended.effectiveBy)}.`)
}

async function confirm(question: string): Promise<void> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) throw new UsageError('there is no terminal to ask on; say --yes')
  const terminal = createInterface({ input: stdin, output: stderr })
  // Ctrl-C, or the end of what is typed, is a no.
  const end = new AbortController()
  terminal.once('close', () => {
    end.abort()
  })
  const answer = await terminal.question(question, { signal: end.signal }).catch(() => '')
  terminal.close()
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new DeclinedError('nothing was revoked')
}

const HELP = `
Examples:
  $ sallyport keys revoke key_4fQ2nT8vYb1LxWc0RzK7aM --reason 'seen in a public repository'
  $ sallyport keys revoke key_4fQ2nT8vYb1LxWc0RzK7aM --descendants --reason 'a stolen manager'
  $ sallyport keys revoke --owner org_1 --environment test --yes`
