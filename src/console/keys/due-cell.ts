import type { ApiKey } from '../../keys/record.js'
import { milliseconds } from '../../lib/duration.js'
import type { Format } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { tag } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'

/** How long before a key is due it stands out. */
export const SOON = '14d'

/** When each key of a list should have a successor, where it has none; and when it ends. */
export function createDueCell({ portal, user }: PageRequest): (key: ApiKey) => Markup {
  const { format, gates, options } = portal
  const now = options.clock()
  const ages = new Map(
    user.environments.map((name) => {
      const { rotateAfter } = (gates.of(name) ?? gates.first).describe().keys
      return [name, milliseconds(rotateAfter)] as const
    }),
  )
  return (key) => {
    const { state, rotatedTo, environment, createdAt } = key
    const age = ages.get(environment)
    if (state === 'revoked') return html`<span class="quiet">-</span>`
    if (state !== 'active' || rotatedTo !== undefined || age === undefined)
      return endOf(key, format)
    const dueAt = createdAt.getTime() + age
    const left = dueAt - now
    const tone = left <= 0 ? tag('bad', 'Due') : left <= milliseconds(SOON) && tag('warn', 'Soon')
    return html`${tone} ${format.day(new Date(dueAt))} ${endOf(key, format)}`
  }
}

function endOf({ expiresAt, state }: ApiKey, format: Format): Markup {
  if (expiresAt === undefined) return html`<span class="small quiet">never expires</span>`
  const word = state === 'expired' ? 'expired' : 'expires'
  return html`<span class="small quiet">${word} ${format.day(expiresAt)}</span>`
}
