import { html, type Markup } from 'sallyport/console'
import { figure } from '../../output.js'
import { hourName } from './findings.js'
import type { Review } from './terms.js'

/** Rows of a table of the page: JSON has all. */
const MOST = 200

export function findingsSection({ findings: all }: Review): Markup {
  const rows = all.map(({ what, who = 'the trail', ownerId = '', detail }) => [
    html`<span class="tag">${what}</span>`,
    who,
    ownerId,
    detail,
  ])
  const body =
    rows.length === 0
      ? html`<p class="note">Nothing stands out from the weeks before.</p>`
      : table('To look at', ['What', 'Who', 'Owner', 'In particular'], rows, 'findings')
  return html`<section class="long">
    <h2>To look at</h2>
    ${body}
  </section>`
}

export function callersSection({ callers: all, crowded }: Review): Markup {
  const rows = all
    .slice(0, MOST)
    .map(
      ({ id, name, ownerId, requests, usual, denied, newAddresses, unusualHours, firstTimes }) => [
        name === undefined ? id : html`${name}<br /><span class="quiet">${id}</span>`,
        ownerId,
        requests,
        usual ?? 'new',
        denied,
        newAddresses.slice(0, 5).join(', '),
        unusualHours.map(hourName).join(', '),
        firstTimes.slice(0, 5).join(', '),
      ],
    )
  const left = all.length - rows.length
  const titles = [
    'Caller',
    'Owner',
    'Requests',
    'Usually',
    'Denied',
    'New addresses',
    'Unusual hours',
    'For the first time',
  ]
  return html`<section class="long">
    <h2>Every caller</h2>
    <p class="note">
      A key, or the subject of a token. ${left > 0 ? `${figure(left)} more are in --json.` : ''}
      ${crowded ? 'There were more callers or addresses than are told apart; some are left out.' : ''}
    </p>
    ${table('Every caller', titles, rows, 'callers')}
  </section>`
}

export function overdueSection({ overdue: all }: Review): Markup {
  if (all === undefined) {
    return html`<section>
      <h2>Overdue for rotation</h2>
      <p class="note">Not known: no key store was asked (--database).</p>
    </section>`
  }
  const rows = all.slice(0, MOST).map(({ id, name, ownerId, dueAt }) => [name, id, ownerId, dueAt])
  return html`<section class="long">
    <h2>Overdue for rotation</h2>
    ${
      rows.length === 0
        ? html`<p class="note">No key is.</p>`
        : table('Overdue for rotation', ['Key', 'Id', 'Owner', 'Since'], rows)
    }
  </section>`
}

type Cell = Markup | string | number

export function table(
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  kind = '',
): Markup {
  const isNumber = titles.map((_, at) => rows.some((row) => typeof row[at] === 'number'))
  const side = (at: number) => (isNumber[at] ? 'n' : '')
  const whole = html`<table class="${kind}">
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        ${titles.map((title, at) => html`<th scope="col" class="${side(at)}">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell, at) => {
              const text = typeof cell === 'number' ? figure(cell) : cell
              return html`<td class="${side(at)}">${text}</td>`
            })}
          </tr>`,
      )}
    </tbody>
  </table>`
  if (kind === '') return whole
  // Wide ones are moved sideways in a window that is narrow, also by keyboard.
  return html`<div class="wide" role="region" aria-label="${caption}" tabindex="0">${whole}</div>`
}
