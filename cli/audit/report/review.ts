import type { DueKey } from 'sallyport'
import { dateOf, weekdayOf } from './calendar.js'
import { findingsIn } from './findings.js'
import type { Caller, Seen } from './callers.js'
import type { Gathered } from './gather.js'
import type { Review, ReviewedCaller } from './terms.js'

export interface ReviewContext {
  readonly timeZone: string
  readonly source: string
  readonly madeAt: Date
  /** In days since 1970. */
  readonly today: number
  /** Whether public keys were given. */
  readonly signed: boolean
  readonly names: ReadonlyMap<string, string>
  readonly overdue: readonly DueKey[] | undefined
}

/** So much must be known of a caller before an hour is unusual for it. */
const KNOWN_REQUESTS = 50

export function reviewOf(gathered: Gathered, context: ReviewContext): Review {
  const { begins, weeks, days } = gathered
  const pastWeeks = weeks.length - 1
  const active = [...gathered.callers.values()].filter(({ weeks: [now = 0] }) => now > 0)
  const callers = [...gathered.callers.values()].map((caller) => reviewed(caller, context.names))
  const shown = callers
    .filter(({ requests }) => requests > 0)
    .sort((a, b) => b.requests - a.requests)
  const usual = usualOf(weeks)
  const overdue = context.overdue?.map(({ id, name, ownerId, dueAt }) => ({
    ...{ id, name, ownerId, dueAt: dueAt.toISOString().slice(0, 10) },
  }))
  return {
    from: dateOf(begins),
    to: dateOf(begins + 6),
    timeZone: context.timeZone,
    pastWeeks,
    source: context.source,
    madeAt: context.madeAt.toISOString(),
    today: dateOf(context.today),
    reachesToday: begins + 7 > context.today,
    totals: {
      requests: weeks[0] ?? 0,
      ...(usual !== undefined && { usual }),
      denied: days.reduce((sum, { denied }) => sum + denied, 0),
      callers: active.length,
      touchedHealthInformation: gathered.touched,
      keyChanges: [...gathered.keyChanges.values()].reduce((sum, count) => sum + count, 0),
      dropped: gathered.dropped,
      damaged: gathered.damaged,
      ...(context.signed && { unproven: gathered.unproven }),
    },
    findings: findingsIn(gathered, callers, overdue ?? [], context.signed),
    days: days.map((counts, at) => ({
      ...{ day: dateOf(begins + at), weekday: weekdayOf(begins + at), ...counts },
    })),
    denials: [...gathered.denials]
      .map(([reason, { count, past, sources }]) => {
        const [most] = [...sources.counts].sort(([, a], [, b]) => b - a)
        const average = Math.round((past / pastWeeks) * 10) / 10
        return { reason, count, usual: average, ...(most && { mostFrom: most[0] }) }
      })
      .sort((a, b) => b.count - a.count || b.usual - a.usual),
    hours: hoursOf(active),
    callers: shown,
    ...(overdue && { overdue }),
    crowded: gathered.crowded,
  }
}

function reviewed(caller: Caller, names: ReadonlyMap<string, string>): ReviewedCaller {
  const { id, ownerId, weeks, denied, addresses, things } = caller
  const usual = usualOf(weeks)
  const name = names.get(id)
  const isKnown = usual !== undefined
  return {
    id,
    ...(name !== undefined && { name }),
    ownerId,
    requests: weeks[0] ?? 0,
    ...(isKnown && { usual }),
    denied,
    newAddresses: isKnown ? newOf(addresses) : [],
    unusualHours: unusualHoursOf(caller),
    firstTimes: isKnown ? newOf(things) : [],
  }
}

/** The middle of those past weeks in which there was anything. */
function usualOf([, ...past]: readonly number[]): number | undefined {
  const active = past.filter((count) => count > 0).sort((a, b) => a - b)
  return active[Math.floor(active.length / 2)]
}

function newOf({ week, past }: Seen): string[] {
  const fresh = [...week].filter(([name]) => !past.has(name))
  return fresh.sort(([, a], [, b]) => b - a).map(([name]) => name)
}

function unusualHoursOf({ weeks, hours, pastHours }: Caller): number[] {
  const [, ...past] = weeks
  const isKnown =
    past.filter((count) => count > 0).length > 1 &&
    past.reduce((sum, count) => sum + count, 0) >= KNOWN_REQUESTS
  if (!isKnown) return []
  return hours.flatMap((count, hour) => (count > 0 && pastHours[hour] === 0 ? [hour] : []))
}

function hoursOf(callers: readonly Caller[]): Review['hours'] {
  const all = Array.from({ length: 24 }, (_, hour) => ({ hour, usual: 0, unusual: 0 }))
  for (const caller of callers) {
    const strange = unusualHoursOf(caller)
    for (const each of all) {
      each[strange.includes(each.hour) ? 'unusual' : 'usual'] += caller.hours[each.hour] ?? 0
    }
  }
  return all
}
