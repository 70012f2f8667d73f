import * as v from 'valibot'
import { BOUNDS } from './bounds.js'
import type { ClaimValue } from './claim-rules.js'
import { lazily } from '../lib/lazily.js'
import { finiteNumber, wholeNumber, shortList } from '../lib/schema-kinds.js'
import { recordOf, strictObject } from '../lib/schema-objects.js'

const MAX_CLIENTS = 64
const MAX_CLAIMS = 16

export const claimName = lazily(() =>
  v.pipe(
    v.string(),
    v.regex(/^[!-~]{1,256}$/, 'must be the name of a claim: 1 to 256 visible ASCII characters'),
  ),
)

const claimValue = lazily(() =>
  v.union([v.pipe(v.string(), v.minLength(1)), finiteNumber(), v.boolean()]),
)
const CLAIM =
  "must be the value that the claim has to have, such as 'access', or a list of such values"

/** How the claims of an issuer's tokens are understood: fields of its option. */
export const claimFields = lazily(() => ({
  clients: v.optional(
    v.union(
      [
        v.literal(false),
        v.literal('named'),
        v.pipe(
          shortList(
            v.pipe(v.string(), v.regex(/^[ -~]{1,256}$/, 'must be the id of a client')),
            MAX_CLIENTS,
          ),
          v.minLength(1),
        ),
      ],
      "must list the clients whose tokens are accepted, such as ['web-app'], or be 'named' or false",
    ),
  ),
  idTokens: v.optional(v.boolean(), false),
  claims: v.optional(
    v.pipe(
      v.unknown(),
      v.check(
        (claims) => !Object.hasOwn(Object(claims) as object, '__proto__'),
        "must not have '__proto__'",
      ),
      v.pipe(
        recordOf(
          claimName(),
          v.pipe(
            v.union(
              [claimValue(), v.pipe(shortList(claimValue(), MAX_CLAIMS), v.minLength(1))],
              CLAIM,
            ),
            v.transform((values): readonly ClaimValue[] => [values].flat()),
          ),
          "must be an object of claims and their values, such as { token_use: 'access' }",
        ),
        v.check(
          (claims) => Object.keys(claims).length > 0,
          "must name at least one claim, such as { token_use: 'access' }",
        ),
      ),
    ),
  ),
  scopes: v.optional(
    v.pipe(
      v.union(
        [claimName(), v.pipe(shortList(claimName(), MAX_CLAIMS), v.minLength(1))],
        "must name the claims that have scopes, such as 'permissions' or ['scope', 'roles']",
      ),
      v.transform((names) => [names].flat()),
    ),
  ),
  bounds: v.optional(
    strictObject({
      token: v.optional(wholeNumber(1_024, 65_536), BOUNDS.token),
      audiences: v.optional(wholeNumber(1, 1_024), BOUNDS.audiences),
      scopes: v.optional(wholeNumber(1, 4_096), BOUNDS.scopes),
      id: v.optional(wholeNumber(64, 4_096), BOUNDS.id),
    }),
    {},
  ),
}))
