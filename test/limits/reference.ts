import type { Limit, LimitRequest, LimitVerdict, LimitState } from 'sallyport'

const DAY_MS = 86_400_000n

/** What was admitted, in its order. */
type Log = { readonly at: bigint; readonly cost: bigint }[]

/**
 * Limits by their definition, over the list of all that was ever admitted, in integers without bounds: slow and plain. For one subject,
 * limits that stay as they are, and a clock that does not go back.
 */
export function createReference() {
  const logs = new Map<string, Log>()

  return {
    consume({ limits, cost, at }: LimitRequest): LimitVerdict {
      const log = (limit: Limit) => {
        const name = `${limit.kind} ${limit.name}`
        logs.set(name, logs.get(name) ?? [])
        return logs.get(name) ?? []
      }
      const stand = (limit: Limit) =>
        RULES[limit.kind as Counted](
          log(limit),
          BigInt(limit.limit),
          BigInt(limit.windowMs),
          BigInt(at),
          limit,
        )
      const retries = limits.map((limit) => stand(limit)(BigInt(cost)).retryAt)
      const allowed = retries.every((retryAt) => retryAt <= at)
      if (allowed && cost > 0) {
        for (const limit of limits) log(limit).push({ at: BigInt(at), cost: BigInt(cost) })
      }
      const states = limits.map((limit, index): LimitState => {
        const { remaining, resetAt } = stand(limit)(0n)
        const retryAt = retries[index] ?? NaN
        return { remaining, resetAt, ...(retryAt > at && { retryAt }) }
      })
      return { allowed, at, states }
    },
  }
}

interface Answer {
  readonly remaining: number
  readonly resetAt: number
  readonly retryAt: number
}

type Rule = (
  log: Log,
  limit: bigint,
  windowMs: bigint,
  at: bigint,
  given: Limit,
) => (cost: bigint) => Answer

type Counted = Exclude<Limit['kind'], 'concurrency'>

const RULES: Readonly<Record<Counted, Rule>> = {
  /** At most `limit` in a window, which begins with the first request after the last one, or with the calendar. */
  quota: (log, limit, _, at, given) => (cost) => {
    let end = 0n
    let taken = 0n
    for (const one of log) {
      if (one.at >= end) {
        end = endFrom(one.at, given)
        taken = 0n
      }
      taken += one.cost
    }
    if (at >= end) {
      end = at
      taken = 0n
    }
    const soon = taken + cost <= limit || cost === 0n ? at : end
    return {
      remaining: Number(limit - taken),
      resetAt: Number(end),
      retryAt: cost > limit ? Infinity : Number(soon),
    }
  },
  /** `limit` in all, and whenever a window is over, `refill` again where there is less. */
  credit: (log, limit, _, at, given) => (cost) => {
    const refill = BigInt(given.refill ?? given.limit)
    let [left, end] = [limit, 0n]
    for (const one of [...log, { at, cost: 0n }]) {
      if (end !== 0n && one.at >= end) [left, end] = [most(left, refill), 0n]
      if (end === 0n && one.cost > 0n) end = endFrom(one.at, given)
      left -= one.cost
    }
    if (end === 0n) end = endFrom(at, given)
    const never = given.windowMs === 0
    const later = never || cost > refill ? Infinity : Number(end)
    return {
      remaining: Number(left),
      resetAt: left >= refill ? Number(at) : never ? Infinity : Number(end),
      retryAt: cost === 0n || cost <= left ? Number(at) : later,
    }
  },
  /** At most `limit + limit * t / windowMs` in any stretch of `t`, and all that this leaves room for. */
  burst: (log, limit, windowMs, at) => (cost) => {
    let [remaining, resetAt, retryAt, sum] = [limit, at, at, 0n]
    for (const one of log.toReversed()) {
      sum += one.cost
      const room = limit * windowMs + limit * (at - one.at) - sum * windowMs
      remaining = least(remaining, room / windowMs)
      resetAt = most(resetAt, one.at + upwards(sum * windowMs, limit))
      if (cost > 0n) {
        retryAt = most(retryAt, one.at + upwards((sum + cost - limit) * windowMs, limit))
      }
    }
    return {
      remaining: Number(remaining),
      resetAt: Number(resetAt),
      retryAt: cost > limit ? Infinity : Number(retryAt),
    }
  },
}

function endFrom(at: bigint, { calendar, windowMs }: Limit): bigint {
  if (calendar === undefined) return windowMs === 0 ? 2n ** 60n : at + BigInt(windowMs)
  return dayAfter(at / DAY_MS, calendar === 'day' ? 10 : 7) * DAY_MS
}

const known = new Map<string, bigint>()

/** The first day that is written otherwise than this one, in so many characters of `2030-01-31`. */
function dayAfter(from: bigint, length: number): bigint {
  const written = (day: bigint) => new Date(Number(day * DAY_MS)).toISOString().slice(0, length)
  const begun = written(from)
  let day = known.get(begun) ?? from
  while (written(day) === begun) day += 1n
  known.set(begun, day)
  return day
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** The quotient, rounded up, of a number that may be below 0. */
function upwards(a: bigint, b: bigint): bigint {
  return a <= 0n ? 0n : (a + b - 1n) / b
}
