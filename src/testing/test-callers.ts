import { ending, identityOf, type Auth, type Identity } from '../core/auth.js'
import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import type { CheckedOptions } from '../gate/check-options.js'
import { randomBase62 } from '../lib/base62.js'
import { deepCopy, deepFreeze } from '../lib/copy.js'
import type { TestCaller } from './types.js'

/** The callers that tests have made up. */
export interface TestCallers<S extends string> {
  /** The name of a new one: random, so that nobody comes by one who was not given it. @throws {MisuseError} for what no caller can be */
  readonly add: (caller: TestCaller<S>) => string
  readonly find: (name: string) => Identity | undefined
}

export interface TestCallersContext extends Pick<
  CheckedOptions,
  'catalogue' | 'environments' | 'plans' | 'clock'
> {
  /** The plan of a caller that names none; absent where there are no plans. */
  readonly plan: string | undefined
  /** The issuer of a token that names none. */
  readonly issuer: string
}

const COMMON = [
  ...['kind', 'ownerId', 'environment', 'scopes', 'tenantIds', 'resources', 'plan', 'limit'],
  ...['noTenants', 'metadata'],
]
const OF_TOKEN = ['issuer', 'subject', 'clientId', 'tokenId', 'claims']
const NAMES = {
  key: [...COMMON, 'expiresAt', 'keyId', 'name'],
  token: [...COMMON, 'expiresAt', 'keyId', ...OF_TOKEN],
  app: [...COMMON, 'subject'],
}
const HOUR_MS = 3_600_000

export function createTestCallers<S extends string>(context: TestCallersContext): TestCallers<S> {
  const { catalogue, environments, plans } = context
  const callers = new Map<string, Identity>()

  function check({ scopes, environment, plan, limit }: Auth): void {
    catalogue.check(scopes, 'signInAs')
    if (!environments.includes(environment)) {
      const known = environments.map((name) => `'${name}'`).join(', ')
      throw new MisuseError(
        'unknown_environment',
        `signInAs: '${environment}' is not an environment of this gate; use one of ${known}`,
      )
    }
    plans?.check({ ...(plan && { plan }), ...(limit && { limit }) }, 'signInAs')
  }

  return {
    add(caller) {
      const auth = authFrom(caller, context)
      check(auth)
      const name = `caller_${randomBase62(22)}`
      callers.set(name, identityOf(auth))
      return name
    },
    find: (name) => callers.get(name),
  }
}

function authFrom(caller: TestCaller, context: TestCallersContext): Auth {
  const { environments, plan, issuer, clock } = context
  const kind = (caller as TestCaller | undefined)?.kind ?? 'key'
  if (!Object.hasOwn(NAMES, kind)) {
    throw new MisuseError('invalid_option', "signInAs: 'kind' must be 'key', 'token' or 'app'")
  }
  checkNames(caller, NAMES[kind], 'signInAs', "{ scopes: ['read:orders'] }")
  const own = {
    key: { keyId: 'key_test', name: 'test', expiresAt: undefined },
    app: { expiresAt: undefined },
    token: { issuer, subject: 'user_test', claims: {}, expiresAt: new Date(clock() + HOUR_MS) },
  }[kind]
  const given = Object.entries<unknown>(deepCopy(caller)).filter(([, value]) => value !== undefined)
  const { expiresAt, ...rest } = {
    ...{ kind, ownerId: 'org_test', environment: environments[0], scopes: [], tenantIds: [] },
    ...(plan !== undefined && { plan }),
    ...{ metadata: {}, ...own },
    ...(Object.fromEntries(given) as TestCaller),
  }
  for (const value of Object.values(rest)) deepFreeze<unknown>(value)
  return (expiresAt ? ending(rest, expiresAt.getTime()) : Object.freeze(rest)) as Auth
}
