import { IdShareError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'

/** Ids that a table in memory has at most. */
const MAX_IDS = 100_000
const SWEEP_MS = 1_000

/** What a store of ids is told beside an id. */
export interface KeptId {
  /** For how long the id is to be kept, in milliseconds, by the clock of the gate. A store on another machine goes by this, and not by an instant of a clock that is not its own. */
  readonly forMs: number
  /** Whose token or assertion it is: a store that is bounded gives each owner a share. Absent where the app does not say. */
  readonly ownerId?: string
}

/** Ids, each until an instant. None is forgotten before its time: a table that is full takes no more. */
export interface IdTable {
  /** False: it is there already. @throws {RangeError} when full @throws {IdShareError} when its owner has as many as there are places left */
  add(id: string, until: number, kept?: KeptId): boolean
  has(id: string): boolean
}

interface Entry {
  until: number
  readonly ownerId: string | undefined
}

export function createIdTable(clock: Clock): IdTable {
  const entries = new Map<string, Entry>()
  const counts = new Map<string, number>()
  let sweptAt = -Infinity

  function count(ownerId: string | undefined, change: number): void {
    if (ownerId === undefined) return
    const now = (counts.get(ownerId) ?? 0) + change
    if (now > 0) counts.set(ownerId, now)
    else counts.delete(ownerId)
  }

  function remove(id: string): void {
    const entry = entries.get(id)
    if (entries.delete(id)) count(entry?.ownerId, -1)
  }

  /** So one owner has half of the table at most, a second one half of the rest, and there is always room for those that need little. */
  function isOverShare(ownerId: string | undefined): boolean {
    return ownerId !== undefined && (counts.get(ownerId) ?? 0) >= MAX_IDS - entries.size
  }

  function makeRoom(now: number, ownerId: string | undefined): void {
    const isTight = entries.size >= MAX_IDS || isOverShare(ownerId)
    if (isTight && Math.abs(now - sweptAt) >= SWEEP_MS) {
      sweptAt = now
      for (const [id, { until }] of entries) if (until <= now) remove(id)
    }
    if (entries.size >= MAX_IDS) throw new RangeError(`There are ${String(MAX_IDS)} ids already.`)
    if (isOverShare(ownerId))
      throw new IdShareError('One owner has as many ids as places are left.')
  }

  const has = (id: string) => (entries.get(id)?.until ?? -Infinity) > clock()
  return {
    has,
    add(id, given, kept) {
      const now = clock()
      if (kept !== undefined && !(kept.forMs > 0)) {
        throw new RangeError('An id cannot be kept until an instant that is over.')
      }
      const until = kept === undefined ? given : now + kept.forMs
      const known = has(id) ? entries.get(id) : undefined
      if (known !== undefined) {
        known.until = Math.max(until, known.until)
        return false
      }
      remove(id)
      makeRoom(now, kept?.ownerId)
      entries.set(id, { until, ownerId: kept?.ownerId })
      count(kept?.ownerId, 1)
      return true
    },
  }
}
