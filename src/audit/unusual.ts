import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { callerId } from '../core/caller.js'
import { networkOf, sourceOf } from '../http/source.js'
import { placesFor } from '../lib/places.js'
import type { Oddity } from './profile.js'
import { createProfiles } from './profiles.js'
import type { Actor } from './record.js'

/** Of callers, and as many of addresses where nobody knows the caller. */
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
  /** What was done in so long was not noted: nobody is known any longer for that. */
  readonly unwatched: (ms: number) => void
}

interface Burst {
  startedAt: number
  denied: number
  toldAt: number
}

export function createWatch(): Watch {
  const profiles = createProfiles()
  /** Apart: many addresses of one client must not push out callers. */
  const [burstOfCaller, burstOfAddress] = [createBursts(), createBursts()]

  return {
    unwatched(ms) {
      profiles.unwatched(ms)
    },
    note({ at, actor, client, outcome, reason, count = 1 }) {
      const caller = actor && callerId(actor)
      const place = client === undefined ? undefined : placeOf(client)
      const odd: (Oddity | DeniedBurst)[] = []
      const who = named(caller ?? (client === undefined ? 'unknown' : `address ${netOf(client)}`))
      if (caller !== undefined) {
        const { ownerId = '' } = actor ?? {}
        const isRoom = () => profiles.takePlace(ownerId)
        odd.push(...profiles.of(who, ownerId, at).note(at, place, isRoom, count))
      }
      const burstOf = caller === undefined ? burstOfAddress : burstOfCaller
      const denied = outcome === 'denied' ? burstOf(who, at, count) : undefined
      if (denied !== undefined) odd.push({ what: 'denied_burst', denied, reason })
      return odd.map((one) => {
        const mark = ['audit.unusual', who, one.what, stepOf(one.what, at, place)].join(' ')
        return { ...one, at: new Date(at), mark, subject: who, actor, client }
      })
    },
  }
}

/** Counts denials since the minute began, and says how many they are where that is a burst. */
function createBursts(): (who: string, at: number, count: number) => number | undefined {
  const bursts = new LRUCache<string, Burst>(placesFor(MAX_BURSTS))
  return (who, at, count) => {
    const burst = bursts.get(who) ?? { startedAt: at, denied: 0, toldAt: -Infinity }
    if (at - burst.startedAt >= BURST_MS) Object.assign(burst, { startedAt: at, denied: 0 })
    burst.denied += count
    bursts.set(who, burst)
    if (burst.denied < BURST || at - burst.toldAt < QUIET_MS) return undefined
    burst.toldAt = at
    return burst.denied
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

/** An address, or the network of 48 bits that one organization has: guesses from many of its addresses are one burst. */
function netOf(client: string): string {
  const source = sourceOf(client)
  return source === undefined ? client.slice(0, MAX_NAME) : networkOf(source)
}

function named(who: string): string {
  return who.length > MAX_NAME ? hash('sha256', who, 'base64url') : who
}
