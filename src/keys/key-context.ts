import type { Auth } from '../core/auth.js'
import type { Catalogue } from '../core/catalogue.js'
import { KeyError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AdmitKey } from './access-rule.js'
import type { KeyChanged } from './change-feed.js'
import type { Digester } from './digest.js'
import type { ReasonedKeyStore } from './audited-key-store.js'
import type { CallerCondition, KeyStore } from './key-store.js'
import type { EffectiveBy, KeyCreator, KeyPatch, KeyRecord } from './record.js'

/** What a key says of its limits. */
export interface PlanChoice {
  readonly plan?: string
  readonly limit?: number
}

/** What every operation on keys works with. */
export interface KeyContext {
  /** Who makes the changes. Absent: code of the server that names nobody. */
  readonly creator?: KeyCreator
  /** Somebody who may not do everything: what it sets is told apart from what code of the server sets, and it hands out no plan but its own. */
  readonly heldBy?: Pick<Auth, 'plan'>
  /** What must still hold of it when a change is made. */
  readonly provided?: CallerCondition
  readonly store: ReasonedKeyStore
  /** The same, for keys that come from elsewhere. */
  readonly imports: KeyStore
  readonly digester: Digester
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly prefix: string
  readonly environments: readonly string[]
  /** Whether an owner may have a new key. Absent: every owner may. */
  readonly admitKey?: AdmitKey | undefined
  /** How old a key may grow before it is due for rotation. */
  readonly rotateAfter: Duration
  /** Whether a key may have this plan and this limit. @throws {MisuseError} */
  readonly checkPlan: (chosen: PlanChoice, where: string) => void
  /** Tells everybody of a change that is committed. Resolves to the moment at which it is in effect everywhere at the latest. */
  readonly announce: (id: string, version: number) => Promise<Date>
  /** The moment at which all that is committed by now is in effect everywhere at the latest. */
  readonly settledBy: () => Date
  /** Told of each record on whose state the answer of a call rests. */
  readonly observed: (record: KeyChanged) => void
  /** Told of the fingerprint of a secret that is a key's: one that is made, imported or found here. */
  readonly issued: (fingerprint: string, ownerId: string) => void
  /** Told of a change that may have been made or not. */
  readonly invalidate: (id: string) => void
  /** Writes the uses that this process has counted. */
  readonly flushUsage: () => Promise<void>
}

/** Throws where somebody may not make a change of this very version. */
export type Judge = (record: KeyRecord) => void

/** What is to become of a change of this very version by somebody who may not make all of them. Throws where it may not be made. */
export type Amend = (record: KeyRecord, patch: KeyPatch) => KeyPatch

const ATTEMPTS = 5

export async function findKey(context: KeyContext, id: string): Promise<KeyRecord> {
  const record = await context.store.findById(id)
  if (record === undefined)
    throw new KeyError('unknown_key', `There is no key '${id.slice(0, 64)}'.`)
  context.observed(record)
  return record
}

/** A key after a change, and when the change is in effect everywhere. */
export interface ChangedKey extends EffectiveBy {
  readonly record: KeyRecord
}

/**
 * Reads a key, decides, writes; from the start again when somebody was faster. `decide` answers `undefined` when there
 * is nothing to change. `why` is for the journal.
 */
export async function changeKey(
  context: KeyContext,
  id: string,
  decide: (record: KeyRecord) => MaybePromise<KeyPatch | undefined>,
  why?: string,
): Promise<ChangedKey> {
  return persist(context, id, async (record) => {
    const patch = await decide(record)
    // Somebody else may have made the change a moment ago.
    if (patch === undefined) return { record, effectiveBy: context.settledBy() }
    const { version } = record
    if (
      !(await write(context, [id], () =>
        context.store.update(id, patch, version, context.provided, why),
      ))
    )
      return undefined
    const effectiveBy = await context.announce(id, version + 1)
    return { record: await findKey(context, id), effectiveBy }
  })
}

/** A write to the store. One that throws may have been made all the same. */
export async function write(
  context: KeyContext,
  ids: readonly string[],
  attempt: () => MaybePromise<boolean>,
): Promise<boolean> {
  try {
    const done = await attempt()
    // Somebody was faster: what is remembered is from before that.
    if (!done) ids.forEach(context.invalidate)
    return done
  } catch (error) {
    ids.forEach(context.invalidate)
    throw error
  }
}

/** Tries a compare-and-set until it wins; a few times only, for a store that never lets it win is broken. `attempt` is told how many tries came before. */
export async function persist<T>(
  context: KeyContext,
  id: string,
  attempt: (record: KeyRecord, before: number) => Promise<T | undefined>,
  attempts = ATTEMPTS,
): Promise<T> {
  for (let before = 0; before < attempts; before++) {
    const outcome = await attempt(await findKey(context, id), before)
    if (outcome !== undefined) return outcome
  }
  throw new KeyError('changed_meanwhile', `Key '${id}' was changed by somebody else; try again.`)
}
