import { columnChart, html, type Markup, rowChart } from 'sallyport/console'
import { count, figure } from '../../output.js'
import { hourName } from './findings.js'
import { table } from './tables.js'
import type { Review } from './terms.js'

const TOP = 10

export function daysFigure({ days: all }: Review): Markup {
  const chart = {
    id: 'days',
    title: 'Requests of each day',
    description: 'A bar for each of seven days: what was allowed, and upon it what was denied.',
  }
  const columns = all.map(({ weekday, allowed, denied }) => ({
    ...{ label: weekday, calm: allowed, alarm: denied },
    told: `${weekday}: ${figure(allowed)} allowed, ${figure(denied)} denied`,
  }))
  const rows = all.map(({ day, weekday, allowed, denied }) => [
    `${weekday} ${day}`,
    allowed,
    denied,
  ])
  return split(
    chart.title,
    columnChart(chart, columns),
    table(chart.title, ['Day', 'Allowed', 'Denied'], rows),
    [
      ['calm', 'allowed'],
      ['alarm', 'denied'],
    ],
  )
}

export function denialsFigure({ denials: all, pastWeeks }: Review): Markup {
  if (all.length === 0) {
    return html`<section>
      <h2>Denials by reason</h2>
      <p class="note">Nothing was denied.</p>
    </section>`
  }
  const chart = {
    id: 'denials',
    title: 'Denials by reason',
    description: 'A bar for each reason, with a mark at the average of the weeks before.',
  }
  const rows = all
    .slice(0, TOP)
    .map(
      ({ reason, count: value, usual }) =>
        ({ label: reason, value, usual, kind: 'alarm' }) as const,
    )
  const cells = all.map(({ reason, count: value, usual, mostFrom = '' }) => [
    reason,
    value,
    usual,
    mostFrom,
  ])
  return split(
    chart.title,
    rowChart(chart, rows),
    table(chart.title, ['Reason', 'Denied', 'Usually', 'Most from'], cells),
    [
      ['alarm', 'this week'],
      ['mark', `average of the ${count(pastWeeks, 'week')} before`],
    ],
  )
}

export function volumeFigure({ callers: all }: Review): Markup {
  if (all.length === 0) return html``
  const chart = {
    id: 'volume',
    title: 'Requests of each caller',
    description:
      'A bar for each of the callers with the most requests, with a mark at its usual week.',
  }
  const shown = all.slice(0, TOP)
  const rows = shown.map(({ id, name = id, requests, usual }) => ({
    ...{ label: name, value: requests, kind: 'calm' as const },
    ...(usual !== undefined && { usual }),
  }))
  const cells = shown.map(({ id, name = id, requests, usual }) => [name, requests, usual ?? 'new'])
  return split(
    chart.title,
    rowChart(chart, rows),
    table(chart.title, ['Caller', 'Requests', 'Usually'], cells),
    [
      ['calm', 'this week'],
      ['mark', 'its usual week'],
    ],
  )
}

export function hoursFigure({ hours: all }: Review): Markup {
  const chart = {
    id: 'hours',
    title: 'Requests by the hour of the day',
    description:
      'A bar for each hour; upon it, requests of callers never seen at that hour before.',
  }
  const columns = all.map(({ hour, usual, unusual }) => ({
    ...{ label: hourName(hour).slice(0, 2), calm: usual, alarm: unusual },
    told: `${hourName(hour)}: ${figure(usual)} at a usual hour, ${figure(unusual)} at an unusual one`,
  }))
  const titles = ['Hour', 'Usual', 'Unusual']
  const rows = all.map(({ hour, usual, unusual }) => [hourName(hour), usual, unusual])
  return split(
    chart.title,
    columnChart(chart, columns, 3),
    html`<div class="halves">
      ${table(`${chart.title}, until noon`, titles, rows.slice(0, 12))}
      ${table(`${chart.title}, from noon on`, titles, rows.slice(12))}
    </div>`,
    [
      ['calm', 'usual for the caller'],
      ['alarm', 'never seen at this hour before'],
    ],
  )
}

function split(
  title: string,
  chart: Markup,
  beside: Markup,
  key: readonly (readonly [string, string])[],
): Markup {
  return html`<figure>
    <figcaption><h2>${title}</h2></figcaption>
    <div class="split">
      <div>
        ${chart}
        <ul class="key">
          ${key.map(([kind, text]) => html`<li><i class="${kind}"></i>${text}</li>`)}
        </ul>
      </div>
      ${beside}
    </div>
  </figure>`
}
