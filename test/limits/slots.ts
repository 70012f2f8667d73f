import fc from 'fast-check'
import type { Limit, LimitRequest, LimitStore, LimitVerdict } from 'sallyport'

/** What happens some time after the step before: a request asks, or one is over. */
interface Step {
  readonly afterMs: number
  readonly slot: string
  readonly cost: number
  readonly over: boolean
}

/** Requests of one subject, some of which are under way at once. */
export interface Traffic {
  readonly limits: readonly Limit[]
  readonly steps: readonly Step[]
}

const START = 1_900_000_000_000

export const traffic: fc.Arbitrary<Traffic> = fc
  .record({ slots: fc.integer({ min: 1, max: 4 }), quota: fc.integer({ min: 1, max: 12 }) })
  .chain(({ slots, quota }) => {
    const limits: Limit[] = [
      { name: 'quota', kind: 'quota', limit: quota, windowMs: 5_000 },
      { name: 'slots', kind: 'concurrency', limit: slots, windowMs: 1_000 },
    ]
    const step = fc.record({
      afterMs: fc.oneof(fc.constantFrom(0, 0, 1, 999, 1_000), fc.integer({ min: 0, max: 400 })),
      slot: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      cost: fc.constantFrom(1, 1, 1, 2, 0),
      over: fc.boolean(),
    })
    return fc.record({
      limits: fc.constant(limits),
      steps: fc.array(step, { minLength: 1, maxLength: 30 }),
    })
  })

/** Whether a store says at each step what a plain list of who is under way says. */
export async function agrees(
  store: LimitStore,
  { limits, steps }: Traffic,
  subject = 'org_1',
): Promise<boolean> {
  const [quota, slots] = limits
  let under: { readonly slot: string; readonly endsAt: number }[] = []
  let window = { endsAt: Infinity, taken: 0 }
  let verdict: LimitVerdict = { allowed: true, at: START, states: [] }
  let at = START
  for (const { afterMs, slot, cost, over } of steps) {
    at += afterMs
    const request: LimitRequest = { subject, limits, cost, slot, at }
    under = under.filter(({ endsAt }) => endsAt > at)
    if (window.endsAt <= at) window = { endsAt: Infinity, taken: 0 }
    if (over) {
      under = under.filter((one) => one.slot !== slot)
      await store.release?.({ ...request, cost: 0 }, verdict)
      continue
    }
    const others = under.filter((one) => one.slot !== slot)
    const fits = cost === 0 || window.taken + cost <= (quota?.limit ?? 0)
    const allowed = fits && (cost === 0 || others.length < (slots?.limit ?? 0))
    if (allowed && cost > 0) {
      under = [...others, { slot, endsAt: at + 1_000 }]
      window.endsAt = Math.min(window.endsAt, window.taken === 0 ? at + 5_000 : Infinity)
      window.taken += cost
    }
    verdict = await store.consume(request)
    const left = verdict.states.map(({ remaining }) => remaining)
    const due = [(quota?.limit ?? 0) - window.taken, (slots?.limit ?? 0) - under.length]
    if (verdict.allowed !== allowed || left.join() !== due.join()) return false
  }
  return true
}
