import type { MaybePromise } from '../lib/maybe.js'
import type { LimitStore } from '../limits/limit-store.js'
import { BURST_CASES } from './limit-store/burst.js'
import { CONCURRENCY_CASES } from './limit-store/concurrency.js'
import { CREDIT_CASES } from './limit-store/credit.js'
import { GIVE_BACK_CASES } from './limit-store/give-back.js'
import { QUOTA_CASES } from './limit-store/quota.js'
import { REQUEST_CASES } from './limit-store/requests.js'
import { casesOn, type TestCase } from './suite.js'

const CASES = [
  ...QUOTA_CASES,
  ...BURST_CASES,
  ...CREDIT_CASES,
  ...CONCURRENCY_CASES,
  ...GIVE_BACK_CASES,
  ...REQUEST_CASES,
]

/**
 * What every LimitStore must do. `open` gives a store, or two handles on one, as two instances of an API have them. A store that has no clock of
 * its own is told the time of this machine, and some cases wait for it. The cases of
 * the optional `release` ask nothing of a store without one. Whoever opens a store closes it.
 * @example for (const { name, run } of limitStoreCases(open)) test(name, run)
 */
export function limitStoreCases(
  open: () => MaybePromise<LimitStore | readonly [LimitStore, LimitStore]>,
): readonly TestCase[] {
  return casesOn(open, CASES)
}
