import type { JSONWebKeySet } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { isDeeperThan } from '../lib/depth.js'
import { describeIssue } from '../lib/issue.js'
import type { MaybePromise } from '../lib/maybe.js'
import { SCOPE } from '../terms/catalogue.js'
import { createKeySet, type KeySet } from './key-set.js'
import { isJsonObject, MAX_JSON_DEPTH, type JsonObject } from './strict-json.js'
import { PUBLIC_ALGORITHMS } from './algorithms.js'
import { MAX_SCOPE, MAX_SCOPES } from './claims.js'

/** A program with keys of its own. It signs an assertion (RFC 7523) with one of them, and gets a token for that. */
export interface ServiceAccount {
  /** `iss` and `sub` of its assertions: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`; not like the id of a key. */
  readonly id: string
  readonly ownerId: string
  /** Its public keys. Any of RS, PS, ES and EdDSA. */
  readonly jwks: JSONWebKeySet
  /** What its tokens may do at most. */
  readonly scopes: readonly string[]
  /** The tenants that it may act for. Default: none. */
  readonly tenantIds?: readonly string[]
  /** Default: the first of the gate. */
  readonly environment?: string
  /** Default: `limits.defaultPlan`. */
  readonly plan?: string
  /** More that handlers shall know of it: JSON values. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Finds a service account by its id. Asked for each assertion, and for each use of a token. What it throws is an outage (503). */
export type FindServiceAccount = (id: string) => MaybePromise<ServiceAccount | undefined>

/** Characters of the key sets that are remembered. */
const MAX_CHARACTERS = 4_194_304
const ID = /^(?!key_)[\w.:@-]{1,128}$/
const text = z.string().min(1).max(128)

export const serviceAccount = z.strictObject({
  id: z.string().regex(ID, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ - and not begin with 'key_'"),
  ownerId: text,
  jwks: z.custom<JSONWebKeySet>(
    hasUsableKeys,
    'must be a JWK Set with public keys, and no private ones',
  ),
  scopes: z.array(z.string().max(MAX_SCOPE).regex(SCOPE)).max(MAX_SCOPES),
  tenantIds: z.array(text).optional(),
  environment: z.string().optional(),
  plan: z.string().optional(),
  metadata: z
    .custom<Record<string, unknown>>(
      (value) => isJsonObject(value) && !isDeeperThan(value, MAX_JSON_DEPTH),
      'must be an object of JSON values',
    )
    .optional(),
})

const NAMES = Object.keys(serviceAccount.shape)

/** Whether there could be an account of that id. */
export function isAccountId(id: unknown): id is string {
  return typeof id === 'string' && ID.test(id)
}

/**
 * Checks what a finder answers, and makes something of it. An object that was checked before and still says the very same is not checked again:
 * what was made of it is.
 * @throws {TypeError} for what is no service account.
 */
export function createAccountCheck<T>(make: (account: ServiceAccount) => T): (value: unknown) => T {
  const seen = new WeakMap<object, { readonly said: string; readonly made: T }>()
  return (value) => {
    const said = typeof value === 'object' && value !== null ? textOf(value) : undefined
    if (said === undefined) return make(checkServiceAccount(value))
    const before = seen.get(value as object)
    if (before?.said === said) return before.made
    const made = make(checkServiceAccount(value))
    seen.set(value as object, { said, made })
    return made
  }
}

/** What it says, by whichever members: those of a class, and what its own `toJSON` leaves out, are not in its text. `undefined` where that has none. */
function textOf(value: object): string | undefined {
  try {
    return JSON.stringify([
      Object.keys(value),
      NAMES.map((name): unknown => Reflect.get(value, name)),
    ])
  } catch {
    return undefined
  }
}

function checkServiceAccount(value: unknown): ServiceAccount {
  const parsed = serviceAccount.safeParse(value)
  if (parsed.success) return parsed.data as ServiceAccount
  const what = describeIssue(parsed.error, NAMES)
  throw new TypeError(`tokens.serviceAccounts returned an account that is none: ${what}.`)
}

const sets = new LRUCache<string, KeySet>({ maxSize: MAX_CHARACTERS })

/** The keys of an account. A set that says the same as another one is read once. @throws {KeySetError} */
export function keysOf(jwks: unknown): KeySet {
  const name = JSON.stringify(jwks)
  const known = sets.get(name)
  if (known !== undefined) return known
  const set = createKeySet(JSON.parse(name) as JsonObject, PUBLIC_ALGORITHMS)
  sets.set(name, set, { size: name.length })
  return set
}

function hasUsableKeys(value: unknown): boolean {
  try {
    return isJsonObject(value) && keysOf(value).size > 0
  } catch {
    return false
  }
}
