import * as v from 'valibot'
import { outboundFields, whyNotAsked } from './outbound-schema.js'
import { complaining, functionOf } from '../lib/schema-kinds.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import { claimFields } from './claim-schema.js'
import { durationUpTo, MAX_TOLERANCE_MS } from './field-kinds.js'
import { audienceField, hasNoFragment, NO_FRAGMENT, tokenName } from './token-names.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const MAX_CACHED_MS = 60_000
const credential = lazily(() =>
  v.pipe(v.string(), v.regex(/^[ -~]{1,1024}$/, 'must be 1 to 1,024 printable characters')),
)

const fields = lazily(() =>
  strictObject({
    endpoint: v.string("must be given, such as 'https://login.example.com/oauth/introspect'"),
    issuer: v.pipe(tokenName(), v.check(hasNoFragment, NO_FRAGMENT)),
    audience: audienceField(
      "must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, where the server sees to that",
    ),
    clients: claimFields().clients,
    claims: claimFields().claims,
    scopes: claimFields().scopes,
    bounds: claimFields().bounds,
    clientId: credential(),
    clientSecret: credential(),
    prefix: v.optional(
      v.pipe(v.string(), v.regex(/^[\w.~+/-]{1,64}$/, "must be how tokens begin, such as 'oat_'")),
    ),
    clockTolerance: v.optional(
      durationUpTo(MAX_TOLERANCE_MS, "must be a duration up to '5m', such as '30s'"),
      '30s',
    ),
    cacheFor: v.optional(
      durationUpTo(MAX_CACHED_MS, "must be a duration up to '1m', such as '10s'"),
      '10s',
    ),
    environment: v.optional(v.string()),
    identify: v.optional(functionOf<IdentifyToken>('must be a function')),
    isRevoked: v.optional(functionOf<IsTokenRevoked>('must be a function')),
    allowPrivateAddresses: v.optional(v.boolean(), false),
    ...outboundFields(),
  }),
)

export const introspection = lazily(() =>
  v.pipe(
    fields(),
    complaining((given) => {
      const message = whyNotAsked(given.endpoint, given)
      return message === undefined ? undefined : ['endpoint', message]
    }),
  ),
)

export const INTROSPECTION_NAMES = lazily(() => Object.keys(fields().entries))
