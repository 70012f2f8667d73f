import type { ApiKey } from '../../keys/record.js'
import { actingOn, gatesSeen } from '../keys/managed-keys.js'
import { dueNotice } from '../keys/due-notice.js'
import { html, type Markup } from '../kit/html.js'
import { card, empty, notice, table, tiles } from '../kit/parts.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'
import { quotaLeft } from '../keys/limits.js'
import { lastUse, stateTag } from '../keys/words.js'
import { listManaged } from '../access/managed.js'
import { conditionsNotice, keyAccessOf } from '../access/notices.js'
import { callsIn } from './usage.js'

const MOST = 200
const SOON_MS = 14 * 86_400_000
const RECENT = 5

/** What there is in each environment, and what waits to be done. */
export async function overviewPage(asked: PageRequest): Promise<Page> {
  const { user, can, root } = asked
  const mayMake = can('keys:own') || can('keys:all')
  const title = 'Overview'
  const lead = `API access of ${user.ownerId}`
  const waiting = await waitingNotice(asked)
  if (!can('keys:view') && !mayMake) {
    const none = card(undefined, html`<p class="note">Your role does not show you any keys.</p>`)
    return page({ title, lead, body: waiting ?? none })
  }
  const access = await keyAccessOf(asked)
  const missing = can('access:request') ? access.missing : undefined
  const notices = html`${waiting} ${missing} ${await conditionsOf(asked)}`
  // First: it writes down the uses that are not written yet, and the keys have them then.
  const calls = await callsBy(asked)
  const found = await keysOf(asked)
  if (found.keys.length === 0) {
    const mayStart = mayMake && access.isPossible
    const make = mayStart && html`<a class="btn main" href="${root}keys/new">Make the first key</a>`
    const key = 'A key identifies one of your programs when it calls this API.'
    const text =
      mayStart || missing === undefined
        ? `${key} Make one, store it in a safe place, and send it with each request.`
        : `${key} You can make the first one when your organization has access.`
    return page({
      title,
      lead,
      body: html`<div class="stack">
        ${notices} ${card(undefined, empty('Start with a key', text, make || undefined))}
      </div>`,
    })
  }
  const body = html`<div class="stack">
    ${notices} ${await dueNotice(asked)} ${await figures(asked, found, calls)}
    ${recent(asked, found.keys)}
  </div>`
  const actions = mayMake && html`<a class="btn main" href="${root}keys/new">New key</a>`
  return page({ title, lead, ...(actions && { actions }), body })
}

/** For those who decide: how many requests wait, and since when. */
async function waitingNotice(asked: PageRequest): Promise<Markup | undefined> {
  const { portal, can, root } = asked
  if (portal.options.access === undefined || !can('access:decide')) return undefined
  const filter = { state: 'requested', order: 'oldest', limit: MOST } as const
  const { items, cursor } = await listManaged(asked, filter, MOST)
  const [oldest] = items
  const link = html`<p class="acts"><a class="btn" href="${root}requests">Access requests</a></p>`
  if (oldest === undefined && cursor !== undefined) {
    const title = '0+ requests for access to decide'
    const text =
      'Many requests wait that ask for environments which you do not manage. Yours may wait behind them: go on in the list.'
    const rest = new URLSearchParams({ state: 'requested', cursor }).toString()
    const next = html`<p class="acts"><a class="btn" href="${root}requests?${rest}">Go on</a></p>`
    return notice('warn', title, html`<p>${text}</p>`, next)
  }
  if (oldest === undefined) return notice('ok', 'No request for access waits for a decision', link)
  const { format } = portal
  const count = format.count(items.length, 'request')
  return notice(
    'warn',
    `${cursor === undefined ? '' : 'At least '}${count} for access to decide`,
    html`<p>
      The oldest is from <a href="${root}requests/${oldest.id}">${oldest.ownerId}</a>, asked
      ${format.ago(oldest.requestedAt)}.
    </p>`,
    link,
  )
}

/** On which conditions access was approved: for all who may read them at `/access`. */
async function conditionsOf(asked: PageRequest): Promise<Markup | undefined> {
  const { portal, user, can } = asked
  const { access } = portal.options
  const mayRead = (['access:request', 'keys:view', 'keys:all'] as const).some(can)
  if (access === undefined || !mayRead) return undefined
  return conditionsNotice(asked, await access.of(user.ownerId, user.environments))
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

/** Requests of 30 days by environment, where they are counted and the person may see them. */
async function callsBy(asked: PageRequest): Promise<ReadonlyMap<string, number | undefined>> {
  const { environments } = asked.user
  if (!asked.can('usage:view')) return new Map()
  const counts = environments.map(async (name) => [name, await callsIn(asked, name)] as const)
  return new Map(await Promise.all(counts))
}

async function figures(
  asked: PageRequest,
  { keys, isMore }: Found,
  callsOf: Awaited<ReturnType<typeof callsBy>>,
): Promise<Markup> {
  const { portal, user, root } = asked
  const now = portal.options.clock()
  const more = isMore ? '+' : ''
  const soon = keys.filter(({ expiresAt }) => expiresAt && expiresAt.getTime() - now < SOON_MS)
  const unused = keys.filter(({ lastUsedAt }) => lastUsedAt === undefined)
  const { format } = portal
  const ofEnvironments = user.environments.map(async (environment) => {
    const own = keys.filter((key) => key.environment === environment)
    const gate = portal.gates.of(environment)
    const left = gate && (await quotaLeft(asked, gate, own))
    const calls = callsOf.get(environment)
    const query = new URLSearchParams({ environment }).toString()
    const used =
      calls !== undefined &&
      html`<a href="${root}usage?${query}">${format.count(calls, 'request')} in 30 days</a>`
    const told = html`${used}${used && left && html`<br />`}${left}`
    const count = `${format.number(own.length)}${more}`
    return [
      count,
      `active ${own.length === 1 && more === '' ? 'key' : 'keys'} in ${environment}`,
      told.text !== '' && told,
    ] as const
  })
  return tiles([
    ...(await Promise.all(ofEnvironments)),
    [
      `${format.number(soon.length)}${more}`,
      `${soon.length === 1 && more === '' ? 'key expires' : 'keys expire'} within 14 days`,
    ],
    [
      `${format.number(unused.length)}${more}`,
      `${unused.length === 1 && more === '' ? 'key was' : 'keys were'} never used`,
    ],
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
    ${table({ caption: 'Newest keys', kind: 'wide', columns, rows })}
    <p><a href="${root}keys">All keys</a></p>
  </section>`
}
