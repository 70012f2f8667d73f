import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import { isDeeperThan } from '../lib/depth.js'
import { describeIssue } from '../lib/issue.js'
import type { MaybePromise } from '../lib/maybe.js'
import { SCOPE } from '../terms/catalogue.js'
import { createKeySet } from './key-set.js'
import { isJsonObject, MAX_JSON_DEPTH } from './strict-json.js'
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

const text = z.string().min(1).max(128)

export const serviceAccount = z.strictObject({
  id: z
    .string()
    .regex(
      /^(?!key_)[\w.:@-]{1,128}$/,
      "must be 1 to 128 of A-Z a-z 0-9 . _ : @ - and not begin with 'key_'",
    ),
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

/** @throws {TypeError} for what is no service account. */
export function checkServiceAccount(value: unknown): ServiceAccount {
  const parsed = serviceAccount.safeParse(value)
  if (parsed.success) return parsed.data as ServiceAccount
  const what = describeIssue(parsed.error, Object.keys(serviceAccount.shape))
  throw new TypeError(`tokens.serviceAccounts returned an account that is none: ${what}.`)
}

function hasUsableKeys(value: unknown): boolean {
  try {
    return isJsonObject(value) && createKeySet(value, PUBLIC_ALGORITHMS).size > 0
  } catch {
    return false
  }
}
