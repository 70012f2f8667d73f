import * as v from 'valibot'
import { outboundFields, whyNotAsked, whyNotPlain } from './outbound-schema.js'
import { TENANT, type Tenants } from './tenants.js'
import { told } from '../lib/issue.js'
import { complaining, functionOf, functionOr, orElse, shortList } from '../lib/schema-kinds.js'
import { textsFrom } from '../lib/copy.js'
import { ALGORITHMS } from './algorithms.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import { claimFields, claimName } from './claim-schema.js'
import { durationUpTo, MAX_TOLERANCE_MS, oneOrMore } from './field-kinds.js'
import type { FindIssuer } from './issuer-options.js'
import { inlineKeys, secrecyOf } from './inline-keys.js'
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
import { strictObject } from '../lib/schema-objects.js'

const EXAMPLE = "write its https URL, such as 'https://login.example.com'"

const algorithms = lazily(() =>
  v.pipe(
    v.array(
      v.picklist(ALGORITHMS, `must be one of ${ALGORITHMS.join(', ')}`),
      "must list how its tokens may be signed, such as ['RS256']",
    ),
    v.minLength(1, "must list how its tokens may be signed, such as ['RS256']"),
    v.check(
      (algorithms) => secrecyOf(algorithms) !== undefined,
      'has algorithms for a secret beside some for public keys; keep one kind',
    ),
  ),
)

/** Where its keys are. */
const keySources = lazily(() => ({
  jwksUri: v.optional(v.string()),
  jwks: v.optional(
    v.custom<JsonObject>(isJsonObject, 'must be a JWK Set, such as { keys: [...] }'),
  ),
  publicKey: oneOrMore<string>(
    (key) => typeof key === 'string' && /^\s*-----BEGIN PUBLIC KEY-----/.test(key),
    'must be PEM that begins with -----BEGIN PUBLIC KEY-----',
  ),
  secret: oneOrMore<string | Uint8Array>(
    (secret) => typeof secret === 'string' || secret instanceof Uint8Array,
    'must be a string or bytes',
  ),
}))

const fields = lazily(() =>
  strictObject({
    issuer: v.union(
      [
        v.literal(false),
        v.pipe(
          v.string(),
          v.regex(/^[!-~]{1,256}$/, `must be 1 to 256 visible ASCII characters; ${EXAMPLE}`),
          v.check(hasNoFragment, NO_FRAGMENT),
        ),
      ],
      `must be given; ${EXAMPLE}`,
    ),
    audience: audienceField(
      "must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, for tokens without 'aud', with 'clients'",
    ),
    ...claimFields(),
    aliases: v.optional(
      shortList(
        v.pipe(tokenName(), v.check(hasNoFragment, NO_FRAGMENT)),
        MAX_OWN_NAMES,
        'must be a list of names',
      ),
      [],
    ),
    algorithms: algorithms(),
    ...keySources(),
    profile: v.optional(v.picklist(['rfc9068', 'any'], "must be 'rfc9068' or 'any'"), 'rfc9068'),
    clockTolerance: v.optional(
      durationUpTo(MAX_TOLERANCE_MS, "must be a duration up to '5m', such as '30s'"),
      '30s',
    ),
    maxLifetime: v.optional(
      durationUpTo(Infinity, "must be a duration up to '36500d', such as '24h'"),
      '24h',
    ),
    environment: v.optional(v.string()),
    identify: v.optional(functionOf<IdentifyToken>('must be a function')),
    isRevoked: v.optional(functionOf<IsTokenRevoked>('must be a function')),
    tenants: v.optional(
      v.pipe(
        v.custom<Tenants>(
          (value) => typeof value === 'function' || (textsFrom(value)?.length ?? 0) > 0,
          'must be a list of tenants, or a function that says whether one counts',
        ),
        v.transform((value) => (typeof value === 'function' ? value : Object.freeze([...value]))),
      ),
    ),
    subjectClaim: v.optional(claimName(), 'sub'),
    tenantClaim: v.optional(claimName(), 'tid'),
    allowPrivateAddresses: v.optional(v.boolean(), false),
    ...outboundFields(),
    headers: v.optional(
      v.custom<OutboundHeaders>(
        (value) => typeof value === 'function' || isJsonObject(value),
        "must be an object of headers, such as { authorization: 'Bearer ...' }, or a function that returns one",
      ),
    ),
  }),
)

type Fields = v.InferOutput<ReturnType<typeof fields>>
type Complaint = readonly [field: Extract<keyof Fields, string>, message: string]

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

const issuer = lazily(() => v.pipe(fields(), complaining(complaintAbout)))

const list = lazily(() =>
  v.pipe(
    v.array(issuer(), 'must be a list of issuers, or a function that finds one'),
    v.check((all) => {
      const names = all.flatMap(({ issuer, aliases }) => [issuer, ...aliases])
      return new Set(names).size === names.length
    }, 'has one issuer twice; give it all its audiences at once'),
  ),
)

export const issuers = lazily(() =>
  orElse(functionOr<FindIssuer, readonly CheckedIssuer[]>(list), () => []),
)

export type CheckedIssuer = v.InferOutput<ReturnType<typeof issuer>>

/** One that a function has found. */
export function checkIssuer(
  given: unknown,
): v.SafeParseResult<v.GenericSchema<unknown, CheckedIssuer>> {
  return v.safeParse(issuer(), given, told)
}

export const ISSUER_NAMES = lazily(() => Object.keys(fields().entries))
