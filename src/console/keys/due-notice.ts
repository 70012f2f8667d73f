import type { PageRequest } from '../web/exchange.js'
import { html, type Markup } from '../kit/html.js'
import { notice } from '../kit/parts.js'
import { actingOn, gatesSeen } from './acting.js'

/** Keys that are counted. */
const MOST = 50

/** That keys are due for rotation, and where to go on; `undefined` where none is. */
export async function dueNotice(asked: PageRequest): Promise<Markup | undefined> {
  const { root, user } = asked
  let [due, isMore] = [0, false]
  for (const gate of gatesSeen(asked)) {
    const filter = { ownerId: user.ownerId, limit: MOST }
    const { items, cursor } = await actingOn(asked, gate).keys.due(filter)
    due += items.length
    isMore ||= cursor !== undefined
  }
  if (due === 0) return undefined
  const link = due === 1 ? 'Rotate it' : 'Rotate them'
  const what = due === 1 ? 'One key is' : `${isMore ? 'More than ' : ''}${String(due)} keys are`
  return notice(
    'warn',
    `${what} due for rotation`,
    html`<p>
      Old keys are known in more places. <a href="${root}reminders">${link}</a>: the old key works
      on while you replace it.
    </p>`,
  )
}
