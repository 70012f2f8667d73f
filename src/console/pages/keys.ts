import { MisuseError } from '../../core/errors.js'
import { isIdentifier } from '../../core/identifier.js'
import { KEY_STATES, type ApiKey, type KeyState } from '../../keys/record.js'
import { keyAccessOf } from '../access/notices.js'
import { actingOn } from '../keys/managed-keys.js'
import { dueNotice } from '../keys/due-notice.js'
import { createDueCell, SOON } from '../keys/due-cell.js'
import { gracesOf, stateCell } from '../keys/grace.js'
import { lastUse, makerLink, scopesIn } from '../keys/words.js'
import { select, textField } from '../kit/fields.js'
import { filterForm } from '../kit/filters.js'
import { spokenDuration } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { empty, printed, table } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { cursorIn, page, redirect, type PageRequest, type Result } from '../web/exchange.js'

const PAGE = 50
/** Characters of a secret that are in its hint. */
const HINT = 4
const UNUSED_MS = 30 * 86_400_000
/** What can be in a name. */
const SEARCH = /^[^\p{Cc}\p{Cs}]+$/u
const FILTERS = ['environment', 'state', 'q', 'unused', 'due', 'by'] as const

/** What the address says of which keys to show. */
interface Shown {
  readonly environment: string
  readonly state: KeyState | ''
  /** Text in the name or in the hint. */
  readonly q: string
  /** `30d`: made more than 30 days ago, and not used since. */
  readonly unused: '30d' | ''
  /** Due for rotation: by now, or within two weeks. */
  readonly due: '0s' | typeof SOON | ''
  readonly sort: 'oldest' | ''
  /** The person who made it. */
  readonly by: string
  readonly cursor: string
}

/** The table of keys: which ones is in the address. */
export async function keysPage(asked: PageRequest): Promise<Result> {
  const { can, root } = asked
  const shown = shownIn(asked)
  const secret = [shown.q, shown.by].map((text) => secretIn(asked, text)).find(Boolean)
  if (secret !== undefined) return redirect(`keys?q=${secret.slice(-HINT)}`)
  const start = asked.portal.wholeKeys.startIn(shown.q)
  if (start !== undefined) return redirect(`keys?q=${start}`)
  const { items, cursor } = await listKeys(asked, shown)
  const end = items.length === 0 ? await endIn(asked, shown) : undefined
  if (end !== undefined) return redirect(`keys?q=${end}`)
  const make =
    (can('keys:own') || can('keys:all')) &&
    html`<a class="btn main" href="${root}keys/new">New key</a>`
  const isFiltered = [...FILTERS, 'cursor'].some((name) => isSet(asked, name))
  const isNone = items.length === 0 && !isFiltered
  const access = isNone && make ? await keyAccessOf(asked) : undefined
  const content =
    items.length > 0
      ? await rows(asked, items)
      : nothing(isFiltered, root, make, access?.isPossible === true)
  const body = html`<div class="stack">
    ${printed({ ...shown, cursor: '' })} ${access?.missing} ${await dueNotice(asked)}
    <section class="card flush">
      ${(items.length > 0 || isFiltered) && filters(asked, shown)} ${content}
      ${pager(asked, shown, cursor)}
    </section>
  </div>`
  return page({
    title: 'Keys',
    lead: 'Each key lets one program call this API. Give every program a key of its own.',
    ...(make && items.length > 0 && { actions: make }),
    body,
  })
}

function isSet({ query }: PageRequest, name: string): boolean {
  return (query.get(name) ?? '') !== ''
}

/** People may search for a leaked key by its whole secret. It must not stay in the address, nor be on the page. */
function secretIn({ portal }: PageRequest, text: string): string | undefined {
  return portal.wholeKeys.find(text)[0]
}

/** The last characters of a text that is the end of a key: no more of it than these is known, nor may stay in the address. */
async function endIn(asked: PageRequest, shown: Shown): Promise<string | undefined> {
  if (!/^[0-9A-Za-z]{5,}$/.test(shown.q)) return undefined
  const end = shown.q.slice(-HINT)
  const { items } = await listKeys(asked, { ...shown, q: end, cursor: '' })
  return items.some(({ hint }) => hint.endsWith(end)) ? end : undefined
}

function shownIn({ query, user, portal }: PageRequest): Shown {
  const named = query.get('environment') ?? ''
  const [first = ''] = user.environments
  const state = KEY_STATES.find((one) => one === query.get('state')) ?? ''
  const isKnown = user.environments.includes(named)
  // Of several gates, one at a time is listed.
  return {
    environment: isKnown ? named : portal.gates.isOne ? '' : first,
    state,
    q: (query.get('q') ?? '').trim().slice(0, 128),
    unused: query.get('unused') === '30d' ? '30d' : '',
    due: (['0s', SOON] as const).find((one) => one === query.get('due')) ?? '',
    sort: query.get('sort') === 'oldest' ? 'oldest' : '',
    by: (query.get('by') ?? '').trim().slice(0, 128),
    cursor: cursorIn({ query }),
  }
}

async function listKeys(asked: PageRequest, shown: Shown) {
  const { portal, user } = asked
  const { environment, state, q, unused, due, sort, by, cursor } = shown
  const gate = environment === '' ? portal.gates.first : portal.gates.of(environment)
  if (gate === undefined || user.environments.length === 0) return { items: [], cursor: undefined }
  const listed = actingOn(asked, gate).keys.list({
    ...{ ownerId: user.ownerId, limit: PAGE },
    ...(environment !== '' && { environment }),
    ...(state !== '' && { state }),
    ...(SEARCH.test(q) && { search: q }),
    ...(by !== '' && isIdentifier(by, 128) && { createdBy: { subject: by } }),
    ...(due !== '' && { dueWithin: due }),
    ...(sort !== '' && { order: sort }),
    ...(unused !== '' && { unusedSince: new Date(portal.options.clock() - UNUSED_MS) }),
    ...(cursor !== '' && { cursor }),
  })
  return listed.catch(refuseSearch)
}

/** A gate searches for no token. @throws {Problem} 400 */
function refuseSearch(error: unknown): never {
  if (!(error instanceof MisuseError) || error.code !== 'invalid_key_input') throw error
  throw new Problem(400, {
    title: 'This cannot be searched for',
    detail: 'Search for a part of the name of a key, or for its last four characters.',
    link: ['keys', 'All keys'],
  })
}

function filters(asked: PageRequest, shown: Shown): Markup {
  const { user, root, portal } = asked
  const { environment, state, q, unused, due, sort, by } = shown
  const all = portal.gates.isOne ? [{ value: '', label: 'All' }] : []
  const environments = [...all, ...user.environments.map((value) => ({ value, label: value }))]
  const states = [
    { value: '', label: 'All' },
    { value: 'active', label: 'Active' },
    { value: 'disabled', label: 'Paused' },
    { value: 'expired', label: 'Expired' },
    { value: 'revoked', label: 'Revoked' },
  ]
  const set = [...FILTERS, 'sort'].filter((name) => isSet(asked, name)).length
  return filterForm(
    { action: `${root}keys`, label: 'Filter keys', set },
    textField({
      ...{ name: 'q', label: SEARCH_LABEL, value: q, kind: 'search', max: 128 },
    }),
    select({
      ...{ name: 'environment', label: 'Environment', value: environment },
      choices: environments,
    }),
    select({ name: 'state', label: 'State', value: state, choices: states }),
    select({ name: 'unused', label: 'Use', value: unused, choices: USES }),
    select({ name: 'due', label: 'Rotation', value: due, choices: ROTATIONS }),
    textField({ name: 'by', label: 'Created by', value: by, max: 128 }),
    select({ name: 'sort', label: 'Sort', value: sort, choices: ORDERS }),
  )
}

const SEARCH_LABEL = 'Name, the whole key, or its last 4 characters'
const USES = [
  { value: '', label: 'Any' },
  { value: '30d', label: 'Unused for 30 days' },
]
const ROTATIONS = [
  { value: '', label: 'Any' },
  { value: '0s', label: 'Due' },
  { value: SOON, label: `Due within ${spokenDuration(SOON)}` },
]
const ORDERS = [
  { value: '', label: 'Newest first' },
  { value: 'oldest', label: 'Oldest first' },
]

async function rows(asked: PageRequest, keys: readonly ApiKey[]): Promise<Markup> {
  const { portal, root } = asked
  const { format } = portal
  const graces = await gracesOf(asked, keys)
  const dueCell = createDueCell(asked)
  const columns = [
    'Key',
    'Environment',
    'Scopes',
    'Created by',
    'Last used',
    'State',
    'Rotation due',
  ]
  return table({
    ...{ caption: 'API keys', kind: 'keys', columns: columns.map((title) => ({ title })) },
    rows: keys.map((key) => [
      html`<a href="${root}keys/${key.id}">${key.name}</a>
        <code class="small quiet">${key.hint}</code>`,
      key.environment,
      scopesIn(key),
      makerLink(key, root),
      lastUse(key, format),
      stateCell(asked, key, graces),
      dueCell(key),
    ]),
  })
}

function nothing(
  isFiltered: boolean,
  root: string,
  make: Markup | false,
  mayHave: boolean,
): Markup {
  if (isFiltered) {
    return empty(
      'No key is found',
      'No key matches these filters. Choose other ones, or see all keys.',
      html`<a class="btn" href="${root}keys">All keys</a>`,
    )
  }
  const text = make
    ? 'Make one for each program that calls this API, with the scopes that it needs and nothing more. Its secret is shown once.'
    : 'Your role cannot create keys. Ask somebody who can to create the first one.'
  return empty('There are no keys yet', text, (mayHave && make) || undefined)
}

function pager(
  { root }: PageRequest,
  shown: Shown,
  cursor: string | undefined,
): Markup | undefined {
  if (cursor === undefined && shown.cursor === '') return undefined
  const query = (next: string) => {
    const said = Object.entries({ ...shown, cursor: next }).filter(([, value]) => value !== '')
    const text = new URLSearchParams(said).toString()
    return text === '' ? '' : `?${text}`
  }
  return html`<nav class="pager" aria-label="Pages">
    ${shown.cursor !== '' ? html`<a class="btn" href="${root}keys${query('')}">First page</a>` : html`<span></span>`}
    ${cursor !== undefined && html`<a class="btn" href="${root}keys${query(cursor)}">Next page</a>`}
  </nav>`
}
