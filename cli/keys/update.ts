import type { Command } from 'commander'
import type { UpdateKeyInput } from 'sallyport'
import { UsageError } from '../exit.js'
import { withKeys } from '../gate.js'
import { instant, plain, print, printJson } from '../output.js'
import { collect, parseCount, parseEnd, parseId, parseMetadata } from '../parse.js'
import { addChange, scopeOption, type ChangeOptions } from '../settings.js'
import { warnOfPlan } from './known-plans.js'

/** What is set, or `false` for what is taken away. */
interface UpdateOptions extends ChangeOptions {
  readonly name?: string
  readonly scope?: readonly string[] | false
  readonly allowIp?: readonly string[] | false
  readonly tenant?: readonly string[] | false
  readonly resource?: readonly string[] | false
  readonly plan?: string | false
  readonly limit?: number | false
  readonly expires?: Date | false
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly disable?: true
  readonly enable?: true
  readonly reason?: string
}

export function addUpdate(keys: Command): void {
  const command = keys
    .command('update')
    .description('Changes a key, from its next request on. What is not given stays as it is.')
    .argument('<id>', "the key's id", parseId)
    .option('--name <name>', 'what people call it')
    .addOption(scopeOption('what it may do, in the place of all before; several times for several'))
    .option('--no-scope', 'take all its scopes away')
    .option(
      '--allow-ip <address>',
      'an address or network it works from, in the place of all before; several times',
      collect,
    )
    .option('--no-allow-ip', 'let it work from anywhere')
    .option(
      '--tenant <id>',
      'a tenant it may act for, in the place of all before; several times',
      collect,
    )
    .option('--no-tenant', 'let it act for no tenant')
    .option(
      '--resource <type/id>',
      'a resource it is held to, in the place of all before; several times',
      collect,
    )
    .option('--no-resource', 'hold it to no resource')
    .option('--plan <name>', 'its plan, in the words of the app')
    .option('--no-plan', "give it the app's default plan")
    .option('--limit <number>', "in the place of the plan's first quota", parseCount)
    .option('--no-limit', "give it the plan's own quota")
    .option('--expires <when>', "'2030-01-31', '2030-01-31T12:00:00Z' or '90d'", parseEnd)
    .option('--no-expires', 'let it never expire')
    .option('--metadata <json>', 'a JSON object, in the place of the one before', parseMetadata)
    .option('--disable', 'refuse it until it is enabled again')
    .option('--enable', 'let a disabled key work again')
    .option('--reason <text>', 'why, for the audit log; with --trail')
  addChange(command).addHelpText('after', HELP).action(update)
}

async function update(id: string, options: UpdateOptions): Promise<void> {
  const { reason, trail } = options
  const changes = inputOf(options)
  if (reason !== undefined && trail === undefined) {
    throw new UsageError('--reason is kept in the audit log: give --trail as well')
  }
  const input = { ...changes, ...(reason !== undefined && { reason }) }
  if (Object.keys(changes).length === 0) {
    throw new UsageError("give what to change, such as '--scope read:orders' or '--disable'")
  }
  const app = { scopes: options.scope || [] }
  const key = await withKeys(options, app, async (keys) => {
    await warnOfPlan(keys, options.plan, id)
    return keys.update(id, input)
  })
  if (options.json) printJson(key)
  else print(`Updated ${id} (${plain(key.name)}), everywhere by ${instant(key.effectiveBy)}.`)
}

/** @throws {UsageError} */
function inputOf(options: UpdateOptions): UpdateKeyInput {
  const { name, scope, allowIp, tenant, resource, metadata } = options
  const { plan, limit, expires, disable, enable } = options
  if (disable && enable) throw new UsageError('give --disable or --enable')
  return {
    ...(name !== undefined && { name }),
    ...(scope !== undefined && { scopes: scope || [] }),
    ...(allowIp !== undefined && { allowedIps: allowIp || null }),
    ...(tenant !== undefined && { tenantIds: tenant || [] }),
    ...(resource !== undefined && { resources: resource || null }),
    ...(plan !== undefined && { plan: plan === false ? null : plan }),
    ...(limit !== undefined && { limit: limit || null }),
    ...(expires !== undefined && { expiresAt: expires || null }),
    ...(metadata !== undefined && { metadata }),
    ...((disable ?? enable) && { disabled: disable === true }),
  }
}

const HELP = `
The command does not check scopes and plan names against your app.

Examples:
  $ sallyport keys update key_4fQ2nT8vYb1LxWc0RzK7aM --scope read:orders --scope write:orders
  $ sallyport keys update key_4fQ2nT8vYb1LxWc0RzK7aM --allow-ip 203.0.113.0/24 --plan pro --no-limit
  $ sallyport keys update key_4fQ2nT8vYb1LxWc0RzK7aM --disable`
