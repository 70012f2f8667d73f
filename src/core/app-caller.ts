import { deepCopy, deepFreeze, textsFrom } from '../lib/copy.js'
import { givenTenants, identityOf, type AppAuth, type Identity } from './auth.js'
import { IDENTIFIER_RULE, isIdentifier, MAX_OWNER } from './identifier.js'
import { labelOf } from './display-name.js'
import { PLAN_NAME } from './names.js'
import { isResource } from './resource.js'
import { isObject } from '../lib/is-object.js'
import { messageOf } from '../lib/message-of.js'

/** A caller whom your app knows without a credential of this API: what `otherwise` of a guard returns. */
export interface AppCaller<S extends string = string> {
  /** Whom it acts for: 1 to 1,024 characters, no control character, no white space at either end. */
  readonly ownerId: string
  /** Who it is within the owner, such as the id of a user; as `ownerId`. It is in the audit log. Default: it is not said. */
  readonly subject?: string
  /** What people call it, such as `'Ann Lee'`; the first 128 characters of it are in the audit log. Default: it is not said. */
  readonly name?: string
  /** One of the gate's. Default: that of the host, where environments have hosts; else the first of `environments`, or of the gate. */
  readonly environment?: string
  /** The environments whose keys it manages at the key endpoints, of the gate's; at least one. Default: as for a key of its environment. */
  readonly environments?: readonly string[]
  /** Those that the gate does not know are left out. Default: none. */
  readonly scopes?: readonly S[]
  /** The tenants that it may act for, each as `ownerId`: an empty list also keeps from it what the audit log has of tenants. Default: no list, it acts for none. */
  readonly tenantIds?: readonly string[]
  /** The resources that it is held to, as those of keys: `'records/rec_1'`, `'records/*'`. Default: it is not held to any. */
  readonly resources?: readonly string[]
  /** Default: `limits.defaultPlan`. */
  readonly plan?: string
  /** More that handlers shall know of the caller: JSON values. Default: none. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What callers of the app are held against. */
export interface AppCallerContext {
  readonly environments: readonly string[]
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** Told of others that the app names. Absent: nobody is. */
  readonly tellUnknown?: ((scope: string) => void) | undefined
  readonly defaultPlan: string | undefined
}

const NAMES = [
  ...['ownerId', 'subject', 'name', 'environment', 'environments', 'scopes', 'tenantIds'],
  ...['resources', 'plan', 'metadata'],
]

/**
 * What the app said of who sends a request.
 * @param own the environment of a caller whose environment is not said. Default: the first
 * @throws {TypeError} for what is no caller
 */
export function readOtherwise(said: unknown, context: AppCallerContext, own?: string): Identity {
  try {
    return readAppCaller(said, context, own)
  } catch (error) {
    const problem = messageOf(error)
    throw new TypeError(
      `'otherwise' must return undefined, or a caller such as { ownerId: 'org_1' }: ${problem}.`,
      { cause: error },
    )
  }
}

/** The same of whomever the app names; read once: what is judged is what is kept. @throws {TypeError} saying what is wrong with it */
export function readAppCaller(
  said: unknown,
  { environments: served, scopes: known, tellUnknown, defaultPlan }: AppCallerContext,
  own = served[0],
): Identity {
  if (!isObject(said)) fail('it is no object')
  // A name that is not known may have been meant to hold the caller to something.
  const unknown = Object.keys(said).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) fail(`'${unknown}' is not known`)
  const { ownerId, subject, ...rest } = said as Partial<AppCaller>
  const { plan = defaultPlan, metadata = {} } = rest
  if (!isIdentifier(ownerId) || (subject !== undefined && !isIdentifier(subject))) {
    fail(
      `'ownerId' and 'subject' must have 1 to ${MAX_OWNER.toLocaleString('en')} characters, and each ${IDENTIFIER_RULE}`,
    )
  }
  if (plan !== undefined && !isPlan(plan)) fail("'plan' must be the name of a plan")
  if (!isObject(metadata)) fail("'metadata' must be an object")
  const name = labelOf(rest.name)
  const resources =
    rest.resources === undefined ? undefined : textsIn(rest, 'resources', isResource)
  const tenants =
    rest.tenantIds === undefined ? undefined : textsIn(rest, 'tenantIds', isIdentifier)
  const isKnown = (scope: string) => {
    if (known.has(scope)) return true
    tellUnknown?.(scope)
    return false
  }
  const auth: AppAuth = Object.freeze({
    kind: 'app' as const,
    ownerId,
    ...(subject !== undefined && { subject }),
    ...(name !== undefined && { name }),
    ...environmentsIn(rest, served, own),
    scopes: Object.freeze(textsIn(rest, 'scopes').filter(isKnown)),
    ...givenTenants(tenants),
    ...(resources && { resources }),
    ...(plan !== undefined && { plan }),
    metadata: deepFreeze(deepCopy(metadata)),
  })
  return identityOf(auth)
}

function environmentsIn(
  said: Partial<AppCaller>,
  served: readonly string[],
  own: string | undefined,
): Pick<AppAuth, 'environment' | 'environments'> {
  const managed = said.environments === undefined ? undefined : textsIn(said, 'environments')
  const isOwn = own !== undefined && managed?.includes(own) !== false
  const { environment = isOwn ? own : managed?.[0] } = said
  const all = managed === undefined ? [environment] : [environment, ...managed]
  if (environment === undefined || !all.every((one) => one !== undefined && served.includes(one))) {
    fail(`'environment' and 'environments' must be of ${served.join(', ')}`)
  }
  return { environment, ...(managed && { environments: managed }) }
}

function textsIn(
  said: Partial<AppCaller>,
  name: 'scopes' | 'tenantIds' | 'resources' | 'environments',
  is?: (text: string) => boolean,
): readonly string[] {
  return textsFrom(said[name] ?? [], is) ?? fail(`'${name}' must be a list of texts`)
}

function isPlan(plan: unknown): boolean {
  return typeof plan === 'string' && PLAN_NAME.test(plan)
}

function fail(problem: string): never {
  throw new TypeError(problem)
}
