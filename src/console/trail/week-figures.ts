import type { Format } from '../kit/format.js'
import { columnChart, LEGEND, rowChart } from '../kit/charts.js'
import { html, type Markup } from '../kit/html.js'
import { card, notice, table, tiles } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'
import type { Ranked, ReviewedWeek } from './reviewed-week.js'

const DAY_MS = 86_400_000

/** Where the audit log of some of the week is. */
export type LogLink = (range: { readonly from: string; readonly to: string }) => string

/** How far the figures can be trusted. */
export function weekNotices(asked: PageRequest, week: ReviewedWeek): Markup {
  return html`${!week.isComplete && incompleteNotice(asked, week)}
  ${week.records > 0 && proofNotice(asked, week)}`
}

/** What people call keys now: it is shown, and not signed. */
type Names = ReadonlyMap<string, { readonly name: string }>

/** All figures of a week, as they are shown and signed. @param logOf absent: what the audit log has by now is not shown beside them */
export function weekFigures(
  asked: PageRequest,
  week: ReviewedWeek,
  logOf?: LogLink,
  names?: Names,
): readonly (Markup | undefined)[] {
  return [
    figures(asked, week),
    days(asked, week, logOf),
    touched(asked, week),
    callers(asked, week, names),
  ]
}

function incompleteNotice({ portal }: PageRequest, { records }: ReviewedWeek): Markup {
  return notice(
    'bad',
    'This review is not complete',
    html`<p>
      This week has more records than are read here. Only the latest
      ${portal.format.number(records)} were counted, so all figures are too low. The command
      <code>sallyport audit report</code> reads all of them: ask those who run this API.
    </p>`,
  )
}

/** How far signatures vouch for what was counted. */
function proofNotice(
  { portal: { format } }: PageRequest,
  { records, unproven }: ReviewedWeek,
): Markup {
  if (unproven === 0) {
    const text = `Signatures prove all ${format.count(records, 'record')} that were counted.`
    return notice('ok', 'Signed', html`<p>${text}</p>`)
  }
  return notice(
    'warn',
    `${format.number(unproven)} of ${format.count(records, 'record')} are not proven by a signature`,
    html`<p>
      Anybody who can write to the audit log could have added them. Records of the last minute and a
      half may still be signed.
    </p>`,
  )
}

function figures({ portal: { format } }: PageRequest, week: ReviewedWeek): Markup {
  const [allowed, denied] = [week.allowed, week.denied].map(sumOf)
  const phi = sumOf(Object.fromEntries(week.phi))
  return tiles([
    [format.number(allowed ?? 0), 'requests allowed'],
    [format.number(denied ?? 0), 'requests denied'],
    [format.number(phi), 'touched health information'],
    [format.number(week.addresses), 'source addresses'],
    [format.number(week.changes), 'changes of keys and of access'],
  ])
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function days(
  asked: PageRequest,
  { from, allowed, denied }: ReviewedWeek,
  logOf?: LogLink,
): Markup {
  const { format } = asked.portal
  const all = Array.from({ length: 7 }, (_, at) => {
    const day = dayOf(Date.parse(from) + at * DAY_MS)
    return { day, calm: allowed[day] ?? 0, alarm: denied[day] ?? 0 }
  })
  const description = `${format.count(sumOf(allowed), 'request')} allowed, ${format.number(sumOf(denied))} denied.`
  return card(
    'Requests by day',
    html`<figure class="broad">
      ${columnChart(
        { id: 'days', title: 'Requests by day', description },
        all.map(({ day, calm, alarm }) => ({
          ...{ label: format.shortDay(day), calm, alarm },
          told: `${day}: ${format.number(calm)} allowed, ${format.number(alarm)} denied`,
        })),
      )}
      ${LEGEND}
    </figure>`,
    table({
      caption: 'Requests by day, allowed and denied',
      columns: [
        { title: 'Day' },
        { title: 'Allowed', isNumber: true },
        { title: 'Denied', isNumber: true },
      ],
      rows: all.map(({ day, calm, alarm }) => {
        const link = logOf?.({ from: day, to: day })
        const count = format.number(alarm)
        return [
          ...[format.utcDay(day), format.number(calm)],
          alarm === 0 || link === undefined ? count : html`<a href="${link}">${count}</a>`,
        ]
      }),
    }),
  )
}

/** Health information by kind; whose it was is not told. */
function touched(
  { portal: { format } }: PageRequest,
  { phi: kinds, morePhi }: ReviewedWeek,
): Markup | undefined {
  if (kinds.length === 0) return undefined
  const description = `${format.count(sumOf(Object.fromEntries(kinds)), 'time')}, ${format.count(kinds.length + morePhi, 'kind')} of records.`
  return card(
    'Health information',
    html`<figure class="broad">
      ${rowChart(
        { id: 'phi', title: 'Accesses to health information', description },
        kinds.map(([label, value]) => ({ label, value, kind: 'calm' as const })),
      )}
    </figure>`,
    countsTable(format, ['Accesses to health information', 'Kind of record', 'Accesses'], kinds),
  )
}

function callers(
  { root, portal: { format } }: PageRequest,
  { callers: all, moreCallers: hidden }: ReviewedWeek,
  names?: Names,
): Markup {
  const nameOf = (id: string) => {
    const known = names?.get(id)
    return known === undefined
      ? html`<code>${id}</code>`
      : html`<a href="${root}keys/${id}">${known.name}</a> <code class="small quiet">${id}</code>`
  }
  return card(
    'Callers',
    countsTable(
      format,
      ['Requests by caller', 'Key, or who called without one', 'Requests'],
      all,
      nameOf,
    ),
    hidden > 0 &&
      html`<p class="note">${format.count(hidden, 'more caller')} sent fewer requests.</p>`,
  )
}

function countsTable(
  format: Format,
  [caption, title, what]: readonly [caption: string, title: string, what: string],
  counts: Ranked,
  nameOf = (name: string) => html`<code>${name}</code>`,
): Markup {
  return table({
    caption,
    columns: [{ title }, { title: what, isNumber: true }],
    rows: counts.map(([name, count]) => [nameOf(name), format.number(count)]),
  })
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
