import type { DueKey } from '../../keys/due.js'
import { actingOn, gatesSeen, mayChange } from '../keys/managed-keys.js'
import { lastUse, makerLink } from '../keys/words.js'
import { spokenDuration } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { empty, table, tag } from '../kit/parts.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'
import { choiceSection } from '../keys/reminders.js'

/** How long before a key is due it is listed. */
const WITHIN = '14d'
/** Keys of one gate. */
const MOST = 200

/** Keys that wait for their rotation, those that wait longest first, and what to do with each. */
export async function remindersPage(asked: PageRequest): Promise<Page> {
  const { keys, isMore } = await dueKeys(asked)
  const more = html`<p class="note">Only the first ${MOST} of each are shown.</p>`
  return page({
    title: 'Reminders',
    lead: `Keys that are due for rotation, or will be within ${spokenDuration(WITHIN)}. The longer a key is in use, the more places it can leak from.`,
    body: html`<div class="stack">
      <section class="card flush">
        ${keys.length === 0 ? nothing(asked) : dueTable(asked, keys)} ${isMore && more}
      </section>
      ${await choiceSection(asked)}
    </div>`,
  })
}

async function dueKeys(
  asked: PageRequest,
): Promise<{ readonly keys: readonly DueKey[]; readonly isMore: boolean }> {
  const keys: DueKey[] = []
  let isMore = false
  for (const gate of gatesSeen(asked)) {
    const filter = { ownerId: asked.user.ownerId, within: WITHIN, limit: MOST } as const
    const { items, cursor } = await actingOn(asked, gate).keys.due(filter)
    keys.push(...items)
    isMore ||= cursor !== undefined
  }
  return { keys: keys.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime()), isMore }
}

function dueTable(asked: PageRequest, keys: readonly DueKey[]): Markup {
  const { portal, root } = asked
  const { format } = portal
  const now = portal.options.clock()
  const columns = ['Key', 'Environment', 'Due', 'Last used', 'Created by', 'What to do']
  return table({
    ...{ caption: 'Keys that are due', kind: 'keys' },
    columns: columns.map((title) => ({ title })),
    rows: keys.map((key) => [
      html`<a href="${root}keys/${key.id}">${key.name}</a>
        <code class="small quiet">${key.hint}</code>`,
      key.environment,
      html`${key.dueAt.getTime() <= now ? tag('bad', 'Due') : tag('warn', 'Soon')}
      ${format.day(key.dueAt)}`,
      lastUse(key, format),
      makerLink(key, root),
      whatToDo(asked, key),
    ]),
  })
}

/** A key that nobody uses needs no successor. */
function whatToDo(asked: PageRequest, key: DueKey): Markup {
  if (!mayChange(asked, key)) return html`<span class="quiet">Ask who created it</span>`
  const at = `${asked.root}keys/${key.id}`
  return key.lastUsedAt === undefined
    ? html`<a href="${at}/revoke">Revoke it</a>, or <a href="${at}/rotate">rotate it</a>`
    : html`<a href="${at}/rotate">Rotate it</a>`
}

function nothing({ portal, root }: PageRequest): Markup {
  const { rotateAfter } = portal.gates.first.describe().keys
  return empty(
    'No key is due',
    `A key is due for rotation when it is ${spokenDuration(rotateAfter)} old. It is listed here ${spokenDuration(WITHIN)} before: give it a successor, which has the same rights, and the old key works on while you replace it.`,
    html`<a class="btn" href="${root}keys">All keys</a>`,
  )
}
