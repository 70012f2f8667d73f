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
  { unproven }: EventsPage,
): Promise<Markup> {
  if (unproven === undefined) {
    const text = 'Anybody who can write to its place could change it unnoticed.'
    return notice('warn', 'This audit log is not signed', html`<p>${text}</p>`)
  }
  const now = asked.portal.options.clock()
  const fresh = new Date(now - SIGNED_MS)
  const newest = await provenTo(asked, gate)
  const from = new Date(Math.min(newest?.getTime() ?? now, now) - DAYS * DAY_MS)
  const old = await queryEvents(asked, gate, { proven: false, from, to: fresh, limit: MOST })
  const late = await queryEvents(asked, gate, { proven: false, from: fresh, limit: MOST })
  const unsigned = late?.items ?? []
  const waiting = unsigned.filter((event) => !isDoubtful(asked, event))
  const found = (old?.items.length ?? 0) + unsigned.length - waiting.length
  // Each instance signs what it has written: the newest event that is proven may be newer than one of another instance that still waits.
  const oldest = late?.cursor === undefined ? waiting.at(-1)?.time : fresh
  const end = new Date(oldest ?? Infinity)
  const signedTo = newest && end < newest ? await provenTo(asked, gate, end) : newest
  if (signedTo === undefined && found === 0) {
    const text = 'A signature for these events follows within a minute.'
    return notice('', 'Not signed yet', html`<p>${text}</p>`)
  }
  return notice(
    found === 0 ? 'ok' : 'bad',
    found === 0 ? 'Verified' : 'Not all of it is verified',
    words(asked, {
      ...{ signedTo, found, waiting: waiting.length },
      more: old?.cursor !== undefined,
      waitsMore: late?.cursor !== undefined,
    }),
  )
}

/** The time of the newest event that a signature proves, of those before an instant. */
async function provenTo(asked: PageRequest, gate: Gate, to?: Date): Promise<Date | undefined> {
  const found = await queryEvents(asked, gate, { proven: true, limit: 1, ...(to && { to }) })
  const [newest] = found?.items ?? []
  return newest && new Date(newest.time)
}

interface Findings {
  /** Up to when all is proven but the findings. */
  readonly signedTo: Date | undefined
  readonly found: number
  /** Whether there are more than were counted. */
  readonly more: boolean
  /** Events whose signature is still to come. */
  readonly waiting: number
  readonly waitsMore: boolean
}

function words({ portal: { format } }: PageRequest, told: Findings): Markup {
  const { signedTo, found, more, waiting, waitsMore } = told
  const findings = `${more ? 'more than ' : ''}${format.count(found, 'finding')}`
  const upTo = signedTo ? html`Verified up to ${format.time(signedTo)}` : 'Nothing is verified'
  const count = `${waitsMore ? 'More than ' : ''}${format.count(waiting, 'event')}`
  return html`<p>
    ${upTo}, with ${findings} in ${DAYS} days:
    ${
      found === 0
        ? 'signatures prove each event of your organization up to then.'
        : 'no signature proves these events, and anybody who can write to the log could have added them. A request that took longer than a minute is proven a minute after its end.'
    }
    ${
      waiting === 0
        ? 'New events are signed within a minute.'
        : `${count} of the last minute and a half ${waiting === 1 ? 'is' : 'are'} not signed yet: a signature follows within a minute.`
    }
  </p>`
}
