import { html } from '../kit/html.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'

/** What there is, and what waits. */
export function overviewPage({ portal, user }: PageRequest): Page {
  return page({
    title: 'Overview',
    lead: `The API keys of ${user.ownerId}.`,
    body: html`<p>${portal.format.timeZone}</p>`,
  })
}
