import { summaryOfWeek, type WeekSummary } from '../../audit/summary.js'
import { columnChart, LEGEND, rowChart } from '../kit/charts.js'
import { select, textField } from '../kit/fields.js'
import type { Format } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, notice, table, tiles } from '../kit/parts.js'
import { filtersIn, gateShown, noteView, readAudit } from '../trail/query.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** Rows of a table. */
const MOST_ROWS = 20

/** Which week is shown, of whose log. */
interface Shown {
  readonly environment: string
  /** The first and the last day, of UTC. */
  readonly from: string
  readonly to: string
}

/** One week of the audit log of the owner, counted: for those who have to look at it regularly. The look is recorded. */
export async function reviewPage(asked: PageRequest): Promise<Page> {
  const shown = shownIn(asked)
  const { environment, from, to } = shown
  const gate = gateShown(asked, shown)
  const end = new Date(Date.parse(to) + DAY_MS)
  const week = await readAudit(asked, gate, (audit) =>
    summaryOfWeek((query) => audit.query(query), end),
  )
  const title = 'Weekly review'
  if (week === undefined) {
    const text = 'It would count what happened in each week.'
    return page({ title, body: card(undefined, empty('This API keeps no audit log', text)) })
  }
  await noteView(asked, gate, { environment, from, to })
  const { records } = week.verification
  const { format } = asked.portal
  const body = html`<div class="stack">
    ${!week.isComplete && incompleteNotice(asked, week)} ${records > 0 && proofNotice(asked, week)}
    <section class="card flush">
      ${weekForm(asked, shown)} ${records === 0 && empty('Nothing is recorded', NOTHING)}
    </section>
    ${records > 0 && [figures(asked, week), days(asked, shown, week), touched(asked, week), callers(asked, week)]}
  </div>`
  return page({
    title,
    lead: html`${format.utcDay(from)} to ${format.utcDay(to)}, days of UTC. What your organization
    did, from the audit log. That you look is recorded, too.`,
    actions: html`<a class="btn" href="${auditLink(asked, shown)}">Audit log of this week</a>`,
    body,
  })
}

const NOTHING = 'No request of your organization and no change of its keys is in this week.'

/** A week that is not over, or that is none, counts as absent: the one that ended yesterday is shown then. */
function shownIn(asked: PageRequest): Shown {
  const { environment, to: named } = filtersIn(asked)
  const yesterday = dayOf(asked.portal.options.clock() - DAY_MS)
  const to = named !== '' && named < yesterday ? named : yesterday
  return { environment, from: dayOf(Date.parse(to) - 6 * DAY_MS), to }
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function incompleteNotice({ portal }: PageRequest, { verification }: WeekSummary): Markup {
  return notice(
    'bad',
    'This review is not complete',
    html`<p>
      This week has more records than are read here. Only the latest
      ${portal.format.number(verification.records)} were counted, so all figures are too low. The
      command <code>sallyport audit report</code> reads all of them: ask those who run this API.
    </p>`,
  )
}

/** How far signatures vouch for what was counted. */
function proofNotice({ portal: { format } }: PageRequest, { verification }: WeekSummary): Markup {
  const { records, unproven } = verification
  if (unproven === 0) {
    const text = `Signatures prove all ${format.count(records, 'record')} that were counted.`
    return notice('ok', 'Signed', html`<p>${text}</p>`)
  }
  return notice(
    'warn',
    `${format.number(unproven)} of ${format.count(records, 'record')} are not proven by a signature`,
    html`<p>Anybody who can write to the audit log could have added them.</p>`,
  )
}

function weekForm(asked: PageRequest, { environment, from, to }: Shown): Markup {
  const { root, portal, user } = asked
  const environments = user.environments.map((value) => ({ value, label: value }))
  const link = (day: string, words: string) => {
    const said = { ...(environment !== '' && { environment }), to: day }
    return html`<a class="btn" href="${root}review?${new URLSearchParams(said).toString()}"
      >${words}</a
    >`
  }
  const next = Date.parse(to) + WEEK_MS
  const isThere = next < portal.options.clock() - (portal.options.clock() % DAY_MS)
  return html`<form class="filters" action="${root}review" role="search" aria-label="Choose a week">
    ${
      !portal.gates.isOne &&
      select({
        ...{ name: 'environment', label: 'Environment', choices: environments },
        value: environment || (user.environments[0] ?? ''),
      })
    }
    ${textField({ name: 'to', label: 'Last day of the week', value: to, kind: 'date' })}
    <p class="acts">
      <button class="btn" type="submit">Apply</button>
      ${link(dayOf(Date.parse(from) - DAY_MS), 'Week before')}
      ${isThere && link(dayOf(next), 'Week after')}
    </p>
  </form>`
}

function auditLink(
  { root }: PageRequest,
  shown: Shown,
  more: Readonly<Record<string, string>> = {},
) {
  const { environment, ...week } = shown
  const said = { ...(environment !== '' && { environment }), ...week, ...more }
  return `${root}audit?${new URLSearchParams(said).toString()}`
}

function figures({ portal: { format } }: PageRequest, week: WeekSummary): Markup {
  const [allowed, denied, phi] = [week.allowed, week.denied, week.phi].map(sumOf)
  return tiles([
    [format.number(allowed ?? 0), 'requests allowed'],
    [format.number(denied ?? 0), 'requests denied'],
    [format.number(phi ?? 0), 'touched health information'],
    [format.number(week.addresses), 'source addresses'],
    [format.number(week.changes), 'changes of keys and of access'],
  ])
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

function days(asked: PageRequest, shown: Shown, { allowed, denied }: WeekSummary): Markup {
  const { format } = asked.portal
  const all = Array.from({ length: 7 }, (_, at) => {
    const day = dayOf(Date.parse(shown.from) + at * DAY_MS)
    return { day, calm: allowed[day] ?? 0, alarm: denied[day] ?? 0 }
  })
  const description = `${format.count(sumOf(allowed), 'request')} allowed, ${format.number(sumOf(denied))} denied.`
  return card(
    'Requests by day',
    html`<figure>
      ${columnChart(
        { id: 'days', title: 'Requests by day', description },
        all.map(({ day, calm, alarm }) => ({
          ...{ label: day.slice(5), calm, alarm },
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
        const link = auditLink(asked, { ...shown, from: day, to: day }, { outcome: 'denied' })
        const count = format.number(alarm)
        return [
          ...[format.utcDay(day), format.number(calm)],
          alarm === 0 ? count : html`<a href="${link}">${count}</a>`,
        ]
      }),
    }),
  )
}

/** Health information by kind; whose it was is not told. */
function touched({ portal: { format } }: PageRequest, { phi }: WeekSummary): Markup | undefined {
  const kinds = mostFirst(phi)
  if (kinds.length === 0) return undefined
  const description = `${format.count(sumOf(phi), 'time')}, ${format.count(kinds.length, 'kind')} of records.`
  return card(
    'Health information',
    html`<figure>
      ${rowChart(
        { id: 'phi', title: 'Accesses to health information', description },
        kinds.map(([label, value]) => ({ label, value, kind: 'calm' as const })),
      )}
    </figure>`,
    countsTable(format, 'Accesses to health information', 'Kind of record', kinds),
  )
}

function callers({ portal: { format } }: PageRequest, week: WeekSummary): Markup {
  const all = mostFirst(week.callers)
  const hidden = all.length - MOST_ROWS
  return card(
    'Callers',
    countsTable(format, 'Requests by caller', 'Key, or who called without one', all),
    hidden > 0 &&
      html`<p class="note">${format.count(hidden, 'more caller')} sent fewer requests.</p>`,
  )
}

function mostFirst(
  counts: Readonly<Record<string, number>>,
): readonly (readonly [string, number])[] {
  return Object.entries(counts).sort(([, a], [, b]) => b - a)
}

function countsTable(
  format: Format,
  caption: string,
  title: string,
  counts: readonly (readonly [string, number])[],
): Markup {
  return table({
    caption,
    columns: [{ title }, { title: 'Requests', isNumber: true }],
    rows: counts
      .slice(0, MOST_ROWS)
      .map(([name, count]) => [html`<code>${name}</code>`, format.number(count)]),
  })
}
