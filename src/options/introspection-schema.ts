import { z } from 'zod'
import type { IdentifyToken } from '../identify/token.js'
import { MAX_AUDIENCES } from '../tokens/claims.js'
import { durationUpTo, MAX_TOLERANCE_MS, whyNotAsked } from './issuer-schema.js'
import { functionOf } from './kinds.js'
import { tokenName } from './token-names.js'

const MAX_CACHED_MS = 60_000
const credential = z.string().regex(/^[ -~]{1,1024}$/, 'must be 1 to 1,024 printable characters')

const fields = z.strictObject({
  endpoint: z.string({
    error: "must be given, such as 'https://login.example.com/oauth/introspect'",
  }),
  issuer: tokenName,
  audience: z
    .union([z.literal(false), tokenName, z.array(tokenName).min(1).max(MAX_AUDIENCES)], {
      error:
        "must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, where the server sees to that",
    })
    .transform((audience) => audience !== false && [audience].flat()),
  clientId: credential,
  clientSecret: credential,
  prefix: z
    .string()
    .regex(/^[\w.~+/-]{1,64}$/, "must be how tokens begin, such as 'oat_'")
    .optional(),
  clockTolerance: durationUpTo(
    MAX_TOLERANCE_MS,
    "must be a duration up to '2m', such as '30s'",
  ).default('30s'),
  cacheFor: durationUpTo(MAX_CACHED_MS, "must be a duration up to '1m', such as '10s'").default(
    '10s',
  ),
  environment: z.string().optional(),
  identify: functionOf<IdentifyToken>('must be a function').optional(),
  allowPrivateAddresses: z.boolean().default(false),
})

export const introspection = fields.check((context) => {
  const { endpoint, allowPrivateAddresses } = context.value
  const message = whyNotAsked(endpoint, allowPrivateAddresses)
  if (message === undefined) return
  context.issues.push({ code: 'custom', input: undefined, path: ['endpoint'], message })
})

export const INTROSPECTION_NAMES = Object.keys(fields.shape)
