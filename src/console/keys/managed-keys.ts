import { KeyError, MisuseError, StoreError } from '../../core/errors.js'
import { complaintIn } from '../../lib/issue.js'
import type { Gate } from '../../gate/gate.js'
import type { Keys } from '../../keys/keys.js'
import type { ApiKey } from '../../keys/record.js'
import type { Mistakes } from '../kit/fields.js'
import { Problem } from '../kit/problem.js'
import type { CheckedUser } from '../user.js'
import type { PageRequest } from '../web/exchange.js'

/** A key, and what the person may do with keys where it is. */
export interface FoundKey {
  readonly gate: Gate
  readonly keys: Keys
  readonly key: ApiKey
}

/** What the person may do with the keys of a gate: decided by the gate, by the rules that hold at its key endpoints. */
export function actingOn(asked: PageRequest, gate: Gate) {
  const { user, address, requestId, portal } = asked
  const { id, name, ownerId, tenantIds, resources, plan } = user
  const scopes = portal.gates.scopesIn(gate, user.scopes)
  return gate.as({
    ...{ subject: id, name: name.slice(0, 128), ownerId, scopes, requestId },
    environments: portal.gates.environmentsIn(gate, user.environments),
    ...(tenantIds && { tenantIds }),
    ...(resources && { resources }),
    ...(plan !== undefined && { plan }),
    ...(address !== undefined && { address }),
  })
}

/** Each gate in which the person may see keys. */
export function gatesSeen({ portal: { gates }, user }: PageRequest): readonly Gate[] {
  return gates.all.filter((gate) => gates.environmentsIn(gate, user.environments).length > 0)
}

/** Every environment that a gate serves. */
export function environmentsOf(gate: Gate): readonly string[] {
  return gate.describe().environments.map(({ name }) => name)
}

/** Whether the person manages all that a gate serves: what holds for an organization as a whole holds in each of its environments. */
export function managesAllOf({ user }: Pick<PageRequest, 'user'>, gate: Gate): boolean {
  return environmentsOf(gate).every((name) => user.environments.includes(name))
}

/**
 * The key of the page's address. One of another owner is answered as one that does not exist. A store that fails keeps nobody from a key that is in another one.
 * @throws {Problem} 404 @throws {StoreError}
 */
export async function findKey(asked: PageRequest): Promise<FoundKey> {
  const failures: StoreError[] = []
  for (const gate of gatesSeen(asked)) {
    const { keys } = actingOn(asked, gate)
    const key = await keys.get(asked.params['id'] ?? '').catch((error: unknown) => {
      if (!(error instanceof StoreError)) throw error
      failures.push(error)
      return undefined
    })
    if (key === undefined) continue
    for (const failure of failures) asked.portal.options.onError(failure)
    return { gate, keys, key }
  }
  throw failures[0] ?? new Problem(404)
}

/** Whether the role lets the person change this key. */
export function mayChange({ can, user }: PageRequest, key: ApiKey): boolean {
  return can('keys:all') || (can('keys:own') && isMadeBy(user, key))
}

/** An active key that has no successor yet. */
export function isRotatable({ state, rotatedTo }: ApiKey): boolean {
  return state === 'active' && rotatedTo === undefined
}

/** An operator, and the subject of a token, may have the same id as a person of the app: they are somebody else. */
export function isMadeBy({ id }: Pick<CheckedUser, 'id'>, { createdBy }: ApiKey): boolean {
  return createdBy?.app === true && createdBy.subject === id
}

/** The same as `findKey`, to change it. @throws {Problem} 403, 404 */
export async function findOwnKey(asked: PageRequest): Promise<FoundKey> {
  const found = await findKey(asked)
  if (!mayChange(asked, found.key)) throw new Problem(403)
  return found
}

/** Makes a change, or says which fields are wrong. @throws {Problem} for what no other field would mend */
export async function change<T>(
  asked: PageRequest,
  run: () => Promise<T>,
): Promise<{ readonly done: T } | { readonly mistakes: Mistakes }> {
  try {
    return { done: await run() }
  } catch (error) {
    if (error instanceof MisuseError && error.code === 'invalid_key_input') {
      return { mistakes: mistakesIn(error) }
    }
    if (error instanceof KeyError) throw problemOf(asked, error)
    throw error
  }
}

/** `gate.keys.create: 'allowedIps.0' must be ...` is about the field of that name. */
function mistakesIn(error: MisuseError): Mistakes {
  const message = complaintIn(error)
  const [, name, text] = /^'(\w+)[^']*' (.*)$/s.exec(message) ?? []
  if (name === undefined || text === undefined) return new Map([['', message]])
  const [, wrong] = /^has '(.*)'; write /s.exec(text) ?? []
  if (wrong !== undefined) {
    const rest = text.slice(text.indexOf('; write ') + 8)
    return new Map([[name, `'${wrong}' is not valid. Write ${rest}.`]])
  }
  const label = LABELS[name] ?? name
  return new Map([[name, `${label} ${text}.`]])
}

const LABELS: Readonly<Record<string, string>> = {
  name: 'The name',
  allowedIps: 'Each address',
  resources: 'Each resource',
  metadata: 'Description and note',
  reason: 'The reason',
}

function problemOf({ params, portal }: PageRequest, { code, message }: KeyError): Problem {
  if (code === 'unknown_key') return new Problem(404)
  if (code === 'not_grantable') return new Problem(403, { detail: message })
  if (code === 'access_not_approved' || code === 'terms_not_accepted') {
    const way = portal.options.access && (['access', 'Go to access'] as const)
    return new Problem(403, {
      title: 'Access is missing',
      detail: message,
      ...(way && { link: way }),
    })
  }
  const { id } = params
  const link = id === undefined ? {} : { link: [`keys/${id}`, 'Go to the key'] as const }
  const title = 'The key has changed meanwhile'
  return new Problem(409, { title, detail: `${message} Nothing was changed.`, ...link })
}
