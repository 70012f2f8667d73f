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
const limit = fc
  .record({ kind: fc.constantFrom('quota', 'burst'), limit: size, windowMs: length })
  .filter(({ limit: most, windowMs }) => most * windowMs <= Number.MAX_SAFE_INTEGER)

export const histories: fc.Arbitrary<History> = fc
  .array(limit, { minLength: 1, maxLength: 3 })
  .chain((some) => {
    const limits = some.map((one, index): Limit => ({ ...one, name: `limit ${String(index)}` }))
    const [first] = limits
    const { limit: most = 1, windowMs = 1 } = first ?? {}
    // What happens at the edges of a window, and on the way there.
    const edge = [0, 0, 1, Math.ceil(windowMs / most), windowMs - 1, windowMs, windowMs + 1]
    const afterMs = fc.oneof(
      fc.constantFrom(...edge),
      fc.integer({ min: 0, max: Math.ceil(windowMs / 3) }),
    )
    const cost = fc.oneof(
      fc.constantFrom(0, 1, 1, 2, most, most + 1),
      fc.integer({ min: 1, max: Math.ceil(most / 3) }),
    )
    const steps = fc.array(fc.record({ afterMs, cost }), { minLength: 1, maxLength: 24 })
    return fc.record({ limits: fc.constant(limits), steps })
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
