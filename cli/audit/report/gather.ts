import {
  readEvents,
  sourceOf,
  type AuditEvent,
  type ReadOptions,
  type TrailReader,
} from 'sallyport'
import type { Calendar } from './calendar.js'
import { Callers, short, zeros, type Access, type Caller, type Seen } from './callers.js'
import { Room } from './room.js'
import { Sources } from './sources.js'

export interface Denials {
  count: number
  past: number
  readonly sources: Sources
}

/** What a trail says of a week and those before it. */
export interface Gathered {
  /** The first day of the week, in days since 1970. */
  readonly begins: number
  readonly days: { allowed: number; denied: number }[]
  /** Requests of all weeks, as of a caller. */
  readonly weeks: number[]
  /** By `callerId`. */
  readonly callers: Map<string, Caller>
  readonly denials: Map<string, Denials>
  readonly keyChanges: Map<string, number>
  touched: number
  /** Records that were dropped, as the trail says. */
  dropped: number
  /** Lines that are no records. */
  damaged: number
  /** Accesses and changes of keys in the week that no checkpoint vouches for. */
  unproven: number
  /** Whether there was more than is told apart. */
  crowded: boolean
}

export interface Period {
  /** The day after the last one, in days since 1970. */
  readonly ends: number
  /** How many weeks before it are what is usual. */
  readonly past: number
  /** Only what a checkpoint vouches for is reviewed. */
  readonly proven?: boolean
}

type Counted = Pick<Access, 'count' | 'proven'>

const DAY_MS = 86_400_000
const MAX_SEEN = 1_000
/** Names of all callers together. */
const MAX_NAMES = 500_000
const MAX_REASONS = 200

export async function gather(
  reader: TrailReader,
  calendar: Calendar,
  { ends, past, proven = false }: Period,
  options: ReadOptions = {},
): Promise<Gathered> {
  const callers = new Callers(past + 1)
  const gathered: Gathered = {
    begins: ends - 7,
    days: Array.from({ length: 7 }, () => ({ allowed: 0, denied: 0 })),
    weeks: zeros(past + 1),
    callers: callers.all,
    denials: new Map(),
    keyChanges: new Map(),
    ...{ touched: 0, dropped: 0, damaged: 0, unproven: 0, crowded: false },
  }
  // A day more on both sides: those of the wall begin and end at other times than those of UTC.
  const since = new Date((ends - 7 * (past + 1) - 1) * DAY_MS)
  const until = new Date((ends + 1) * DAY_MS)

  const names = new Room(MAX_NAMES)
  const reasons = new Room(MAX_REASONS)

  function weekOf(day: number): number {
    return Math.floor((ends - 1 - day) / 7)
  }

  function see({ week, past }: Seen, name: string, isPast: boolean, event: Counted): void {
    const { count = 1, proven: isProven } = event
    const isKnown = week.has(name) || past.has(name)
    if (!isKnown && (week.size + past.size >= MAX_SEEN || !names.take(isProven))) {
      gathered.crowded = true
      return
    }
    if (isPast) past.add(name)
    else week.set(name, (week.get(name) ?? 0) + count)
  }

  function countDenial(event: Access, isPast: boolean, client: string | undefined): void {
    const { count = 1, oauthError = 'unknown', reason: said = oauthError } = event
    const isRoom = gathered.denials.has(said) || reasons.take(event.proven)
    const reason = isRoom ? said : 'unknown'
    const denials = gathered.denials.get(reason) ?? { count: 0, past: 0, sources: new Sources() }
    gathered.denials.set(reason, denials)
    denials[isPast ? 'past' : 'count'] += count
    if (!isPast && client !== undefined) denials.sources.add(client, count, event.proven)
  }

  function take(event: AuditEvent): void {
    const { day, hour } = calendar.at(event.time)
    const week = weekOf(day)
    if (!(week >= 0 && week <= past)) return
    const isPast = week > 0
    if (!isPast && !event.proven) gathered.unproven += 1
    if (proven && !event.proven) return
    if (event.kind === 'key' && !isPast && event.outcome === 'made') {
      add(gathered.keyChanges, event.action, 1)
    }
    if (event.kind !== 'access') return
    const { count = 1, outcome } = event
    const client = event.client && short(event.client)
    gathered.weeks[week] = (gathered.weeks[week] ?? 0) + count
    const ofDay = isPast ? undefined : gathered.days[day - gathered.begins]
    if (ofDay) ofDay[outcome] += count
    if (!isPast && event.phi !== undefined && event.synthetic !== true) gathered.touched += count
    if (outcome === 'denied') countDenial(event, isPast, client)
    const caller = callers.of(event)
    if (caller === undefined) return
    caller.weeks[week] = (caller.weeks[week] ?? 0) + count
    const ofHours = isPast ? caller.pastHours : caller.hours
    ofHours[hour] = (ofHours[hour] ?? 0) + count
    if (!isPast && outcome === 'denied') caller.denied += count
    if (client !== undefined) see(caller.addresses, placeOf(client), isPast, event)
    if (outcome === 'allowed') {
      for (const thing of thingsOf(event)) see(caller.things, short(thing), isPast, event)
    }
  }

  const aside: Parameters<typeof readEvents>[2] = (record, line) => {
    if (record === undefined && !line.torn) gathered.damaged += 1
    if (record?.kind !== 'gap') return
    if (weekOf(calendar.at(record.time).day) !== 0) return
    gathered.dropped += record.allowed + record.denied + record.keys
  }
  for await (const event of readEvents(reader, { since, until }, aside, options)) take(event)
  gathered.crowded ||= callers.isCrowded
  return gathered
}

/** An address, or the network of 64 bits in which a host chooses its own. */
function placeOf(client: string): string {
  const source = sourceOf(client)
  if (source === undefined || source.family === 'v4') return client
  const bytes = source.block.split('.').map(Number)
  const groups = [0, 2, 4, 6].map((at) =>
    ((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)).toString(16),
  )
  return `${groups.join(':')}::/64`
}

/** `Patient read`; where no health information was touched, `GET /v1/providers/:id`. */
function thingsOf(event: Access): string[] {
  const { phi, furtherPhi = [], method, route } = event
  if (phi !== undefined) {
    return [phi, ...furtherPhi].map(({ resource, action }) => `${resource} ${action}`)
  }
  return method !== undefined && route !== undefined ? [`${method} ${route}`] : []
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
