import { textsFrom } from '../lib/copy.js'
import { isIdentifier } from '../core/identifier.js'
import { isResource } from '../core/resource.js'
import type { ConsoleUser } from './options.js'

/** What `user` has returned, read once. */
export type CheckedUser = Required<Pick<ConsoleUser, 'name'>> & Omit<ConsoleUser, 'name'>

/** The longest id of a person, in characters: that of the subject of a key. */
const MAX_ID = 128
const MAX_SESSION_ID = 4_096

/** @throws {TypeError} for what is no user: an app that says it wrong must not be taken for one where nobody is signed in */
export function readUser(said: unknown): CheckedUser {
  if (typeof said !== 'object' || said === null) fail('it is no object')
  const { id, name = id, sessionId, ownerId, role, plan, ...rest } = said as Partial<ConsoleUser>
  if (!isIdentifier(id, MAX_ID)) fail("'id' must have 1 to 128 characters")
  if (typeof name !== 'string') fail("'name' must be a text")
  if (typeof sessionId !== 'string' || sessionId === '' || sessionId.length > MAX_SESSION_ID) {
    fail("'sessionId' must be a text: forms are bound to it")
  }
  if (!isIdentifier(ownerId, MAX_ID)) fail("'ownerId' must have 1 to 128 characters")
  if (typeof role !== 'string') fail("'role' must be a text")
  if (plan !== undefined && typeof plan !== 'string') fail("'plan' must be the name of a plan")
  const resources =
    rest.resources === undefined ? undefined : textsIn(rest, 'resources', isResource)
  const isTenant = (text: string) => isIdentifier(text)
  const tenantIds = rest.tenantIds === undefined ? undefined : textsIn(rest, 'tenantIds', isTenant)
  return {
    ...{ id, name, sessionId, ownerId, role },
    ...(plan !== undefined && { plan }),
    environments: textsIn(rest, 'environments'),
    scopes: textsIn(rest, 'scopes'),
    ...(tenantIds && { tenantIds }),
    ...(resources && { resources }),
  }
}

function textsIn(
  said: Partial<ConsoleUser>,
  name: 'environments' | 'scopes' | 'tenantIds' | 'resources',
  is?: (text: string) => boolean,
): readonly string[] {
  return textsFrom(said[name] ?? [], is) ?? fail(`'${name}' must be a list of texts`)
}

function fail(problem: string): never {
  throw new TypeError(
    `'user' of createConsole must return undefined, or a user such as { id, sessionId, ownerId, role, environments, scopes }: ${problem}.`,
  )
}
