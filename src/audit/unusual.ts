import { hash } from 'node:crypto'
import { callerId } from '../core/caller.js'
import { sourceOf } from '../http/source.js'
import { Profile, type Oddity } from './profile.js'
import type { Actor } from './record.js'

const MAX_CALLERS = 10_000
/** Addresses of all callers together. */
const MAX_PLACES = 200_000
const MAX_BURSTS = 10_000
/** So many denials within a minute are a burst; it is told once an hour. */
const [BURST, BURST_MS, QUIET_MS] = [50, 60_000, 3_600_000]
const MAX_NAME = 200

/** One access, as far as it can be unusual. */
export interface WatchedAccess {
  readonly at: number
  /** Absent: nobody knows who it was. */
  readonly actor?: Actor | undefined
  /** The address of the client. */
  readonly client?: string | undefined
  readonly outcome: 'allowed' | 'denied'
  readonly reason?: string | undefined
  /** For how many it stands. */
  readonly count?: number | undefined
}

/** Something unusual in the audit log, when it happens. */
export type Unusual = (Oddity | DeniedBurst) & {
  readonly at: Date
  /** Names it over all instances: who has the same mark has seen the same. */
  readonly mark: string
  /** Names the caller, or the address where nobody knows the caller. */
  readonly subject: string
  readonly actor?: Actor | undefined
  readonly client?: string | undefined
}

/** More denials of one caller, or from one address, than happen by mistake. */
interface DeniedBurst {
  readonly what: 'denied_burst'
  /** Within a minute, until it was noticed. */
  readonly denied: number
  /** Of the last of them. */
  readonly reason?: string | undefined
}

/** Knows what is usual for each caller, in bounded memory: of the callers that were not seen for longest, nothing is known. */
export interface Watch {
  /** Takes note of an access that is over. */
  readonly note: (access: WatchedAccess) => readonly Unusual[]
}

interface Burst {
  startedAt: number
  denied: number
  toldAt: number
}

export function createWatch(): Watch {
  const profiles = new Map<string, { readonly profile: Profile; day: number }>()
  const bursts = new Map<string, Burst>()
  let places = 0

  function profileOf(who: string, at: number): Profile {
    const day = Math.floor(at / 86_400_000)
    const known = profiles.get(who)
    if (known?.day === day) return known.profile
    // Those that were seen today come last: the first one gives way.
    profiles.delete(who)
    const [first] = profiles.size >= MAX_CALLERS ? profiles : []
    if (first !== undefined) {
      profiles.delete(first[0])
      places -= first[1].profile.places
    }
    const profile = known?.profile ?? new Profile(at)
    profiles.set(who, { profile, day })
    return profile
  }

  function takePlace(): boolean {
    if (places >= MAX_PLACES) return false
    places += 1
    return true
  }

  /** Denials since the minute began, where that is a burst. */
  function burstOf(who: string, at: number, count: number): number | undefined {
    const burst = bursts.get(who) ?? { startedAt: at, denied: 0, toldAt: -Infinity }
    if (at - burst.startedAt >= BURST_MS) Object.assign(burst, { startedAt: at, denied: 0 })
    burst.denied += count
    bursts.delete(who)
    bursts.set(who, burst)
    const [first] = bursts.size > MAX_BURSTS ? bursts.keys() : []
    if (first !== undefined) bursts.delete(first)
    if (burst.denied < BURST || at - burst.toldAt < QUIET_MS) return undefined
    burst.toldAt = at
    return burst.denied
  }

  return {
    note({ at, actor, client, outcome, reason, count = 1 }) {
      const caller = actor && callerId(actor)
      const place = client === undefined ? undefined : placeOf(client)
      const who = named(caller ?? (place === undefined ? 'unknown' : `address ${place}`))
      const odd: (Oddity | DeniedBurst)[] = []
      if (caller !== undefined) odd.push(...profileOf(who, at).note(at, place, takePlace, count))
      const denied = outcome === 'denied' ? burstOf(who, at, count) : undefined
      if (denied !== undefined) odd.push({ what: 'denied_burst', denied, reason })
      return odd.map((one) => {
        const mark = ['audit.unusual', who, one.what, stepOf(one.what, at, place)].join(' ')
        return { ...one, at: new Date(at), mark, subject: who, actor, client }
      })
    },
  }
}

/** What it is told once for. */
function stepOf(what: Unusual['what'], at: number, place: string | undefined): string {
  if (what === 'new_address') return place ?? ''
  const hours = Math.floor(at / 3_600_000)
  if (what === 'more_than_usual') return String(Math.floor(hours / (7 * 24)))
  return String(hours)
}

/** An address, or the network of 64 bits in which a host chooses its own. */
function placeOf(client: string): string {
  const source = sourceOf(client)
  return source === undefined ? client.slice(0, MAX_NAME) : source.block
}

function named(who: string): string {
  return who.length > MAX_NAME ? hash('sha256', who, 'base64url') : who
}
