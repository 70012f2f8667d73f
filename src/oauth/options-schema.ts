import * as v from 'valibot'
import type { Jwk } from '../jwt/jwk.js'
import { MAX_KEYS } from '../jwt/key-set.js'
import { isJsonObject } from '../jwt/strict-json.js'
import { issuerUrl, MAX_OWN_NAMES, tokenName } from '../jwt/token-names.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { complaining, functionOr, objectWith, shortList } from '../lib/schema-kinds.js'
import type { ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import { serviceAccount, type FindServiceAccount } from './service-accounts.js'
import { complaintAboutSigningKeys, MAX_LIFETIME_MS } from './signing-key.js'
import type { FindSigningKeys } from './signing-keys.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const SIGNING_KEYS =
  "must be a list of private keys, such as [JSON.parse(process.env['SIGNING_KEY'])] for a JWK"
const SIGNING_KEY = 'must be a private key: a JWK, which is an object, or PEM, which is text'

const ACCOUNTS =
  "must be a list of accounts such as { id: 'importer', ownerId: 'org_1', jwks: { keys: [...] }, scopes: [] }, or a function that finds one"

const signingKey = lazily(() =>
  v.custom<Jwk | string>((key) => typeof key === 'string' || isJsonObject(key), SIGNING_KEY),
)

const signingKeys = lazily(() =>
  v.pipe(
    shortList(signingKey(), MAX_KEYS, SIGNING_KEYS),
    complaining((keys) => {
      const message = complaintAboutSigningKeys(keys)
      return message === undefined ? undefined : [undefined, message]
    }),
  ),
)

const serviceAccounts = lazily(() => v.array(serviceAccount(), ACCOUNTS))

/** One name, or several. */
function ownNames(write: string) {
  const several = v.pipe(shortList(tokenName(), MAX_OWN_NAMES), v.minLength(1))
  return v.optional(
    v.pipe(
      v.union([tokenName(), several], write),
      v.transform((names) => [names].flat()),
    ),
  )
}

const fields = lazily(() =>
  strictObject({
    issuer: issuerUrl(),
    audience: ownNames("must say what this API is called in 'aud'; 16 names at most"),
    accepts: ownNames("must say which of 'tokens.audience' are names of this API itself"),
    signingKeys: v.optional(
      functionOr<FindSigningKeys, readonly (Jwk | string)[]>(signingKeys),
      [],
    ),
    lifetime: v.optional(
      v.custom<Duration>(
        (value) =>
          isDuration(value) &&
          milliseconds(value) >= 1_000 &&
          milliseconds(value) <= MAX_LIFETIME_MS,
        "must be a duration from '1s' to '24h', such as '1h'",
      ),
      '1h',
    ),
    serviceAccounts: v.optional(
      functionOr<FindServiceAccount, v.InferOutput<ReturnType<typeof serviceAccounts>>>(
        serviceAccounts,
      ),
      [],
    ),
    revocations: v.optional(
      objectWith<TokenRevocations>(
        ['add', 'has'],
        'must be TokenRevocations, such as createMemoryRevocations()',
      ),
    ),
    replayStore: v.optional(
      objectWith<ReplayStore>(
        ['addIfAbsent'],
        'must be a ReplayStore, such as createMemoryReplayStore()',
      ),
    ),
  }),
)

export const tokens = lazily(() =>
  v.pipe(
    fields(),
    v.transform(({ audience: given, accepts, ...rest }) => {
      const audience = given ?? [rest.issuer]
      return { ...rest, audience, accepts: accepts ?? audience.slice(0, 1) }
    }),
  ),
)

export const TOKEN_NAMES = lazily(() => Object.keys(fields().entries))

export type CheckedTokens = v.InferOutput<ReturnType<typeof tokens>>
