import * as z from 'zod/mini'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { isNetwork } from './networks.js'
import { lazily } from '../lib/lazily.js'

const durationTo = (longest: Duration, example: Duration) =>
  z.custom<Duration>(
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
  z.strictObject(
    {
      attempts: z._default(z.int().check(z.minimum(0), z.maximum(MAX_ATTEMPTS)), ATTEMPTS),
      penalty: z._default(durationTo('1h', '5s'), '5s'),
      maxPenalty: z.optional(durationTo('24h', '20s')),
      exempt: z._default(
        z.array(
          z
            .string()
            .check(
              z.refine(isNetwork, "must be an IP address or a CIDR network, such as '10.0.0.0/8'"),
            ),
          { error: "must list addresses, such as ['10.0.0.0/8']" },
        ),
        [],
      ),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? BRUTE_FORCE : undefined) },
  ),
)

/** `undefined`: there is no brute-force protection. */
export const bruteForce = lazily(() =>
  z.prefault(
    z.pipe(
      z.transform((given: unknown) => (given === true ? {} : given === false ? undefined : given)),
      z.optional(settings()),
    ),
    true,
  ),
)

/** How addresses that try keys are slowed down, complete. */
export type BruteForceSettings = z.output<ReturnType<typeof settings>>

export const BRUTE_FORCE_NAMES = lazily(() => Object.keys(settings().shape))
