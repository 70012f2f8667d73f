import type * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { readInput } from '../lib/issue.js'

/** How each call is written: shown where an argument, or a part of it, is missing. */
const EXAMPLES = {
  'gate.keys.create': "gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] })",
  'gate.keys.get': 'gate.keys.get(key.id)',
  'gate.keys.findBySecret': 'gate.keys.findBySecret(secret)',
  'gate.keys.list': "gate.keys.list({ ownerId: 'org_1', limit: 50 })",
  'gate.keys.update': "gate.keys.update(key.id, { name: 'CI', scopes: ['read:orders'] })",
  'gate.keys.rotate': "gate.keys.rotate(key.id, { gracePeriod: '24h' })",
  'gate.keys.revoke': "gate.keys.revoke(key.id, { reason: 'leaked' })",
  'gate.keys.revokeAll': "gate.keys.revokeAll({ ownerId: 'org_1', reason: 'leaked' })",
  'gate.keys.import':
    "gate.keys.import({ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'], secret })",
  'gate.keys.importLines': "gate.keys.importLines(createReadStream('keys.jsonl', 'utf8'))",
  'gate.keys.due': "gate.keys.due({ within: '14d', limit: 50 })",
  'gate.keys.usage': "gate.keys.usage(key.id, { since: new Date('2030-01-01') })",
  'gate.keys.usageOfOwner': "gate.keys.usageOfOwner('org_1', { from: new Date('2030-01-01') })",
  'gate.events.chooseReminders': "gate.events.chooseReminders('org_1', [14, 7])",
  'gate.events.reminders': "gate.events.reminders('org_1')",
  'gate.events.failed': 'gate.events.failed({ limit: 50 })',
  'gate.limits.peek': 'gate.limits.peek(authOf(req))',
  "'keys.legacy'": "{ name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] }",
} as const

/** A call that is checked. */
export type CheckedCall = keyof typeof EXAMPLES

/** Input that has the form it must have, completed with its defaults. @throws {MisuseError} `invalid_key_input` */
export function checkInput<T>(
  schema: v.GenericSchema<unknown, T> & { readonly entries: object },
  input: unknown,
  where: CheckedCall,
): T {
  return readInput(schema, input, EXAMPLES[where], (complaint) => invalidInput(where, complaint))
}

/** @throws {MisuseError} `invalid_key_input`, with how the call is written */
export function refuseArgument(where: CheckedCall, complaint: string): never {
  throw invalidInput(where, `${complaint}; write ${EXAMPLES[where]}`)
}

function invalidInput(where: CheckedCall, complaint: string): MisuseError {
  return new MisuseError('invalid_key_input', `${where}: ${complaint}`)
}
