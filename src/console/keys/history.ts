import type { OwnAuditEvent } from '../../audit/filter.js'
import type { Gate } from '../../gate/gate.js'
import type { ApiKey } from '../../keys/record.js'
import { html, type Markup } from '../kit/html.js'
import { card, table } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'
import { actingOn } from './managed-keys.js'
import { makerOf } from './words.js'
import { queryEvents } from '../trail/query.js'
import { leftOutOf } from '../trail/unrecorded.js'
import { shareOr } from '../trail/share.js'
import { addressOf, changeOf, changerOf, whyOf } from '../trail/words.js'

const DAYS = 30
const DAY_MS = 86_400_000
/** Requests that are looked at. */
const MOST = 200
const NO_ADDRESS = 'No address'

/** What became of a key; for those who may see the audit log, also from where it was used, and why it was refused. */
export async function historyOf(
  asked: PageRequest,
  gate: Gate,
  key: ApiKey,
): Promise<readonly Markup[]> {
  const { id } = key
  const read = async () => {
    const changes = await queryEvents(asked, gate, { kind: 'key', keyId: id, limit: 50 })
    if (changes === undefined) return []
    return [...(await requestsOf(asked, gate, key)), history(asked, changes.items, key)]
  }
  // The rest of the page is shown all the same: it has the way to revoke the key.
  try {
    return await shareOr(asked, { gate, isLarge: false }, read, unread)
  } catch (error) {
    asked.portal.options.onError(error)
    return unread('')
  }
}

function unread(words: string): readonly Markup[] {
  const text = `The audit log cannot be read now. ${words}`.trim()
  return [card('History', html`<p class="note">${text}</p>`)]
}

/** Requests with the key, for those who may see the log. The look is recorded, as one at the audit log. */
async function requestsOf(asked: PageRequest, gate: Gate, key: ApiKey): Promise<readonly Markup[]> {
  if (!asked.can('audit:view')) return [HIDDEN]
  const { id } = key
  await actingOn(asked, gate).audit.note({ path: '/keys', filter: { key: id } })
  const from = new Date(asked.portal.options.clock() - DAYS * DAY_MS)
  const found = await queryEvents(asked, gate, { kind: 'access', keyId: id, from, limit: MOST })
  const accesses = found?.items ?? []
  return [sources(asked, accesses, leftOutFor(asked, gate, key)), denials(asked, accesses)].filter(
    (section) => section !== undefined,
  )
}

const HIDDEN = card(
  'Source addresses',
  html`<p class="note">
    From where the key was used, and why requests were denied, is shown to people who may see the
    audit log.
  </p>`,
)

function history(
  { portal, root }: PageRequest,
  events: readonly OwnAuditEvent[],
  key: ApiKey,
): Markup {
  const { rotatedFrom, createdAt } = key
  const { format } = portal
  const changes = events.flatMap((event) =>
    event.kind === 'key' && event.outcome !== 'intended'
      ? [html`<li>${format.time(new Date(event.time))}<span>${spoken(event)}</span></li>`]
      : [],
  )
  // The log has the rotation as a change of the key before it.
  const made =
    rotatedFrom !== undefined &&
    html`<li>
      ${format.time(createdAt)}<span>
        <b>Created by rotation</b> of <a href="${root}keys/${rotatedFrom}">the key before it</a>, by
        ${makerOf(key)}
      </span>
    </li>`
  const items = made ? [...changes, made] : changes
  if (items.length === 0) return card('History', html`<p class="note">No change is recorded.</p>`)
  return card(
    'History',
    html`<ol class="events">
      ${items}
    </ol>`,
  )
}

/** `Changed (name) by ann`. */
function spoken(event: Extract<OwnAuditEvent, { kind: 'key' }>): Markup {
  const words =
    event.outcome === 'failed' ? 'failed' : event.outcome === 'unknown' && 'may have failed'
  const failed = words && html` <span class="quiet">(${words})</span>`
  return html`<b>${changeOf(event)}</b> by ${changerOf(event)}${whyOf(event)}${failed}`
}

/** Why the audit log may have no requests with this key. */
function leftOutFor(asked: PageRequest, gate: Gate, { environment }: ApiKey): string | undefined {
  return leftOutOf({ ...asked, user: { ...asked.user, environments: [environment] } }, gate)
}

function sources(
  { portal }: PageRequest,
  events: readonly OwnAuditEvent[],
  leftOut: string | undefined,
): Markup | undefined {
  const counts = countBy(events, (event) => addressOf(event) || NO_ADDRESS)
  if (counts.length === 0) {
    if (leftOut === undefined) return undefined
    return card('Source addresses', html`<p class="note">${leftOut}</p>`)
  }
  return card(
    'Source addresses',
    html`<p class="note">${sampled(events.length)}</p>`,
    table({
      caption: 'Source addresses',
      columns: [{ title: 'Address' }, { title: 'Requests', isNumber: true }],
      rows: counts
        .slice(0, 20)
        .map(([address, count]) => [
          address === NO_ADDRESS ? address : html`<code>${address}</code>`,
          portal.format.number(count),
        ]),
    }),
  )
}

function denials({ portal }: PageRequest, events: readonly OwnAuditEvent[]): Markup | undefined {
  const counts = countBy(events, (event) =>
    event.kind === 'access' && event.outcome === 'denied' ? event.reason : undefined,
  )
  if (counts.length === 0) return undefined
  return card(
    'Denied, by reason',
    table({
      caption: 'Denied requests by reason',
      columns: [{ title: 'Reason' }, { title: 'Requests', isNumber: true }],
      rows: counts.map(([reason, count]) => [
        html`<code>${reason}</code>`,
        portal.format.number(count),
      ]),
    }),
  )
}

function sampled(count: number): string {
  if (count === 1) return `Of the one request that was recorded in ${String(DAYS)} days.`
  const which = count < MOST ? 'the' : 'the latest'
  return `Of ${which} ${String(count)} requests that were recorded in ${String(DAYS)} days.`
}

/** Most first. */
function countBy(
  events: readonly OwnAuditEvent[],
  nameOf: (event: OwnAuditEvent) => string | undefined,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const event of events) {
    const name = nameOf(event)
    const weight = event.kind === 'access' ? (event.count ?? 1) : 1
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + weight)
  }
  return [...counts].sort(([, a], [, b]) => b - a)
}
