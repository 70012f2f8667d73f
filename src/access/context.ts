import type { EnrollmentEvent } from '../audit/enrollment.js'
import type { Clock } from '../lib/clock.js'
import type { Terms } from './check-options.js'
import type { AccessOptions } from './options.js'
import type { OwnerCache } from './owner-cache.js'
import type { TimedStores } from './timed-stores.js'

/** What every operation on requests and acceptances works with. */
export interface AccessContext {
  readonly stores: TimedStores
  readonly owners: OwnerCache
  readonly terms: ReadonlyMap<string, Terms>
  readonly reviewDays: number
  readonly holidays: readonly string[]
  readonly eligible?: AccessOptions['eligible'] | undefined
  readonly clock: Clock
  /** The environments of the gate; `undefined` where there is no gate. */
  readonly environments: () => readonly string[] | undefined
  /** The scopes of the gate; `undefined` where there is no gate. */
  readonly scopes: () => ReadonlyMap<string, unknown> | undefined
  /** The plans of the gate; `undefined` where there are none, or no gate. */
  readonly plans: () => readonly string[] | undefined
  /** Makes a change that is in the audit log, and that this process knows of at its next request. */
  readonly record: <T>(
    event: EnrollmentEvent,
    change: () => T | Promise<T>,
    isMade: (result: T) => boolean,
  ) => Promise<T>
}
