import { MisuseError } from '../../core/errors.js'
import { usageCsv } from '../../gate/usage-endpoints.js'
import type { Keys } from '../../keys/keys.js'
import type { OwnerUsage, UsageFigures, UsageRow } from '../../keys/owner-usage.js'
import { actingOn } from '../keys/managed-keys.js'
import { limitsOfPlans } from '../keys/limits.js'
import { keyNames } from '../keys/names.js'
import { deniedIn, figuresTable } from '../keys/usage-figures.js'
import { columnChart, LEGEND } from '../kit/charts.js'
import { select } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, printed, tiles } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { page, type Download, type Page, type PageRequest } from '../web/exchange.js'

const DAY_MS = 86_400_000
/** Days that can be shown. */
const PERIODS = ['7', '30', '90', '365'] as const
/** Days with rows that are shown at once. */
const MOST_DAYS = 7
/** Keys with a row of their own. */
const MOST_KEYS = 20
/** What the address says of which requests to show: one environment, as none is in the figures of another. */
interface Shown {
  readonly environment: string
  readonly days: (typeof PERIODS)[number]
}

/** How often the owner has called, in one environment: as a picture, and as tables with the same figures. */
export async function usagePage(asked: PageRequest): Promise<Page> {
  const shown = shownIn(asked)
  const keys = keysOf(asked, shown)
  const byDay = keys && (await usageOf(asked, keys, shown, 'day'))
  if (keys === undefined || byDay === undefined) {
    const text = 'It would show how often your organization has called, by day and by key.'
    return usagePageOf(asked, shown, empty('No usage is counted here', text), false)
  }
  const [total] = byDay.totals
  if (total === undefined) return usagePageOf(asked, shown, nothing(asked, shown), false)
  const byKey = await usageOf(asked, keys, shown, 'key')
  const content = html`${figures(asked, total)} ${days(asked, byDay, total, shown)}
  ${byKey && (await callers(asked, byKey, shown))} ${await limitsOfPlans(asked, shown.environment)}`
  return usagePageOf(asked, shown, content, true)
}

/** How often the owner has called in an environment in 30 days; `undefined` where nobody counts it. */
export async function callsIn(
  asked: PageRequest,
  environment: string,
): Promise<number | undefined> {
  const shown = { environment, days: '30' } as const
  const keys = keysOf(asked, shown)
  const usage = keys && (await usageOf(asked, keys, shown, 'day'))
  return usage && (usage.totals[0]?.total ?? 0)
}

/** The same figures for a spreadsheet: a line for each day, or for each key. */
export async function usageFile(asked: PageRequest): Promise<Download> {
  const shown = shownIn(asked)
  const keys = keysOf(asked, shown)
  const by = asked.query.get('by') === 'key' ? 'key' : 'day'
  const usage = keys && (await usageOf(asked, keys, shown, by))
  if (usage === undefined) throw new Problem(404)
  return {
    kind: 'download',
    type: 'text/csv; charset=utf-8',
    name: `usage-${usage.from}-${usage.to}.csv`,
    text: usageCsv(usage),
  }
}

function shownIn({ query, user }: PageRequest): Shown {
  const { environments } = user
  const named = environments.find((one) => one === query.get('environment'))
  const period = PERIODS.find((one) => one === query.get('days'))
  return { environment: named ?? environments[0] ?? '', days: period ?? '30' }
}

/** `undefined` for a person without environments. */
function keysOf(asked: PageRequest, { environment }: Shown): Keys | undefined {
  const gate = environment === '' ? undefined : asked.portal.gates.of(environment)
  return gate && actingOn(asked, gate).keys
}

/** `undefined` from a store that keeps no usage of owners. */
async function usageOf(
  { portal, user }: PageRequest,
  keys: Keys,
  { environment, days: period }: Shown,
  by: 'day' | 'key',
): Promise<OwnerUsage | undefined> {
  const to = new Date(portal.options.clock())
  const from = new Date(to.getTime() - (Number(period) - 1) * DAY_MS)
  try {
    return await keys.usageOfOwner(user.ownerId, { from, to, environment, by })
  } catch (error) {
    if (error instanceof MisuseError && error.code === 'not_supported') return undefined
    throw error
  }
}

function usagePageOf(asked: PageRequest, shown: Shown, content: Markup, isFilled: boolean): Page {
  const { root } = asked
  const file = (by: string) =>
    `${root}usage.csv?${new URLSearchParams({ ...shown, by }).toString()}`
  const actions = html`<a class="btn" href="${file('day')}">Download CSV by day</a>
    <a class="btn" href="${file('key')}">Download CSV by key</a>`
  return page({
    title: 'Usage',
    lead: 'Requests of your organization, in one environment at a time. Days are in UTC.',
    ...(isFilled && { actions }),
    body: html`<div class="stack">
      ${printed({ ...shown })}
      <section class="card flush">${filters(asked, shown)} ${!isFilled && content}</section>
      ${isFilled && content}
    </div>`,
  })
}

function filters({ root, user }: PageRequest, { environment, days: period }: Shown): Markup {
  const environments = user.environments.map((value) => ({ value, label: value }))
  const periods = PERIODS.map((value) => ({ value, label: `${value} days` }))
  return html`<form class="filters" action="${root}usage" role="search" aria-label="Filter usage">
    ${select({ name: 'environment', label: 'Environment', value: environment, choices: environments })}
    ${select({ name: 'days', label: 'Period', value: period, choices: periods })}
    <p class="acts">
      <button class="btn" type="submit">Apply</button>
      <a class="btn" href="${root}usage">Reset</a>
    </p>
  </form>`
}

function nothing({ root }: PageRequest, { environment, days: period }: Shown): Markup {
  return empty(
    `No requests in ${environment} in ${period} days`,
    'Every request with one of your keys is counted here: how many there were each day, what became of them, and which key sent them. Send the first one.',
    html`<a class="btn main" href="${root}docs">How to call</a>`,
  )
}

function figures({ portal: { format } }: PageRequest, total: UsageFigures): Markup {
  const denied = deniedIn(total)
  const share = denied / Math.max(1, total.total)
  return tiles([
    [format.number(total.total), 'requests'],
    [format.number(total.outcomes.allowed), 'allowed'],
    [format.number(denied), 'denied', `${(100 * share).toFixed(1)} % of all`],
  ])
}

function days(
  { portal: { format } }: PageRequest,
  usage: OwnerUsage,
  total: UsageFigures,
  { environment, days: period }: Shown,
): Markup {
  const count = Number(period)
  const byDay = new Map(usage.rows.map((row) => [row.day, row]))
  const columns = Array.from({ length: count }, (_, at) => {
    const day = new Date(Date.parse(usage.from) + at * DAY_MS).toISOString().slice(0, 10)
    const row = byDay.get(day)
    const alarm = row === undefined ? 0 : deniedIn(row)
    const calm = (row?.total ?? 0) - alarm
    const told = `${day}: ${format.number(calm)} allowed, ${format.number(alarm)} denied`
    return { ...{ label: format.shortDay(day), calm, alarm }, told }
  })
  const description = `${format.count(total.total, 'request')} in ${environment} in ${period} days, ${format.number(deniedIn(total))} of them denied.`
  const table = figuresTable(format, total, {
    ...{ caption: 'Requests by day and outcome', first: 'Day' },
    rows: usage.rows.map((row) => [format.utcDay(row.day ?? ''), row]),
  })
  return card(
    'By day',
    html`<figure class="broad">
      ${columnChart({ id: 'use', title: 'Requests by day', description }, columns, Math.ceil(count / 6))}
      ${LEGEND}
    </figure>`,
    // Of many days, they would hide what comes below.
    usage.rows.length > MOST_DAYS
      ? html`<details>
          <summary>Show as a table</summary>
          ${table}
        </details>`
      : table,
  )
}

async function callers(
  asked: PageRequest,
  { rows, totals: [total] }: OwnerUsage,
  { environment }: Shown,
): Promise<Markup | undefined> {
  if (total === undefined) return undefined
  const { root, can } = asked
  const { format } = asked.portal
  const sees = can('keys:view') || can('keys:own') || can('keys:all')
  const gate = asked.portal.gates.of(environment)
  const names = gate === undefined ? undefined : await keyNames(asked, gate, environment)
  const nameOf = ({ keyId }: UsageRow) => {
    if (keyId === undefined) return 'Without a key'
    const name = html`${names?.get(keyId)?.name ?? html`<code>${keyId}</code>`}`
    return sees ? html`<a href="${root}keys/${keyId}">${name}</a>` : name
  }
  const hidden = rows.length - MOST_KEYS
  return card(
    'By key',
    figuresTable(format, total, {
      ...{ caption: 'Requests by key and outcome', first: 'Key' },
      rows: rows.slice(0, MOST_KEYS).map((row) => [nameOf(row), row]),
    }),
    hidden > 0 &&
      html`<p class="note">
        ${format.count(hidden, 'more key')} ${hidden === 1 ? 'is' : 'are'} in the CSV file.
      </p>`,
  )
}
