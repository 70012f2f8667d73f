import type { Command } from 'commander'
import { KeyError, type ApiKey } from 'sallyport'
import { withGate } from '../gate.js'
import { figure, instant, plain, print, printJson } from '../output.js'
import { parseId } from '../parse.js'
import { databaseOption, jsonOption, type OutputOptions } from '../settings.js'

export function addShow(keys: Command): void {
  keys
    .command('show')
    .description('Shows all there is to know of a key. Its secret is not stored.')
    .argument('<id>', "the key's id", parseId)
    .addOption(databaseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(show)
}

async function show(id: string, options: OutputOptions): Promise<void> {
  const key = await withGate(options, {}, (gate) => gate.keys.get(id))
  if (key === undefined) throw new KeyError('unknown_key', `There is no key '${id}'.`)
  if (options.json) {
    printJson(key)
    return
  }
  const rows = describe(key).filter(([, value]) => value !== undefined)
  const width = Math.max(...rows.map(([label]) => label.length))
  for (const [label, value = ''] of rows) print(`${label.padEnd(width)}  ${plain(value)}`)
}

function describe(key: ApiKey): readonly (readonly [string, string | undefined])[] {
  const {
    allowedIps,
    tenantIds,
    resources,
    expiresAt,
    revokedAt,
    disabledAt,
    rotatedAt,
    lastUsedAt,
  } = key
  return [
    ['Id', key.id],
    ['Name', key.name],
    ['Owner', key.ownerId],
    ['Environment', key.environment],
    ['State', key.state],
    ['Kind', key.kind],
    ['Hint', key.hint],
    ['Scopes', key.scopes.join(' ') || 'none'],
    ['From', allowedIps === undefined ? 'anywhere' : allowedIps.join(' ') || 'nowhere'],
    ['Tenants', tenantIds?.join(' ')],
    ['Held to', resources && (resources.join(' ') || 'nothing')],
    ['Plan', key.plan],
    ['Limit', key.limit === undefined ? undefined : figure(key.limit)],
    ['Created', instant(key.createdAt)],
    ['Ends', expiresAt ? instant(expiresAt) : 'never'],
    ['Last used', lastUsedAt ? instant(lastUsedAt) : 'never'],
    ['Revoked', revokedAt && instant(revokedAt)],
    ['Reason', key.revocationReason],
    ['Disabled', disabledAt && instant(disabledAt)],
    ['Rotated', rotatedAt && instant(rotatedAt)],
    ['Successor', key.rotatedTo],
    ['Predecessor', key.rotatedFrom],
    ['Metadata', JSON.stringify(key.metadata)],
  ]
}

const HELP = `
Examples:
  $ sallyport keys show key_4fQ2nT8vYb1LxWc0RzK7aM
  $ sallyport keys show key_4fQ2nT8vYb1LxWc0RzK7aM --json`
