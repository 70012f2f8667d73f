import { createMemoryKeyStore, type CallerCondition, type KeyStore } from 'sallyport'
import type { Broken, Memory } from './faults.js'

/** All calls that take a condition, with what becomes of it on the way. */
function conditioned(
  change: (provided: CallerCondition | undefined) => CallerCondition | undefined,
): (memory: Memory) => Partial<KeyStore> {
  return (memory) => ({
    insert: (record, provided) => memory.insert(record, change(provided)),
    update: (id, patch, version, provided) => memory.update(id, patch, version, change(provided)),
    rotate: (id, version, endsAt, successor, provided) =>
      memory.rotate(id, version, endsAt, successor, change(provided)),
    suspendCreation: (ownerId, id, durationMs) => memory.suspendCreation(ownerId, id, durationMs),
  })
}

/** Stores that do not hold to what must hold of the caller. */
export const BROKEN_CONDITIONS: readonly Broken[] = [
  [
    'asks nothing of the key that asks',
    conditioned((provided) => provided && { ownerId: provided.ownerId }),
    ['condition-insert', 'condition-change'],
  ],
  [
    'goes on making keys while that is suspended',
    conditioned((provided) => provided && { ...provided, ownerId: 'org_nobody' }),
    ['condition-suspended', 'condition-suspended-twice', 'condition-suspension-ends'],
  ],
  [
    'lifts the suspensions of others',
    (memory) => ({
      suspendCreation: (ownerId, _id, ms) => memory.suspendCreation(ownerId, 'one', ms),
    }),
    ['condition-suspended-twice'],
  ],
  [
    'renews no suspension',
    (memory) => {
      const known = new Set<string>()
      return {
        suspendCreation(ownerId, id, ms) {
          const name = `${ownerId} ${id}`
          if (ms > 0 && known.has(name)) return
          known.add(name)
          return memory.suspendCreation(ownerId, id, ms)
        },
      }
    },
    ['condition-suspension-ends'],
  ],
  [
    'suspends for longer than it is told',
    (memory) => ({
      suspendCreation: (ownerId, id, ms) =>
        memory.suspendCreation(ownerId, id, ms > 0 ? ms + 60_000 : 0),
    }),
    ['condition-suspension-ends'],
  ],
  [
    'says that an update of any version was made, and makes none',
    (memory) => ({
      updateAll: (changes) =>
        changes.every(({ expectedVersion }) => expectedVersion === undefined) ||
        memory.updateAll(changes),
    }),
    ['update-any-version'],
  ],
]

/** A store of an app that knows no conditions. */
export function createStoreWithoutConditions(): KeyStore {
  const memory = createMemoryKeyStore()
  const { suspendCreation: _, ...store } = memory
  return {
    ...store,
    insert: (record) => memory.insert(record),
    update: (id, patch, version) => memory.update(id, patch, version),
    rotate: (id, version, endsAt, successor) => memory.rotate(id, version, endsAt, successor),
    updateAll: (changes) =>
      changes.every(({ expectedVersion }) => expectedVersion !== undefined) &&
      (memory.updateAll?.(changes) ?? false),
  }
}
