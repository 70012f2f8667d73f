import type { Clock } from '../lib/clock.js'
import type { Catalogue } from '../terms/catalogue.js'
import type { Digester } from './digest.js'
import type { KeyPatch, KeyRecord } from './record.js'
import { KeyError, type KeyStore } from './store.js'

/** What every operation on keys works with. */
export interface KeyRoom {
  readonly store: KeyStore
  readonly digester: Digester
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly prefix: string
  readonly environments: readonly string[]
  /** Whether a rule of an address list can be understood. */
  readonly isNetwork: (rule: string) => boolean
  /** Told after each change, before the operation ends. */
  readonly changed: (id: string, version: number) => void
}

const ATTEMPTS = 5

export async function findKey(room: KeyRoom, id: string): Promise<KeyRecord> {
  const record = await room.store.findById(id)
  if (record === undefined)
    throw new KeyError('unknown_key', `There is no key '${id.slice(0, 64)}'.`)
  return record
}

/**
 * Reads a key, decides, writes; from the start again when somebody was faster. `decide` answers `undefined` when there
 * is nothing to change. Returns the record as it is afterwards.
 */
export async function changeKey(
  room: KeyRoom,
  id: string,
  decide: (record: KeyRecord) => KeyPatch | undefined,
): Promise<KeyRecord> {
  return persist(room, id, async (record) => {
    const patch = decide(record)
    if (patch === undefined) return record
    const done = await room.store.update(id, patch, record.version)
    return done ? findKey(room, id) : undefined
  })
}

/** Tries a compare-and-set until it wins; a few times only, for a store that never lets it win is broken. */
export async function persist<T>(
  room: KeyRoom,
  id: string,
  attempt: (record: KeyRecord) => Promise<T | undefined>,
): Promise<T> {
  for (let left = ATTEMPTS; left > 0; left--) {
    const record = await findKey(room, id)
    // Whether it went through or was lost on the way: what is cached of this key may no longer hold.
    const outcome = await attempt(record).finally(() => {
      room.changed(id, record.version + 1)
    })
    if (outcome !== undefined) return outcome
  }
  throw new KeyError('changed_meanwhile', `Key '${id}' was changed by somebody else; try again.`)
}
