import * as v from 'valibot'
import { shortList } from '../lib/schema-kinds.js'
import { SCOPE } from '../core/catalogue.js'
import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import { PUBLIC_ALGORITHMS } from '../jwt/algorithms.js'
import type { JwkSet } from '../jwt/jwk.js'
import { createKeySet, type KeySet } from '../jwt/key-set.js'
import { isJsonObject, MAX_JSON_DEPTH, type JsonObject } from '../jwt/strict-json.js'
import { isDeeperThan } from '../lib/copy.js'
import { describeIssue, told } from '../lib/issue.js'
import type { MaybePromise } from '../lib/maybe.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

/** A program with keys of its own. It signs an assertion (RFC 7523) with one of them, and gets a token for that. */
export interface ServiceAccount {
  /** `iss` and `sub` of its assertions: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`; not like the id of a key. */
  readonly id: string
  readonly ownerId: string
  /** Its public keys. Any of RS, PS, ES and EdDSA. */
  readonly jwks: JwkSet
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

/** Finds a service account by its id. Asked for each assertion, and for each use of a token. If it throws, or does not answer within 250 ms, that is an outage (503). */
export type FindServiceAccount = (id: string) => MaybePromise<ServiceAccount | undefined>

/** Of an account. */
const MAX_SCOPES = 64
const MAX_SCOPE = 128
/** Characters of the key sets that are remembered. */
const MAX_CHARACTERS = 4_194_304
/** Of one of them: a larger one is read anew, and pushes out no other. */
const MAX_SET = 262_144
const ID = /^(?!key_)[\w.:@-]{1,128}$/
const text = lazily(() =>
  v.pipe(
    v.string(),
    v.minLength(1),
    v.maxCodePoints(128),
    v.check((value) => isIdentifier(value), IDENTIFIER_RULE),
  ),
)

export const serviceAccount = lazily(() =>
  strictObject({
    id: v.pipe(
      v.string(),
      v.regex(ID, "must be 1 to 128 of A-Z a-z 0-9 . _ : @ - and not begin with 'key_'"),
    ),
    ownerId: text(),
    // A copy, which is judged and kept: a set that changes later does not change what was checked.
    jwks: v.pipe(
      v.unknown(),
      v.transform(copyOf),
      v.custom<JwkSet>(hasUsableKeys, 'must be a JWK Set with public keys, and no private ones'),
    ),
    scopes: shortList(v.pipe(v.string(), v.maxCodePoints(MAX_SCOPE), v.regex(SCOPE)), MAX_SCOPES),
    tenantIds: v.optional(v.array(text())),
    environment: v.optional(v.string()),
    plan: v.optional(v.string()),
    metadata: v.optional(
      v.custom<Record<string, unknown>>(
        (value) => isJsonObject(value) && !isDeeperThan(value, MAX_JSON_DEPTH),
        'must be an object of JSON values',
      ),
    ),
  }),
)

const NAMES = lazily(() => Object.keys(serviceAccount().entries))

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
      NAMES().map((name): unknown => Reflect.get(value, name)),
    ])
  } catch {
    return undefined
  }
}

function checkServiceAccount(value: unknown): ServiceAccount {
  const parsed = v.safeParse(serviceAccount(), value, told)
  if (parsed.success) return parsed.output as ServiceAccount
  const what = describeIssue(parsed.issues, NAMES())
  throw new TypeError(`tokens.serviceAccounts returned an account that is none: ${what}.`)
}

/** That which was not used for longest first. */
const sets = new Map<string, KeySet>()
let characters = 0

/** The keys of an account. A set that says the same as another one is read once. @throws {KeySetError} */
export function keysOf(jwks: unknown): KeySet {
  const name = JSON.stringify(jwks)
  const known = sets.get(name)
  const set = known ?? createKeySet(JSON.parse(name) as JsonObject, PUBLIC_ALGORITHMS)
  if (known !== undefined) forget(name)
  if (name.length <= MAX_SET) remember(name, set)
  return set
}

function remember(name: string, set: KeySet): void {
  sets.set(name, set)
  characters += name.length
  for (const oldest of sets.keys()) {
    if (characters <= MAX_CHARACTERS) return
    forget(oldest)
  }
}

function forget(name: string): void {
  sets.delete(name)
  characters -= name.length
}

/** As JSON has it; `undefined` for what JSON cannot have. */
function copyOf(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return undefined
  }
}

function hasUsableKeys(value: unknown): boolean {
  try {
    return isJsonObject(value) && keysOf(value).size > 0
  } catch {
    return false
  }
}
