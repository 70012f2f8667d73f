import type { Command } from 'commander'
import type { ApiKey, KeyCreator } from 'sallyport'
import { keyOf, withGate } from '../gate.js'
import { figure, instant, printJson, printRows } from '../output.js'
import { parseId } from '../parse.js'
import { databaseOption, jsonOption, type OutputOptions } from '../settings.js'

export function addGet(keys: Command): void {
  keys
    .command('get')
    .alias('show')
    .description('Shows all there is to know of a key. Its secret is not stored.')
    .argument('<id>', "the key's id", parseId)
    .addOption(databaseOption())
    .addOption(jsonOption())
    .addHelpText('after', HELP)
    .action(get)
}

async function get(id: string, options: OutputOptions): Promise<void> {
  const key = await withGate(options, {}, (gate) => keyOf(gate, id))
  if (options.json) {
    printJson(key)
    return
  }
  printRows(describe(key))
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
  const overHttp = disabledAt?.getTime() === key.disabledOverHttpAt?.getTime()
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
    ['Created by', key.createdBy && makerOf(key.createdBy)],
    ['Ends', expiresAt ? instant(expiresAt) : 'never'],
    ['Last used', lastUsedAt ? instant(lastUsedAt) : 'never'],
    ['Revoked', revokedAt && instant(revokedAt)],
    ['Reason', key.revocationReason],
    ['Disabled', disabledAt && `${instant(disabledAt)}${overHttp ? ' over HTTP' : ''}`],
    ['Rotated', rotatedAt && instant(rotatedAt)],
    ['Successor', key.rotatedTo],
    ['Predecessor', key.rotatedFrom],
    ['Metadata', JSON.stringify(key.metadata)],
  ]
}

/** What is known of the caller that made a key, such as `key_1` or `sub alice of https://issuer.example`. */
function makerOf({ keyId, issuer, subject, clientId, app, operator }: KeyCreator): string {
  const token = [subject && `sub ${subject}`, clientId && `client ${clientId}`].filter(Boolean)
  const names = [
    keyId && `key ${keyId}`,
    token.join(', '),
    issuer && `of ${issuer}`,
    app && (subject === undefined ? 'the app' : 'of the app'),
    operator && 'an operator',
  ]
  return names.filter(Boolean).join(', ') || 'a caller that this version does not know'
}

const HELP = `
Examples:
  $ sallyport keys get key_4fQ2nT8vYb1LxWc0RzK7aM
  $ sallyport keys get key_4fQ2nT8vYb1LxWc0RzK7aM --json`
