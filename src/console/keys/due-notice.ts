import type { PageRequest } from '../web/exchange.js'
import { html, type Markup } from '../kit/html.js'
import { notice } from '../kit/parts.js'
import { actingOn, gatesSeen } from './managed-keys.js'

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
  const what = due === 1 ? 'One key is' : `${isMore ? 'More than ' : ''}${String(due)} keys are`
  return notice(
    'warn',
    `${what} due for rotation`,
    html`<p>
      The longer a key is in use, the more places it can leak from.
      <a href="${root}reminders">${due === 1 ? 'See which key' : 'See which keys'}</a>, and rotate
      ${due === 1 ? 'it' : 'them'}: the old key keeps working while you replace it.
    </p>`,
  )
}
