import type { JWK } from 'jose'
import { z } from 'zod'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { MAX_AUDIENCES } from '../tokens/claims.js'
import { MAX_KEYS } from '../tokens/key-set.js'
import { MAX_LIFETIME_MS } from '../tokens/own-issuer.js'
import { complaintAboutSigningKeys } from '../tokens/signing-keys.js'
import { isJsonObject } from '../tokens/strict-json.js'
import type { ReplayStore } from '../tokens/replay-store.js'
import type { TokenRevocations } from '../tokens/revocations.js'
import { serviceAccount, type FindServiceAccount } from '../tokens/service-accounts.js'
import { objectWith } from './kinds.js'
import { issuerUrl, tokenName } from './token-names.js'

const SIGNING_KEYS =
  "must be a list of private keys, such as [JSON.parse(process.env['SIGNING_KEY'])] for a JWK"
const SIGNING_KEY = 'must be a private key: a JWK, which is an object, or PEM, which is text'

const ACCOUNTS =
  "must be a list of accounts such as { id: 'importer', ownerId: 'org_1', jwks: { keys: [...] }, scopes: [] }, or a function that finds one"

const signingKey = z.custom<JWK | string>(
  (key) => typeof key === 'string' || isJsonObject(key),
  SIGNING_KEY,
)

const fields = z.strictObject({
  issuer: issuerUrl,
  audience: z
    .union([tokenName, z.array(tokenName).min(1).max(MAX_AUDIENCES)], {
      error: "must say what this API is called in 'aud'; 16 names at most",
    })
    .transform((audience) => [audience].flat())
    .optional(),
  signingKeys: z
    .array(signingKey, { error: SIGNING_KEYS })
    .max(MAX_KEYS)
    .default([])
    .check((context) => {
      const message = complaintAboutSigningKeys(context.value)
      // Never with the value: it is a secret.
      if (message !== undefined) context.issues.push({ code: 'custom', input: undefined, message })
    }),
  lifetime: z
    .custom<Duration>(
      (value) =>
        isDuration(value) && milliseconds(value) >= 1_000 && milliseconds(value) <= MAX_LIFETIME_MS,
      "must be a duration from '1s' to '24h', such as '1h'",
    )
    .default('1h'),
  // Not a union: what is wrong with an account would not be told.
  serviceAccounts: z
    .unknown()
    .transform((given, context) => {
      if (typeof given === 'function') return given as FindServiceAccount
      const parsed = z.array(serviceAccount, { error: ACCOUNTS }).safeParse(given)
      if (parsed.success) return parsed.data
      context.issues.push(...parsed.error.issues.map((issue) => ({ ...issue, input: undefined })))
      return z.NEVER
    })
    .default([]),
  revocations: objectWith<TokenRevocations>(
    ['add', 'has'],
    'must be TokenRevocations, such as createMemoryRevocations()',
  ).optional(),
  replayStore: objectWith<ReplayStore>(
    ['addIfAbsent'],
    'must be a ReplayStore, such as createMemoryReplayStore()',
  ).optional(),
})

export const tokens = fields.transform(({ audience, ...rest }) => ({
  ...rest,
  audience: audience ?? [rest.issuer],
}))

export const TOKEN_NAMES = Object.keys(fields.shape)

export type CheckedTokens = z.infer<typeof tokens>
