import type { Clock } from '../lib/clock.js'

/** Ids that a table in memory has at most. */
const MAX_IDS = 100_000
const SWEEP_MS = 1_000

/** Ids, each until an instant. None is forgotten before its time: a table that is full takes no more. */
export interface IdTable {
  /** False: it is there already. @throws {RangeError} when full */
  add(id: string, until: number): boolean
  has(id: string): boolean
}

export function createIdTable(clock: Clock): IdTable {
  const ends = new Map<string, number>()
  let sweptAt = -Infinity

  function makeRoom(now: number): void {
    if (ends.size >= MAX_IDS && Math.abs(now - sweptAt) >= SWEEP_MS) {
      sweptAt = now
      for (const [id, until] of ends) if (until <= now) ends.delete(id)
    }
    if (ends.size >= MAX_IDS) throw new RangeError(`There are ${String(MAX_IDS)} ids already.`)
  }

  const has = (id: string) => (ends.get(id) ?? -Infinity) > clock()
  return {
    has,
    add(id, until) {
      if (has(id)) {
        ends.set(id, Math.max(until, ends.get(id) ?? 0))
        return false
      }
      ends.delete(id)
      makeRoom(clock())
      ends.set(id, until)
      return true
    },
  }
}
