import { z } from 'zod'
import type { IdentifyToken } from '../identify/token.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { isPublic } from '../net/address.js'
import { ALGORITHMS, isSecretAlgorithm, secretBytesOf } from '../tokens/algorithms.js'
import { MAX_AUDIENCES } from '../tokens/claims.js'
import { addressIn } from '../tokens/fetch-json.js'
import { inlineKeys, secrecyOf } from '../tokens/issuers.js'
import { KeySetError } from '../tokens/key-set.js'
import { isJsonObject, type JsonObject } from '../tokens/strict-json.js'
import { tokenName } from './token-names.js'

export const MAX_TOLERANCE_MS = 120_000
const EXAMPLE = "write its https URL, such as 'https://login.example.com'"

export function durationUpTo(limitMs: number, write: string) {
  const is = (value: unknown) => isDuration(value) && milliseconds(value) <= limitMs
  return z.custom<Duration>(is, write)
}

const fields = z.strictObject({
  issuer: z
    .string({ error: `must be given; ${EXAMPLE}` })
    .regex(/^[!-~]{1,256}$/, `must be 1 to 256 visible ASCII characters; ${EXAMPLE}`)
    .refine((issuer) => !/^http:/i.test(issuer), `must not be an http URL; ${EXAMPLE}`),
  audience: z
    .union([tokenName, z.array(tokenName).min(1).max(MAX_AUDIENCES)], {
      error:
        "must say what this API is called in 'aud', such as 'https://api.example.com'; 16 names at most",
    })
    .transform((audience) => [audience].flat()),
  algorithms: z
    .array(z.enum(ALGORITHMS, { error: `must be one of ${ALGORITHMS.join(', ')}` }), {
      error: "must list how its tokens may be signed, such as ['RS256']",
    })
    .min(1, "must list how its tokens may be signed, such as ['RS256']")
    .refine(
      (algorithms) => secrecyOf(algorithms) !== undefined,
      'has algorithms for a secret beside some for public keys; keep one kind',
    ),
  jwksUri: z.string().optional(),
  jwks: z.custom<JsonObject>(isJsonObject, 'must be a JWK Set, such as { keys: [...] }').optional(),
  publicKey: z
    .string()
    .regex(
      /^\s*-----BEGIN PUBLIC KEY-----/,
      'must be PEM that begins with -----BEGIN PUBLIC KEY-----',
    )
    .optional(),
  secret: z
    .custom<string | Uint8Array>(
      (secret) => typeof secret === 'string' || secret instanceof Uint8Array,
      'must be a string or bytes',
    )
    .optional(),
  profile: z.enum(['rfc9068', 'any'], { error: "must be 'rfc9068' or 'any'" }).default('rfc9068'),
  clockTolerance: durationUpTo(
    MAX_TOLERANCE_MS,
    "must be a duration up to '2m', such as '30s'",
  ).default('30s'),
  maxLifetime: durationUpTo(Infinity, "must be a duration such as '24h'").default('24h'),
  environment: z.string().optional(),
  identify: z
    .custom<IdentifyToken>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  allowPrivateAddresses: z.boolean().default(false),
})

type Fields = z.infer<typeof fields>
type Complaint = readonly [field: keyof Fields, message: string]

const SOURCES = ['jwksUri', 'jwks', 'publicKey', 'secret'] as const

/** What is wrong with fields that are right each by itself. */
function complaintAbout(given: Fields): Complaint | undefined {
  const sources = SOURCES.filter((source) => given[source] !== undefined)
  const [source, more] = sources
  if (more !== undefined) {
    return [more, `is given beside '${String(source)}'; keep the one that has the keys`]
  }
  const secret = secrecyOf(given.algorithms) === true
  if (secret !== (source === 'secret')) {
    return secret
      ? ['algorithms', `has ${String(given.algorithms[0])}, which needs 'secret'`]
      : ['secret', 'is for HS256, HS384 and HS512 only; give public keys']
  }
  if (given.algorithms.length > 1 && (source === 'secret' || source === 'publicKey')) {
    return ['algorithms', `must be one: that of '${source}'`]
  }
  if (source === undefined) return complaintAboutUrl(given, 'issuer')
  if (source === 'jwksUri') return complaintAboutUrl(given, 'jwksUri')
  return source === 'secret' ? complaintAboutSecret(given) : complaintAboutKeys(given, source)
}

function complaintAboutUrl(given: Fields, field: 'issuer' | 'jwksUri'): Complaint | undefined {
  const more = field === 'issuer' ? ", or give its keys in 'jwks', 'publicKey' or 'jwksUri'" : ''
  const message = whyNotAsked(given[field] ?? '', given.allowPrivateAddresses, more)
  if (message !== undefined) return [field, message]
  const searched = field === 'issuer' && new URL(given.issuer).search !== ''
  return searched ? [field, 'must be an https URL without user, query and fragment'] : undefined
}

/** Why nothing can be asked for at a URL. */
export function whyNotAsked(
  text: string,
  allowPrivateAddresses: boolean,
  more = '',
): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:') return `must be an https URL${more}`
  if (url.username !== '' || url.hash !== '') {
    return 'must be an https URL without user, query and fragment'
  }
  const address = addressIn(url)
  if (address === undefined || allowPrivateAddresses || isPublic(address)) return undefined
  return "is at a private address; set 'allowPrivateAddresses' if that is meant"
}

function complaintAboutSecret({ secret = '', algorithms }: Fields): Complaint | undefined {
  const [algorithm] = algorithms
  if (algorithm === undefined || !isSecretAlgorithm(algorithm)) return undefined
  const least = secretBytesOf(algorithm)
  if (Buffer.from(secret).length >= least) return undefined
  return ['secret', `must have at least ${String(least)} bytes for ${algorithm}`]
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

const issuer = fields.check((context) => {
  const [field, message] = complaintAbout(context.value) ?? []
  if (field === undefined || message === undefined) return
  // Never with the value: it may be a secret.
  context.issues.push({ code: 'custom', input: undefined, path: [field], message })
})

export const issuers = z
  .array(issuer, { error: 'must be a list of issuers' })
  .refine(
    (all) => new Set(all.map(({ issuer }) => issuer)).size === all.length,
    'has one issuer twice; give it all its audiences at once',
  )
  .default([])

export const ISSUER_NAMES = Object.keys(fields.shape)
