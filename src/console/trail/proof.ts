import type { Gate } from '../../gate/gate.js'
import { html, type Markup } from '../kit/html.js'
import { notice } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'
import { queryEvents, type EventsPage } from './query.js'

const DAYS = 30
const DAY_MS = 86_400_000
/** Events that are counted. */
const MOST = 200

/** How far signatures vouch for the log of the owner, whichever part of it is shown. */
export async function proofNotice(
  asked: PageRequest,
  gate: Gate,
  { unproven }: EventsPage,
): Promise<Markup> {
  if (unproven === undefined) {
    const text = 'Anybody who can write to its place could change it unnoticed.'
    return notice('warn', 'This audit log is not signed', html`<p>${text}</p>`)
  }
  const { format } = asked.portal
  const [newest] = (await queryEvents(asked, gate, { proven: true, limit: 1 }))?.items ?? []
  if (newest === undefined) {
    return notice(
      '',
      'Not signed yet',
      html`<p>A signature for these events follows within a minute.</p>`,
    )
  }
  const to = new Date(newest.time)
  const from = new Date(to.getTime() - DAYS * DAY_MS)
  const before = await queryEvents(asked, gate, { proven: false, from, to, limit: MOST })
  const found = before?.items.length ?? 0
  const more = before?.cursor === undefined ? '' : 'more than '
  return notice(
    found === 0 ? 'ok' : 'bad',
    found === 0 ? 'Verified' : 'Not all of it is verified',
    html`<p>
      Verified up to ${format.time(to)}, with ${more}${format.count(found, 'finding')} in ${DAYS}
      days:
      ${
        found === 0
          ? 'signatures prove each event of your organization.'
          : 'no signature proves these events, and anybody who can write to the log could have added them.'
      }
      New events are signed within a minute.
    </p>`,
  )
}
