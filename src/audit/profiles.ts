import { Shares } from '../lib/shares.js'
import { Profile } from './profile.js'

const MAX_CALLERS = 10_000
/** Addresses of all callers together; one owner has half of them at most. */
const MAX_PLACES = 200_000

interface Known {
  readonly profile: Profile
  /** When it was seen last, in days. */
  readonly day: number
}

/** Callers of one owner: those that were seen today come last. */
type Callers = Map<string, Known>

/** What is usual for each caller, in memory that owners share: an owner with many callers does not push out the callers of others. */
export interface Profiles {
  of(who: string, ownerId: string, at: number): Profile
  /** Whether one more address of the owner may be remembered: then, its place is taken. */
  takePlace(ownerId: string): boolean
  unwatched(ms: number): void
}

export function createProfiles(): Profiles {
  const owners = new Map<string, Callers>()
  const places = new Shares(MAX_PLACES)
  let size = 0
  let largest = ''

  function findLargest(): void {
    let most = 0
    for (const [ownerId, callers] of owners) {
      if (callers.size <= most) continue
      most = callers.size
      largest = ownerId
    }
  }

  /** The caller that was not seen for longest gives way, of the owner that has most. */
  function giveWay(ownerId: string): void {
    const own = owners.get(ownerId)?.size ?? 0
    const sizeOfLargest = () => owners.get(largest)?.size ?? 0
    if (sizeOfLargest() <= own + 1) findLargest()
    const whose = sizeOfLargest() > own ? largest : ownerId
    const callers = owners.get(whose)
    const [first] = callers ?? []
    if (callers === undefined || first === undefined) return
    const [who, { profile }] = first
    callers.delete(who)
    if (callers.size === 0) owners.delete(whose)
    size -= 1
    for (let place = 0; place < profile.places; place++) places.leave(whose)
  }

  function callersOf(ownerId: string): Callers {
    const callers: Callers = owners.get(ownerId) ?? new Map<string, Known>()
    owners.set(ownerId, callers)
    return callers
  }

  return {
    of(who, ownerId, at) {
      const day = Math.floor(at / 86_400_000)
      const known = owners.get(ownerId)?.get(who)
      if (known?.day === day) return known.profile
      if (known === undefined && size >= MAX_CALLERS) giveWay(ownerId)
      const callers = callersOf(ownerId)
      if (!callers.delete(who)) size += 1
      const profile = known?.profile ?? new Profile(at)
      callers.set(who, { profile, day })
      return profile
    },
    takePlace(ownerId) {
      if (!places.hasRoom(ownerId)) return false
      places.take(ownerId)
      return true
    },
    unwatched(ms) {
      for (const callers of owners.values())
        for (const { profile } of callers.values()) profile.unwatched(ms)
    },
  }
}
