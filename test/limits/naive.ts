import type { Limit, LimitRequest, LimitStore, LimitVerdict } from 'sallyport'
import { settle, type Counter } from '../../src/limits/windows.js'

/** A control: of so many counters, by default as many as the memory store has, the oldest gives way, used up or not. */
export function createForgetfulStore(most = 1_000_000): LimitStore {
  const kept = new Map<string, Counter>()
  const order: string[] = []
  let next = 0
  return {
    consume(request) {
      const keyOf = ({ kind, name }: Limit) => `${kind} ${name} ${request.subject}`
      const counters = {
        read: (limit: Limit) => kept.get(keyOf(limit)),
        write(limit: Limit, counter: Counter) {
          const key = keyOf(limit)
          if (!kept.has(key)) {
            kept.delete(order[next] ?? '')
            order[next] = key
            next = (next + 1) % (most * request.limits.length)
          }
          kept.set(key, counter)
        },
      }
      return settle(counters, request, request.at)
    },
  }
}

interface Taken {
  taken: number
  /** When it is forgotten. */
  until: number
}

/** A control: windows are those of the clock; what was taken in another one is forgotten, be it a later one. */
export function createStoreOfTheClock(): LimitStore {
  return createNaiveStore((known, at, windowMs) => {
    const until = (Math.floor(at / windowMs) + 1) * windowMs
    return known?.until === until ? known : { taken: 0, until }
  })
}

/** A control: what was counted ends when it was to end, wherever the clock is since. */
export function createStubbornStore(): LimitStore {
  return createNaiveStore((known, at, windowMs) =>
    known !== undefined && known.until > at ? known : { taken: 0, until: at + windowMs },
  )
}

function createNaiveStore(
  current: (known: Taken | undefined, at: number, windowMs: number) => Taken,
): LimitStore {
  const kept = new Map<string, Taken>()
  return {
    consume({ subject, limits, cost, at }: LimitRequest): LimitVerdict {
      const [first] = limits
      if (first === undefined) throw new RangeError('It takes a limit.')
      const counter = current(kept.get(subject), at, first.windowMs || Infinity)
      kept.set(subject, counter)
      const allowed = counter.taken + cost <= first.limit
      if (allowed) counter.taken += cost
      const { taken, until } = counter
      const standing = { remaining: first.limit - taken, resetAt: until }
      return { allowed, at, states: [allowed ? standing : { ...standing, retryAt: until }] }
    },
  }
}
