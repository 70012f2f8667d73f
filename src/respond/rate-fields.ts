import type { Charge } from '../limits/charge.js'
import type { Limit, LimitVerdict, Standing } from '../limits/store.js'
import type { Headers } from '../terms/headers.js'

/**
 * `'x-ratelimit'`: `X-RateLimit-Limit`, `-Remaining` and `-Reset`. `'ratelimit'`: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10.
 */
export type RateFields = 'x-ratelimit' | 'ratelimit'

interface Counted {
  readonly limit: Limit
  readonly standing: Standing
}

const NONE: Headers = {}

/** What an answer tells of the limits of whoever asked. */
export function rateFields(charge: Charge | undefined, kinds: readonly RateFields[]): Headers {
  const { limits = [], verdict } = charge ?? {}
  if (verdict === undefined || kinds.length === 0) return NONE
  const counted = limits.flatMap((limit, index) => {
    const standing = verdict.standings[index]
    return standing === undefined ? [] : [{ limit, standing }]
  })
  return {
    ...(kinds.includes('x-ratelimit') && customary(counted)),
    ...(kinds.includes('ratelimit') && drafted(counted, verdict)),
  }
}

/** One limit has room here: the quota that is nearest to its end; a burst where there is no quota. */
function customary(counted: readonly Counted[]): Headers {
  const quotas = counted.filter(({ limit }) => limit.kind === 'quota')
  const [first, ...others] = quotas.length > 0 ? quotas : counted
  if (first === undefined) return NONE
  const { limit, standing } = others.reduce(nearer, first)
  return {
    'x-ratelimit-limit': String(limit.limit),
    'x-ratelimit-remaining': String(standing.remaining),
    'x-ratelimit-reset': String(Math.ceil(standing.resetAt / 1_000)),
  }
}

function nearer(one: Counted, other: Counted): Counted {
  const [a, b] = [one.standing, other.standing]
  if (a.remaining !== b.remaining) return a.remaining < b.remaining ? one : other
  return a.resetAt >= b.resetAt ? one : other
}

/** Lists of strings with parameters, as RFC 9651 writes them; the names of limits need no escaping. */
function drafted(counted: readonly Counted[], { at }: LimitVerdict): Headers {
  const policies = counted.map(
    ({ limit: { name, limit, windowMs } }) =>
      `"${name}";q=${String(limit)};w=${String(Math.ceil(windowMs / 1_000))}`,
  )
  const states = counted.map(({ limit, standing }) => {
    const { remaining, resetAt, retryAt = resetAt } = standing
    // Where it refuses, its time is that of Retry-After.
    const until = Number.isFinite(retryAt) ? retryAt : at + limit.windowMs
    const seconds = Math.max(0, Math.ceil((until - at) / 1_000))
    return `"${limit.name}";r=${String(remaining)};t=${String(seconds)}`
  })
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') }
}
