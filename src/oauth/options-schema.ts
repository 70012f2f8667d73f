import * as z from 'zod/mini'
import type { Jwk } from '../jwt/jwk.js'
import { MAX_KEYS } from '../jwt/key-set.js'
import { isJsonObject } from '../jwt/strict-json.js'
import { issuerUrl, MAX_OWN_NAMES, tokenName } from '../jwt/token-names.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { functionOr, objectWith } from '../lib/schema-kinds.js'
import type { ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import { serviceAccount, type FindServiceAccount } from './service-accounts.js'
import { complaintAboutSigningKeys, type FindSigningKeys } from './signing-keys.js'
import { MAX_LIFETIME_MS } from './token-service.js'
import { lazily } from '../lib/lazily.js'

const SIGNING_KEYS =
  "must be a list of private keys, such as [JSON.parse(process.env['SIGNING_KEY'])] for a JWK"
const SIGNING_KEY = 'must be a private key: a JWK, which is an object, or PEM, which is text'

const ACCOUNTS =
  "must be a list of accounts such as { id: 'importer', ownerId: 'org_1', jwks: { keys: [...] }, scopes: [] }, or a function that finds one"

const signingKey = lazily(() =>
  z.custom<Jwk | string>((key) => typeof key === 'string' || isJsonObject(key), SIGNING_KEY),
)

const signingKeys = lazily(() =>
  z.array(signingKey(), { error: SIGNING_KEYS }).check(z.maxLength(MAX_KEYS), (context) => {
    const message = complaintAboutSigningKeys(context.value)
    // Never with the value: it is a secret.
    if (message !== undefined) context.issues.push({ code: 'custom', input: undefined, message })
  }),
)

const serviceAccounts = lazily(() => z.array(serviceAccount(), { error: ACCOUNTS }))

/** One name, or several. */
function ownNames(write: string) {
  const several = z.array(tokenName()).check(z.minLength(1), z.maxLength(MAX_OWN_NAMES))
  return z.optional(
    z.pipe(
      z.union([tokenName(), several], { error: write }),
      z.transform((names) => [names].flat()),
    ),
  )
}

const fields = lazily(() =>
  z.strictObject({
    issuer: issuerUrl(),
    audience: ownNames("must say what this API is called in 'aud'; 16 names at most"),
    accepts: ownNames("must say which of 'tokens.audience' are names of this API itself"),
    signingKeys: z._default(
      functionOr<FindSigningKeys, readonly (Jwk | string)[]>(signingKeys),
      [],
    ),
    lifetime: z._default(
      z.custom<Duration>(
        (value) =>
          isDuration(value) &&
          milliseconds(value) >= 1_000 &&
          milliseconds(value) <= MAX_LIFETIME_MS,
        "must be a duration from '1s' to '24h', such as '1h'",
      ),
      '1h',
    ),
    serviceAccounts: z._default(
      functionOr<FindServiceAccount, z.infer<ReturnType<typeof serviceAccounts>>>(serviceAccounts),
      [],
    ),
    revocations: z.optional(
      objectWith<TokenRevocations>(
        ['add', 'has'],
        'must be TokenRevocations, such as createMemoryRevocations()',
      ),
    ),
    replayStore: z.optional(
      objectWith<ReplayStore>(
        ['addIfAbsent'],
        'must be a ReplayStore, such as createMemoryReplayStore()',
      ),
    ),
  }),
)

export const tokens = lazily(() =>
  z.pipe(
    fields(),
    z.transform(({ audience: given, accepts, ...rest }) => {
      const audience = given ?? [rest.issuer]
      return { ...rest, audience, accepts: accepts ?? audience.slice(0, 1) }
    }),
  ),
)

export const TOKEN_NAMES = lazily(() => Object.keys(fields().shape))

export type CheckedTokens = z.infer<ReturnType<typeof tokens>>
