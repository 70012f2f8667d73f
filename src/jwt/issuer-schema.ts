import * as z from 'zod/mini'
import { outboundFields, whyNotAsked, whyNotPlain } from './outbound-schema.js'
import { TENANT, type Tenants } from './tenants.js'
import { told } from '../lib/issue.js'
import { functionOf, readWithin } from '../lib/schema-kinds.js'
import { textsFrom } from '../lib/copy.js'
import { ALGORITHMS } from './algorithms.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import { claimFields, claimName } from './claim-schema.js'
import { durationUpTo, MAX_TOLERANCE_MS, oneOrMore } from './field-kinds.js'
import type { FindIssuer } from './issuer-options.js'
import { inlineKeys, secrecyOf } from './issuers.js'
import { KeySetError } from './key-set.js'
import type { OutboundHeaders } from './outbound.js'
import { whyNotSecret } from './hmac-secrets.js'
import { isJsonObject, type JsonObject } from './strict-json.js'
import {
  audienceField,
  hasNoFragment,
  MAX_OWN_NAMES,
  NO_FRAGMENT,
  tokenName,
} from './token-names.js'
import { lazily } from '../lib/lazily.js'

const EXAMPLE = "write its https URL, such as 'https://login.example.com'"

const fields = lazily(() =>
  z.strictObject({
    issuer: z.union(
      [
        z.literal(false),
        z
          .string()
          .check(
            z.regex(/^[!-~]{1,256}$/, `must be 1 to 256 visible ASCII characters; ${EXAMPLE}`),
            z.refine(hasNoFragment, NO_FRAGMENT),
          ),
      ],
      { error: `must be given; ${EXAMPLE}` },
    ),
    audience: audienceField(
      "must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, for tokens without 'aud', with 'clients'",
    ),
    ...claimFields(),
    aliases: z._default(
      z
        .array(tokenName().check(z.refine(hasNoFragment, NO_FRAGMENT)), 'must be a list of names')
        .check(z.maxLength(MAX_OWN_NAMES)),
      [],
    ),
    algorithms: z
      .array(z.enum(ALGORITHMS, { error: `must be one of ${ALGORITHMS.join(', ')}` }), {
        error: "must list how its tokens may be signed, such as ['RS256']",
      })
      .check(
        z.minLength(1, "must list how its tokens may be signed, such as ['RS256']"),
        z.refine(
          (algorithms) => secrecyOf(algorithms) !== undefined,
          'has algorithms for a secret beside some for public keys; keep one kind',
        ),
      ),
    jwksUri: z.optional(z.string()),
    jwks: z.optional(
      z.custom<JsonObject>(isJsonObject, 'must be a JWK Set, such as { keys: [...] }'),
    ),
    publicKey: oneOrMore<string>(
      (key) => typeof key === 'string' && /^\s*-----BEGIN PUBLIC KEY-----/.test(key),
      'must be PEM that begins with -----BEGIN PUBLIC KEY-----',
    ),
    secret: oneOrMore<string | Uint8Array>(
      (secret) => typeof secret === 'string' || secret instanceof Uint8Array,
      'must be a string or bytes',
    ),
    profile: z._default(
      z.enum(['rfc9068', 'any'], { error: "must be 'rfc9068' or 'any'" }),
      'rfc9068',
    ),
    clockTolerance: z._default(
      durationUpTo(MAX_TOLERANCE_MS, "must be a duration up to '5m', such as '30s'"),
      '30s',
    ),
    maxLifetime: z._default(
      durationUpTo(Infinity, "must be a duration up to '36500d', such as '24h'"),
      '24h',
    ),
    environment: z.optional(z.string()),
    identify: z.optional(functionOf<IdentifyToken>('must be a function')),
    isRevoked: z.optional(functionOf<IsTokenRevoked>('must be a function')),
    tenants: z.optional(
      z.pipe(
        z.custom<Tenants>(
          (value) => typeof value === 'function' || (textsFrom(value)?.length ?? 0) > 0,
          'must be a list of tenants, or a function that says whether one counts',
        ),
        z.transform((value) => (typeof value === 'function' ? value : Object.freeze([...value]))),
      ),
    ),
    tenantClaim: z._default(claimName(), 'tid'),
    allowPrivateAddresses: z._default(z.boolean(), false),
    ...outboundFields(),
    headers: z.optional(
      z.custom<OutboundHeaders>(
        (value) => typeof value === 'function' || isJsonObject(value),
        "must be an object of headers, such as { authorization: 'Bearer ...' }, or a function that returns one",
      ),
    ),
  }),
)

type Fields = z.infer<ReturnType<typeof fields>>
type Complaint = readonly [field: keyof Fields, message: string]

const SOURCES = ['jwksUri', 'jwks', 'publicKey', 'secret'] as const

/** What is wrong with fields that are right each by itself. */
function complaintAbout(given: Fields): Complaint | undefined {
  const sources = SOURCES.filter((source) => given[source] !== undefined)
  const [source, more] = sources
  if (more !== undefined) {
    return [more, `is given beside '${String(source)}'; keep the one that has the keys`]
  }
  const complaint = complaintAboutTarget(given, source) ?? complaintAboutPattern(given)
  if (complaint !== undefined) return complaint
  const secret = secrecyOf(given.algorithms) === true
  if (secret !== (source === 'secret')) {
    return secret
      ? ['algorithms', `has ${String(given.algorithms[0])}, which needs 'secret'`]
      : ['secret', 'is for HS256, HS384 and HS512 only; give public keys']
  }
  if (given.algorithms.length > 1 && (source === 'secret' || source === 'publicKey')) {
    return ['algorithms', `must be one: that of '${source}'`]
  }
  if (given.issuer !== false && /^http:/i.test(given.issuer)) {
    const message = whyNotPlain(given.issuer, given.allowHttp)
    if (message !== undefined) return ['issuer', message]
  }
  if (source === undefined) return complaintAboutUrl(given, 'issuer')
  if (source === 'jwksUri') return complaintAboutUrl(given, 'jwksUri')
  return source === 'secret' ? complaintAboutSecret(given) : complaintAboutKeys(given, source)
}

/** What takes the place of `aud`, and of `iss`. */
function complaintAboutTarget(
  { issuer, audience, clients, aliases, profile }: Fields,
  source: (typeof SOURCES)[number] | undefined,
): Complaint | undefined {
  if (issuer === false) {
    if (source !== 'secret') {
      return ['issuer', "may be false only with a 'secret' of the app's own; give the issuer"]
    }
    if (audience !== false) return ['audience', "must be false with 'issuer: false'"]
    if (profile !== 'any') return ['profile', "must be 'any' with 'issuer: false'"]
    return aliases.length > 0 ? ['aliases', "needs an 'issuer'"] : undefined
  }
  if (clients === false) {
    if (audience !== false) return ['clients', "may be false with 'audience: false' only"]
    return source === undefined
      ? ['clients', "may be false only where the keys are given, by 'jwksUri' for example"]
      : undefined
  }
  if (audience !== false || Array.isArray(clients)) return undefined
  return [
    'clients',
    "must be given with 'audience: false': the clients whose tokens are accepted, such as ['web-app']",
  ]
}

/** An issuer with a place for the tenant in it. */
function complaintAboutPattern({ issuer, tenants, aliases }: Fields): Complaint | undefined {
  if (issuer === false) return tenants === undefined ? undefined : ['tenants', "needs an 'issuer'"]
  const places = issuer.split(TENANT).length - 1
  if (tenants === undefined) {
    return places === 0 ? undefined : ['tenants', `must be given where 'issuer' has ${TENANT}`]
  }
  if (aliases.length > 0) return ['aliases', "are for an issuer without 'tenants'"]
  return places === 1 ? undefined : ['issuer', `must have ${TENANT} once, with 'tenants'`]
}

function complaintAboutUrl(given: Fields, field: 'issuer' | 'jwksUri'): Complaint | undefined {
  const more = field === 'issuer' ? ", or give its keys in 'jwks', 'publicKey' or 'jwksUri'" : ''
  const text = String(given[field]).replace(TENANT, 'tenant')
  const message = whyNotAsked(text, given, more)
  if (message !== undefined) return [field, message]
  const searched = field === 'issuer' && new URL(text).search !== ''
  return searched ? [field, 'must be an https URL without user, query and fragment'] : undefined
}

function complaintAboutSecret({ secret = [], algorithms }: Fields): Complaint | undefined {
  const message = whyNotSecret(secret, algorithms[0])
  return message === undefined ? undefined : ['secret', message]
}

function complaintAboutKeys(given: Fields, source: 'jwks' | 'publicKey'): Complaint | undefined {
  const unusable = `has no key for ${given.algorithms.join(' or ')}`
  try {
    const usable = inlineKeys(given)?.size ?? 0
    return usable === 0 ? [source, unusable] : undefined
  } catch (error) {
    return [source, error instanceof KeySetError ? error.message : 'cannot be read']
  }
}

const issuer = lazily(() =>
  fields().check((context) => {
    const [field, message] = complaintAbout(context.value) ?? []
    if (field === undefined || message === undefined) return
    // Never with the value: it may be a secret.
    context.issues.push({ code: 'custom', input: undefined, path: [field], message })
  }),
)

const list = lazily(() =>
  z.array(issuer(), { error: 'must be a list of issuers, or a function that finds one' }).check(
    z.refine((all) => {
      const names = all.flatMap(({ issuer, aliases }) => [issuer, ...aliases])
      return new Set(names).size === names.length
    }, 'has one issuer twice; give it all its audiences at once'),
  ),
)

// Not a union: what is wrong with an issuer would not be told.
export const issuers = lazily(() =>
  z._default(
    z.pipe(
      z.unknown(),
      z.transform((given, context) =>
        typeof given === 'function' ? (given as FindIssuer) : readWithin(context, list(), given),
      ),
    ),
    [],
  ),
)

export type CheckedIssuer = z.infer<ReturnType<typeof issuer>>

/** One that a function has found. */
export function checkIssuer(given: unknown): z.core.util.SafeParseResult<CheckedIssuer> {
  return issuer().safeParse(given, told)
}

export const ISSUER_NAMES = lazily(() => Object.keys(fields().shape))
