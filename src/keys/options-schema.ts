import * as v from 'valibot'
import { isDuration, type Duration } from '../lib/duration.js'
import { functionOf, functionOr, objectWith } from '../lib/schema-kinds.js'
import type { KeyChangeFeed } from './change-feed.js'
import type { KeyStore } from './key-store.js'
import type { LegacyKeys } from './legacy.js'
import { MIN_PEPPER_LENGTH } from './bounds.js'
import type { FindPeppers } from './peppers.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const STORE_METHODS = [
  'findByDigest',
  'findById',
  'insert',
  'update',
  'rotate',
  'list',
  'recordUsage',
]

const peppers = lazily(() =>
  v.array(
    v.pipe(v.string(), v.minCodePoints(MIN_PEPPER_LENGTH)),
    'must be a list, such as [process.env.PEPPER], or a function that returns one',
  ),
)

export const keys = lazily(() =>
  strictObject({
    prefix: v.pipe(
      v.string("must be given, such as 'acme'"),
      v.regex(
        /^[a-z][a-z0-9]{1,15}$/,
        "must be 2 to 16 lower-case letters and digits, a letter first, such as 'acme'",
      ),
    ),
    peppers: v.optional(functionOr<FindPeppers, readonly string[]>(peppers), []),
    store: v.optional(
      objectWith<KeyStore>(STORE_METHODS, 'must be a KeyStore, such as createMemoryKeyStore()'),
    ),
    changes: v.optional(
      objectWith<KeyChangeFeed>(
        ['listen'],
        "must be a KeyChangeFeed, such as createRedisKeyChanges({ client, subscriber }) of 'sallyport/redis'",
      ),
    ),
    rotateAfter: v.optional(
      v.custom<Duration>(isDuration, "must be a duration such as '90d'"),
      '90d',
    ),
    legacy: v.optional(
      functionOf<LegacyKeys>(
        'must be a function of the secret, such as (secret) => findOldKey(secret)',
      ),
    ),
  }),
)

export const KEY_NAMES = lazily(() => Object.keys(keys().entries))
