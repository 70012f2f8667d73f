import { html, Markup } from 'sallyport/console'
import { createHash } from 'node:crypto'
import { count, figure } from '../../output.js'
import { daysFigure, denialsFigure, hoursFigure, volumeFigure } from './figures.js'
import { STYLE } from './style.js'
import { callersSection, findingsSection, overdueSection } from './tables.js'
import type { Review } from './terms.js'

/** One page that needs nothing else: no script, no font, no picture from anywhere. */
export function pageOf(review: Review): string {
  const style = createHash('sha256').update(STYLE).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>Access review, ${review.from} to ${review.to}</title>
        ${new Markup(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          ${header(review)} ${sums(review)} ${findingsSection(review)} ${daysFigure(review)}
          ${denialsFigure(review)} ${volumeFigure(review)} ${hoursFigure(review)}
          ${callersSection(review)} ${overdueSection(review)} ${footer(review)}
        </main>
      </body>
    </html>`
  return `${text}\n`
}

function header({ from, to, timeZone, pastWeeks, source, reachesToday }: Review): Markup {
  return html`<header>
    <p class="over">Access review</p>
    <h1>${spoken(from)} to ${spoken(to)}</h1>
    <p>
      Seven days in the time of ${timeZone}, against the ${count(pastWeeks, 'week')} before them.
      Read from ${source}. ${reachesToday ? 'Today is among them.' : 'Today is not among them.'}
    </p>
  </header>`
}

function sums({ totals, findings }: Review): Markup {
  const { requests, usual, denied, touchedHealthInformation: touched, callers } = totals
  const share = requests === 0 ? 0 : (denied / requests) * 100
  const tiles: readonly (readonly [number, string, string])[] = [
    [findings.length, 'to look at', findings.length === 0 ? 'nothing stands out' : 'listed below'],
    [
      requests,
      'requests',
      usual === undefined ? `of ${count(callers, 'caller')}` : `usually ${figure(usual)}`,
    ],
    [denied, 'denied', `${share.toFixed(share < 10 ? 1 : 0)} % of all requests`],
    [touched, 'touched health records', `by ${count(callers, 'caller')} in all`],
  ]
  return html`<ul class="sums">
    ${tiles.map(
      ([number, what, more]) =>
        html`<li><b>${figure(number)}</b>${what}<br /><span>${more}</span></li>`,
    )}
  </ul>`
}

function footer({ madeAt, totals }: Review): Markup {
  return html`<section>
    <h2>About this review</h2>
    <p>
      Made ${madeAt}. In this week ${count(totals.keyChanges, 'change')} of keys,
      ${count(totals.dropped, 'record')} dropped and ${count(totals.damaged, 'line')} damaged.
      ${provenOf(totals)} Whether the trail is whole is for <code>sallyport audit verify</code> to
      say.
    </p>
    <p class="sign"><span>Reviewed by</span><span>Date</span></p>
  </section>`
}

function provenOf({ unproven }: Review['totals']): string {
  if (unproven === undefined) return 'No public key was given: no record is proven.'
  return `No signed checkpoint vouches for ${count(unproven, 'record')} of this week.`
}

/** `31 January 2030`. */
function spoken(day: string): string {
  const format = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  return new Date(day).toLocaleDateString('en-GB', format)
}
