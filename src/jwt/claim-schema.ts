import * as z from 'zod/mini'
import { BOUNDS } from './bounds.js'
import type { ClaimValue } from './claim-rules.js'
import { lazily } from '../lib/lazily.js'

const MAX_CLIENTS = 64
const MAX_CLAIMS = 16

export const claimName = lazily(() =>
  z
    .string()
    .check(
      z.regex(/^[!-~]{1,256}$/, 'must be the name of a claim: 1 to 256 visible ASCII characters'),
    ),
)

const claimValue = lazily(() =>
  z.union([z.string().check(z.minLength(1)), z.number(), z.boolean()]),
)
const CLAIM =
  "must be the value that the claim has to have, such as 'access', or a list of such values"

/** How the claims of an issuer's tokens are understood: fields of its option. */
export const claimFields = lazily(() => ({
  clients: z.optional(
    z.union(
      [
        z.literal(false),
        z.literal('named'),
        z
          .array(z.string().check(z.regex(/^[ -~]{1,256}$/, 'must be the id of a client')))
          .check(z.minLength(1), z.maxLength(MAX_CLIENTS)),
      ],
      {
        error:
          "must list the clients whose tokens are accepted, such as ['web-app'], or be 'named' or false",
      },
    ),
  ),
  idTokens: z._default(z.boolean(), false),
  claims: z.optional(
    z.pipe(
      z.unknown().check(
        z.refine((claims) => !Object.hasOwn(Object(claims) as object, '__proto__'), {
          error: "must not have '__proto__'",
          abort: true,
        }),
      ),
      z
        .record(
          claimName(),
          z.pipe(
            z.union(
              [claimValue(), z.array(claimValue()).check(z.minLength(1), z.maxLength(MAX_CLAIMS))],
              { error: CLAIM },
            ),
            z.transform((values): readonly ClaimValue[] => [values].flat()),
          ),
          "must be an object of claims and their values, such as { token_use: 'access' }",
        )
        .check(
          z.refine(
            (claims) => Object.keys(claims).length > 0,
            "must name at least one claim, such as { token_use: 'access' }",
          ),
        ),
    ),
  ),
  scopes: z.optional(
    z.pipe(
      z.union([claimName(), z.array(claimName()).check(z.minLength(1), z.maxLength(MAX_CLAIMS))], {
        error: "must name the claims that have scopes, such as 'permissions' or ['scope', 'roles']",
      }),
      z.transform((names) => [names].flat()),
    ),
  ),
  bounds: z.prefault(
    z.strictObject({
      token: z._default(z.int().check(z.minimum(1_024), z.maximum(65_536)), BOUNDS.token),
      audiences: z._default(z.int().check(z.minimum(1), z.maximum(1_024)), BOUNDS.audiences),
      scopes: z._default(z.int().check(z.minimum(1), z.maximum(4_096)), BOUNDS.scopes),
      id: z._default(z.int().check(z.minimum(64), z.maximum(4_096)), BOUNDS.id),
    }),
    {},
  ),
}))
