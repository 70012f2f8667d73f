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

type Aside = NonNullable<Parameters<typeof readEvents>[2]>
type Counted = Pick<Access, 'count' | 'proven'>

/** When an access was, in the calendar of the review. */
interface Time {
  readonly day: number
  readonly hour: number
  /** How many weeks before the one that is reviewed. */
  readonly week: number
  readonly isPast: boolean
}

const DAY_MS = 86_400_000
const MAX_SEEN = 1_000
/** Names of all callers together. */
const MAX_NAMES = 500_000
const MAX_REASONS = 200

export async function gather(
  reader: TrailReader,
  calendar: Calendar,
  period: Period,
  options: ReadOptions = {},
): Promise<Gathered> {
  const { ends, past } = period
  const gathering = new Gathering(calendar, period)
  // A day more on both sides: those of the wall begin and end at other times than those of UTC.
  const since = new Date((ends - 7 * (past + 1) - 1) * DAY_MS)
  const until = new Date((ends + 1) * DAY_MS)
  const events = readEvents(reader, { since, until }, gathering.aside, options)
  for await (const event of events) gathering.take(event)
  return gathering.result()
}

class Gathering {
  readonly #calendar: Calendar
  readonly #period: Period
  readonly #callers: Callers
  readonly #gathered: Gathered
  readonly #names = new Room(MAX_NAMES)
  readonly #reasons = new Room(MAX_REASONS)

  /** Takes what is no event. */
  readonly aside: Aside = (record, line) => {
    if (record === undefined && !line.torn) this.#gathered.damaged += 1
    if (record?.kind !== 'gap') return
    if (this.#weekOf(this.#calendar.at(record.time).day) !== 0) return
    this.#gathered.dropped += record.allowed + record.denied + record.keys
  }

  constructor(calendar: Calendar, period: Period) {
    const { ends, past } = period
    this.#calendar = calendar
    this.#period = period
    this.#callers = new Callers(past + 1)
    this.#gathered = {
      begins: ends - 7,
      days: Array.from({ length: 7 }, () => ({ allowed: 0, denied: 0 })),
      weeks: zeros(past + 1),
      callers: this.#callers.all,
      denials: new Map(),
      keyChanges: new Map(),
      ...{ touched: 0, dropped: 0, damaged: 0, unproven: 0, crowded: false },
    }
  }

  result(): Gathered {
    this.#gathered.crowded ||= this.#callers.isCrowded
    return this.#gathered
  }

  take(event: AuditEvent): void {
    const { past, proven = false } = this.#period
    const { day, hour } = this.#calendar.at(event.time)
    const week = this.#weekOf(day)
    if (!(week >= 0 && week <= past)) return
    const isPast = week > 0
    if (!isPast && !event.proven) this.#gathered.unproven += 1
    if (proven && !event.proven) return
    if (event.kind === 'access') {
      this.#countAccess(event, { day, week, isPast })
      this.#countCaller(event, { hour, week, isPast })
    } else if (event.kind === 'key' && !isPast && event.outcome === 'made') {
      add(this.#gathered.keyChanges, event.action, 1)
    }
  }

  #weekOf(day: number): number {
    return Math.floor((this.#period.ends - 1 - day) / 7)
  }

  #countAccess(event: Access, { day, week, isPast }: Omit<Time, 'hour'>): void {
    const gathered = this.#gathered
    const { count = 1, outcome } = event
    gathered.weeks[week] = (gathered.weeks[week] ?? 0) + count
    const ofDay = isPast ? undefined : gathered.days[day - gathered.begins]
    if (ofDay) ofDay[outcome] += count
    if (!isPast && event.phi !== undefined && event.synthetic !== true) gathered.touched += count
    if (outcome === 'denied') this.#countDenial(event, isPast)
  }

  #countDenial(event: Access, isPast: boolean): void {
    const { denials: all } = this.#gathered
    const { count = 1, oauthError = 'unknown', reason: said = oauthError } = event
    const isRoom = all.has(said) || this.#reasons.take(event.proven)
    const reason = isRoom ? said : 'unknown'
    const denials = all.get(reason) ?? { count: 0, past: 0, sources: new Sources() }
    all.set(reason, denials)
    denials[isPast ? 'past' : 'count'] += count
    if (!isPast && event.client !== undefined)
      denials.sources.add(short(event.client), count, event.proven)
  }

  #countCaller(event: Access, { hour, week, isPast }: Omit<Time, 'day'>): void {
    const { count = 1, outcome, client } = event
    const caller = this.#callers.of(event)
    if (caller === undefined) return
    caller.weeks[week] = (caller.weeks[week] ?? 0) + count
    const ofHours = isPast ? caller.pastHours : caller.hours
    ofHours[hour] = (ofHours[hour] ?? 0) + count
    if (!isPast && outcome === 'denied') caller.denied += count
    if (client !== undefined) this.#see(caller.addresses, placeOf(short(client)), isPast, event)
    if (outcome === 'denied') return
    for (const thing of thingsOf(event)) this.#see(caller.things, short(thing), isPast, event)
  }

  #see({ week, past }: Seen, name: string, isPast: boolean, event: Counted): void {
    const { count = 1, proven } = event
    const isKnown = week.has(name) || past.has(name)
    if (!isKnown && (week.size + past.size >= MAX_SEEN || !this.#names.take(proven))) {
      this.#gathered.crowded = true
      return
    }
    if (isPast) past.add(name)
    else week.set(name, (week.get(name) ?? 0) + count)
  }
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
