import * as v from 'valibot'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { isNetwork } from './networks.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

const durationTo = (longest: Duration, example: Duration) =>
  v.custom<Duration>(
    (value) =>
      isDuration(value) &&
      milliseconds(value) >= 1_000 &&
      milliseconds(value) <= milliseconds(longest),
    `must be a duration from '1s' to '${longest}', such as '${example}'`,
  )

/** Unknown keys in a row before an address is refused, by default and at most. */
const ATTEMPTS = 3
const MAX_ATTEMPTS = 1_000
const BRUTE_FORCE = "must be true, false, or an object such as { attempts: 10, penalty: '5s' }"

const settings = lazily(() =>
  strictObject(
    {
      attempts: v.optional(wholeNumber(0, MAX_ATTEMPTS), ATTEMPTS),
      penalty: v.optional(durationTo('1h', '5s'), '5s'),
      maxPenalty: v.optional(durationTo('24h', '20s')),
      exempt: v.optional(
        v.array(
          v.pipe(
            v.string(),
            v.check(isNetwork, "must be an IP address or a CIDR network, such as '10.0.0.0/8'"),
          ),
          "must list addresses, such as ['10.0.0.0/8']",
        ),
        [],
      ),
    },
    BRUTE_FORCE,
  ),
)

/** `undefined`: there is no brute-force protection. */
export const bruteForce = lazily(() =>
  v.optional(
    v.pipe(
      v.unknown(),
      v.transform((given) => (given === true ? {} : given === false ? undefined : given)),
      v.optional(settings()),
    ),
    true,
  ),
)

/** How addresses that try keys are slowed down, complete. */
export type BruteForceSettings = v.InferOutput<ReturnType<typeof settings>>

export const BRUTE_FORCE_NAMES = lazily(() => Object.keys(settings().entries))
