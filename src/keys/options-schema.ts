import * as z from 'zod/mini'
import { isDuration, type Duration } from '../lib/duration.js'
import { functionOf, functionOr, objectWith } from '../lib/schema-kinds.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyStore } from './key-store.js'
import type { LegacyKeys } from './legacy.js'
import { MIN_PEPPER_LENGTH, type FindPeppers } from './peppers.js'
import { lazily } from '../lib/lazily.js'

const STORE_METHODS = [
  'findByDigest',
  'findById',
  'insert',
  'update',
  'rotate',
  'list',
  'recordUsage',
]

const peppers = lazily(() => z.array(z.string().check(z.minLength(MIN_PEPPER_LENGTH))))

export const keys = lazily(() =>
  z.strictObject({
    prefix: z
      .string({ error: "must be given, such as 'acme'" })
      .check(
        z.regex(
          /^[a-z][a-z0-9]{1,15}$/,
          'must be 2 to 16 lower-case letters and digits, a letter first',
        ),
      ),
    peppers: z._default(functionOr<FindPeppers, readonly string[]>(peppers), []),
    store: z.optional(
      objectWith<KeyStore>(STORE_METHODS, 'must be a KeyStore, such as createMemoryKeyStore()'),
    ),
    changes: z.optional(objectWith<KeyChangeFeed>(['listen'], 'must be a KeyChangeFeed')),
    rotateAfter: z._default(
      z.custom<Duration>(isDuration, "must be a duration such as '90d'"),
      '90d',
    ),
    legacy: z.optional(functionOf<LegacyKeys>('must be a function of the secret')),
  }),
)

export const KEY_NAMES = lazily(() => Object.keys(keys().shape))
