import { LimitStoreError } from '../../core/errors.js'
import type { Gate } from '../../gate/gate.js'
import type { ApiKey } from '../../keys/record.js'
import type { CallerLimit } from '../../limits/peek.js'
import { html, type Markup } from '../kit/html.js'
import { card, table } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'
import { actingOn } from './managed-keys.js'

const WORDS: Readonly<Record<CallerLimit['kind'], string>> = {
  quota: 'Quota',
  burst: 'Burst',
  credit: 'Credits',
  concurrency: 'At the same time',
}

/** What is left of the limits of a key. Looking at it uses up nothing. `undefined` where nothing is limited. */
export async function limitsSection(
  { portal }: PageRequest,
  gate: Gate,
  { id, state }: Pick<ApiKey, 'id' | 'state'>,
  plan?: string,
): Promise<Markup | undefined> {
  if (state !== 'active' && state !== 'disabled') return undefined
  const of = plan === undefined ? '' : ` of the plan ${plan}`
  const title = `Limits${of}`
  try {
    const standing = await gate.limits.peek({ keyId: id })
    if (standing === undefined) return undefined
    return card(
      title,
      html`<p class="note">What is left now. Keys of your organization may share it.</p>`,
      limitsTable(portal, standing.limits, `What is left of each limit${of}`),
    )
  } catch (error) {
    if (!(error instanceof LimitStoreError)) throw error
    portal.options.onError(error)
    const text = 'What is left cannot be told now: the counters do not answer. Try again later.'
    return card(title, html`<p class="note">${text}</p>`)
  }
}

const NO_LIMIT = 'No limit is set.'

/** Keys of one call, and plans that are shown. */
const [MOST_KEYS, MOST_PLANS] = [200, 5]

/** What is left of each plan that the owner's active keys of an environment have: of the newest key of each. */
export async function limitsOfPlans(
  asked: PageRequest,
  environment: string,
): Promise<readonly (Markup | undefined)[]> {
  const gate = asked.portal.gates.of(environment)
  if (gate === undefined) return []
  const filter = {
    ownerId: asked.user.ownerId,
    environment,
    state: 'active',
    limit: MOST_KEYS,
  } as const
  const { items } = await actingOn(asked, gate).keys.list(filter)
  const { defaultPlan } = gate.describe()
  const byPlan = new Map([...items].reverse().map((key) => [key.plan ?? defaultPlan, key]))
  const sections = await Promise.all(
    [...byPlan]
      .slice(0, MOST_PLANS)
      .map(([plan, key]) => limitsSection(asked, gate, key, byPlan.size > 1 ? plan : undefined)),
  )
  const isUnlimited = sections.length > 0 && sections.every((section) => section === undefined)
  return isUnlimited ? [card('Limits', html`<p class="note">${NO_LIMIT}</p>`)] : sections
}

/** What is left of the quota of the newest key that has one: `998 of 1,000 requests left until 12:00`; or that there is none. `undefined` where nobody knows. */
export async function quotaLeft(
  { portal: { format, options } }: PageRequest,
  gate: Gate,
  keys: readonly ApiKey[],
): Promise<Markup | undefined> {
  const byPlan = new Map([...keys].reverse().map((key) => [key.plan, key]))
  const newest = [...byPlan.values()].reverse().slice(0, MOST_PLANS)
  if (newest.length === 0) return undefined
  try {
    const peeked = await Promise.all(newest.map(({ id }) => gate.limits.peek({ keyId: id })))
    const limits = peeked.flatMap((standing) => standing?.limits ?? [])
    const quota = limits.find(({ kind }) => kind === 'quota')
    if (quota === undefined) return html`${limits.length > 0 ? 'No quota is set.' : NO_LIMIT}`
    const { remaining, limit, used, resetAt } = quota
    const until = used > 0 && resetAt !== undefined && html` until ${format.time(resetAt)}`
    return html`${format.number(remaining)} of ${format.number(limit)} requests left${until}`
  } catch (error) {
    if (!(error instanceof LimitStoreError)) throw error
    options.onError(error)
    return undefined
  }
}

function limitsTable(
  { format }: PageRequest['portal'],
  limits: readonly CallerLimit[],
  caption: string,
): Markup {
  return table({
    ...{ caption, kind: 'wide' },
    columns: [
      { title: 'Limit' },
      { title: 'Left', isNumber: true },
      { title: 'Of', isNumber: true },
      { title: 'Resets' },
    ],
    rows: limits.map(({ name, kind, limit, used, remaining, resetAt }) => [
      html`${WORDS[kind]} <code class="small quiet">${name}</code>`,
      html`${format.number(remaining)} ${meter(used / limit)}`,
      format.number(limit),
      // Nothing is used up, or nobody knows.
      used === 0 || resetAt === undefined ? undefined : format.time(resetAt),
    ]),
  })
}

/** The same as the figures beside it. @param part used up, from 0 to 1 */
function meter(part: number): Markup {
  const width = Math.round(100 * Math.min(1, part))
  return html`<svg
    class="meter ${width === 100 && 'full'}"
    viewBox="0 0 100 8"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <rect width="${width}" height="8" />
  </svg>`
}
