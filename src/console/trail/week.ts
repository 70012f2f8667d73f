import { summaryOfWeek } from '../../audit/summary.js'
import type { Gate } from '../../gate/gate.js'
import type { PageRequest } from '../web/exchange.js'
import { gateShown, readAudit } from './query.js'
import { seenOf, type ReviewedWeek } from './reviewed-week.js'
import { shareReading } from './share.js'

const DAY_MS = 86_400_000
const DAYS = 7

/** Which week is shown, of whose log. */
export interface WeekShown {
  readonly environment: string
  /** The first and the last day, of UTC. */
  readonly from: string
  readonly to: string
}

/** @param to a day. A week that is not over, or that is none, counts as absent: the one that ended yesterday is shown then */
export function weekShown(asked: PageRequest, environment: string, to: string): WeekShown {
  const yesterday = dayOf(asked.portal.options.clock() - DAY_MS)
  const last = to !== '' && to < yesterday ? to : yesterday
  return { environment, from: dayAfter(last, 1 - DAYS), to: last }
}

/** The week, counted, and the gate that has recorded it; `undefined` where this API keeps no log that can be read. @throws {AuditError} */
export async function readWeek(
  asked: PageRequest,
  shown: WeekShown,
): Promise<{ readonly gate: Gate; readonly week: ReviewedWeek } | undefined> {
  const gate = gateShown(asked, shown)
  const end = new Date(dayAfter(shown.to, 1))
  const week = await readAudit(asked, gate, (audit) =>
    shareReading(asked, { gate, isLarge: true }, () =>
      summaryOfWeek((query) => audit.query(query), end),
    ),
  )
  return week && { gate, week: seenOf(shown, week) }
}

/** Its audit log, as it is by now. */
export function logLink(
  { root }: PageRequest,
  shown: WeekShown,
  more: Readonly<Record<string, string>> = {},
): string {
  const { environment, ...week } = shown
  const said = { ...(environment !== '' && { environment }), ...week, ...more }
  return `${root}audit?${new URLSearchParams(said).toString()}`
}

export function dayAfter(day: string, days: number): string {
  return dayOf(Date.parse(day) + days * DAY_MS)
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
