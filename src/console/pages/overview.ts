import type { ApiKey } from '../../keys/record.js'
import { actingOn, gatesSeen } from '../keys/acting.js'
import { dueNotice } from '../keys/due-notice.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, table, tiles } from '../kit/parts.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'
import { lastUse, stateTag } from '../keys/words.js'

const MOST = 200
const SOON_MS = 14 * 86_400_000
const RECENT = 5

/** What there is in each environment, and what waits to be done. */
export async function overviewPage(asked: PageRequest): Promise<Page> {
  const { user, can, root } = asked
  const mayMake = can('keys:own') || can('keys:all')
  const title = 'Overview'
  const lead = `API access of ${user.ownerId}`
  if (!can('keys:view') && !mayMake) {
    const body = card(undefined, html`<p class="note">Your role does not show you any keys.</p>`)
    return page({ title, lead, body })
  }
  const found = await keysOf(asked)
  if (found.keys.length === 0) {
    const make = mayMake && html`<a class="btn main" href="${root}keys/new">Make the first key</a>`
    const text =
      'A key identifies one of your programs when it calls this API. Make one, store it in a safe place, and send it with each request.'
    return page({
      title,
      lead,
      body: card(undefined, empty('Start with a key', text, make || undefined)),
    })
  }
  const body = html`<div class="stack">
    ${await dueNotice(asked)} ${figures(asked, found)} ${recent(asked, found.keys)}
  </div>`
  const actions = mayMake && html`<a class="btn main" href="${root}keys/new">New key</a>`
  return page({ title, lead, ...(actions && { actions }), body })
}

interface Found {
  /** Active ones, newest first. */
  readonly keys: readonly ApiKey[]
  readonly isMore: boolean
}

async function keysOf(asked: PageRequest): Promise<Found> {
  const keys: ApiKey[] = []
  let isMore = false
  for (const gate of gatesSeen(asked)) {
    const filter = { ownerId: asked.user.ownerId, limit: MOST, state: 'active' } as const
    const { items, cursor } = await actingOn(asked, gate).keys.list(filter)
    keys.push(...items)
    isMore ||= cursor !== undefined
  }
  return { keys, isMore }
}

function figures({ portal, user }: PageRequest, { keys, isMore }: Found): Markup {
  const now = portal.options.clock()
  const more = isMore ? '+' : ''
  const soon = keys.filter(({ expiresAt }) => expiresAt && expiresAt.getTime() - now < SOON_MS)
  const unused = keys.filter(({ lastUsedAt }) => lastUsedAt === undefined)
  const { format } = portal
  return tiles([
    ...user.environments.map((environment) => {
      const count = keys.filter((key) => key.environment === environment).length
      return [`${format.number(count)}${more}`, `active in ${environment}`] as const
    }),
    [format.number(soon.length), 'expire within 14 days'],
    [format.number(unused.length), 'were never used'],
  ])
}

function recent({ portal, root }: PageRequest, keys: readonly ApiKey[]): Markup {
  const columns = ['Key', 'Environment', 'Last used', 'State'].map((title) => ({ title }))
  const rows = keys
    .slice(0, RECENT)
    .map((key) => [
      html`<a href="${root}keys/${key.id}">${key.name}</a>
        <code class="small quiet">${key.hint}</code>`,
      key.environment,
      lastUse(key, portal.format),
      stateTag(key, portal.format),
    ])
  return html`<section class="card">
    <h2>Newest keys</h2>
    ${table({ caption: 'Newest keys', columns, rows })}
    <p><a href="${root}keys">All keys</a></p>
  </section>`
}
