import { strict as assert } from 'node:assert'
import type { Limit, LimitVerdict, LimitState } from '../../core/limit.js'
import { randomBase62 } from '../../lib/base62.js'
import { isPromise } from '../../lib/maybe.js'
import type { LimitRequest, LimitStore } from '../../limits/limit-store.js'
import type { CaseOn } from '../suite.js'

export type StoreCase = CaseOn<LimitStore>

const HOUR_MS = 3_600_000
/** Longer than a busy machine takes for a few calls. */
export const SHORT_MS = 300

export function quota(limit: number, fields: Partial<Limit> = {}): Limit {
  return { name: 'calls', kind: 'quota', limit, windowMs: HOUR_MS, ...fields }
}

export function burst(limit: number, fields: Partial<Limit> = {}): Limit {
  return { name: 'calls', kind: 'burst', limit, windowMs: HOUR_MS, ...fields }
}

/** Credits that are never refilled, unless the fields say more. */
export function credit(limit: number, fields: Partial<Limit> = {}): Limit {
  return { name: 'calls', kind: 'credit', limit, windowMs: 0, ...fields }
}

export function concurrency(limit: number, fields: Partial<Limit> = {}): Limit {
  return { name: 'calls', kind: 'concurrency', limit, windowMs: 60_000, ...fields }
}

/** A subject that no store has seen yet. */
export function newSubject(): string {
  return `org_${randomBase62(22)}`
}

/** Asks for `cost` of some limits, of a subject of its own. */
export function asking(store: LimitStore, subject: string = newSubject()) {
  return async (cost: number, ...limits: readonly Limit[]): Promise<LimitVerdict> => {
    const request: LimitRequest = { subject, limits, cost, at: Date.now() }
    const verdict = await store.consume(request)
    assert.equal(verdict.states.length, limits.length)
    assert.ok(Number.isSafeInteger(verdict.at), 'the instant is in whole milliseconds')
    return verdict
  }
}

/** The one standing of a verdict on one limit. */
export function only({ states }: LimitVerdict): LimitState {
  const [standing] = states
  if (standing === undefined) assert.fail('a limit without a standing')
  return standing
}

/** The verdict as far as no clock is in it. */
export function gist({ allowed, states }: LimitVerdict): readonly [boolean, ...number[]] {
  return [allowed, ...states.map(({ remaining }) => remaining)]
}

/** Asks nothing of a store without `release`. */
export function releasing(run: StoreCase['run']): StoreCase['run'] {
  return async (store, other) => {
    if (store.release !== undefined) await run(store, other)
  }
}

/** How many of several requests at once were let in; one that fails at once counts as one that rejects. */
export async function allowedOf(asks: readonly (() => Promise<LimitVerdict>)[]): Promise<number> {
  const verdicts = await Promise.all(asks.map((ask) => ask()))
  return verdicts.filter(({ allowed }) => allowed).length
}

export async function assertRefused(call: () => LimitVerdict | Promise<LimitVerdict>) {
  await assert.rejects(async () => {
    const verdict = call()
    if (isPromise(verdict)) await verdict
  })
}

/** Asks until the clock of the store says so, and gives the first verdict from then on. */
export async function until(at: number, ask: () => Promise<LimitVerdict>): Promise<LimitVerdict> {
  for (let begun: number | undefined; ;) {
    const verdict = await ask()
    begun ??= verdict.at
    if (verdict.at >= at) return verdict
    assert.ok(at - begun <= 2 * SHORT_MS, 'a window ends when it should')
    await new Promise((resolve) => setTimeout(resolve, Math.min(10, at - verdict.at)))
  }
}
