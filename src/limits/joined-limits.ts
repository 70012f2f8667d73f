import type { Charge } from '../core/charge.js'
import type { Limit } from '../core/limit.js'
import type { CountedCharge } from './refusals.js'
import { takesOf } from './refunds.js'

const lists = new WeakMap<readonly Limit[], WeakMap<Limit, readonly Limit[]>>()

/** The limits of a plan and that of a route. The same list for the same limits: stores prepare lists once. */
export function together(limits: readonly Limit[], own: Limit): readonly Limit[] {
  const byRoute = lists.get(limits) ?? new WeakMap<Limit, readonly Limit[]>()
  lists.set(limits, byRoute)
  const all = byRoute.get(own) ?? Object.freeze([...limits, own])
  byRoute.set(own, all)
  return all
}

/** Whether a request was counted against this limit before. */
export function isIn({ name }: Limit, charge: Charge | undefined): boolean {
  return charge?.limits.some((limit) => limit.name === name) === true
}

/**
 * What was counted now, with those limits of the same request that were counted before and are not among them.
 * @param owed what was taken now
 */
export function addTo(earlier: Charge, charge: CountedCharge, owed: number): CountedCharge {
  const { limits, verdict } = earlier
  const { takes: _before, ...alone } = charge
  const takes = [...takesOf(earlier), ...takesOf({ ...alone, cost: owed })]
  const counted = { ...charge, takes }
  const names = new Set(counted.limits.map(({ kind, name }) => `${kind} ${name}`))
  const others = limits.flatMap((limit, index) => {
    const state = verdict?.states[index]
    return state === undefined || names.has(`${limit.kind} ${limit.name}`) ? [] : [{ limit, state }]
  })
  if (others.length === 0) return counted
  const { allowed, at, states } = counted.verdict
  return {
    ...counted,
    limits: [...others.map(({ limit }) => limit), ...counted.limits],
    verdict: { allowed, at, states: [...others.map(({ state }) => state), ...states] },
  }
}
