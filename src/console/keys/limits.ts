import { LimitStoreError } from '../../core/errors.js'
import type { Gate } from '../../gate/gate.js'
import type { ApiKey } from '../../keys/record.js'
import type { CallerLimit } from '../../limits/peek.js'
import { html, type Markup } from '../kit/html.js'
import { card, table } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'

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
  { id, state }: ApiKey,
): Promise<Markup | undefined> {
  if (state !== 'active' && state !== 'disabled') return undefined
  const title = 'Limits'
  try {
    const standing = await gate.limits.peek({ keyId: id })
    if (standing === undefined) return undefined
    return card(
      title,
      html`<p class="note">What is left now. Keys of your organization may share it.</p>`,
      limitsTable(portal, standing.limits),
    )
  } catch (error) {
    if (!(error instanceof LimitStoreError)) throw error
    portal.options.onError(error)
    const text = 'What is left cannot be told now: the counters do not answer. Try again later.'
    return card(title, html`<p class="note">${text}</p>`)
  }
}

function limitsTable({ format }: PageRequest['portal'], limits: readonly CallerLimit[]): Markup {
  return table({
    caption: 'What is left of each limit',
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
