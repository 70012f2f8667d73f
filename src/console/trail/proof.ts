import type { OwnAuditEvent } from '../../audit/filter.js'
import type { Gate } from '../../gate/gate.js'
import { html, type Markup } from '../kit/html.js'
import { notice } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'
import { queryEvents, type EventsPage } from './query.js'

const DAYS = 30
const DAY_MS = 86_400_000
/** Events that are counted. */
const MOST = 200
/** A checkpoint comes each minute, and is written. What is older than this has one, or nobody has signed it. */
const SIGNED_MS = 90_000

/** Whether no signature proves an event that should have one by now. What is of a later time than now has none to come, either. */
export function isDoubtful(
  { portal }: PageRequest,
  event: Pick<OwnAuditEvent, 'proven' | 'time'>,
): boolean {
  return !event.proven && Math.abs(portal.options.clock() - Date.parse(event.time)) > SIGNED_MS
}

/** How far signatures vouch for the log of the owner, whichever part of it is shown. */
export async function proofNotice(
  asked: PageRequest,
  gate: Gate,
  { items, unproven }: EventsPage,
): Promise<Markup> {
  if (unproven === undefined) {
    const text = 'Anybody who can write to its place could change it unnoticed.'
    return notice('warn', 'This audit log is not signed', html`<p>${text}</p>`)
  }
  const now = asked.portal.options.clock()
  const [newest] = (await queryEvents(asked, gate, { proven: true, limit: 1 }))?.items ?? []
  const signedTo = newest && new Date(newest.time)
  const to = new Date(Math.max(signedTo?.getTime() ?? 0, now - SIGNED_MS))
  const from = new Date(Math.min(signedTo?.getTime() ?? now, now) - DAYS * DAY_MS)
  const before = await queryEvents(asked, gate, { proven: false, from, to, limit: MOST })
  const beyond = items.filter(({ time }) => Date.parse(time) >= to.getTime())
  const doubtful = beyond.filter((event) => isDoubtful(asked, event))
  const found = (before?.items.length ?? 0) + doubtful.length
  const more = before?.cursor !== undefined
  if (signedTo === undefined && found === 0) {
    const text = 'A signature for these events follows within a minute.'
    return notice('', 'Not signed yet', html`<p>${text}</p>`)
  }
  return notice(
    found === 0 ? 'ok' : 'bad',
    found === 0 ? 'Verified' : 'Not all of it is verified',
    words(asked, { signedTo, found, more }),
  )
}

interface Findings {
  readonly signedTo: Date | undefined
  readonly found: number
  /** Whether there are more than were counted. */
  readonly more: boolean
}

function words({ portal: { format } }: PageRequest, { signedTo, found, more }: Findings): Markup {
  const findings = `${more ? 'more than ' : ''}${format.count(found, 'finding')}`
  const upTo = signedTo ? html`Verified up to ${format.time(signedTo)}` : 'Nothing is verified'
  return html`<p>
    ${upTo}, with ${findings} in ${DAYS} days:
    ${
      found === 0
        ? 'signatures prove each event of your organization.'
        : 'no signature proves these events, and anybody who can write to the log could have added them. A request that took longer than a minute is proven a minute after its end.'
    }
    New events are signed within a minute.
  </p>`
}
