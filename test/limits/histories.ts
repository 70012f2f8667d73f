import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { Limit, LimitStore } from 'sallyport'
import { createReference } from './reference.js'

/** Requests of one subject, each some time after the one before. */
export interface History {
  readonly limits: readonly Limit[]
  readonly steps: readonly { readonly afterMs: number; readonly cost: number }[]
}

const START = 1_900_000_000_000

const size = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 1_000 }),
  fc.integer({ min: 1, max: 1_000_000_000 }),
)
const length = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.constantFrom(997, 1_000, 60_000, 3_600_000, 86_400_000),
)
const DAY_MS = 86_400_000
const calendar = fc.constantFrom<Pick<Limit, 'calendar' | 'windowMs'>>(
  { calendar: 'day', windowMs: DAY_MS },
  { calendar: 'month', windowMs: 31 * DAY_MS },
)
const refill = fc.oneof(
  fc.constant({}),
  size.map((amount) => ({ refill: amount })),
)

/** A limit of any kind, but for its name. */
export const limits: fc.Arbitrary<Omit<Limit, 'name'>> = fc.oneof(
  fc
    .record({
      kind: fc.constantFrom<Limit['kind']>('quota', 'burst'),
      limit: size,
      windowMs: length,
    })
    .filter(({ limit: most, windowMs }) => most * windowMs <= Number.MAX_SAFE_INTEGER),
  fc
    .record({ limit: size, calendar })
    .map(({ limit, calendar: window }) => ({ kind: 'quota' as const, limit, ...window })),
  fc
    .record({
      limit: size,
      refill,
      window: fc.oneof(
        calendar,
        length.map((windowMs) => ({ windowMs })),
        fc.constant({ windowMs: 0 }),
      ),
    })
    .map(({ limit, refill: to, window }) => ({
      ...{ kind: 'credit' as const, limit, ...window },
      ...(window.windowMs !== 0 && to),
    })),
)

export const histories: fc.Arbitrary<History> = fc
  .array(limits, { minLength: 1, maxLength: 3 })
  .chain((some) => {
    const given = some.map((one, index): Limit => ({ ...one, name: `limit ${String(index)}` }))
    const [first] = given
    const { limit: most = 1, windowMs = 1 } = first ?? {}
    // What happens at the edges of a window, and on the way there.
    const edge = [
      0,
      0,
      1,
      Math.ceil(windowMs / most),
      Math.max(0, windowMs - 1),
      windowMs,
      windowMs + 1,
    ]
    const afterMs = fc.oneof(
      fc.constantFrom(...edge),
      fc.integer({ min: 0, max: Math.ceil(windowMs / 3) }),
    )
    const cost = fc.oneof(
      fc.constantFrom(0, 1, 1, 2, most, most + 1),
      fc.integer({ min: 1, max: Math.ceil(most / 3) }),
    )
    const steps = fc.array(fc.record({ afterMs, cost }), { minLength: 1, maxLength: 24 })
    return fc.record({ limits: fc.constant(given), steps })
  })

/** Whether a store that answers at once says at each step what the definition of the limits says. */
export function agrees(store: LimitStore, { limits, steps }: History, subject = 'org_1'): boolean {
  const reference = createReference()
  let at = START
  return steps.every(({ afterMs, cost }) => {
    at += afterMs
    const request = { subject, limits, cost, at }
    return isDeepStrictEqual(store.consume(request), reference.consume(request))
  })
}
