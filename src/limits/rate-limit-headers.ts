import type { Headers } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { Limit, LimitVerdict, LimitState } from '../core/limit.js'

/**
 * `'x-ratelimit'`: `X-RateLimit-Limit`, `-Remaining` and `-Reset`. `'ratelimit'`: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-10.
 */
export type RateLimitHeaders = 'x-ratelimit' | 'ratelimit'

interface Counted {
  readonly limit: Limit
  readonly state: LimitState
}

const NONE: Headers = {}

/** What an answer tells of the limits of whoever asked. */
export function rateLimitHeaders(
  { limits, verdict }: Charge,
  kinds: readonly RateLimitHeaders[],
): Headers {
  if (verdict === undefined || kinds.length === 0) return NONE
  const counted = limits.flatMap((limit, index) => {
    const state = verdict.states[index]
    return state === undefined ? [] : [{ limit, state }]
  })
  return {
    ...(kinds.includes('x-ratelimit') && customary(counted, verdict.allowed)),
    ...(kinds.includes('ratelimit') && drafted(counted, verdict)),
  }
}

/**
 * One limit has room here: the quota that is nearest to its end; where there is none, the credits. A burst is no quota, and would be read as one: it is told of only
 * where it refuses.
 */
function customary(counted: readonly Counted[], allowed: boolean): Headers {
  const quotas = counted.filter(({ limit }) => limit.kind === 'quota')
  const credits = counted.filter(({ limit }) => limit.kind === 'credit')
  const bursts = counted.filter(({ limit }) => limit.kind === 'burst' && !allowed)
  const [first, ...others] = [quotas, credits, bursts].find((some) => some.length > 0) ?? []
  if (first === undefined) return NONE
  const { limit, state } = others.reduce(nearer, first)
  return {
    'x-ratelimit-limit': String(quotaOf(limit)),
    'x-ratelimit-remaining': String(state.remaining),
    ...(Number.isFinite(state.resetAt) && {
      'x-ratelimit-reset': String(Math.ceil(state.resetAt / 1_000)),
    }),
  }
}

function nearer(one: Counted, other: Counted): Counted {
  const [a, b] = [one.state, other.state]
  if (a.remaining !== b.remaining) return a.remaining < b.remaining ? one : other
  return a.resetAt >= b.resetAt ? one : other
}

/** Lists of strings with parameters, as RFC 9651 writes them; the names of limits need no escaping. */
function drafted(counted: readonly Counted[], { at }: LimitVerdict): Headers {
  const policies = counted.map(
    ({ limit }) => `"${limit.name}";q=${String(quotaOf(limit))}${windowOf(limit)}`,
  )
  const states = counted.map(({ limit, state }) => {
    return `"${limit.name}";r=${String(state.remaining)}${timeOf(limit, state, at)}`
  })
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') }
}

/** Never less than what is left, where credits are refilled to more than there were at first. */
function quotaOf({ limit, refill = 0 }: Limit): number {
  return Math.max(limit, refill)
}

/** Windows of the calendar differ in length, and what is never refilled has none. */
function windowOf({ kind, windowMs, calendar }: Limit): string {
  if (kind === 'concurrency') return ';qu="concurrent-requests"'
  if (calendar !== undefined || windowMs === 0) return ''
  return `;w=${String(Math.ceil(windowMs / 1_000))}`
}

/** When there is more; where it refuses, the time of Retry-After. Nobody knows when a request that is under way is over. */
function timeOf({ kind, windowMs }: Limit, { resetAt, retryAt }: LimitState, at: number): string {
  const until = retryAt ?? resetAt
  if (kind === 'credit' && until === Infinity) return ''
  if (kind === 'concurrency' && retryAt === undefined) return ''
  const wait = Number.isFinite(until) ? until - at : windowMs
  return `;t=${String(Math.max(0, Math.ceil(wait / 1_000)))}`
}
