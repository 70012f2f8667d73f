import * as z from 'zod/mini'
import { outboundFields, whyNotAsked } from './outbound-schema.js'
import { functionOf } from '../lib/schema-kinds.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import { claimFields } from './claim-schema.js'
import { durationUpTo, MAX_TOLERANCE_MS } from './field-kinds.js'
import { audienceField, hasNoFragment, NO_FRAGMENT, tokenName } from './token-names.js'
import { lazily } from '../lib/lazily.js'

const MAX_CACHED_MS = 60_000
const credential = lazily(() =>
  z.string().check(z.regex(/^[ -~]{1,1024}$/, 'must be 1 to 1,024 printable characters')),
)

const fields = lazily(() =>
  z.strictObject({
    endpoint: z.string({
      error: "must be given, such as 'https://login.example.com/oauth/introspect'",
    }),
    issuer: tokenName().check(z.refine(hasNoFragment, NO_FRAGMENT)),
    audience: audienceField(
      "must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, where the server sees to that",
    ),
    clients: claimFields().clients,
    claims: claimFields().claims,
    scopes: claimFields().scopes,
    bounds: claimFields().bounds,
    clientId: credential(),
    clientSecret: credential(),
    prefix: z.optional(
      z.string().check(z.regex(/^[\w.~+/-]{1,64}$/, "must be how tokens begin, such as 'oat_'")),
    ),
    clockTolerance: z._default(
      durationUpTo(MAX_TOLERANCE_MS, "must be a duration up to '5m', such as '30s'"),
      '30s',
    ),
    cacheFor: z._default(
      durationUpTo(MAX_CACHED_MS, "must be a duration up to '1m', such as '10s'"),
      '10s',
    ),
    environment: z.optional(z.string()),
    identify: z.optional(functionOf<IdentifyToken>('must be a function')),
    isRevoked: z.optional(functionOf<IsTokenRevoked>('must be a function')),
    allowPrivateAddresses: z._default(z.boolean(), false),
    ...outboundFields(),
  }),
)

export const introspection = lazily(() =>
  fields().check((context) => {
    const message = whyNotAsked(context.value.endpoint, context.value)
    if (message === undefined) return
    context.issues.push({ code: 'custom', input: undefined, path: ['endpoint'], message })
  }),
)

export const INTROSPECTION_NAMES = lazily(() => Object.keys(fields().shape))
