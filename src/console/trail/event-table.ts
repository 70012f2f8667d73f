import type { OwnAuditEvent } from '../../audit/filter.js'
import { breakable, html, type Markup, type Piece } from '../kit/html.js'
import { table, tag } from '../kit/parts.js'
import type { keyNames } from '../keys/names.js'
import type { PageRequest } from '../web/exchange.js'
import { createHiding, type Hide } from './hidden.js'
import { isDoubtful } from './proof.js'
import type { EventsPage, Filters } from './query.js'
import {
  addressOf,
  changeOf,
  OUTCOME_WORDS,
  requestIdOf,
  whatShown,
  whoOf,
  whyOf,
} from './words.js'

type Names = Awaited<ReturnType<typeof keyNames>>

/** Events, with links to the keys that they are about and to all that a person has done, and with a mark where no signature proves one. */
export function eventTable(
  asked: PageRequest,
  { items, unproven }: EventsPage,
  filters: Filters,
  names: Names,
): Markup {
  const hide = filters.ids === '' ? createHiding(asked, items) : undefined
  return table({
    ...{ caption: 'Events', kind: 'keys' },
    columns: ['Time', 'What', 'Who', 'Outcome', 'Address', 'Request id'].map((title) => ({
      title,
    })),
    rows: items.map((event) => [
      asked.portal.format.instant(new Date(event.time)),
      html`<span class="any much">${whatCell(asked, event, hide, names)}</span>`,
      html`<span class="any">${whoCell(asked, event, filters, names)}</span>`,
      html`${outcomeOf(event)}${unproven !== undefined && proofOf(asked, event)}`,
      addressOf(event) === '' ? NO_ADDRESS : html`<code class="any id">${addressOf(event)}</code>`,
      requestIdOf(event) && html`<code class="small any id">${requestIdOf(event)}</code>`,
    ]),
  })
}

/** Of a log that is signed: what no signature proves, and whether one is still to come. */
function proofOf(asked: PageRequest, event: OwnAuditEvent): Markup | undefined {
  if (event.proven) return undefined
  if (isDoubtful(asked, event)) return html` ${tag('bad', 'Not proven')}`
  return html` <span class="small quiet">Not signed yet</span>`
}

/** Such as a change that the app itself has made. */
const NO_ADDRESS = html`<span class="quiet">No address</span>`

function whatCell(
  asked: PageRequest,
  event: OwnAuditEvent,
  hide: Hide | undefined,
  names: Names,
): Piece {
  if (event.kind !== 'key') return whatShown(event, hide)
  return html`${changeOf(event)}: key ${keyLink(asked, event.keyId, names)}${whyOf(event)}`
}

function whoCell(asked: PageRequest, event: OwnAuditEvent, filters: Filters, names: Names): Markup {
  const who = event.kind === 'access' ? event : event.by
  const { operator, keyId, subject } = who ?? {}
  if (operator === true) return html`${whoOf(event)}`
  if (keyId !== undefined) return keyLink(asked, keyId, names)
  if (subject === undefined) return html`${whoOf(event)}`
  const { environment } = filters
  const said = { ...(environment !== '' && { environment }), person: subject }
  const query = new URLSearchParams(said).toString()
  return html`<a href="${asked.root}audit?${query}">${breakable(whoOf(event))}</a>`
}

/** By its name, where that is known; a role that sees no keys gets no link. */
function keyLink({ root }: PageRequest, id: string, names: Names): Markup {
  const known = names.get(id)
  if (known === undefined) return html`<code>${id}</code>`
  return html`<a href="${root}keys/${id}">${known.name}</a>`
}

function outcomeOf(event: OwnAuditEvent): Markup {
  if (event.outcome === 'denied') {
    const reason = event.reason
    return html`${tag('bad', OUTCOME_WORDS.denied)}
    ${reason && html`<span class="small quiet any id">${reason}</span>`}`
  }
  const { outcome } = event
  const isGood = outcome === 'allowed' || outcome === 'made'
  return tag(isGood ? 'ok' : outcome === 'failed' ? 'bad' : 'warn', OUTCOME_WORDS[outcome])
}
