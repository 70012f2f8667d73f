import { isDuration, milliseconds } from '../../lib/duration.js'
import type { CreateKeyInput } from '../../keys/input.js'
import type { Mistakes } from '../kit/fields.js'
import type { Fields, Form } from '../web/form.js'
import type { PageRequest } from '../web/exchange.js'

/** The form of a new key. */
export const NEW_KEY_FIELDS: Fields = {
  name: 'one',
  description: 'one',
  environment: 'one',
  kind: 'one',
  scopes: 'many',
  without_scopes: 'many',
  again: 'one',
  tenantIds: 'many',
  resources: 'one',
  allowedIps: 'one',
  expiry: 'one',
  stored_in: 'one',
}

/** Members of metadata that the console sets. */
export const NOTES = ['description', 'stored_in'] as const

/** Why a key was paused: while it is. */
export const PAUSE_NOTE = 'paused_because'

export const linesOf = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** The key that a form asks for; or what is wrong with the form. Only what was offered is taken. */
export function readNewKey({ form, user, portal }: PageRequest): {
  readonly input: CreateKeyInput
  readonly mistakes: Mistakes
} {
  const mistakes = new Map<string, string>()
  const name = form.get('name')
  if (name === '') mistakes.set('name', 'Give the key a name.')
  const environment = form.get('environment')
  if (!user.environments.includes(environment)) {
    mistakes.set('environment', 'Choose an environment.')
  }
  const kind = form.get('kind') || 'sk'
  if (kind !== 'sk' && kind !== 'pk') mistakes.set('kind', 'Choose a kind of key.')
  const scopes = offered(form, 'scopes', user.scopes, mistakes)
  if (scopes.length === 0 && user.scopes.length > 0 && form.all('without_scopes').length === 0) {
    mistakes.set('scopes', 'Choose at least one scope, or check "This key has no scopes".')
  }
  const tenantIds = offered(form, 'tenantIds', user.tenantIds ?? [], mistakes)
  if (tenantIds.length === 0 && (user.tenantIds ?? []).length > 0) {
    mistakes.set(
      'tenantIds',
      'Choose at least one tenant: a key without one could act for all of them.',
    )
  }
  const resources = linesOf(form.get('resources'))
  const allowedIps = linesOf(form.get('allowedIps'))
  const { expiry, clock } = portal.options
  const life = expiry.find((one) => one === form.get('expiry'))
  if (life === undefined) mistakes.set('expiry', 'Choose when the key expires.')
  const input = {
    ...{ name, ownerId: user.ownerId, environment, scopes },
    kind: kind === 'pk' ? ('pk' as const) : ('sk' as const),
    ...(user.tenantIds && { tenantIds }),
    ...(resources.length > 0 && { resources }),
    ...(allowedIps.length > 0 && { allowedIps }),
    ...(isDuration(life) && { expiresAt: new Date(clock() + milliseconds(life)) }),
    metadata: notesOf(form),
  }
  return { input, mistakes }
}

/** What was written of the key for people. */
export function notesOf(form: Form): Record<string, string> {
  const said = NOTES.map((name) => [name, form.get(name).slice(0, 1_024)] as const)
  return Object.fromEntries<string>(said.filter(([, text]) => text !== ''))
}

function offered(
  form: Form,
  name: 'scopes' | 'tenantIds',
  choices: readonly string[],
  mistakes: Map<string, string>,
): string[] {
  const chosen = [...form.all(name)]
  if (!chosen.every((one) => choices.includes(one))) {
    mistakes.set(name, 'You chose something that was not offered.')
  }
  return chosen
}
