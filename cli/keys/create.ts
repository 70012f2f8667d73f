import { Option, type Command } from 'commander'
import type { CreateKeyInput, KeyKind } from 'sallyport'
import { withKeys } from '../gate.js'
import { plain, print, printJson, tell } from '../output.js'
import { collect, parseCount, parseEnd, parseMetadata } from '../parse.js'
import { warnOfPlan } from './known-plans.js'
import { addChange, prefixOf, prefixOption, scopeOption, type ChangeOptions } from '../settings.js'

interface CreateOptions extends ChangeOptions {
  readonly name: string
  readonly owner: string
  readonly environment: string
  readonly prefix?: string
  readonly kind?: KeyKind
  readonly scope?: readonly string[]
  readonly allowIp?: readonly string[]
  readonly tenant?: readonly string[]
  readonly resource?: readonly string[]
  readonly plan?: string
  readonly limit?: number
  readonly expires?: Date
  readonly metadata?: Readonly<Record<string, unknown>>
}

export function addCreate(keys: Command): void {
  const command = keys
    .command('create')
    .description('Creates a key. Its secret is printed on standard output, this once.')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--owner <id>', 'the organization it belongs to')
    .requiredOption('--environment <name>', "where it works, such as 'live'")
    .addOption(scopeOption('what it may do, in the words of the app; several times for several'))
    .option('--allow-ip <address>', 'an address or network it works from; several times', collect)
    .option('--tenant <id>', 'a tenant it may act for; several times', collect)
    .option('--resource <type/id>', 'a resource it is held to; several times', collect)
    .option('--plan <name>', 'its plan, in the words of the app')
    .option('--limit <number>', "in the place of the plan's first quota", parseCount)
    .option('--expires <when>', "'2030-01-31', '2030-01-31T12:00:00Z' or '90d'", parseEnd)
    .addOption(new Option('--kind <kind>', 'secret or publishable').choices(['sk', 'pk']))
    .option('--metadata <json>', "a JSON object for the app's own use", parseMetadata)
    .addOption(prefixOption())
  addChange(command).addHelpText('after', HELP).action(create)
}

async function create(options: CreateOptions): Promise<void> {
  const { environment, scope: scopes = [], allowIp, tenant, resource } = options
  const { plan, limit, expires, kind, metadata } = options
  const input: CreateKeyInput = {
    name: options.name,
    ownerId: options.owner,
    scopes,
    ...(kind !== undefined && { kind }),
    ...(allowIp !== undefined && { allowedIps: allowIp }),
    ...(tenant !== undefined && { tenantIds: tenant }),
    ...(resource !== undefined && { resources: resource }),
    ...(plan !== undefined && { plan }),
    ...(limit !== undefined && { limit }),
    ...(expires !== undefined && { expiresAt: expires }),
    ...(metadata !== undefined && { metadata }),
  }
  const app = { prefix: prefixOf(options), environments: [environment], scopes }
  const key = await withKeys(options, app, async (keys) => {
    await warnOfPlan(keys, plan)
    return keys.create(input)
  })
  if (options.json) {
    printJson(key)
    return
  }
  tell(`Created ${key.id} (${plain(key.name)}). Its secret is shown this once:`)
  print(plain(key.secret))
}

const HELP = `
The app's catalogue of scopes and its plans are not known here: both are taken as they are written.

A key is stored under the first pepper of SALLYPORT_PEPPERS, or SALLYPORT_PEPPERS_FILE. Under one
that is not among the app's own, it does not work. Without any, it works, and the app stores it
under its own pepper at the first use.

Examples:
  $ export SALLYPORT_DATABASE=keys.db SALLYPORT_PREFIX=acme
  $ sallyport keys create --name 'Billing server' --owner org_1 --environment live \\
      --scope read:orders --scope write:orders --allow-ip 203.0.113.0/24 --expires 90d
  $ SECRET=$(sallyport keys create --name CI --owner org_1 --environment test)`
