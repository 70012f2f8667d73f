import type { KeyStore } from '../keys/key-store.js'
import type { MaybePromise } from '../lib/maybe.js'
import { CHANGE_CASES } from './key-store/changes.js'
import { CONDITION_CASES } from './key-store/conditions.js'
import { FEED_CASES } from './key-store/feed.js'
import { FIND_CASES } from './key-store/find.js'
import { JOB_CASES } from './key-store/jobs.js'
import { LIST_CASES } from './key-store/list.js'
import { OUTBOX_CASES } from './key-store/outbox.js'
import { OUTCOME_CASES } from './key-store/outcomes.js'
import { PAGE_CASES } from './key-store/pages.js'
import { ROTATION_CASES } from './key-store/rotation.js'
import { USAGE_CASES } from './key-store/usage.js'
import { VALUE_CASES } from './key-store/values.js'
import { casesOn, type TestCase } from './suite.js'

const CASES = [
  ...FIND_CASES,
  ...VALUE_CASES,
  ...CHANGE_CASES,
  ...CONDITION_CASES,
  ...ROTATION_CASES,
  ...LIST_CASES,
  ...PAGE_CASES,
  ...USAGE_CASES,
  ...OUTCOME_CASES,
  ...FEED_CASES,
  ...OUTBOX_CASES,
  ...JOB_CASES,
]

/**
 * What every KeyStore must do. `open` gives an empty store, or one in which the keys of these cases are new; or two handles on one, as two
 * instances of an API have them: what one writes, the other must read. Cases about what a store may leave out (`insertAll`, `updateAll`,
 * `usageOf`, `usageOfOwner`, `changes`, `suspendCreation`, `outbox`, `jobs`,
 * `reminders`) ask nothing of one that does. Whoever opens a store closes it.
 * @example for (const { name, run } of keyStoreCases(open)) test(name, run)
 */
export function keyStoreCases(
  open: () => MaybePromise<KeyStore | readonly [KeyStore, KeyStore]>,
): readonly TestCase[] {
  return casesOn(open, CASES)
}
