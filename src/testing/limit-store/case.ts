import { strict as assert } from 'node:assert'
import { randomBase62 } from '../../lib/base62.js'
import { isPromise } from '../../lib/maybe.js'
import type { Limit, LimitRequest, LimitStore, LimitVerdict, Standing } from '../../limits/store.js'
import type { CaseOn } from '../suite.js'

export type StoreCase = CaseOn<LimitStore>

const HOUR_MS = 3_600_000

export function quota(limit: number, fields: Partial<Limit> = {}): Limit {
  return { name: 'calls', kind: 'quota', limit, windowMs: HOUR_MS, ...fields }
}

export function burst(limit: number, fields: Partial<Limit> = {}): Limit {
  return { name: 'calls', kind: 'burst', limit, windowMs: HOUR_MS, ...fields }
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
    assert.equal(verdict.standings.length, limits.length)
    assert.ok(Number.isSafeInteger(verdict.at), 'the instant is in whole milliseconds')
    return verdict
  }
}

/** The one standing of a verdict on one limit. */
export function only({ standings }: LimitVerdict): Standing {
  const [standing] = standings
  if (standing === undefined) assert.fail('a limit without a standing')
  return standing
}

/** The verdict as far as no clock is in it. */
export function gist({ allowed, standings }: LimitVerdict): readonly [boolean, ...number[]] {
  return [allowed, ...standings.map(({ remaining }) => remaining)]
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
