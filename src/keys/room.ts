import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Catalogue } from '../terms/catalogue.js'
import type { Digester } from './digest.js'
import type { KeyChanged } from './feed.js'
import type { EffectiveBy, KeyPatch, KeyRecord } from './record.js'
import { KeyError, type KeyStore } from './store.js'

/** What a key says of its limits. */
export interface PlanChoice {
  readonly plan?: string
  readonly limit?: number
}

/** What every operation on keys works with. */
export interface KeyRoom {
  readonly store: KeyStore
  /** The same, for keys that come from elsewhere. */
  readonly imports: KeyStore
  readonly digester: Digester
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly prefix: string
  readonly environments: readonly string[]
  /** How old a key may grow before it is due for rotation. */
  readonly rotateAfter: Duration
  /** Whether a rule of an address list can be understood. */
  readonly isNetwork: (rule: string) => boolean
  /** Whether a key may have this plan and this limit. @throws {MisuseError} */
  readonly checkPlan: (chosen: PlanChoice, where: string) => void
  /** Tells everybody of a change that is committed. Resolves to the moment at which it is in effect everywhere at the latest. */
  readonly announce: (id: string, version: number) => Promise<Date>
  /** The moment at which all that is committed by now is in effect everywhere at the latest. */
  readonly settledBy: () => Date
  /** Told of each record on whose state the answer of a call rests. */
  readonly seen: (record: KeyChanged) => void
  /** Told of a change that may have been made or not. */
  readonly doubt: (id: string) => void
  /** Writes the uses that this process has counted. */
  readonly flushUsage: () => Promise<void>
}

/** Throws where somebody may not make a change of this very version. */
export type Judge = (record: KeyRecord) => void

const ATTEMPTS = 5

export async function findKey(room: KeyRoom, id: string): Promise<KeyRecord> {
  const record = await room.store.findById(id)
  if (record === undefined)
    throw new KeyError('unknown_key', `There is no key '${id.slice(0, 64)}'.`)
  room.seen(record)
  return record
}

/** A key after a change, and when the change is in effect everywhere. */
export interface ChangedKey extends EffectiveBy {
  readonly record: KeyRecord
}

/**
 * Reads a key, decides, writes; from the start again when somebody was faster. `decide` answers `undefined` when there
 * is nothing to change.
 */
export async function changeKey(
  room: KeyRoom,
  id: string,
  decide: (record: KeyRecord) => KeyPatch | undefined,
): Promise<ChangedKey> {
  return persist(room, id, async (record) => {
    const patch = decide(record)
    // Somebody else may have made the change a moment ago.
    if (patch === undefined) return { record, effectiveBy: room.settledBy() }
    const { version } = record
    if (!(await write(room, [id], () => room.store.update(id, patch, version)))) return undefined
    const effectiveBy = await room.announce(id, version + 1)
    return { record: await findKey(room, id), effectiveBy }
  })
}

/** A write to the store. One that throws may have been made all the same. */
export async function write(
  room: KeyRoom,
  ids: readonly string[],
  attempt: () => MaybePromise<boolean>,
): Promise<boolean> {
  try {
    const done = await attempt()
    // Somebody was faster: what is remembered is from before that.
    if (!done) ids.forEach(room.doubt)
    return done
  } catch (error) {
    ids.forEach(room.doubt)
    throw error
  }
}

/** Tries a compare-and-set until it wins; a few times only, for a store that never lets it win is broken. */
export async function persist<T>(
  room: KeyRoom,
  id: string,
  attempt: (record: KeyRecord) => Promise<T | undefined>,
): Promise<T> {
  for (let left = ATTEMPTS; left > 0; left--) {
    const outcome = await attempt(await findKey(room, id))
    if (outcome !== undefined) return outcome
  }
  throw new KeyError('changed_meanwhile', `Key '${id}' was changed by somebody else; try again.`)
}
